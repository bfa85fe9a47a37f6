"""The feed: read once for all, bounded, and a slow listener is dropped with its place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import pytest

from apiscape.client.inventory import ChangePage, Inventory
from apiscape.errors import StoreError
from apiscape.model.change import Change
from apiscape.serve.errors import Rejected
from apiscape.serve.http.call import Call
from apiscape.serve.http.feed import Feed, frame_of
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.operations import OPERATIONS, ChangesQuery
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.stream import Listener
from apiscape.serve.principal import Principal
from tests.store.making import T0

LIMITS = Limits(batch_s=0, heartbeat_s=0.01, buffered=3)


class Log:
    """A change log that grows as told."""

    def __init__(self) -> None:
        self.length = 0
        self.reads = 0
        self.failures: list[Exception] = []

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        self.reads += 1
        if self.failures:
            raise self.failures.pop()
        seqs = range(after + 1, min(after + limit, self.length) + 1)
        items = tuple(
            Change(at=T0, kind="changed", uid="u", name="n", scope="s", generation=1, seq=seq)
            for seq in seqs
        )
        full = len(items) == limit
        return ChangePage(items=items, last_seq=items[-1].seq if full else max(after, self.length))


async def work(job: Callable[[], Any]) -> Any:
    return job()


def listener(log: Any, feed: Feed, after: int = 0, **asked: Any) -> Listener:
    inventory: Inventory = log
    call = Call(
        operation=OPERATIONS[3],
        offer=Offer(inventory),
        inventory=inventory,
        principal=Principal("a"),
        path="",
        query=(),
    )
    return Listener(call, ChangesQuery(after=after, **asked), feed, work)


def seq_of(frame: bytes) -> int:
    return int(frame.partition(b"id: ")[2].partition(b"\n")[0])


async def told(events: AsyncIterator[bytes]) -> bytes:
    """Return the next event, past signs of life, which come whenever nothing else did for a while."""
    while (frame := await anext(events)).startswith(b":"):
        pass
    return frame


async def until(feed: Feed, seq: int) -> None:
    while feed.last_seq is None or feed.last_seq < seq:
        await feed.wait(seq - 1, 1)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def feed(log: Any) -> Feed:
    return Feed(log, work, LIMITS)


async def test_a_listener_that_falls_behind_the_buffer_is_dropped_with_its_place(
    log: Log, feed: Feed
) -> None:
    log.length = 10
    slow = listener(log, feed)
    feed.join()
    events = slow.events(await slow.read())
    assert seq_of(await anext(events)) == 10
    assert (await anext(events)).startswith(b": at 10\n")
    for length in (20, 30, 40, 50):
        log.length = length
        await until(feed, length)
    last = await anext(events)
    assert last.startswith(b"event: end\nid: 10\n")
    problem = msgspec.json.decode(last.partition(b"data: ")[2])
    assert problem["detail"] == "read too slowly, dropped after 10"
    assert problem["hint"].startswith("go on after 10")
    with pytest.raises(StopAsyncIteration):
        await anext(events)
    assert feed.listeners == 0


async def test_a_listener_within_the_buffer_gets_every_batch_once(log: Log, feed: Feed) -> None:
    quick = listener(log, feed)
    feed.join()
    events = quick.events(await quick.read())
    await anext(events)
    for length in (2, 4, 6):
        log.length = length
        await until(feed, length)
    assert [seq_of(await anext(events)) for _ in range(3)] == [2, 4, 6]
    await events.aclose()


async def test_whoever_joins_between_batches_reads_up_to_the_next_and_then_shares(
    log: Log, feed: Feed
) -> None:
    first = listener(log, feed)
    feed.join()
    events = first.events(await first.read())
    await anext(events)
    log.length = 3
    second = listener(log, feed)
    feed.join()
    late = second.events(await second.read())
    assert seq_of(await anext(late)) == 3
    await anext(late)
    log.length = 5
    await until(feed, 5)
    assert seq_of(await anext(late)) == 5
    reads = log.reads
    log.length = 7
    await until(feed, 7)
    assert seq_of(await anext(late)) == 7
    await events.aclose()
    await late.aclose()
    assert log.reads >= reads


async def test_one_reading_serves_all(log: Log, feed: Feed) -> None:
    many = []
    for _ in range(20):
        each = listener(log, feed)
        feed.join()
        many.append(each.events(await each.read()))
    for events in many:
        await anext(events)
    log.length = 4
    await until(feed, 4)
    reads = log.reads
    frames = {bytes(await anext(events)) for events in many}
    assert len(frames) == 1
    assert log.reads - reads < 20
    for events in many:
        await events.aclose()


async def test_the_log_is_followed_only_while_somebody_listens(log: Log, feed: Feed) -> None:
    one = listener(log, feed)
    feed.join()
    events = one.events(await one.read())
    await anext(events)
    assert feed.last_seq == 0
    await events.aclose()
    assert feed.last_seq is None
    reads = log.reads
    for _ in range(5):
        await asyncio.sleep(0)
    assert log.reads == reads


async def test_a_log_that_cannot_be_read_for_once_is_read_again(
    log: Log, feed: Feed, caplog: pytest.LogCaptureFixture
) -> None:
    one = listener(log, feed)
    feed.join()
    events = one.events(await one.read())
    await anext(events)
    log.failures += [StoreError("no answer"), Rejected("too-slow", "too slow")]
    log.length = 1
    assert seq_of(await told(events)) == 1
    assert caplog.text.count("the change log cannot be read") == 2
    await events.aclose()


async def test_a_long_catch_up_is_no_slowness(log: Log, feed: Feed) -> None:
    log.length = 25
    one = listener(log, feed, limit=10)
    feed.join()
    events = one.events(await one.read())
    assert [seq_of(await anext(events)) for _ in range(4)] == [10, 20, 25, 25]
    await events.aclose()


async def test_batches_are_kept_by_their_size_too(log: Log) -> None:
    size = len(frame_of(log.changes(after=0, limit=1))) + 200
    limits = msgspec.structs.replace(LIMITS, buffered=100, buffered_bytes=3 * size)
    feed = Feed(log, work, limits)  # type: ignore[arg-type]  # as much of an inventory as is asked
    slow, quick = listener(log, feed), listener(log, feed)
    feed.join()
    feed.join()
    events, others = slow.events(await slow.read()), quick.events(await quick.read())
    await anext(events)
    await anext(others)
    for length in range(1, 12):
        log.length = length
        await until(feed, length)
        assert seq_of(await told(others)) == length
    last = await told(events)
    assert last.startswith(b"event: end\nid: 0\n"), "what it has yet to read was too much to keep"
    assert b"go on after 0" in last
    log.length = 300
    await until(feed, 300)
    assert seq_of(await told(others)) == 300, "one batch is kept however large it is"
    await others.aclose()


async def test_an_event_tells_of_a_bounded_number_of_changes(log: Log) -> None:
    feed = Feed(log, work, msgspec.structs.replace(LIMITS, in_event=4, buffered=10))  # type: ignore[arg-type]  # as much of an inventory as is asked
    log.length = 10
    one = listener(log, feed, limit=1000)
    feed.join()
    events = one.events(await one.read())
    assert [seq_of(await told(events)) for _ in range(3)] == [4, 8, 10]
    await anext(events)
    log.length = 19
    await until(feed, 19)
    assert [seq_of(await told(events)) for _ in range(3)] == [14, 18, 19]
    await events.aclose()
