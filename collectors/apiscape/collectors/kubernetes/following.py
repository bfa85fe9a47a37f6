"""A cluster, followed: every resource by a reflector in a thread of its own, joined in one.

    reflectors ──► inbox ──► cluster (what is there, who looked at what) ──► batches

First everything is listed, then all of it is said at once; from there only what may give other facts
than before. Measurements are said again before they are too old to count, a few at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from apiscape.collectors.contract import (
    Absent,
    CollectorError,
    Gone,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Synced,
    Visit,
)
from apiscape.collectors.kubernetes.beat import Followed
from apiscape.collectors.kubernetes.cluster import Cluster
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery, Served
from apiscape.collectors.kubernetes.reading import ENDS_IT_ALL, find, is_known_absent
from apiscape.collectors.kubernetes.reflector import Change, Listing
from apiscape.collectors.kubernetes.reflectors import Reflectors, Said
from apiscape.collectors.kubernetes.resource import Resource, Role
from apiscape.collectors.kubernetes.wire import Wire

BATCH = 500
"""Most that is said at once."""

GATHER_S = 0.2
"""How long what happens is gathered before it is said."""

WAIT_S = 1.0
"""How long nothing may happen before that is said."""

REFRESH_S = 2_400.0
"""Within which time every measurement is said again."""


class Following:
    """Follows a cluster.

    Args:
        cluster: Where what is there is kept.
        wire: The cluster.
        discovery: What it serves.
        namespaces: The only ones that may be read; none for all of them.
        visit: The visit.
    """

    def __init__(
        self,
        cluster: Cluster,
        wire: Wire,
        discovery: Discovery,
        namespaces: Sequence[str],
        visit: Visit,
    ) -> None:
        self._cluster = cluster
        self._reflectors = Reflectors(wire, discovery, namespaces)
        self._namespaces = tuple(namespaces)
        self._visit = visit
        self._followed: dict[str, Followed] = {}
        self._synced: set[str] = set()
        self._refreshing: list[tuple[Resource, str]] = []
        self._refreshed_at = 0.0
        self._share = 0.0

    def batches(self) -> Iterator[tuple[Observation, ...]]:
        """Yield what there is, then what happens.

        Raises:
            CollectorError: The cluster cannot be followed any more.
        """
        try:
            yield from self._first()
            while True:
                yield from self._next()
        finally:
            self._reflectors.stop()

    # At first.

    def _first(self) -> Iterator[tuple[Observation, ...]]:
        """Yield every list, then everything at once."""
        yield tuple(self._start(self._reflectors.look()))
        waiting = set(self._followed)
        while waiting:
            self._visit.check()
            said = self._take_one(WAIT_S)
            batch = tuple(self._listed_first(said, waiting)) if said is not None else ()
            yield batch
        for chunk in _chunks(self._say_everything()):
            self._visit.check()
            yield chunk
        self._cluster.world.stale.clear()
        self._synced = set(self._followed)
        self._refreshed_at = time.monotonic()
        yield tuple(Synced(part=name) for name in sorted(self._synced))

    def _listed_first(self, said: Said, waiting: set[str]) -> Iterator[Observation]:
        name = said.resource.name
        if isinstance(said.what, BaseException):
            waiting.discard(name)
            yield self._lost(said.resource, said.what)
            return
        self._apply(said)
        followed = self._followed.get(name)
        if followed is not None and followed.is_whole and name in waiting:
            waiting.discard(name)
            yield self._listing(said.resource)

    def _say_everything(self) -> Iterator[Observation]:
        for name in self._followed:
            yield from self._cluster.say_all(self._followed[name].resource)

    def _listing(self, resource: Resource) -> Listed:
        self._cluster.world.see(resource.name, whole=True)
        keys = self._cluster.keys(resource)
        ids = self._cluster.native_ids(resource, keys)
        return Listed(part=resource.name, native_ids=ids, last=True)

    # From there.

    def _next(self) -> Iterator[tuple[Observation, ...]]:
        """Yield what happened in a moment, and what follows from it."""
        self._visit.check()
        self._reflectors.look_again()
        happened: list[Observation] = []
        said = self._take_one(WAIT_S)
        until = time.monotonic() + GATHER_S
        while said is not None:
            happened += self._happened(said)
            left = until - time.monotonic()
            said = self._take_one(left) if left > 0 and len(happened) < BATCH else None
        happened += self._cluster.say_stale(BATCH, self._synced)
        happened += self._refresh()
        yield tuple(happened)

    def _happened(self, said: Said) -> Iterator[Observation]:
        name = said.resource.name
        if isinstance(said.what, BaseException):
            lost = self._lost(said.resource, said.what)
            if name in self._synced:
                yield lost
        elif isinstance(said.what, Change) and name in self._synced:
            yield from self._changed(said.resource, said.what)
        elif self._apply(said) and self._followed[name].is_whole:
            yield self._listing(said.resource)
            yield from self._cluster.say_all(said.resource)
            yield Synced(part=name)
            self._synced.add(name)

    def _changed(self, resource: Resource, change: Change[Any]) -> Iterator[Observation]:
        key = change.item.key
        if not change.is_gone:
            is_new = self._cluster.take(resource, change.item)
            is_odd = self._cluster.world.find(resource.name, key) is None
            if is_odd or (is_new and resource.role is Role.SUPPORT):
                yield self._cluster.say(resource, key)
        elif self._cluster.drop(resource, key):
            (native_id,) = self._cluster.native_ids(resource, [key])
            yield Absent(part=resource.name, native_id=native_id)

    def _refresh(self) -> Iterator[Observation]:
        """Yield a few of those whose measurements grow old: all of them in `REFRESH_S`."""
        if not self._refreshing:
            self._refreshing = [
                (followed.resource, key)
                for followed in self._followed.values()
                if followed.resource.role is not Role.SUPPORT
                for key in self._cluster.keys(followed.resource)
            ]
            self._share = max(1, len(self._refreshing)) / REFRESH_S
        due = int((time.monotonic() - self._refreshed_at) * self._share)
        if due < 1:
            return
        self._refreshed_at = time.monotonic()
        for _ in range(min(due, len(self._refreshing), BATCH)):
            resource, key = self._refreshing.pop()
            if key in self._cluster.world.keys(resource.name):
                yield self._cluster.say(resource, key)

    # What is followed.

    def _start(self, catalogue: Catalogue) -> Iterator[Observation]:
        """Follow what is served and not followed yet; yield what is not served."""
        for resource in self._cluster.reads.resources:
            if resource.name in self._followed:
                continue
            found = find(resource, catalogue, self._namespaces)
            if isinstance(found, Served):
                self._followed[resource.name] = Followed(resource, self._namespaces or ("",))
                self._reflectors.follow(resource, found)
            else:
                self._cluster.world.see(resource.name, whole=is_known_absent(found))
                yield found

    def _lost(self, resource: Resource, error: BaseException) -> Observation:
        """Return that a resource is followed no more; one that could not be at first is tried again later.

        Raises:
            BaseException: what no other resource would be spared.
        """
        if not isinstance(error, CollectorError) or isinstance(error, ENDS_IT_ALL):
            raise error
        self._followed.pop(resource.name, None)
        self._cluster.world.see(resource.name, whole=isinstance(error, Gone))
        if isinstance(error, Gone):
            return PartAbsent(part=resource.name, reason="not installed any more")
        return PartFailed(part=resource.name, error=error.record())

    def _take_one(self, wait_s: float) -> Said | None:
        """Return what came next of a resource; `None` where nothing did in time."""
        said = self._reflectors.next(wait_s)
        if isinstance(said, Catalogue):
            list(self._start(said))
            return None
        return said

    def _apply(self, said: Said) -> bool:
        """Take up a page of a list, or a change while others are listed; say whether a list came to its end."""
        followed = self._followed.get(said.resource.name)
        if followed is None:
            return False
        if isinstance(said.what, Change):
            change = said.what
            if change.is_gone:
                self._cluster.drop(said.resource, change.item.key)
            else:
                self._cluster.take(said.resource, change.item)
            return False
        if not isinstance(said.what, Listing):
            return False
        for each in (*said.what.items, *said.what.odd):
            self._cluster.take(said.resource, each)
        if not followed.take(said.namespace, said.what):
            return False
        others = [
            key
            for key in self._cluster.keys(said.resource)
            if said.namespace and not key.startswith(f"{said.namespace}/")
        ]
        self._cluster.retain(said.resource, [*followed.keys(said.namespace), *others])
        return True


def _chunks(said: Iterator[Observation]) -> Iterator[tuple[Observation, ...]]:
    batch: list[Observation] = []
    for each in said:
        batch.append(each)
        if len(batch) >= BATCH:
            yield tuple(batch)
            batch = []
    yield tuple(batch)
