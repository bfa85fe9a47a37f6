"""A look at some objects of a scope between its visits, stored under the generation of the newest one.

What is seen is taken up as what a watch says of a part that it follows: the same intake, the same ledger, the
same judgement (`Happenings`). Nothing retires but by evidence, which is a direct read that answered not-found.
A visit that begins meanwhile takes over: what it sees is newer.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from apiscape.collect.happenings import Event, Happenings
from apiscape.collect.job import Job, Means
from apiscape.collect.lending import lend_session
from apiscape.collect.live import Live
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.run import at_edge, lend
from apiscape.collect.visit import TokenBook
from apiscape.collectors.changing import LooksAgain, Touched
from apiscape.collectors.contract import (
    Cancelled,
    Failed,
    Malformed,
    Observation,
    Recorded,
    Skipped,
    Unseen,
)
from apiscape.errors import Fenced
from apiscape.model.noticed import LookedAgain
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind


class LookAgain:
    """One look at some objects of a scope.

    Args:
        job: The scope; its collector looks again.
        means: What it works with.
        budget: What calls draw on; its stop ends the look.
        objects: What to look at.
    """

    def __init__(
        self, job: Job, means: Means, budget: ScopeBudget, objects: Sequence[Touched]
    ) -> None:
        self.job = job
        self.budget = budget
        self._means = means
        self._objects = tuple(objects)
        self._lock = threading.Lock()
        self._closed = False
        self._ends: dict[str, str] = {}
        self._failed: dict[str, ErrorRecord] = {}
        self._unseen = 0

    def execute(self) -> LookedAgain:
        """Look, and store what is seen; say what came of it.

        Raises:
            StoreError: the store failed.
        """
        resumed = self._means.runs.resume(self.job.scope)
        if resumed is None:
            return self.report(overtaken=True)
        happenings, parts = self._begin(*resumed)
        try:
            error = at_edge(self.job.scope.product, lambda: self._look(happenings, parts))
        except Fenced:
            return self.report(overtaken=True)
        if error is not None and error.kind == ErrorKind.DEADLINE:
            error = self.budget.stop.error or error
        return self.report(error)

    def close(self, error: ErrorRecord) -> LookedAgain:
        """End a look that does not end by itself, from another thread; what it still says is refused."""
        with self._lock:
            self._closed = True
        return self.report(error)

    def report(self, error: ErrorRecord | None = None, *, overtaken: bool = False) -> LookedAgain:
        """Return what came of it so far."""
        ends = Counter(self._ends.values())
        return LookedAgain(
            scope=self.job.scope,
            asked=tuple(each.native_id for each in self._objects),
            told=tuple(self._ends),
            recorded=ends[_RECORDED],
            skipped=ends[_SKIPPED],
            gone=ends[_GONE],
            unseen=self._unseen,
            failed=dict(self._failed),
            error=error,
            overtaken=overtaken,
            calls=self.budget.calls,
            throttled=self.budget.throttled_calls,
        )

    def _begin(self, run: Any, number: int) -> tuple[Happenings, dict[str, str]]:  # noqa: ANN401 - the store's own
        """Return where what is seen goes, and the part of each object that is known."""
        version = 0 if self.job.collector is None else self.job.collector.normaliser_version
        rows = self._means.runs.known(self.job.scope).values()
        self._tokens = TokenBook(rows, version)
        live = Live(self._tokens)
        live.renew(rows)
        means = self._means
        given = (means.runs, run, live, self._tokens, means.policy)
        parts = {row.listed_id: row.part for row in rows}
        return Happenings(*given, number=number), parts

    def _look(self, happenings: Happenings, parts: dict[str, str]) -> None:
        collector, job = self.job.collector, self.job
        if not isinstance(collector, LooksAgain):
            return
        asked = {each.native_id for each in self._objects}
        with lend_session(
            job.provider, job.source.settings, job.scope.reach, self.budget
        ) as session:
            visit = lend(job, self._means, session, self._tokens, self.budget.stop)
            said = collector.look_again(job.scope, visit, self._objects)
            for native_id, events in _by_object(said):
                if native_id not in asked:
                    raise Malformed("an object is said that nobody asked for", native_id=native_id)
                self._store(happenings, self._part_of(native_id, events, parts), events)

    def _part_of(self, native_id: str, events: Sequence[Event], parts: dict[str, str]) -> str:
        """Return the part of an object: as said, as it is known, or the only one there is.

        Raises:
            Malformed: nobody says.
        """
        said = next(
            (each.part for each in events if isinstance(each, Recorded | Skipped | Failed)), None
        )
        declared = () if self.job.collector is None else self.job.collector.parts
        only = declared[0] if len(declared) == 1 else None
        part = said or parts.get(native_id) or only
        if part is None:
            raise Malformed("an object is said of no part", native_id=native_id)
        return part

    def _store(self, happenings: Happenings, part: str, events: Sequence[Event]) -> None:
        """Store what is said of one object.

        Raises:
            Cancelled: the look was closed, or should end.
            Fenced: a visit took over.
        """
        self.budget.stop.check()
        with self._lock:
            if self._closed:
                raise Cancelled("the look was closed")
            happenings.take(((part, each) for each in events), self._means.clock.now())
            for each in events:
                self._count(each)

    def _count(self, said: Event) -> None:
        match said:
            case Failed() if said.error.kind != ErrorKind.GONE:
                self._failed[said.native_id] = said.error
            case Failed():
                self._ends[said.native_id] = _GONE
            case Unseen():
                self._unseen += 1
            case Skipped():
                self._ends[said.native_id] = _SKIPPED
            case _:
                self._ends[said.native_id] = _RECORDED


_RECORDED, _SKIPPED, _GONE = "recorded", "skipped", "gone"


def _by_object(said: Iterator[Observation]) -> Iterator[tuple[str, list[Event]]]:
    """Yield what is said of each object together, as soon as something is said of another.

    Where it breaks off, more may have been left to say of the last one: it stands as it was.

    Raises:
        Malformed: something else is said.
    """
    held: list[Event] = []
    for each in said:
        if not isinstance(each, Recorded | Skipped | Failed | Unseen):
            raise Malformed(f"{type(each).__name__} is no word of a look at single objects")
        if held and held[0].native_id != each.native_id:
            yield held[0].native_id, held
            held = []
        held.append(each)
    if held:
        yield held[0].native_id, held
