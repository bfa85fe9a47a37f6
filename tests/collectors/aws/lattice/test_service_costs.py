"""What reading services of VPC Lattice costs, and what an unchanged estate does not ask for."""

from __future__ import annotations

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.demo.aws.estate.lattice import http_match
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import Desk
from tests.collectors.aws.lattice.samples import fill
from tests.collectors.aws.lattice.shelf import operations

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
