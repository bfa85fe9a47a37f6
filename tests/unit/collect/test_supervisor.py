"""Work is started in threads, and its end is taken up in one; what does not end is left behind and counted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from apiscape.collect.clock import Stop
from apiscape.collect.supervisor import Supervisor, Task
from apiscape.errors import StoreFull
from apiscape.model.run import ErrorRecord
from tests.unit.collect.toy import VirtualClock

GRACE_S = 5.0


@dataclass
class Bench:
    """A supervisor on a virtual clock, and what it said of each task's end."""

    clock: VirtualClock = field(default_factory=VirtualClock)
    said: list[tuple[str, Any]] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.clock, GRACE_S)

    def start(self, name: str, work: Callable[[], Any], stop: Stop | None = None) -> Stop:
        stop = stop or Stop(self.clock)

        def say(word: str) -> Callable[[Any], None]:
            def note(what: Any) -> None:
                self.said.append((f"{name} {word}", what))
                self.threads.add(threading.get_ident())

            return note

        task = Task(name, "kind", work, stop, say("ended"), say("failed"), say("left"))
        self.supervisor.start(task)
        return stop

    def turn_until_idle(self) -> None:
        while not self.supervisor.idle:
            self.supervisor.turn(30)


def test_an_end_is_taken_up_in_the_thread_that_turns() -> None:
    bench = Bench()
    bench.start("a", lambda: 42)
    assert bench.supervisor.is_under_way("a")
    bench.turn_until_idle()
    assert bench.said == [("a ended", 42)]
    assert bench.threads == {threading.get_ident()}
    assert not bench.supervisor.is_under_way("a")


def test_an_error_of_the_store_is_told() -> None:
    error = StoreFull("no space left")

    def work() -> None:
        raise error

    bench = Bench()
    bench.start("a", work)
    bench.turn_until_idle()
    assert bench.said == [("a failed", error)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_dies_is_told_of() -> None:
    def work() -> None:
        raise SystemExit

    bench = Bench()
    bench.start("a", work)
    bench.turn_until_idle()
    for thread in threading.enumerate():
        if thread.name == "a":
            thread.join(30)
    assert bench.said == [("a failed", None)]


def test_what_does_not_end_is_left_behind_after_its_grace_and_counted_until_it_returns() -> None:
    release = threading.Event()
    bench = Bench()
    stop = bench.start("stuck", lambda: release.wait(60))
    bench.start("other", lambda: "done")
    stop.tell(ErrorRecord(kind="deadline", message="too long"))
    while len(bench.said) < 1:
        bench.supervisor.turn(30)
    bench.clock.advance(seconds=GRACE_S - 0.1)
    bench.supervisor.turn()
    assert bench.said == [("other ended", "done")]
    bench.clock.advance(seconds=0.2)
    bench.supervisor.turn()
    assert bench.said[1:] == [("stuck left", stop.error)]
    assert (bench.supervisor.idle, bench.supervisor.lingers("stuck")) == (True, True)
    assert bench.supervisor.lingering() == {"kind": 1}
    release.set()
    while bench.supervisor.lingers("stuck"):
        bench.supervisor.turn(30)
    assert bench.supervisor.lingering() == {}
    assert len(bench.said) == 2


def test_a_task_that_ends_within_its_grace_is_not_left_behind() -> None:
    release = threading.Event()
    bench = Bench()
    stop = bench.start("slow", lambda: release.wait(60))
    stop.tell()
    bench.supervisor.turn()
    release.set()
    bench.turn_until_idle()
    bench.clock.advance(seconds=2 * GRACE_S)
    bench.supervisor.turn()
    assert [word for word, _ in bench.said] == ["slow ended"]


def test_what_is_posted_is_done_in_order_and_said() -> None:
    bench, done = Bench(), []
    assert not bench.supervisor.turn()
    bench.supervisor.post(lambda: done.append(1))
    bench.supervisor.post(lambda: done.append(2))
    assert bench.supervisor.turn()
    assert done == [1, 2]
