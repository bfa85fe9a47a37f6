"""Probes of an agent: whom a view says, now and then, with what was found kept for the conclusions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from apiscape.client.inventory import Inventory
from apiscape.collect.clock import Clock
from apiscape.daemon.beside import in_thread
from apiscape.daemon.logs import tell
from apiscape.errors import ApiscapeError
from apiscape.health.probing.answers import SOURCE
from apiscape.model.measured import Measured
from apiscape.model.surroundings import Signal
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Exposure
from apiscape.network.ways import Ways
from apiscape.settings.schema import Probes
from apiscape.store import Store

if TYPE_CHECKING:
    from apiscape.health.probing.prober import Prober, Target

FIRST_LOOK_S = 10.0
"""How long after a start, or a change, the first probes are sent at the latest."""

PAGE = 500


class Looking:
    """Probes what a view says, until it is cancelled; `run` it as a task of the agent's loop.

    Args:
        store: Where what was measured goes.
        inventory: Says what the view holds.
        measured: Called where something new was measured.
        clock: Written down as the time of what was found.
        ways: The ways out until `configure` says others.
    """

    def __init__(
        self,
        store: Store,
        inventory: Inventory,
        measured: Callable[[], None],
        clock: Clock,
        ways: Ways | None = None,
    ) -> None:
        self._store = store
        self._inventory = inventory
        self._measured = measured
        self._clock = clock
        self._ways = ways or Ways()
        self._probes: Probes | None = None
        self._prober: Prober | None = None
        self._changed = asyncio.Event()

    def configure(self, probes: Probes | None, ways: Ways | None = None) -> None:
        """Probe in another way from now on, or not at all; the ways out stay unless they are given.

        Raises:
            SettingsError: The certificates to trust cannot be read.
        """
        ways = ways or self._ways
        if self._prober is not None and (probes, ways) == (self._probes, self._ways):
            return
        self._prober = None if probes is None else _prober(probes, ways)
        self._probes, self._ways = probes, ways
        self._changed.set()

    async def run(self) -> None:
        """Look again and again, the first time soon after every change of how."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            probes = self._probes  # a look may outlast them
            if probes is None:
                await self.look()
                continue
            wait_s = min(FIRST_LOOK_S, probes.interval_s)
            while not await self._changes_within(wait_s):
                await self.look()
                wait_s = probes.interval_s

    async def _changes_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._changed.wait()
        return False

    async def look(self) -> None:
        """Probe every deployment of the view once, and keep what was found; what it leaves out is forgotten."""
        probes, prober = self._probes, self._prober
        try:
            targets: tuple[Target, ...] = ()
            found: tuple[Signal, ...] = ()
            if probes is not None and prober is not None:
                targets = await in_thread(targets_of, self._inventory, probes.view)
                found = await prober.look(targets, self._clock.now())
            await in_thread(self._keep, targets, found)
        except ApiscapeError as error:
            tell("probes could not be kept", logging.ERROR, why=error.message)
            return
        self._measured()

    def _keep(self, targets: tuple[Target, ...], found: tuple[Signal, ...]) -> None:
        measurements = self._store.measurements
        by_uid: dict[str, list[Signal]] = {}
        for signal in found:
            by_uid.setdefault(signal.subject_uid, []).append(signal)
        wanted = {target.uid for target in targets}
        held = measurements.subjects()
        measurements.forget(
            SOURCE, [uid for uid, who in held.items() if SOURCE in who and uid not in wanted]
        )
        if by_uid:
            fresh = {uid: Measured(signals=tuple(each)) for uid, each in by_uid.items()}
            measurements.save(SOURCE, fresh)


def targets_of(inventory: Inventory, view: str) -> tuple[Target, ...]:
    """Return the deployments of a view that have an address, each at the first that can be asked.

    Raises:
        QueryError: The view cannot be read.
        StoreError: The store does not answer.
    """
    from apiscape.health.probing.prober import Target, address_of

    targets: list[Target] = []
    after: str | None = None
    while True:
        page = inventory.page(view, limit=PAGE, after=after)
        targets += (
            Target(
                uid=row.uid,
                url=next(filter(address_of, row.endpoints), row.endpoints[0]),
                is_public=row.exposure == Exposure.INTERNET,
            )
            for row in page.items
            if is_known(row.endpoints) and row.endpoints
        )
        after = page.next
        if after is None:
            return tuple(targets)


def _prober(probes: Probes, ways: Ways) -> Prober:
    """Return what probes; it is imported where something is to be probed, for that takes a while."""
    from apiscape.health.probing.guard import Guard
    from apiscape.health.probing.prober import Manner, Prober

    manner = Manner(
        method=probes.method,
        path=probes.path,
        timeout_s=probes.timeout_s,
        failures=probes.failures,
        hosts_at_once=probes.hosts_at_once,
    )
    guard = Guard(probes.allow, proxy_resolves=probes.proxy_resolves)
    return Prober(manner, guard, ways.trust(), ways)
