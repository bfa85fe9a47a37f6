"""When a target is posted to: so many times a minute, and later every time that it does not answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

MINUTE_S = 60.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 1.0, 300.0
LONGEST_ASKED_S = 3600.0
"""Longest that a target may ask us to wait."""

_MOST_DOUBLINGS = 16


class Pace:
    """Posts of the last minute, of which there may be so many.

    Args:
        most: In any minute.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._posts: deque[float] = deque()

    def left(self, now_s: float) -> int:
        """Return how many more there may be now."""
        while self._posts and now_s - self._posts[0] >= MINUTE_S:
            self._posts.popleft()
        return self._most - len(self._posts)

    def note(self, now_s: float) -> None:
        """Note that one is sent."""
        self._posts.append(now_s)


def back_off(failures: int, asked_s: float | None, chance: Callable[[], float]) -> float:
    """Return how many seconds to wait after so many failures in a row.

    Args:
        failures: At least one.
        asked_s: How long the target asked for; it gets that, within bounds.
        chance: Gives a number from 0 up to 1: half of the wait hangs on it, so that many do not come back at once.
    """
    doubled = FIRST_BACK_OFF_S * float(2 ** min(failures - 1, _MOST_DOUBLINGS))
    own = min(doubled, LONGEST_BACK_OFF_S) * (1 + chance()) / 2
    return max(own, min(asked_s or 0.0, LONGEST_ASKED_S))
