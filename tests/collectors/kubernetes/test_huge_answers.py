"""Answers without measure: read in smaller pages, or named; little memory is held, and all other resources go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apiscape.collectors.kubernetes import beat
from apiscape.collectors.kubernetes.wire import LARGEST_ANSWER_BYTES, LARGEST_LINE_BYTES
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.kubernetes.estate import Json, make_cluster, route, shop
from tests.collectors.kubernetes.following.conftest import hasty
from tests.collectors.kubernetes.following.room import ROUTES, is_synced
from tests.collectors.kubernetes.visiting import Session, following, read

__all__ = ["hasty"]

ROOM = Path(__file__).parents[3]
HUGE = 50_000_000
MIB = 1024

CHILD = """
import sys
from pathlib import Path
from tests.collectors.kubernetes.visiting import Session, read

def most_kib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

before = most_kib()
told = read(Session(sys.argv[1]))
print(len(told.deployments), sorted(told.broken), most_kib() - before)
"""


def heavy(name: str, size: int, **given: object) -> Json:
    """Return a route with so many bytes that nobody asks for."""
    made = route(name, **given)  # type: ignore[arg-type]
    made["spec"]["notes"] = "x" * size
    return made


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc says what is held")
def test_a_page_of_a_hundred_megabytes_is_read_in_smaller_ones() -> None:
    cluster = make_cluster(*shop(), *(heavy(f"r{n}", HUGE // 100) for n in range(200)))
    with KubernetesServer(cluster) as server:
        command = [sys.executable, "-c", CHILD, server.url]
        said = subprocess.run(command, cwd=ROOM, capture_output=True, text=True, check=False)
        limits = [
            dict(call.query)["limit"]
            for call in server.calls
            if call.verb == "list" and "httproutes" in call.path
        ]
    assert said.returncode == 0, said.stderr
    number, broken, grown_kib = said.stdout.split()
    assert (number, broken) == ("201", "[]")
    assert limits == ["500", *["50"] * 5]
    assert int(grown_kib) < 90 * MIB


def test_an_object_of_fifty_megabytes_fails_its_own_part_alone() -> None:
    cluster = make_cluster(*shop(), heavy("heavy", HUGE))
    with KubernetesServer(cluster) as server:
        told = read(Session(server))
    assert told.broken == {ROUTES: ErrorKind.MALFORMED}
    assert ROUTES not in told.whole
    assert told.gateways.keys() == {"infra/edge"}
    assert told.closes()


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(*shop())


def test_an_event_of_fifty_megabytes_is_named_and_the_others_are_followed(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beat.Beat, "patience_s", 0.5)
    with following(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.add(heavy("heavy", HUGE))
        assert watch.until(lambda told: told.broken == {ROUTES: ErrorKind.MALFORMED})
        watch.since()
        cluster.remove(heavy("heavy", 1))
        assert watch.until(lambda told: ROUTES in told.synced)
        assert watch.told.deployments.keys() == {"shop/orders@infra/edge"}


def test_an_event_that_is_too_large_is_read_as_a_list(
    server: KubernetesServer, cluster: Cluster
) -> None:
    size = (LARGEST_LINE_BYTES + LARGEST_ANSWER_BYTES) // 4
    with following(Session(server)) as watch:
        assert watch.until(is_synced)
        cluster.add(heavy("heavy", size, hostnames=["heavy.example"]))
        assert watch.until(lambda told: "shop/heavy@infra/edge" in told.deployments)
        cluster.add(route("cards"))
        assert watch.until(lambda told: "shop/cards@infra/edge" in told.deployments)
        assert not watch.told.broken
