"""The emulated world: a fictional department, served over the providers' own wire protocols.

What the demo shows is real in all but its gateways: the same SDK calls, collectors, ledger and
store as on an account.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apiscape.model.entity import Entity

SOURCE, CLUSTER = "department", "cluster"
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
    with emulated_aws(seed) as aws, emulated_cluster() as cluster:
        yield World(
            configuration={"sources": [each for world in (cluster, aws) for each in world.sources]},
            environment=aws.environment | cluster.environment,
        )


class Served(Entity, frozen=True):
    """One provider of the emulated world: sources for a configuration, and variables to sign in by."""

    sources: tuple[dict[str, Any], ...]
    environment: dict[str, str]


@contextmanager
def emulated_aws(seed: int = 1) -> Iterator[Served]:
    """Serve the department's accounts for the time of a `with`."""
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
        yield Served((source,), server.environment(world.hub, world.regions[0]))


@contextmanager
def emulated_cluster() -> Iterator[Served]:
    """Serve the department's cluster for the time of a `with`; its kubeconfig knows another one too."""
    from apiscape.demo.kubernetes.seeds.department import department
    from apiscape.demo.kubernetes.seeds.kubeconfig import kubeconfig
    from apiscape.demo.kubernetes.server import KubernetesServer

    with (
        tempfile.TemporaryDirectory(prefix="apiscape-demo-cluster-") as folder,
        KubernetesServer(department(datetime.now(UTC))) as server,
    ):
        path = Path(folder) / "kubeconfig.yaml"
        path.write_text(kubeconfig(server.url), encoding="utf-8")
        source = {
            "name": CLUSTER,
            "provider": "kubernetes",
            "kubeconfig": str(path),
            "contexts": ["department"],
            "quotas": {"kubernetes": FAST},
        }
        yield Served((source,), {})


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
