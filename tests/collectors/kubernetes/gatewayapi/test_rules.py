"""Rules of routes: which requests, where they are sent, and what is asked of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.collectors.kubernetes.estate import (
    accepted,
    backend,
    gateway,
    listener,
    route,
    rule,
    thing,
)
from tests.collectors.kubernetes.gatewayapi.room import (
    at_edge,
    the_rule,
)

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


def test_whether_a_backend_may_be_used_is_unknown_where_nobody_could_look_for_grants() -> None:
    def doubted(*others: Any, status: Any = None, of: str = "pay") -> str | None:
        given = {"status": status} if status else {}
        one = route("r", rule("/", backend("cards", namespace=of)), **given)
        told = the_rule(at_edge(one, gateway(), *others, unseen=["referencegrants"]))
        return told.targets[0].doubted

    unseen = "ReferenceGrants could not be read"
    assert doubted() == unseen
    assert doubted(of="shop") is None
    assert doubted(grant()) is None
    assert doubted(status=accepted()) == unseen
    assert doubted(status=accepted(ResolvedRefs="True")) is None
    assert doubted(status=accepted(ResolvedRefs="Unknown")) == unseen
    assert doubted(status=accepted(ResolvedRefs="False")) == unseen


CORS: dict[str, Any] = {"filters": [{"type": "CORS", "cors": {"allowOrigins": ["*"]}}]}


def test_cors_is_on_where_every_rule_answers_other_sites() -> None:
    assert at_edge(route("r", rule("/a", **CORS), rule("/b", **CORS)), gateway()).cors == "enabled"
    assert at_edge(route("r", rule("/a", **CORS), rule("/b")), gateway()).cors == "unknown"
    assert at_edge(route("r", rule("/a")), gateway()).cors == "unknown"


def test_what_is_asked_of_callers_is_unknown_where_no_policy_is_understood() -> None:
    told = the_rule(at_edge(route(), gateway()))
    assert told.security.requirement == "unknown"
