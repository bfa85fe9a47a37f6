"""Kinds of two groups: whoever refers to one of either may mean one of the other."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.model.vocabulary import Requirement
from tests.collectors.kubernetes.table.room import Json, Room, rules

NEW, OLD = "traefik.io", "traefik.containo.us"


def made(group: str, kind: str, name: str, **spec: Any) -> Json:
    metadata = {"name": name, "namespace": "shop"}
    return {"apiVersion": f"{group}/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def route(group: str) -> Json:
    rule = {"match": "Path(`/`)", "middlewares": [{"name": "users"}], "services": []}
    return made(group, "IngressRoute", "a", routes=[rule | {"services": [{"name": "a"}]}])


def only(room: Room) -> Exposed:
    (found,) = room.exposed()["IngressRoute shop/a"]
    assert isinstance(found, Exposed)
    return found


@pytest.mark.parametrize("group", [NEW, OLD])
@pytest.mark.parametrize("other", [NEW, OLD])
def test_what_is_referred_to_is_found_in_either_group(group: str, other: str) -> None:
    users = made(other, "Middleware", "users", basicAuth={"secret": "x"})
    (rule,) = rules(only(Room([route(group), users])))
    assert rule.security.requirement == Requirement.REQUIRED


@pytest.mark.parametrize("group", [NEW, OLD])
def test_of_two_the_one_of_the_own_group_holds(group: str) -> None:
    both = [
        made(each, "Middleware", "users", basicAuth={"secret": "x"} if each == group else None)
        for each in (NEW, OLD)
    ]
    (rule,) = rules(only(Room([route(group), *both])))
    assert rule.security.requirement == Requirement.REQUIRED


def test_it_is_missing_only_where_both_groups_were_looked_at() -> None:
    whole = only(Room([route(NEW)]))
    assert [each.reason for each in whole.conditions] == ["Middleware shop/users is not there"]
    cut = only(Room([route(NEW)], unseen=[f"middlewares.{OLD}"]))
    assert cut.conditions == ()
    assert "Middleware shop/users could not be looked at" in cut.incomplete
