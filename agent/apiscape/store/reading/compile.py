"""From a view to SQL.

A test of an unknown value is null in SQL, and so is its negation: the three-valued logic of the
view language is SQL's own. A row matches where every expression is true; it is undecided where
none is false and one is null. What SQL cannot say alike on every database – patterns, and globs
that could run from one element of a list into the next – is left over as residual terms, which
the probes of the view language decide in Python over the rows that the rest lets through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import TypeAlias, TypeGuard

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Table,
    and_,
    false,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.sql.expression import Grouping

from apiscape.model.values import utc_millis
from apiscape.query import FIELDS, Field, Kind, View
from apiscape.query.patterns import regex_for
from apiscape.query.syntax import (
    SHORT_WORD,
    AnyOf,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Operator,
    Regex,
    Term,
    Value,
    Word,
)
from apiscape.query.verdict import Verdict, probe_for
from apiscape.store import schema
from apiscape.store.encoding import ABSENT_TEXT, MARK
from apiscape.store.reading.cells import Cell, Expression, cell_of, decode_cell, may_be_unknown

Condition: TypeAlias = ColumnElement[bool]

Search: TypeAlias = Callable[[str, Sequence[str]], Condition]
"""Gives, for a column of the search index and pieces of text, the condition on rows that hold all."""

_COMPARE: dict[Operator, Callable[[Expression, Expression], Condition]] = {
    Operator.OVER: lambda value, bound: value > bound,
    Operator.AT_LEAST: lambda value, bound: value >= bound,
    Operator.UNDER: lambda value, bound: value < bound,
    Operator.AT_MOST: lambda value, bound: value <= bound,
}

_UNDECIDED: Condition = type_coerce(null(), Boolean)
_INDEXED = "paths"
"""The list whose elements are in the search index."""


class Residual(msgspec.Struct, frozen=True):
    """A term for Python.

    Attributes:
        value: The column that it asks for.
        decide: Its verdict on what that column holds, negation included.
    """

    value: Expression
    decide: Callable[[str | None], Verdict]


class Compiled(msgspec.Struct, frozen=True):
    """The terms of a view.

    Attributes:
        decided: Conditions that are never null.
        open: Conditions that are null for rows that they cannot decide.
        doubts: For each of these, what holds for the rows that it cannot decide.
        residual: What is left for Python.
        tables: What must be joined to `row`.
    """

    decided: tuple[Condition, ...]
    open: tuple[Condition, ...]
    doubts: tuple[Condition, ...]
    residual: tuple[Residual, ...]
    tables: frozenset[Table]

    @property
    def matches(self) -> Condition:
        """What holds for rows that match, but for the residual terms."""
        return and_(*self.decided, *self.open) if self.decided or self.open else true()

    @property
    def undecided(self) -> Condition:
        """What holds for rows that are undecided, but for the residual terms."""
        if not self.open:
            return false()
        return and_(*self.decided, or_(*self.doubts), is_null(self.open))

    @property
    def possible(self) -> Condition:
        """What holds for rows that match or are undecided, but for the residual terms."""
        return or_(self.matches, self.undecided) if self.open else self.matches


def compile_view(view: View, search: Search) -> Compiled:
    """Return the terms of a view, whose times are resolved, as SQL."""
    decided = _words_together(view, search)
    undecidable: list[Condition] = []
    doubts: list[Condition] = []
    residual: list[Residual] = []
    tables: set[Table] = set()
    for term in view.terms:
        if _is_plain(term):
            continue
        if left := _residual(term):
            residual.append(left)
        elif is_decided(term):
            decided.append(_condition(term, search))
        else:
            undecidable.append(_condition(term, search))
            doubts.append(_doubt(term))
        tables |= _tables_of(term)
    return Compiled(
        decided=tuple(decided),
        open=tuple(undecidable),
        doubts=tuple(doubts),
        residual=tuple(residual),
        tables=frozenset(tables),
    )


def _is_plain(term: Term) -> TypeGuard[Word]:
    """Say whether a term is a word that the search index answers."""
    return isinstance(term, Word) and not term.negated and not term.is_short


def _words_together(view: View, search: Search) -> list[Condition]:
    """Return one condition for all plain words, for the index is quickest asked once."""
    words = [term.text for term in view.terms if _is_plain(term)]
    return [search("text", words)] if words else []


def is_decided(term: Term) -> bool:
    """Say whether a term holds or not for every row, whatever is unknown of it."""
    if isinstance(term, Word):
        return True
    if isinstance(term, AnyOf) and (
        Nothing.UNKNOWN in term.values or set(term.values) == {Nothing.NONE}
    ):
        return True
    return term.field is None or not may_be_unknown(FIELDS[term.field])


def is_null(conditions: Sequence[Condition]) -> Condition:
    """Return whether conditions together are neither true nor false; in brackets, for `LIKE` binds no closer."""
    return Grouping(and_(*conditions)).is_(None)


def contains(value: Expression, piece: str) -> Condition:
    """Return whether an encoded text holds a piece, taken as it stands."""
    return value.contains(piece, autoescape=True)


def _tables_of(term: Term) -> frozenset[Table]:
    if isinstance(term, Word):
        return frozenset()
    if term.field is None:
        return frozenset({schema.deep})
    return cell_of(term.field).tables


def _condition(term: Term, search: Search) -> Condition:
    condition = _affirmed(term, search)
    return not_(condition) if term.negated else condition


def _doubt(term: Term) -> Condition:
    """Return what holds for rows of which an open term can say nothing: its field is unknown."""
    cell = cell_of("" if isinstance(term, Word) else term.field or "")
    return _paths_unknown() if cell.field.attribute == _INDEXED else cell.value.is_(None)


def _affirmed(term: Term, search: Search) -> Condition:
    if isinstance(term, Word):
        if term.is_short:
            return contains(schema.row.c.name, term.text)
        return search("text", [term.text])
    cell = cell_of(term.field or "")
    if isinstance(term, Comparison):
        return _comparison(cell, term)
    values = term.values if isinstance(term, AnyOf) else ()
    return or_(*(_value_test(cell, value, search) for value in values))


def _comparison(cell: Cell, term: Comparison) -> Condition:
    bound = term.bound
    limit = utc_millis(bound) if isinstance(bound, datetime) else bound
    return and_(cell.value != cell.absent, _COMPARE[term.operator](cell.value, literal(limit)))


def _value_test(cell: Cell, value: Value, search: Search) -> Condition:
    if isinstance(value, Nothing):
        return _nothing_test(cell, value)
    if isinstance(value, Glob):
        return _glob_test(cell, value.parts)
    if isinstance(value, Literal):
        return _text_test(cell, value.text, search)
    return and_(cell.value != cell.absent, cell.value == value)


def _nothing_test(cell: Cell, value: Nothing) -> Condition:
    if value is Nothing.UNKNOWN:
        return cell.value.is_(None)
    words = [cell.absent, Nothing.NONE.value] if cell.field.none_word else [cell.absent]
    return and_(cell.value.is_not(None), cell.value.in_(words))


def _text_test(cell: Cell, piece: str, search: Search) -> Condition:
    if cell.field.kind == Kind.TERM:
        if cell.field.multi:
            return contains(cell.value, f"{MARK}{piece}{MARK}")
        return cell.value == piece
    if cell.field.attribute == _INDEXED and len(piece) >= SHORT_WORD:
        return or_(search(_INDEXED, [piece]), and_(_paths_unknown(), _UNDECIDED))
    return contains(cell.value, piece)


def _paths_unknown() -> Condition:
    """Return whether a row's paths are unknown, without reading those of every row."""
    deep = schema.deep.c
    return schema.row.c.deployment_pk.in_(select(deep.deployment_pk).where(deep.paths.is_(None)))


