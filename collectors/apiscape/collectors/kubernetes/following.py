"""A cluster, followed: every resource by a reflector of its own, joined in one.

    reflectors ──► inbox ──► cluster (what is there, who looked at what) ──► batches

First everything is listed, then all of it is said at once; from there only what may give other facts
than before. A resource that does not come to be listed in time holds up no other: it is said when it is.
Measurements are said again before they are too old to count, a few at a time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
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
)
from apiscape.collectors.kubernetes.batching import BATCH, chunks
from apiscape.collectors.kubernetes.beat import Followed
from apiscape.collectors.kubernetes.discovering import Catalogue, Served
from apiscape.collectors.kubernetes.reading import (
    ENDS_IT_ALL,
    Means,
    find,
    is_known_absent,
    not_found,
)
from apiscape.collectors.kubernetes.reflector import Change, Listing, Trouble
from apiscape.collectors.kubernetes.reflectors import Reflectors, Said
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.unread import Unread

GATHER_S = 0.2
"""How long what happens is gathered before it is said."""

WAIT_S = 1.0
"""How long nothing may happen before that is said."""

FIRST_S = 60.0
"""After how long a resource that is in trouble is not waited for any more at first."""

REFRESH_S = 2_400.0
"""Within which time every measurement is said again."""


class Following:
    """Follows a cluster, with some means."""

    def __init__(self, means: Means) -> None:
        self._cluster = means.cluster
        self._reflectors = Reflectors(means.wire, means.discovery)
        self._namespaces = means.namespaces
        self._visit = means.visit
        self._followed: dict[str, Followed] = {}
        self._synced: set[str] = set()
        self._refreshing: list[tuple[Resource, str]] = []
        self._refreshed_at = 0.0
        self._share = 0.0
        self._is_behind = False
        self._unread = Unread(means.cluster.reads.resources)

    def batches(self) -> Iterator[tuple[Observation, ...]]:
        """Yield what there is, then what happens.

        Raises:
            CollectorError: The cluster cannot be followed any more.
        """
        try:
            yield from self._first()
            while True:
                self._visit.check()
                self._reflectors.look_again()
                yield from chunks(self._next())
        finally:
            self._reflectors.stop()

    # At first.

    def _first(self) -> Iterator[tuple[Observation, ...]]:
        """Yield why resources cannot be listed, until all others are; then everything at once."""
        catalogue = self._reflectors.look()
        self._unread.look(catalogue)
        yield (*self._start(catalogue), *self._unread.news())
        until = time.monotonic() + FIRST_S
        waiting = set(self._followed)
        while waiting:
            self._visit.check()
            said = self._take_one(WAIT_S)
            lost = () if said is None else tuple(self._listed_first(said))
            waiting = {name for name, each in self._followed.items() if not each.is_whole} & waiting
            if time.monotonic() >= until and all(self._followed[name].trouble for name in waiting):
                lost += tuple(self._give_up(waiting))
                waiting = set()
            yield lost
        whole = [each for each in self._followed.values() if each.is_whole]
        for chunk in chunks(chain.from_iterable(self._list_anew(each) for each in whole)):
            self._visit.check()
            yield chunk
        self._refreshed_at = time.monotonic()

    def _listed_first(self, said: Said) -> Iterator[Observation]:
        if isinstance(said.what, BaseException):
            yield from self._lost(said, said.what)
        else:
            self._apply(said)

    def _give_up(self, names: Iterable[str]) -> Iterator[Observation]:
        """Yield what is not waited for any more; it is listed when it can be."""
        for name in names:
            trouble = self._followed[name].trouble
            if trouble is not None:
                yield PartFailed(part=name, error=trouble.record())

    def _list_anew(self, followed: Followed) -> Iterator[Observation]:
        """Yield a whole list: what there is of a resource, then each of it."""
        resource = followed.resource
        ids = self._cluster.native_ids(resource, self._cluster.keys(resource))
        within = self._cluster.within(resource, self._namespaces)
        yield Listed(part=resource.name, native_ids=ids, last=True, within=within)
        yield from self._cluster.say_all(resource)
        self._synced.add(resource.name)
        yield Synced(part=resource.name)

    # From there.

    def _next(self) -> Iterator[Observation]:
        """Yield what happened in a moment, and what follows from it."""
        said = self._take_one(0 if self._is_behind else WAIT_S)
        until = time.monotonic() + GATHER_S
        while said is not None:
            yield from self._happened(said)
            left = until - time.monotonic()
            said = self._take_one(left) if left > 0 else None
        yield from self._unread.news()
        stale = tuple(self._cluster.say_stale(BATCH, self._synced))
        self._is_behind = len(stale) == BATCH
        yield from stale
        yield from self._refresh()

    def _happened(self, said: Said) -> Iterator[Observation]:
        name = said.followed.resource.name
        if isinstance(said.what, BaseException):
            lost = tuple(self._lost(said, said.what))
            if name in self._synced:
                yield from lost
        elif isinstance(said.what, Change) and name in self._synced:
            yield from self._changed(said.followed.resource, said.what)
        elif self._apply(said) and said.followed.is_whole:
            yield from self._list_anew(said.followed)

    def _changed(self, resource: Resource, change: Change[Any]) -> Iterator[Observation]:
        key = change.item.key
        if not change.is_gone:
            if self._cluster.take(resource, change.item):
                yield self._cluster.say(resource, key)
        elif self._cluster.drop(resource, key):
            (native_id,) = self._cluster.native_ids(resource, [key])
            yield Absent(part=resource.name, native_id=native_id)

    def _refresh(self) -> Iterator[Observation]:
        """Yield a few of those whose measurements grow old: all of them in `REFRESH_S`."""
        if not self._refreshing:
            self._refreshing = [
                (self._followed[each.resource].resource, each.key)
                for each in sorted(self._cluster.giving)
                if each.resource in self._synced and each.resource in self._followed
            ]
            self._share = max(1, len(self._refreshing)) / REFRESH_S
        due = int((time.monotonic() - self._refreshed_at) * self._share)
        if due < 1:
            return
        self._refreshed_at = time.monotonic()
        for _ in range(min(due, len(self._refreshing), BATCH)):
            resource, key = self._refreshing.pop()
            if self._cluster.world.find(resource.name, key) is not None:
                yield self._cluster.say(resource, key)

    # What is followed.

    def _start(self, catalogue: Catalogue) -> Iterator[Observation]:
        """Follow what is served and not followed yet; yield what is not served."""
        found = [
            (each, find(each, catalogue, self._namespaces))
            for each in self._cluster.reads.resources
            if each.name not in self._followed
        ]
        yield from self._follow(found)

    def _follow(
        self, found: Sequence[tuple[Resource, Served | PartAbsent | PartFailed]]
    ) -> Iterator[Observation]:
        """Follow what is served; yield why something is not."""
        begun: list[Followed] = []
        for resource, what in found:
            if isinstance(what, Served):
                begun.append(Followed(resource, what, self._namespaces or ("",)))
            else:
                self._cluster.world.see(resource.name, whole=is_known_absent(what))
                yield what
        self._followed |= {each.resource.name: each for each in begun}
        self._reflectors.follow(begun)

    def _move(self, catalogue: Catalogue) -> None:
        """Follow resources anew that are served in another version, or not at all: then their list says that."""
        for name, followed in list(self._followed.items()):
            found = find(followed.resource, catalogue, self._namespaces)
            if found == followed.served or isinstance(found, PartFailed):
                continue
            served = found if isinstance(found, Served) else followed.served
            self._reflectors.leave(followed)
            self._followed[name] = Followed(followed.resource, served, followed.namespaces)
            self._reflectors.follow([self._followed[name]])

    def _lost(self, said: Said, error: BaseException) -> Iterator[Observation]:
        """Yield that a resource is followed no more, if so; one that could not be at first is tried again later.

        Raises:
            BaseException: what no other resource would be spared.
        """
        if not isinstance(error, CollectorError) or isinstance(error, ENDS_IT_ALL):
            raise error
        resource = said.followed.resource
        del self._followed[resource.name]
        self._reflectors.leave(said.followed)
        self._cluster.world.see(resource.name, whole=False)
        found = self._find_again(said.followed) if isinstance(error, Gone) else error
        if isinstance(found, CollectorError):
            yield PartFailed(part=resource.name, error=found.record())
        else:
            yield from self._follow([(resource, found)])
        if resource.name not in self._followed:
            self._cluster.retain(resource, ())

    def _find_again(self, followed: Followed) -> Served | PartAbsent | PartFailed | CollectorError:
        """Return what became of a resource that is not found any more: the cluster alone can say that it is gone."""
        try:
            found = find(followed.resource, self._reflectors.look(), self._namespaces)
        except CollectorError as refused:
            return refused
        return not_found(followed.served) if found == followed.served else found

    def _take_one(self, wait_s: float) -> Said | None:
        """Return what came next of a resource that is followed; `None` where nothing did in time."""
        said = self._reflectors.next(wait_s)
        if isinstance(said, Catalogue):
            list(self._start(said))
            self._move(said)
            self._unread.look(said)
            return None
        if said is None or self._followed.get(said.followed.resource.name) is not said.followed:
            return None
        return said

    def _apply(self, said: Said) -> bool:
        """Take up a page of a list, or a change while others are listed; say whether a list came to its end."""
        followed, resource = said.followed, said.followed.resource
        match said.what:
            case Change(item, is_gone=True):
                self._cluster.drop(resource, item.key)
            case Change(item):
                self._cluster.take(resource, item)
            case Trouble(error):
                followed.trouble = error
            case Listing() as page:
                return self._listed(followed, said.namespace, page)
            case _:
                pass
        return False

    def _listed(self, followed: Followed, namespace: str, page: Listing[Any]) -> bool:
        resource = followed.resource
        for each in (*page.items, *page.odd):
            self._cluster.take(resource, each)
        if not followed.take(namespace, page):
            return False
        others = [
            key
            for key in self._cluster.keys(resource)
            if namespace and not key.startswith(f"{namespace}/")
        ]
        self._cluster.retain(resource, [*followed.keys(namespace), *others])
        if followed.is_whole:
            followed.trouble = None
            world = self._cluster.world
            world.see(resource.name, whole=True, namespaces=self._namespaces)
        return True
