"""Objects that stand for backends: where they lead, in what shares, and what is said against them."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.deploying.leading import led_on
from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule, Target
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.table.describing import Told

POOL = Target(
    name="llama", kind="inferencepool", stands=("inference.networking.k8s.io", "InferencePool")
)
WEB = Target(name="web", namespace="shop", port="80")
OUTSIDE = Target(name="api.example.org:443", kind="http")
OTHER = Target(name="api.example.net:443", kind="http")


def exposing(*targets: Target) -> Exposed:
    return Exposed(metadata=Metadata(name="chat"), rules=(Rule(targets=targets),))


def led(exposed: Exposed, told: Told | None) -> list[tuple[str, int]]:
    (rule,) = led_on(exposed, lambda _target: told).rules or (Rule(),)
    return [(each.name, each.weight) for each in rule.targets]


def weighing(target: Target, weight: int) -> Target:
    return Target(
        name=target.name,
        kind=target.kind,
        stands=target.stands,
        namespace=target.namespace,
        port=target.port,
        weight=weight,
        denied=target.denied,
    )


def test_what_stands_for_a_backend_gives_way_to_where_it_leads() -> None:
    told = Told(by="InferencePool models/llama", targets=(OUTSIDE,))
    assert led(exposing(weighing(POOL, 3), WEB), told) == [("api.example.org:443", 3), ("web", 1)]


def test_a_share_is_divided_among_those_that_it_leads_to() -> None:
    told = Told(by="Backend shop/outside", targets=(OUTSIDE, OTHER))
    found = led(exposing(weighing(POOL, 10), weighing(WEB, 90)), told)
    assert found == [("api.example.org:443", 10), ("api.example.net:443", 10), ("web", 180)]


@pytest.mark.parametrize("told", [None, Told(by="InferencePool models/llama")])
def test_a_reference_stays_where_nobody_says_where_it_leads(told: Told | None) -> None:
    assert led(exposing(POOL), told) == [("llama", 1)]


def test_one_that_may_not_be_referred_to_leads_nowhere() -> None:
    denied = Target(
        name="llama", kind="inferencepool", stands=POOL.stands, denied="RefNotPermitted"
    )
    assert led(exposing(denied), Told(by="x", targets=(OUTSIDE,))) == [("llama", 1)]


def test_what_is_doubted_of_a_reference_is_doubted_of_where_it_leads() -> None:
    doubted = msgspec.structs.replace(POOL, doubted="nobody could look")
    found = led_on(exposing(doubted), lambda _target: Told(by="x", targets=(OUTSIDE,)))
    assert [(each.name, each.doubted) for each in found.targets()] == [
        (OUTSIDE.name, "nobody could look")
    ]


def test_what_is_said_against_it_is_said_of_the_api_once() -> None:
    told = Told(
        by="Backend shop/outside",
        conditions=(
            Condition(name="Accepted", holds=False, reason="Invalid"),
            Condition(name="Ready", holds=True),
            Condition(name="Seen", holds=None, reason="pending"),
        ),
    )
    found = led_on(exposing(POOL, POOL), lambda _target: told)
    assert found.conditions == (
        Condition(name="BackendAccepted", holds=False, reason="Backend shop/outside: Invalid"),
    )


def test_services_alone_are_left_as_they_are() -> None:
    plain = exposing(WEB)
    assert led_on(plain, lambda _target: None) is plain
    unknown = Exposed(metadata=Metadata(name="chat"), rules=None)
    assert led_on(unknown, lambda _target: None) is unknown
