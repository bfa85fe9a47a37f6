"""A store in memory, as much of it as a scan writes to: fenced, and blind to nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from apiscape.errors import Fenced
from apiscape.model.deployment import DETAIL_FIELDS, Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, Happened, Known, PresenceChange, Verdict, Write
from apiscape.model.measured import Measured, measured_at
from apiscape.model.run import ErrorRecord, EstateEntry, RunReport, Scope
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Presence


class OpenRun(Entity, frozen=True):
    scope: Scope
    generation: int
    started_at: datetime


@dataclass
class MemoryRuns:
    """What a store keeps of runs; `log` has every change of a deployment, oldest first."""

    rows: dict[str, dict[str, Known]] = field(default_factory=dict)
    items: dict[str, Deployment] = field(default_factory=dict)
    surroundings: dict[str, Entity] = field(default_factory=dict)
    documents_kept: dict[str, bytes] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)
    reports: list[RunReport] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    followed: list[Happened] = field(default_factory=list)
    before_apply: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._generations: dict[str, int] = {}
        self._scopes: dict[str, Scope] = {}
        self._ended: set[tuple[str, int]] = set()
        self._numbers: dict[str, tuple[int, int]] = {}

    def begin(self, scope: Scope, *, at: datetime, **_: str | None) -> OpenRun:
        with self._lock:
            generation = self._generations.get(scope.key, 0) + 1
            self._generations[scope.key] = generation
            self._scopes[scope.key] = scope
            return OpenRun(scope=scope, generation=generation, started_at=at)

    def known(self, scope: Scope) -> dict[str, Known]:
        return dict(self.rows.get(scope.key, {}))

    def documents(self, uids: Iterable[str], *, operations: bool = True) -> dict[str, Deployment]:
        found = {uid: self.items[uid] for uid in uids}
        if operations:
            return found
        return {
            uid: msgspec.structs.replace(each, operations=UNKNOWN) for uid, each in found.items()
        }

    def apply(self, run: OpenRun, batch: Batch, *, at: datetime) -> int:
        self.before_apply()
        with self._lock:
            self._fence(run)
            self.batches.append(batch)
            for write in batch.writes:
                self._store(run.scope, write)
            self.surroundings |= {entity.uid: entity for *_, entity in batch.surroundings}  # type: ignore[attr-defined]
            self.documents_kept |= batch.documents
        return len(self.log)

    def end(self, run: OpenRun, report: RunReport, verdict: Verdict) -> None:
        with self._lock:
            self._fence(run)
            self._ended.add((run.scope.key, run.generation))
            self._judge(run.scope, verdict.presence)
            self.reports.append(report)
            self.verdicts.append(verdict)

    def follow(
        self, run: OpenRun, batch: Batch, happened: Happened, *, number: int, at: datetime
    ) -> None:
        self.before_apply()
        with self._lock:
            mine = (run.generation, number)
            newest = self._generations[run.scope.key]
            if run.generation != newest or self._numbers.get(run.scope.key, (0, 0)) >= mine:
                raise Fenced(f"batch {number} of run {run.generation} comes too late")
            self._numbers[run.scope.key] = mine
            self.followed.append(happened)
            for write in batch.writes:
                self._store(run.scope, write)
            self.surroundings |= {entity.uid: entity for *_, entity in batch.surroundings}  # type: ignore[attr-defined]
            self._judge(run.scope, happened.presence)

    def resume(self, scope: Scope) -> tuple[OpenRun, int] | None:
        with self._lock:
            generation = self._generations.get(scope.key, 0)
            if (scope.key, generation) not in self._ended:
                return None
            run = OpenRun(
                scope=scope, generation=generation, started_at=self.reports[-1].started_at
            )
            held, number = self._numbers.get(scope.key, (0, 0))
            return run, number if held == generation else 0

    def _judge(self, scope: Scope, changes: Iterable[PresenceChange]) -> None:
        rows = self.rows.setdefault(scope.key, {})
        for change in changes:
            if rows[change.uid].presence != change.presence:
                self.log.append((change.presence, change.uid))
            rows[change.uid] = msgspec.structs.replace(
                rows[change.uid],
                presence=change.presence,
                missing_since=change.missing_since,
                missing_runs=change.missing_runs,
            )

    def newest(self, limit: int = 100, scope: str | None = None) -> tuple[RunReport, ...]:
        found = [report for report in self.reports if scope in {None, report.scope.key}]
        return tuple(found[::-1][:limit])

    def scopes(self, source: str) -> tuple[Scope, ...]:
        return tuple(scope for scope in self._scopes.values() if scope.source == source)

    def presence(self) -> dict[str, str]:
        """Return the presence of every deployment by name of its native id."""
        return {
            self.items[uid].native_id: row.presence
            for rows in self.rows.values()
            for uid, row in rows.items()
        }

    def _fence(self, run: OpenRun) -> None:
        newest = self._generations[run.scope.key]
        if run.generation != newest or (run.scope.key, run.generation) in self._ended:
            raise Fenced(f"run {run.generation} of {run.scope.key} was overtaken")

    def _store(self, scope: Scope, write: Write) -> None:
        item = write.item
        if write.keeps_detail:
            stored = self.items[item.uid]
            kept = {name: getattr(stored, name) for name in DETAIL_FIELDS}
            item = msgspec.structs.replace(item, **kept)
        self.items[item.uid] = item
        self.rows.setdefault(scope.key, {})[item.uid] = Known(
            uid=item.uid,
            name=item.name,
            part=write.part,
            listed_id=write.listed_id,
            facts=write.facts,
            detail=write.detail,
            stage=item.stage,
            presence=Presence.PRESENT,
            token=write.token,
            token_at=write.token_at,
        )
        if write.kind:
            self.log.append((write.kind, item.uid))


@dataclass
class MemoryEstate:
    entries: dict[str, tuple[EstateEntry, ...]] = field(default_factory=dict)
    errors: dict[str, ErrorRecord] = field(default_factory=dict)

    def save(
        self,
        source: str,
        entries: Iterable[EstateEntry],
        *,
        provider: str,
        at: datetime,
        error: ErrorRecord | None = None,
    ) -> None:
        if error is not None:
            self.errors[source] = error
            return
        self.entries[source] = tuple(entries)

    def load(self) -> tuple[EstateEntry, ...]:
        return tuple(entry for entries in self.entries.values() for entry in entries)


@dataclass
class MemoryMeasurements:
    held: dict[tuple[str, str], Measured] = field(default_factory=dict)

    def save(self, source: str, found: Mapping[str, Measured]) -> int:
        self.held |= {(source, uid): measured for uid, measured in found.items()}
        return len(found)

    def newest(self, source: str, uids: Iterable[str]) -> datetime | None:
        found = (measured_at(self.held[source, uid]) for uid in uids if (source, uid) in self.held)
        return max((at for at in found if at is not None), default=None)

    def subjects(self) -> dict[str, frozenset[str]]:
        uids = {uid for _, uid in self.held}
        return {uid: frozenset(of for of, one in self.held if one == uid) for uid in uids}


@dataclass
class MemoryStore:
    runs: MemoryRuns = field(default_factory=MemoryRuns)
    estate: MemoryEstate = field(default_factory=MemoryEstate)
    measurements: MemoryMeasurements = field(default_factory=MemoryMeasurements)