def _glob_test(cell: Cell, parts: tuple[str, ...]) -> Condition:
    if parts == ("", ""):
        return cell.value != ABSENT_TEXT
    if cell.field.multi:
        return contains(cell.value, _marked(parts))
    return and_(cell.value != ABSENT_TEXT, cell.value.like(_pattern(parts), escape="/"))


def _marked(parts: tuple[str, ...]) -> str:
    """Return the one piece that a glob with a single non-empty part looks for in a list."""
    first, *middle, last = parts
    if first:
        return MARK + first
    return last + MARK if last else "".join(middle)


def _pattern(parts: tuple[str, ...]) -> str:
    escaped = (p.replace("/", "//").replace("%", "/%").replace("_", "/_") for p in parts)
    return "%".join(escaped)


def _residual(term: Term) -> Residual | None:
    if isinstance(term, Regex) and term.field is None:
        return Residual(schema.deep.c.text, partial(_decide_text, term))
    if isinstance(term, Regex | AnyOf) and term.field is not None and _needs_python(term):
        field = FIELDS[term.field]
        probe = probe_for(term)
        return Residual(cell_of(term.field).value, lambda held: probe(decode_cell(field, held)))
    return None


def _decide_text(term: Regex, held: str | None) -> Verdict:
    return regex_for(term.pattern)(held or "") is not term.negated


def _needs_python(term: Regex | AnyOf) -> bool:
    return isinstance(term, Regex) or any(
        _runs_over(FIELDS[term.field], value) for value in term.values
    )


def _runs_over(field: Field, value: Value) -> bool:
    """Say whether a glob could begin in one element of a list and end in another."""
    return field.multi and isinstance(value, Glob) and sum(map(bool, value.parts)) > 1
