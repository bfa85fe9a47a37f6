"""An emulated cluster with a few services, and what asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.anywhere import Somewhere
from tests.collectors.kubernetes.bench import Line, Purse
from tests.collectors.kubernetes.estate import definitions, namespace
from tests.collectors.kubernetes.kubeconfigs import kubeconfig, write
from tests.collectors.kubernetes.making import service
from tests.proxies import forget_variables
from tests.unit.demo.kubernetes.conftest import REAL, TOKEN
from tests.unit.health.probing.servers import certificate


@pytest.fixture(autouse=True)
def _no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have no variable say how to get to a cluster."""
    forget_variables(monkeypatch)


@pytest.fixture(scope="session")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of a server that is its own authority, with its key."""
    return certificate(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="session")
def client_pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of a client, with its key."""
    return certificate(tmp_path_factory.mktemp("client"), name="ann")


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


@pytest.fixture
def somewhere(pem: Path, tmp_path: Path) -> Iterator[Somewhere]:
    """The cluster that KUBECONFIG names, else an emulated one, with a namespace of the test's own."""
    if REAL:
        yield from _lent(Somewhere(Path(REAL)))
        return
    cluster = Cluster(takes_anonymous=False)
    cluster.access.grant("tester", TOKEN, (EVERYTHING,))
    cluster.add(*definitions())
    with KubernetesServer(cluster, certificate=pem) as running:
        place = {"server": running.url, "certificate-authority": str(pem)}
        told = kubeconfig({"one": place}, {"one": {"token": TOKEN}}, current="one")
        yield from _lent(Somewhere(write(tmp_path / "config", told), running))


def _lent(lent: Somewhere) -> Iterator[Somewhere]:
    try:
        lent.add(namespace(lent.space, team="testers"))
        yield lent
    finally:
        lent.clear()
    assert lent.is_empty()
