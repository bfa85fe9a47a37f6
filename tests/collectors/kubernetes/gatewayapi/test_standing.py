"""What controllers say of routes and gateways: held, pending, stale, or of somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Condition
from tests.collectors.kubernetes.estate import (
    accepted,
    gateway,
    listener,
    parent,
    route,
    said,
)
from tests.collectors.kubernetes.gatewayapi.room import (
    at_edge,
    condition,
    conditions,
)


def test_what_a_controller_says_of_a_route_at_a_parent_is_said() -> None:
    api = at_edge(route(status=accepted(ResolvedRefs="False")), gateway())
    assert conditions(api) == {"Accepted": True, "ResolvedRefs": False}
    assert condition(api, "ResolvedRefs").reason == "IsFalse"


def test_what_nobody_has_said_yet_is_pending() -> None:
    told = condition(at_edge(route(), gateway()), "Accepted")
    assert (told.holds, told.reason) == (None, "pending: no controller has answered")
    unknown = condition(at_edge(route(status=accepted(Accepted="Unknown")), gateway()), "Accepted")
    assert (unknown.holds, unknown.reason) == (None, "pending: IsUnknown")


def test_what_was_said_of_an_older_generation_is_stale() -> None:
    one = route(status=accepted(generation=2), metadata={"generation": 3})
    told = condition(at_edge(one, gateway()), "Accepted")
    assert told.holds is None
    assert told.reason == "stale: said of generation 2, which is 3 now"


def test_what_is_said_at_another_parent_does_not_count() -> None:
    told = accepted(parent("other"), parent(sectionName="web"), parent(port=1))
    assert condition(at_edge(route(status=told), gateway()), "Accepted").holds is None


def test_a_status_that_differs_from_the_objects_counts_and_that_is_said() -> None:
    refused = at_edge(route(status=accepted(Accepted="False")), gateway())
    assert conditions(refused) == {"Accepted": False, "AttachmentAgrees": None}
    assert "does not accept it; by the objects: attached" in (
        condition(refused, "AttachmentAgrees").reason or ""
    )
    taken = at_edge(route(status=accepted()), gateway(listener("other", allowedRoutes=None)))
    assert conditions(taken) == {"Accepted": True, "AttachmentAgrees": None}


def test_a_condition_that_is_well_where_it_does_not_hold_is_said_where_it_does() -> None:
    api = at_edge(route(status=accepted(PartiallyInvalid="True")), gateway())
    assert conditions(api) == {"Accepted": True, "PartiallyInvalid": False}
    api = at_edge(route(status=accepted(PartiallyInvalid="False")), gateway())
    assert conditions(api) == {"Accepted": True}


def test_a_gateway_that_is_not_programmed_is_said_for_its_routes() -> None:
    status = {"conditions": said(Accepted="True", Programmed="False")}
    api = at_edge(route(status=accepted()), gateway(status=status))
    assert condition(api, "Programmed") == Condition(
        name="Programmed", holds=False, reason="Gateway infra/edge: Programmed: IsFalse"
    )


@pytest.mark.parametrize(
    ("told", "generation", "why"),
    [
        (said(Programmed="Unknown"), 1, "Programmed: pending: IsUnknown"),
        (said(Accepted="Unknown"), 1, "Accepted: pending: IsUnknown"),
        (
            said(Programmed="True", generation=1),
            2,
            "Programmed: stale: said of generation 1, which is 2 now",
        ),
    ],
)
def test_what_is_not_known_yet_of_a_gateway_is_not_known_of_its_routes(
    told: Any, generation: int, why: str
) -> None:
    edge = gateway(status={"conditions": told}, metadata={"generation": generation})
    assert condition(at_edge(route(status=accepted()), edge), "Programmed") == Condition(
        name="Programmed", holds=None, reason=f"Gateway infra/edge: {why}"
    )


def test_a_gateway_of_which_nothing_is_said_leaves_it_to_what_is_said_of_its_routes() -> None:
    edge = gateway(status={"conditions": said(Ready="True")})
    assert conditions(at_edge(route(status=accepted()), edge)) == {"Accepted": True}


def test_a_broken_listener_is_said_for_what_is_attached_to_it() -> None:
    listeners = (listener("a"), listener("b", port=8443))
    status = {
        "conditions": said(Programmed="True"),
        "listeners": [
            {"name": "a", "conditions": said(ResolvedRefs="False", Conflicted="True")},
            {"name": "b", "conditions": said(ResolvedRefs="True", Conflicted="False")},
        ],
    }
    edge = gateway(*listeners, status=status)
    alone = at_edge(route(parents=[parent(sectionName="a")]), edge)
    assert condition(alone, "Accepted").holds is None
    broken = [each for each in alone.conditions if each.name == "Programmed"]
    assert [each.reason for each in broken] == [
        "listener a of Gateway infra/edge: ResolvedRefs: IsFalse",
        "listener a of Gateway infra/edge: Conflicted: IsTrue",
    ]
    both = at_edge(route(), edge)
    assert conditions(both) == {
        "Accepted": None,
        "ListenerResolvedRefs": False,
        "ListenerConflicted": False,
    }
    well = at_edge(route(parents=[parent(sectionName="b")]), edge)
    assert conditions(well) == {"Accepted": None}
