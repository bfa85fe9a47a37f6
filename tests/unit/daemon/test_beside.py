"""What goes on for as long as the agent: begun anew after what nobody foresaw, ended with whoever waits for it."""

from __future__ import annotations

import asyncio
import logging
import threading

import pytest

from apiscape.daemon import beside
from apiscape.daemon.beside import in_thread, persist
from tests.unit.daemon.toys import until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(beside, "LONGEST_WAIT_S", 0.004)


def waits(caplog: pytest.LogCaptureFixture) -> list[float]:
    return [record.__dict__["fields"]["again_in_s"] for record in caplog.records]


async def test_a_work_that_fails_is_said_and_begins_anew_later_every_time(
    caplog: pytest.LogCaptureFixture,
) -> None:
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun < 6:
            message = f"nobody foresaw {begun}"
            raise LookupError(message)
        await asyncio.Event().wait()

    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(persist("digging", work))
        await until(lambda: begun == 6)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled()
    assert [record.getMessage() for record in caplog.records] == [
        "digging failed and begins anew"
    ] * 5
    assert waits(caplog) == [0.001, 0.002, 0.004, 0.004, 0.004]
    assert "nobody foresaw 5" in caplog.text


async def test_one_that_went_on_for_long_rests_as_briefly_as_at_first(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "LONGEST_WAIT_S", 0.0)
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1
        raise LookupError

    with caplog.at_level(logging.ERROR):
        running = asyncio.create_task(persist("digging", work))
        await until(lambda: begun >= 3)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    assert set(waits(caplog)) == {0.001}


async def test_it_ends_with_whoever_waits_for_it() -> None:
    undone: list[str] = []
    entered = asyncio.Event()

    async def work() -> None:
        try:
            entered.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            undone.append("undone")

    running = asyncio.create_task(persist("digging", work))
    await entered.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert (running.cancelled(), undone) == (True, ["undone"])


async def test_a_work_that_is_done_is_not_begun_anew(caplog: pytest.LogCaptureFixture) -> None:
    begun = 0

    async def work() -> None:
        nonlocal begun
        begun += 1

    await persist("digging", work)
    assert (begun, caplog.records) == (1, [])


# ── What blocks ──────────────────────────────────────────────────────────────


async def test_whoever_is_told_to_end_waits_for_what_is_done_in_a_thread() -> None:
    entered, release, ended = threading.Event(), threading.Event(), []

    def read() -> None:
        entered.set()
        release.wait(60)
        ended.append("read")

    reading = asyncio.create_task(in_thread(read))
    await asyncio.to_thread(entered.wait)
    reading.cancel()
    await asyncio.sleep(0)
    assert not reading.done()
    release.set()
    await asyncio.gather(reading, return_exceptions=True)
    assert (reading.cancelled(), ended) == (True, ["read"])


async def test_it_waits_for_a_moment_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "END_S", 0.01)
    entered, release = threading.Event(), threading.Event()

    def fail() -> None:
        entered.set()
        release.wait(60)
        raise LookupError

    reading = asyncio.create_task(in_thread(fail))
    await asyncio.to_thread(entered.wait)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert reading.cancelled()
    release.set()


async def test_what_comes_of_a_thread_is_returned_or_raised() -> None:
    assert await in_thread(max, 1, 2) == 2
    with pytest.raises(ValueError, match="empty"):
        await in_thread(max, ())
