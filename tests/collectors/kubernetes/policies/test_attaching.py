"""Attachment of policies: which are at a point, in what order, and whether they are in force."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.gatewayapi.kinds import EARLY_GROUP, GROUP
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.policies.attaching import Attached, Level, attached, in_order
from apiscape.collectors.kubernetes.policies.envoy import SECURITY
from apiscape.collectors.kubernetes.policies.merging import in_force, one_per_level
from apiscape.collectors.kubernetes.policies.opaque import OpaquePolicy
from tests.collectors.kubernetes.policies.clusters import (
    GATEWAY,
    ISTIO,
    ROUTE,
    Json,
    accepted,
    asked_of,
    gateway,
    holding,
    look_at,
    made,
    point,
    world_of,
)

BASIC: Json = {"basicAuth": {"users": {"name": "people"}}}
OIDC: Json = {"oidc": {"provider": {"issuer": "https://id.example"}}}
HTTPS = gateway(https="HTTPS")


def policy(name: str = "p", *targets: Json, **given: Any) -> Json:
    spec = given.pop("spec", BASIC)
    return made("SecurityPolicy", name, {"targetRefs": list(targets)} | spec, **given)


def levels(*objects: Json, **at: Any) -> list[tuple[str, Level, bool]]:
    found = attached(SECURITY, point(**at), look_at(world_of(HTTPS, *objects)))
    return [(each.policy.metadata.name, each.level, each.is_certain) for each in found]


# ── Where ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("target", "level"),
    [
        (GATEWAY, Level.GATEWAY),
        (GATEWAY | {"sectionName": "https"}, Level.LISTENER),
        (GATEWAY | {"sectionName": "http"}, None),
        (GATEWAY | {"name": "other"}, None),
        (ROUTE, Level.ROUTE),
        (ROUTE | {"sectionName": "read"}, Level.RULE),
        (ROUTE | {"sectionName": "write"}, None),
        (ROUTE | {"kind": "GRPCRoute"}, None),
        (ROUTE | {"group": "other.example"}, None),
        ({"kind": "ListenerSet", "name": "more"}, Level.SET),
        ({"kind": "ListenerSet", "name": "more", "sectionName": "https"}, Level.LISTENER),
        ({"kind": "GatewayClass", "name": "c"}, Level.CLASS),
        ({"group": "", "kind": "Service", "name": "web"}, None),
    ],
)
def test_a_policy_is_where_it_says(target: Json, level: Level | None) -> None:
    found = levels(policy("p", target), listener_set="ListenerSet/shop/more")
    assert found == ([] if level is None else [("p", level, True)])


@pytest.mark.parametrize(
    ("group", "kind", "section", "level"),
    [
        (EARLY_GROUP, "XListenerSet", None, Level.SET),
        (EARLY_GROUP, "XListenerSet", "https", Level.LISTENER),
        (GROUP, "XListenerSet", None, None),
        (GROUP, "ListenerSet", None, None),
    ],
)
def test_a_set_of_the_kind_that_was_tried_out_is_another_one_than_its_namesake(
    group: str, kind: str, section: str | None, level: Level | None
) -> None:
    target = {"group": group, "kind": kind, "name": "more"}
    if section is not None:
        target["sectionName"] = section
    found = levels(policy("p", target), listener_set="XListenerSet/shop/more")
    assert found == ([] if level is None else [("p", level, True)])


def test_a_policy_is_in_the_namespace_of_its_target() -> None:
    assert levels(policy("p", ROUTE, namespace="other")) == []


def test_whether_a_reference_into_another_namespace_counts_nobody_can_tell() -> None:
    far = policy("p", ROUTE | {"namespace": "shop"}, namespace="other")
    assert levels(far) == [("p", Level.ROUTE, False)]
    assert asked_of(far) == ("unknown",)


def test_a_policy_of_several_targets_is_at_the_most_specific() -> None:
    assert levels(policy("p", GATEWAY, ROUTE)) == [("p", Level.ROUTE, True)]


def test_the_older_form_of_a_target_counts_too() -> None:
    old = made("SecurityPolicy", "p", {"targetRef": ROUTE} | BASIC)
    assert levels(old) == [("p", Level.ROUTE, True)]


def test_where_the_listener_is_not_known_nobody_can_tell() -> None:
    told = policy("p", GATEWAY | {"sectionName": "https"})
    assert levels(told, listener=None) == [("p", Level.LISTENER, False)]


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ({"kind": "HTTPRoute", "matchLabels": {"app": "web"}}, [("p", Level.ROUTE, True)]),
        ({"kind": "HTTPRoute", "matchLabels": {"app": "till"}}, []),
        ({"kind": "HTTPRoute"}, [("p", Level.ROUTE, True)]),
        ({"kind": "GRPCRoute"}, []),
        ({"kind": "Gateway", "matchLabels": {"tier": "gold"}}, [("p", Level.GATEWAY, True)]),
        (
            {"kind": "Gateway", "sectionName": "https", "matchLabels": {"tier": "gold"}},
            [("p", Level.LISTENER, True)],
        ),
        ({"kind": "ListenerSet"}, []),
    ],
)
def test_a_policy_may_select_its_targets(
    selector: Json, found: list[tuple[str, Level, bool]]
) -> None:
    assert levels(policy("p", spec=BASIC | {"targetSelectors": [selector]})) == found


def test_a_selector_is_for_its_own_namespace_unless_it_names_others() -> None:
    selector = {"kind": "HTTPRoute"}
    far = policy("p", spec=BASIC | {"targetSelectors": [selector]}, namespace="other")
    assert levels(far) == []
    wide = BASIC | {"targetSelectors": [selector | {"namespaces": {"from": "All"}}]}
    assert levels(policy("p", spec=wide, namespace="other")) == [("p", Level.ROUTE, False)]


def test_whether_labels_that_nobody_can_see_are_selected_nobody_can_tell() -> None:
    selected = policy("p", spec=BASIC | {"targetSelectors": [{"kind": "Gateway"}]})
    assert asked_of(selected) == ("unknown",)  # without the Gateway
    of_set = policy("p", spec=BASIC | {"targetSelectors": [{"kind": "ListenerSet"}]})
    assert levels(of_set, listener_set="ListenerSet/shop/more") == [("p", Level.SET, False)]


# ── In what order ────────────────────────────────────────────────────────────

LEVELS = st.sampled_from(sorted(Level))
AGES = st.sampled_from([None, "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"])


def one(name: str, level: Level, born: str | None) -> Attached[Any]:
    metadata = Metadata(name=name, namespace="shop", creation_timestamp=born)
    return Attached(OpaquePolicy(metadata), level)


MANY = st.lists(st.tuples(LEVELS, AGES), max_size=6).map(
    lambda told: [one(f"p{at}", level, born) for at, (level, born) in enumerate(told)]
)


@given(policies=MANY, data=st.data())
def test_the_order_of_reading_does_not_matter(
    policies: list[Attached[Any]], data: st.DataObject
) -> None:
    mixed = data.draw(st.permutations(policies))
    assert in_order(mixed) == in_order(policies)


@given(policies=MANY)
def test_the_more_specific_policy_goes_before_then_the_older(policies: list[Attached[Any]]) -> None:
    told = in_order(policies)
    for before, after in itertools.pairwise(told):
        assert before.level >= after.level
        if before.level == after.level:
            born = before.policy.metadata.creation_timestamp
            other = after.policy.metadata.creation_timestamp
            assert other is None or (born is not None and born <= other)


@given(policies=MANY)
def test_one_policy_is_left_of_each_level(policies: list[Attached[Any]]) -> None:
    told = in_order(policies)
    left = one_per_level(told)
    assert [each.level for each in left] == sorted({each.level for each in told}, reverse=True)
    assert left[:1] == told[:1]


@given(policies=MANY)
def test_a_policy_that_is_merged_brings_the_next_wider_one(policies: list[Attached[Any]]) -> None:
    told = in_order(policies)
    alone, both = in_force(told, lambda _: None), in_force(told, lambda _: "StrategicMerge")
    assert alone == tuple(told[:1])
    assert both[:1] == alone
    assert [each.level < told[0].level for each in both[1:]] in ([], [True])


def test_the_more_specific_policy_takes_the_place_of_the_wider_one() -> None:
    wide, narrow = policy("wide", GATEWAY, spec=OIDC), policy("narrow", ROUTE)
    assert asked_of(HTTPS, wide, narrow) == ("required", "basic")
    assert asked_of(HTTPS, wide) == ("required", "oidc")


def test_of_two_at_one_place_the_older_one_holds() -> None:
    young = policy("a", ROUTE, creationTimestamp="2026-05-01T00:00:00Z")
    old = policy("b", ROUTE, spec=OIDC, creationTimestamp="2026-04-01T00:00:00Z")
    assert asked_of(HTTPS, young, old) == ("required", "oidc")


# ── In force ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "asked", "words"),
    [
        (accepted(), ("required", "basic"), "SecurityPolicy shop/p"),
        (
            accepted(status="False", reason="Invalid"),
            ("none",),
            "SecurityPolicy shop/p is not in force (Invalid); no AuthPolicy attached",
        ),
        (accepted(status="Unknown", reason="Pending"), ("unknown",), "pending: Pending"),
        (accepted(observedGeneration=1), ("unknown",), "stale: Accepted"),
        ({}, ("unknown",), "pending: no status"),
        ({"ancestors": None, "conditions": None}, ("unknown",), "pending: no status"),
        (accepted(controller=ISTIO), ("unknown",), "pending: no status"),
    ],
)
def test_a_policy_counts_once_its_controller_says_so(
    status: Json, asked: tuple[str, ...], words: str
) -> None:
    told = policy("p", ROUTE, status=status, generation=2)
    assert asked_of(HTTPS, told) == asked
    assert words in (holding(HTTPS, told).security.evidence or "")


def test_what_is_said_of_another_gateway_does_not_count_here() -> None:
    here = accepted()["ancestors"]
    there = accepted(status="False")["ancestors"]
    there[0]["ancestorRef"] = GATEWAY | {"name": "other"}
    told = policy("p", ROUTE, status={"ancestors": [*there, *here]})
    assert asked_of(HTTPS, told) == ("required", "basic")
    elsewhere = policy("p", ROUTE, status={"ancestors": there})
    assert asked_of(HTTPS, elsewhere) == ("unknown",)
    of_route = [there[0] | {"ancestorRef": ROUTE}]
    assert asked_of(HTTPS, policy("p", ROUTE, status={"ancestors": of_route})) == ("none",)


def test_a_rejected_policy_leaves_the_wider_one() -> None:
    wide = policy("wide", GATEWAY, spec=OIDC)
    narrow = policy("narrow", ROUTE, status=accepted(status="False", reason="Conflicted"))
    assert asked_of(HTTPS, wide, narrow) == ("required", "oidc")


def test_a_pending_policy_makes_what_is_asked_unknown_whatever_the_wider_one_asks() -> None:
    wide = policy("wide", GATEWAY, spec=OIDC)
    assert asked_of(HTTPS, wide, policy("narrow", ROUTE, status={})) == ("unknown",)


def test_what_a_mesh_route_or_a_route_of_an_unnamed_gateway_is_asked_nobody_can_tell() -> None:
    at = point(gateway=None, gateway_class=None, route=None)
    assert attached(SECURITY, at, look_at(world_of(policy("p", GATEWAY)))) == []


def test_a_controller_may_say_something_of_a_policy_as_a_whole() -> None:
    whole = {"conditions": [{"type": "Accepted", "status": "True"}]}
    assert asked_of(HTTPS, policy("p", ROUTE, status=whole)) == ("required", "basic")


def test_a_policy_without_a_status_waits_for_its_controller() -> None:
    bare = policy("p", ROUTE)
    del bare["status"]
    assert asked_of(HTTPS, bare) == ("unknown",)


def test_what_holds_where_there_is_no_route_is_what_holds_of_the_listener() -> None:
    no_route = point(route=None)
    assert asked_of(HTTPS, policy("p", GATEWAY), at=no_route) == ("required", "basic")
    assert asked_of(HTTPS, policy("p", ROUTE), at=no_route) == ("none",)
