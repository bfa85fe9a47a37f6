"""The thread that draws what follows: after every run and every batch of a watch, and by the clock.

It alone concludes. What fails is said and tried again, later every time; a failure ends nothing. By the clock it also
gives back the memory that visits, conclusions and snapshots were made with.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from types import TracebackType

from apiscape.collect.clock import Clock
from apiscape.collect.memory import give_back
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import Concluded, conclude, conclude_due, is_overlaid
from apiscape.conclude.newcomers import draw_newcomers
from apiscape.daemon.logs import LOG, tell
from apiscape.errors import ApiscapeError
from apiscape.govern.overlay import NO_OVERLAY, Overlay
from apiscape.model.run import Scope
from apiscape.store import Store

LOOK_S = 1.0
"""How often the change log is looked at: a watch writes into it without a word."""

DUE_S = 60.0
"""How often everything is drawn anew that the clock may move, at most."""

DUE_SHARE = 0.005
"""The most of its time that the thread gives to that: of a large inventory it is drawn less often."""

RETAIN_S = 86_400.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 60.0

Told = Callable[[], None]
Drawn = Callable[[Concluded], None]


def _unheard(_done: Concluded) -> None:
    """Tell nobody."""


class Concluder:
    """Draws conclusions until it is stopped; `run` it in a thread.

    Args:
        store: What is followed, and where conclusions are kept.
        clock: Says when what is due.
        policy: How health is judged.
        keep: How long history is kept.
        drawn: Told what each pass came to.
        overlay: What people say of deployments.

    Attributes:
        failures: Tries in a row that failed; `failure`: what the last one said.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        policy: HealthPolicy,
        keep: timedelta,
        drawn: Drawn = _unheard,
        overlay: Overlay = NO_OVERLAY,
    ) -> None:
        self.failures = 0
        self.failure: str | None = None
        self._store = store
        self._clock = clock
        self._policy = policy
        self._keep = keep
        self._overlay = overlay
        self._drawn = drawn
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = False
        self._waiting: list[Told] = []
        self._measured: dict[str, Scope] = {}
        self._not_before = clock.monotonic()
        self._due_at = clock.monotonic()
        self._retain_at = clock.monotonic()
        store.runs.draw_with(draw_newcomers(policy))

    def poke(self, told: Told | None = None) -> None:
        """Have the log looked at now; `told` is called once it was, however that ended."""
        with self._lock:
            self._waiting += [told] if told else []
        self._wake.set()

    def measured(self, scopes: Iterable[Scope] | None = None) -> None:
        """Have drawn anew what was measured: everything, or the deployments of some scopes."""
        if scopes is None:
            self._due_at = self._clock.monotonic()
        else:
            with self._lock:
                self._measured |= {scope.key: scope for scope in scopes}
        self._wake.set()

    def configure(
        self, policy: HealthPolicy, keep: timedelta, overlay: Overlay = NO_OVERLAY
    ) -> None:
        """Judge, keep, and govern in another way from now on."""
        self._policy, self._keep, self._overlay = policy, keep, overlay
        self._store.runs.draw_with(draw_newcomers(policy))
        self.measured()

    def stop(self) -> None:
        """End after what is under way, and one last look."""
        self._stopped = True
        self._wake.set()

    def run(self) -> None:
        """Conclude until stopped."""
        while not self._stopped:
            wait_s = self.turn()
            self._clock.sleep(wait_s, self._wake)
            self._wake.clear()
        self.turn()

    def turn(self) -> float:
        """Do what is due; return in how many seconds there may be more."""
        now = self._clock.monotonic()
        if now < self._not_before:
            return self._not_before - now
        with self._lock:
            waiting, self._waiting = self._waiting, []
        trying = _Trying()
        with trying:
            self._work(now)
        self._take(trying.error)
        for told in waiting:
            told()
        return max(self._not_before - now, LOOK_S)

    def _work(self, now: float) -> None:
        at, policy, overlay = self._clock.now(), self._policy, self._overlay
        behind = self._store.changes.last_seq() > self._store.conclusions.cursor()
        if behind or not is_overlaid(self._store, overlay, at):
            self._drawn(conclude(self._store, at, policy=policy, overlay=overlay))
        self._draw_measured(at)
        if now >= self._due_at:
            self._due_at = now + DUE_S
            self._drawn(conclude_due(self._store, at, policy=policy, overlay=overlay))
            ended = self._clock.monotonic()
            self._due_at = max(self._due_at, ended + (ended - now) / DUE_SHARE)
            give_back()
        if now >= self._retain_at and not self._stopped:
            dropped = self._store.upkeep.retain(at, self._keep)
            self._retain_at = now + RETAIN_S
            tell("old history dropped", rows=dropped)

    def _draw_measured(self, at: datetime) -> None:
        """Draw anew the scopes that were measured since; where that fails they stay to be drawn."""
        with self._lock:
            scopes, self._measured = self._measured, {}
        if not scopes:
            return
        policy, overlay = self._policy, self._overlay
        try:
            uids = [uid for scope in scopes.values() for uid in self._store.runs.known(scope)]
            self._drawn(conclude_due(self._store, at, policy=policy, overlay=overlay, uids=uids))
        except ApiscapeError:
            with self._lock:
                self._measured = scopes | self._measured
            raise

    def _take(self, error: Exception | None) -> None:
        """Take up how a try ended; after a failure the next one waits, longer every time."""
        if error is None:
            if self.failures:
                tell("conclusions are drawn again", failures=self.failures)
            self.failures, self.failure = 0, None
            return
        wait_s = min(FIRST_BACK_OFF_S * 2.0**self.failures, LONGEST_BACK_OFF_S)
        self.failures = min(self.failures + 1, 30)
        self._not_before = self._clock.monotonic() + wait_s
        self._due_at = min(self._due_at, self._not_before)
        if isinstance(error, ApiscapeError):
            self.failure = error.message
            said = {"why": error.message, "next_step": error.hint, "again_in_s": wait_s}
            tell("conclusions could not be drawn", logging.ERROR, **said)
        else:
            self.failure = type(error).__name__
            LOG.error("conclusions could not be drawn", exc_info=error)


class _Trying:
    """Keeps what an attempt raised."""

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
        return isinstance(error, Exception)
