"""What several objects make together: rules, policies and backends that others hold, and what cannot be seen."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.collectors.kubernetes.table.finding import MAX_DEPTH
from apiscape.collectors.kubernetes.world import Subject
from apiscape.model.vocabulary import Requirement, Switch
from tests.collectors.kubernetes.table.room import Json, Room, rules

PROXY = "projectcontour.io/v1"
TRAEFIK = "traefik.io/v1alpha1"
NGINX = "k8s.nginx.org/v1"


def thing(version: str, kind: str, name: str, spec: Json, **metadata: Any) -> Json:
    head = {"name": name, "namespace": "shop"} | metadata
    return {"apiVersion": version, "kind": kind, "metadata": head, "spec": spec}


def proxy(name: str, *, host: str = "", includes: list[Json] | None = None, **spec: Any) -> Json:
    virtual = {"virtualhost": {"fqdn": host} | spec.pop("virtual", {})} if host else {}
    return thing(PROXY, "HTTPProxy", name, virtual | {"includes": includes or []} | spec)


def ingress(name: str, *rules: Json, **spec: Any) -> Json:
    return thing(TRAEFIK, "IngressRoute", name, {"routes": list(rules)} | spec)


def rule(match: str, service: str | None = "web", **more: Any) -> Json:
    services = {"services": [{"name": service, "port": 80}]} if service else {}
    return {"match": match} | services | more


def middleware(name: str, spec: Json) -> Json:
    return thing(TRAEFIK, "Middleware", name, spec)


def only(room: Room, name: str) -> Exposed:
    (found,) = room.exposed()[name]
    assert isinstance(found, Exposed)
    return found


def paths(exposed: Exposed) -> list[str]:
    return [match.path for each in exposed.rules or () for match in each.matches]


# Includes.


def test_a_fragment_is_no_api_of_its_own() -> None:
    assert Room([proxy("part", routes=[{"services": [{"name": "a", "port": 1}]}])]).exposed() == {}


def test_includes_are_followed_however_deep_and_their_prefixes_joined() -> None:
    room = Room(
        [
            proxy(
                "root", host="a", includes=[{"name": "one", "conditions": [{"prefix": "/one/"}]}]
            ),
            proxy("one", includes=[{"name": "two", "conditions": [{"prefix": "/two"}]}]),
            proxy(
                "two",
                routes=[
                    {"conditions": [{"prefix": "/x"}]},
                    {"conditions": [{"regex": "/y.*"}]},
                    {},
                ],
            ),
        ]
    )
    assert paths(only(room, "HTTPProxy shop/root")) == ["/one/two/x", "/one/two/y.*", "/one/two"]


@pytest.mark.parametrize(("own", "told"), [(16, False), (17, True)])
def test_more_cases_of_a_rule_than_are_read_are_told(own: int, told: bool) -> None:
    def under(prefix: str, count: int) -> str:
        return " || ".join(f"PathPrefix(`/{prefix}{at}`)" for at in range(count))

    room = Room(
        [
            ingress("parent", rule(under("a", 16), None)),
            ingress("r", rule(under("b", own)), parentRefs=[{"name": "parent"}]),
        ]
    )
    exposed = only(room, "IngressRoute shop/r")
    assert ("only the first 256 cases of a rule are read" in exposed.incomplete) == told
    assert len(exposed.rules or ()) == 1


def test_an_include_in_a_circle_ends_and_is_told() -> None:
    room = Room(
        [
            proxy("root", host="a", includes=[{"name": "one"}], routes=[{}]),
            proxy("one", includes=[{"name": "one"}, {"name": "root"}], routes=[{}]),
        ]
    )
    exposed = only(room, "HTTPProxy shop/root")
    assert len(rules(exposed)) == 2
    assert exposed.incomplete == (
        "HTTPProxy shop/one includes itself",
        "HTTPProxy shop/root includes itself",
    )
    assert {each.security.requirement for each in rules(exposed)} == {Requirement.UNKNOWN}


def test_an_include_that_is_too_deep_is_told() -> None:
    deep = [proxy(f"p{at}", includes=[{"name": f"p{at + 1}"}]) for at in range(MAX_DEPTH + 2)]
    exposed = only(
        Room([proxy("root", host="a", includes=[{"name": "p0"}]), *deep]), "HTTPProxy shop/root"
    )
    assert exposed.incomplete == (
        f"HTTPProxy shop/p{MAX_DEPTH} is included deeper than {MAX_DEPTH}",
    )


def test_many_includes_of_each_other_end() -> None:
    names = [f"p{at}" for at in range(9)]
    every = [{"name": name} for name in names]
    parts = [proxy(name, includes=every, routes=[{}]) for name in names]
    exposed = only(Room([proxy("root", host="a", includes=every), *parts]), "HTTPProxy shop/root")
    assert len(rules(exposed)) == 2_000
    assert "only the first 2,000 rules are read" in exposed.incomplete


def test_what_is_included_and_not_there_is_a_fault_what_is_not_seen_is_not() -> None:
    root = proxy("root", host="a", includes=[{"name": "gone"}], routes=[{}])
    exposed = only(Room([root]), "HTTPProxy shop/root")
    (fault,) = [each for each in exposed.conditions if each.name == "ResolvedRefs"]
    assert (fault.holds, fault.reason) == (False, "HTTPProxy shop/gone is not there")
    unseen = only(Room([root], unseen=["httpproxies.projectcontour.io"]), "HTTPProxy shop/root")
    assert [each.name for each in unseen.conditions] == ["Valid"]
    assert unseen.incomplete == ("HTTPProxy shop/gone could not be looked at",)


def test_rules_of_a_route_that_only_includes_what_is_not_seen_are_unknown() -> None:
    root = proxy("root", host="a", includes=[{"name": "gone"}])
    assert (
        only(Room([root], unseen=["httpproxies.projectcontour.io"]), "HTTPProxy shop/root").rules
        is None
    )
    assert only(Room([proxy("root", host="a")]), "HTTPProxy shop/root").rules == ()


def test_an_include_by_labels_takes_those_with_all_of_them() -> None:
    def table(name: str, namespace: str = "shop", **labels: str) -> Json:
        spec = {"routes": [{"matchers": [{"prefix": f"/{name}"}]}]}
        return thing(
            "gateway.solo.io/v1", "RouteTable", name, spec, labels=labels, namespace=namespace
        )

    route = {
        "matchers": [{"prefix": "/"}],
        "delegateAction": {"selector": {"labels": {"a": "1", "b": "2"}}},
    }
    spec = {"virtualHost": {"domains": ["a"], "routes": [route]}}
    room = Room(
        [
            thing("gateway.solo.io/v1", "VirtualService", "v", spec),
            table("both", a="1", b="2", c="3"),
            table("one", a="1"),
            table("other", a="1", b="3"),
            table("away", "elsewhere", a="1", b="2"),
        ]
    )
    assert paths(only(room, "VirtualService shop/v")) == ["/both"]


# Parents.


def test_a_route_behind_another_has_its_hosts_middlewares_and_rules_before_its_own() -> None:
    room = Room(
        [
            ingress(
                "outer",
                rule("Host(`a.example`) && PathPrefix(`/a`)", None, middlewares=[{"name": "auth"}]),
                tls={},
            ),
            ingress(
                "inner",
                rule("PathPrefix(`/a/b`)"),
                rule("Method(`GET`)"),
                parentRefs=[{"name": "outer"}],
            ),
            middleware("auth", {"basicAuth": {"secret": "s"}}),
        ]
    )
    exposed = only(room, "IngressRoute shop/inner")
    assert set(room.exposed()) == {"IngressRoute shop/inner"}
    assert [(each.host, each.scheme) for each in exposed.addresses or ()] == [
        ("a.example", "https")
    ]
    matches = [each for one in rules(exposed) for each in one.matches]
    assert [(each.path, each.method) for each in matches] == [
        ("/a/b", "ANY"),
        ("/a", "GET"),
    ]
    assert {each.security.requirement for each in rules(exposed)} == {Requirement.REQUIRED}


def test_parents_in_a_circle_end() -> None:
    room = Room(
        [
            ingress("one", rule("Host(`a`)"), parentRefs=[{"name": "two"}]),
            ingress("two", rule("Host(`b`)"), parentRefs=[{"name": "one"}]),
        ]
    )
    exposed = only(room, "IngressRoute shop/one")
    assert any("is behind more than" in each for each in exposed.incomplete)


# Policies.


@pytest.mark.parametrize(("count", "told"), [(200, False), (201, True)])
def test_more_policies_of_a_rule_than_are_read_are_told(count: int, told: bool) -> None:
    names = [{"name": f"m{at}"} for at in range(count)]
    many = [middleware(each["name"], {"headers": {}}) for each in names]
    exposed = only(
        Room([ingress("r", rule("Host(`a`)", middlewares=names)), *many]), "IngressRoute shop/r"
    )
    assert ("only the first 200 policies are read" in exposed.incomplete) == told


def test_a_chain_of_middlewares_in_a_circle_ends_and_is_told() -> None:
    room = Room(
        [
            ingress("r", rule("Host(`a`)", middlewares=[{"name": "one"}])),
            middleware("one", {"chain": {"middlewares": [{"name": "two"}]}}),
            middleware(
                "two", {"digestAuth": {"secret": "s"}, "chain": {"middlewares": [{"name": "one"}]}}
            ),
        ]
    )
    exposed = only(room, "IngressRoute shop/r")
    assert [each.kind for each in rules(exposed)[0].security.schemes] == ["basic"]
    assert "Middleware shop/one refers to itself" in exposed.incomplete


def virtual_server(*routes: Json, **spec: Any) -> Json:
    return thing(NGINX, "VirtualServer", "v", {"host": "a", "routes": list(routes)} | spec)


def test_a_policy_of_a_route_stands_in_place_of_one_of_its_kind() -> None:
    def policy(name: str, **spec: Any) -> Json:
        return thing(NGINX, "Policy", name, spec)

    room = Room(
        [
            virtual_server(
                {"path": "/own", "policies": [{"name": "other"}]},
                {"path": "/"},
                policies=[{"name": "wide"}, {"name": "keys"}],
            ),
            policy("wide", jwt={"realm": "wide"}),
            policy("other", jwt={"realm": "other"}),
            policy("keys", apiKey={"suppliedIn": {"query": ["k"]}}),
        ]
    )
    own, rest = rules(only(room, "VirtualServer shop/v"))
    assert [each.native_id for each in own.security.schemes] == [
        "Policy shop/keys",
        "Policy shop/other",
    ]
    assert [each.native_id for each in rest.security.schemes] == [
        "Policy shop/wide",
        "Policy shop/keys",
    ]
    assert own.security.schemes[0].location == "query:k"


def test_nothing_is_said_to_be_open_while_a_policy_of_it_is_not_known() -> None:
    server = virtual_server({"path": "/shut", "policies": [{"name": "p"}]}, {"path": "/open"})
    seen = rules(only(Room([server]), "VirtualServer shop/v"))
    assert [each.security.requirement for each in seen] == [Requirement.UNKNOWN, Requirement.NONE]
    assert "Policy shop/p is not there" in (seen[0].security.evidence or "")
    unseen = only(Room([server], unseen=["policies.k8s.nginx.org"]), "VirtualServer shop/v")
    assert "Policy shop/p could not be looked at" in (rules(unseen)[0].security.evidence or "")
    assert unseen.rate_limit == Switch.UNKNOWN


def test_a_snippet_makes_what_is_open_unknown() -> None:
    server = virtual_server({"path": "/"}, **{"server-snippets": "auth_basic on;"})
    exposed = only(Room([server]), "VirtualServer shop/v")
    assert rules(exposed)[0].security.requirement == Requirement.UNKNOWN
    assert exposed.cors == Switch.UNKNOWN
    assert exposed.incomplete == ("server-snippets may change what is served",)


@pytest.mark.parametrize(
    ("limited", "word"), [(0, Switch.DISABLED), (1, Switch.PARTIAL), (2, Switch.ENABLED)]
)
def test_a_protection_is_on_where_every_rule_has_it(limited: int, word: str) -> None:
    routes = [
        {"path": f"/{at}", "policies": [{"name": "limit"}] if at < limited else []}
        for at in range(2)
    ]
    limit = thing(NGINX, "Policy", "limit", {"rateLimit": {"rate": "1r/s"}})
    assert only(Room([virtual_server(*routes), limit]), "VirtualServer shop/v").rate_limit == word


@pytest.mark.parametrize(
    ("verify", "requirement"), [("on", "required"), ("optional", "optional"), ("off", "none")]
)
def test_certificates_of_callers_are_asked_for_as_the_policy_says(
    verify: str, requirement: str
) -> None:
    policy = thing(
        NGINX, "Policy", "p", {"ingressMTLS": {"clientCertSecret": "ca", "verifyClient": verify}}
    )
    room = Room([virtual_server({"path": "/"}, policies=[{"name": "p"}]), policy])
    assert rules(only(room, "VirtualServer shop/v"))[0].security.requirement == requirement


@pytest.mark.parametrize(
    ("virtual", "route", "kinds"),
    [
        ({}, {}, ["custom"]),
        ({}, {"authPolicy": {"disabled": True}}, []),
        ({"authPolicy": {"disabled": True}}, {}, []),
        ({"authPolicy": {"disabled": True}}, {"authPolicy": {"disabled": False}}, ["custom"]),
    ],
)
def test_external_authorisation_is_switched_per_route(
    virtual: Json, route: Json, kinds: list[str]
) -> None:
    authorization = {"extensionRef": {"name": "ext"}} | virtual
    room = Room([proxy("p", host="a", virtual={"authorization": authorization}, routes=[route])])
    security = rules(only(room, "HTTPProxy shop/p"))[0].security
    assert [each.kind for each in security.schemes] == kinds
    assert security.requirement == (Requirement.REQUIRED if kinds else Requirement.NONE)


def test_a_plugin_that_is_switched_off_asks_nothing() -> None:
    body = {"plugin": "key-auth", "disabled": True}
    room = Room([thing("configuration.konghq.com/v1", "KongPlugin", "p", {}) | body])
    told = room.family.named("configuration.konghq.com", "KongPlugin", "shop", "p", room.look())
    assert told is not None
    assert told.security.requirement == Requirement.UNKNOWN


# Backends.


def test_backends_in_a_circle_end_and_are_told() -> None:
    def shared(name: str, other: str) -> Json:
        weighted = {
            "services": [{"name": other, "kind": "TraefikService"}, {"name": "web", "port": 80}]
        }
        return thing(TRAEFIK, "TraefikService", name, {"weighted": weighted})

    route = rule("Host(`a`)", None, services=[{"name": "one", "kind": "TraefikService"}])
    exposed = only(
        Room([ingress("r", route), shared("one", "two"), shared("two", "one")]),
        "IngressRoute shop/r",
    )
    assert [each.name for each in rules(exposed)[0].targets] == ["web"]
    assert exposed.incomplete == ("TraefikService shop/one sends to itself",)


def test_nothing_is_sent_to_what_stands_behind_a_share_of_zero() -> None:
    services = [
        {"name": "off", "kind": "TraefikService", "weight": 0},
        {"name": "gone", "kind": "TraefikService"},
    ]
    mirroring = {"mirroring": {"name": "web", "port": 80, "mirrors": [{"name": "copy"}]}}
    room = Room(
        [
            ingress("r", rule("Host(`a`)", None, services=services)),
            thing(TRAEFIK, "TraefikService", "off", mirroring),
        ]
    )
    exposed = only(room, "IngressRoute shop/r")
    assert [(each.kind, each.name, each.weight) for each in rules(exposed)[0].targets] == [
        ("service", "web", 0),
        ("traefikservice", "gone", 1),
    ]
    assert [each.reason for each in exposed.conditions] == ["TraefikService shop/gone is not there"]


def test_an_upstream_that_a_rule_names_and_there_is_not_is_a_fault() -> None:
    exposed = only(
        Room([virtual_server({"path": "/", "action": {"pass": "nothing"}})]), "VirtualServer shop/v"
    )
    assert exposed.conditions[-1].reason == "upstream nothing of VirtualServer shop/v is not there"


# What changes.


def test_whoever_looked_at_what_changes_is_asked_again() -> None:
    room = Room(
        [
            ingress("r", rule("Host(`a`)", middlewares=[{"name": "one"}])),
            ingress("s", rule("Host(`b`)")),
        ]
    )
    for resource, each in room.put:
        look = room.world.look(Subject(resource.name, each.key))
        list(room.family.expose(resource, each, look))
        look.done()
    room.world.stale.clear()
    room.add(middleware("one", {"basicAuth": {"secret": "s"}}))
    assert [each.key for each in room.world.stale] == ["shop/r"]


def test_a_policy_of_a_kind_that_is_not_known_may_ask_anything() -> None:
    policy = thing(NGINX, "Policy", "p", {"retinaScan": {"eye": "left"}})
    for server in (
        virtual_server({"path": "/"}, policies=[{"name": "p"}]),
        virtual_server({"path": "/", "policies": [{"name": "p"}]}),
    ):
        exposed = only(Room([server, policy]), "VirtualServer shop/v")
        assert rules(exposed)[0].security.requirement == Requirement.UNKNOWN
        assert exposed.incomplete == ("Policy shop/p: what retinaScan asks is not known",)


@pytest.mark.parametrize(
    ("state", "requirement"),
    [
        ("Valid", Requirement.REQUIRED),
        (None, Requirement.REQUIRED),
        ("Invalid", Requirement.UNKNOWN),
    ],
)
def test_a_policy_that_its_controller_does_not_carry_out_asks_nothing_to_rely_on(
    state: str | None, requirement: str
) -> None:
    policy = thing(NGINX, "Policy", "p", {"jwt": {"realm": "r"}, "rateLimit": {"rate": "1r/s"}})
    policy |= {"status": {"state": state, "message": "no such secret"}} if state else {}
    room = Room([virtual_server({"path": "/"}, policies=[{"name": "p"}]), policy])
    exposed = only(room, "VirtualServer shop/v")
    assert rules(exposed)[0].security.requirement == requirement
    if requirement == Requirement.UNKNOWN:
        assert exposed.incomplete == ("Policy shop/p is not in force: Invalid: no such secret",)
        assert exposed.rate_limit == Switch.UNKNOWN


def test_a_plugin_that_is_not_carried_out_says_so_to_whoever_names_it() -> None:
    status = {"conditions": [{"type": "Programmed", "status": "False", "reason": "Invalid"}]}
    body = {"plugin": "key-auth", "status": status}
    room = Room([thing("configuration.konghq.com/v1", "KongPlugin", "p", {}) | body])
    told = room.family.named("configuration.konghq.com", "KongPlugin", "shop", "p", room.look())
    assert told is not None
    assert told.security.requirement == Requirement.UNKNOWN
    assert [(each.name, each.holds) for each in told.conditions] == [("Programmed", False)]
