"""Which rows a view lists, and how many it cannot decide."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    ScalarSelect,
    Table,
    and_,
    any_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    text,
    true,
)
from sqlalchemy import (
    Row as Record,
)

from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import Presence
from apiscape.query import View, shows_hidden
from apiscape.query.verdict import Verdict
from apiscape.store import schema
from apiscape.store.reading.cells import source_of
from apiscape.store.reading.compile import Compiled, Condition, Search, compile_view, contains
from apiscape.store.search import INDEX

RETIRED_SHOWN = timedelta(days=30)
"""How long a retired row stays in the default views; history keeps it longer."""

_KEY = schema.row.c.deployment_pk


class Found(msgspec.Struct, frozen=True):
    """The rows of a view.

    Attributes:
        listed: Condition on rows that the view lists.
        tables: What must be joined to `row` to say so.
        matched, undecided: How many rows match, and how many nobody can tell of.
    """

    listed: Condition
    tables: frozenset[Table]
    matched: int
    undecided: int


def find(connection: Connection, view: View, now: datetime, *, hides: bool = True) -> Found:
    """Return the rows of a view whose times are resolved.

    Args:
        connection: In one transaction with whatever reads the rows.
        view: What is asked; `at:`, order and columns do not matter here.
        now: Thirty days before it ends what is shown of retired rows.
        hides: Whether superseded and long retired rows are left out, as a view does that does not
            ask for `presence`.
    """
    compiled = compile_view(view, _SEARCHES[connection.dialect.name])
    shown = ~_KEY.in_(_hidden(now)) if hides and not shows_hidden(view) else true()
    if compiled.residual:
        return _find_in_python(connection, view, compiled, shown)
    matched = _count(connection, compiled, and_(shown, compiled.matches))
    undecided = 0
    if compiled.open:
        undecided = _count(connection, compiled, and_(shown, compiled.undecided))
    listed = compiled.undecided if view.undecided else compiled.matches
    return Found(and_(shown, listed), compiled.tables, matched, undecided)


def _count(connection: Connection, compiled: Compiled, condition: Condition) -> int:
    query = select(func.count()).select_from(source_of(compiled.tables)).where(condition)
    return connection.scalar(query) or 0


def _hidden(now: datetime) -> ScalarSelect[int]:
    """Return the keys of rows that default views leave out: few, and found by their own index."""
    held = schema.deployment.c
    long_ago = utc_millis(now - RETIRED_SHOWN)
    return (
        select(held.pk)
        .where(
            text(f"presence IN ('{Presence.SUPERSEDED}', '{Presence.RETIRED}')"),
            or_(held.presence == Presence.SUPERSEDED.value, held.retired_at < long_ago),
        )
        .scalar_subquery()
    )


def _find_in_python(
    connection: Connection, view: View, compiled: Compiled, shown: Condition
) -> Found:
    """Decide the residual terms over the rows that the others let through."""
    known = and_(*compiled.open) if compiled.open else true()
    asked = select(_KEY, known.label("known"), *(term.value for term in compiled.residual))
    candidates = asked.select_from(source_of(compiled.tables)).where(shown, compiled.possible)
    matching: list[int] = []
    undecided: list[int] = []
    for record in connection.execute(candidates):
        verdict = _verdict(compiled, record)
        if verdict is not False:
            (undecided if verdict is None else matching).append(record[0])
    listed = in_keys(connection, undecided if view.undecided else matching)
    return Found(listed, frozenset(), len(matching), len(undecided))


def _verdict(compiled: Compiled, record: Record[Any]) -> Verdict:
    _key, known, *texts = tuple(record)
    verdict: Verdict = None if known is None else True
    for term, held in zip(compiled.residual, texts, strict=True):
        found = term.decide(held)
        if found is False:
            return False
        verdict = verdict and found
    return verdict


def in_keys(connection: Connection, keys: Sequence[int]) -> Condition:
    """Return whether a row's key is one of many, given as one parameter however many they are."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(list(keys))).table_valued("value")
        return _KEY.in_(select(each.c.value))
    return any_(literal(list(keys), ARRAY(BigInteger))) == _KEY


def _search_trigrams(name: str, pieces: Sequence[str]) -> Condition:
    """Look pieces up in SQLite's full-text index; as quoted phrases they are never syntax."""
    index = table(INDEX, column("rowid"))
    phrases = " AND ".join('"{}"'.format(piece.replace('"', '""')) for piece in pieces)
    asked = literal(f"{name} : ({phrases})")
    matches = literal_column(INDEX).op("MATCH", is_comparison=True)(asked)
    return _KEY.in_(select(index.c.rowid).where(matches))


def _search_texts(name: str, pieces: Sequence[str]) -> Condition:
    """Look pieces up in PostgreSQL, where a trigram index helps if there is one."""
    deep = schema.deep.c
    held = and_(*(contains(deep[name], piece) for piece in pieces))
    return _KEY.in_(select(deep.deployment_pk).where(held))


_SEARCHES: dict[str, Search] = {"sqlite": _search_trigrams, "postgresql": _search_texts}
