"""Attachment: which listeners take a route and under which hosts, and what is said where nobody can tell."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.gatewayapi.attachment import (
    Asking,
    Detached,
    Neighbours,
    addresses,
    attach,
    selects,
)
from apiscape.collectors.kubernetes.gatewayapi.granting import Reference, is_granted
from apiscape.collectors.kubernetes.gatewayapi.hosts import ANY, common_hosts
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    Gateway,
    LabelSelector,
    ListenerSet,
    ParentRef,
    ReferenceGrant,
)

LABELS = {"infra": {"team": "platform"}, "tax": {"team": "tax", "tier": "gold"}, "pay": {}}


def listener(name: str = "web", **given: Any) -> dict[str, Any]:
    return {"name": name, "protocol": "HTTP", "port": 80} | given


def gateway(*listeners: dict[str, Any], **spec: Any) -> Gateway:
    body = {
        "metadata": {"name": "edge", "namespace": "infra"},
        "spec": {"gatewayClassName": "c", "listeners": list(listeners)} | spec,
        "status": {
            "addresses": [{"value": "192.0.2.1"}, {"type": "Hostname", "value": "e.example"}, {}]
        },
    }
    return msgspec.convert(body, Gateway)


def around(*listeners: dict[str, Any], **given: Any) -> Neighbours:
    known: dict[str, Any] = {"gateways": {"infra/edge": gateway(*listeners)}, "labels": LABELS}
    return Neighbours(**(known | given))


def parent(name: str = "edge", **given: Any) -> ParentRef:
    return msgspec.convert({"name": name, "namespace": "infra"} | given, ParentRef)


def route(namespace: str = "infra", *hosts: str, kind: str = "HTTPRoute") -> Asking:
    return Asking(kind, namespace, hosts)


def came(asking: Asking, near: Neighbours, *parents: ParentRef) -> list[Any]:
    found = attach(asking, parents or [parent()], near)
    return [
        [(each.listener.name, *each.hosts) for each in one.at] if one.at else one.why_not
        for one in found
    ]


ALL = {"namespaces": {"from": "All"}}


# ── Which listeners ──────────────────────────────────────────────────────────


def test_a_route_is_at_every_listener_that_takes_it() -> None:
    near = around(
        listener(), listener("tls", protocol="HTTPS", port=443), listener("tcp", protocol="TCP")
    )
    assert came(route(), near) == [[("web", ANY), ("tls", ANY)]]
    (one,) = attach(route(), [parent()], near)
    assert {(each.holder, each.gateway.metadata.name) for each in one.at} == {
        ("Gateway/infra/edge", "edge")
    }


@pytest.mark.parametrize(
    ("meant", "found"),
    [
        ({"sectionName": "tls"}, [("tls", ANY)]),
        ({"port": 80}, [("web", ANY)]),
        ({"sectionName": "web", "port": 443}, Detached.NO_PARENT),
        ({"sectionName": "none"}, Detached.NO_PARENT),
    ],
)
def test_a_route_may_mean_some_listeners_only(meant: dict[str, Any], found: Any) -> None:
    near = around(listener(), listener("tls", protocol="HTTPS", port=443))
    assert came(route(), near, parent(**meant)) == [found]


@pytest.mark.parametrize(
    ("protocol", "kinds"),
    [
        ("HTTP", {"HTTPRoute", "GRPCRoute"}),
        ("HTTPS", {"HTTPRoute", "GRPCRoute"}),
        ("TLS", {"TLSRoute", "TCPRoute"}),
        ("TCP", {"TCPRoute"}),
        ("UDP", {"UDPRoute"}),
        ("example.com/odd", set()),
    ],
)
def test_a_protocol_says_which_routes_are_taken(protocol: str, kinds: set[str]) -> None:
    near = around(listener(protocol=protocol))
    every = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"]
    taken = {kind for kind in every if came(route(kind=kind), near) != [Detached.NOT_ALLOWED]}
    assert taken == kinds


def test_a_listener_may_say_itself_which_kinds_it_takes() -> None:
    kinds = [{"kind": "GRPCRoute"}, {"kind": "HTTPRoute", "group": "other.example"}]
    near = around(listener(allowedRoutes={"kinds": kinds}))
    assert came(route(), near) == [Detached.NOT_ALLOWED]
    assert came(route(kind="GRPCRoute"), near) == [[("web", ANY)]]


@pytest.mark.parametrize(
    ("namespaces", "taken"),
    [
        (None, {"infra"}),
        ({}, {"infra"}),
        ({"from": "Same"}, {"infra"}),
        ({"from": "All"}, {"infra", "tax", "pay", "new"}),
        ({"from": "Nonsense"}, set()),
        ({"from": "Selector", "selector": {"matchLabels": {"team": "tax"}}}, {"tax"}),
        ({"from": "Selector"}, {"infra", "tax", "pay", "new"}),
    ],
)
def test_of_which_namespaces_routes_are_taken(
    namespaces: dict[str, Any] | None, taken: set[str]
) -> None:
    near = around(listener(allowedRoutes={"namespaces": namespaces}))
    found = {
        name
        for name in ("infra", "tax", "pay", "new")
        if came(route(name), near) == [[("web", ANY)]]
    }
    assert found == taken


def test_where_nobody_could_look_at_namespaces_nobody_can_tell() -> None:
    chosen = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {"team": "tax"}}}}
    assert came(route("tax"), around(listener(allowedRoutes=chosen), labels=None)) == [
        Detached.UNSEEN
    ]
    assert came(route("tax"), around(listener(allowedRoutes=ALL), labels=None)) == [[("web", ANY)]]


def test_a_gateway_that_is_not_there_is_told_from_one_that_nobody_could_see() -> None:
    assert came(route(), Neighbours(gateways={})) == [Detached.NO_PARENT]
    assert came(route(), Neighbours(gateways={}, unseen=frozenset({"Gateway"}))) == [
        Detached.UNSEEN
    ]


def test_a_parent_of_a_mesh_is_none_of_a_gateway() -> None:
    service = parent(kind="Service", group="")
    assert came(route(), around(listener()), service, parent()) == [[("web", ANY)]]


# ── Sets of listeners ────────────────────────────────────────────────────────

SET = parent("more", kind="ListenerSet", namespace="tax")


def with_set(allowed: dict[str, Any] | None, **given: Any) -> Neighbours:
    body = {
        "metadata": {"name": "more", "namespace": "tax"},
        "spec": {
            "parentRef": {"name": "edge", "namespace": "infra"},
            "listeners": [listener("own", hostname="*.tax.example")],
        },
    }
    spec = {} if allowed is None else {"allowedListeners": {"namespaces": allowed}}
    known = {"gateways": {"infra/edge": gateway(listener(), **spec)}}
    return around(
        sets={"ListenerSet/tax/more": msgspec.convert(body, ListenerSet)}, **(known | given)
    )


def test_a_set_of_listeners_leads_to_its_gateway() -> None:
    near = with_set({"from": "All"})
    (one,) = attach(route("tax", "a.tax.example"), [SET], near)
    (at,) = one.at
    assert (at.holder, at.gateway.metadata.name, at.hosts) == (
        "ListenerSet/tax/more",
        "edge",
        ("a.tax.example",),
    )
    assert came(route("pay"), near, SET) == [Detached.NOT_ALLOWED]


@pytest.mark.parametrize(
    ("allowed", "found"),
    [
        (None, Detached.NO_PARENT),
        ({"from": "None"}, Detached.NO_PARENT),
        ({}, Detached.NO_PARENT),
        ({"from": "Same"}, Detached.NO_PARENT),
        (
            {"from": "Selector", "selector": {"matchLabels": {"team": "tax"}}},
            [("own", "*.tax.example")],
        ),
    ],
)
def test_a_gateway_takes_no_set_unless_it_says_so(allowed: Any, found: Any) -> None:
    assert came(route("tax"), with_set(allowed), SET) == [found]


def test_of_a_set_too_nobody_may_be_able_to_tell() -> None:
    chosen = {"from": "Selector", "selector": {"matchLabels": {"team": "tax"}}}
    assert came(route("tax"), with_set(chosen, labels=None), SET) == [Detached.UNSEEN]
    assert came(route("tax"), around(unseen=frozenset({"ListenerSet"})), SET) == [Detached.UNSEEN]
    assert came(route("tax"), around(), SET) == [Detached.NO_PARENT]
    assert came(route("tax"), with_set({"from": "All"}, gateways={}), SET) == [Detached.NO_PARENT]
    unseen = with_set({"from": "All"}, gateways={}, unseen=frozenset({"Gateway"}))
    assert came(route("tax"), unseen, SET) == [Detached.UNSEEN]


# ── Hosts ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("own", "told", "common"),
    [
        (None, [], (ANY,)),
        ("a.example", [], ("a.example",)),
        (None, ["a.example"], ("a.example",)),
        ("A.example", ["a.EXAMPLE"], ("a.example",)),
        ("*.a.example", ["x.a.example", "x.y.a.example"], ("x.a.example", "x.y.a.example")),
        ("*.a.example", ["a.example"], ()),
        ("x.a.example", ["*.a.example"], ("x.a.example",)),
        ("*.a.example", ["*.x.a.example"], ("*.x.a.example",)),
        ("*.x.a.example", ["*.a.example"], ("*.x.a.example",)),
        ("*.a.example", ["*.a.example"], ("*.a.example",)),
        ("*.a.example", ["*.b.example", "x.b.example"], ()),
        ("*.a.example", ["xa.example"], ()),
        ("a.example", ["a.example", "A.example", "b.example"], ("a.example",)),
    ],
)
def test_which_hosts_a_listener_and_a_route_have_in_common(
    own: str | None, told: list[str], common: tuple[str, ...]
) -> None:
    assert common_hosts(own, told) == common


def test_a_route_without_a_host_in_common_is_at_none() -> None:
    near = around(listener(hostname="*.a.example"), listener("b", hostname="b.example"))
    assert came(route("infra", "c.example"), near) == [Detached.NO_HOST]
    assert came(route("infra", "b.example"), near) == [[("b", "b.example")]]


LETTERS = st.sampled_from("ab")
NAMES = st.lists(LETTERS, min_size=1, max_size=4).map(".".join)
HOSTS = st.one_of(NAMES, NAMES.map(lambda name: f"*.{name}"))


def stands_for(host: str, name: str) -> bool:
    """Say whether a host stands for a name, label by label."""
    if not host.startswith("*."):
        return host == name
    told, labels = host[2:].split("."), name.split(".")
    return len(labels) > len(told) and labels[-len(told) :] == told


@given(one=HOSTS, other=HOSTS, name=NAMES)
def test_a_common_host_stands_for_what_both_stand_for(one: str, other: str, name: str) -> None:
    common = common_hosts(one, [other])
    both = stands_for(one, name) and stands_for(other, name)
    assert any(stands_for(host, name) for host in common) == both
    assert common_hosts(other, [one]) == common


# ── Selectors, grants, addresses ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "fits"),
    [
        ({}, True),
        ({"matchLabels": {"tier": "gold"}}, True),
        ({"matchLabels": {"tier": "iron"}}, False),
        ({"matchLabels": {"none": ""}}, False),
        ({"matchExpressions": [{"key": "team", "operator": "In", "values": ["tax"]}]}, True),
        ({"matchExpressions": [{"key": "none", "operator": "In", "values": [""]}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "NotIn", "values": ["tax"]}]}, False),
        ({"matchExpressions": [{"key": "none", "operator": "NotIn", "values": ["tax"]}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "Exists"}]}, True),
        ({"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]}, False),
        ({"matchExpressions": [{"key": "team", "operator": "Resembles"}]}, False),
    ],
)
def test_what_a_selector_selects(told: dict[str, Any], fits: bool) -> None:
    assert selects(msgspec.convert(told, LabelSelector), LABELS["tax"]) is fits


def grant(namespace: str = "data", **to: Any) -> ReferenceGrant:
    body = {
        "metadata": {"name": "g", "namespace": namespace},
        "spec": {
            "from": [
                {"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "tax"}
            ],
            "to": [{"kind": "Service"} | to],
        },
    }
    return msgspec.convert(body, ReferenceGrant)


@pytest.mark.parametrize(
    ("grants", "changed", "granted"),
    [
        ([], {}, False),
        ([], {"namespace": "tax"}, True),
        ([grant()], {}, True),
        ([grant(name="db")], {}, True),
        ([grant(name="other")], {}, False),
        ([grant(name="other"), grant()], {}, True),
        ([grant("elsewhere")], {}, False),
        ([grant(kind="Secret")], {}, False),
        ([grant()], {"from_namespace": "pay"}, False),
        ([grant()], {"from_kind": "GRPCRoute"}, False),
        ([grant()], {"from_group": ""}, False),
    ],
)
def test_a_reference_into_another_namespace_needs_a_grant_there(
    grants: list[ReferenceGrant], changed: dict[str, str], granted: bool
) -> None:
    told = Reference("gateway.networking.k8s.io", "HTTPRoute", "tax", "", "Service", "data", "db")
    assert is_granted(msgspec.structs.replace(told, **changed), grants) is granted


def test_a_gateway_says_where_it_is() -> None:
    assert list(addresses(gateway())) == ["192.0.2.1", "e.example"]
    silent = msgspec.structs.replace(gateway(), status=None)
    assert list(addresses(silent)) == []
