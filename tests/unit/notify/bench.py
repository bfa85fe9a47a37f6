"""A store, a target and a sender whose time passes when it is told to; posts are real."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from apiscape.model.change import Change
from apiscape.notify.events import Message
from apiscape.notify.posting import Answer, Poster
from apiscape.notify.sending import Means, Sender
from apiscape.settings.schema import Notify
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.store.making import T0, batch, make, visit
from tests.unit.collect.toy import VirtualClock
from tests.unit.notify.receiver import SECRET, VARIABLE, Receiver

LOOPBACK = "127.0.0.0/8"


class Killed(BaseException):
    """The process ends here."""


class Bench:
    """One target and its sender, over a store."""

    def __init__(self, store: Store, receiver: Receiver, **target: Any) -> None:
        self.store = store
        self.clock = VirtualClock(T0)
        self.told: Counter[str] = Counter()
        self.environment: dict[str, str] = {VARIABLE: SECRET}
        known: dict[str, Any] = {
            "name": "desk",
            "url": receiver.url,
            "secrets": (f"env:{VARIABLE}",),
            "allow": (LOOPBACK,),
        }
        self.target = Notify(**(known | target))
        self.sender = self.make()

    def make(self) -> Sender:
        """Return a sender as a process that starts would make it."""
        poster = Poster(self.target, self.environment, self.clock.now)
        means = Means(
            reader=Reader(self.store.database, self.clock.now),
            keeping=self.store.deliveries,
            post=poster.post,
            clock=self.clock,
            told=self._count,
            chance=lambda: 1.0,
        )
        return Sender(self.target, means)

    def _count(self, outcome: str, number: int) -> None:
        self.told[outcome] += number

    async def turns(self, seconds: float = 0.0, step_s: float = 0.0) -> None:
        """Let the sender turn until so much time has passed, a second at a time at most, or in longer steps."""
        end = self.clock.elapsed_s + seconds
        while True:
            wait_s = await self.sender.turn()
            if wait_s and self.clock.elapsed_s >= end:
                return
            self.clock.advance(seconds=wait_s and max(step_s, min(wait_s, 1.0)))

    async def begun(self) -> Bench:
        """Begin at the end of the log."""
        await self.turns()
        return self

    def appear(self, *numbers: int, **facts: Any) -> None:
        """Let deployments appear now."""
        visit(self.store, batch(*(make(n, **facts) for n in numbers)), at=self.clock.now())


def a_change(seq: int = 7, **values: Any) -> Change:
    known: dict[str, Any] = {
        "at": T0 + timedelta(minutes=seq),
        "kind": "changed",
        "uid": "u-1",
        "name": "payments",
        "scope": "prod/1 2/eu-west-1/aws.apigateway.rest",
        "generation": 3,
        "seq": seq,
    }
    return Change(**(known | values))


class Posts:
    """Answers in place of a network; each call is kept."""

    def __init__(self, *answers: Answer) -> None:
        self.messages: list[Message] = []
        self._answers = list(answers)

    async def __call__(self, message: Message) -> Answer:
        self.messages.append(message)
        return self._answers.pop(0) if self._answers else Answer(status=204)


def header(headers: Mapping[str, str], name: str) -> str:
    return headers[name.lower()]
