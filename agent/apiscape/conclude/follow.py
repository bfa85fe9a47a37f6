"""Follows the change log with a cursor of its own, and brings what follows of it up to date.

A batch of changes is concluded and kept in one transaction with the cursor: what is
interrupted is done again, and what is done twice is done once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice

import msgspec

from apiscape.conclude.addresses import Surroundings, admits, leads_to, reach, survey
from apiscape.conclude.counting import Telling, ToldBy, read_telling, told_by_installed
from apiscape.conclude.membership import GONE, found_api
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Api, Consumer, FrontDoor
from apiscape.store import Conclusion, Member, Store, Touched

BATCH = 500
"""Changes that are concluded at a time."""


class Concluded(Entity, frozen=True):
    """What one pass over the log did.

    Attributes:
        deployments: Whose conclusions were drawn anew; `moved`: those of them that came out otherwise.
        seq: The log's position that conclusions now stand at.
    """

    deployments: int
    moved: int
    seq: int


def conclude(store: Store, now: datetime, told_by: ToldBy = told_by_installed) -> Concluded:
    """Draw conclusions from every change since the last time.

    Args:
        store: What is followed, and where conclusions are kept.
        now: Written down as their time.
        told_by: Says which products a listing of consumers tells of.

    Raises:
        NotKept: the changes since then are no longer kept.
        StoreError: the store failed; what was concluded until then stands.
    """
    return _Pass(store, now, told_by).run()


class _Pass:
    """One pass over the log: what it has drawn so far, and what it knows of the surroundings."""

    def __init__(self, store: Store, now: datetime, told_by: ToldBy) -> None:
        self._store = store
        self._now = now
        self._telling = read_telling(store.conclusions, told_by)
        self._around = _Around(store)
        self._keys: set[str] = set()
        self._drawn = 0
        self._moved = 0

    def run(self) -> Concluded:
        cursor = self._store.conclusions.cursor()
        more = True
        while more:
            touched = self._store.conclusions.touched(cursor, BATCH)
            more = touched.more
            if touched.seq == cursor:
                break
            if touched.surroundings:
                self._around = _Around(self._store)
            self._draw(self._around.keys_of(touched), seq=touched.seq)
            cursor = touched.seq
        self._follow_listings(cursor)
        return Concluded(deployments=self._drawn, moved=self._moved, seq=cursor)

    def _follow_listings(self, cursor: int) -> None:
        """Draw anew what a listing of consumers told of, and no longer does, or the other way round."""
        for turned in self._telling.turned:
            keys = iter(self._store.conclusions.keys_in(turned.of))
            due = (key for key in keys if key not in self._keys)
            while chunk := set(islice(due, BATCH)):
                self._draw(chunk, seq=cursor)
            self._store.conclusions.save({}, (), seq=turned.state, at=self._now, name=turned.cursor)

    def _draw(self, keys: set[str], seq: int) -> None:
        conclusions, apis = _draw(self._store, keys, self._around.survey, self._telling)
        fresh = _moved(self._store, conclusions)
        self._store.conclusions.save(fresh, apis, seq=seq, at=self._now)
        self._drawn += len(conclusions)
        self._moved += len(fresh)
        if self._telling.turned:
            self._keys |= keys


class _Around:
    """What stands around deployments, read when first asked for; a batch in which it moved has a new one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def survey(self) -> Surroundings:
        return survey(self._doors.values(), self._consumers.values())

    @cached_property
    def _doors(self) -> dict[str, FrontDoor]:
        return {door.uid: door for door in self._store.surroundings.current(FrontDoor)}

    @cached_property
    def _consumers(self) -> dict[str, Consumer]:
        return {each.uid: each for each in self._store.surroundings.current(Consumer)}

    def keys_of(self, touched: Touched) -> set[str]:
        """Return the native APIs that a batch of changes concerns.

        Those of the deployments that changed, and those that what changed around them leads to
        now or led to before.
        """
        around = [uid for _, uid in touched.surroundings]
        uids = {*touched.uids, *self._store.conclusions.fronted_by(around)}
        keys = set(self._store.conclusions.keys_of(uids).values())
        keys.update(key for uid in around for key in self._targets(uid))
        return keys

    def _targets(self, uid: str) -> Iterable[str]:
        door, consumer = self._doors.get(uid), self._consumers.get(uid)
        targets = leads_to(door) if door else admits(consumer) if consumer else ()
        return (key for key, _ in targets)


def _draw(
    store: Store, keys: Iterable[str], around: Surroundings, telling: Telling
) -> tuple[dict[str, Conclusion], list[Api]]:
    """Return what follows for every deployment of some native APIs, and their Apis."""
    families = [members for members in store.conclusions.members_of(keys).values() if members]
    items = store.runs.documents(
        [member.uid for family in families for member in family], operations=False
    )
    conclusions: dict[str, Conclusion] = {}
    apis: list[Api] = []
    for family in families:
        api = found_api(family, items)
        apis.append(api)
        conclusions |= _conclude_family(family, api, items, around, telling)
    return conclusions, apis


def _conclude_family(
    family: Sequence[Member],
    api: Api,
    items: Mapping[str, Deployment],
    around: Surroundings,
    telling: Telling,
) -> dict[str, Conclusion]:
    """Return what follows for the deployments of one Api; what is gone is reached by nobody."""
    concluded: dict[str, Conclusion] = {}
    for member in family:
        item = items.get(member.uid)
        stands = item is not None and member.presence not in GONE
        way = Conclusion()
        if item is not None and stands:
            way = reach(item, around, told=member.scope in telling.told)
        concluded[member.uid] = msgspec.structs.replace(way, api=api.uid)
    return concluded


def _moved(store: Store, conclusions: Mapping[str, Conclusion]) -> dict[str, Conclusion]:
    """Return those conclusions that differ from what is kept.

    What others concluded of health and owners stays as it is.
    """
    held = store.conclusions.load(conclusions)
    moved: dict[str, Conclusion] = {}
    for uid, fresh in conclusions.items():
        before = held.get(uid)
        after = fresh if before is None else _lay(before, fresh)
        if after != before:
            moved[uid] = after
    return moved


def _lay(before: Conclusion, fresh: Conclusion) -> Conclusion:
    """Return what is kept, with what is concluded here in its place."""
    return msgspec.structs.replace(before, **{name: getattr(fresh, name) for name in _OURS})


_OURS = ("api", "front_doors", "consumers", "counted", "endpoints", "exposure")
"""The fields of a conclusion that are drawn here."""
