"""A watch over a scope: its first list is a complete visit, then what happens is stored at once.

listed, then `Synced`      a complete visit: a generation of its own, with a ledger
said of a synced part      stored under that generation, in batches of a rising number
`Listed` of a synced part  the next generation; parts that are still followed stand in it
cut, or told to end        a list under way is partial; what was stored stands
`relist_s` later           the watch ends well, to be begun again with a complete visit
an object unreadable       the same within `doubt_s`: a ledger never says for long that all were read
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from apiscape.collect.clock import Stop
from apiscape.collect.following import Following
from apiscape.collect.job import Job, Means
from apiscape.collect.lending import lend_session
from apiscape.collect.quotas import ScopeBudget
from apiscape.collect.run import at_edge, lend
from apiscape.collectors.contract import Cancelled, Observation, Watches
from apiscape.errors import Fenced
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Ledger, RunReport
from apiscape.model.vocabulary import ErrorKind

DAY_S = 86_400.0


class Patience(Entity, frozen=True):
    """How long a watch goes on.

    Attributes:
        relist_s: After so long it ends well, so that it is begun again.
        mend_s: The same where its list did not see everything.
        doubt_s: How long it is followed at least before it is listed again because an object could not be read: its
            ledger would say until then that all of them were.
        silence_s: After so long without a word it is taken to be cut.
    """

    relist_s: float = DAY_S
    mend_s: float = 3_600.0
    doubt_s: float = 60.0
    silence_s: float = 300.0


class WatchRun:
    """One watch over one scope, until it is cut, told to end, or due to list again.

    Args:
        job: What to watch; its collector watches.
        means: What to work with.
        budget: What provider calls draw on.
        stop: Says when to end; its deadline is that of a list, and renewed while following.
        patience: How long it goes on.
        told: Told the report of every list that came to its end, from the watch's thread.

    Attributes:
        cut: Why it ended, unless it ended well.
        again: Whether it ended to be begun again at once.
    """

    def __init__(
        self,
        job: Job,
        means: Means,
        budget: ScopeBudget,
        stop: Stop,
        patience: Patience,
        told: Callable[[RunReport], None],
    ) -> None:
        self.job = job
        self.stop = stop
        self.cut: ErrorRecord | None = None
        self.again = False
        self._means = means
        self._budget = budget
        self._patience = patience
        self._lock = threading.Lock()
        self._told = told
        self._following = Following(job, means, budget, self._tell)
        self._since: float | None = None
        self._relist_at = means.clock.monotonic() + patience.relist_s
        self._closed = False

    @property
    def following(self) -> bool:
        """Whether every part is synced, and the inventory kept as the source says."""
        return self._following.whole and not self._closed

    @property
    def followed_s(self) -> float:
        """Seconds since everything was first synced."""
        return 0.0 if self._since is None else self._means.clock.monotonic() - self._since

    def relist(self) -> None:
        """Have it end well as soon as everything is synced, to be begun again; from any thread."""
        self._relist_at = self._means.clock.monotonic()

    def execute(self) -> RunReport:
        """Watch the scope; return the newest report, whatever ended the watch.

        Raises:
            StoreError: the store failed.
        """
        return self._unless_fenced(self._begin_and_watch)

    def abandon(self, error: ErrorRecord) -> RunReport:
        """End a watch that does not end by itself, from another thread.

        What it has said is kept; what it still says is refused.

        Raises:
            StoreError: the store failed.
        """
        self.stop.tell(error)
        return self._unless_fenced(lambda: self._close(error))

    def ledger(self) -> Ledger:
        """Return the sums of the newest list, as its parts stand now."""
        return self._following.sums()

    def _unless_fenced(self, work: Callable[[], RunReport]) -> RunReport:
        try:
            return work()
        except Fenced as fenced:
            self._closed = True
            self.cut = ErrorRecord(kind=ErrorKind.INTERRUPTED, message=fenced.message)
            return self._following.give_way(fenced)

    def _begin_and_watch(self) -> RunReport:
        self._following.begin()
        ended = at_edge(self.job.scope.product, self._watch)
        if ended is not None and ended.kind == ErrorKind.DEADLINE:
            ended = self.stop.error or ended
        return self._close(ended)

    def _watch(self) -> ErrorRecord | None:
        """Take up what the collector says; return why it is cut, unless it is due to list again."""
        collector = self.job.collector
        if self.job.error is not None or not isinstance(collector, Watches):
            return self.job.error
        with lend_session(
            self.job.provider, self.job.source.settings, self.job.scope.reach, self._budget
        ) as session:
            visit = lend(self.job, self._means, session, self._following.tokens, self.stop)
            for batch in collector.watch(self.job.scope, visit):
                self._take(batch)
                if self._is_over():
                    return None
        return _ENDED if self._following.whole else None

    def _is_over(self) -> bool:
        """Say whether it ended well: it is due to list again, or there is nothing to follow."""
        self.again = self.following and self._means.clock.monotonic() >= self._relist_at
        return self.again or (self.following and not self._following.follows)

    def _tell(self, report: RunReport) -> None:
        if not report.is_as_configured:
            soon = self._means.clock.monotonic() + self._patience.mend_s
            self._relist_at = min(self._relist_at, soon)
        self._told(report)

    def _take(self, batch: tuple[Observation, ...]) -> None:
        self.stop.check()
        with self._lock:
            if self._closed:
                raise Cancelled("the watch was closed")
            followed = self._following.whole
            self._following.take(batch)
            if self._following.whole:
                self._since = self._begun()
                self.stop.renew(self._patience.silence_s)
                if self._following.is_doubted:
                    self._relist_at = min(self._relist_at, self._since + self._patience.doubt_s)
            elif followed:
                self.stop.renew(self.job.source.deadline_s)

    def _begun(self) -> float:
        return self._means.clock.monotonic() if self._since is None else self._since

    def _close(self, error: ErrorRecord | None) -> RunReport:
        with self._lock:
            if not self._closed:
                self._closed = True
                unfinished = not self._following.whole
                self.cut = error or (_ENDED if unfinished else None)
            return self._following.close(error)


_ENDED = ErrorRecord(
    kind=ErrorKind.UNREACHABLE,
    message="the watch ended by itself",
    next_step="it is begun again after a while",
)
