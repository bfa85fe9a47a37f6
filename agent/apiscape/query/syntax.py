"""The syntax tree of a view: frozen, hashable, and fully normalised.

What reads a view (`parse`) leaves nothing to interpret to those who use it (`match`, `columns`
and the store's compiler): fields stand under their canonical names, texts are casefolded, globs
are in parts, and `resolve_times` turns ages into moments. `format_view` writes it down again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

import msgspec

SHORT_WORD = 3
"""A bare word of fewer characters than this is looked for in the name alone."""


class Node(msgspec.Struct, frozen=True, gc=False):
    """A part of a view; equality is by content."""


class Nothing(StrEnum):
    """The words for what is not there. A test for one is decided for every row."""

    NONE = "none"
    UNKNOWN = "unknown"


class Operator(StrEnum):
    """How a comparison relates a row's value (left) to its bound (right)."""

    OVER = ">"
    AT_LEAST = ">="
    UNDER = "<"
    AT_MOST = "<="

    @property
    def mirrored(self) -> Operator:
        """The operator with left and right exchanged: older than an age is before a moment."""
        return _MIRRORED[self]


_MIRRORED = {
    Operator.OVER: Operator.UNDER,
    Operator.AT_LEAST: Operator.AT_MOST,
    Operator.UNDER: Operator.OVER,
    Operator.AT_MOST: Operator.AT_LEAST,
}


class Literal(Node, frozen=True, gc=False):
    """A casefolded text: the whole of a `term` value, or a piece of a `text` value."""

    text: str


class Glob(Node, frozen=True, gc=False):
    """A casefolded text with wildcards: the pieces between its stars, at least two.

    It covers the whole value: the first part is its beginning and the last its end, either may
    be empty, those between are not. Over a `text` field both ends are always empty.
    """

    parts: tuple[str, ...]


class Age(Node, frozen=True, gc=False):
    """A time before now, as typed: `2d` is `Age(2, "d")`."""

    amount: int
    unit: str

    @property
    def span(self) -> timedelta:
        """How long ago."""
        return timedelta(seconds=self.amount * UNIT_S[self.unit])


DIRECTIVES = ("at", "sort", "cols", "undecided")
"""Names that say how to show, not what."""

UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
"""Seconds of each unit of an age."""

Value: TypeAlias = Literal | Glob | float | Nothing
Bound: TypeAlias = float | Age | datetime


class Word(Node, frozen=True, gc=False):
    """A word or phrase, casefolded, to be found in a row's search text."""

    text: str
    negated: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it is looked for in the casefolded name instead."""
        return len(self.text) < SHORT_WORD


class Regex(Node, frozen=True, gc=False):
    """An RE2 pattern over the search text, or over the values of one `text` field."""

    pattern: str
    field: str | None = None
    negated: bool = False


class AnyOf(Node, frozen=True, gc=False):
    """A field is any of the values: `Literal` and `Glob` of texts, `float` of numbers."""

    field: str
    values: tuple[Value, ...]
    negated: bool = False


class Comparison(Node, frozen=True, gc=False):
    """A number against a number, or a time against an age or an aware moment in UTC."""

    field: str
    operator: Operator
    bound: Bound
    negated: bool = False


Term: TypeAlias = Word | Regex | AnyOf | Comparison


class Sort(Node, frozen=True, gc=False):
    """One key of the order."""

    field: str
    descending: bool = False


class View(Node, frozen=True, gc=False):
    """What to show: all terms must hold.

    Attributes:
        terms: As typed, in that order.
        at: The moment as of which the inventory is read; `None` is now.
        sort: Keys of the order, most important first; uid always ends it.
        columns: Fields to show; `()` leaves it to whoever shows.
        undecided: List the rows that are undecided instead of those that match.
    """

    terms: tuple[Term, ...] = ()
    at: datetime | None = None
    sort: tuple[Sort, ...] = ()
    columns: tuple[str, ...] = ()
    undecided: bool = False


EVERYTHING = View()
"""The view of no words: every row, in the order of uid."""


def fields_of(view: View) -> Iterator[str]:
    """Yield the fields that the terms ask for, in order, repeats included."""
    for term in view.terms:
        if not isinstance(term, Word) and term.field is not None:
            yield term.field


def resolve_times(view: View, now: datetime) -> View:
    """Return the view with every age turned into the moment that it means at `now` (aware).

    `changed>2d`, an age of more than two days, becomes `changed<MOMENT`. Moments are cut to
    milliseconds, which is what times are stored in. A view without ages stays as it is.
    """
    terms = tuple(_resolve(term, now.astimezone(UTC)) for term in view.terms)
    return msgspec.structs.replace(view, terms=terms)


def _resolve(term: Term, now: datetime) -> Term:
    if not isinstance(term, Comparison) or not isinstance(term.bound, Age):
        return term
    moment = now - term.bound.span
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return Comparison(term.field, term.operator.mirrored, moment, term.negated)
