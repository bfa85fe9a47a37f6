"""Services of VPC Lattice, from the emulated one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import PartAbsent, Unsupported
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.lattice import IAM, Lattice, answer, forward, http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.identity import deployment_uid
from apiscape.model.run import Reach, Scope
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.lattice.samples import allow, fill
from tests.collectors.aws.test_trials import attempt, grants

THEIRS = "444455556666"
ONCE = AwsSettings(total_max_attempts=1)
CALL = AwsSession.call

KUBERNETES = {
    "application-networking.k8s.aws/ManagedBy": "111122223333/cluster/vpc-1",
    "application-networking.k8s.aws/RouteName": "orders",
    "application-networking.k8s.aws/RouteNamespace": "shop",
}


@pytest.fixture
def held(west: Region) -> Lattice:
    return west.shelves.of(Lattice)


def operations(item: Any) -> dict[str, Any]:
    return {f"{one.verb} {one.template}": one for one in item.operations}


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


def test_what_is_shared_belongs_to_its_owner(
    server: AwsServer, held: Lattice, estate: AwsEstate, desk: Desk
) -> None:
    theirs = estate.account(THEIRS).region(REGION).shelves.of(Lattice)
    held.share(theirs.service("theirs").join(theirs.network("theirs", auth=IAM)).listen())
    item = desk.collect(ServiceCollector()).one("theirs")
    assert item.account == THEIRS
    assert item.native_id.startswith(f"aws:{THEIRS}:{REGION}:vpc-lattice:svc-")


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


# ── Shared between accounts that are both visited ────────────────────────────


@pytest.fixture
def both(server: AwsServer, estate: AwsEstate, held: Lattice) -> Iterator[Desk]:
    """Two accounts of one source, of which the second shares a service with the first."""
    their_account = estate.account(THEIRS, "tax-shared").only_regions(REGION)
    theirs = their_account.region(REGION).shelves.of(Lattice)
    shared = theirs.service("theirs").join(theirs.network("theirs", "vpc-9", auth=IAM)).listen()
    held.share(shared.tag({"owner": "Team Theirs"}))
    held.service("ours").listen()
    their_account.role("reader")
    desk = Desk(AwsSettings(regions=(REGION,), accounts=(ACCOUNT, THEIRS), role_name="reader"))
    yield desk
    desk.close()


def uids(seen: Seen) -> dict[str, str]:
    assert (seen.error, seen.whole, seen.closes()) == (None, True, True)
    return {item.name: item.uid for item in (*seen.entities, *seen.unchanged)}


def test_what_is_shared_is_held_by_its_owner_where_both_are_visited(
    server: AwsServer, both: Desk
) -> None:
    both.provider.plan("prod", both.settings)
    for _ in range(2):  # the second cycle gives each what the first did
        ours = both.collect(ServiceCollector())
        theirs = both.collect(ServiceCollector(), account=THEIRS)
        assert sorted(uids(ours)) == ["ours"]
        assert sorted(uids(theirs)) == ["theirs"]
        assert list(ours.skipped.values()) == [f"shared by account {THEIRS}, which is visited"]
        assert set(ours.skipped) == set(theirs.listed)
        assert theirs.skipped == {}
        assert theirs.one("theirs").owners[0].name == "Team Theirs"


def test_what_is_shared_is_left_to_another_source_that_visits_its_owner(
    server: AwsServer, both: Desk
) -> None:
    reach = Reach(key=f"{THEIRS}/{REGION}", account=THEIRS, region=REGION)
    theirs = Scope("others", "aws", ServiceCollector.product, reach)
    both.provider.leave_to([theirs])
    ours = both.collect(ServiceCollector())
    assert sorted(uids(ours)) == ["ours"]
    assert list(ours.skipped.values()) == [
        f"shared by account {THEIRS}, which source others visits"
    ]
    elsewhere = msgspec.structs.replace(theirs, product="aws.alb")
    both.provider.leave_to([elsewhere])
    assert sorted(uids(both.collect(ServiceCollector()))) == ["ours", "theirs"]


def test_what_is_shared_costs_nothing_where_its_owner_is_visited(
    server: AwsServer, both: Desk
) -> None:
    both.collect(ServiceCollector())
    before = server.calls.by_operation()
    server.calls.clear()
    both.provider.plan("prod", both.settings)
    both.collect(ServiceCollector())
    after = server.calls.by_operation()
    for operation in ("vpc-lattice:ListTagsForResource", "vpc-lattice:GetService"):
        assert (before[operation], after[operation]) == (2, 1)


@pytest.mark.parametrize("how", ["not planned", "not to be got into", "another region"])
def test_what_is_shared_is_held_here_where_its_owner_is_not_visited(
    how: str, server: AwsServer, estate: AwsEstate, both: Desk, west: Region
) -> None:
    if how == "not to be got into":
        estate.accounts[THEIRS].roles.clear()
    if how == "another region":
        both.settings = msgspec.structs.replace(both.settings, regions=("eu-west-2",))
    if how != "not planned":
        both.provider.plan("prod", both.settings)
    west.deny("vpc-lattice:ListTagsForResource")
    seen = both.collect(ServiceCollector())
    assert sorted(uids(seen)) == ["ours", "theirs"]
    item = seen.one("theirs")
    assert (item.account, item.owners, item.labels) == (THEIRS, UNKNOWN, UNKNOWN)
    assert ("tags", "access_denied") in seen.unseen
    assert item.native_id.startswith(f"aws:{THEIRS}:{REGION}:vpc-lattice:svc-")


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


# ── What it costs ────────────────────────────────────────────────────────────

PER_SERVICE = {
    "vpc-lattice:GetService": 1,
    "vpc-lattice:ListTagsForResource": 1,
    "vpc-lattice:ListServiceNetworkServiceAssociations": 1,
    "vpc-lattice:ListListeners": 1,
    "vpc-lattice:ListRules": 1,
}


def costs(services: int, networks: int, **more: int) -> dict[str, int]:
    named = {f"vpc-lattice:{operation}": calls for operation, calls in more.items()}
    each = {operation: calls * services for operation, calls in PER_SERVICE.items()}
    return {
        "vpc-lattice:ListServices": 1,
        **each,
        "vpc-lattice:GetServiceNetwork": networks,
        "vpc-lattice:ListServiceNetworkVpcAssociations": networks,
        "vpc-lattice:GetAuthPolicy": services + networks,
        "vpc-lattice:ListAccessLogSubscriptions": services + networks,
        **named,
    }


def test_an_unchanged_estate_asks_for_no_rule(server: AwsServer, west: Region, desk: Desk) -> None:
    held = fill(west, services=10)
    first = desk.collect(ServiceCollector())
    assert server.calls.by_operation() == costs(10, 1, GetRule=30, ListTargetGroups=1)
    server.calls.clear()
    again = desk.collect(ServiceCollector(), known=first.known())
    assert server.calls.by_operation() == costs(10, 1)
    assert len(again.unchanged) == 10
    assert again.entities == []
    server.calls.clear()
    next(iter(held.services.values())).edit_rule("read", match=http_match("/other"))
    changed = desk.collect(ServiceCollector(), known=first.known())
    assert server.calls.by_operation() == costs(10, 1, GetRule=3, ListTargetGroups=1)
    assert [list(operations(item)) for item in changed.entities] == [
        ["ANY /health", "ANY /other/*"]
    ]


def test_what_a_network_asks_is_part_of_what_may_change(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = fill(west, services=1)
    next(iter(held.services.values())).edit(authType="NONE")
    first = desk.collect(ServiceCollector())
    next(iter(held.networks.values())).fields["authType"] = "NONE"
    again = desk.collect(ServiceCollector(), known=first.known())
    assert {one.security.requirement for one in again.entities[0].operations} == {"none"}


# ── What goes wrong ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("operation", "detail", "unknown"),
    [
        ("GetService", "service", "security"),
        ("ListTagsForResource", "tags", "labels"),
        ("ListListeners", "listeners", "endpoints"),
        ("ListRules", "rules", "operations"),
        ("GetRule", "rules", "operations"),
        ("ListTargetGroups", "target groups", "kinds"),
        ("ListServiceNetworkServiceAssociations", "service networks", "access_log"),
        ("ListServiceNetworkVpcAssociations", "VPCs of service network shared", "vpcs"),
        ("GetServiceNetwork", "service network shared", ""),
        ("GetAuthPolicy", "auth policy of the service", "security"),
        ("ListAccessLogSubscriptions", "access logs of the service", "access_log"),
    ],
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, unknown: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    held = fill(west, services=1)
    next(iter(held.networks.values())).fields["authType"] = "NONE"
    west.deny(f"vpc-lattice:{operation}")
    seen = desk.collect(ServiceCollector())
    assert seen.whole
    assert (detail, "access_denied") in seen.unseen
    item = seen.one("orders-0")
    told = {
        "labels": item.labels,
        "endpoints": item.endpoints,
        "operations": item.operations,
        "access_log": item.protections.access_log,
    }
    words = {
        "security": lambda: {one.security.requirement for one in item.operations} == {"unknown"},
        "kinds": lambda: {one.kind for one in item.backends} == {"unknown"},
        "vpcs": lambda: "shared (VPCs not known)" in item.exposure_evidence,
        "": lambda: {one.security.requirement for one in item.operations} == {"required"},
    }
    assert words[unknown]() if unknown in words else told[unknown] in {UNKNOWN, "unknown"}


def test_a_denied_listing_is_no_empty_one(server: AwsServer, west: Region, desk: Desk) -> None:
    fill(west)
    west.deny("vpc-lattice:ListServices")
    seen = desk.collect(ServiceCollector())
    assert not seen.whole
    assert str(seen.error) == "needs vpc-lattice:ListServices in eu-west-1"


@pytest.mark.parametrize("operation", ["ListTagsForResource", "GetService", "GetRule"])
def test_a_service_that_goes_while_it_is_read_is_gone_alone(
    operation: str, server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = fill(west)
    key = next(iter(held.services))

    def gone(session: AwsSession, name: str, *given: Any) -> Any:
        if name == f"vpc-lattice:{operation}":
            held.services.pop(key, None)
        return CALL(session, name, *given)

    monkeypatch.setattr(AwsSession, "call", gone)
    seen = desk.collect(ServiceCollector())
    assert {native_id: error.kind for native_id, error in seen.failed.items()} == {key: "gone"}
    assert len(seen.recorded) == 2
    assert seen.closes()


def test_a_network_that_goes_while_it_is_read_is_a_gap_of_its_services(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = fill(west, services=1)

    def gone(session: AwsSession, name: str, *given: Any) -> Any:
        if name == "vpc-lattice:GetServiceNetwork":
            held.networks.clear()
            next(iter(held.services.values())).networks.clear()
        return CALL(session, name, *given)

    monkeypatch.setattr(AwsSession, "call", gone)
    seen = desk.collect(ServiceCollector())
    assert seen.unseen == [("service network shared", "malformed")]
    assert seen.closes()


@pytest.mark.parametrize(
    ("kind", "said"), [("throttle", "throttled"), ("cut", "unreachable"), ("error", "unreachable")]
)
def test_what_stays_broken_fails_its_service_alone(
    kind: str, said: str, server: AwsServer, west: Region
) -> None:
    held = fill(west)
    key = next(iter(held.services))
    server.inject(Fault(kind=kind, operation="GetService", resource=key))
    desk = Desk(ONCE)
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert seen.failed[key].kind == said
    assert len(seen.recorded) == 2
    assert seen.whole


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_a_listing_without_an_end_is_not_complete(
    kind: str, server: AwsServer, west: Region
) -> None:
    fill(west)
    server.inject(Fault(kind=kind, operation="ListServices"))
    desk = Desk(ONCE)
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert not seen.whole
    assert getattr(seen.error, "kind", None) == "malformed"


def test_a_policy_that_cannot_be_read_is_a_gap(server: AwsServer, west: Region, desk: Desk) -> None:
    held = fill(west, services=1)
    held.policies[next(iter(held.services))] = "{"
    next(iter(held.networks.values())).fields["authType"] = "NONE"
    seen = desk.collect(ServiceCollector())
    assert seen.unseen == [("auth policy of the service", "malformed")]
    asked = {one.security.requirement for one in seen.one("orders-0").operations}
    assert asked == {"unknown"}


def test_services_are_left_out_by_tag_and_name(server: AwsServer, west: Region) -> None:
    held = fill(west, services=1)
    held.service("scratch-1")
    desk = Desk(exclude=Rules(names=("scratch-*",), tags=("owner=Team Orders",)))
    seen = desk.collect(ServiceCollector())
    desk.close()
    assert set(seen.skipped) == set(held.services)
    assert server.calls.count("vpc-lattice:GetService") == 0


def test_an_endpoint_or_sdk_without_lattice(
    server: AwsServer, west: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import Session

    def unknown(*_: object, **__: object) -> Any:
        raise UnknownServiceError(service_name="vpc-lattice", known_service_names="")

    desk = Desk(ONCE)
    server.inject(Fault(kind="no_route", operation="ListServices"))
    seen = desk.collect(ServiceCollector())
    assert [one.part for one in seen.of(PartAbsent)] == ["ListServices"]
    assert seen.error is None
    monkeypatch.setattr(Session, "create_client", unknown)
    assert isinstance(desk.collect(ServiceCollector()).error, Unsupported)
    desk.close()


def test_each_right_is_tried_by_one_call_and_said_where_it_is_denied(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, services=1)
    wanted = [permission.operations[0] for permission in ServiceCollector.permissions]
    assert grants(attempt(desk, ServiceCollector)) == dict.fromkeys(wanted, Grant.GRANTED)
    assert server.calls.by_operation() == dict.fromkeys(wanted, 1)
    for operation in wanted:
        west.deny(operation)
        assert attempt(desk, ServiceCollector)[operation].grant == Grant.DENIED
        west.allow(operation)
