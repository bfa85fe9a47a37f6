"""Answers that take long are made anew once the store has changed, before anybody asks again.

Some stand ready from the beginning: whoever takes an older one (see `kept`) never waits for them.
"""

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
"""How long answers are made ahead without delay after somebody had to wait for one, or was given an older one."""

LOOK_S = 1.0
"""How often the store is looked at meanwhile; it has settled where two looks see the same."""

OVERDUE_S = 60.0
"""An answer so old is made anew even where the store does not settle."""

SELDOM_S = 300.0
"""How long an answer that stands ready rests at least while nobody asks for it."""

LAZY_LOOK_S = 10.0
"""How often the store is looked at for it."""

FIRST_S = 3.0
"""When it is made for the first time: a beginning has other things to do."""

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


class _Followed(msgspec.Struct):
    """A question that is answered ahead, and how far that is.

    Attributes:
        made: Version of the store of the newest answer; `None` where there is none yet.
        made_at: When it was begun.
        rest_s: How long it rests from then on at least.
        keen_until: Until when it is made anew without delay.
        ready: Whether it goes on when that is over.
    """

    question: Question
    made: int | None
    made_at: float
    rest_s: float
    keen_until: float
    ready: bool = False


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
        self._followed: dict[Hashable, _Followed] = {}

    def hear(self, question: Question, version: int | None, took_s: float) -> None:
        """Take in that somebody had to wait for an answer, begun at a version of the store, or got an older one."""
        if version is None or took_s < LONG_S:
            return
        now = self._clock()
        followed = self._followed.get(question.key)
        if followed is not None:
            followed.keen_until = now + LASTS_S
            return
        self._follow(_Followed(question, version, now, REST * took_s, now + LASTS_S))

    def have_ready(self, question: Question) -> None:
        """Have an answer ready from soon on, whether anybody asks for it or not."""
        now = self._clock()
        self._follow(_Followed(question, None, now, FIRST_S, now, ready=True))

    def close(self) -> None:
        """Make no more answers."""
        for task in self._tasks.values():
            task.cancel()

    def _follow(self, followed: _Followed) -> None:
        key = followed.question.key
        if key in self._tasks or len(self._tasks) >= MOST_QUESTIONS:
            return
        self._followed[key] = followed
        task = asyncio.create_task(self._keep_up(followed), name="answer ahead")
        self._tasks[key] = task
        task.add_done_callback(lambda ended: self._ended(key, ended))

    async def _keep_up(self, followed: _Followed) -> None:
        """Make an answer whenever the store has changed and settled, until time is up."""
        seen = followed.made
        while followed.question.stands():
            is_keen = self._clock() < followed.keen_until
            if not is_keen and not followed.ready:
                return
            await self._pause(LOOK_S if is_keen or followed.made is None else LAZY_LOOK_S)
            before, seen = seen, self._answers.version()
            if seen is not None and self._is_due(followed, before, seen):
                await self._make(followed, seen)

    def _is_due(self, followed: _Followed, before: int | None, seen: int) -> bool:
        """Say whether an answer should be made now that two looks saw these versions of the store."""
        age_s = self._clock() - followed.made_at
        if followed.made is None:
            return age_s >= followed.rest_s
        is_keen = self._clock() < followed.keen_until
        rest_s = followed.rest_s if is_keen else max(followed.rest_s, SELDOM_S)
        if seen == followed.made or age_s < rest_s:
            return False
        return seen == before or age_s >= OVERDUE_S

    async def _make(self, followed: _Followed, version: int) -> None:
        question, began = followed.question, self._clock()
        reply = await self._work(question.make)
        self._answers.keep(question.key, version, question.kept_s, reply, lags=True)
        took_s = self._clock() - began
        followed.made, followed.made_at, followed.rest_s = version, began, (REST + 1) * took_s

    def _ended(self, key: Hashable, task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        self._followed.pop(key, None)
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ApiscapeError | Rejected):
            logger.info("an answer is not made ahead any more: %s", error)
        elif error is not None:
            logger.error("an answer is not made ahead any more", exc_info=error)
