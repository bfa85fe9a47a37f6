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
    Select,
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

Keys: TypeAlias = Select[int]
"""A query of the keys of rows."""

Search: TypeAlias = Callable[[str, Sequence[str]], Keys]
"""Gives, for a column of the search index and pieces of text, the keys of rows that hold all."""

_COMPARE: dict[Operator, Callable[[Expression, Expression], Condition]] = {
    Operator.OVER: lambda value, bound: value > bound,
    Operator.AT_LEAST: lambda value, bound: value >= bound,
    Operator.UNDER: lambda value, bound: value < bound,
    Operator.AT_MOST: lambda value, bound: value <= bound,
}

_KEY = schema.row.c.deployment_pk
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


class Open(msgspec.Struct, frozen=True):
    """A term that cannot be decided for every row.

    Attributes:
        condition: Null for the rows that it cannot decide.
        matches: What holds for the rows that it is true of, and is quick to find them by.
        doubt: What holds for the rows that it cannot decide: its field is unknown.
    """

    condition: Condition
    matches: Condition
    doubt: Condition


class Compiled(msgspec.Struct, frozen=True):
    """The terms of a view.

    Attributes:
        words: Keys of the rows that hold all plain words, `None` where there is none.
        pieces: Those words.
        decided: Conditions that are never null.
        open: Terms that are null for rows that they cannot decide.
        residual: What is left for Python.
        tables: What must be joined to `row`.
        columns: Columns of `row` that `decided` and `open` read.
        is_worded: Whether nothing but words is asked for.
        is_named: Whether the name has to hold a word, which few may do.
    """

    words: Keys | None
    pieces: tuple[str, ...]
    decided: tuple[Condition, ...]
    open: tuple[Open, ...]
    residual: tuple[Residual, ...]
    tables: frozenset[Table]
    columns: frozenset[str]
    is_worded: bool
    is_named: bool

    @property
    def matches(self) -> Condition:
        """What holds for rows that match, but for words and residual terms."""
        return and_(true(), *self.decided, *(term.matches for term in self.open))

    @property
    def undecided(self) -> Condition:
        """What holds for rows that are undecided, but for words and residual terms."""
        if not self.open:
            return false()
        doubts = or_(*(term.doubt for term in self.open))
        in_brackets = Grouping(self.known)  # `LIKE` binds no closer than `IS`
        return and_(*self.decided, doubts, in_brackets.is_(None))

    @property
    def known(self) -> Condition:
        """What the open terms say together: true, false or null."""
        return and_(true(), *(term.condition for term in self.open))


def compile_view(view: View, search: Search) -> Compiled:
    """Return the terms of a view, whose times are resolved, as SQL."""
    words = tuple(term.text for term in view.terms if _is_plain(term))
    decided: list[Condition] = []
    undecidable: list[Open] = []
    residual: list[Residual] = []
    tables: set[Table] = set()
    for term in view.terms:
        if _is_plain(term):
            continue
        if left := _residual(term):
            residual.append(left)
            tables |= _tables_of(term)
            continue
        condition = _condition(term, search)
        if is_decided(term):
            decided.append(condition)
        else:
            undecidable.append(_open(term, condition, search))
        if not _is_deep(term):
            tables |= _tables_of(term)
    return Compiled(
        words=search("text", words) if words else None,  # the index is quickest asked once
        pieces=words,
        decided=tuple(decided),
        open=tuple(undecidable),
        residual=tuple(residual),
        tables=frozenset(tables),
        columns=frozenset(filter(None, map(_column_of, view.terms))),
        is_worded=all(isinstance(term, Word) for term in view.terms),
        is_named=any(
            isinstance(term, Word) and term.is_short and not term.negated for term in view.terms
        ),
    )


def _is_plain(term: Term) -> TypeGuard[Word]:
    """Say whether a term is a word that the search index answers."""
    return isinstance(term, Word) and not term.negated and not term.is_short


def is_decided(term: Term) -> bool:
    """Say whether a term holds or not for every row, whatever is unknown of it."""
    if isinstance(term, Word):
        return True
    if isinstance(term, AnyOf) and (
        Nothing.UNKNOWN in term.values or set(term.values) == {Nothing.NONE}
    ):
        return True
    return term.field is None or not may_be_unknown(FIELDS[term.field])


