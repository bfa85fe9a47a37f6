"""Work beside the doors, for as long as the agent: where it fails unforeseen, that is said, and it begins anew."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from apiscape.daemon.logs import LOG

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 300.0
"""How long a work that failed rests; doubled every time, until it has gone on for that long."""

END_S = 2.0
"""How long a work that is told to end waits for what it does in a thread."""

T = TypeVar("T")

Work = Callable[[], Coroutine[Any, Any, None]]
"""Begins the work; called anew after every failure."""


async def persist(name: str, work: Work) -> None:
    """Do a work until cancelled. A failure that nobody foresaw is logged and ends neither it nor anything beside it.

    Args:
        name: What is done, for the log and the task.
        work: Lasts for as long as it is let.
    """
    loop = asyncio.get_running_loop()
    wait_s = FIRST_WAIT_S
    while True:
        began = loop.time()
        error = await _outcome(asyncio.create_task(work(), name=name))
        if error is None:
            return
        if loop.time() - began >= LONGEST_WAIT_S:
            wait_s = FIRST_WAIT_S
        LOG.error(
            "%s failed and begins anew",
            name,
            exc_info=error,
            extra={"fields": {"again_in_s": wait_s}},
        )
        await asyncio.sleep(wait_s)
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


async def _outcome(task: asyncio.Task[None]) -> BaseException | None:
    """Return what a task failed with; it ends with whoever waits for it."""
    try:
        await asyncio.wait({task})
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    return None if task.cancelled() else task.exception()


async def in_thread(work: Callable[..., T], *given: object) -> T:
    """Do what blocks in a thread, and return what comes of it.

    Whoever is told to end meanwhile waits for it, for a moment: it may hold the store, which is closed next.
    """
    doing = asyncio.ensure_future(asyncio.to_thread(work, *given))
    doing.add_done_callback(_hear)
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait({doing}, timeout=END_S)
        raise


def _hear(done: asyncio.Future[Any]) -> None:
    """Take in how it ended, whether anybody waits for it or not."""
    if not done.cancelled():
        done.exception()
