"""A load balancer read once, in tests."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.demo.aws.estate.balancers import LoadBalancer, fixed_response, forward
from apiscape.demo.aws.estate.region import Region
from tests.collectors.aws.balancers.street import ONCE, of
from tests.collectors.aws.desk import Desk, Seen


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
