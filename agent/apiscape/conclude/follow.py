"""Follows the change log with a cursor of its own, and brings what follows of it up to date.

A batch of changes is concluded and kept in one transaction with the cursor: what is
interrupted is done again, and what is done twice is done once. Where retention has passed the
cursor, everything that stands is concluded anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from itertools import islice

import msgspec

from apiscape.conclude.addresses import Surroundings, admits, leads_to, survey
from apiscape.conclude.counting import Telling, ToldBy, read_telling, told_by_installed
from apiscape.conclude.faring import (
    HealthPolicy,
    Observed,
    fare,
    signals_about,
    signals_by_subject,
)
from apiscape.conclude.membership import found_api
from apiscape.conclude.newcomers import conclude_family, surrounded
from apiscape.errors import NotKept
from apiscape.health.policy import DEFAULT_THRESHOLDS, Thresholds, thresholds_for
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Api, Consumer, FrontDoor, Signal
from apiscape.store import Conclusion, Store, Touched

DEFAULT_POLICY = HealthPolicy()
SIGNAL = "signal"

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


def conclude(
    store: Store,
    now: datetime,
    told_by: ToldBy = told_by_installed,
    *,
    policy: HealthPolicy = DEFAULT_POLICY,
) -> Concluded:
    """Draw conclusions from every change since the last time.

    Where some of those changes are no longer kept, they are drawn from everything that stands.

    Args:
        store: What is followed, and where conclusions are kept.
        now: Written down as their time; what ages count from.
        told_by: Says which products a listing of consumers tells of.
        policy: How health is judged.

    Raises:
        StoreError: the store failed; what was concluded until then stands.
    """
    try:
        return _Pass(store, now, told_by, policy).run()
    except NotKept:
        return _Pass(store, now, told_by, policy).run_anew()


def conclude_due(
    store: Store,
    now: datetime,
    told_by: ToldBy = told_by_installed,
    *,
    policy: HealthPolicy = DEFAULT_POLICY,
) -> Concluded:
    """Draw anew what moves without a change: by what was measured, and by the clock.

    Args, and what is raised, are those of `conclude`, which should have been run to its end.
    """
    return _Pass(store, now, told_by, policy).run_due()


class _Pass:
    """One pass over the log: what it has drawn so far, and what it knows of the surroundings."""

    def __init__(self, store: Store, now: datetime, told_by: ToldBy, policy: HealthPolicy) -> None:
        self._store = store
        self._now = now
        self._policy = policy
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
            keys = self._around.keys_of(touched) | self._around.keys_around(
                touched.drawn, self._telling
            )
            self._draw(keys, seq=touched.seq)
            cursor = touched.seq
        self._follow_listings(cursor)
        return Concluded(deployments=self._drawn, moved=self._moved, seq=cursor)

    def run_anew(self) -> Concluded:
        """Draw everything; the cursor moves at the end, to where the log stood at the beginning."""
        kept, cursor = self._store.conclusions, self._store.conclusions.cursor()
        seq = self._store.changes.last_seq()
        keys = kept.every_key(limit=BATCH)
        while keys:
            self._draw(set(keys), seq=cursor)
            keys = kept.every_key(keys[-1], BATCH)
        kept.save({}, (), seq=seq, at=self._now)
        self._follow_listings(seq)
        return Concluded(deployments=self._drawn, moved=self._moved, seq=seq)

    def run_due(self) -> Concluded:
        cursor = self._store.conclusions.cursor()
        uids = {*self._store.measurements.subjects(), *self._around.signalled}
        keys = iter(dict.fromkeys(self._store.conclusions.keys_of(sorted(uids)).values()))
        while chunk := set(islice(keys, BATCH)):
            self._draw(chunk, seq=cursor)
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
        drawn = _draw(self._store, keys, self._around.survey, self._telling)
        held = self._store.conclusions.load(drawn.conclusions)
        conclusions = self._fare(drawn, held)
        fresh = _moved(held, conclusions)
        self._store.conclusions.save(fresh, drawn.apis, seq=seq, at=self._now)
        self._drawn += len(conclusions)
        self._moved += len(fresh)
        if self._telling.turned:
            self._keys |= keys

    def _fare(self, drawn: Found, held: Mapping[str, Conclusion]) -> dict[str, Conclusion]:
        """Return the conclusions with how their deployments fare."""
        measured = self._store.measurements.load(drawn.items)
        thresholds = self._thresholds(drawn.items)
        found = dict(drawn.conclusions)
        for uid, item in drawn.items.items():
            observed = Observed(
                presence=drawn.presences[uid],
                signals=signals_about(item, found[uid], self._around.signals),
                measured=measured.get(uid, ()),
                before=held.get(uid),
            )
            found[uid] = fare(
                item,
                found[uid],
                observed,
                self._now,
                thresholds=thresholds.get(uid, DEFAULT_THRESHOLDS),
                raise_by=self._policy.raise_by,
            )
        return found

    def _thresholds(self, uids: Iterable[str]) -> dict[str, Thresholds]:
        """Return the thresholds of deployments to which not just the default ones apply."""
        if not self._policy.overrides:
            return {}
        choose = thresholds_for(self._policy.overrides, self._now)
        return {uid: choose(row) for uid, row in self._store.conclusions.rows(uids).items()}


class _Around:
    """What stands around deployments, read when first asked for; a batch in which it moved has a new one."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @cached_property
    def survey(self) -> Surroundings:
        return survey(self._doors.values(), self._consumers.values())

    @cached_property
    def signals(self) -> dict[str, tuple[Signal, ...]]:
        """Signals of what collectors saw, by what they are about."""
        return signals_by_subject(self._store.surroundings.current(Signal))

    @property
    def signalled(self) -> set[str]:
        """Deployments that signals are about, or what leads to them."""
        return {*self.signals, *self._store.conclusions.fronted_by(self.signals)}

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
        measured = self._store.surroundings.subjects_of(
            uid for kind, uid in touched.surroundings if kind == SIGNAL
        )
        leading = self._store.conclusions.fronted_by([*around, *measured])
        uids = {*touched.uids, *measured, *leading}
        keys = set(self._store.conclusions.keys_of(uids).values())
        keys.update(key for uid in around for key in self._targets(uid))
        return keys

    def keys_around(self, drawn: Iterable[str], telling: Telling) -> set[str]:
        """Return the native APIs of those newcomers, drawn already, around which something stands."""
        places = self._store.conclusions.places_of(drawn)
        found = surrounded(places, self.survey, self.signals, telling)
        return {place.native_api_key for place in found}

    def _targets(self, uid: str) -> Iterable[str]:
        door, consumer = self._doors.get(uid), self._consumers.get(uid)
        targets = leads_to(door) if door else admits(consumer) if consumer else ()
        return (key for key, _ in targets)


