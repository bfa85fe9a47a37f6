"""Match rows against a view, one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TypeAlias

import msgspec

from apiscape.model.row import Deep, Row, search_text
from apiscape.query.fields import FIELDS
from apiscape.query.order import order
from apiscape.query.patterns import regex_for
from apiscape.query.syntax import Term, View, Word, fields_of, resolve_times
from apiscape.query.verdict import Verdict, field_of, probe_for

Matcher: TypeAlias = Callable[[Row, Deep | None], Verdict]
"""True: matches; False: does not; None: undecided. Without `Deep` its fields are unknown."""

_NOTHING_DEEP = Deep()


class Selection(msgspec.Struct, frozen=True):
    """What a view lists, in order, and how many rows it could not decide.

    Attributes:
        rows: The rows that match, or those that are undecided where the view asks for them.
        undecided: How many rows may match or not, nobody can tell.
    """

    rows: tuple[Row, ...]
    undecided: int


def shows_hidden(view: View) -> bool:
    """Say whether a view asks for `presence`: it alone lists superseded and long retired rows too."""
    return "presence" in fields_of(view)


def needs_store(view: View) -> bool:
    """Say whether a snapshot cannot answer: the view asks for what is not in one.

    That is a deep field, another time, or the rows that a snapshot leaves out.
    """
    deep = any(FIELDS[field].deep for field in fields_of(view))
    return deep or view.at is not None or shows_hidden(view)


def matcher(view: View, *, now: datetime) -> Matcher:
    """Return the function that matches a row; `now` (aware) is what ages count from.

    The row is taken as it is: `at:` is for whoever fetches it.
    """
    checks = [_row_check(term) for term in resolve_times(view, now).terms]

    def match(row: Row, deep: Deep | None) -> Verdict:
        verdict: Verdict = True
        for check in checks:
            found = check(row, deep)
            if found is False:
                return False
            verdict = verdict and found
        return verdict

    return match


def select_rows(
    view: View, rows: Iterable[Row], now: datetime, deep: Mapping[str, Deep] | None = None
) -> Selection:
    """Return what a view lists of the rows, ordered; `deep` is by uid."""
    match = matcher(view, now=now)
    listed: list[Row] = []
    undecided = 0
    for row in rows:
        verdict = match(row, deep.get(row.uid) if deep else None)
        undecided += verdict is None
        if verdict is (None if view.undecided else True):
            listed.append(row)
    listed.sort(key=attrgetter("uid"))
    return Selection(tuple(order(listed, view.sort, attrgetter)), undecided)


def _row_check(term: Term) -> Matcher:
    if isinstance(term, Word):
        return _word_check(term)
    if term.field is None:
        found = regex_for(term.pattern)
        return lambda row, _deep: found(search_text(row)) is not term.negated
    probe, field = probe_for(term), field_of(term)
    read = attrgetter(field.attribute)
    if field.deep:
        return lambda _row, deep: probe(read(deep or _NOTHING_DEEP))
    return lambda row, _deep: probe(read(row))


def _word_check(word: Word) -> Matcher:
    if word.is_short:
        return lambda row, _deep: (word.text in row.name.casefold()) is not word.negated
    return lambda row, _deep: (word.text in search_text(row)) is not word.negated
