"""The emulated API server over a small cluster, or in its place the cluster that KUBECONFIG names."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.unit.demo.kubernetes.wire import Wire, wire_of
from tests.unit.health.probing.servers import certificate

TOKEN = "sesame"
REAL = os.environ.get("KUBECONFIG")


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture
def wire(server: KubernetesServer) -> Wire:
    """What asks the emulated server."""
    return Wire(server.url)


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that is its own authority, with its key."""
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def anywhere(pem: Path) -> Iterator[Wire]:
    """What asks a server that may be a real one: by TLS, and with a token."""
    if REAL:
        yield wire_of(Path(REAL))
        return
    cluster = Cluster(takes_anonymous=False)
    cluster.access.grant("tester", TOKEN, (EVERYTHING,))
    with KubernetesServer(cluster, certificate=pem) as running:
        trust = ssl.create_default_context(cafile=pem)
        yield Wire(running.url, trust, {"Authorization": f"Bearer {TOKEN}"})
