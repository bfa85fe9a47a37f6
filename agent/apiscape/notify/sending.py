"""One target, told of changes in order: what waits is gathered, posted, and posted again until it is taken.

The store knows up to where a target was told, and where a digest ends before it is sent. So a
sender that is killed after a post and before it could note it sends the same again, under the same
id; and nothing is left out.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from apiscape.errors import ApiscapeError
from apiscape.notify.events import Digest, Hide, Message, digest_message, single
from apiscape.notify.gathering import Reading, Waiting, gather
from apiscape.notify.pacing import Pace, back_off
from apiscape.notify.posting import Answer
from apiscape.settings.schema import Notify
from apiscape.store.writing.deliveries import Delivery

LOOK_S = 1.0
"""How often the log is looked at."""

QUIET_S, LONGEST_GATHERING_S = 5.0, 300.0
"""How long nothing may have come before a digest is closed, and how long one is held open at most."""

SETTLE_S = 60.0
"""How often it is kept that there was nothing to tell."""

GONE = 410
REFUSED = frozenset({400, 413, 422})
"""Answers about this very post: whoever gives one will not take it the next time either."""

MOST_TRIES = 5
"""How often a post is tried that its target refuses."""

logger = logging.getLogger("apiscape.notify")

T = TypeVar("T")

Post = Callable[[Message], Awaitable[Answer]]
Told = Callable[[str, int], None]
"""Told how many posts were `sent`, `failed` or `dropped`, and how many changes were `undecided`."""


class Blocking(Protocol):
    """Does what blocks elsewhere than in the loop."""

    async def __call__(self, work: Callable[..., T], *given: object) -> T:
        """Return what comes of a work."""
        ...


async def in_thread(work: Callable[..., T], *given: object) -> T:
    """Return what comes of a work, done in a thread of the loop's own."""
    return await asyncio.to_thread(work, *given)


class Keeping(Protocol):
    """Where it is kept how far a target was told."""

    def begin(self, name: str) -> Delivery:
        """Return where a target stands."""
        ...

    def promise(self, name: str, until: int) -> None:
        """Keep where a digest ends."""
        ...

    def deliver(self, name: str, seq: int) -> None:
        """Keep up to where a target was told."""
        ...


class Times(Protocol):
    """The clocks that a sender goes by."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never falls."""
        ...

    def now(self) -> datetime:
        """Return the time of day, aware."""
        ...


class Means(NamedTuple):
    """What a sender works with.

    Attributes:
        chance: Gives a number from 0 up to 1.
        hide: Takes what may be a credential out of a text.
        blocking: Does in a thread what reads or writes the store.
    """

    reader: Reading
    keeping: Keeping
    post: Post
    clock: Times
    told: Told
    chance: Callable[[], float]
    hide: Hide = str
    blocking: Blocking = in_thread


class Backlog(msgspec.Struct, frozen=True):
    """What a target has yet to be told; `oldest_at`: when the first of it happened."""

    changes: int = 0
    oldest_at: datetime | None = None


