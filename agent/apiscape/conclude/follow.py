"""Follows the change log with a cursor of its own, and brings what follows of it up to date.

A batch of changes is concluded and kept in one transaction with the cursor: what is
interrupted is done again, and what is done twice is done once. Where retention has passed the
cursor, everything that stands is concluded anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from itertools import islice

import msgspec

from apiscape.conclude.around import Around
from apiscape.conclude.counting import (
    FRONT_DOORS,
    ToldBy,
    read_telling,
    told_by_installed,
)
from apiscape.conclude.drawing import Found, draw, those_moved
from apiscape.conclude.faring import (
    HealthPolicy,
    Observed,
    fare,
    signals_about,
)
from apiscape.conclude.leading import Leading
from apiscape.conclude.naming import (
    HOLDING,
    draw_names,
    provider_of,
)
from apiscape.conclude.overlaying import OVERLAY, apply_overlay
from apiscape.errors import NotKept
from apiscape.govern.overlay import NO_OVERLAY, Overlay
from apiscape.health.policy import DEFAULT_THRESHOLDS, Thresholds, thresholds_for
from apiscape.model.entity import Entity
from apiscape.store import Conclusion, Store, Touched
from apiscape.store.overlay import lay_over

DEFAULT_POLICY = HealthPolicy()

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
    overlay: Overlay = NO_OVERLAY,
) -> Concluded:
    """Draw conclusions from every change since the last time.

    Where some of those changes are no longer kept, or the overlay is another one, they are drawn
    from everything that stands.

    Args:
        store: What is followed, and where conclusions are kept.
        now: Written down as their time; what ages count from.
        told_by: Says which products a listing of consumers tells of.
        policy: How health is judged.
        overlay: What people say of deployments; what another one said before is taken back.

    Raises:
        StoreError: the store failed; what was concluded until then stands.
    """
    by = Rules(policy, overlay.seen_on(now.date()))
    try:
        return _Pass(store, now, told_by, by).run()
    except NotKept:
        return _Pass(store, now, told_by, by).run_anew()


def conclude_due(
    store: Store,
    now: datetime,
    told_by: ToldBy = told_by_installed,
    *,
    policy: HealthPolicy = DEFAULT_POLICY,
    overlay: Overlay = NO_OVERLAY,
    uids: Collection[str] | None = None,
) -> Concluded:
    """Draw anew what moves without a change: by what was measured, and by the clock.

    Args, and what is raised, are those of `conclude`, which should have been run to its end;
    with `uids` only what follows for these deployments, and those of the same native APIs.
    """
    by = Rules(policy, overlay.seen_on(now.date()))
    return _Pass(store, now, told_by, by).run_due(uids)


def is_overlaid(store: Store, overlay: Overlay, now: datetime) -> bool:
    """Say whether what stands was concluded by an overlay as it is now, and by no other one.

    It is not once a confirmation has fallen due since.
    """
    return _is_overlaid(store, overlay.seen_on(now.date()))


def _is_overlaid(store: Store, overlay: Overlay) -> bool:
    return store.conclusions.cursor(OVERLAY) == overlay.mark


class Rules(Entity, frozen=True):
    """What people say of how to conclude."""

    policy: HealthPolicy = DEFAULT_POLICY
    overlay: Overlay = NO_OVERLAY


NO_RULES = Rules()


class _Pass:
    """One pass over the log: what it has drawn so far, and what it knows of the surroundings."""

    def __init__(self, store: Store, now: datetime, told_by: ToldBy, by: Rules) -> None:
        self._store = store
        self._now = now
        self._policy = by.policy
        self._overlay = by.overlay
        self._is_overlaid = _is_overlaid(store, by.overlay)
        self._telling = read_telling(store, told_by)
        self._leading = Leading(store)
        self._saw_doors = store.conclusions.cursor(FRONT_DOORS) == 1
        self._around = self._look_around()
        self._keys: set[str] = set()
        self._keys_whole = self._saw_doors
        self._may_hold_hosts = False
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
                self._around = self._look_around()
            keys = self._around.keys_of(touched) | self._keys_of_newcomers(touched.drawn)
            self._draw(keys, seq=touched.seq)
            cursor = touched.seq
            self._note_hosts(touched, keys)
        self._follow_names(cursor)
        self._follow_listings(cursor)
        self._follow_doors(cursor)
        self._follow_overlay(cursor)
        return Concluded(deployments=self._drawn, moved=self._moved, seq=cursor)

    def _note_hosts(self, touched: Touched, keys: Iterable[str]) -> None:
        """Note whether something moved that may hold a host which a name in DNS points at."""
        if self._may_hold_hosts or not self._around.pointed_at:
            return
        came = self._store.conclusions.keys_of(touched.drawn).values()
        self._may_hold_hosts = any(kind in HOLDING for kind, _ in touched.surroundings) or any(
            provider_of(key) in self._around.pointed_at for key in (*keys, *came)
        )

    def _follow_names(self, cursor: int) -> None:
        """Draw verdicts on names in DNS, and anew what those lead to of which another one holds."""
        signals = self._around.seen
        names = draw_names(self._store, signals, self._now, moved=self._may_hold_hosts)
        if not names:
            return
        self._around = self._look_around()
        uids = self._leading.to(names)
        found = set(self._store.conclusions.keys_of(sorted(uids)).values())
        keys = iter(sorted(found | self._around.led_to(names)))
        while chunk := set(islice(keys, BATCH)):
            self._draw(chunk, seq=cursor)

    def _look_around(self) -> Around:
        return Around(self._store, self._leading, self._telling.sight)

    def _keys_of_newcomers(self, drawn: Iterable[str]) -> set[str]:
        """Return the native APIs of newcomers for which more may hold than was drawn of them alone."""
        if self._overlay.entries:
            return set(self._store.conclusions.keys_of(drawn).values())
        return self._around.keys_around(drawn, self._telling)

    def run_anew(self) -> Concluded:
        """Draw everything; the cursor moves at the end, to where the log stood at the beginning."""
        kept, cursor = self._store.conclusions, self._store.conclusions.cursor()
        seq = self._store.changes.last_seq()
        keys = kept.every_key(limit=BATCH)
        while keys:
            self._draw(set(keys), seq=cursor)
            keys = kept.every_key(keys[-1], BATCH)
        kept.save({}, (), seq=seq, at=self._now)
        self._may_hold_hosts = True
        self._follow_names(seq)
        self._follow_listings(seq)
        self._follow_doors(seq)
        self._note_overlay()
        return Concluded(deployments=self._drawn, moved=self._moved, seq=seq)

    def run_due(self, only: Collection[str] | None) -> Concluded:
        cursor = self._store.conclusions.cursor()
        uids = only
        if uids is None:
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

    def _follow_doors(self, cursor: int) -> None:
        """Draw anew what the pass has not come by, where all front doors are seen now and were not, or no longer.

        Any of them might lead to any deployment.
        """
        if not self._doors_turned:
            return
        self._draw_the_others(cursor)
        seen = int(self._around.whole)
        self._store.conclusions.save({}, (), seq=seen, at=self._now, name=FRONT_DOORS)

    @property
    def _doors_turned(self) -> bool:
        return self._around.whole != self._saw_doors

    def _follow_overlay(self, cursor: int) -> None:
        """Draw anew what the pass has not come by, where the overlay is another one than the last time."""
        if self._is_overlaid:
            return
        self._draw_the_others(cursor)
        self._note_overlay()

    def _draw_the_others(self, cursor: int) -> None:
        """Draw anew what the pass has not come by."""
        keys = self._store.conclusions.every_key(limit=BATCH)
        while keys:
            self._draw(set(keys) - self._keys, seq=cursor)
            keys = self._store.conclusions.every_key(keys[-1], BATCH)

    def _note_overlay(self) -> None:
        mark = self._overlay.mark
        self._store.conclusions.save({}, (), seq=mark, at=self._now, name=OVERLAY)

    def _draw(self, keys: set[str], seq: int) -> None:
        drawn = draw(self._store, keys, self._around.survey, self._telling)
        held = self._store.conclusions.load(drawn.conclusions)
        if self._overlay.entries:
            governed = apply_overlay(self._store, self._overlay, drawn.conclusions, drawn.items)
            drawn = msgspec.structs.replace(drawn, conclusions=governed)
        conclusions = self._fare(drawn, held)
        fresh = those_moved(held, conclusions)
        self._store.conclusions.save(fresh, drawn.apis, seq=seq, at=self._now)
        self._leading.note(held, fresh)
        self._drawn += len(conclusions)
        self._moved += len(fresh)
        self._remember(keys)

    def _remember(self, keys: set[str]) -> None:
        """Know what need not be drawn again by this pass: not what was drawn with other front doors unseen."""
        if self._around.whole != self._keys_whole:
            self._keys_whole = self._around.whole
            self._keys.clear()
        if self._telling.turned or self._doors_turned or not self._is_overlaid:
            self._keys |= keys

    def _fare(self, drawn: Found, held: Mapping[str, Conclusion]) -> dict[str, Conclusion]:
        """Return the conclusions with how their deployments fare."""
        measured = self._store.measurements.load(drawn.items)
        thresholds = self._thresholds(drawn)
        found = dict(drawn.conclusions)
        for uid, item in drawn.items.items():
            observed = Observed(
                presence=drawn.presences[uid],
                signals=signals_about(item, found[uid], self._around.signals, self._around.shown),
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

    def _thresholds(self, drawn: Found) -> dict[str, Thresholds]:
        """Return the thresholds of deployments to which not just the default ones apply."""
        held = self._policy.thresholds
        own = {
            uid: held[source]
            for uid, key in drawn.scopes.items()
            if (source := key.partition("/")[0]) in held
        }
        if not self._policy.overrides:
            return own
        choose = thresholds_for(self._policy.overrides, self._now)
        rows = self._store.conclusions.rows(drawn.items)
        return {
            uid: choose(lay_over(row, drawn.conclusions[uid]), own.get(uid, DEFAULT_THRESHOLDS))
            for uid, row in rows.items()
        }
