"""The rights that services of VPC Lattice need, each tried by one call."""

from __future__ import annotations

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.trying import Grant
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import Desk
from tests.collectors.aws.lattice.samples import fill
from tests.collectors.aws.test_trials import attempt, grants


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