class Sender:
    """Tells one target; `turn` is called again and again, one turn at a time.

    Attributes:
        is_disabled: Whether the target said that it is gone for good.
    """

    def __init__(self, target: Notify, means: Means) -> None:
        self.is_disabled = False
        self._target = target
        self._means = means
        self._pace = Pace(target.most_per_minute)
        self._waiting: Waiting | None = None
        self._promised: int | None = None
        self._digest: Digest | None = None
        self._failures = 0
        self._not_before_s = 0.0
        self._settled_s = 0.0

    def backlog(self) -> Backlog:
        """Return what waits, as far as the log was read."""
        digest, waiting = self._digest, self._waiting
        count = (digest.count if digest else 0) + (waiting.count if waiting else 0)
        oldest = waiting.oldest_at if waiting else None
        if digest is not None and digest.first:
            oldest = digest.first[0].at
        return Backlog(count, oldest)

    async def turn(self) -> float:
        """Do what is due; return in how many seconds there may be more. A failure is said, and tried again."""
        if self.is_disabled:
            return LOOK_S
        try:
            if await self._means.blocking(self._gather):
                return 0.0
            return self._waits_s() or await self._tell()
        except ApiscapeError as error:
            return self._waits_s() or self._failed(error.message, None)

    def _waits_s(self) -> float:
        """Return for how long nothing is tried after a failure; the log is read meanwhile."""
        return max(0.0, self._not_before_s - self._means.clock.monotonic())

    def _gather(self) -> bool:
        """Read on in the log; return whether there is more already."""
        if self._waiting is None:
            stands = self._means.keeping.begin(self._target.name)
            self._waiting, self._promised = Waiting(stands.told), stands.until
        before = self._waiting.undecided
        more = gather(
            self._means.reader,
            self._target,
            self._waiting,
            self._means.clock.monotonic,
            self._promised,
        )
        if self._waiting.undecided > before:
            self._means.told("undecided", self._waiting.undecided - before)
        if not more and not self._waiting.count:
            self._promised = None  # nothing of what was promised is of the view any more
        return more

    async def _tell(self) -> float:
        """Post what is due, if anything is; return in how many seconds to look again."""
        now_s = self._means.clock.monotonic()
        message = await self._next(now_s)
        if message is None:
            await self._settle(now_s)
            return LOOK_S
        self._pace.note(now_s)
        answer = await self._means.post(message)
        if answer.is_taken:
            await self._taken(message)
            return 0.0
        if answer.status == GONE:
            self._disable()
            return LOOK_S
        if answer.status in REFUSED and self._failures + 1 >= MOST_TRIES:
            await self._drop(message, answer)
            return 0.0
        return self._failed(answer.failure or "no answer", answer.retry_after_s)

    async def _next(self, now_s: float) -> Message | None:
        """Return what is to be posted now; nothing where nothing waits, or it is too soon."""
        waiting = self._waiting
        if waiting is None or self._pace.left(now_s) <= 0:
            return None
        if self._digest is None and self._is_digest_due(waiting, now_s):
            await self._close_digest(waiting)
        if self._digest is not None:
            return digest_message(self._digest, self._means.hide)
        if self._tells_singly(waiting, now_s):
            return single(waiting.held[0], self._means.hide)
        return None

    def _is_digest_due(self, waiting: Waiting, now_s: float) -> bool:
        """Say whether what waits is to be told at once: more than fits into this minute, or for a while."""
        if self._promised is not None:
            return True
        if not waiting.count and not waiting.lost:
            return False
        if self._target.digest_s:
            alone = waiting.is_whole and waiting.count == 1
            return not alone and now_s - waiting.since_s >= self._target.digest_s
        if waiting.is_whole and waiting.count <= self._pace.left(now_s):
            return False
        rests = now_s - waiting.moved_s >= QUIET_S
        return rests or now_s - waiting.since_s >= LONGEST_GATHERING_S

    def _tells_singly(self, waiting: Waiting, now_s: float) -> bool:
        if not waiting.count or not waiting.is_whole:
            return False
        if self._target.digest_s:
            return waiting.count == 1 and now_s - waiting.since_s >= self._target.digest_s
        return waiting.count <= self._pace.left(now_s)

    async def _close_digest(self, waiting: Waiting) -> None:
        """Make a digest of what waits, and keep where it ends; what comes from now on is not in it."""
        digest = waiting.digest(self._target.name, self._means.clock.now())
        await self._means.blocking(self._means.keeping.promise, self._target.name, digest.until)
        self._digest, self._promised = digest, None
        self._waiting = Waiting(digest.until)

    async def _taken(self, message: Message) -> None:
        await self._move_on(message)
        self._means.told("sent", 1)
        if self._failures:
            logger.info("%s takes notifications again", self._target.name)
        self._failures = 0

    async def _move_on(self, message: Message) -> None:
        """Keep that a target was told, then let go of it: what could not be kept is told again."""
        await self._means.blocking(self._means.keeping.deliver, self._target.name, message.seq)
        if self._digest is not None:
            self._digest = None
        elif self._waiting is not None:
            self._waiting.drop_first()

    async def _drop(self, message: Message, answer: Answer) -> None:
        """Go on without a post that its target refuses for what it is."""
        logger.error(
            "%s refused %s %d times and is not told of it: %s",
            *(self._target.name, message.ident, MOST_TRIES, answer.failure),
        )
        self._means.told("failed", 1)
        self._means.told("dropped", 1)
        await self._move_on(message)
        self._failures = 0

    def _disable(self) -> None:
        self.is_disabled = True
        self._means.told("failed", 1)
        logger.error(
            "%s answered 410: it is told nothing more until the configuration changes or the agent"
            " is started anew",
            self._target.name,
        )

    def _failed(self, why: str, asked_s: float | None) -> float:
        """Say the first of several failures in a row; return when to try again."""
        self._failures += 1
        self._means.told("failed", 1)
        if self._failures == 1:
            logger.warning("%s was not told, and will be: %s", self._target.name, why)
        wait_s = back_off(self._failures, asked_s, self._means.chance)
        self._not_before_s = self._means.clock.monotonic() + wait_s
        return wait_s

    async def _settle(self, now_s: float) -> None:
        """Keep now and then how far the log was read in vain, so that it is not read again after a restart."""
        waiting = self._waiting
        if waiting is None or waiting.count or self._digest is not None:
            return
        if waiting.seq > waiting.told and now_s - self._settled_s >= SETTLE_S:
            await self._means.blocking(self._means.keeping.deliver, self._target.name, waiting.seq)
            waiting.told, self._settled_s = waiting.seq, now_s
