"""An emulated cluster with a few services, and what asks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.bench import Line, Purse
from tests.collectors.kubernetes.making import service


@pytest.fixture
def cluster() -> Cluster:
    made = Cluster()
    made.add(*(service(name) for name in "abc"))
    return made


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture
def purse() -> Purse:
    return Purse()


@pytest.fixture
def wire(server: KubernetesServer, purse: Purse) -> Iterator[Wire]:
    made = Wire(Line(server.url), purse)
    yield made
    made.hang_up()
