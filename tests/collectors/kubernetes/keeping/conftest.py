"""A cluster that is followed into a store, and nothing that is waited for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.collectors.kubernetes import following, reflector
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.store import Store
from tests.collectors.kubernetes.estate import make_cluster, shop
from tests.store.copies import opened_copy


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(*shop())


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "GATHER_S", 0.02)
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    monkeypatch.setattr(reflector, "FIRST_BACK_OFF_S", 0.01)
    monkeypatch.setattr(reflector, "LONGEST_BACK_OFF_S", 0.02)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened
