"""Routes of Gateway API: an API for each parent that they name, reached where that takes them."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.model.vocabulary import Exposure, Style
from tests.collectors.kubernetes.estate import (
    ALL,
    backend,
    gateway,
    listener,
    namespace,
    parent,
    route,
    said,
    service,
)
from tests.collectors.kubernetes.gatewayapi.room import (
    EDGE,
    SPACES,
    TAKES_SETS,
    at_edge,
    at_set,
    condition,
    conditions,
    listener_set,
    urls,
)
from tests.collectors.kubernetes.worlds import apis, world_of


def test_a_route_is_an_api_for_each_parent_that_it_names() -> None:
    one = route(parents=[parent(), parent("inner"), parent()])
    found = apis(world_of(*SPACES, gateway(), gateway(name="inner"), one), one)
    assert found.keys() == {EDGE, "infra/inner"}
    assert {each.gateway for each in found.values()} == {EDGE, "infra/inner"}


def test_a_route_that_names_several_listeners_of_a_gateway_is_one_api_with_both_addresses() -> None:
    listeners = (listener("a", port=443), listener("b", port=8443), listener("c", port=9443))
    one = route(parents=[parent(sectionName="a"), parent(port=8443)], hostnames=["shop.example"])
    api = at_edge(one, gateway(*listeners))
    assert urls(api) == [("https", "shop.example", 443), ("https", "shop.example", 8443)]


def test_a_route_is_reached_under_the_hosts_that_it_has_in_common_with_its_listener() -> None:
    one = route(hostnames=["pay.shop.example", "other.example", "*.shop.example"])
    api = at_edge(one, gateway(listener(hostname="*.shop.example")))
    assert [host for _, host, _ in urls(api)] == ["pay.shop.example", "*.shop.example"]


def test_a_route_without_hosts_is_reached_under_those_of_its_listener() -> None:
    assert urls(at_edge(route(), gateway(listener(hostname="a.example")))) == [
        ("https", "a.example", 443)
    ]
    api = at_edge(route(), gateway(listener()))
    assert (urls(api), api.reached.addresses) == ([("https", "", 443)], ("203.0.113.9",))


REFUSED = {
    "another host": (listener(hostname="b.example"), "NoMatchingListenerHostname"),
    "the same namespace alone": (listener(allowedRoutes=None), "NotAllowedByListeners"),
    "another kind": (
        listener(allowedRoutes=ALL | {"kinds": [{"kind": "TLSRoute"}]}),
        "NotAllowedByListeners",
    ),
    "another listener": (listener("other"), "NoMatchingParent"),
}


@pytest.mark.parametrize(("given", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_route_that_no_listener_takes_is_reached_nowhere(given: Any, why: str) -> None:
    parents = [parent(sectionName="web")]
    api = at_edge(route(parents=parents, hostnames=["a.example"]), gateway(given))
    assert (api.parent, api.gateway, api.addresses) == (EDGE, EDGE, ())
    assert condition(api, "Accepted") == Condition(
        name="Accepted", holds=False, reason=f"by the objects: {why}"
    )


def test_a_gateway_that_is_not_there_is_not_the_same_as_one_that_nobody_could_see() -> None:
    gone = at_edge(route())
    assert (gone.addresses, condition(gone, "Accepted").holds) == ((), False)
    hidden = at_edge(route(), unseen=["gateways"])
    assert hidden.addresses is None
    assert condition(hidden, "Accepted") == Condition(
        name="Accepted",
        holds=None,
        reason="unknown: what it is attached to could not be looked at",
    )
    assert hidden.parent == gone.parent == EDGE


def test_labels_that_nobody_could_see_leave_open_whether_a_route_is_taken() -> None:
    selector = {"from": "Selector", "selector": {"matchLabels": {"tier": "gold"}}}
    one, edge = route(), gateway(listener(allowedRoutes={"namespaces": selector}))
    assert at_edge(one, edge).addresses == ()
    assert at_edge(one, edge, namespace("shop", tier="gold")).addresses
    hidden = at_edge(one, edge, unseen=["namespaces"])
    assert hidden.addresses is None
    assert condition(hidden, "Accepted").holds is None


SETS = pytest.mark.parametrize("kind", ["ListenerSet", "XListenerSet"])


@SETS
def test_a_route_at_a_set_of_listeners_is_served_by_its_gateway(kind: str) -> None:
    one = route(parents=at_set(kind), hostnames=["a.example"])
    held = listener_set(
        listener("extra", port=8443, tls={"certificateRefs": [{"name": "own"}, {"name": "spare"}]}),
        kind=kind,
    )
    api = at_edge(one, gateway(spec=TAKES_SETS), held)
    assert (api.parent, api.gateway) == (f"{kind.lower()}:shop/more", EDGE)
    assert urls(api) == [("https", "a.example", 8443)]
    assert [each.certificate for each in api.addresses or ()] == ["shop/own"]
    assert api.secrets == ("shop/spare",)
    refused = at_edge(one, gateway(), held)
    assert (refused.parent, refused.addresses) == (f"{kind.lower()}:shop/more", ())


def test_a_set_is_none_of_another_kind_that_is_called_the_same() -> None:
    edge = gateway(spec=TAKES_SETS)
    assert (
        at_edge(
            route(parents=at_set()), edge, listener_set(listener(), kind="XListenerSet")
        ).addresses
        == ()
    )
    strange = parent("more", "shop", kind="XListenerSet")  # of the group that has none
    api = at_edge(route(parents=[strange]), edge, listener_set(listener(), kind="XListenerSet"))
    assert (api.gateway, api.addresses) == (None, None)


@SETS
def test_what_a_route_is_called_does_not_hang_on_what_else_could_be_read(kind: str) -> None:
    one = route(parents=at_set(kind))
    seen = at_edge(one, gateway(spec=TAKES_SETS), listener_set(listener(), kind=kind))
    hidden = at_edge(one, unseen=[f"{kind.lower()}s", "gateways"])
    assert seen.parent == hidden.parent
    assert hidden.addresses is None
    assert hidden.gateway not in {None, EDGE}


@SETS
def test_a_listener_of_a_set_that_is_broken_is_said_for_what_is_attached_to_it(kind: str) -> None:
    status = {
        "listeners": [
            {"name": "web", "conditions": said(Programmed="False")},
            {"name": "other", "conditions": said(Programmed="False")},
        ]
    }
    one = route(parents=at_set(kind))
    held = listener_set(listener(), kind=kind, status=status)
    api = at_edge(one, gateway(spec=TAKES_SETS), held)
    assert condition(api, "Programmed").holds is False
    assert f"listener web of {kind} shop/more" in (condition(api, "Programmed").reason or "")
    own = at_edge(route(), gateway(spec=TAKES_SETS), held)
    assert "Programmed" not in conditions(own)


@pytest.mark.parametrize(("status", "holds"), [("False", False), ("Unknown", None)])
def test_a_set_that_is_not_served_is_said_for_what_is_attached_to_it(
    status: str, holds: bool | None
) -> None:
    told = {"conditions": said(Accepted=status)}
    held = listener_set(listener(), status=told)
    edge = gateway(spec=TAKES_SETS)
    alone = at_edge(route(parents=at_set()), edge, held)
    assert condition(alone, "Programmed").holds is holds
    assert "ListenerSet shop/more: Accepted:" in (condition(alone, "Programmed").reason or "")
    assert "Programmed" not in conditions(at_edge(route(), edge, held))


def test_a_route_of_a_mesh_is_reached_in_the_cluster_alone() -> None:
    to_service = {"group": "", "kind": "Service", "name": "orders"}
    one = route(parents=[to_service | {"port": 80}, to_service | {"port": 81}])
    api = at_edge(one, service())
    assert (api.parent, api.gateway) == ("service:shop/orders", "mesh")
    assert urls(api) == [("http", "orders.shop.svc", 80), ("http", "orders.shop.svc", 81)]
    assert api.reached.exposure == Exposure.CLUSTER


def test_a_stream_of_a_mesh_is_no_http() -> None:
    to_service = {"group": "", "kind": "Service", "name": "orders", "port": 5432}
    api = at_edge(route(parents=[to_service], kind="TCPRoute"))
    assert urls(api) == [("tcp", "orders.shop.svc", 5432)]


def test_a_parent_that_only_its_controller_knows_leaves_open_where_it_is_reached() -> None:
    api = at_edge(route(parents=[{"group": "example.com", "kind": "Router", "name": "r"}]))
    assert (api.parent, api.gateway, api.addresses) == ("router:shop/r", None, None)
    assert condition(api, "Accepted").holds is None


def test_a_route_without_parents_is_attached_to_nothing() -> None:
    api = at_edge(route(parents=[]))
    assert (api.parent, api.gateway, api.addresses) == (None, None, ())
    assert condition(api, "Accepted").holds is False


STREAMS = {
    "GRPCRoute": ("HTTPS", "https", Style.GRPC),
    "TLSRoute": ("TLS", "tls", Style.TCP),
    "TCPRoute": ("TCP", "tcp", Style.TCP),
    "UDPRoute": ("UDP", "udp", Style.TCP),
}


@pytest.mark.parametrize("kind", STREAMS)
def test_routes_of_every_kind_are_apis(kind: str) -> None:
    protocol, scheme, style = STREAMS[kind]
    rules = [{"backendRefs": [backend()]}]
    one = route("r", *rules, kind=kind)
    api = at_edge(one, gateway(listener(protocol=protocol, port=7)))
    assert (api.style, [each[0] for each in urls(api)]) == (style, [scheme])
    assert [each.targets[0].name for each in api.rules or ()] == ["orders"]


def test_a_protocol_of_somebody_s_own_is_spoken_by_its_name() -> None:
    kinds = ALL | {"kinds": [{"kind": "HTTPRoute"}]}
    api = at_edge(route(), gateway(listener(protocol="example.com/MQTT", allowedRoutes=kinds)))
    assert [scheme for scheme, *_ in urls(api)] == ["mqtt"]
