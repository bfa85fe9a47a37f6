"""Hosts, paths and addresses of Ingresses, whichever controller serves them."""

from __future__ import annotations

import pytest

from apiscape.model.values import UNKNOWN
from tests.collectors.kubernetes.ingress.room import (
    Json,
    condition,
    expose,
    ingress,
    named,
    one,
    only,
    path,
    rule,
    service,
    urls,
)

TLS = [{"hosts": ["shop.example"], "secretName": "cert"}]


def matches(thing: Json, *around: Json) -> list[tuple[str, str, str]]:
    found = one(thing, *around)
    return [(m.method, m.path, m.path_type) for each in found.rules or () for m in each.matches]


def test_each_host_is_one_api() -> None:
    found = expose(
        ingress(
            "own",
            rule("A.example", path("/a", "one")),
            rule("b.example", path("/b", "two")),
            rule("a.example", path("/c", "three")),
        )
    )
    assert [each.host for each in found] == ["a.example", "b.example"]
    told = [
        [(rule_.matches[0].path, rule_.targets[0].name) for rule_ in each.rules or ()]
        for each in found
    ]
    assert told == [[("/a", "one"), ("/c", "three")], [("/b", "two")]]
    assert {each.metadata.name for each in found} == {"api"}


def test_a_rule_without_a_host_stands_for_any() -> None:
    found = one(ingress("own", rule(None)))
    assert (found.host, urls(found)) == ("*", ["http://"])


def test_a_default_backend_answers_for_every_other_host_and_where_a_host_has_no_paths() -> None:
    backend = {"service": {"name": "rest", "port": {"name": "web"}}}
    found = expose(ingress("own", rule("a.example"), {"host": "b.example"}, defaultBackend=backend))
    assert [each.host for each in found] == ["a.example", "b.example", "*"]
    targets = [[each.targets[0].name for each in api.rules or ()] for api in found]
    assert targets == [["web"], ["rest"], ["rest"]]
    alone = one(ingress("own", {}, defaultBackend=backend))
    assert alone.host == "*"
    assert [target.port for each in alone.rules or () for target in each.targets] == ["web"]


def test_null_lists_and_an_empty_ingress_expose_nothing() -> None:
    empty = named("Ingress", "api", spec={"rules": None, "tls": None}, status={"loadBalancer": {}})
    assert expose(empty) == []
    bare = named("Ingress", "api", spec={"rules": [{"host": "a.example", "http": {"paths": None}}]})
    assert one(bare).rules == ()


def test_a_backend_may_be_an_object_or_nothing() -> None:
    stands = {"resource": {"apiGroup": "k8s.example", "kind": "StorageBucket", "name": "b"}}
    paths = [{"path": "/b", "backend": stands}, {"backend": {}}]
    found = one(ingress("own", {"host": "a.example", "http": {"paths": paths}}))
    targets = [[(t.kind, t.name) for t in each.targets] for each in found.rules or ()]
    assert targets == [[("storagebucket", "b")], []]


@pytest.mark.parametrize(
    ("cls", "kind", "said", "told"),
    [
        ("nginx", "Exact", {}, "exact"),
        ("nginx", "Prefix", {}, "prefix"),
        ("nginx", "ImplementationSpecific", {}, "prefix"),
        ("nginx", "Exact", {"nginx.ingress.kubernetes.io/use-regex": "true"}, "regex"),
        ("nginx", "Prefix", {"nginx.ingress.kubernetes.io/rewrite-target": "/$1"}, "regex"),
        ("alb", "ImplementationSpecific", {}, "own"),
        ("own", "ImplementationSpecific", {}, "own"),
        ("own", "NewerThanThis", {}, "own"),
        ("f5", "Prefix", {"nginx.org/path-regex": "case_insensitive"}, "regex"),
        ("f5", "Prefix", {"nginx.org/path-regex": "exact"}, "prefix"),
        ("kong", "Prefix", {}, "prefix"),
        ("apisix", "ImplementationSpecific", {"k8s.apisix.apache.org/use-regex": "true"}, "regex"),
        ("cilium", "ImplementationSpecific", {}, "regex"),
    ],
)
def test_how_paths_are_compared(cls: str, kind: str, said: Json, told: str) -> None:
    assert matches(ingress(cls, rule("a.example", path("/x", kind=kind)), said=said)) == [
        ("ANY", "/x", told)
    ]


def test_a_path_of_kong_may_be_a_regular_expression() -> None:
    thing = ingress("kong", rule("a.example", path("/~/x/\\d+$", kind="ImplementationSpecific")))
    assert matches(thing) == [("ANY", "/x/\\d+$", "regex")]


