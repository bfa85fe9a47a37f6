"""Routes of virtual services: which requests go where, and what is handed to delegates."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.exposed import Match, Target
from apiscape.collectors.kubernetes.istio.resources import (
    GATEWAYS,
    VIRTUAL_SERVICES,
    full_host,
)
from apiscape.collectors.kubernetes.istio.routing import meet
from apiscape.collectors.kubernetes.istio.targets import service_of
from tests.collectors.kubernetes.istio.meshes import (
    RESOURCES,
    exposed,
    gateway,
    istio,
    one,
    paths,
    server,
    to,
    virtual,
    wrong,
)
from tests.collectors.kubernetes.policies.clusters import Json, decoded, made

CANARY = "canary-91e0"
ROUTE = {"route": [to()]}


def targets(*objects: Json, **given: Any) -> list[tuple[Target, ...]]:
    return [each.targets for each in one(*objects, **given).rules or ()]


# ── Requests ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("match", "told"),
    [
        (None, [("ANY", "/", "prefix")]),
        ([], [("ANY", "/", "prefix")]),
        ([{}], [("ANY", "/", "prefix")]),
        ([{"uri": {"exact": "/a"}}], [("ANY", "/a", "exact")]),
        ([{"uri": {"prefix": "/a"}}], [("ANY", "/a", "own")]),
        ([{"uri": {"prefix": "/a/"}}], [("ANY", "/a/", "prefix")]),
        ([{"uri": {"regex": "/a.*"}}], [("ANY", "/a.*", "regex")]),
        ([{"method": {"exact": "GET"}}], [("GET", "/", "prefix")]),
        (
            [{"method": {"regex": "^(GET|POST)$"}}],
            [("GET", "/", "prefix"), ("POST", "/", "prefix")],
        ),
        ([{"method": {"regex": "G.*"}}], [("ANY", "/", "prefix")]),
        ([{"method": {"prefix": "G"}}], [("ANY", "/", "prefix")]),
        ([{"headers": {"x": {"exact": CANARY}}}], [("ANY", "/", "prefix")]),
        (
            [{"uri": {"exact": "/a"}}, {"uri": {"exact": "/b"}}],
            [("ANY", "/a", "exact"), ("ANY", "/b", "exact")],
        ),
        ([{"gateways": ["edge"], "uri": {"exact": "/a"}}], [("ANY", "/a", "exact")]),
        ([{"gateways": ["other/edge"], "uri": {"exact": "/a"}}], []),
        ([{"port": 80, "uri": {"exact": "/a"}}], [("ANY", "/a", "exact")]),
        ([{"port": 81, "uri": {"exact": "/a"}}], []),
    ],
)
def test_which_requests_a_route_is_for(match: Any, told: list[tuple[str, str, str]]) -> None:
    assert paths(one(virtual(ROUTE | {"match": match}), gateway())) == told


def test_a_route_or_a_match_may_have_a_name() -> None:
    match = [{"name": "read", "uri": {"exact": "/a"}}, {"uri": {"exact": "/b"}}]
    told = one(virtual(ROUTE | {"name": "all", "match": match}), gateway())
    names = [each.operation_id for rule in told.rules or () for each in rule.matches]
    assert names == ["read", "all"]


def test_gateways_see_the_routes_that_are_meant_for_them() -> None:
    inner = ROUTE | {"match": [{"gateways": ["mesh"], "uri": {"exact": "/inner"}}]}
    outer = ROUTE | {"match": [{"gateways": ["edge"], "uri": {"exact": "/outer"}}]}
    service = virtual(inner, outer, ROUTE, hosts=["web"], gateways=["edge", "mesh"])
    told = exposed(service, gateway())
    assert [[path for _, path, _ in paths(each)] for each in told] == [
        ["/outer", "/"],
        ["/inner", "/"],
    ]


def test_routes_that_answer_themselves_send_nowhere() -> None:
    rules = {"redirect": {"uri": "/b"}}, {"directResponse": {"status": 200}}
    assert targets(virtual(*rules), gateway()) == [(), ()]


def test_other_origins_are_answered_where_a_route_says_so() -> None:
    cors = ROUTE | {"corsPolicy": {"allowOrigins": [{"exact": "https://a.example"}]}}
    assert one(virtual(ROUTE, cors), gateway()).cors == "enabled"
    assert one(virtual(ROUTE), gateway()).cors == "disabled"
    missing = {"delegate": {"name": "more"}}
    assert one(virtual(missing), gateway()).cors == "unknown"


def test_a_thousand_routes_are_read() -> None:
    many = [ROUTE | {"match": [{"uri": {"exact": f"/{at}"}}]} for at in range(1000)]
    assert len(paths(one(virtual(*many), gateway()))) == 1000


# ── Where they are sent ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "full", "service"),
    [
        ("web", "web.shop.svc.cluster.local", ("shop", "web")),
        ("WEB", "web.shop.svc.cluster.local", ("shop", "web")),
        ("web.till.svc", "web.till.svc.cluster.local", ("till", "web")),
        ("web.till.svc.cluster.local", "web.till.svc.cluster.local", ("till", "web")),
        ("web.till.svc.cluster.local.", "web.till.svc.cluster.local", ("till", "web")),
        ("api.example.com", "api.example.com", None),
        ("*.example.com", "*.example.com", None),
        ("a.b.till.svc.cluster.local", "a.b.till.svc.cluster.local", None),
        (".svc.cluster.local", ".svc.cluster.local", None),
    ],
)
def test_a_host_is_written_out_in_full(
    host: str, full: str, service: tuple[str, str] | None
) -> None:
    assert full_host(host, "shop") == full
    assert service_of(full) == service


def test_where_requests_are_sent() -> None:
    route = {"route": [to("web", port={"number": 8080}, subset="v1")]}
    rule = istio("DestinationRule", "web", {"host": "web", "subsets": [{"name": "v1"}]})
    assert targets(virtual(route), gateway(), rule) == [
        (Target(name="web", namespace="shop", port="8080"),)
    ]


def tls(mode: str) -> dict[str, Any]:
    return {"trafficPolicy": {"tls": {"mode": mode}}}


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"host": "web"}, None),
        ({"host": "web", **tls("SIMPLE")}, "tls"),
        ({"host": "web", **tls("MUTUAL")}, "mtls"),
        ({"host": "web", **tls("ISTIO_MUTUAL")}, "mtls"),
        ({"host": "web", **tls("DISABLE")}, None),
        ({"host": "other", **tls("SIMPLE")}, None),
        ({"host": "web", "trafficPolicy": {}}, None),
        ({"host": "web", "subsets": [{"name": "v1", **tls("MUTUAL")}], **tls("SIMPLE")}, "mtls"),
        ({"host": "web", "subsets": [{"name": "v2", **tls("MUTUAL")}], **tls("SIMPLE")}, "tls"),
    ],
)
def test_tls_is_spoken_with_a_host_as_its_rule_says(spec: dict[str, Any], told: str | None) -> None:
    route = {"route": [to("web", subset="v1")]}
    rule = istio("DestinationRule", "web", spec)
    ((target,),) = targets(virtual(route), gateway(), rule)
    assert target.secured == told


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ((None,), [1]),
        ((100,), [100]),
        ((80, 20), [80, 20]),
        ((80, None), [80, 0]),
        ((None, None), [1, 1]),
        ((0, 0), [1, 1]),
        ((100, 0), [100, 0]),
    ],
)
def test_each_destination_has_its_share(weights: tuple[int | None, ...], told: list[int]) -> None:
    route = {"route": [to(f"web{at}", weight) for at, weight in enumerate(weights)]}
    (found,) = targets(virtual(route), gateway())
    assert [each.weight for each in found] == told


def entry(*hosts: str, **given: Any) -> Json:
    return istio("ServiceEntry", "out", {"hosts": list(hosts)} | given)


@pytest.mark.parametrize(
    ("objects", "unseen", "denied"),
    [
        ([], [], "HostNotFound"),
        ([], ["ServiceEntry"], None),
        ([entry("api.example.com")], [], None),
        ([entry("API.example.com")], [], None),
        ([entry("*.example.com")], [], None),
        ([entry("*.com")], [], None),
        ([entry("*.other.com")], [], "HostNotFound"),
    ],
)
def test_a_host_outside_is_one_that_the_mesh_knows(
    objects: list[Json], unseen: list[str], denied: str | None
) -> None:
    route = {"route": [to("api.example.com", port={"number": 443})]}
    told = targets(virtual(route), gateway(), *objects, unseen=unseen)
    assert told == [(Target(kind="http", name="api.example.com", port="443", denied=denied),)]


GRPC = {"port": 80, "name": "grpc-api"}


def behind(name: str, *ports: Json) -> Json:
    told = made("Service", name, {"ports": list(ports)}, group="x", status={})
    return told | {"apiVersion": "v1"}


@pytest.mark.parametrize(
    ("services", "destinations", "style"),
    [
        ([behind("web", GRPC)], [to()], "grpc"),
        ([behind("web", {"port": 80, "name": "grpc"})], [to()], "grpc"),
        ([behind("web", {"port": 80, "appProtocol": "grpc", "name": "http"})], [to()], "grpc"),
        ([behind("web", GRPC | {"appProtocol": "http"})], [to()], "http"),
        ([behind("web", {"port": 80, "name": "grpc-web"})], [to()], "http"),
        ([behind("web", {"port": 80, "name": "grpcish"})], [to()], "http"),
        ([behind("web", GRPC, {"port": 81})], [to()], "http"),
        ([behind("web", GRPC, {"port": 81})], [to(port={"number": 80})], "grpc"),
        ([behind("web", GRPC)], [to(), to("till")], "http"),
        ([behind("web", GRPC)], [to("web", 100), to("till", 0)], "grpc"),
        ([behind("web", GRPC)], [to("api.example.com")], "http"),
        ([behind("web")], [to()], "http"),
        ([], [to()], "http"),
        ([], [], "http"),
    ],
)
def test_callers_speak_as_all_services_behind_a_route_do(
    services: list[Json], destinations: list[Json], style: str
) -> None:
    service = virtual({"route": destinations}, hosts=["web"], gateways=["edge", "mesh"])
    told = exposed(service, gateway(), *services)
    assert [str(each.style) for each in told] == [style, style]


@pytest.mark.parametrize(
    ("objects", "unseen", "told"),
    [
        ([], [], {"ResolvedRefs": (False, "SubsetNotFound: v1 of web.shop.svc.cluster.local")}),
        ([], ["DestinationRule"], {}),
        ([istio("DestinationRule", "w", {"host": "web", "subsets": [{"name": "v1"}]})], [], {}),
        (
            [
                istio(
                    "DestinationRule",
                    "w",
                    {"host": "web.shop.svc.cluster.local", "subsets": [{"name": "v1"}]},
                    "infra",
                )
            ],
            [],
            {},
        ),
        (
            [istio("DestinationRule", "w", {"host": "web", "subsets": None})],
            [],
            {"ResolvedRefs": (False, "SubsetNotFound: v1 of web.shop.svc.cluster.local")},
        ),
    ],
)
def test_a_subset_is_one_that_the_host_has(
    objects: list[Json], unseen: list[str], told: Json
) -> None:
    route = {"route": [to("web", subset="v1")]}
    assert wrong(one(virtual(route), gateway(), *objects, unseen=unseen)) == told
    stream = {"route": [to("web", subset="v1")]}
    plain = virtual(http=None, tcp=[stream]), gateway(server("TCP", 80))
    assert wrong(one(*plain, *objects, unseen=unseen)) == told


# ── Delegates ────────────────────────────────────────────────────────────────


def handing(prefix: str | None = "/a", **match: Any) -> Json:
    told: Json = {"delegate": {"name": "more", "namespace": "team"}}
    if prefix:
        match["uri"] = {"prefix": prefix}
    return told | ({"match": [match]} if match else {})


def more(*http: Json, **spec: Any) -> Json:
    given = {"name": "more", "namespace": "team", "hosts": (), "gateways": None}
    return virtual(*http, **(given | spec))


def test_a_delegate_routes_a_part_of_what_is_handed_to_it() -> None:
    inner = more({"match": [{"uri": {"prefix": "/a/b/"}}], "route": [to("till")]})
    told = one(virtual(handing(), ROUTE), inner, gateway())
    assert paths(told) == [("ANY", "/a/b/", "prefix"), ("ANY", "/", "prefix")]
    assert [each.targets[0].namespace for each in told.rules or ()] == ["team", "shop"]
    assert told.incomplete == ()


def test_a_delegate_without_matches_routes_all_that_is_handed_to_it() -> None:
    told = one(virtual(handing(method={"exact": "GET"})), more(ROUTE), gateway())
    assert paths(told) == [("GET", "/a", "own")]


@pytest.mark.parametrize(
    ("delegates", "unseen", "odd"),
    [
        ([], [], "delegate team/more: is not there"),
        ([], ["VirtualService"], "delegate team/more: could not be read"),
        ([more(ROUTE, hosts=["x.example"])], [], "delegate team/more: has hosts of its own"),
        ([more(ROUTE, exportTo=["."])], [], "delegate team/more: is not exported to here"),
        (
            [more({"match": [{"uri": {"prefix": "/z"}}], "route": [to()]})],
            [],
            "delegate team/more: a route is for none of what is handed to it",
        ),
        (
            [more(handing(None))],
            [],
            "delegate team/more: hands on once more, which is not followed",
        ),
    ],
)
def test_what_is_not_followed_is_said(delegates: list[Json], unseen: list[str], odd: str) -> None:
    told = one(virtual(handing()), *delegates, gateway(), unseen=unseen)
    assert told.incomplete == (odd,)
    assert told.rules == ()


def test_a_delegate_of_the_own_namespace_needs_no_name_of_it() -> None:
    inner = more({"route": [to()]}, namespace="shop")
    told = one(virtual({"delegate": {"name": "more"}}), inner, gateway())
    assert paths(told) == [("ANY", "/", "prefix")]


def test_a_route_of_a_delegate_that_is_for_another_gateway_is_none_here() -> None:
    inner = more({"match": [{"gateways": ["team/other"]}], "route": [to()]})
    told = one(virtual(handing()), inner, gateway())
    assert (told.rules, told.incomplete) == ((), ())


def test_so_many_matches_are_read_and_no_more() -> None:
    many = [{"uri": {"exact": f"/a/{at}"}} for at in range(200)]
    inner = more({"match": many, "route": [to()]}, {"route": [to("rest")]})
    handed: Json = {"delegate": {"name": "more", "namespace": "team"}, "match": many}
    told = one(virtual(handed, ROUTE), inner, gateway())
    assert told.incomplete == ("no more than 20000 matches are read",)
    assert told.rules == ()
    few = one(virtual(handed | {"match": many[:90]}, ROUTE), inner, gateway())
    assert (few.incomplete, len(few.rules or ())) == ((), 3)


PATHS = st.sampled_from(["/", "/a", "/a/b", "/b"])
KINDS = st.sampled_from(["exact", "prefix", "own", "regex"])
METHODS = st.sampled_from(["ANY", "GET", "POST"])
MATCHES = st.builds(Match, path=PATHS, path_type=KINDS, method=METHODS)


@given(one_match=MATCHES, other=MATCHES)
def test_what_two_matches_are_both_for_is_not_wider_than_either(
    one_match: Match, other: Match
) -> None:
    both = meet(one_match, other)
    if both is None:
        return
    for each in (one_match, other):
        assert each.method in {"ANY", both.method}
        assert both.path.startswith(each.path)


@given(match=MATCHES)
def test_a_match_is_for_all_that_it_is_for(match: Match) -> None:
    assert meet(match, match) == match
    assert meet(Match(), match) == match
    assert meet(match, Match()) == match


# ── The mesh, and outside ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("hosts", "objects", "count"),
    [
        (["api.example.com"], [entry("api.example.com")], 0),
        (["api.example.com"], [entry("api.example.com", location="MESH_EXTERNAL")], 0),
        (["api.example.com"], [entry("api.example.com", location="MESH_INTERNAL")], 1),
        (["api.example.com", "web"], [entry("api.example.com")], 1),
        (["api.example.com"], [], 1),
    ],
)
def test_what_the_mesh_calls_outside_is_no_api_of_its_own(
    hosts: list[str], objects: list[Json], count: int
) -> None:
    assert len(exposed(virtual(ROUTE, hosts=hosts, gateways=["mesh"]), *objects)) == count


def test_a_gateway_that_leads_outside_is_an_api_all_the_same() -> None:
    told = virtual({"route": [to("api.example.com")]}, hosts=["api.example.com"])
    assert len(exposed(told, entry("api.example.com"), gateway())) == 1


# ── What is never kept, and what is odd ──────────────────────────────────────


def test_no_key_or_value_is_decoded() -> None:
    tls: Json = {"mode": "SIMPLE", "privateKey": CANARY, "serverCertificate": CANARY}
    tls["tlsCertificates"] = [{"privateKey": CANARY}]
    last = {"kubectl.kubernetes.io/last-applied-configuration": CANARY}
    of_gateway = decoded(
        gateway(server("HTTPS", 443, **tls), annotations=last), RESOURCES[GATEWAYS]
    )
    headers = {"x-api-key": {"exact": CANARY}}
    route = {
        "match": [{"headers": headers, "queryParams": headers}],
        "headers": {"request": {"set": {"authorization": CANARY}}},
        "directResponse": {"status": 200, "body": {"string": CANARY}},
    }
    service = decoded(virtual(route), RESOURCES[VIRTUAL_SERVICES])
    assert CANARY not in msgspec.json.encode([of_gateway, service]).decode()


@pytest.mark.parametrize(
    "spec",
    [
        {"hosts": None, "gateways": None, "http": None},
        {"hosts": ["\x1b[31mred"], "http": [{"match": [{"uri": None}], "route": None}]},
        {"hosts": ["a.example"], "gateways": ["a/b/c", "", "mesh"], "http": [{}]},
        {"hosts": [""], "tls": [{"match": None}], "tcp": [{}]},
        {"hosts": ["*"], "http": [{"delegate": {"name": "web"}}]},
    ],
)
def test_nothing_odd_stops_the_reading(spec: Json) -> None:
    odd = istio("VirtualService", "web", spec, annotations={"big": "x" * 1_000_000})
    for gateways in (None, ["edge"], ["edge", "mesh"]):
        told = odd | {"spec": {"gateways": gateways} | spec}
        for each in exposed(told, gateway()):
            assert each.parent
