"""What a term says of one value: it holds, it does not, or nobody can tell.

Kleene's three values: `None` stands for undecided, and so does its negation. Rows and columns
are matched by the same probes, so they cannot disagree.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeAlias

from apiscape.model.values import UNKNOWN, Unknown
from apiscape.query.fields import FIELDS, Field, Kind
from apiscape.query.patterns import covers, regex_for
from apiscape.query.syntax import (
    AnyOf,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Operator,
    Regex,
    Value,
)

Verdict: TypeAlias = bool | None
RowValue: TypeAlias = str | float | datetime | tuple[str, ...] | Unknown | None
FieldTerm: TypeAlias = AnyOf | Comparison | Regex

Probe: TypeAlias = Callable[[RowValue], Verdict]
"""Asks one value of a row."""

_Check: TypeAlias = Callable[[Any], bool]
"""Asks one known value: a casefolded text, a number or a time."""

COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.OVER: operator.gt,
    Operator.AT_LEAST: operator.ge,
    Operator.UNDER: operator.lt,
    Operator.AT_MOST: operator.le,
}
"""How a known value, on the left, is held against a bound."""


def field_of(term: FieldTerm) -> Field:
    """Return the field that a term names; a pattern over the search text names none."""
    return FIELDS[str(term.field)]


def nothing_of(field: Field, value: RowValue) -> Nothing | None:
    """Return which nothing a value is, `None` where it is something."""
    if value is UNKNOWN:
        return Nothing.UNKNOWN
    if value is None or value == ():
        return Nothing.NONE
    if field.unknown_word and isinstance(value, str) and value.casefold() == Nothing.UNKNOWN:
        return Nothing.UNKNOWN
    return None


def probe_for(term: FieldTerm) -> Probe:
    """Return the probe of a term that names a field and whose times are resolved."""
    field = field_of(term)
    verdicts = _verdicts_on_nothing(term)
    holds = _over_elements(field, _check_for(field, term))

    def probe(value: RowValue) -> Verdict:
        nothing = nothing_of(field, value)
        verdict = verdicts[nothing] if nothing else holds(value)
        return verdict if verdict is None else verdict is not term.negated

    return probe


def _verdicts_on_nothing(term: FieldTerm) -> dict[Nothing, Verdict]:
    """Return what a term says, before negation, of an absent and of an unknown value."""
    asked = set(term.values) if isinstance(term, AnyOf) else {None}
    if Nothing.UNKNOWN in asked:
        on_unknown: Verdict = True
    else:
        on_unknown = None if asked - {Nothing.NONE} else False
    return {Nothing.NONE: Nothing.NONE in asked, Nothing.UNKNOWN: on_unknown}


def _over_elements(field: Field, check: _Check) -> _Check:
    if field.kind not in {Kind.TERM, Kind.TEXT}:
        return check
    if field.multi:
        return lambda texts: any(check(text.casefold()) for text in texts)
    return lambda text: check(text.casefold())


def _check_for(field: Field, term: FieldTerm) -> _Check:
    if isinstance(term, Comparison):
        compare, bound = COMPARE[term.operator], term.bound
        return lambda value: compare(value, bound)
    if isinstance(term, Regex):
        return regex_for(term.pattern)
    texts = frozenset(_words(field, term.values))
    numbers = frozenset(value for value in term.values if isinstance(value, float))
    globs = [value.parts for value in term.values if isinstance(value, Glob)]
    if field.kind == Kind.TEXT:
        return lambda text: any(t in text for t in texts) or any(covers(g, text) for g in globs)
    if field.kind == Kind.TERM:
        return lambda text: text in texts or any(covers(g, text) for g in globs)
    return numbers.__contains__


def _words(field: Field, values: tuple[Value, ...]) -> list[str]:
    words = [value.text for value in values if isinstance(value, Literal)]
    if field.none_word and Nothing.NONE in values:
        words.append(Nothing.NONE.value)
    return words
