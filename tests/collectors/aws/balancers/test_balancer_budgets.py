"""What a visit of load balancers costs, counted on the wire, and what trying the rights costs."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.balancers.permissions import PERMISSIONS
from apiscape.collectors.trying import Grant, Tried
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.balancers.street import ONCE, edge, named, of
from tests.collectors.aws.desk import Desk

BALANCERS = 21
LISTENERS, GROUPS = 2, 3

pytestmark = pytest.mark.usefixtures("server")


def fill(west: Region) -> None:
    balancers = [edge(west, f"edge-{number}") for number in range(BALANCERS)]
    of(west).web_acl("shop", *balancers)
    of(west).web_acl("spare")


def test_each_call_is_one_that_is_needed_and_an_unchanged_visit_costs_no_more(
    west: Region, server: AwsServer
) -> None:
    fill(west)
    expected = {
        "elbv2:DescribeLoadBalancers": 1,
        "elbv2:DescribeTags": 2,
        "elbv2:DescribeListeners": BALANCERS,
        "elbv2:DescribeRules": BALANCERS * LISTENERS,
        "elbv2:DescribeLoadBalancerAttributes": BALANCERS,
        "elbv2:DescribeTargetGroups": 1,
        "elbv2:DescribeTargetHealth": BALANCERS * GROUPS,
        "wafv2:ListWebACLs": 1,
        "wafv2:ListResourcesForWebACL": 2,
    }
    desk = Desk(ONCE)
    first = desk.collect(ApplicationBalancerCollector())
    assert server.calls.by_operation() == expected
    assert desk.budget.calls == sum(expected.values())
    server.calls.clear()
    again = desk.collect(ApplicationBalancerCollector())
    desk.close()
    assert server.calls.by_operation() == expected
    assert [each.uid for each in again.entities if hasattr(each, "uid")] == [
        each.uid for each in first.entities if hasattr(each, "uid")
    ]


def test_without_the_health_of_targets_it_costs_a_call_less_for_each_group(
    west: Region, server: AwsServer
) -> None:
    fill(west)
    desk = Desk(named(target_health=False))
    desk.collect(ApplicationBalancerCollector())
    desk.close()
    assert len(server.calls) == 1 + 2 + 1 + 1 + 2 + BALANCERS * (2 + LISTENERS)


def test_a_region_without_load_balancers_costs_one_call(west: Region, server: AwsServer) -> None:
    of(west).web_acl("spare")
    desk = Desk(ONCE)
    seen = desk.collect(ApplicationBalancerCollector())
    desk.close()
    assert seen.whole
    assert server.calls.by_operation() == {"elbv2:DescribeLoadBalancers": 1}


def test_network_load_balancers_alone_are_asked_for_their_tags_twenty_at_a_time(
    west: Region, server: AwsServer
) -> None:
    for number in range(20):
        of(west).network(f"inside-{number}")
    of(west).web_acl("spare")
    desk = Desk(ONCE)
    seen = desk.collect(ApplicationBalancerCollector())
    desk.close()
    assert seen.whole
    assert server.calls.by_operation() == {
        "elbv2:DescribeLoadBalancers": 1,
        "elbv2:DescribeTags": 1,
    }


def attempt(desk: Desk) -> list[Tried]:
    collector = ApplicationBalancerCollector()
    with desk.session(collector) as session:

        class Lent:
            def __init__(self) -> None:
                self.session = session

        return list(collector.try_permissions(None, Lent()))  # type: ignore[arg-type]  # what it needs of a visit


def test_each_right_is_tried_by_one_call(west: Region, server: AwsServer, desk: Desk) -> None:
    fill(west)
    tried = attempt(desk)
    assert [each.permission for each in tried] == list(PERMISSIONS)
    assert {each.grant for each in tried} == {Grant.GRANTED}
    assert len(server.calls) == len(PERMISSIONS)


def test_a_right_that_is_denied_is_said_to_be(west: Region, server: AwsServer, desk: Desk) -> None:
    fill(west)
    west.deny("wafv2:ListWebACLs")
    grants = {each.permission.action: each.grant for each in attempt(desk)}
    assert grants.pop("wafv2:ListWebACLs") == Grant.DENIED
    untold = {"wafv2:ListResourcesForWebACL", "elasticloadbalancing:DescribeWebACLAssociation"}
    assert {action for action, grant in grants.items() if grant == Grant.UNKNOWN} == untold


def test_where_there_is_none_only_the_lists_can_be_tried(
    west: Region, server: AwsServer, desk: Desk
) -> None:
    of(west).network("inside")
    tried = {each.permission.action: each for each in attempt(desk)}
    assert tried["elasticloadbalancing:DescribeLoadBalancers"].grant == Grant.GRANTED
    assert "no load balancer" in (tried["elasticloadbalancing:DescribeRules"].reason or "") or (
        "no listener" in (tried["elasticloadbalancing:DescribeRules"].reason or "")
    )
    assert tried["elasticloadbalancing:DescribeTags"].grant == Grant.GRANTED  # any type has some
