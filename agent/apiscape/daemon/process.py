"""The agent: schedule, conclusions, probes and doors in one process, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from apiscape.client.standing import Standing
from apiscape.collect.clock import Clock, Stop, SystemClock
from apiscape.collect.memory import Shares
from apiscape.collect.scan import Tools
from apiscape.daemon.beside import in_thread, persist
from apiscape.daemon.collecting import Collections
from apiscape.daemon.concluding import Concluder
from apiscape.daemon.configured import Configured, Load, named_files
from apiscape.daemon.journal import Journal
from apiscape.daemon.logs import LOG, correlated, tell
from apiscape.daemon.notifying import Notifying
from apiscape.daemon.opening import Addresses, announce, opening_lines
from apiscape.daemon.probing import Looking
from apiscape.daemon.redacting import Redactor, secrets_in
from apiscape.daemon.reloading import LOOK_S, Changes
from apiscape.daemon.standing import Parts, Taking, standing_of
from apiscape.errors import ApiscapeError, Exit, StoreLocked
from apiscape.model.entity import Entity
from apiscape.schedule.driver import Driver
from apiscape.schedule.memory import MemoryQueue
from apiscape.schedule.queue import Depth
from apiscape.serve.http.limits import DEFAULT_LIMITS, Limits
from apiscape.serve.http.listen import Listen
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import Tokens
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from apiscape.telemetry.ourselves import Sights
from apiscape.telemetry.service import LAST_PUSH_S, Telemetry

END_S = 8.0
"""How long runs and answers under way may take once the agent is told to stop."""

STOPPED_S = 9.2
"""When all of it has ended; what telemetry has yet to push by then is not pushed."""

ALONE_S = 15.0
"""How often it is looked whether another agent has the store."""

LAST_LOOK_S = 1.0
"""How long the last conclusions may take; what is left is drawn at the next start."""


class Place(Entity, frozen=True):
    """Where an agent answers, and what it is configured by.

    Attributes:
        listen: The doors.
        tokens: Who may come in.
        config: The file to watch; none without it.
        token: Where the token of the same user lies, if it was written.
        limits: How much callers may ask at once, and for how long.
        shares: How much memory its parts may take.
    """

    listen: Listen
    tokens: Tokens
    config: Path | None = None
    token: Path | None = None
    limits: Limits = DEFAULT_LIMITS
    shares: Shares = Shares()


class Agent:
    """Everything that an agent does, over an open store.

    Args:
        store: Opened to write.
        first: What the configuration says at the start.
        load: Reads it anew.
        place: Where it answers.
        say: Given the lines of the start.
        tools: What visits work with.
    """

    def __init__(
        self,
        store: Store,
        first: Configured,
        load: Load,
        place: Place,
        *,
        say: Callable[[str], None],
        tools: Tools | None = None,
    ) -> None:
        tools = tools or Tools(clock=SystemClock())
        self._clock: Clock = tools.clock
        self._store = store
        self._inventory = LocalInventory(store, self._clock.now)
        self._configured = first
        self._load = load
        self._place = place
        self._say = say
        self._ended = asyncio.Event()
        self._told_to_stop = asyncio.Event()
        self._reload = asyncio.Event()
        self._stop = Stop(self._clock)
        self._doors: Doors | None = None
        self._telemetry = self._make_telemetry(first)
        self._concluder = self._make_concluder(first)
        self._collections = Collections(
            self._concluder.poke,
            lambda name: (scope.key for scope in store.runs.scopes(name)),
            self._clock,
            (source.name for source in first.sources),
        )
        self._journal = Journal(self._collections, self._concluder.poke, self._concluder.measured)
        queue = MemoryQueue(self._clock)
        progress = self._telemetry.progress(self._journal)
        measured = self._telemetry.measuring(self._journal.measured)
        self._driver = Driver(
            store, queue, tools=tools, progress=progress, measured=measured, heard=self._journal
        )
        self._collections.steer(self._driver)
        self._looking = Looking(store, self._inventory, self._concluder.measured, self._clock)
        self._notifying = Notifying(store, self._clock, self._telemetry.notified)
        self._taking = Taking(place.config, self._clock.now)
        self._started_at = self._clock.now()
        self._concluding = threading.Thread(
            target=self._concluder.run, name="conclude", daemon=True
        )
        self._crash: str | None = None

    # From any thread that runs the loop.

    def stop(self) -> None:
        """End in order."""
        self._told_to_stop.set()

    def reload(self) -> None:
        """Read the configuration anew."""
        self._reload.set()

    async def run(self) -> Exit:
        """Serve and visit until told to stop; return how far to trust that it went well."""
        with correlated(self._telemetry.visit_ids):
            return await self._run()

    async def _run(self) -> Exit:
        driving = self._driving(asyncio.get_running_loop())
        place = self._place
        doors = Doors(self._offer(), place.listen, tokens=place.tokens, limits=place.limits)
        self._doors = doors
        self._telemetry.start()
        async with doors:
            await announce(self._store, doors.unix or doors.url)
            self._say_where(doors)
            await asyncio.to_thread(self._notifying.begin, self._configured.notify)
            self._concluding.start()
            driving.start()
            self._looking.configure(self._configured.probes, self._configured.ways)
            self._notifying.configure(self._configured.notify, self._configured.ways)
            beside = {
                "reloading": self._reloading,
                "probing": self._looking.run,
                "notifying": self._notifying.run,
                "watching the loop": self._telemetry.watch_loop,
                "staying alone": self._staying_alone,
            }
            aside = [asyncio.create_task(persist(*each)) for each in beside.items()]
            await self._told_to_stop.wait()
            told_at = asyncio.get_running_loop().time()
            tell("stopping")
            self._stop.tell()
            for task in aside:
                task.cancel()
            self._store.announce(None)
            await asyncio.gather(doors.stop(), self._driver_end(), *aside, return_exceptions=True)
        self._concluder.stop()
        await asyncio.to_thread(self._concluding.join, LAST_LOOK_S)
        left_s = STOPPED_S - (asyncio.get_running_loop().time() - told_at)
        await asyncio.to_thread(self._telemetry.close, min(max(left_s, 0.1), LAST_PUSH_S))
        tell("stopped")
        return Exit.COMPLETE if self._crash is None else Exit.UNREACHABLE

    @property
    def configuration_error(self) -> str | None:
        """Why the newest configuration is not used; `None` where it is."""
        return self._taking.standing.error

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._told_to_stop.is_set()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing concludes any more, so that the store may be closed."""
        return not self._concluding.is_alive()

    def _driving(self, loop: asyncio.AbstractEventLoop) -> threading.Thread:
        """Return the thread of the schedule; where it ends unasked, the agent ends too."""

        def drive() -> None:
            try:
                self._driver.run(self._configured.sources, self._stop)
            finally:
                if self._stop.error is None:
                    self._crash = "the schedule ended by itself"
                    LOG.critical(self._crash)
                with suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._ended.set)
                    loop.call_soon_threadsafe(self._told_to_stop.set)

        return threading.Thread(target=drive, name="schedule", daemon=True)

    async def _driver_end(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(END_S):
                await self._ended.wait()

    def _offer(self) -> Offer:
        return Offer(
            self._inventory,
            visits=self._collections,
            version=self._inventory.version,
            ready=self._lacking,
            standing=self._standing,
            metrics=self._telemetry.metrics,
            answered=self._telemetry.answered,
        )

    def _standing(self) -> Standing:
        return standing_of(
            Parts(
                store=self._store,
                concluder=self._concluder,
                taking=self._taking,
                depth=self._driver.depth,
                paused=self._collections.paused,
                left_behind=self._driver.lingering,
                unplanned=lambda: self._journal.unplanned,
                unheard=lambda: self._journal.unheard,
                lacking=self._lacking,
                subscribers=self._subscribers,
                started_at=self._started_at,
                shares=self._place.shares,
            )
        )

    def _subscribers(self) -> int:
        return 0 if self._doors is None else self._doors.subscribers

    def _make_telemetry(self, first: Configured) -> Telemetry:
        """Return what takes the figures; the driver that it looks at is made after it."""

        def depth() -> Depth:
            return self._driver.depth()

        def lingering() -> dict[str, str]:
            return self._driver.lingering()

        sights = Sights(
            depth=depth,
            lingering=lingering,
            subscribers=self._subscribers,
            store_bytes=lambda: self._store.status().size_bytes,
            unplanned=lambda: len(self._journal.unplanned),
            paused=lambda: len(self._collections.paused()),
            conclude_failures=lambda: self._concluder.failures,
            configuration_valid=lambda: self.configuration_error is None,
            untold=lambda: self._notifying.backlogs().changes,
            untold_oldest_s=lambda: self._notifying.backlogs().oldest_s,
            disabled_targets=lambda: self._notifying.backlogs().disabled,
        )
        return Telemetry(
            Reader(self._store.database, self._clock.now),
            sights,
            settings=first.telemetry,
            ways=first.ways,
            hide=Redactor(secrets_in(os.environ)).hide,
            now=self._clock.now,
            monotonic=self._clock.monotonic,
        )

    def _make_concluder(self, first: Configured) -> Concluder:
        told = self._telemetry.concluded
        return Concluder(self._store, self._clock, first.policy, first.keep, told, first.overlay)

    def _lacking(self) -> tuple[str, ...]:
        """Say what is not ready: neither clouds nor a configuration that cannot be read make it so."""
        lacking: list[str] = []
        if self._ended.is_set() or self._told_to_stop.is_set():
            lacking.append("the schedule has stopped")
        try:
            self._store.changes.last_seq()
        except ApiscapeError:
            lacking.append("the store does not answer")
        if self._store.database.refusal is not None:
            lacking.append("the store cannot be written")
        return tuple(lacking)

    def _say_where(self, doors: Doors) -> None:
        token = self._place.token
        where = Addresses(
            unix=doors.unix,
            api=doors.url,
            probe=doors.probe_url,
            token=str(token) if token is not None and doors.url else None,
        )
        sources = self._configured.sources
        scopes = self._inventory.scopes()
        for line in opening_lines(where, sources, scopes, self._clock.now()):
            self._say(line)
        fields = {"unix": where.unix, "api": where.api, "probes": where.probe}
        tell("serving", **fields, sources=len(sources), scopes=len(scopes))

    # Beside the doors.

    async def _staying_alone(self) -> None:
        """End where another agent has the store by now, as after an outage of its server."""
        while True:
            await asyncio.sleep(ALONE_S)
            try:
                await in_thread(self._store.check_alone)
            except StoreLocked as error:
                self._crash = error.message
                tell("another agent has the store", logging.CRITICAL, why=error.message)
                self.stop()
            except ApiscapeError:
                continue  # who reads or writes says so

    async def _reloading(self) -> None:
        """Read the configuration anew, whenever somebody says so or a file of it changed."""
        first = self._configured
        changes = Changes(self._place.config, first.overlay_folder, named_files(first))
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._reload.wait()
            except TimeoutError:
                if not changes.look():
                    continue
            self._reload.clear()
            with self._taking:
                await self.take_configuration()
            refused = self._taking.standing.path
            others = {*named_files(self._configured), *([refused] if refused else [])}
            changes.turn_to(self._configured.overlay_folder, others)

    async def take_configuration(self) -> None:
        """Read configuration, overlay and what they name, and go on by them; where one is wrong, by the old ones.

        Sources whose overlay alone changed are left alone.
        """
        try:
            fresh = await in_thread(self._load)
            if (
                fresh.sources != self._configured.sources
                or fresh.overlay == self._configured.overlay
            ):
                await asyncio.wrap_future(self._driver.reload(fresh.sources))
            self._looking.configure(fresh.probes, fresh.ways)
        except ApiscapeError as error:
            self._taking.refuse(error)
            place = {name: getattr(error, name, None) for name in ("path", "line", "column")}
            said = {"why": error.message, "next_step": error.hint, **place}
            tell("configuration not taken; the old one stands", logging.ERROR, **said)
            return
        self._taking.take()
        if fresh.agent != self._configured.agent:
            tell("doors and logs change at the next start", logging.WARNING)
        self._configured = fresh
        self._collections.reload(source.name for source in fresh.sources)
        self._concluder.configure(fresh.policy, fresh.keep, fresh.overlay)
        self._notifying.configure(fresh.notify, fresh.ways)
        entries = len(fresh.overlay.entries)
        tell("configuration taken", sources=len(fresh.sources), overlay_entries=entries)
