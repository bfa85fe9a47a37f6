"""Threads that take turns: never more than there may be, and nobody waits for ever."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from apiscape.collectors.kubernetes import following, reflectors
from apiscape.collectors.kubernetes.crew import Crew, Turn
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.estate import make_cluster, namespace, service
from tests.collectors.kubernetes.visiting import Session
from tests.collectors.kubernetes.visiting import following as follow

PATIENCE_S = 20.0
SPACES = ("a", "b", "c")


class Works:
    """Works of some turns each, done one at a time; who did which is noted.

    Attributes:
        done: The works in the order of their turns.
        hands: The threads that did them.
    """

    def __init__(self, turns: int) -> None:
        self.done: list[str] = []
        self.hands: set[str] = set()
        self.over = threading.Semaphore(0)
        self._turns = turns
        self._lock = threading.Lock()

    def work(self, name: str) -> Turn:
        def turn() -> bool:
            with self._lock:
                self.done.append(name)
                self.hands.add(threading.current_thread().name)
                goes_on = self.done.count(name) < self._turns
            if not goes_on:
                self.over.release()
            return goes_on

        return turn

    def wait(self, works: int) -> None:
        assert all(self.over.acquire(timeout=PATIENCE_S) for _ in range(works))


def test_works_beyond_the_threads_take_turns() -> None:
    works, begun = Works(3), threading.Event()

    def first() -> bool:
        assert begun.wait(PATIENCE_S)
        return False

    crew = Crew(1, "hand")
    crew.take_on(first)
    for name in "xyz":
        crew.take_on(works.work(name))
    begun.set()
    works.wait(3)
    assert works.done == list("xyz") * 3
    assert works.hands == {"hand 1"}


def test_as_long_as_there_are_threads_nobody_waits() -> None:
    together = threading.Barrier(3, timeout=PATIENCE_S)
    met = threading.Semaphore(0)

    def turn() -> bool:
        together.wait()
        met.release()
        return False

    crew = Crew(3, "hand")
    for _ in range(3):
        crew.take_on(turn)
    assert all(met.acquire(timeout=PATIENCE_S) for _ in range(3))


def test_a_crew_that_had_nothing_left_to_do_takes_on_more() -> None:
    crew = Crew(1, "hand")
    for name in "xy":
        works = Works(2)
        crew.take_on(works.work(name))
        works.wait(1)
        assert works.done == [name] * 2


def _follows(thread: threading.Thread) -> bool:
    return thread.name.startswith("kubernetes watch")


@pytest.fixture
def cluster() -> Cluster:
    return make_cluster(
        *(namespace(each) for each in SPACES), *(service("s", each) for each in SPACES)
    )


@pytest.fixture
def server(cluster: Cluster) -> Iterator[KubernetesServer]:
    with KubernetesServer(cluster) as running:
        yield running


def test_a_cluster_of_more_streams_than_threads_is_followed_in_turns(
    server: KubernetesServer, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reflectors, "MOST_THREADS", 8)
    monkeypatch.setattr(reflectors, "TURN_S", (1, 1))
    monkeypatch.setattr(following, "WAIT_S", 0.05)
    before = threading.enumerate()
    with follow(Session(server, SPACES)) as watch:
        assert watch.until(lambda told: "services" in told.synced, 3 * PATIENCE_S)
        at_work = [each for each in threading.enumerate() if _follows(each) and each not in before]
        assert len(at_work) <= 8
        cluster.add(*(service("late", each) for each in SPACES))
        late = {f"{each}/late" for each in SPACES}
        assert watch.until(
            lambda told: late <= {key.rpartition(":")[2] for _, key in told.objects}, 3 * PATIENCE_S
        )
