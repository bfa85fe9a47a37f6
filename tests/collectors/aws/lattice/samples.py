"""An estate of VPC Lattice that the tests share."""

from __future__ import annotations

from typing import Any

from apiscape.demo.aws.estate.lattice import IAM, Lattice, answer, forward, http_match
from apiscape.demo.aws.estate.region import Region


def fill(region: Region, services: int = 3) -> Lattice:
    """Give a region services in one network, each with two rules beside the default one."""
    held = region.shelves.of(Lattice)
    group = held.target_group("orders-v1", vpcIdentifier="vpc-1")
    network = held.network("shared", "vpc-1", "vpc-2", auth=IAM)
    for number in range(services):
        service = held.service(f"orders-{number}", auth=IAM).join(network).listen()
        service.rule(http_match("/orders", method="GET"), forward(group), name="read")
        service.rule(http_match("/health", exact=True), answer(200), name="health")
        service.tag({"owner": "Team Orders"})
    return held


def allow(principal: Any = "*", resource: Any = "*", **condition: Any) -> dict[str, Any]:
    """Make a statement that lets in a principal, under conditions."""
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": resource,
    }
    return statement | ({"Condition": condition} if condition else {})
