"""Routes of Gateway API: an API for each parent that they name, with what is known of it there."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule
from apiscape.model.vocabulary import Exposure, Style, Switch
from tests.collectors.kubernetes.estate import (
    ALL,
    KINDS,
    accepted,
    backend,
    gateway,
    gateway_class,
    listener,
    namespace,
    parent,
    route,
    rule,
    said,
    service,
    thing,
)
from tests.collectors.kubernetes.worlds import READS, apis, exposed, world_of

EDGE = "infra/edge"
SPACES = (namespace("infra"), namespace("shop"))


def urls(api: Exposed) -> list[tuple[str, str, int | None]]:
    return [(each.scheme, each.host, each.port) for each in api.addresses or ()]


def at_edge(manifest: Any, *others: Any, **given: Any) -> Exposed:
    """Return what a route exposes at the one gateway that it names."""
    world = world_of(*SPACES, gateway_class(), manifest, *others, **given)
    (api,) = apis(world, manifest).values()
    return api


def the_rule(api: Exposed) -> Rule:
    """Return the only rule of an API."""
    assert api.rules is not None
    (told,) = api.rules
    return told


def conditions(api: Exposed) -> dict[str, bool | None]:
    return {each.name: each.holds for each in api.conditions}


def condition(api: Exposed, name: str) -> Condition:
    (found,) = (each for each in api.conditions if each.name == name)
    return found


# ── Where it is attached ─────────────────────────────────────────────────────


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


def listener_set(*listeners: Any, **given: Any) -> Any:
    spec = {"parentRef": parent(), "listeners": list(listeners)}
    return thing("ListenerSet", "more", "shop", spec, **given)


TAKES_SETS = {"allowedListeners": {"namespaces": {"from": "All"}}}
AT_SET = [parent("more", "shop", kind="ListenerSet")]


def test_a_route_at_a_set_of_listeners_is_served_by_its_gateway() -> None:
    one = route(parents=AT_SET, hostnames=["a.example"])
    held = listener_set(
        listener("extra", port=8443, tls={"certificateRefs": [{"name": "own"}, {"name": "spare"}]})
    )
    api = at_edge(one, gateway(spec=TAKES_SETS), held)
    assert (api.parent, api.gateway) == ("listenerset:shop/more", EDGE)
    assert urls(api) == [("https", "a.example", 8443)]
    assert [each.certificate for each in api.addresses or ()] == ["shop/own"]
    assert api.secrets == ("shop/spare",)
    refused = at_edge(one, gateway(), held)
    assert (refused.parent, refused.addresses) == ("listenerset:shop/more", ())


def test_what_a_route_is_called_does_not_hang_on_what_else_could_be_read() -> None:
    one = route(parents=AT_SET)
    seen = at_edge(one, gateway(spec=TAKES_SETS), listener_set(listener()))
    hidden = at_edge(one, unseen=["listenersets", "gateways"])
    assert seen.parent == hidden.parent
    assert hidden.addresses is None
    assert hidden.gateway not in {None, EDGE}


def test_a_listener_of_a_set_that_is_broken_is_said_for_what_is_attached_to_it() -> None:
    status = {
        "listeners": [
            {"name": "web", "conditions": said(Programmed="False")},
            {"name": "other", "conditions": said(Programmed="False")},
        ]
    }
    one = route(parents=AT_SET)
    held = listener_set(listener(), status=status)
    api = at_edge(one, gateway(spec=TAKES_SETS), held)
    assert condition(api, "Programmed").holds is False
    assert "listener web of ListenerSet shop/more" in (condition(api, "Programmed").reason or "")
    own = at_edge(route(), gateway(spec=TAKES_SETS), held)
    assert "Programmed" not in conditions(own)


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


# ── Rules ────────────────────────────────────────────────────────────────────

MATCHES = {
    "nothing": (None, [("ANY", "/", "prefix")]),
    "an exact path": (
        [{"path": {"type": "Exact", "value": "/a"}, "method": "GET"}],
        [("GET", "/a", "exact")],
    ),
    "an expression": (
        [{"path": {"type": "RegularExpression", "value": "/v[12]"}}],
        [("ANY", "/v[12]", "regex")],
    ),
    "a manner of somebody's own": (
        [{"path": {"type": "Glob", "value": "/*"}}],
        [("ANY", "/*", "own")],
    ),
    "a header alone": ([{"headers": [{"name": "x", "value": "secret"}]}], [("ANY", "/", "prefix")]),
}


@pytest.mark.parametrize(("given", "found"), MATCHES.values(), ids=MATCHES.keys())
def test_a_rule_is_for_the_requests_that_it_matches(given: Any, found: Any) -> None:
    api = at_edge(route("r", {"matches": given, "backendRefs": [backend()]}), gateway())
    told = the_rule(api)
    assert [(each.method, each.path, each.path_type) for each in told.matches] == found


CALLS: dict[str, Any] = {
    "nothing": (None, ("/", "prefix")),
    "any": ([{}], ("/", "prefix")),
    "a service": ([{"method": {"service": "shop.Cart"}}], ("/shop.Cart", "prefix")),
    "a method": (
        [{"method": {"service": "shop.Cart", "method": "Add"}}],
        ("/shop.Cart/Add", "exact"),
    ),
    "a method of any": ([{"method": {"method": "Add"}}], ("/[^/]+/Add", "regex")),
    "an expression": (
        [{"method": {"type": "RegularExpression", "service": "shop.*"}}],
        ("/shop.*/[^/]+", "regex"),
    ),
}


@pytest.mark.parametrize(("given", "found"), CALLS.values(), ids=CALLS.keys())
def test_calls_are_posted_to_paths(given: Any, found: Any) -> None:
    one = route("r", {"matches": given, "backendRefs": [backend()]}, kind="GRPCRoute")
    told = the_rule(at_edge(one, gateway()))
    (match,) = told.matches
    assert (match.method, match.path, match.path_type) == ("POST", *found)


def test_a_stream_takes_every_connection() -> None:
    one = route("r", {"backendRefs": [backend()]}, kind="TCPRoute")
    told = the_rule(at_edge(one, gateway(listener(protocol="TCP"))))
    assert [(each.method, each.path) for each in told.matches] == [("CONNECT", "")]


def test_a_rule_sends_on_to_its_backends_by_their_weights() -> None:
    other = {"group": "net.example", "kind": "Import", "name": "far"}
    one = route("r", rule("/", backend(weight=9), backend("canary", weight=0), other))
    told = the_rule(at_edge(one, gateway()))
    assert [
        (each.kind, each.namespace, each.name, each.port, each.weight) for each in told.targets
    ] == [
        ("service", "shop", "orders", "80", 9),
        ("service", "shop", "canary", "80", 0),
        ("import", "shop", "far", None, 1),
    ]


def grant(name: str | None = None) -> Any:
    spec = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "shop"}],
        "to": [{"group": "", "kind": "Service"} | ({} if name is None else {"name": name})],
    }
    return thing("ReferenceGrant", "let-in", "pay", spec)


def test_a_backend_in_another_namespace_needs_a_grant_there() -> None:
    one = route("r", rule("/", backend("cards", namespace="pay")))

    def denied(*others: Any, **given: Any) -> str | None:
        told = the_rule(at_edge(one, gateway(), *others, **given))
        return told.targets[0].denied

    assert denied() == "RefNotPermitted"
    assert denied(grant()) is None
    assert denied(grant("cards")) is None
    assert denied(grant("others")) == "RefNotPermitted"
    assert denied(unseen=["referencegrants"]) is None


CORS: dict[str, Any] = {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]}


def test_cors_is_on_where_every_rule_answers_other_sites() -> None:
    assert at_edge(route("r", rule("/a", **CORS), rule("/b", **CORS)), gateway()).cors == "enabled"
    assert at_edge(route("r", rule("/a", **CORS), rule("/b")), gateway()).cors == "unknown"
    assert at_edge(route("r", rule("/a")), gateway()).cors == "unknown"


def test_what_is_asked_of_callers_is_unknown_where_no_policy_is_understood() -> None:
    told = the_rule(at_edge(route(), gateway()))
    assert told.security.requirement == "unknown"


# ── TLS ──────────────────────────────────────────────────────────────────────


def validated(mode: str = "AllowValidOnly", **given: Any) -> dict[str, Any]:
    frontend = {"default": {"validation": {"mode": mode}}} | given
    return {"tls": {"frontend": frontend}}


PER_PORT = [{"port": 8443, "tls": {"validation": {}}}]
MTLS = {
    "valid certificates alone": (listener(), validated(), Switch.ENABLED),
    "any certificate": (listener(), validated("AllowInsecureFallback"), Switch.DISABLED),
    "none": (listener(), {}, Switch.UNKNOWN),
    "no validation": (listener(), {"tls": {"frontend": {"default": {}}}}, Switch.UNKNOWN),
    "another port": (listener(), {"tls": {"frontend": {"perPort": PER_PORT}}}, Switch.UNKNOWN),
    "its port": (
        listener(port=8443),
        {"tls": {"frontend": {"perPort": PER_PORT}}},
        Switch.ENABLED,
    ),
    "plain": (listener(protocol="HTTP"), validated(), Switch.DISABLED),
}


@pytest.mark.parametrize(("given", "spec", "switch"), MTLS.values(), ids=MTLS.keys())
def test_callers_show_certificates_where_the_gateway_asks_for_them(
    given: Any, spec: Any, switch: str
) -> None:
    api = at_edge(route(), gateway(given, spec=spec))
    assert (api.mtls, [each.mtls for each in api.addresses or ()]) == (switch, [switch])


def test_certificates_of_a_listener_that_lets_tls_through_are_not_its_own() -> None:
    through = listener(protocol="TLS", tls={"mode": "Passthrough"})
    one = route("r", {"backendRefs": [backend()]}, kind="TLSRoute")
    assert at_edge(one, gateway(through, spec=validated())).mtls == Switch.UNKNOWN


# ── What controllers say ─────────────────────────────────────────────────────


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
        name="Programmed", holds=False, reason="Gateway infra/edge: IsFalse"
    )
    pending = {"conditions": said(Programmed="Unknown")}
    assert "Programmed" not in conditions(at_edge(route(), gateway(status=pending)))


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


# ── Gateways ─────────────────────────────────────────────────────────────────


def test_a_gateway_serves_the_hosts_of_its_listeners_and_of_the_sets_that_it_takes() -> None:
    tls = {"certificateRefs": [{"name": "own"}, {"kind": "ConfigMap", "name": "no"}]}
    edge = gateway(listener(hostname="a.example", tls=tls))
    more = listener_set(listener(hostname="b.example", tls=tls))
    (alone,) = exposed(world_of(*SPACES, edge, more), edge)
    assert (alone.hosts, alone.certificates) == (("a.example",), ("infra/own",))
    edge["spec"] |= TAKES_SETS
    (both,) = exposed(world_of(*SPACES, edge, more), edge)
    assert (both.hosts, both.certificates) == (
        ("a.example", "b.example"),
        ("infra/own", "shop/own"),
    )


def test_a_gateway_of_which_one_listener_takes_any_host_serves_any() -> None:
    for anything in (listener("any"), listener("any", hostname="")):
        edge = gateway(listener(hostname="a.example"), anything)
        (found,) = exposed(world_of(edge), edge)
        assert found.hosts == ()


def test_a_gateway_says_what_its_controller_says() -> None:
    status = {
        "conditions": said(Accepted="True", Programmed="True"),
        "listeners": [{"name": "web", "conditions": said(ResolvedRefs="False")}],
    }
    edge = gateway(status=status)
    (found,) = exposed(world_of(edge), edge)
    assert {each.name: each.holds for each in found.conditions} == {
        "Accepted": True,
        "Programmed": True,
        "ResolvedRefs.web": False,
    }
    for nothing in ({}, {"conditions": None, "listeners": None}):
        edge = gateway(status=nothing)
        (found,) = exposed(world_of(edge), edge)
        (told,) = found.conditions
        assert (told.name, told.holds) == ("Programmed", None)


def test_a_gateway_is_reached_by_what_is_said_to_its_load_balancer() -> None:
    internal = {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"}
    name: dict[str, Any] = {"status": {"addresses": [{"type": "Hostname", "value": "lb.example"}]}}
    for edge, *others in (
        [gateway(spec={"infrastructure": {"annotations": internal}}, **name)],
        [gateway(metadata={"annotations": internal}, **name)],
        [
            gateway(**name),
            service(
                "edge-lb",
                "infra",
                spec={"type": "LoadBalancer"},
                metadata={
                    "annotations": internal,
                    "labels": {"gateway.networking.k8s.io/gateway-name": "edge"},
                },
            ),
        ],
    ):
        (found,) = exposed(world_of(edge, *others), edge)
        assert found.reached.exposure == Exposure.PRIVATE
        assert "internal" in (found.reached.evidence or "")
    (plain,) = exposed(world_of(gateway()), gateway())
    assert plain.reached.exposure == Exposure.INTERNET


def test_every_kind_is_read() -> None:
    assert {each.plural for each in READS.resources} >= KINDS.keys()
