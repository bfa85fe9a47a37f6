"""What the rules of a load balancer are taken to be: APIs, operations, who may call them, where they lead."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.balancers.network import ELSEWHERE
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Unseen
from apiscape.demo.aws.estate.balancers import (
    LoadBalancer,
    cognito_sign_in,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    redirect_to_https,
    when,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.identity import aws_native_id
from apiscape.model.surroundings import STACKS, FrontDoor
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.balancers.street import (
    ISSUER,
    ONCE,
    POOL,
    deployments,
    edge,
    gateway,
    item,
    named,
    of,
    operations,
    signals,
)
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

pytestmark = pytest.mark.usefixtures("server")


def look(settings: AwsSettings = ONCE) -> Seen:
    desk = Desk(settings)
    seen = desk.collect(ApplicationBalancerCollector())
    desk.close()
    assert seen.error is None
    assert seen.closes()
    return seen


def one_rule(west: Region, *conditions: Any, to: Any = None, **listener: Any) -> LoadBalancer:
    """Build a load balancer with one rule, by default to a group of its own."""
    group = of(west).target_group("pool", "healthy")
    balancer = of(west).application("edge")
    given = balancer.listener(to=[fixed_response()], **listener)
    given.rule(*conditions, to=[*(to or ()), forward(group)])
    return balancer


# ── Which APIs there are ─────────────────────────────────────────────────────


def test_an_api_for_each_host_and_first_segment(west: Region) -> None:
    balancer = edge(west)
    seen = look()
    assert deployments(seen) == [
        "edge.shop.example",
        "edge.shop.example/basket",
        "edge.shop.example/orders",
        "edge/health",
    ]
    orders = item(seen, "edge.shop.example/orders")
    resource = balancer.arn.partition(":loadbalancer/")[2] + "#edge.shop.example/orders"
    assert orders.native_id == aws_native_id(
        "aws", ACCOUNT, REGION, "elasticloadbalancing", resource
    )
    assert orders.native_kind == orders.product == "aws.alb"
    assert orders.gateway == "edge"
    assert orders.environment == "production"
    assert [owner.name for owner in orders.owners or ()] == ["Team Shop"]
    assert orders.consumers is None
    assert orders.specs == ()
    assert "#LoadBalancer" in (orders.native_url or "")


def test_the_default_action_is_an_api_of_its_own_where_it_sends_requests_on(west: Region) -> None:
    group = of(west).target_group("pool", "healthy")
    balancer = of(west).application("edge", internal=True)
    balancer.listener(8443, to=[forward(group)])
    seen = look()
    found = item(seen, "edge")
    host = balancer.fields["DNSName"]
    assert is_known(found.endpoints)
    assert [(each.url, each.generated_host) for each in found.endpoints] == [
        (f"https://{host}:8443", True)
    ]
    assert found.exposure == "private"
    assert found.exposure_evidence == "scheme internal; security groups are not read"
    assert list(operations(found)) == ["ANY /*"]


def test_redirects_and_fixed_answers_are_no_api(west: Region) -> None:
    balancer = of(west).application("edge")
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    balancer.listener(to=[fixed_response()])
    seen = look()
    assert deployments(seen) == []
    assert gateway(seen).name == "edge"


def test_network_load_balancers_are_skipped_in_words(west: Region) -> None:
    inside = of(west).network("inside").arn
    edge(west)
    seen = look()
    assert (seen.skipped, len(seen.recorded)) == ({inside: ELSEWHERE}, 1)


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/orders/*", "/orders"),
        ("/orders*", "/orders"),
        ("/orders", "/orders"),
        ("/v1/orders/*", "/v1"),
        ("/*", ""),
        ("*", ""),
        ("/*/orders", ""),
        ("/ord?rs/*", ""),
    ],
)
def test_the_first_segment_of_a_pattern(west: Region, path: str, segment: str) -> None:
    one_rule(west, when("path-pattern", path))
    seen = look()
    assert deployments(seen) == [f"edge{segment}"]
    assert list(operations(item(seen, f"edge{segment}"))) == [f"ANY {path}"]


def test_regular_expressions_are_written_as_such_and_lead_to_no_address(west: Region) -> None:
    one_rule(
        west,
        when("host-header", regex=[r"^api-\d+\.shop\.example$"]),
        when("path-pattern", "/plain", regex=["^/v[12]/.*$"]),
    )
    seen = look()
    found = item(seen, r"~ ^api-\d+\.shop\.example$")
    assert list(operations(found)) == ["ANY ~ ^/v[12]/.*$"]
    assert found.endpoints is UNKNOWN


def test_a_host_that_stands_for_many_has_no_address_that_anybody_types(west: Region) -> None:
    one_rule(west, when("host-header", "*.Shop.Example"))
    assert item(look(), "*.shop.example").endpoints is UNKNOWN


def test_a_rule_of_several_hosts_and_paths_belongs_to_each(west: Region) -> None:
    one_rule(
        west, when("host-header", "a.example", "b.example"), when("path-pattern", "/x/*", "/y")
    )
    assert deployments(look()) == ["a.example/x", "a.example/y", "b.example/x", "b.example/y"]


@pytest.mark.parametrize(
    ("settings", "sure", "words"),
    [
        ({}, 0.3, "confidence low"),
        ({"hosts": ["*.other"]}, 0.3, "confidence low"),
        ({"hosts": ["EDGE.shop.*"]}, 0.9, "host EDGE.shop.* is named in load_balancers.hosts"),
        ({"paths": ["/orders/*"]}, 0.9, "path /orders/* is named in load_balancers.paths"),
        ({"tags": ["owner"]}, 0.9, "tag owner is named in load_balancers.tags"),
        ({"tags": ["Owner=Team S*"]}, 0.9, "tag Owner=Team S* is named in load_balancers.tags"),
        ({"tags": ["owner=somebody"]}, 0.3, "confidence low"),
    ],
)
def test_that_it_is_an_api_is_a_guess_unless_the_settings_name_it(
    west: Region, settings: dict[str, list[str]], sure: float, words: str
) -> None:
    edge(west)
    found = item(
        look(named(**{k: tuple(v) for k, v in settings.items()})), "edge.shop.example/orders"
    )
    (claim,) = found.provenance["style"]
    assert claim.confidence == sure
    assert words in (claim.note or "")


# ── Who may call ─────────────────────────────────────────────────────────────


def test_what_is_asked_of_callers_is_what_stands_before_the_forwarding(west: Region) -> None:
    edge(west)
    seen = look()
    orders = operations(item(seen, "edge.shop.example/orders"))["ANY /orders/*"].security
    assert orders.requirement == "required"
    assert [(each.kind, each.issuer, each.location) for each in orders.schemes] == [
        ("jwt", ISSUER, "header:Authorization")
    ]
    basket = operations(item(seen, "edge.shop.example/basket"))
    assert list(basket) == ["GET /basket*", "POST /basket*"]
    let_through = basket["GET /basket*"].security
    assert let_through.requirement == "optional"
    assert "otherwise allow" in (let_through.evidence or "")
    pages = operations(item(seen, "edge.shop.example"))["ANY /*"].security
    assert [(each.kind, each.issuer) for each in pages.schemes] == [("oidc", POOL)]


def test_conditions_are_told_without_values_that_let_somebody_in(west: Region) -> None:
    edge(west)
    security = operations(item(look(), "edge/health"))["ANY /health"].security
    assert security.requirement == "none"
    assert security.evidence == (
        "HTTPS:443 rule 5: with header x-probe; with query token; from 10.0.0.0/8"
    )


@pytest.mark.parametrize(
    ("action", "requirement"),
    [
        (oidc(ISSUER), "required"),
        (oidc(ISSUER, "deny"), "required"),
        (oidc(ISSUER, "allow"), "optional"),
        (cognito_sign_in(POOL, "allow"), "optional"),
        (jwt_validation(ISSUER), "required"),
    ],
    ids=["oidc", "oidc-deny", "oidc-allow", "cognito-allow", "jwt"],
)
def test_signing_in_counts_where_it_is_enforced(
    west: Region, action: Any, requirement: str
) -> None:
    one_rule(west, when("path-pattern", "/x"), to=[action])
    assert operations(item(look(), "edge/x"))["ANY /x"].security.requirement == requirement


def test_two_listeners_that_ask_differently_are_mixed_and_both_are_told(west: Region) -> None:
    group = of(west).target_group("pool", "healthy")
    balancer = of(west).application("edge")
    for port, protocol, to in ((443, "HTTPS", [jwt_validation(ISSUER)]), (80, "HTTP", [])):
        balancer.listener(port, protocol, to=[fixed_response()]).rule(
            when("path-pattern", "/x"), to=[*to, forward(group)]
        )
    found = item(look(), "edge/x")
    security = operations(found)["ANY /x"].security
    assert security.requirement == "mixed"
    assert security.evidence == "HTTPS:443 rule 1: jwt-validation; HTTP:80 rule 1: asks nothing"
    assert is_known(found.endpoints)
    assert [(each.url.partition(":")[0], each.tls_min) for each in found.endpoints] == [
        ("https", "TLS_1_2"),
        ("http", None),
    ]


@pytest.mark.parametrize(
    ("mutual", "mtls", "requirement", "words"),
    [
        ({"Mode": "off"}, "disabled", "none", "asks nothing"),
        ({"Mode": "passthrough"}, "disabled", "none", "passed on unchecked"),
        ({"Mode": "verify", "TrustStoreArn": "arn:store"}, "enabled", "required", "certificate"),
        (
            {"Mode": "verify", "IgnoreClientCertificateExpiry": True},
            "enabled",
            "required",
            "expired client certificates are taken",
        ),
        (
            {"Mode": "verify", "TrustStoreAssociationStatus": "removed"},
            "enabled",
            "required",
            "the trust store was taken away",
        ),
        ({}, "unknown", "unknown", "is not said"),
        ({"Mode": "of a later year"}, "unknown", "unknown", "is not said"),
    ],
)
def test_client_certificates(
    west: Region, mutual: dict[str, Any], mtls: str, requirement: str, words: str
) -> None:
    one_rule(west, when("path-pattern", "/x"), MutualAuthentication=mutual)
    found = item(look(), "edge/x")
    assert found.protections.mtls == mtls
    security = operations(found)["ANY /x"].security
    assert security.requirement == requirement
    assert words in (security.evidence or "")
    if mutual.get("TrustStoreArn"):
        assert [(each.kind, each.native_id) for each in security.schemes] == [("mtls", "arn:store")]


@pytest.mark.parametrize(
    ("policy", "lowest"),
    [
        ("ELBSecurityPolicy-2016-08", "TLS_1_0"),
        ("ELBSecurityPolicy-FS-1-1-2019-08", "TLS_1_1"),
        ("ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "TLS_1_2"),
        ("ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04", "TLS_1_3"),
        ("ELBSecurityPolicy-TLS14-1-4-2031-01", UNKNOWN),
    ],
)
def test_the_lowest_protocol_is_looked_up_and_never_guessed(
    west: Region, policy: str, lowest: Any
) -> None:
    one_rule(west, when("path-pattern", "/x"), SslPolicy=policy)
    seen = look()
    [endpoint] = list(item(seen, "edge/x").endpoints or ())
    assert endpoint.tls_min == lowest
    assert gateway(seen).tls_min == lowest


# ── Where requests go ────────────────────────────────────────────────────────


def test_backends_are_target_groups_with_their_shares(west: Region) -> None:
    edge(west)
    basket = item(look(), "edge.shop.example/basket")
    assert is_known(basket.backends)
    split = "edge-orders=1 + edge-basket=3"
    assert {each.key: each.kind for each in basket.backends} == {
        "edge-orders": "target_group",
        "edge-basket": "target_group",
        split: "split",
    }
    assert basket.backends[-1].address == "edge-orders 25 %, edge-basket 75 %"
    assert {each.backend for each in operations(basket).values()} == {split}


def test_a_function_behind_a_group_is_the_backend(west: Region) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
    group = of(west).target_group("orders", TargetType="lambda", HealthCheckEnabled=False)
    of(west).groups[group].states = {arn: "unavailable"}
    of(west).application("edge").listener(to=[forward(group)])
    seen = look()
    [backend] = list(item(seen, "edge").backends or ())
    assert (backend.kind, backend.address) == ("lambda", arn)
    (ready,) = signals(seen, "backends.ready")
    assert (ready.value, ready.reason) == (None, "orders: health checks are off")


@pytest.mark.parametrize(
    ("spoken", "style"), [(("GRPC",), "grpc"), (("HTTP2",), "http"), (("GRPC", "HTTP1"), "http")]
)
def test_what_callers_speak(west: Region, spoken: tuple[str, ...], style: str) -> None:
    groups = [
        of(west).target_group(f"pool-{word}", "healthy", ProtocolVersion=word) for word in spoken
    ]
    of(west).application("edge").listener(to=[forward(*groups)])
    assert item(look(), "edge").style == style


@pytest.mark.parametrize(
    ("states", "ready", "total", "reason"),
    [
        (("healthy", "healthy"), 2, 2, None),
        (("healthy", "unhealthy", "draining"), 1, 2, "pool: 1 of 2"),
        (("initial", "unused"), 0, 1, "pool: 0 of 1"),
        ((), 0, 0, "pool: no target is registered"),
        (("unavailable", "healthy"), None, 0, "pool: health checks are off"),
    ],
)
def test_targets_that_take_requests_are_counted(
    west: Region, states: tuple[str, ...], ready: int | None, total: int, reason: str | None
) -> None:
    group = of(west).target_group("pool", *states)
    of(west).application("edge").listener(to=[forward(group)])
    seen = look()
    (signal,) = signals(seen, "backends.ready")
    assert (signal.value, signal.threshold, signal.reason) == (ready, total, reason)
    assert signal.subject_uid == item(seen, "edge").uid


def test_targets_are_not_asked_of_where_the_settings_say_so(
    west: Region, server: AwsServer
) -> None:
    edge(west)
    seen = look(named(target_health=False))
    assert signals(seen, "backends.ready") == []
    assert server.calls.count("elbv2:DescribeTargetHealth") == 0


# ── What stands before it ────────────────────────────────────────────────────


def test_a_firewall_logs_and_attributes(west: Region) -> None:
    guarded, open_to_all = edge(west), edge(west, "bare")
    of(west).web_acl("shop", guarded)
    of(west).web_acl("unused")
    guarded.attributes["access_logs.s3.enabled"] = "true"
    del open_to_all.attributes["routing.http.desync_mitigation_mode"]
    seen = look()
    first, second = item(seen, "edge/health").protections, item(seen, "bare/health").protections
    assert (first.waf, second.waf) == ("enabled", "disabled")
    assert (first.access_log, second.access_log) == ("enabled", "disabled")
    assert first.rate_limit == first.tracing == "disabled"
    assert first.cors == "unknown"
    told = {
        each.name: each.value for each in signals(seen, "attribute.deletion_protection.enabled")
    }
    assert told == {"attribute.deletion_protection.enabled": False}
    modes = signals(seen, "attribute.routing.http.desync_mitigation_mode")
    assert [each.value for each in modes] == ["defensive"]


@pytest.mark.parametrize(
    ("state", "status", "reason", "enabled"),
    [
        ({"Code": "active"}, "active", None, True),
        (
            {"Code": "active_impaired"},
            "active",
            "the load balancer is active impaired",
            True,
        ),
        (
            {"Code": "provisioning"},
            "inactive",
            "the load balancer is provisioning",
            UNKNOWN,
        ),
        ({"Code": "failed", "Reason": "no subnets"}, "failed", "no subnets", UNKNOWN),
        ({}, "unknown", None, UNKNOWN),
    ],
)
def test_the_state_of_a_load_balancer(
    west: Region, state: dict[str, str], status: str, reason: str | None, enabled: Any
) -> None:
    edge(west).edit(State=state)
    found = item(look(), "edge.shop.example/orders")
    assert (found.status, found.status_reason) == (status, reason)
    assert is_known(found.endpoints)
    assert [each.enabled for each in found.endpoints] == [enabled]


@pytest.mark.parametrize("stack", STACKS)
def test_what_made_it_stands_in_its_labels_as_in_those_of_what_it_was_made_for(
    west: Region, stack: str
) -> None:
    balancer = edge(west)
    balancer.tags |= {"elbv2.k8s.aws/cluster": "prod", stack: "shop/edge"}
    seen = look()
    labels = item(seen, "edge.shop.example/orders").labels
    assert is_known(labels)
    assert labels["elbv2.k8s.aws/cluster"] == "prod"
    assert labels[stack] == "shop/edge"
    assert gateway(seen).labels == labels
    (door,) = (each for each in seen.entities if isinstance(each, FrontDoor))
    assert (door.name, door.labels, door.routes) == ("edge", labels, ())
    assert door.endpoint.url == f"https://{balancer.fields['DNSName'].casefold()}"
    assert (door.endpoint.exposure, door.endpoint.mtls, door.waf) == (
        "internet",
        "disabled",
        "disabled",
    )


def test_what_no_controller_made_is_no_front_door_of_a_cluster(west: Region) -> None:
    edge(west)
    assert not [each for each in look().entities if isinstance(each, FrontDoor)]


@pytest.mark.parametrize(
    ("listeners", "url", "mtls"),
    [
        ((), "http", "unknown"),
        (((443, "TLS"),), "tls", "disabled"),
        (((443, "TCP"),), "tcp", "unknown"),
        (((443, "TLS"), (80, "TCP")), "tls", "disabled"),
    ],
)
def test_a_network_load_balancer_that_a_controller_made_is_a_front_door_of_its_cluster(
    west: Region, listeners: tuple[tuple[int, str], ...], url: str, mtls: str
) -> None:
    tags = {"gateway.k8s.aws.nlb/stack": "infra/edge", "owner": "x"}
    balancer = of(west).network("inside", tags=tags)
    group = of(west).target_group("pool")
    for port, protocol in listeners:
        balancer.listener(port, protocol, to=[forward(group)])
    plain = of(west).network("plain", tags={"owner": "y"})
    seen = look()
    (door,) = seen.entities
    assert isinstance(door, FrontDoor)
    assert (door.name, door.labels) == ("inside", tags)
    assert door.endpoint.url == f"{url}://{balancer.fields['DNSName'].casefold()}"
    assert (door.endpoint.mtls, door.endpoint.exposure, door.waf) == (mtls, "private", "disabled")
    assert seen.skipped == {plain.arn: ELSEWHERE}


def test_of_network_load_balancers_whose_tags_nobody_may_read_it_is_said_that_nobody_can_tell(
    west: Region,
) -> None:
    balancer = of(west).network("inside", tags={"gateway.k8s.aws.nlb/stack": "infra/edge"})
    edge(west)
    west.deny("elbv2:DescribeTags")
    seen = look()
    assert len(seen.listed) == 2
    assert not [each for each in seen.entities if isinstance(each, FrontDoor)]
    gaps = [each.detail for each in seen.of(Unseen) if each.native_id == balancer.arn]
    assert gaps == ["tags"]


def test_uids_stand_while_names_rules_and_priorities_move(west: Region) -> None:
    balancer = edge(west)
    before = {each.name: each.uid for each in look().entities if isinstance(each, Deployment)}
    secure = list(balancer.listeners.values())[-1]
    secure.rules.insert(0, secure.rules.pop())
    for priority, rule in enumerate(secure.rules, 1):
        rule["Priority"] = str(priority + 100)
    balancer.tags["owner"] = "Team Other"
    after = {each.name: each.uid for each in look().entities if isinstance(each, Deployment)}
    assert after == before
