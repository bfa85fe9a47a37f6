"""What a watch says, sorted: into the list that is under way, or as what happened to a synced part."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apiscape.collect.generation import Generation
from apiscape.collect.happenings import Event, Happenings
from apiscape.collect.intake import BATCH
from apiscape.collect.job import Job, Means
from apiscape.collect.ledger import End
from apiscape.collect.live import Live
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import (
    Absent,
    CollectorError,
    Failed,
    Listed,
    Malformed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
    Unchanged,
    Unseen,
)
from apiscape.errors import Fenced
from apiscape.model.run import ErrorRecord, Ledger, RunReport
from apiscape.model.vocabulary import ErrorKind

_EVENTS = (Recorded, Unchanged, Skipped, Failed, Unseen, Absent)


class Following:
    """The generations of one watch, and what happens under them. Used by one thread at a time.

    Args:
        job: What is watched.
        means: What it works with.
        budget: What provider calls draw on.
        told: Told the report of every list that came to its end.
    """

    def __init__(
        self, job: Job, means: Means, budget: ScopeBudget, told: Callable[[RunReport], None]
    ) -> None:
        version = 0 if job.collector is None else job.collector.normaliser_version
        self.tokens = TokenBook((), version, job.anew)
        self._job = job
        self._means = means
        self._budget = budget
        self._told = told
        self._live = Live(self.tokens)
        self._generation = Generation(job, means, budget, self._live.note)
        self._happenings: Happenings | None = None
        self._synced: set[str] = set()
        self._listing: set[str] = set()
        self._is_doubted = False

    @property
    def is_doubted(self) -> bool:
        """Whether an object could not be read since the newest report, which says that all of them were."""
        return self._is_doubted

    @property
    def whole(self) -> bool:
        """Whether no list is under way, so that what is stored is what the source says."""
        return self._generation.report is not None

    @property
    def follows(self) -> bool:
        """Whether there is a part to follow: none where all of them failed, or are absent."""
        return bool(self._synced)

    def begin(self) -> None:
        """Claim the next generation, and take up what the store has."""
        if self.whole:
            self._generation = Generation(self._job, self._means, self._budget, self._live.note)
        self._generation.begin(self.tokens)
        self._live.renew(self._generation.known.values())
        self._happenings = Happenings(
            self._means.runs,
            self._generation.run,
            self._live,
            self.tokens,
            self._means.policy,
        )
        collector = self._job.collector
        self._listing = set() if collector is None else set(collector.parts)

    def take(self, batch: Iterable[Observation]) -> None:
        """Take up a batch; what it says of synced parts is stored as it returns.

        Raises:
            CollectorError: the watch is to end: a part fell away, or something is said of no part.
            Fenced: a newer run of the scope took over.
            StoreError: it could not be stored.
        """
        events: list[tuple[str, Event]] = []
        for said in batch:
            part = self._followed(said)
            if part is None:
                self._take_listed(said)
            elif isinstance(said, _EVENTS):
                events.append((part, said))
            elif isinstance(said, Listed):
                self._store(events)
                events = []
                self._relist(part)
                self._generation.take(said)
        self._store(events)
        if not self.whole:
            self._generation.flush()
            self._end_if_synced()

    def close(self, error: ErrorRecord | None) -> RunReport:
        """End the list that is under way, if one is, and return the newest report."""
        return self._generation.end(error)

    def give_way(self, fenced: Fenced) -> RunReport:
        """Return the newest report where a newer run of the scope took over."""
        return self._generation.report or self._generation.give_way(fenced)

    def sums(self) -> Ledger:
        """Return the sums of the newest list, as its parts stand now."""
        return self._generation.sums()

    def _followed(self, said: Observation) -> str | None:
        """Return the synced part that something is said of; `None` where it belongs to a list under way."""
        if isinstance(said, Listed):
            return said.part if self.whole or said.part in self._synced else None
        if isinstance(said, PartFailed | PartAbsent):
            if self.whole or said.part in self._synced:
                raise _PartLost(said)
            return None
        if isinstance(said, Synced | Absent):
            return said.part if said.part in self._synced else None
        named = said.part if isinstance(said, Recorded | Skipped | Failed) else None
        if named is not None:
            return named if named in self._synced else None
        return self._search(said.native_id)

    def _search(self, native_id: str) -> str | None:
        """Return the synced part of an object that is said without its part."""
        if not self.whole:
            parts = [each for each in self._generation.ledger if each.part not in self._synced]
            if any(each.ends.get(native_id) is End.OPEN for each in parts):
                return None
        for part in self._generation.ledger:
            if part.part in self._synced and native_id in part.ends:
                return part.part
        if not self.whole:
            return None
        if len(self._synced) == 1:
            return next(iter(self._synced))
        raise Malformed("an object is said of no part that is followed", native_id=native_id)

    def _take_listed(self, said: Observation) -> None:
        """Take up what is said of a list under way."""
        self._generation.take(said)
        match said:
            case Listed():
                self._listing.add(said.part)
            case Synced():
                self._listing.discard(said.part)
                self._synced.add(said.part)
            case PartFailed() | PartAbsent():
                self._listing.discard(said.part)
            case _:
                pass

    def _relist(self, part: str) -> None:
        """Let a part list anew: in the next generation, unless one is under way for others."""
        if self.whole:
            standing = [each.carry() for each in self._generation.ledger if each.part != part]
            self.begin()
            for each in standing:
                self._generation.ledger.put(each)
                self._listing.discard(each.part)
        else:
            self._generation.list_anew(part, self._live.of_part(part))
        self._synced.discard(part)
        self._listing.add(part)

    def _store(self, events: list[tuple[str, Event]]) -> None:
        """Store what happened, and keep the parts of the generation up with it."""
        if not events or self._happenings is None:
            return
        if not self.whole:
            self._generation.flush()
        for start in range(0, len(events), BATCH):
            chunk = events[start : start + BATCH]
            parts, touched = self._happenings.take(chunk, self._means.clock.now())
            for part in parts:
                self._generation.ledger.stand(part.part).absorb(part)
                self._is_doubted |= self._is_well and End.FAILED in part.ends.values()
            self._generation.known |= touched

    def _end_if_synced(self) -> None:
        if self._listing:
            return
        report = self._generation.end(None)
        self._live.judge(self._generation.verdict.presence)
        self._is_doubted = False
        self._told(report)

    @property
    def _is_well(self) -> bool:
        report = self._generation.report
        return report is not None and report.is_as_configured


class _PartLost(CollectorError):
    """A part that was followed can be followed no more."""

    def __init__(self, said: PartFailed | PartAbsent) -> None:
        if isinstance(said, PartFailed):
            self._error = said.error
        else:
            words = f"{said.part} is no longer there: {said.reason}"
            self._error = ErrorRecord(kind=ErrorKind.GONE, message=words)
        super().__init__(self._error.message)

    def record(self) -> ErrorRecord:
        """Return the error as it was said."""
        return self._error
