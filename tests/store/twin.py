"""The inventory in pure Python, small and slow: what a store must say after the same steps.

It knows nothing of tables. Times are whole minutes after `T0`; deployments are numbers, as `make`
makes them, each listed by one of two parts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from apiscape.model.deployment import Deployment
from apiscape.model.known import Batch, Known, NotObserved, PresenceChange, Verdict
from apiscape.model.projection import deepen, project
from apiscape.model.row import Deep, Row
from apiscape.model.run import Ledger, PartReport
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import Freshness, Outcome, Presence
from apiscape.store.overlay import Conclusion, lay_over
from tests.store.making import DAY, SCOPE, T0, make, write

RETIRED_SHOWN = timedelta(days=30)
PARTS = {"restapis": (0, 1, 2, 3), "domains": (4, 5)}
NUMBERS = tuple(number for numbers in PARTS.values() for number in numbers)
SETTLED = frozenset({Presence.RETIRED, Presence.SUPERSEDED})
NUMBERS_MEASURED = ("requests", "errors_4xx", "errors_5xx", "p95_ms")
PART_OF = {number: name for name, numbers in PARTS.items() for number in numbers}


class Logged(NamedTuple):
    """A line of the change log."""

    seq: int
    at: datetime
    kind: str
    uid: str


@dataclass
class Span:
    """A version: from one sequence number until another, or still."""

    begin: int
    end: int | None = None


_SPANS = ("facts", "standing", "sayings")


@dataclass
class Entry:
    """A deployment as the inventory holds it."""

    item: Deployment
    part: str
    first_seen_at: datetime
    changed_at: datetime
    presence: str = Presence.PRESENT
    missing_since: datetime | None = None
    missing_runs: int = 0
    last_seen_at: datetime | None = None
    retired_at: datetime | None = None
    forgotten_at: datetime | None = None
    unseen_since: datetime | None = None
    concluded: Conclusion | None = None
    said: Conclusion | None = None
    sayings: list[Span] = field(default_factory=list)
    facts: list[Span] = field(default_factory=list)
    standing: list[Span] = field(default_factory=list)

    def copy(self) -> Entry:
        """Return an entry that goes its own way."""
        spans: dict[str, Any] = {name: list(map(replace, getattr(self, name))) for name in _SPANS}
        return replace(self, **spans)


class Past(NamedTuple):
    """What was so at some time.

    Attributes:
        rows: Every row, by uid, the hidden ones too; `shown`: uids of those that a default view lists.
        items: The deployments whole.
        members: Uids by Api. `seq`: Where the log stood.
    """

    rows: dict[str, Row]
    shown: frozenset[str]
    items: dict[str, Deployment]
    members: dict[str, list[str]]
    seq: int


@dataclass
class PartState:
    """How a part was last seen."""

    observed_at: datetime | None = None
    stale: bool = False


class Fate(NamedTuple):
    """What a run sees of a deployment: `seen`, `gone`, `held` (suspect), `replaced`, `unseen` or nothing."""

    number: int
    kind: str
    variant: int


class Seen(NamedTuple):
    """A run as it is given to a store."""

    batch: Batch
    reports: tuple[PartReport, ...]
    verdict: Verdict


def variant(number: int, version: int) -> Deployment:
    """Return one of the shapes that a deployment takes; they differ in every kind of nothing."""
    shapes: tuple[dict[str, Any], ...] = (
        {},
        {"title": "Tax v1", "operations": ()},
        {"title": None, "operations": UNKNOWN, "gateway": "GW 50%"},
        {"title": "", "labels": {}, "environment": "unknown", "backends": UNKNOWN},
    )
    return make(number, **shapes[version % len(shapes)])


@dataclass
class Twin:
    """The inventory of one scope."""

    now: datetime = T0
    seq: int = 0
    generation: int = 0
    complete_at: datetime | None = None
    outcome: str | None = None
    horizon: datetime | None = None
    horizon_seq: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)
    parts: dict[str, PartState] = field(default_factory=dict)
    log: list[Logged] = field(default_factory=list)
    then: dict[datetime, Past] = field(default_factory=dict)

    # ── What happens ─────────────────────────────────────────────────────────

    def plan(self, outcomes: dict[str, str], fates: list[Fate]) -> Seen:
        """Return a run as reconcile would give it: each fate, where the part lets it be known."""
        writes, presence, unseen = [], [], []
        for fate in fates:
            held = self._held(fate.number)
            outcome = outcomes[PART_OF[fate.number]]
            if outcome == Outcome.FAILED:
                continue
            if fate.kind == "seen":
                item = variant(fate.number, fate.variant)
                kind = self._announce(held, item)
                writes.append(write(item, kind, part=PART_OF[fate.number]))
            elif held is None or held.presence in SETTLED:
                continue
            elif fate.kind == "unseen" and held.presence == Presence.PRESENT:
                unseen.append(NotObserved(uid=held.item.uid, reason="throttled"))
            elif outcome == Outcome.COMPLETE and fate.kind != "unseen":
                presence.append(self._loss(held, fate.kind))
        whole = {name: outcome == Outcome.COMPLETE for name, outcome in outcomes.items()}
        reports = tuple(
            PartReport(part=name, outcome=outcome, ledger=Ledger(listed_whole=whole[name]))
            for name, outcome in outcomes.items()
        )
        stale = tuple(name for name, outcome in outcomes.items() if outcome == Outcome.FAILED)
        verdict = Verdict(presence=tuple(presence), not_observed=tuple(unseen), stale_parts=stale)
        return Seen(Batch(writes=tuple(writes)), reports, verdict)

    def run(self, seen: Seen) -> None:
        """Take a run from its beginning to its end."""
        self.generation += 1
        self.write(seen.batch)
        observed = {uid: self._observed_at(entry) for uid, entry in self._by_uid().items()}
        for change in seen.verdict.presence:
            self._change_presence(change, observed[change.uid])
        for report in seen.reports:
            state = self.parts.setdefault(report.part, PartState())
            state.stale = report.outcome == Outcome.FAILED
            if not state.stale:
                self._see_part(report.part, seen.verdict.not_observed, observed)
                state.observed_at = self.now
        outcomes = {report.outcome for report in seen.reports}
        self.outcome = outcomes.pop() if len(outcomes) == 1 else Outcome.PARTIAL
        if self.outcome == Outcome.COMPLETE:
            self.complete_at = self.now

    def write(self, batch: Batch) -> None:
        """Take a batch of a run."""
        for given in batch.writes:
            number = next(n for n in NUMBERS if make(n).uid == given.item.uid)
            self.parts.setdefault(given.part, PartState())
            self._write(number, given.item, given.part)

    def break_off(self, batch: Batch) -> None:
        """Take a run that never ends: what it wrote stands, and no part was seen."""
        self.generation += 1
        self.write(batch)
        self.outcome = Outcome.PARTIAL

    def confirm(self) -> int:
        """Retire the suspects."""
        suspects = [e for e in self._living() if e.presence == Presence.SUSPECT]
        for entry in suspects:
            self._settle(entry, Presence.RETIRED)
        return len(suspects)

    def forget(self, number: int) -> None:
        """Take a retired deployment out of every view."""
        entry = self.entries[number]
        seq = self._note("forgotten", entry)
        for spans in (entry.facts, entry.standing, entry.sayings):
            if spans and spans[-1].end is None:
                spans[-1].end = seq
        entry.forgotten_at, entry.unseen_since = self.now, None
        entry.concluded = entry.said = None

    def conclude(self, number: int, conclusion: Conclusion) -> None:
        """Lay a conclusion over a row."""
        entry = self._held(number)
        if entry is None:
            return
        before, said = self._row(entry, entry.concluded), entry.said or Conclusion()
        entry.concluded = conclusion
        if _substance(conclusion) == _substance(said):
            return
        after = self._row(entry, conclusion)
        fares = entry.presence in {Presence.PRESENT, Presence.SUSPECT} and is_known(said.health)
        turned = fares and before.health != after.health
        also = _beside_health(before) != _beside_health(after) or (
            (said.front_doors, said.consumers) != (conclusion.front_doors, conclusion.consumers)
        )
        kinds = ["health"] * turned + ["concluded"] * (also or not turned)
        seq, *_ = [self._note(kind, entry) for kind in kinds]
        if entry.said is not None:
            entry.sayings[-1].end = seq
        entry.sayings.append(Span(seq))
        entry.said = msgspec.structs.replace(conclusion, **dict.fromkeys(NUMBERS_MEASURED, UNKNOWN))

    def retain(self, keep: timedelta) -> None:
        """Let go of what lies before a horizon."""
        self.horizon = max(self.now - keep, self.horizon or T0 - 1000 * DAY)
        early = [line.seq for line in self.log if line.at < self.horizon]
        self.horizon_seq = max([self.horizon_seq, *early])
        self.entries = {n: e for n, e in self.entries.items() if not self._is_past(e)}
        kept = [(e, name) for e in self.entries.values() for name in _SPANS]
        for entry, name in kept:
            spans = [s for s in getattr(entry, name) if not s.end or s.end > self.horizon_seq]
            setattr(entry, name, spans)
        began = {span.begin for entry, name in kept for span in getattr(entry, name)}
        self.log = [line for line in self.log if line.seq > self.horizon_seq or line.seq in began]
        self.then = {at: rows for at, rows in self.then.items() if at >= self.horizon}

    def remember(self) -> None:
        """Keep what is so now, conclusions in words; of two steps at one time, the later."""
        told = {e.item.uid: self._row(e, e.said) for e in self._living()}
        api_of = {e.item.uid: e.said.api for e in self._living() if e.said and e.said.api}
        self.then[self.now] = Past(
            rows=told,
            shown=frozenset(row.uid for row in self.rows() if self.shows(row)),
            items=self.facts(),
            members={
                api: sorted(uid for uid, held in api_of.items() if held == api)
                for api in api_of.values()
            },
            seq=self.seq,
        )

    def copy(self) -> Twin:
        """Return a twin that goes its own way."""
        return replace(
            self,
            entries={number: entry.copy() for number, entry in self.entries.items()},
            parts={name: replace(state) for name, state in self.parts.items()},
            log=list(self.log),
            then=dict(self.then),
        )

    # ── What it says ─────────────────────────────────────────────────────────

    def rows(self) -> list[Row]:
        """Return every row, the hidden ones too, in the order of uid."""
        rows = (self._row(entry, entry.concluded) for entry in self._living())
        return sorted(rows, key=lambda row: row.uid)

    def deep(self) -> dict[str, Deep]:
        """Return what only the store knows of each row."""
        return {entry.item.uid: deepen(entry.item) for entry in self._living()}

    def facts(self) -> dict[str, Deployment]:
        """Return the deployments whole."""
        return {entry.item.uid: entry.item for entry in self._living()}

    def shows(self, row: Row) -> bool:
        """Say whether a default view lists a row."""
        retired_at = self._by_uid()[row.uid].retired_at
        late = retired_at is not None and retired_at < self.now - RETIRED_SHOWN
        return row.presence != Presence.SUPERSEDED and not late

    def known(self) -> dict[str, Known]:
        """Return what a run knows before it begins."""
        return {
            entry.item.uid: Known(
                uid=entry.item.uid,
                name=entry.item.name,
                part=entry.part,
                listed_id=entry.item.native_api_id,
                facts=write(entry.item).facts,
                detail=write(entry.item).detail,
                stage=entry.item.stage,
                presence=entry.presence,
                missing_since=entry.missing_since,
                missing_runs=entry.missing_runs,
            )
            for entry in self._living()
        }

    def retired(self) -> list[int]:
        """Return the deployments that may be forgotten."""
        living = {n: e for n, e in self.entries.items() if e.forgotten_at is None}
        return [n for n, entry in living.items() if entry.presence == Presence.RETIRED]

    def history(self, uid: str) -> list[tuple[int, str]]:
        """Return number and kind of a deployment's changes, newest first."""
        return [(line.seq, line.kind) for line in reversed(self.log) if line.uid == uid]

    # ── How it goes ──────────────────────────────────────────────────────────

    def _living(self) -> list[Entry]:
        return [entry for entry in self.entries.values() if entry.forgotten_at is None]

    def _by_uid(self) -> dict[str, Entry]:
        return {entry.item.uid: entry for entry in self._living()}

    def _held(self, number: int) -> Entry | None:
        entry = self.entries.get(number)
        return entry if entry is not None and entry.forgotten_at is None else None

    def _note(self, kind: str, entry: Entry) -> int:
        self.seq += 1
        self.log.append(Logged(self.seq, self.now, kind, entry.item.uid))
        return self.seq

    def _announce(self, held: Entry | None, item: Deployment) -> str | None:
        if held is None:
            return "appeared"
        if held.presence != Presence.PRESENT:
            return "returned"
        return "changed" if held.item != item else None

    def _loss(self, held: Entry, kind: str) -> PresenceChange:
        words = {"held": Presence.SUSPECT, "replaced": Presence.SUPERSEDED}
        gone = Presence.RETIRED if held.presence == Presence.MISSING else Presence.MISSING
        return PresenceChange(
            uid=held.item.uid,
            presence=words.get(kind, gone),
            missing_since=held.missing_since or self.now,
            missing_runs=held.missing_runs + 1,
        )

    def _write(self, number: int, item: Deployment, part: str) -> None:
        held = self._held(number)
        if held is None:
            before = self.entries.get(number)
            entry = Entry(item, part, first_seen_at=self.now, changed_at=self.now)
            if before is not None:
                for name in _SPANS:
                    setattr(entry, name, getattr(before, name))
            self.entries[number] = entry
            seq = self._note("appeared", entry)
            entry.facts.append(Span(seq))
            entry.standing.append(Span(seq))
            return
        returns, moves = held.presence != Presence.PRESENT, held.item != item
        if not (returns or moves):
            return
        held.item = item
        seq = self._note("returned" if returns else "changed", held)
        if moves:
            held.changed_at = self.now
            _begin(held.facts, seq)
        if returns:
            held.presence, held.missing_since, held.missing_runs = Presence.PRESENT, None, 0
            held.last_seen_at = held.retired_at = None
            _begin(held.standing, seq)

    def _change_presence(self, change: PresenceChange, observed_at: datetime | None) -> None:
        entry = self._by_uid()[change.uid]
        entry.last_seen_at = entry.last_seen_at or observed_at
        moves = change.presence != entry.presence
        entry.missing_since, entry.missing_runs = change.missing_since, change.missing_runs
        if moves:
            self._settle(entry, change.presence)

    def _settle(self, entry: Entry, presence: str) -> None:
        entry.last_seen_at = entry.last_seen_at or self._observed_at(entry)
        entry.presence = presence
        entry.retired_at = self.now if presence == Presence.RETIRED else None
        _begin(entry.standing, self._note(presence, entry))

    def _see_part(
        self, part: str, unseen: tuple[NotObserved, ...], observed: dict[str, datetime | None]
    ) -> None:
        missed = {item.uid for item in unseen}
        for entry in self._living():
            if entry.part == part:
                uid = entry.item.uid
                entry.unseen_since = observed[uid] if uid in missed else None

    def _observed_at(self, entry: Entry) -> datetime | None:
        return entry.unseen_since or entry.last_seen_at or self.parts[entry.part].observed_at

    def _is_past(self, entry: Entry) -> bool:
        assert self.horizon is not None
        retired, forgotten = entry.retired_at, entry.forgotten_at
        return bool(
            (retired and retired < self.horizon - RETIRED_SHOWN)
            or (forgotten and forgotten < self.horizon)
        )

    def _row(self, entry: Entry, concluded: Conclusion | None) -> Row:
        unseen = entry.unseen_since is not None or self.parts[entry.part].stale
        return msgspec.structs.replace(
            lay_over(project(entry.item, SCOPE), concluded),
            presence=entry.presence,
            freshness=Freshness.NOT_OBSERVED if unseen else Freshness.CURRENT,
            observed_at=self._observed_at(entry),
            first_seen_at=entry.first_seen_at,
            changed_at=entry.changed_at,
            missing_since=entry.missing_since,
        )


def _beside_health(row: Row) -> Row:
    """Return a row without how its deployment fares, and without what was measured."""
    bare = dict.fromkeys((*NUMBERS_MEASURED, "health", "basis", "health_reason"), UNKNOWN)
    return msgspec.structs.replace(row, **bare)


def _substance(conclusion: Conclusion) -> Conclusion:
    """Return what of a conclusion makes a line of the log where it moves."""
    passing = (*NUMBERS_MEASURED, "health_reason")
    return msgspec.structs.replace(conclusion, **dict.fromkeys(passing, UNKNOWN))


def _begin(spans: list[Span], seq: int) -> None:
    spans[-1].end = seq
    spans.append(Span(seq))
