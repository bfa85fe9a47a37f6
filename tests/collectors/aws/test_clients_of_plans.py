"""Clients of usage plans: named only where the source asks for them, and never by what they show to be let in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.aws.apigateway.consumers_collector import (
    CLIENTS,
    UsagePlanCollector,
    name_clients,
)
from apiscape.collectors.aws.picking import WITHHELD
from apiscape.collectors.aws.settings import AwsSettings, UsagePlanSettings
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.surroundings import Consumer
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import Desk, Seen
from tests.collectors.aws.test_trials import attempt
from tests.collectors.aws.world import small_pages

SECRET = "canary-of-a-key-that-nobody-may-see"
ASKING = AwsSettings(total_max_attempts=1, usage_plans=UsagePlanSettings(clients=True))


@pytest.fixture
def allowed() -> frozenset[str]:
    return READ_ALLOW_LIST | {CLIENTS}


@pytest.fixture
def asking() -> Iterator[Desk]:
    desk = Desk(ASKING)
    yield desk
    desk.close()


def plan_of(seen: Seen) -> Consumer:
    assert (seen.error, seen.whole, seen.closes()) == (None, True, True)
    (plan,) = seen.entities
    assert isinstance(plan, Consumer)
    return plan


def gold(west: Region, *names: str) -> tuple[str, ...]:
    """Add a plan with a client of each name, and give their ids."""
    keys = tuple(west.api_key(name, f"{SECRET}-{number}") for number, name in enumerate(names))
    west.usage_plan("gold", keys=keys)
    return keys


def test_nobody_is_asked_who_the_clients_are_unless_the_source_says_so(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    gold(west, "acme")
    plan = plan_of(desk.collect(UsagePlanCollector()))
    assert (plan.clients, plan.members) == (UNKNOWN, UNKNOWN)
    assert server.calls.by_operation() == {"apigateway:GetUsagePlans": 1}


def test_clients_are_told_by_name_and_one_without_a_name_by_its_id(
    server: AwsServer, west: Region, asking: Desk
) -> None:
    _, _, nameless = gold(west, "zeta", "acme", "")
    seen = asking.collect(UsagePlanCollector())
    plan = plan_of(seen)
    assert plan.clients == tuple(sorted(["acme", nameless, "zeta"]))
    assert plan.members == 3
    assert server.calls.count(CLIENTS) == 1
    assert SECRET.encode() not in encode(plan)
    assert SECRET not in repr(seen.said)


def test_a_plan_that_lets_in_nobody_has_no_client(
    server: AwsServer, west: Region, asking: Desk
) -> None:
    gold(west)
    plan = plan_of(asking.collect(UsagePlanCollector()))
    assert (plan.clients, plan.members) == ((), 0)


def test_whoever_is_called_by_the_value_of_their_key_is_not_named(
    server: AwsServer, west: Region, asking: Desk
) -> None:
    west.usage_plan("gold", keys=[west.api_key(f"key {SECRET}", SECRET)])
    assert plan_of(asking.collect(UsagePlanCollector())).clients == (WITHHELD,)


def test_all_pages_of_clients_are_read(
    server: AwsServer, west: Region, asking: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.paging.PAGING", small_pages("apigateway"))
    gold(west, "a", "b", "c")
    assert plan_of(asking.collect(UsagePlanCollector())).clients == ("a", "b", "c")
    assert server.calls.count(CLIENTS) == 2


def test_where_they_may_not_be_listed_the_plan_stands_and_its_clients_are_unknown(
    server: AwsServer, west: Region, asking: Desk
) -> None:
    gold(west, "acme")
    west.deny(CLIENTS)
    seen = asking.collect(UsagePlanCollector())
    plan = plan_of(seen)
    assert (plan.clients, plan.members) == (UNKNOWN, UNKNOWN)
    assert seen.unseen == [("clients", "access_denied")]


def test_what_is_no_name_is_none() -> None:
    odd: tuple[dict[str, object], ...] = ({}, {"name": 7, "id": None}, {"id": "k", "value": 7})
    assert name_clients(odd) == ("?", "?", "k")


@pytest.mark.parametrize(
    ("denied", "clients", "grant"),
    [(False, True, Grant.GRANTED), (True, True, Grant.DENIED), (True, False, Grant.NOT_NEEDED)],
)
def test_the_right_is_tried_only_where_it_is_asked_for(
    denied: bool, clients: bool, grant: Grant, server: AwsServer, west: Region
) -> None:
    gold(west, "acme")
    if denied:
        west.deny(CLIENTS)
    settings = AwsSettings(total_max_attempts=1, usage_plans=UsagePlanSettings(clients=clients))
    desk = Desk(settings)
    said = attempt(desk, UsagePlanCollector)[CLIENTS]
    desk.close()
    assert said.grant == grant
    assert server.calls.count(CLIENTS) == int(clients)
    if grant == Grant.NOT_NEEDED:
        assert said.reason == "the source does not set `usage_plans.clients`"
