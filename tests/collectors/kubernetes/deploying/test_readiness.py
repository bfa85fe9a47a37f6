"""How what is exposed fares: backends that take requests, certificates that end, conditions of controllers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.deploying.readiness import conditions, signals_of
from apiscape.collectors.kubernetes.exposed import (
    Address,
    Condition,
    Exposed,
    Rule,
    Target,
)
from apiscape.model.surroundings import Signal
from tests.collectors.kubernetes.deploying.room import ORDERS, api, certificate
from tests.collectors.kubernetes.estate import (
    endpoint_slice,
    service,
)
from tests.collectors.kubernetes.visiting import NOON
from tests.collectors.kubernetes.worlds import (
    look,
    world_of,
)


def measured(exposed: Exposed, world: Any) -> list[Signal]:
    return signals_of(exposed, exposed.targets(), "uid", look(world), NOON)


def ready(world: Any, *targets: Target) -> Any:
    """Return what is measured of backends: how many are ready, of how many, and why not."""
    found = measured(api(rules=(Rule(targets=targets),)), world)
    told = [(each.value, each.threshold, each.reason) for each in found]
    return told[0] if told else None


CANARY = Target(name="canary", namespace="shop")
NOT_READY = "nothing behind Service shop/orders is ready"


def test_backends_are_ready_where_one_of_their_endpoints_is() -> None:
    world = world_of(service(), endpoint_slice("orders", False, True))
    assert ready(world, ORDERS) == (1, 1, None)
    assert ready(world, ORDERS, ORDERS) == (1, 1, None)
    assert ready(world, ORDERS, CANARY) == (1, 2, "there is no Service shop/canary")


def test_an_endpoint_that_does_not_say_is_ready() -> None:
    silent = endpoint_slice()
    silent["endpoints"] = [{"addresses": ["10.0.0.1"]}]
    assert ready(world_of(service(), silent), ORDERS) == (1, 1, None)


@pytest.mark.parametrize("slices", [[endpoint_slice("orders", False)], []])
def test_a_service_without_ready_endpoints_is_not_ready(slices: Any) -> None:
    assert ready(world_of(service(), *slices), ORDERS) == (0, 1, NOT_READY)


def test_what_nobody_could_look_at_is_neither_ready_nor_not() -> None:
    unseen = "endpointslices.discovery.k8s.io could not be read"
    assert ready(world_of(service(), unseen=["endpointslices"]), ORDERS) == (None, 1, unseen)
    assert ready(world_of(unseen=["services"]), ORDERS) == (None, 1, "services could not be read")
    some = world_of(service(), endpoint_slice(), unseen=["services"])
    assert ready(some, ORDERS, CANARY) == (None, 2, "services could not be read")


def test_what_is_known_not_to_be_ready_is_said_whatever_else_is_not_known() -> None:
    world = world_of(service(), endpoint_slice("orders", False))
    hidden = msgspec.structs.replace(CANARY, doubted="nobody could look")
    why = f"at most, {NOT_READY}; there is no Service shop/canary"
    assert ready(world, ORDERS, CANARY) == (0, 2, f"{NOT_READY}; there is no Service shop/canary")
    spare = Target(name="spare", kind="pool", namespace="shop", doubted="nobody could look")
    assert ready(world, ORDERS, spare) == (
        1,
        2,
        f"at most, {NOT_READY}; nobody could look: shop/spare",
    )
    assert ready(world, ORDERS, hidden, spare) == (1, 3, f"{why}; nobody could look: shop/spare")


def test_of_many_backends_that_are_not_ready_a_few_are_named() -> None:
    many = [Target(name=f"s{number}", namespace="shop") for number in range(9)]
    value, total, why = ready(world_of(), *many)
    assert (value, total) == (0, 9)
    assert why.startswith("there is no Service shop/s0; there is no Service shop/s1")
    assert why.endswith("shop/s4; and 4 more")


def test_one_namespace_that_was_read_says_what_is_not_in_it() -> None:
    world = world_of()
    for plural in ("services", "endpointslices.discovery.k8s.io"):
        world.see(plural, whole=True, namespaces=["shop"])
    assert ready(world, ORDERS) == (0, 1, "there is no Service shop/orders")
    elsewhere = msgspec.structs.replace(ORDERS, namespace="pay")
    assert ready(world, elsewhere) == (None, 1, "services could not be read")


def test_what_no_cluster_can_say_is_not_counted() -> None:
    outside = service(spec={"type": "ExternalName", "externalName": "far.example"})
    assert ready(world_of(outside), ORDERS) is None
    assert ready(world_of(), Target(name="https://far.example", kind="http")) is None
    assert ready(world_of(), Target(name="f", kind="function", namespace="shop")) is None
    assert ready(world_of(), msgspec.structs.replace(ORDERS, weight=0)) is None
    assert measured(api(rules=None), world_of()) == []


FUNCTION = Target(name="f", kind="function", namespace="shop")
OUTSIDE = Target(name="https://far.example", kind="http")
UNTOLD = "of 1 more nobody can tell"


def test_what_nobody_can_tell_of_is_said_beside_what_is_ready() -> None:
    world = world_of(service(), endpoint_slice())
    assert ready(world, ORDERS, FUNCTION) == (1, 1, UNTOLD)
    assert ready(world, FUNCTION, ORDERS, OUTSIDE) == (1, 1, "of 2 more nobody can tell")
    assert ready(world, ORDERS, FUNCTION, msgspec.structs.replace(FUNCTION, port="80")) == (
        1,
        1,
        UNTOLD,
    )
    assert ready(world, ORDERS, msgspec.structs.replace(FUNCTION, weight=0)) == (1, 1, None)


def test_a_service_that_stands_for_an_address_outside_is_said_beside_what_is_ready() -> None:
    outside = service("canary", spec={"type": "ExternalName", "externalName": "far.example"})
    world = world_of(service(), endpoint_slice(), outside)
    assert ready(world, ORDERS, CANARY) == (1, 1, UNTOLD)


def test_what_nobody_can_tell_of_is_said_after_what_is_wrong() -> None:
    assert ready(world_of(service()), ORDERS, FUNCTION) == (0, 1, f"{NOT_READY}; {UNTOLD}")
    unseen = world_of(unseen=["services"])
    assert ready(unseen, ORDERS, FUNCTION) == (None, 1, f"services could not be read; {UNTOLD}")


def test_what_may_not_be_referred_to_is_not_ready() -> None:
    denied = msgspec.structs.replace(ORDERS, denied="RefNotPermitted")
    world = world_of(service(), endpoint_slice())
    assert ready(world, denied) == (0, 1, "RefNotPermitted: shop/orders")


def test_what_may_be_used_or_not_is_neither_ready_nor_not() -> None:
    unseen = "ReferenceGrants could not be read"
    doubted = msgspec.structs.replace(ORDERS, doubted=unseen)
    world = world_of(service(), endpoint_slice())
    assert ready(world, doubted) == (None, 1, f"{unseen}: shop/orders")
    assert ready(world_of(service()), doubted) == (0, 1, NOT_READY)
    pool = Target(name="llama", kind="inferencepool", namespace="models", doubted=unseen)
    assert ready(world, ORDERS, pool) == (None, 2, f"{unseen}: models/llama")


def ends(world: Any, **given: Any) -> Any:
    found = measured(api(**given), world)
    return [each.value for each in found if each.name == "certificate.not_after"]


def test_the_first_certificate_to_end_counts() -> None:
    world = world_of(certificate(), certificate("spare", "2026-12-01T00:00:00+02:00"))
    at = Address(host="a.example", certificate="infra/tls")
    assert ends(world, addresses=(at,)) == ["2027-01-01T00:00:00+00:00"]
    spare = ends(world, addresses=(at,), secrets=("infra/spare",))
    assert spare == ["2026-11-30T22:00:00+00:00"]
    own = datetime(2026, 11, 29)  # noqa: DTZ001 - as an object without a zone states it
    assert ends(world, addresses=(at,), certificates=(own,)) == ["2026-11-29T00:00:00+00:00"]
    later = datetime(2028, 1, 1, tzinfo=UTC) + timedelta(days=1)
    assert ends(world, certificates=(later,)) == ["2028-01-02T00:00:00+00:00"]


def test_a_certificate_of_which_nobody_knows_the_end_says_nothing() -> None:
    at = Address(host="a.example", certificate="infra/tls")
    assert ends(world_of(), addresses=(at,)) == []
    assert ends(world_of(certificate(not_after=None)), addresses=(at,)) == []
    assert ends(world_of(certificate("other")), addresses=(at,)) == []


def test_of_a_condition_that_is_said_more_than_once_the_worst_counts() -> None:
    told = [
        Condition(name="Accepted", holds=True),
        Condition(name="Accepted", holds=None, reason="pending"),
        Condition(name="Accepted", holds=False, reason="no"),
        Condition(name="Accepted", holds=False, reason="too"),
        Condition(name="Programmed", holds=None, reason="stale"),
        Condition(name="Programmed", holds=True),
    ]
    found = list(conditions(told, "uid", NOON))
    assert [(each.name, each.value, each.reason) for each in found] == [
        ("condition.Accepted", False, "no"),
        ("condition.Programmed", None, "stale"),
    ]
    assert {each.observed_at for each in found} == {NOON}


def test_what_no_object_shows_is_said_to_be_unknown() -> None:
    found = measured(api(incomplete=("a snippet", "a script")), world_of())
    assert [(each.name, each.value, each.reason) for each in found] == [
        ("condition.ShownWhole", None, "unknown: a snippet; a script")
    ]
