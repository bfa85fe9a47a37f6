"""The contract of the queue port, for every adapter."""

from __future__ import annotations

import threading
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.schedule.queue import Priority, QueueJob
from tests.unit.schedule.queues import ADAPTERS, QueueBench


@pytest.fixture(params=sorted(ADAPTERS))
def bench(request: pytest.FixtureRequest) -> QueueBench:
    return ADAPTERS[request.param]()


def test_a_job_is_handled_once_and_the_next_of_its_key_after_it(bench: QueueBench) -> None:
    bench.handle()
    assert bench.enqueue("a") == ()
    bench.finish("a")
    bench.enqueue("a")
    assert bench.begun == ["a", "a"]


def test_what_is_queued_or_running_is_not_taken_again(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("a", "b")
    assert bench.enqueue("a", "b", "b") == ()
    assert (bench.queue.depth().running, bench.queue.depth().queued) == (1, 1)
    bench.finish("a")
    bench.finish("b")
    assert bench.begun == ["a", "b"]
    assert (bench.queue.depth().running, bench.queue.depth().queued) == (0, 0)


def test_equal_keys_of_two_kinds_are_two_jobs(bench: QueueBench) -> None:
    bench.handle("visit", "plan")
    bench.queue.enqueue([QueueJob("visit", "a"), QueueJob("plan", "a")])
    bench.queue.turn()
    assert bench.begun == ["a", "a"]


def test_the_order_is_that_of_asking(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("c", "a", "b")
    for key in ("c", "a", "b"):
        bench.finish(key)
    assert bench.begun == ["c", "a", "b"]


def test_now_goes_before_events_and_those_before_the_routine(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("running", "routine")
    bench.enqueue("event", priority=Priority.EVENT)
    bench.enqueue("now", priority=Priority.NOW)
    for key in ("running", "now", "event", "routine"):
        bench.finish(key)
    assert bench.begun == ["running", "now", "event", "routine"]


def test_a_queued_job_rises_and_never_falls(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("running", "a", "b")
    bench.enqueue("b", priority=Priority.NOW)
    bench.enqueue("b", priority=Priority.ROUTINE)
    bench.finish("running")
    bench.finish("b")
    bench.finish("a")
    assert bench.begun == ["running", "b", "a"]


def test_no_more_than_the_limit_run_at_once_a_limit_for_each_kind(bench: QueueBench) -> None:
    bench.handle("visit", at_once=2)
    bench.handle("plan", at_once=1)
    bench.enqueue("a", "b", "c")
    bench.queue.enqueue([QueueJob("plan", "p"), QueueJob("plan", "q")])
    bench.queue.turn()
    assert sorted(bench.begun) == ["a", "b", "p"]
    bench.finish("b")
    assert sorted(bench.begun) == ["a", "b", "c", "p"]


def test_a_failed_job_comes_again_later_and_stops_no_other(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("a", "b")
    bench.finish("a", ZeroDivisionError())
    assert bench.begun == ["a", "b"]
    assert bench.queue.depth().failing == 1
    bench.finish("b")
    bench.advance(0.5)
    assert bench.begun == ["a", "b"]
    bench.advance(0.6)
    assert bench.begun == ["a", "b", "a"]
    bench.finish("a")
    assert (bench.queue.depth().queued, bench.queue.depth().failing) == (0, 0)


def test_a_job_that_keeps_failing_waits_longer_every_time(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("a")
    waits = []
    for _ in range(12):
        bench.finish("a", ZeroDivisionError())
        waits.append(bench.queue.turn())
        bench.advance(waits[-1])
    assert waits[:3] == [1, 2, 4]
    assert waits[-1] == waits[-2] == 300
    assert len(bench.begun) == 13


def test_now_does_not_wait_for_another_try(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("a")
    bench.finish("a", ZeroDivisionError())
    bench.enqueue("a", priority=Priority.NOW)
    assert bench.begun == ["a", "a"]
    bench.finish("a")
    bench.advance(10)
    assert bench.begun == ["a", "a"]


def test_a_handler_that_raises_loses_nothing(bench: QueueBench) -> None:
    def broken(_: QueueJob) -> Future[None]:
        raise ZeroDivisionError

    bench.queue.handle("visit", broken, at_once=1)
    bench.enqueue("a", "b")
    assert bench.queue.depth().failing == 2
    bench.handle()
    bench.advance(2)
    bench.finish("a")
    assert sorted(bench.begun) == ["a", "b"]


def test_a_cancelled_job_comes_again(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("a")
    bench.futures["a"][0].cancel()
    bench.advance(2)
    assert bench.begun == ["a", "a"]


def test_what_finds_no_room_is_given_back_and_now_finds_room_beside_it(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("running")
    keys = [str(number) for number in range(bench.size + 2)]
    assert bench.enqueue(*keys) == tuple(keys[-2:])
    assert bench.enqueue("now", priority=Priority.NOW) == ()
    bench.finish("running")
    bench.finish("now")
    assert bench.begun == ["running", "now", "0"]
    assert bench.enqueue(keys[-1]) == ()


def test_a_job_that_rises_leaves_its_room(bench: QueueBench) -> None:
    bench.handle()
    bench.enqueue("running", *(str(number) for number in range(bench.size)))
    bench.enqueue("0", priority=Priority.NOW)
    assert bench.enqueue("more") == ()


def test_how_long_the_oldest_waits_can_be_seen(bench: QueueBench) -> None:
    bench.handle()
    assert bench.queue.depth().oldest_s is None
    bench.enqueue("a", "b")
    bench.advance(7)
    bench.enqueue("c")
    assert bench.queue.depth().oldest_s == 7


def test_jobs_without_a_handler_wait_for_one(bench: QueueBench) -> None:
    bench.enqueue("a")
    assert bench.queue.depth().queued == 1
    bench.handle()
    bench.queue.turn()
    assert bench.begun == ["a"]


def test_a_timer_hands_out_its_job_again_and_again_and_makes_up_for_nothing(
    bench: QueueBench,
) -> None:
    bench.handle()
    bench.queue.schedule(QueueJob("visit", "t"), every_s=10)
    assert bench.queue.turn() == 10
    bench.advance(9)
    assert bench.begun == []
    bench.advance(1)
    bench.finish("t")
    bench.advance(35)
    bench.finish("t")
    assert (bench.begun, bench.queue.turn()) == (["t", "t"], 10)
    bench.queue.schedule(QueueJob("visit", "t"), every_s=None)
    bench.advance(100)
    assert bench.begun == ["t", "t"]


def test_after_a_stop_nothing_is_taken_or_started_and_what_runs_may_end(bench: QueueBench) -> None:
    bench.handle()
    bench.queue.schedule(QueueJob("visit", "t"), every_s=1)
    bench.enqueue("a", "b")
    bench.queue.stop()
    assert bench.enqueue("c") == ("c",)
    assert bench.queue.depth().running == 1
    bench.finish("a")
    bench.advance(60)
    assert bench.begun == ["a"]
    assert bench.queue.depth().running == 0


def test_jobs_come_from_many_threads(bench: QueueBench) -> None:
    bench.handle(at_once=100)
    keys = [str(number) for number in range(bench.size)]
    threads = [
        threading.Thread(target=bench.queue.enqueue, args=([QueueJob("visit", key)],))
        for key in keys
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.queue.turn()
    assert sorted(bench.begun) == keys


@pytest.mark.parametrize("name", sorted(ADAPTERS))
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask", "now", "done", "fail", "wait"]), st.sampled_from("abcdef")
        ),
        max_size=40,
    )
)
def test_whatever_happens_nothing_taken_is_lost_or_run_twice_at_once(
    name: str, steps: list[tuple[str, str]]
) -> None:
    bench = ADAPTERS[name]()
    bench.handle(at_once=2)
    owed: set[str] = set()
    for step, key in steps:
        running = {key for key, futures in bench.futures.items() if not futures[-1].done()}
        assert len(running) <= 2
        if step in {"ask", "now"}:
            priority = Priority.NOW if step == "now" else Priority.ROUTINE
            owed |= {key} - set(bench.enqueue(key, priority=priority))
        elif step == "wait":
            bench.advance(3)
        elif key in running:
            owed -= {key} if step == "done" else set()
            bench.finish(key, None if step == "done" else ZeroDivisionError())
    for _ in range(50):
        for key in [key for key, futures in bench.futures.items() if not futures[-1].done()]:
            bench.finish(key)
            owed.discard(key)
        bench.advance(300)
    assert owed == set()
    assert (bench.queue.depth().queued, bench.queue.depth().running) == (0, 0)
