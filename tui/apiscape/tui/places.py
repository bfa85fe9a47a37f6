"""Where a person is, and has been: every place is a screen and a text, so it can be gone back to."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from apiscape.query import View, format_view
from apiscape.query.quantities import read_moment

LONGEST = 200
"""Places that are remembered."""


class Place(NamedTuple):
    """A screen, and what it shows: a view, a uid, the key of a scope."""

    screen: str
    argument: str = ""


_MOMENT = re.compile(r"(.+) at:(\S+)", re.DOTALL)


def deployment_at(asked: str, at: datetime | None) -> Place:
    """Return the place of a deployment, as it is now or as it was at some time."""
    when = f" {format_view(View(at=at))}" if at is not None else ""
    return Place("deployment", f"{asked}{when}")


def split_moment(argument: str) -> tuple[str, datetime | None]:
    """Return the deployment that a place means, and as of when; no time is now."""
    found = _MOMENT.fullmatch(argument)
    at = read_moment(found[2]) if found else None
    return (found[1], at) if found and at is not None else (argument, None)


class History:
    """Places in the order of visits, with a position in it."""

    def __init__(self, first: Place) -> None:
        """Begin at a place."""
        self._places = [first]
        self._position = 0
        self._last = first

    @property
    def here(self) -> Place:
        """The place that is shown."""
        return self._places[self._position]

    def visit(self, place: Place) -> None:
        """Go to a place; what lay ahead is forgotten."""
        if place != self.here:
            self._last = self.here
            self._places[self._position + 1 :] = [place]
            self._places = self._places[-LONGEST:]
            self._position = len(self._places) - 1

    def amend(self, argument: str) -> None:
        """Change what the current place shows without making a new one."""
        self._places[self._position] = self.here._replace(argument=argument)

    def step(self, by: int) -> Place | None:
        """Go back (-1) or ahead (1) in time; `None` at the end."""
        target = self._position + by
        if not 0 <= target < len(self._places):
            return None
        self._last = self.here
        self._position = target
        return self.here

    def last(self) -> Place:
        """Swap with the place before this one, like `cd -`."""
        target = self._last
        self.visit(target)
        return target
