"""The emulated world: a fictional department, served over the providers' own wire protocols.

What the demo shows is real in all but its gateways: the same SDK calls, collectors, ledger and
store as on an account.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from apiscape.model.entity import Entity

SOURCE = "department"
FAMILIES = ("apigateway", "apigateway:GetResources", "cloudwatch:GetMetricData")
FAST = {"rate_per_s": 1000, "burst": 1000}
"""The emulated gateways serve nobody else, so the demo need not be polite."""


class World(Entity, frozen=True):
    """Where the emulated gateways are and what a configuration says to visit them.

    Attributes:
        configuration: As a configuration file would have it.
        environment: Variables that the SDKs sign in by; made-up credentials of the emulated world.
    """

    configuration: dict[str, Any]
    environment: dict[str, str]


@contextmanager
def emulated_world(seed: int = 1) -> Iterator[World]:
    """Serve the department on loopback for the time of a `with`, with the published quotas' headroom."""
    from apiscape.demo.aws.seeds.department import department
    from apiscape.demo.aws.wire.server import AwsServer

    world = department(seed, today=datetime.now(UTC))
    with AwsServer(world.estate) as server:
        roles = [{"role_arn": role, "external_id": world.external_id} for role in world.roles]
        source = {
            "name": SOURCE,
            "provider": "aws",
            "regions": list(world.regions),
            "roles": roles,
            "endpoint_url": server.url,
            "quotas": dict.fromkeys(FAMILIES, FAST),
            "traffic": {"every_s": 900, "window_s": 900},
        }
        yield World(
            configuration={"sources": [source]},
            environment=server.environment(world.hub, world.regions[0]),
        )


@contextmanager
def signed_in(environment: Mapping[str, str]) -> Iterator[None]:
    """Set variables for the time of a `with`, and put back what was there."""
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
