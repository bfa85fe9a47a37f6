"""Match columns against a view: what a grid of a hundred thousand rows does at each keystroke.

The probes are those of `match`, asked once for each distinct value; what is left for each row is
a look-up or a search in its text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from apiscape.model.values import UNKNOWN
from apiscape.query.order import order
from apiscape.query.patterns import regex_for
from apiscape.query.syntax import AnyOf, Comparison, Regex, Term, View, Word, resolve_times
from apiscape.query.verdict import (
    COMPARE,
    FieldTerm,
    Probe,
    RowValue,
    Verdict,
    field_of,
    probe_for,
)

Columns: TypeAlias = Mapping[str, Sequence[RowValue]]
"""The values of every row by attribute of `Row`, hashable as they are in it."""

Indexes: TypeAlias = Sequence[int]

_TURN: tuple[type[Term], ...] = (Word, AnyOf, Comparison, Regex)
"""Words first, for they leave the fewest rows; patterns last, for they cost the most."""


class _Verdicts(dict[RowValue, Verdict]):
    """The verdict on each distinct value, found when first asked for."""

    def __init__(self, probe: Probe) -> None:
        super().__init__()
        self.probe = probe

    def __missing__(self, value: RowValue) -> Verdict:
        verdict = self[value] = self.probe(value)
        return verdict


def select_columns(
    view: View, columns: Columns, haystack: Sequence[str], now: datetime
) -> tuple[list[int], int]:
    """Return the indexes that a view lists, in order, and how many rows are undecided.

    Args:
        view: The view; its `at:` is for whoever fetched the columns.
        columns: One sequence per attribute, all as long as `haystack`.
        haystack: `row.search_text` of every row.
        now: What ages count from; aware.

    Without `sort:` the rows keep the order of the columns, and so do rows that tie. Deep fields
    are unknown here: ask `needs_store` first.
    """
    terms = sorted(resolve_times(view, now).terms, key=lambda term: _TURN.index(type(term)))
    sure: Indexes = range(len(haystack))
    unsure: Indexes = ()
    for term in terms:
        if isinstance(term, Word) or term.field is None:
            search = _search_for(term, columns, haystack)
            sure, unsure = search(sure), search(unsure)
            continue
        values = _column_of(term, columns)
        if isinstance(term, Comparison):
            sure, unsure = _compare(term, values, sure, unsure)
        else:
            sure, unsure = _look_up(term, values, sure, unsure)
    listed = sorted(unsure) if view.undecided else sure
    return order(listed, view.sort, lambda attribute: columns[attribute].__getitem__), len(unsure)


def _search_for(
    term: Word | Regex, columns: Columns, haystack: Sequence[str]
) -> Callable[[Indexes], Indexes]:
    if isinstance(term, Regex):
        found = regex_for(term.pattern)
        return lambda indexes: [i for i in indexes if found(haystack[i]) is not term.negated]
    texts = [str(name).casefold() for name in columns["name"]] if term.is_short else haystack
    word = term.text
    if term.negated:
        return lambda indexes: [i for i in indexes if word not in texts[i]]
    return lambda indexes: [i for i in indexes if word in texts[i]]


def _column_of(term: FieldTerm, columns: Columns) -> Sequence[RowValue]:
    field = field_of(term)
    return [UNKNOWN] * len(columns["uid"]) if field.deep else columns[field.attribute]


def _look_up(
    term: AnyOf | Regex, values: Sequence[RowValue], sure: Indexes, unsure: Indexes
) -> tuple[Indexes, Indexes]:
    """Return which rows still match, and which are undecided now, by distinct value."""
    verdicts = _Verdicts(probe_for(term))
    held = [i for i in sure if verdicts[values[i]]]
    doubtful = [i for i in unsure if verdicts[values[i]] is not False]
    if None in verdicts.values():
        doubtful += [i for i in sure if verdicts[values[i]] is None]
    return held, doubtful


def _compare(
    term: Comparison, values: Sequence[RowValue], sure: Indexes, unsure: Indexes
) -> tuple[Indexes, Indexes]:
    """Do as `_look_up` does where nearly every value is a distinct number or time."""
    compare, bound, negated = COMPARE[term.operator], term.bound, term.negated

    def kept(indexes: Indexes) -> list[int]:
        return [
            i
            for i in indexes
            if (value := values[i]) is not UNKNOWN
            and (value is not None and compare(value, bound)) is not negated
        ]

    def unknown(indexes: Indexes) -> list[int]:
        return [i for i in indexes if values[i] is UNKNOWN]

    return kept(sure), kept(unsure) + unknown(unsure) + unknown(sure)