@pytest.mark.parametrize(
    ("cls", "said", "methods"),
    [
        ("kong", {"konghq.com/methods": "get, POST,get"}, ["GET", "POST"]),
        ("apisix", {"k8s.apisix.apache.org/http-allow-methods": "GET"}, ["GET"]),
        (
            "apisix",
            {"k8s.apisix.apache.org/http-block-methods": "DELETE,TRACE,CONNECT,OPTIONS,HEAD"},
            ["GET", "POST", "PUT", "PATCH"],
        ),
        ("nginx", {"konghq.com/methods": "GET"}, ["ANY"]),
    ],
)
def test_methods_that_alone_are_taken(cls: str, said: Json, methods: list[str]) -> None:
    assert [method for method, _, _ in matches(ingress(cls, said=said))] == methods


@pytest.mark.parametrize(
    ("cls", "said"),
    [
        ("nginx", {"nginx.ingress.kubernetes.io/server-alias": "More.example, other.example"}),
        ("kong", {"konghq.com/host-aliases": "more.example,other.example"}),
        ("agic", {"appgw.ingress.kubernetes.io/hostname-extension": "more.example, other.example"}),
        (
            "haproxy-ingress",
            {"haproxy-ingress.github.io/server-alias": "more.example,other.example"},
        ),
    ],
)
def test_annotations_name_more_hosts_with_the_same_paths(cls: str, said: Json) -> None:
    found = expose(ingress(cls, rule("shop.example", path("/x")), said=said))
    assert [each.host for each in found] == ["shop.example", "more.example", "other.example"]
    assert len({each.rules for each in found}) == 1


def test_more_hosts_of_an_ingress_for_any_host_add_nothing() -> None:
    said = {"nginx.ingress.kubernetes.io/server-alias": "more.example"}
    assert [each.host for each in expose(ingress("nginx", rule(None), said=said))] == ["*"]


@pytest.mark.parametrize(
    ("host", "tls", "certificate"),
    [
        ("shop.example", [{"hosts": ["SHOP.example"], "secretName": "cert"}], "shop/cert"),
        ("a.shop.example", [{"hosts": ["*.shop.example"], "secretName": "cert"}], "shop/cert"),
        ("*.shop.example", [{"hosts": ["*.shop.example"], "secretName": "cert"}], "shop/cert"),
        ("shop.example", [{"secretName": "cert"}], "shop/cert"),
        ("shop.example", [{"hosts": ["shop.example"]}], None),
        (
            "shop.example",
            [{"secretName": "any"}, {"hosts": ["shop.example"], "secretName": "own"}],
            "shop/own",
        ),
    ],
)
def test_tls_is_ended_for_the_hosts_that_are_named(
    host: str, tls: list[Json], certificate: str | None
) -> None:
    found = one(ingress("own", rule(host), tls=tls))
    assert urls(found) == [f"https://{host}", f"http://{host}"]
    assert [each.certificate for each in found.addresses or ()] == [certificate, None]


@pytest.mark.parametrize("host", ["other.example", "a.b.shop.example", "shop.example"])
def test_tls_of_other_hosts_is_none_of_this_one(host: str) -> None:
    tls = [{"hosts": ["*.shop.example", "elsewhere.example"], "secretName": "cert"}]
    assert urls(one(ingress("own", rule(host), tls=tls))) == [f"http://{host}"]


BOTH = ["https://shop.example", "http://shop.example"]
SECURE = ["https://shop.example"]


