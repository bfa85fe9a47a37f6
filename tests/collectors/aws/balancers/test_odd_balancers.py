"""Odd answers about load balancers: nothing breaks, nothing leaks, and what is not known is never open, off or zero."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.balancers.grouping import group_rules
from apiscape.collectors.aws.balancers.itself import attribute_signals, serve
from apiscape.collectors.aws.balancers.normalise import Balancer, normalise
from apiscape.collectors.aws.balancers.rules import read_door, read_rules
from apiscape.collectors.aws.balancers.targets import Fitness, read_fitness, readiness
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import BalancerSettings, TagSettings
from apiscape.demo.aws.estate.balancers import (
    forward,
    jwt_validation,
    oidc,
    when,
    when_header,
    when_query,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.deployment import Deployment
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.balancers.street import ISSUER, ONCE, edge, gateway, item, of
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.oddities import CANARY, IMPOSSIBLE, few, spoilt
from tests.collectors.aws.test_odd_answers import changed

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")
NOW = datetime(2026, 11, 2, tzinfo=UTC)
PREFIX = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
GROUP, OTHER = f"{PREFIX}:targetgroup/orders/1", f"{PREFIX}:targetgroup/basket/2"
SECRETIVE: dict[str, Any] = {
    "ClientSecret": CANARY,
    "AuthenticationRequestExtraParams": {"key": CANARY},
}

SAMPLE: dict[str, Any] = {
    "item": {
        "LoadBalancerArn": f"{PREFIX}:loadbalancer/app/edge/1",
        "LoadBalancerName": "edge",
        "DNSName": "Edge.elb.example",
        "Scheme": "internet-facing",
        "State": {"Code": "active"},
        "CreatedTime": NOW,
        "tags": {"owner": "Team Shop", "api-key": CANARY},
    },
    "listener": {
        "Protocol": "HTTPS",
        "Port": 443,
        "SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "Certificates": [{"CertificateArn": CANARY}],
        "MutualAuthentication": {"Mode": "verify", "TrustStoreArn": "arn:store"},
    },
    "rules": [
        {
            "Priority": "1",
            "Conditions": [
                when("host-header", "shop.example"),
                when("path-pattern", "/orders/*"),
                when("http-request-method", "GET"),
                when_header("x-origin-verify", CANARY),
                when_query(key=CANARY),
                when("source-ip", "10.0.0.0/8"),
            ],
            "Actions": [
                jwt_validation(f"https://u:{CANARY}@id.example?k={CANARY}"),
                forward(GROUP),
            ],
            "Transforms": [{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [CANARY]}}],
        },
        {
            "Priority": "2",
            "Conditions": [when("path-pattern", "/basket*")],
            "Actions": [oidc(ISSUER, **SECRETIVE), forward(GROUP, OTHER, weights=[1, 3])],
        },
    ],
    "groups": {GROUP: {"ProtocolVersion": "GRPC"}, OTHER: {"ProtocolVersion": "HTTP1"}},
    "health": [{"Target": {"Id": "i-1"}, "TargetHealth": {"State": "healthy"}}],
    "attributes": {"access_logs.s3.enabled": "true", "access_logs.s3.bucket": CANARY},
}


def read(odd: dict[str, Any]) -> tuple[Balancer, list[Deployment], list[Any]]:
    """Read all that is said of a load balancer, as its collector does."""

    def held(key: str) -> dict[Any, Any]:
        return odd[key] if isinstance(odd.get(key), dict) else {}

    def listed(key: str) -> list[Any]:
        return [each for each in (odd.get(key) or ()) if isinstance(each, dict)]

    odd = {**odd, "rules": odd["rules"] if isinstance(odd.get("rules"), list) else []}
    odd |= {"health": odd["health"] if isinstance(odd.get("health"), list) else []}
    groups = group_rules(read_rules(read_door(held("listener")), listed("rules")))
    known = {arn: each for arn, each in held("groups").items() if isinstance(each, dict)}
    attributes = {key: value for key, value in held("attributes").items() if isinstance(value, str)}
    fitness = {GROUP: read_fitness(listed("health"))}
    balancer = Balancer(
        held("item"), (read_door(held("listener")),), attributes, "unknown", known, fitness
    )
    keys, settings = TagSettings(), BalancerSettings()
    made = [normalise(balancer, each, PLACE, keys, settings) for each in groups]
    own = serve(balancer, PLACE)
    ready = [
        readiness(each.uid, group.targets, fitness, NOW, "x")
        for each, group in zip(made, groups, strict=True)
    ]
    return balancer, made, [own, *attribute_signals(balancer, own, NOW), *filter(None, ready)]


@few
@given(spoilt(SAMPLE))
def test_a_load_balancer_of_odd_answers_is_read(odd: dict[str, Any]) -> None:
    _, made, around = read(odd)
    assert CANARY.encode() not in b"".join(map(encode, (*made, *around)))
    for each in made:
        asked = {one.security.requirement for one in each.operations or ()}
        assert asked <= {"required", "unknown"}
        assert each.exposure in {"internet", "unknown"}
        assert each.protections.mtls in {"enabled", "unknown"}
        assert each.protections.access_log in {"enabled", "unknown"}
        assert each.provenance["style"][0].confidence == 0.3
    assert len({each.uid for each in made}) == len(made)


def test_the_sample_itself_is_what_it_says() -> None:
    _, made, _ = read(SAMPLE)
    assert [each.name for each in made] == ["shop.example/orders", "edge/basket"]
    assert [each.style for each in made] == ["grpc", "http"]
    assert dict(made[0].labels or {}) == {"owner": "Team Shop", "api-key": "(withheld)"}
    assert [[one.backend for one in each.operations or ()] for each in made] == [
        ["orders"],
        ["orders=1 + basket=3"],
    ]


# ── States ───────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("states", "ready", "total", "why"),
    [
        (["healthy", "unhealthy", "initial"], 1, 3, None),
        (["healthy", "draining", "unhealthy.draining", "unused"], 1, 1, None),
        (["draining", "unused"], 0, 0, "every target leaves, or is not used"),
        ([], 0, 0, "no target is registered"),
        (["healthy", "unavailable"], None, None, "health checks are off"),
        (["healthy", "of-a-later-year"], None, None, "a state of a target is not known"),
        (["of-a-later-year"], None, None, "a state of a target is not known"),
        ([None], None, None, "a state of a target is not known"),
        ([7, "healthy"], None, None, "a state of a target is not known"),
    ],
)
def test_targets_in_a_state_that_is_not_known_are_not_counted_as_none(
    states: list[Any], ready: int | None, total: int | None, why: str | None
) -> None:
    found = read_fitness([{"TargetHealth": {"State": each}} for each in states])
    assert (found.ready, found.total, found.why) == (ready, total, why)
    signal = readiness("uid", [GROUP], {GROUP: found}, NOW, "x")
    assert signal is not None
    assert signal.value == ready
    assert (signal.reason is None) is (why is None and ready == total)


def test_one_group_that_is_not_known_leaves_the_sum_unknown() -> None:
    known = {GROUP: Fitness(2, 2), OTHER: Fitness(why="nobody could look")}
    signal = readiness("uid", [GROUP, OTHER], known, NOW, "x")
    assert signal is not None
    assert (signal.value, signal.reason) == (None, "basket: nobody could look")
    assert readiness("uid", [GROUP], {OTHER: Fitness(1, 1)}, NOW, "x") is None


@pytest.mark.parametrize(
    ("scheme", "exposure"),
    [
        ("internet-facing", "internet"),
        ("internal", "private"),
        ("of-a-later-year", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
    ],
)
def test_from_where_a_load_balancer_is_reached(scheme: Any, exposure: str) -> None:
    _, (first, _), _ = read({**SAMPLE, "item": {**SAMPLE["item"], "Scheme": scheme}})
    (endpoint,) = list(first.endpoints or ())
    assert (first.exposure, endpoint.exposure) == (exposure, exposure)


@pytest.mark.parametrize("time", [None, "yesterday", 7, *IMPOSSIBLE], ids=repr)
def test_an_impossible_time_is_no_time(time: Any) -> None:
    _, made, _ = read({**SAMPLE, "item": {**SAMPLE["item"], "CreatedTime": time}})
    assert {each.created_at for each in made} == {UNKNOWN}


# ── From the wire ────────────────────────────────────────────────────────────


def look(known: Any = ()) -> Seen:
    desk = Desk(ONCE)
    seen = desk.collect(ApplicationBalancerCollector(), known=known)
    desk.close()
    assert seen.error is None
    assert seen.closes()
    return seen


@pytest.mark.parametrize(
    ("kind", "recorded"),
    [("application", 1), ("network", 0), ("gateway", 0), ("of-a-later-year", 1), (None, 1)],
)
def test_what_is_left_out_is_of_a_type_that_knows_no_requests(
    kind: str | None, recorded: int, west: Region, server: AwsServer
) -> None:
    edge(west)

    def other(answer: Any) -> Any:
        return {**answer, "LoadBalancers": [{**x, "Type": kind} for x in answer["LoadBalancers"]]}

    with changed("elbv2:DescribeLoadBalancers", other):
        assert len(look().recorded) == recorded


def test_items_without_an_arn_are_counted_and_failed(west: Region, server: AwsServer) -> None:
    kept = edge(west).arn
    odd = [None, 7, {"LoadBalancerName": "nameless"}, {"LoadBalancerArn": ["x"]}]
    with changed(
        "elbv2:DescribeLoadBalancers",
        lambda answer: {**answer, "LoadBalancers": [*odd, *answer["LoadBalancers"]]},
    ):
        seen = look()
    assert list(seen.recorded) == [kept]
    assert [error.kind for error in seen.failed.values()] == ["malformed"] * 4


def test_tags_that_are_not_among_the_answers_are_unknown(west: Region, server: AwsServer) -> None:
    edge(west)
    with changed("elbv2:DescribeTags", lambda _: {"TagDescriptions": [None, {"Tags": None}]}):
        seen = look()
    assert item(seen, "edge/health").labels is UNKNOWN
    assert gateway(seen).labels is UNKNOWN


@pytest.mark.parametrize(
    "said",
    [{}, {"Tags": None}, {"Tags": "x"}, {"Tags": {}}, {"Tags": [7]}, {"Tags": [{"Value": "x"}]}],
    ids=repr,
)
def test_a_load_balancer_whose_tags_are_not_said_is_never_one_without_tags(
    said: dict[str, Any], west: Region, server: AwsServer
) -> None:
    edge(west)
    tcp = of(west).network("tcp")

    def unsaid(answer: Any) -> Any:
        told = ({"ResourceArn": each["ResourceArn"]} | said for each in answer["TagDescriptions"])
        return {"TagDescriptions": list(told)}

    with changed("elbv2:DescribeTags", unsaid):
        seen = look()
    assert item(seen, "edge/health").labels is UNKNOWN
    assert gateway(seen).labels is UNKNOWN
    assert seen.skipped == {}, "nobody can tell whether a cluster made it"
    assert tcp.arn in seen.recorded
    assert seen.unseen == [("tags", "malformed")] * 2


def test_an_empty_list_of_tags_is_none(west: Region, server: AwsServer) -> None:
    of(west).application("bare").listener(to=[forward(GROUP)])
    tcp = of(west).network("tcp")
    seen = look()
    assert gateway(seen).labels == {}
    assert set(seen.skipped) == {tcp.arn}
    assert seen.unseen == []


def test_a_second_round_says_the_same_at_the_same_cost(west: Region, server: AwsServer) -> None:
    of(west).web_acl("shop", edge(west))
    first = look()
    calls = server.calls.by_operation()
    server.calls.clear()
    again = look(first.known())
    assert first.known() == []
    assert server.calls.by_operation() == calls
    assert list(map(encode, again.entities)) == list(map(encode, first.entities))
