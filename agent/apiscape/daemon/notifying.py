"""Notifications of an agent: a task a target, so that none waits for another."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from apiscape.collect.clock import Clock
from apiscape.daemon.beside import in_thread, persist
from apiscape.daemon.logs import tell
from apiscape.daemon.redacting import Redactor, secrets_in
from apiscape.errors import ApiscapeError
from apiscape.network.ways import Ways
from apiscape.settings.schema import Notify
from apiscape.store import Store
from apiscape.store.reading.reader import Reader

if TYPE_CHECKING:
    from apiscape.notify.sending import Sender

LOOK_S = 1.0

Told = Callable[[str, int], None]


class Backlogs(msgspec.Struct, frozen=True):
    """What all targets have yet to be told.

    Attributes:
        oldest_s: How long the oldest change has been waiting; `None` where none waits.
        disabled: Targets that said that they are gone.
    """

    changes: int = 0
    oldest_s: float | None = None
    disabled: int = 0


class Notifying:
    """Tells targets of changes until it is cancelled; `run` it as a task of the agent's loop.

    Args:
        store: What is followed, and where it is kept how far each target was told.
        clock: Says when what is due.
        told: Told of posts and changes, by what became of them.
    """

    def __init__(self, store: Store, clock: Clock, told: Told) -> None:
        self._store = store
        self._clock = clock
        self._told = told
        self._wanted: tuple[Notify, ...] = ()
        self._ways = self._taken = Ways()
        self._held: dict[Notify, tuple[_Telling, asyncio.Task[None]]] = {}
        self._changed = asyncio.Event()

    def configure(self, targets: tuple[Notify, ...], ways: Ways) -> None:
        """Tell these from now on; one that is written, and reached, as before goes on undisturbed."""
        self._wanted, self._ways = targets, ways
        self._changed.set()

    def begin(self, targets: tuple[Notify, ...]) -> None:
        """Have targets that are new stand at the end of the log as it is now, and forget those that are gone."""
        try:
            self._store.deliveries.keep_only(target.name for target in targets)
            for target in targets:
                self._store.deliveries.begin(target.name)
        except ApiscapeError as error:
            tell("targets could not be taken up yet", logging.WARNING, why=error.message)

    def backlogs(self) -> Backlogs:
        """Return what waits, as far as the log was read."""
        senders = [telling.sender for telling, _ in list(self._held.values())]
        found = [sender.backlog() for sender in senders]
        oldest = min((each.oldest_at for each in found if each.oldest_at), default=None)
        waits = None if oldest is None else (self._clock.now() - oldest).total_seconds()
        return Backlogs(
            changes=sum(each.changes for each in found),
            oldest_s=None if waits is None else max(0.0, waits),
            disabled=sum(sender.is_disabled for sender in senders),
        )

    async def run(self) -> None:
        """Keep a task for every target that there is."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._rearrange(self._wanted, self._ways)
        finally:
            await self._end(list(self._held))

    async def _rearrange(self, wanted: tuple[Notify, ...], ways: Ways) -> None:
        otherwise, self._taken = ways != self._taken, ways
        await self._end([each for each in self._held if otherwise or each not in wanted])
        await in_thread(self.begin, wanted)
        for target in wanted:
            if target in self._held:
                continue
            try:
                telling = _Telling(partial(self._make, target, ways))
            except ApiscapeError as error:
                said = {"target": target.name, "why": error.message, "next_step": error.hint}
                tell("a target is told nothing until the next reload", logging.ERROR, **said)
                continue
            work = persist(f"notify {target.name}", telling.run)
            self._held[target] = (telling, asyncio.create_task(work))

    async def _end(self, targets: Iterable[Notify]) -> None:
        tasks = [self._held.pop(target)[1] for target in targets]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _make(self, target: Notify, ways: Ways) -> Sender:
        """Return what tells a target; it is imported where one is told, for that takes a while."""
        from apiscape.notify.posting import Poster
        from apiscape.notify.sending import Means, Sender

        means = Means(
            reader=Reader(self._store.database, self._clock.now),
            keeping=self._store.deliveries,
            post=Poster(target, os.environ, self._clock.now, ways).post,
            clock=self._clock,
            told=self._told,
            chance=random.random,
            hide=Redactor(secrets_in(os.environ)).hide,
            blocking=in_thread,
        )
        return Sender(target, means)


class _Telling:
    """One target being told, by a sender that is made anew where the one before failed unforeseen.

    Attributes:
        sender: Who tells it.

    Raises:
        ApiscapeError: There can be no sender, as it is configured.
    """

    def __init__(self, make: Callable[[], Sender]) -> None:
        self._make = make
        self._fresh: Sender | None = make()
        self.sender = self._fresh

    async def run(self) -> None:
        """Tell the target of all there is, until cancelled."""
        self.sender, self._fresh = self._fresh or self._make(), None
        while True:
            wait_s = await self.sender.turn()
            await asyncio.sleep(min(wait_s, LOOK_S))
