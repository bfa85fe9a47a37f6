"""Broken answers about load balancers: each gap is named, and nothing unknown passes for "none"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.paging import Paging
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.contract import Unsupported
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import ErrorKind
from apiscape.settings.schema import Rules
from tests.collectors.aws.balancers.street import ONCE, edge, item, of, signals
from tests.collectors.aws.desk import Desk, Seen
from tests.collectors.aws.test_faults import MAPPED, errors
from tests.collectors.aws.world import small_pages

XML = {"cut": {ErrorKind.MALFORMED}}
"""What the SDK says of XML that breaks off, where it reads JSON as an empty answer."""

API = "edge.shop.example/orders"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.fixture
def street(west: Region, server: AwsServer) -> Iterator[Region]:
    of(west).web_acl("shop", edge(west))
    yield west
    assert server.violations == []


def look(exclude: Rules | None = None) -> Seen:
    desk = Desk(ONCE, exclude=exclude)
    seen = desk.collect(ApplicationBalancerCollector())
    desk.close()
    return seen


@pytest.mark.parametrize("kind", MAPPED)
def test_whichever_call_breaks_it_is_said_and_nothing_is_lost(
    kind: str, street: Region, server: AwsServer
) -> None:
    clean = look()
    calls = len(server.calls)
    assert clean.error is None
    assert calls == 12
    for index in range(calls):
        server.clear_faults()
        start = len(server.calls)
        server.inject(Fault(kind=kind, call_index=range(start + index, start + index + 20)))
        seen = look()
        said = errors(seen)
        assert said, f"call {index}: nothing is said"
        assert said <= MAPPED[kind] | XML.get(kind, set()), f"call {index}: {said}"
        assert not seen.whole or set(seen.listed) == set(clean.listed)
        assert seen.closes() or not seen.whole


@pytest.mark.parametrize(
    ("operation", "detail"),
    [
        ("elbv2:DescribeTags", "tags"),
        ("elbv2:DescribeLoadBalancerAttributes", "attributes"),
        ("elbv2:DescribeTargetGroups", "target groups"),
        ("elbv2:DescribeTargetHealth", "target health"),
        ("wafv2:ListWebACLs", "firewall"),
        ("wafv2:ListResourcesForWebACL", "firewall"),
    ],
)
def test_a_denied_detail_is_a_gap_and_leaves_unknown_what_it_would_have_told(
    operation: str, detail: str, street: Region, server: AwsServer
) -> None:
    street.deny(operation)
    seen = look()
    assert seen.unseen == [(detail, "access_denied")]
    assert seen.closes()
    found = item(seen, API)
    unknown = {
        "tags": (found.labels, found.owners) == (UNKNOWN, UNKNOWN),
        "attributes": found.protections.access_log == "unknown",
        "target groups": found.style == "unknown",
        "target health": [each.value for each in signals(seen, "backends.ready")] == [None] * 4,
        "firewall": found.protections.waf == "unknown",
    }
    assert [name for name, is_so in unknown.items() if is_so] == [detail]


@pytest.mark.parametrize("operation", ["elbv2:DescribeListeners", "elbv2:DescribeRules"])
def test_without_listeners_or_rules_a_load_balancer_fails_and_keeps_what_was_known(
    operation: str, street: Region, server: AwsServer
) -> None:
    street.deny(operation)
    seen = look()
    assert seen.whole
    assert seen.recorded == {}
    (error,) = seen.failed.values()
    assert error.kind == "access_denied"
    assert error.permission == f"elasticloadbalancing:{operation.partition(':')[2]}"


def test_a_firewall_that_was_found_is_known_though_others_may_not_be_looked_at(
    street: Region, server: AwsServer
) -> None:
    of(street).web_acl("other")
    edge(street, "bare")
    server.inject(Fault(kind="deny", operation="ListResourcesForWebACL", occurrence=1))
    seen = look()
    assert item(seen, API).protections.waf == "enabled"
    assert item(seen, "bare.shop.example/orders").protections.waf == "unknown"
    assert seen.unseen == [("firewall", "access_denied")]


def test_a_denial_by_an_organisation_says_so(street: Region, server: AwsServer) -> None:
    street.deny("elbv2:DescribeLoadBalancers", scp=True)
    assert str(look().error) == (
        "a service control policy explicitly denies elasticloadbalancing:DescribeLoadBalancers in eu-west-1"
    )


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
@pytest.mark.parametrize(
    "operation", ["DescribeLoadBalancers", "DescribeListeners", "DescribeRules"]
)
def test_a_listing_without_an_end_ends_and_is_not_complete(
    operation: str, kind: str, street: Region, server: AwsServer
) -> None:
    server.inject(Fault(kind=kind, operation=operation))
    seen = look()
    assert errors(seen) == {"malformed"}
    assert seen.whole is (operation != "DescribeLoadBalancers")
    assert len(server.calls) < 60


def test_pages_are_read_to_the_end(
    street: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        edge(street, f"edge-{number}")
    whole = look()
    pages: dict[str, Paging] = small_pages(
        *(f"elbv2:Describe{name}" for name in ("LoadBalancers", "Listeners", "Rules")),
        "elbv2:DescribeTargetGroups",
        "wafv2:ListWebACLs",
    )
    monkeypatch.setattr("apiscape.collectors.aws.paging.PAGING", pages)
    assert sorted(each.uid for each in look().entities if isinstance(each, Deployment)) == sorted(
        each.uid for each in whole.entities if isinstance(each, Deployment)
    )
    assert server.calls.count("elbv2:DescribeLoadBalancers") == 1 + 3


@pytest.mark.parametrize(
    "operation", ["DescribeListeners", "DescribeRules", "DescribeLoadBalancerAttributes"]
)
def test_one_that_is_gone_meanwhile_is_said_to_be_gone(
    operation: str, street: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed, kept = next(iter(of(street).balancers)), edge(street, "kept").arn
    call = AwsSession.call

    def delete_first(session: AwsSession, name: str, *given: object) -> object:
        if name == f"elbv2:{operation}":
            of(street).balancers.pop(doomed, None)
        return call(session, name, *given)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(AwsSession, "call", delete_first)
    seen = look()
    assert {arn: error.kind for arn, error in seen.failed.items()} == {doomed: "gone"}
    assert list(seen.recorded) == [kept]


def test_one_that_is_gone_before_its_tags_are_read_costs_the_others_nothing(
    street: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed, kept = next(iter(of(street).balancers)), edge(street, "kept").arn
    call = AwsSession.call

    def delete_first(session: AwsSession, name: str, *given: object) -> object:
        if name == "elbv2:DescribeTags":
            of(street).balancers.pop(doomed, None)
        return call(session, name, *given)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(AwsSession, "call", delete_first)
    seen = look()
    assert {arn: error.kind for arn, error in seen.failed.items()} == {doomed: "gone"}
    assert list(seen.recorded) == [kept]
    assert item(seen, "kept.shop.example/orders").labels != UNKNOWN


def test_a_target_group_and_a_firewall_that_are_gone_meanwhile_are_no_gaps(
    street: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = AwsSession.call

    def delete_first(session: AwsSession, name: str, *given: object) -> object:
        if name == "wafv2:ListResourcesForWebACL":
            of(street).web_acls.clear()
        if name == "elbv2:DescribeTargetHealth":
            of(street).groups.clear()
        return call(session, name, *given)  # type: ignore[arg-type]  # as it was given

    monkeypatch.setattr(AwsSession, "call", delete_first)
    seen = look()
    assert seen.unseen == []
    assert item(seen, API).protections.waf == "disabled"
    ready: list[Signal] = signals(seen, "backends.ready")
    assert {each.value for each in ready} == {None}


def test_what_is_left_out_by_name_or_tag_is_skipped_and_not_looked_at(
    street: Region, server: AwsServer
) -> None:
    edge(street, "kept").tags["team"] = "pay"
    edge(street, "tagged").tags["team"] = "gone"
    seen = look(Rules(names=("edge",), tags=("team=gone",)))
    assert len(seen.recorded) == 1
    assert len(seen.skipped) == 2
    assert seen.closes()
    assert server.calls.count("elbv2:DescribeListeners") == 1


def test_an_sdk_that_knows_no_such_service_ends_the_part_in_words(
    street: Region, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.exceptions import UnknownServiceError
    from botocore.session import Session

    def unknown(_session: Session, service: str, *_: object, **__: object) -> None:
        raise UnknownServiceError(service_name=service, known_service_names="")

    monkeypatch.setattr(Session, "create_client", unknown)
    seen = look()
    assert isinstance(seen.error, Unsupported)
    assert str(seen.error).startswith("the SDK knows no elbv2:* in eu-west-1")
