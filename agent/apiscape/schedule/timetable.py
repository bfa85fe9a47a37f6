"""What is due of many scopes, what somebody asked for, and what is paused.

Times are those of a clock that nobody can set: the calendar counts only where the store's runs
are read, at a start. Asks, events and pauses are kept in memory; a restart forgets them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from apiscape.model.entity import Entity
from apiscape.schedule.due import Visited, delay_s
from apiscape.schedule.pauses import EVERYTHING, Pauses, selects
from apiscape.schedule.queue import Priority

DEBOUNCE_S = 30.0
"""How long a scope is left in peace after an event, for others mostly follow."""

LONGEST_DEBOUNCE_S = 300.0
"""How long events that do not cease can put off the visit that they ask for."""


class Due(Entity, frozen=True):
    """A scope that is to be visited."""

    key: str
    group: str
    priority: Priority
    due_at: float


class Slot(Entity, frozen=True):
    """How a scope stands, for people.

    Attributes:
        due_in_s: Seconds until it is due; nothing while it is under way.
        failures: Failed visits in a row since the start.
    """

    key: str
    group: str
    due_in_s: float | None
    failures: int
    last: Visited | None
    paused: bool


@dataclass
class _Entry:
    key: str
    group: str
    interval_s: float
    due_at: float
    last: Visited | None = None
    last_at: float | None = None
    failures: int = 0
    began_at: float | None = None
    asked: bool = False
    first_event_at: float | None = None
    event_due_at: float = 0.0
    ids: set[str] = field(default_factory=set)

    def due(self, now: float) -> tuple[float, Priority]:
        """Return when it is due, and how urgent it is."""
        if self.asked:
            return min(self.due_at, now), Priority.NOW
        if self.first_event_at is not None and self.event_due_at <= self.due_at:
            return self.event_due_at, Priority.EVENT
        return self.due_at, Priority.ROUTINE


class Timetable:
    """The scopes of a process; used by one thread alone.

    All times are seconds of a monotonic clock.

    Attributes:
        pauses: What is not to be visited; what is asked for there waits.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._heap: list[tuple[float, str]] = []
        self._ready: set[str] = set()
        self.pauses = Pauses()

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def put(
        self,
        key: str,
        group: str,
        interval_s: float,
        now: float,
        *,
        due_in_s: float = 0.0,
        last: Visited | None = None,
    ) -> None:
        """Take up a scope. One that stands keeps its place, but for a new interval."""
        entry = self._entries.get(key)
        if entry is None:
            entry = _Entry(key, group, interval_s, now + due_in_s, last)
            entry.failures = int(last is not None and last.failure is not None)
            self._entries[key] = entry
        elif entry.interval_s != interval_s:
            entry.interval_s = interval_s
            if entry.last is not None and entry.last_at is not None:
                entry.due_at = entry.last_at + self._delay(entry)
            else:
                entry.due_at = min(entry.due_at, now + interval_s)
        entry.group = group
        self._push(entry, now)

    def drop(self, keys: Iterable[str]) -> None:
        """Forget scopes."""
        for key in list(keys):
            self._entries.pop(key, None)
            self._ready.discard(key)

    def keys(self, selector: str = EVERYTHING) -> tuple[str, ...]:
        """Return the keys that a selector selects, in order."""
        return tuple(sorted(key for key in self._entries if selects(selector, key)))

    def ask(self, selector: str, now: float) -> tuple[str, ...]:
        """Have scopes visited now, before the routine and whatever back-off holds; return their keys.

        One that is under way is visited again: what it has read already may have changed.
        """
        keys = self.keys(selector)
        for key in keys:
            self._entries[key].asked = True
            self._push(self._entries[key], now)
        return keys

    def happen(self, key: str, now: float, native_ids: Iterable[str] = ()) -> bool:
        """Have a scope visited soon, for something happened there; say whether it is known.

        Args:
            key: The scope.
            now: The time.
            native_ids: Listed objects that it happened to: their details are read anew.
        """
        entry = self._entries.get(key)
        if entry is None:
            return False
        if entry.first_event_at is None:
            entry.first_event_at = now
        longest = entry.first_event_at + LONGEST_DEBOUNCE_S
        entry.event_due_at = min(now + DEBOUNCE_S, longest)
        entry.ids |= set(native_ids)
        self._push(entry, now)
        return True

    def due(self, now: float) -> tuple[Due, ...]:
        """Return what is due and may be visited, most urgent first."""
        while self._heap and self._heap[0][0] <= now:
            _, key = heapq.heappop(self._heap)
            entry = self._entries.get(key)
            if entry is not None and entry.began_at is None and entry.due(now)[0] <= now:
                self._ready.add(key)
        found = [
            self._describe(self._entries[key], now)
            for key in self._ready
            if not self.pauses.hold(key)
        ]
        return tuple(sorted(found, key=lambda each: (each.priority, each.due_at, each.key)))

    def hasten(self, keys: Iterable[str], now: float) -> None:
        """Have scopes visited in their turn, but from now on: what made them fail is mended."""
        for key in keys:
            entry = self._entries[key]
            entry.due_at, entry.failures = min(entry.due_at, now), 0
            self._push(entry, now)

    def begin(self, key: str, now: float) -> frozenset[str]:
        """Note that a visit begins, and return the objects whose details are to be read anew."""
        entry = self._entries[key]
        self._ready.discard(key)
        anew = frozenset(entry.ids)
        entry.began_at, entry.asked = now, False
        entry.first_event_at, entry.ids = None, set()
        return anew

    def end(
        self, key: str, last: Visited, now: float, *, again: bool = False, settled: bool = False
    ) -> None:
        """Note how a visit ended.

        Args:
            key: The scope.
            last: How it ended.
            now: The time.
            again: Whether the next visit is due at once.
            settled: Whether it went well for long before it failed, so that earlier failures are past.
        """
        entry = self._entries.get(key)
        if entry is None:
            return
        before = 0 if settled else entry.failures
        entry.failures = 0 if last.failure is None else before + 1
        entry.last, entry.last_at, entry.began_at = last, now, None
        entry.due_at = now if again else now + self._delay(entry)
        self._push(entry, now)

    def slots(self, now: float) -> tuple[Slot, ...]:
        """Return how every scope stands, by key."""
        return tuple(self._slot(self._entries[key], now) for key in self.keys())

    def _slot(self, entry: _Entry, now: float) -> Slot:
        due_in_s = max(entry.due(now)[0] - now, 0.0)
        return Slot(
            key=entry.key,
            group=entry.group,
            due_in_s=due_in_s if entry.began_at is None else None,
            failures=entry.failures,
            last=entry.last,
            paused=self.pauses.hold(entry.key),
        )

    def _delay(self, entry: _Entry) -> float:
        last = entry.last
        return 0.0 if last is None else delay_s(entry.key, last, entry.failures, entry.interval_s)

    def _describe(self, entry: _Entry, now: float) -> Due:
        due_at, priority = entry.due(now)
        return Due(key=entry.key, group=entry.group, priority=priority, due_at=due_at)

    def _push(self, entry: _Entry, now: float) -> None:
        self._ready.discard(entry.key)
        heapq.heappush(self._heap, (entry.due(now)[0], entry.key))
