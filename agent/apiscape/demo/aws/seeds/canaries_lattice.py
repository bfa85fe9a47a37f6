"""Secrets planted wherever a read of VPC Lattice can return one."""

from __future__ import annotations

from collections.abc import Callable

from apiscape.demo.aws.estate.lattice import IAM, Lattice, answer, http_match
from apiscape.demo.aws.estate.region import Region

Plant = Callable[[str], str]


def plant_in_lattice(region: Region, plant: Plant) -> None:
    """Plant secrets in every service and network that a region has."""
    held = region.shelves.of(Lattice)
    for service in list(held.services.values()):
        service.tag({"password": plant("latticeTag")})
        service.edit(authType=IAM, failureMessage=plant("failureMessage"))
        held.policy(service, _only_with(plant("serviceCondition")))
        if not service.listeners:
            service.listen()
        match = http_match("/canary", headers={"x-secret": plant("headerValue")})
        service.rule(match, answer(200))
    for network in list(held.networks.values()):
        network.fields["authType"] = IAM
        held.policy(network, _only_with(plant("networkCondition")))


def _only_with(value: str) -> dict[str, object]:
    condition = {"StringEquals": {"vpc-lattice-svcs:RequestHeader/x-secret": value}}
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "vpc-lattice-svcs:Invoke",
        "Resource": "*",
        "Condition": condition,
    }