@pytest.mark.parametrize(
    ("cls", "said", "addresses"),
    [
        ("nginx", {}, SECURE),
        ("nginx", {"nginx.ingress.kubernetes.io/ssl-redirect": "false"}, BOTH),
        (
            "nginx",
            {
                "nginx.ingress.kubernetes.io/ssl-redirect": "false",
                "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
            },
            SECURE,
        ),
        ("f5", {}, SECURE),
        ("f5", {"nginx.org/ssl-redirect": "false"}, BOTH),
        ("kong", {}, BOTH),
        ("kong", {"konghq.com/protocols": "https"}, SECURE),
        ("kong", {"konghq.com/protocols": "http,https"}, BOTH),
        ("traefik", {}, BOTH),
        ("apisix", {"k8s.apisix.apache.org/http-to-https": "true"}, SECURE),
        ("contour", {"ingress.kubernetes.io/force-ssl-redirect": "true"}, SECURE),
        ("agic", {"appgw.ingress.kubernetes.io/ssl-redirect": "true"}, SECURE),
        ("openshift", {}, SECURE),
        ("haproxy", {}, BOTH),
        ("haproxy", {"haproxy.org/ssl-redirect": "true"}, SECURE),
        ("cilium", {"ingress.cilium.io/force-https": "enabled"}, SECURE),
        ("own", {"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}, BOTH),
    ],
)
def test_plain_requests_that_are_sent_to_https_are_no_address(
    cls: str, said: Json, addresses: list[str]
) -> None:
    found = one(ingress(cls, said=said, tls=TLS))
    assert urls(found) == addresses
    assert ("apiscape.io/plain-http" in found.links) == (addresses == SECURE)


def test_why_plain_requests_are_no_address_is_said() -> None:
    found = one(ingress("nginx", tls=TLS))
    assert found.links["apiscape.io/plain-http"] == "sent to https: the default of ingress-nginx"
    said = {"nginx.ingress.kubernetes.io/force-ssl-redirect": "true"}
    forced = one(ingress("nginx", said=said))
    assert urls(forced) == SECURE
    assert forced.links["apiscape.io/plain-http"] == (
        "sent to https: nginx.ingress.kubernetes.io/force-ssl-redirect is true"
    )


def test_tls_that_is_passed_on_is_not_looked_into() -> None:
    said = {
        "nginx.ingress.kubernetes.io/ssl-passthrough": "true",
        "nginx.ingress.kubernetes.io/auth-type": "basic",
    }
    found = one(ingress("nginx", rule("shop.example", path("/a"), path("/b", "two")), said=said))
    assert urls(found) == SECURE
    assert [(m.path, m.path_type) for each in found.rules or () for m in each.matches] == [
        ("/", "prefix")
    ]
    told = only(found)
    assert (told.security.requirement, told.security.schemes) == ("unknown", ())
    assert "TLS is not ended here" in (told.security.evidence or "")


def test_an_ingress_is_served_once_it_has_an_address() -> None:
    assert condition(one(ingress("own")), "Programmed") == (True, "has an address")
    pending = one(ingress("own", address=None))
    assert condition(pending, "Programmed") == (None, "pending: no address yet")
    ill = ingress("own")
    ill["status"]["loadBalancer"]["ingress"][0]["ports"] = [{"port": 80, "error": "NoPort"}]
    assert condition(one(ill), "Programmed") == (False, "NoPort")


def test_from_where_it_is_reached_follows_from_its_addresses() -> None:
    assert one(ingress("own")).reached.exposure == "internet"
    private = one(ingress("own", address="10.0.0.1")).reached
    assert (private.exposure, private.addresses) == ("private", ("10.0.0.1",))
    assert one(ingress("own", address=None)).reached.exposure == "unknown"
    said = {"appgw.ingress.kubernetes.io/use-private-ip": "true"}
    assert one(ingress("agic", said=said, address=None)).reached.exposure == "private"


def test_what_the_controllers_own_service_was_asked_to_be_holds_for_its_address() -> None:
    name = "a1.elb.eu-west-1.amazonaws.com"
    thing = ingress("nginx", address=None)
    thing["status"] = {"loadBalancer": {"ingress": [{"hostname": name}]}}
    scheme = "service.beta.kubernetes.io/aws-load-balancer-scheme"
    controller = service("controller", "infra", said={scheme: "internal"}, type="LoadBalancer")
    controller["status"] = thing["status"]
    found = one(thing, controller).reached
    assert found.exposure == "private"
    assert found.evidence == (
        f"{scheme} is internal; the name {name} does not say from where; "
        "Service infra/controller has the same address"
    )
    assert (
        one(thing, service("other", "infra", said={scheme: "internal"})).reached.exposure
        == "unknown"
    )
    assert one(thing).reached.exposure == "unknown"
    controller["metadata"]["annotations"] = {}
    assert one(thing, controller).reached.exposure == "unknown"


def test_ports_and_versions_of_tls_that_annotations_name() -> None:
    said = {"nginx.org/listen-ports": "8080, x, 999999", "nginx.org/listen-ports-ssl": "8443,9443"}
    both = said | {"nginx.org/ssl-redirect": "false"}
    assert urls(one(ingress("f5", said=both, tls=TLS))) == [
        "https://shop.example:8443",
        "https://shop.example:9443",
        "http://shop.example:8080",
    ]
    for version, told in (("1.2", "TLS_1_2"), ("1.9", UNKNOWN)):
        least = {"projectcontour.io/tls-minimum-protocol-version": version}
        found = one(ingress("contour", said=least, tls=TLS))
        assert next(each.tls_min for each in found.addresses or ()) == told


@pytest.mark.parametrize(
    ("cls", "key"),
    [
        ("nginx", "nginx.ingress.kubernetes.io/permanent-redirect"),
        ("apisix", "k8s.apisix.apache.org/http-redirect"),
        ("haproxy", "haproxy.org/request-redirect"),
        ("haproxy-ingress", "haproxy-ingress.github.io/redirect-to"),
    ],
)
def test_what_sends_every_request_away_has_no_backend(cls: str, key: str) -> None:
    found = one(ingress(cls, said={key: "https://u:CANARY@new.example/?k=CANARY"}))
    assert [each.targets for each in found.rules or ()] == [()]
    assert found.links["apiscape.io/moved"] == f"{key} is https://new.example/"
    assert "apiscape.io/moved" not in one(ingress(cls, said={key: ""})).links


def test_what_proves_whose_a_host_is_is_no_api() -> None:
    thing = ingress("nginx", rule("shop.example", path("/.well-known/acme-challenge/x")))
    thing["metadata"]["labels"] = {"acme.cert-manager.io/http01-solver": "true"}
    assert expose(thing) == []
