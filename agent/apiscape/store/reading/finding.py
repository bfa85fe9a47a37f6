"""Which rows a view lists, and how many it cannot decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    CompoundSelect,
    Connection,
    Integer,
    Select,
    Table,
    and_,
    any_,
    column,
    false,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    text,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy import (
    Row as Record,
)
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import Presence
from apiscape.query import View, shows_hidden
from apiscape.query.verdict import Verdict
from apiscape.store import schema
from apiscape.store.reading.cells import Expression, is_narrow, source_of
from apiscape.store.reading.compile import Compiled, Condition, Keys, Search, compile_view, contains
from apiscape.store.search import INDEX

RETIRED_SHOWN = timedelta(days=30)
"""How long a retired row stays in the default views; history keeps it longer."""

FEW = 10_000
"""The texts of so many rows are looked through in the time in which the index gives a word that most rows hold."""

_KEY = schema.row.c.deployment_pk


_Told: TypeAlias = Select[int, bool, *tuple[Any, ...]] | CompoundSelect[int, bool, *tuple[Any, ...]]
"""A query of keys, and of each whether the row matches (true) or is undecided (null)."""

_UNKNOWN: Condition = type_coerce(null(), Boolean)


class Beside(msgspec.Struct, frozen=True):
    """Columns of rows, and what must be joined to `row` to read them."""

    columns: tuple[Expression, ...] = ()
    tables: frozenset[Table] = frozenset()


_NOTHING = Beside()


class Found(msgspec.Struct, frozen=True):
    """The rows of a view.

    Attributes:
        listed: Condition on rows that the view lists.
        walked: The same, for a query that goes through an index of `row` in order: keys are looked
            up as rows pass, instead of rows being fetched by key.
        counts: Query of how many rows match, and how many nobody can tell of.
        gathered: Query of the keys of the rows, and of what was asked for beside them; `None` where
            it is quicker to look for that again in `row`.
        keys: Query of the keys of the rows, where going through `row` in order takes long if they are few.
        held: What holds for the keys of rows that words are all that is asked of, by looking through their texts.
        is_counted: Whether they are listed one by one already.
    """

    listed: Condition
    walked: Condition
    counts: Select[int, int]
    gathered: Select[*tuple[Any, ...]] | None = None
    keys: Keys | None = None
    held: Callable[[ColumnElement[int]], Condition] | None = None
    is_counted: bool = False

    @property
    def counts_first(self) -> bool:
        """Whether it costs little to count them before they are listed: what is quick goes by how many they are."""
        return self.is_counted or self.held is not None

    def count(self, connection: Connection) -> tuple[int, int]:
        """Return how many rows match, and how many nobody can tell of."""
        matched, undecided = connection.execute(self.counts).one()
        return matched, undecided


def find(
    connection: Connection,
    view: View,
    now: datetime,
    *,
    hides: bool = True,
    beside: Beside = _NOTHING,
) -> Found:
    """Return the rows of a view whose times are resolved.

    Rows that pass are gathered once in a statement, however often it asks for them.

    Args:
        connection: In one transaction with whatever reads the rows.
        view: What is asked; `at:`, order and columns do not matter here.
        now: Thirty days before it ends what is shown of retired rows.
        hides: Whether superseded and long retired rows are left out, as a view does that does not
            ask for `presence`.
        beside: What to gather of rows, for whoever reads `gathered`.
    """
    if connection.dialect.name == "sqlite":
        beside = _NOTHING  # its narrow indexes are quicker than what a statement gathers
    compiled = compile_view(view, _SEARCHES[connection.dialect.name])
    hidden = _hidden(now) if hides and not shows_hidden(view) else None
    if compiled.residual:
        return _find_in_python(connection, view, compiled, hidden)
    if not view.terms:
        return _everything(view, hidden)
    named = _named(connection, view, compiled, hidden)
    if named is not None:
        return named
    passing = _passing(connection, compiled, hidden, beside).cte("passing")
    key, known, *columns = passing.c
    told = known.is_(None) if view.undecided else known.is_not(None)
    keys = select(key).where(told)
    gathered = select(key, *columns).where(told) if columns else None
    matched = func.count(known)
    counts = select(matched, func.count() - matched).select_from(passing)
    walks = connection.dialect.name == "sqlite"
    return Found(
        _KEY.in_(keys),
        _unsought(connection, _KEY).in_(keys),
        counts,
        gathered,
        keys if walks else None,
        _held(compiled, hidden) if walks and not view.undecided else None,
    )


def _named(
    connection: Connection, view: View, compiled: Compiled, hidden: Keys | None
) -> Found | None:
    """Return the rows that hold words where few have the name for it: the texts of those are looked through.

    `None` where they are not few, or the index is as quick.
    """
    is_asked = compiled.is_worded and compiled.is_named and bool(compiled.pieces)
    if not is_asked or connection.dialect.name != "sqlite":
        return None
    few = connection.scalars(select(_KEY).where(*compiled.decided).limit(FEW + 1)).all()
    if len(few) > FEW:
        return None
    key = schema.deep.c.deployment_pk
    texts = select(key).where(key.in_(_each(few)), _holds(compiled.pieces), _shown(key, hidden))
    found = connection.scalars(texts).all()
    keys = _each([] if view.undecided else found)
    counts = select(literal(len(found)), literal(0))
    return Found(_KEY.in_(keys), _unsought(connection, _KEY).in_(keys), counts, is_counted=True)


def _holds(pieces: Iterable[str]) -> Condition:
    """Return whether the text of a row of `deep` holds all pieces."""
    return and_(true(), *(contains(schema.deep.c.text, piece) for piece in pieces))


def _held(
    compiled: Compiled, hidden: Keys | None
) -> Callable[[ColumnElement[int]], Condition] | None:
    """Return what tells of a key whether its row holds all words, where nothing else is asked."""
    if not compiled.is_worded or compiled.decided:
        return None
    deep = schema.deep.c

    def holds(key: ColumnElement[int]) -> Condition:
        texts = select(literal(1)).where(deep.deployment_pk == key, _holds(compiled.pieces))
        return and_(texts.correlate_except(schema.deep).exists(), _shown(key, hidden))

    return holds


def _everything(view: View, hidden: Keys | None) -> Found:
    """Return all rows, none of which is undecided.

    All are counted without looking at any, less the few that are hidden, of deployments that have a row.
    """
    shown = _shown(_KEY, hidden)
    matched: ColumnElement[int] = select(func.count()).select_from(schema.row).scalar_subquery()
    if hidden is not None:
        few = hidden.where(schema.deployment.c.forgotten_at.is_(None)).subquery("few")
        matched = matched - select(func.count()).select_from(few).scalar_subquery()
    counts = select(matched.label("matched"), literal(0).label("undecided"))
    listed = false() if view.undecided else shown
    return Found(listed, listed, counts)


def _passing(
    connection: Connection, compiled: Compiled, hidden: Keys | None, beside: Beside
) -> _Told:
    """Return the keys of rows that match, told to be known, and of those that are undecided."""
    if compiled.words is not None and compiled.is_worded and not beside.columns:
        return _worded(connection, compiled.words, compiled.decided, hidden)
    shown = _shown_of(connection, compiled, hidden)
    source = source_of(compiled.tables | beside.tables)
    told = select(_KEY, true().label("known"), *beside.columns).select_from(source)
    matching = told.where(compiled.matches, *shown)
    if not compiled.open:
        return matching
    untold = select(_KEY, _UNKNOWN.label("known"), *beside.columns).select_from(source)
    return union_all(matching, untold.where(compiled.undecided, *shown))


def _shown_of(
    connection: Connection, compiled: Compiled, hidden: Keys | None
) -> tuple[Condition, Condition]:
    """Return what holds for rows that have all words, and are not hidden."""
    if compiled.words is None:
        return true(), _shown(_KEY, hidden)
    if connection.dialect.name != "sqlite":
        return _KEY.in_(compiled.words), _shown(_KEY, hidden)
    key = _unsought(connection, _KEY) if is_narrow(compiled.columns) else _KEY
    worded = compiled.words.cte("worded")  # both halves of a union ask the index once
    return key.in_(select(worded.c[0])), _shown(_KEY, hidden)


def _worded(
    connection: Connection, words: Keys, names: Sequence[Condition], hidden: Keys | None
) -> Select[int, bool]:
    """Return the keys of rows that hold words, and whose names pass; rows themselves are not read."""
    (key,) = words.subquery("worded").c
    query = select(key, true().label("known"))
    if names:
        query = query.where(_unsought(connection, key).in_(select(_KEY).where(*names)))
    return query.where(_shown(key, hidden))


def _unsought(connection: Connection, key: ColumnElement[int]) -> ColumnElement[int]:
    """Return a key so that SQLite looks it up in a list as rows pass, and fetches none by the list."""
    return (
        key
        if connection.dialect.name != "sqlite"
        else UnaryExpression(key, operator=custom_op("+"), type_=key.type)
    )


def _shown(key: ColumnElement[int], hidden: Keys | None) -> Condition:
    return true() if hidden is None else key.not_in(hidden)


def _hidden(now: datetime) -> Keys:
    """Return the keys of rows that default views leave out: few, and found by their own index."""
    held = schema.deployment.c
    long_ago = utc_millis(now - RETIRED_SHOWN)
    return select(held.pk).where(
        text(f"presence IN ('{Presence.SUPERSEDED}', '{Presence.RETIRED}')"),
        or_(held.presence == Presence.SUPERSEDED.value, held.retired_at < long_ago),
    )


def _find_in_python(
    connection: Connection, view: View, compiled: Compiled, hidden: Keys | None
) -> Found:
    """Decide the residual terms over the rows that the others let through."""
    possible = or_(compiled.matches, compiled.undecided) if compiled.open else compiled.matches
    candidates = (
        select(_KEY, compiled.known.label("known"), *(term.value for term in compiled.residual))
        .select_from(source_of(compiled.tables))
        .where(possible, *_shown_of(connection, compiled, hidden))
    )
    matching: list[int] = []
    undecided: list[int] = []
    for record in connection.execute(candidates):
        verdict = _verdict(compiled, record)
        if verdict is not False:
            (undecided if verdict is None else matching).append(record[0])
    listed = in_keys(connection, undecided if view.undecided else matching)
    return Found(listed, listed, select(literal(len(matching)), literal(len(undecided))))


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
        return _KEY.in_(_each(keys))
    return any_(literal(list(keys), ARRAY(BigInteger))) == _KEY


def _each(keys: Sequence[int]) -> Keys:
    """Return keys as a query of SQLite, with one parameter."""
    each = func.json_each(json.dumps(list(keys))).table_valued(column("value", Integer))
    return select(each.c.value)


def _search_trigrams(name: str, pieces: Sequence[str]) -> Keys:
    """Look pieces up in SQLite's full-text index; as quoted phrases they are never syntax."""
    index = table(INDEX, column("rowid", Integer))
    phrases = " AND ".join('"{}"'.format(piece.replace('"', '""')) for piece in pieces)
    asked = literal(f"{name} : ({phrases})")
    matches = literal_column(INDEX).op("MATCH", is_comparison=True)(asked)
    return select(index.c.rowid).where(matches)


def _search_texts(name: str, pieces: Sequence[str]) -> Keys:
    """Look pieces up in PostgreSQL, where a trigram index helps if there is one."""
    deep = schema.deep.c
    return select(deep.deployment_pk).where(*(contains(deep[name], piece) for piece in pieces))


_SEARCHES: dict[str, Search] = {"sqlite": _search_trigrams, "postgresql": _search_texts}
