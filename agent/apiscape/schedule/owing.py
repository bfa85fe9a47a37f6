"""Which scopes have their traffic measured because they were visited, and for which of them one may still wait."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from apiscape.schedule.pauses import Pauses

PAUSED = "paused: it is measured once that is resumed"
DROPPED = "its source no longer asks for it"


class Owing:
    """What the measuring of traffic owes to visits. `holds` and `why_not` may be called from any thread.

    A scope that is to be measured after its visit is owed that from the visit's end to the end of the
    first round that began since: one that was under way may have asked about less.

    Args:
        pauses: What is paused is not waited for.
    """

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._lock = threading.Lock()
        self._after_visit: set[str] = set()
        self._owed: set[str] = set()
        self._under_way: dict[str, frozenset[str]] = {}
        self._failures: dict[str, str] = {}

    def await_visit(self, keys: Iterable[str]) -> None:
        """Have scopes measured after their next visit."""
        self._after_visit |= set(keys)

    def need_no_visit(self, key: str) -> None:
        """Have a scope measured by its timetable alone: it was, and something came of it."""
        self._after_visit.discard(key)

    def visited(self, key: str) -> bool:
        """Take up the end of a visit; say whether the scope is to be measured now."""
        if key not in self._after_visit:
            return False
        with self._lock:
            self._owed.add(key)
            self._failures.pop(key, None)
        return True

    def begin(self, group: str, keys: Iterable[str]) -> None:
        """Note that a round over some scopes of a quota group begins."""
        with self._lock:
            self._under_way[group] = frozenset(keys) & self._owed
            self._owed -= self._under_way[group]

    def end(self, group: str, failure: str | None = None) -> None:
        """Note how that round ended: nothing is known of any of its scopes after a failure."""
        with self._lock:
            done = self._under_way.pop(group, frozenset())
            if failure is not None:
                self._failures |= dict.fromkeys(done, failure)

    def keep(self, wanted: set[str]) -> None:
        """Owe nothing to scopes but these."""
        self._after_visit &= wanted
        with self._lock:
            self._failures |= dict.fromkeys(self._owed - wanted, DROPPED)
            self._owed &= wanted

    def owes(self, key: str) -> bool:
        """Say whether a scope waits for a round to begin."""
        return key in self._owed

    def holds(self, key: str) -> bool:
        """Say whether one may wait for the traffic of a scope: it is measured, or will be soon."""
        with self._lock:
            if any(key in keys for keys in self._under_way.values()):
                return True
            return key in self._owed and not self._pauses.hold(key)

    def why_not(self, key: str) -> str | None:
        """Return why the traffic of a scope was not measured after its visit; `None` where it was."""
        with self._lock:
            return PAUSED if key in self._owed else self._failures.get(key)