class Found(Entity, frozen=True):
    """What follows for the deployments of some native APIs, before how they fare."""

    conclusions: dict[str, Conclusion]
    apis: tuple[Api, ...]
    items: dict[str, Deployment]
    presences: dict[str, str]


def _draw(store: Store, keys: Iterable[str], around: Surroundings, telling: Telling) -> Found:
    """Return what follows for every deployment of some native APIs, and their Apis."""
    families = [members for members in store.conclusions.members_of(keys).values() if members]
    members = [member for family in families for member in family]
    items = store.runs.documents([member.uid for member in members], operations=False)
    conclusions: dict[str, Conclusion] = {}
    apis: list[Api] = []
    for family in families:
        api = found_api(family, items)
        apis.append(api)
        conclusions |= conclude_family(family, api, items, around, telling)
    presences = {member.uid: member.presence for member in members}
    return Found(conclusions=conclusions, apis=tuple(apis), items=items, presences=presences)


def _moved(
    held: Mapping[str, Conclusion], conclusions: Mapping[str, Conclusion]
) -> dict[str, Conclusion]:
    """Return those conclusions that differ from what is kept.

    What others concluded of owners stays as it is.
    """
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


_OURS = (
    *("api", "front_doors", "consumers", "counted", "endpoints", "exposure"),
    *("health", "basis", "health_reason", "health_reasons", "health_since"),
    *("requests", "errors_4xx", "errors_5xx", "p95_ms"),
)
"""The fields of a conclusion that are drawn here."""
