"""Services of VPC Lattice, from the emulated one: what each is, and who may call it."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.demo.aws.estate.lattice import IAM, Lattice, answer, forward, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.identity import deployment_uid
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.lattice.samples import allow, fill
from tests.collectors.aws.lattice.shelf import KUBERNETES, operations


def test_a_service_is_one_private_deployment(server: AwsServer, held: Lattice, desk: Desk) -> None:
    service = held.service("orders", auth=IAM, customDomainName="Orders.Example")
    service.join(held.network("shared", "vpc-2", "vpc-1")).listen().listen("HTTP", 8080)
    service.tag({"owner": "Team Orders", "environment": "prod", **KUBERNETES})
    seen = desk.collect(ServiceCollector())
    assert seen.whole
    assert seen.closes()
    assert seen.unseen == []
    item = seen.one("orders")
    assert item.native_id == f"aws:{ACCOUNT}:{REGION}:vpc-lattice:{service.id}"
    assert item.uid == deployment_uid(item.native_id)
    assert (item.native_kind, item.style, item.status) == ("aws.lattice.service", "http", "active")
    assert item.exposure == "private"
    assert item.exposure_evidence == "reached through service networks only: shared (vpc-1, vpc-2)"
    host = service.fields["dnsEntry"]["domainName"]
    assert [(one.url, one.generated_host) for one in item.endpoints] == [
        (f"https://{host}", True),
        ("https://orders.example", False),
        (f"http://{host}:8080", True),
        ("http://orders.example:8080", False),
    ]
    assert item.owners[0].name == "Team Orders"
    assert item.environment == "production"
    assert item.labels.items() >= KUBERNETES.items()
    assert item.protections.access_log == "disabled"
    assert item.updated_at == service.fields["lastUpdatedAt"]


def test_rules_are_operations_that_lead_to_target_groups(
    server: AwsServer, held: Lattice, desk: Desk
) -> None:
    group = held.target_group("v1", vpcIdentifier="vpc-1")
    function = held.target_group("fn", "LAMBDA")
    service = held.service("orders").join(held.network("shared", "vpc-1"))
    service.listen(default=forward(function))
    service.rule(http_match("/orders/", method="GET"), forward(group), name="read")
    service.rule(
        http_match("/orders", method="GET", headers={"beta": "x"}), forward(function), name="beta"
    )
    service.rule(http_match("/health", exact=True), answer(200), name="health")
    item = desk.collect(ServiceCollector()).one("orders")
    found = operations(item)
    assert {name: one.backend for name, one in found.items()} == {
        "GET /orders/*": group,
        "ANY /health": None,
        "ANY /*": function,
    }
    assert found["GET /orders/*"].operation_id == "read"
    assert "header" not in found["GET /orders/*"].security.evidence
    assert {one.security.requirement for one in found.values()} == {"none"}
    assert [(one.key, one.kind, one.via) for one in item.backends] == sorted(
        [(group, "service", "vpc-1"), (function, "lambda", None)]
    )
    assert all(one.address.startswith("arn:aws:vpc-lattice:") for one in item.backends)


def test_a_default_answer_of_lattice_itself_is_no_operation(
    server: AwsServer, held: Lattice, desk: Desk
) -> None:
    held.service("bare").listen()
    item = desk.collect(ServiceCollector()).one("bare")
    assert (item.operations, item.backends) == ((), ())
    assert item.exposure_evidence == "in no service network"


def test_tls_that_is_passed_on_is_tcp(server: AwsServer, held: Lattice, desk: Desk) -> None:
    service = held.service("db").listen("TLS_PASSTHROUGH", 443)
    item = desk.collect(ServiceCollector()).one("db")
    assert (item.style, item.operations) == ("tcp", ())
    host = service.fields["dnsEntry"]["domainName"]
    assert [(one.url, one.mtls) for one in item.endpoints] == [(f"tls://{host}:443", "unknown")]
    assert server.calls.count("vpc-lattice:ListRules") == 0


@pytest.mark.parametrize(
    ("service_auth", "network_auths", "requirement"),
    [
        (IAM, ("NONE",), "required"),
        ("NONE", (IAM,), "required"),
        ("NONE", ("NONE",), "none"),
        ("NONE", (IAM, "NONE"), "none"),
        ("NONE", (), "none"),
        (IAM, (), "required"),
    ],
)
def test_a_caller_has_to_pass_network_and_service_on_the_easiest_way(
    service_auth: str,
    network_auths: tuple[str, ...],
    requirement: str,
    server: AwsServer,
    held: Lattice,
    desk: Desk,
) -> None:
    service = held.service("orders", auth=service_auth).listen(default=forward("tg-x"))
    for number, auth in enumerate(network_auths):
        service.join(held.network(f"net-{number}", auth=auth))
    (operation,) = desk.collect(ServiceCollector()).one("orders").operations
    assert operation.security.requirement == requirement
    assert bool(operation.security.schemes) is (requirement == "required")
    assert f"service: authType {service_auth}" in operation.security.evidence


def test_a_policy_that_lets_in_anyone_makes_a_signature_optional(
    server: AwsServer, held: Lattice, desk: Desk
) -> None:
    service = held.service("orders", auth=IAM).listen(default=forward("tg-x"))
    held.policy(service, allow(StringEquals={"aws:SourceVpc": "vpc-SECRET"}))
    (operation,) = desk.collect(ServiceCollector()).one("orders").operations
    assert operation.security.requirement == "optional"
    assert [scheme.kind for scheme in operation.security.schemes] == ["iam"]
    assert "allows anyone if StringEquals aws:SourceVpc (1)" in operation.security.evidence
    assert "SECRET" not in operation.security.evidence


def test_access_logs_of_the_service_or_of_every_way_to_it_count(
    server: AwsServer, held: Lattice, desk: Desk
) -> None:
    network = held.network("shared")
    held.log(network, "arn:aws:s3:::x")
    held.log(held.service("own"), "arn:aws:s3:::x")
    held.service("through").join(network)
    held.service("neither")
    seen = desk.collect(ServiceCollector())
    assert [seen.one(name).protections.access_log for name in ("own", "through", "neither")] == [
        "enabled",
        "enabled",
        "disabled",
    ]


def test_a_rule_that_asks_for_a_header_is_no_address_that_anybody_may_type(
    server: AwsServer, held: Lattice, desk: Desk
) -> None:
    group, beta, gamma = (held.target_group(name) for name in ("v1", "beta", "gamma"))
    service = held.service("orders").join(held.network("shared", "vpc-1")).listen()
    secret = {"X-Beta": "CANARY-beta"}
    service.rule(http_match("/orders", headers=secret), forward(beta), name="beta")
    service.rule(http_match("/orders"), forward(group), name="plain")
    service.rule(http_match("/orders", headers={"late": "1"}), forward(gamma), name="late")
    both = {**secret, "X-Team": "CANARY-team"}
    service.rule(http_match("/hidden", headers=both), forward(beta), name="hidden")
    service.rule(http_match("/split", headers={"a": "1"}), forward(beta), name="one")
    service.rule(http_match("/split", headers={"a": "2"}), forward(gamma), name="two")
    item = desk.collect(ServiceCollector()).one("orders")
    found = operations(item)
    assert {name: one.backend for name, one in found.items()} == {
        "ANY /orders/*": group,
        "ANY /hidden/*": beta,
        "ANY /split/*": UNKNOWN,
    }
    told = {name: one.security.evidence.rpartition("; ")[2] for name, one in found.items()}
    assert told == {
        "ANY /orders/*": "with header x-beta by rule beta",
        "ANY /hidden/*": "only with header x-beta, x-team by rule hidden",
        "ANY /split/*": "only with header a by rule one or with header a by rule two",
    }
    assert found["ANY /orders/*"].operation_id == "plain"
    assert b"CANARY" not in encode(item)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("CREATE_FAILED", ("failed", "CREATE_FAILED: LIMIT")),
        ("DELETE_IN_PROGRESS", ("inactive", "DELETE_IN_PROGRESS: LIMIT")),
        ("ACTIVE", ("active", None)),
    ],
)
def test_a_service_says_how_it_is(
    status: str, said: tuple[str, str | None], server: AwsServer, held: Lattice, desk: Desk
) -> None:
    held.service("orders", status=status, failureCode="LIMIT")
    item = desk.collect(ServiceCollector()).one("orders")
    assert (item.status, item.status_reason) == said


def test_services_are_left_out_by_tag_and_name(server: AwsServer, west: Region) -> None:
    held = fill(west, services=1)
    held.service("scratch-1")
    desk = Desk(exclude=Rules(names=("scratch-*",), tags=("owner=Team Orders",)))
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert set(seen.skipped) == set(held.services)
    assert server.calls.count("vpc-lattice:GetService") == 0
