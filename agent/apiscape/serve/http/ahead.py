"""Answers that take long are made anew once the store has changed, before anybody asks again."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable

import msgspec

from apiscape.errors import ApiscapeError
from apiscape.serve.errors import Rejected
from apiscape.serve.http.call import Reply
from apiscape.serve.http.feed import Work
from apiscape.serve.http.kept import Answers

logger = logging.getLogger("apiscape.serve")

LASTS_S = 600.0
"""How long answers are made ahead after somebody had to wait for one."""

LOOK_S = 1.0
"""How often the store is looked at; it has settled where two looks see the same."""

LONG_S = 0.25
"""Seconds from which an answer takes long; shorter ones may as well be waited for."""

REST = 10.0
"""An answer rests so many times as long as it took, however often the store changes."""

MOST_QUESTIONS = 4


class Question(msgspec.Struct, frozen=True):
    """What is answered ahead.

    Attributes:
        make: Makes the answer; it blocks.
        kept_s: How long the answer is good.
        stands: Says whether whoever asked may still ask.
    """

    key: Hashable
    make: Callable[[], Reply]
    kept_s: float
    stands: Callable[[], bool]


class Ahead:
    """Makes answers ahead, few at a time; `close` it in the end."""

    def __init__(
        self,
        answers: Answers,
        work: Work,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Make answers by `work`, in which they may block, and keep them where they are looked for."""
        self._answers = answers
        self._work = work
        self._clock = clock
        self._pause = pause
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}

    def hear(self, question: Question, version: int | None, took_s: float) -> None:
        """Take in that somebody had to wait for an answer, begun at a version of the store."""
        if version is None or took_s < LONG_S or question.key in self._tasks:
            return
        if len(self._tasks) >= MOST_QUESTIONS:
            return
        task = asyncio.create_task(self._keep_up(question, version, took_s), name="answer ahead")
        self._tasks[question.key] = task
        task.add_done_callback(lambda ended: self._ended(question.key, ended))

    def close(self) -> None:
        """Make no more answers."""
        for task in self._tasks.values():
            task.cancel()

    async def _keep_up(self, question: Question, made: int, took_s: float) -> None:
        """Make an answer whenever the store has changed and settled, until time is up."""
        until, not_before = self._clock() + LASTS_S, self._clock() + REST * took_s
        seen: int | None = made
        while self._clock() < until and question.stands():
            await self._pause(LOOK_S)
            before, seen = seen, self._answers.version()
            has_settled = seen == before != made
            if seen is None or not has_settled or self._clock() < not_before:
                continue
            began = self._clock()
            reply = await self._work(question.make)
            self._answers.keep(question.key, seen, question.kept_s, reply)
            made, not_before = seen, self._clock() + REST * (self._clock() - began)

    def _ended(self, key: Hashable, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ApiscapeError | Rejected):
            logger.info("an answer is not made ahead any more: %s", error)
        elif error is not None:
            logger.error("an answer is not made ahead any more", exc_info=error)
