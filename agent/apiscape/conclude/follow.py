"""Follows the change log with a cursor of its own, and brings what follows of it up to date.

A batch of changes is concluded and kept in one transaction with the cursor: what is
interrupted is done again, and what is done twice is done once. Where retention has passed the
cursor, everything that stands is concluded anew.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import islice

import msgspec

from apiscape.conclude.addresses import Surroundings, admits, survey, tell_where
from apiscape.conclude.counting import (
    FRONT_DOORS,
    Telling,
    ToldBy,
    read_telling,
    told_by_installed,
)
from apiscape.conclude.faring import (
    HealthPolicy,
    Observed,
    fare,
    signals_about,
    signals_by_subject,
)
from apiscape.conclude.leading import Leading
from apiscape.conclude.membership import found_api
from apiscape.conclude.naming import (
    HOLDING,
    draw_names,
    of_names,
    pointing_providers,
    provider_of,
)
from apiscape.conclude.newcomers import conclude_family, surrounded
from apiscape.conclude.overlaying import OVERLAY, apply_overlay
from apiscape.errors import NotKept
from apiscape.govern.overlay import NO_OVERLAY, Overlay
from apiscape.health.policy import DEFAULT_THRESHOLDS, Thresholds, thresholds_for
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.identity import certificate_uid
from apiscape.model.provenance import GOVERNED
from apiscape.model.surroundings import STACK, Api, Consumer, FrontDoor, Signal
from apiscape.store import Conclusion, Store, Touched
from apiscape.store.overlay import lay_over

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

    def _look_around(self) -> _Around:
        return _Around(self._store, self._leading, whole=self._telling.every_door)

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
        drawn = _draw(self._store, keys, self._around.survey, self._telling)
        held = self._store.conclusions.load(drawn.conclusions)
        if self._overlay.entries:
            governed = apply_overlay(self._store, self._overlay, drawn.conclusions, drawn.items)
            drawn = msgspec.structs.replace(drawn, conclusions=governed)
        conclusions = self._fare(drawn, held)
        fresh = _moved(held, conclusions)
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
        if not self._policy.overrides:
            return {}
        choose = thresholds_for(self._policy.overrides, self._now)
        rows = self._store.conclusions.rows(drawn.items)
        return {uid: choose(lay_over(row, drawn.conclusions[uid])) for uid, row in rows.items()}


class _Around:
    """What stands around deployments, read when first asked for; a batch in which it moved has a new one."""

    def __init__(self, store: Store, leading: Leading, *, whole: bool) -> None:
        self._store = store
        self._leading = leading
        self._whole = whole

    @cached_property
    def survey(self) -> Surroundings:
        return survey(
            self._doors.values(),
            self._consumers.values(),
            whole=self._whole,
            verdicts=self._verdicts,
        )

    @cached_property
    def whole(self) -> bool:
        """Whether every front door that there may be was looked at, with where it leads."""
        return self._whole and tell_where(self._doors.values())

    @cached_property
    def seen(self) -> dict[str, tuple[Signal, ...]]:
        """Signals of what collectors saw, by what they are about."""
        return signals_by_subject(self._store.surroundings.current(Signal))

    @cached_property
    def signals(self) -> dict[str, tuple[Signal, ...]]:
        """Signals by what they are about, with the verdicts on names in DNS."""
        return of_names(self.seen, self._verdicts)

    @cached_property
    def pointed_at(self) -> frozenset[str]:
        """Providers of hosts that names in DNS point at."""
        return pointing_providers(self.seen)

    @cached_property
    def _verdicts(self) -> dict[str, Signal]:
        return self._store.pointing.verdicts()

    def led_to(self, front_doors: Iterable[str]) -> set[str]:
        """Return the native APIs that front doors lead to, those that are gone among them."""
        return {key for uid in front_doors for key in self._targets(uid)}

    @property
    def signalled(self) -> set[str]:
        """Deployments that signals are about, or what leads to them."""
        return {*self.signals, *self._leading.to({*self.signals, *self._showing(self.signals)})}

    @cached_property
    def shown(self) -> dict[str, str]:
        """Certificates that front doors show, by the doors' uids."""
        return {
            uid: certificate_uid(door.certificate)
            for uid, door in self._doors.items()
            if isinstance(door.certificate, str) and door.certificate
        }

    def _showing(self, certificates: Container[str]) -> set[str]:
        """Return the front doors that show one of these."""
        return {door for door, shown in self.shown.items() if shown in certificates}

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
        leading = self._leading.to([*around, *measured, *self._showing(measured)])
        uids = {*touched.uids, *measured, *leading}
        keys = set(self._store.conclusions.keys_of(uids).values())
        for stack in self._store.pointing.stacks(around):
            keys |= self._store.pointing.labelled(f"{STACK}={stack}")
        return keys | self.led_to(around)

    def keys_around(self, drawn: Iterable[str], telling: Telling) -> set[str]:
        """Return the native APIs of those newcomers, drawn already, around which something stands."""
        uids = list(drawn)
        places = self._store.conclusions.places_of(uids)
        found = surrounded(places, self.survey, self.signals, telling)
        keys = {place.native_api_key for place in found}
        if self.survey.hosts:
            answering = self._store.conclusions.answering(uids)
            keys.update(*(answering[host] for host in answering.keys() & self.survey.hosts.keys()))
        if self.survey.balancers:
            keys |= self._store.pointing.labelled(f"{STACK}=", uids)
        return keys

    def _targets(self, uid: str) -> Iterator[str]:
        """Yield the native APIs that something which stands around leads to."""
        consumer = self._consumers.get(uid)
        targets = admits(consumer) if consumer else self.survey.ends.get(uid, ())
        yield from (key for key, _ in targets)
        for host in self.survey.far.get(uid, ()):
            yield from self._leading.answering.get(host, ())


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

    What others concluded of owners stays as it is; what an overlay says no more is taken back.
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
    ours = (*_OURS, *(name for name in GOVERNED if name in {*before.said, *fresh.said}))
    return msgspec.structs.replace(before, **{name: getattr(fresh, name) for name in ours})


_OURS = (
    *("api", "front_doors", "consumers", "counted", "endpoints", "exposure"),
    *("bypass", "mtls", "access_reasons", "dangling", "dangling_reasons"),
    *("health", "basis", "health_reason", "health_reasons", "health_since"),
    *("requests", "errors_4xx", "errors_5xx", "p95_ms", "said"),
)
"""The fields of a conclusion that are drawn here."""
