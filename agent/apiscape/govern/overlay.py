"""What people say of deployments: entries by view, the later of which wins. Pure.

An entry is matched against the row as it is before any entry, so that what one of them says never
decides whether another applies. A row of which nobody can tell whether the view holds it is left
as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from apiscape.model.codec import digest, encode
from apiscape.model.entity import Entity
from apiscape.model.provenance import Claim, Confirmation
from apiscape.model.row import Deep, Row
from apiscape.model.vocabulary import ProvenanceMethod
from apiscape.query import matcher, parse
from apiscape.query.syntax import fields_of
from apiscape.query.verdict import Verdict

MARK_BYTES = 7
"""A mark is kept as a number of 63 bits."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""What ages would count from; a view of an entry asks for none."""


class Entry(Entity, frozen=True):
    """What one entry says of the deployments of a view.

    Attributes:
        values: What is said, by field of the row (`provenance.GOVERNED`).
        place: File and line (`owners.yaml:12`).
        note: Why, in the words of whoever wrote it.
        confirmation: Who stands for the owners that it gives.
    """

    view: str
    values: dict[str, Any]
    place: str
    note: str | None = None
    confirmation: Confirmation | None = None

    @property
    def is_overdue(self) -> bool:
        """Whether whoever stands for it was to say so again by now."""
        return self.confirmation is not None and self.confirmation.overdue

    def seen_on(self, day: date) -> Entry:
        """Return it as it is on a day: overdue or not."""
        if self.confirmation is None:
            return self
        return msgspec.structs.replace(self, confirmation=self.confirmation.seen_on(day))

    def claim(self, field: str) -> Claim:
        """Return what it says of a field."""
        return Claim(
            value=self.values[field],
            method=ProvenanceMethod.OVERLAY,
            source=self.place,
            note=self.note,
            confirmation=self.confirmation if field == "owners" else None,
        )


class Overlay(Entity, frozen=True):
    """Entries, the last of which wins."""

    entries: tuple[Entry, ...] = ()

    def seen_on(self, day: date) -> Overlay:
        """Return it as it is on a day: once a confirmation falls due it is another overlay than before."""
        return Overlay(entries=tuple(entry.seen_on(day) for entry in self.entries))

    @property
    def mark(self) -> int:
        """A number that differs where anything that is said differs; zero where nothing is."""
        if not self.entries:
            return 0
        return int.from_bytes(digest(encode(self.entries))[:MARK_BYTES], "big")

    @property
    def asks_for_paths(self) -> bool:
        """Whether a view asks for the paths of operations, which cost most to read."""
        return any("path" in fields_of(parse(entry.view)) for entry in self.entries)


NO_OVERLAY = Overlay()

Govern = Callable[[Row, Deep], dict[str, tuple[Claim, ...]]]
"""Says who says what of a row, by field, the one that holds first."""

Judge = Callable[[Row, Deep], tuple[Verdict, ...]]
"""Says of each entry whether it applies to a row; `None` where nobody can tell."""


def judging(overlay: Overlay) -> Judge:
    """Return the function that says which entries apply to a row as it is before the overlay.

    Raises:
        QueryError: A view cannot be read.
    """
    matches = [matcher(parse(entry.view), now=_NO_TIME) for entry in overlay.entries]
    return lambda row, deep: tuple(match(row, deep) for match in matches)


def governing(overlay: Overlay) -> Govern:
    """Return the function that says who says what of a row as it is before the overlay.

    Raises:
        QueryError: A view cannot be read.
    """
    judge = judging(overlay)

    def govern(row: Row, deep: Deep) -> dict[str, tuple[Claim, ...]]:
        said: dict[str, tuple[Claim, ...]] = {}
        for entry, verdict in zip(overlay.entries, judge(row, deep), strict=True):
            if verdict is True:
                for field in entry.values:
                    said[field] = (entry.claim(field), *said.get(field, ()))
        return said

    return govern


def holding(said: Mapping[str, tuple[Claim, ...]]) -> dict[str, Any]:
    """Return the value that holds, as a row has it, of each field of which somebody said something."""
    return {field: _in_a_row(claims[0].value) for field, claims in said.items()}


def _in_a_row(value: object) -> object:
    return tuple(value) if isinstance(value, list | tuple) else value