def contains(value: Expression, piece: str) -> Condition:
    """Return whether an encoded text holds a piece, taken as it stands."""
    return value.contains(piece, autoescape=True)


def _tables_of(term: Term) -> frozenset[Table]:
    if isinstance(term, Word):
        return frozenset()
    if term.field is None:
        return frozenset({schema.deep})
    return cell_of(term.field).tables


def _column_of(term: Term) -> str | None:
    if isinstance(term, Word):
        return "name" if term.is_short else None
    return None if term.field is None or _is_deep(term) else FIELDS[term.field].attribute


def _is_deep(term: Term) -> bool:
    """Say whether a term asks for what stands in `deep`."""
    return not isinstance(term, Word) and term.field is not None and FIELDS[term.field].deep


def _condition(term: Term, search: Search) -> Condition:
    if isinstance(term, AnyOf) and _is_deep(term) and not is_decided(term):
        cell = cell_of(term.field)
        held = or_(_deep_test(cell, term.values, search), and_(_unknown(cell), _UNDECIDED))
    else:
        held = _affirmed(term, search)
    return not_(held) if term.negated else held


def _open(term: Term, condition: Condition, search: Search) -> Open:
    cell = cell_of("" if isinstance(term, Word) else term.field or "")
    affirmed = _is_deep(term) and not term.negated
    matches = _affirmed(term, search) if affirmed else condition
    return Open(condition, matches, _unknown(cell))


def _unknown(cell: Cell) -> Condition:
    """Return what holds for rows of which nobody knows a field, without reading `deep` of every row."""
    unknown = cell.value.is_(None)
    return _KEY.in_(_deep_keys(unknown)) if cell.field.deep else unknown


def _affirmed(term: Term, search: Search) -> Condition:
    if isinstance(term, Word):
        if term.is_short:
            return contains(schema.row.c.name, term.text)
        return _KEY.in_(search("text", [term.text]))
    cell = cell_of(term.field or "")
    if isinstance(term, Comparison):
        return _comparison(cell, term)
    values = term.values if isinstance(term, AnyOf) else ()
    if cell.field.deep:
        return _deep_test(cell, values, search)
    return or_(*(_value_test(cell, value) for value in values))


def _deep_test(cell: Cell, values: Sequence[Value], search: Search) -> Condition:
    """Return whether a row is among those whose list in `deep` passes: never null.

    A join would read each row's other texts too.
    """
    found: list[Keys] = []
    tests: list[Condition] = []
    for value in values:
        if isinstance(value, Literal) and _is_indexed(cell, value):
            found.append(search(_INDEXED, [value.text]))
        else:
            tests.append(_value_test(cell, value))
    if tests:
        found.append(_deep_keys(or_(*tests)))
    return or_(*(_KEY.in_(keys) for keys in found))


def _is_indexed(cell: Cell, piece: Literal) -> bool:
    """Say whether the search index answers for a piece of text."""
    return cell.field.attribute == _INDEXED and len(piece.text) >= SHORT_WORD


def _deep_keys(condition: Condition) -> Keys:
    return select(schema.deep.c.deployment_pk).where(condition)


def _comparison(cell: Cell, term: Comparison) -> Condition:
    bound = term.bound
    limit = utc_millis(bound) if isinstance(bound, datetime) else bound
    return and_(cell.value != cell.absent, _COMPARE[term.operator](cell.value, literal(limit)))


def _value_test(cell: Cell, value: Value) -> Condition:
    if isinstance(value, Nothing):
        return _nothing_test(cell, value)
    if isinstance(value, Glob):
        return _glob_test(cell, value.parts)
    if isinstance(value, Literal):
        return _text_test(cell, value.text)
    return and_(cell.value != cell.absent, cell.value == value)


def _nothing_test(cell: Cell, value: Nothing) -> Condition:
    if value is Nothing.UNKNOWN:
        return cell.value.is_(None)
    words = [cell.absent, Nothing.NONE.value] if cell.field.none_word else [cell.absent]
    return and_(cell.value.is_not(None), cell.value.in_(words))


def _text_test(cell: Cell, piece: str) -> Condition:
    if cell.field.kind == Kind.TERM and not cell.field.multi:
        return cell.value == piece
    if cell.field.kind == Kind.TERM:
        return contains(cell.value, f"{MARK}{piece}{MARK}")
    return contains(cell.value, piece)


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
