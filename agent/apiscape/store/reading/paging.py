"""The order of a view in SQL, and cursors that remember where a page ended."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    CompoundSelect,
    Connection,
    Select,
    Table,
    UnaryExpression,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    text,
    true,
    union_all,
)

from apiscape.errors import UsageError
from apiscape.model.codec import digest
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.query import View, format_view
from apiscape.store import schema
from apiscape.store.reading.cells import Expression, cell_of, is_always_there, source_of
from apiscape.store.reading.compile import Condition, Keys
from apiscape.store.reading.finding import Beside, Found

_FINGERPRINT_BYTES = 6
_LARGEST = 2.0**63

FEW = 2_000
"""So many rows are fetched and sorted in the time in which an index of a hundred thousand is gone through."""

MANY = 20_000
"""Of so many rows some are soon met by whoever goes through all in order, and looks at the text of each."""

NEAR = 2_000
"""Rows that are gone through to meet some of many, before they are listed by the index of words after all."""

_HINT = "leave the cursor out to begin with the first page"


class Key(msgspec.Struct, frozen=True):
    """One expression that rows are ordered by; never null."""

    expression: Expression
    descending: bool = False

    @property
    def clause(self) -> UnaryExpression[Any]:
        """Itself in an `ORDER BY`."""
        return self.expression.desc() if self.descending else self.expression.asc()

    def held(self, value: str | float) -> str | float:
        """Return a cursor's value in this key's own type.

        Raises:
            UsageError: It cannot be a value of this key.
        """
        kind = self.expression.type.python_type
        if (kind is str) is not isinstance(value, str):
            raise UsageError("not a page's cursor", hint=_HINT)
        if isinstance(value, str):
            return value.replace("\x00", "")
        if not abs(value) < _LARGEST:
            raise UsageError("not a page's cursor", hint=_HINT)
        return int(value) if kind is int else value

    def passed(self, value: str | float) -> Condition:
        """Return what holds for rows that come after a value of this key."""
        return self.expression < value if self.descending else self.expression > value


class Ordering(msgspec.Struct, frozen=True):
    """The keys of a view, ending with the uid, and what must be joined to `row` to read them."""

    keys: tuple[Key, ...]
    tables: frozenset[Table]

    @property
    def values(self) -> Beside:
        """What the keys are read from rows by."""
        named = [key.expression.label(f"key{place}") for place, key in enumerate(self.keys)]
        return Beside(tuple(named), self.tables)

    def over(self, columns: Sequence[Expression]) -> Ordering:
        """Return the same order of a query that has the keys' values in columns."""
        pairs = zip(self.keys, columns, strict=True)
        return Ordering(tuple(Key(value, key.descending) for key, value in pairs), frozenset())

    def within(self, query: str) -> Ordering:
        """Return the same order of a query of that name, which has them beside the rows by their labels."""
        return self.over([literal_column(f"{query}.key{place}") for place in range(len(self.keys))])

    @property
    def by_name(self) -> bool:
        """Whether name and uid are all that it reads: an index has them in order."""
        return all(any(key.expression is name for name in _NAMING) for key in self.keys)

    @property
    def clauses(self) -> tuple[UnaryExpression[Any], ...]:
        """Itself in an `ORDER BY`."""
        return tuple(key.clause for key in self.keys)

    def after(self, values: tuple[str | float, ...]) -> Condition:
        """Return what holds for rows after the one that has these values.

        Raises:
            UsageError: They are not values of these keys.
        """
        if len(values) != len(self.keys):
            raise UsageError("not a page's cursor", hint=_HINT)
        pairs = [(key, key.held(value)) for key, value in zip(self.keys, values, strict=True)]
        key, value = pairs.pop()
        condition = key.passed(value)
        while pairs:
            key, value = pairs.pop()
            condition = or_(key.passed(value), and_(key.expression == value, condition))
        return condition


_NAMING: tuple[Expression, ...] = (schema.row.c.name, schema.row.c.uid)


class Stretch(msgspec.Struct, frozen=True):
    """Part of a view's rows in its order.

    Attributes:
        records: The key of each row, and its values of the ordering's keys.
        matched, undecided: How many rows of all match, and how many nobody can tell of.
    """

    records: Sequence[Sequence[Any]]
    matched: int
    undecided: int


def in_order(
    found: Found, order: Ordering, column: Expression, *, walks: bool = True
) -> Select[*tuple[Any, ...]]:
    """Return the query of a column of the rows found, and of the ordering's keys, in its order.

    Args:
        found: The rows.
        order: Their order.
        column: What is read of them.
        walks: Whether an index that has them in order is gone through, where there is one.
    """
    return (
        select(column, *order.values.columns)
        .select_from(source_of(order.tables))
        .where(found.walked if walks and order.by_name else found.listed)
        .order_by(*order.clauses)
    )


def read_stretch(
    connection: Connection,
    found: Found,
    order: Ordering,
    limit: int,
    after: tuple[str | float, ...] | None,
) -> Stretch:
    """Return the first rows of a view, or those after a cursor's values, and count all.

    That is one statement, but where counting costs little and says which way to the rows is quick.

    Raises:
        UsageError: The values are not of this order.
    """
    if found.counts_first and order.by_name:
        return _read_by_name(connection, found, order, limit, after)
    page: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]
    if found.gathered is not None:
        order = order.over(tuple(found.gathered.selected_columns)[1:])
        page = _beyond(found.gathered.order_by(*order.clauses), order, after).limit(limit)
    else:
        walked = _beyond(in_order(found, order, schema.row.c.deployment_pk), order, after)
        page = walked.limit(limit)
        if found.keys is not None and order.by_name:
            fetched = in_order(found, order, schema.row.c.deployment_pk, walks=False)
            page = _either(walked, _beyond(fetched, order, after), found.keys, limit)
    rows, counts = page.subquery("page"), found.counts.subquery("counts")
    both: Select[*tuple[Any, ...]] = select(text("counts.*"), text("page.*")).select_from(
        counts.outerjoin(rows, true())
    )
    records = connection.execute(both.order_by(*order.within("page").clauses)).all()
    matched, undecided, first, *_ = records[0]
    listed = [] if first is None else [record[2:] for record in records]
    return Stretch(listed, matched, undecided)


def _read_by_name(
    connection: Connection,
    found: Found,
    order: Ordering,
    limit: int,
    after: tuple[str | float, ...] | None,
) -> Stretch:
    """Return the same of rows that hold words: what is quick goes by how many there are, so they are counted first.

    Of many some are soon met; few are fetched and sorted.
    """
    matched, undecided = found.count(connection)
    if matched > MANY and found.held is not None:
        every = select(schema.row.c.deployment_pk, *order.values.columns).order_by(*order.clauses)
        near = _beyond(every, order, after).limit(NEAR).subquery("near")
        met = select(near).where(found.held(near.c[0])).limit(limit).subquery("met")
        records = connection.execute(select(met).order_by(*order.within("met").clauses)).all()
        if len(records) == limit:
            return Stretch(records, matched, undecided)
    query = in_order(found, order, schema.row.c.deployment_pk, walks=matched > FEW)
    records = connection.execute(_beyond(query, order, after).limit(limit)).all()
    return Stretch(records, matched, undecided)


def _beyond(
    query: Select[*tuple[Any, ...]], order: Ordering, after: tuple[str | float, ...] | None
) -> Select[*tuple[Any, ...]]:
    """Return a query of the rows after a cursor's values; of all where there is none."""
    return query if after is None else query.where(order.after(after))


def _either(
    walked: Select[*tuple[Any, ...]], fetched: Select[*tuple[Any, ...]], keys: Keys, limit: int
) -> CompoundSelect[*tuple[Any, ...]]:
    """Return the first rows by one of two queries for the same: few are fetched and sorted, many are met in order.

    Which it is says the limit of each, which SQLite reads before it begins: the other one is not begun.
    """
    some = keys.limit(FEW + 1).subquery("some")
    count = select(func.count()).select_from(some).scalar_subquery()
    many = walked.limit(case((count > FEW, limit), else_=0)).subquery("walked")
    few = fetched.limit(case((count > FEW, 0), else_=limit)).subquery("fetched")
    return union_all(*(select(text("*")).select_from(each) for each in (many, few)))


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended.

    Attributes:
        view: Fingerprint of the view that it belongs to.
        now: When the first page was asked for, in UTC milliseconds; ages on later pages count from there.
        values: Those of the ordering's keys, of the last row shown.
    """

    view: bytes
    now: int
    values: tuple[str | float, ...]

    @property
    def moment(self) -> datetime:
        """`now` as a time."""
        return from_utc_millis(self.now)


def ordering_of(view: View) -> Ordering:
    """Return the order that a view asks for; unknown and absent values last, ties by uid."""
    keys: list[Key] = []
    tables: set[Table] = set()
    for sort in view.sort:
        cell = cell_of(sort.field)
        if is_always_there(cell.field):
            keys.append(Key(cell.value, sort.descending))
            continue
        value = func.coalesce(cell.value, cell.absent, type_=cell.value.type)
        keys.append(Key(case((value == cell.absent, 1), else_=0)))
        keys.append(Key(value, sort.descending))
        tables |= cell.tables
    return Ordering((*keys, Key(schema.row.c.uid)), frozenset(tables))


def fingerprint(view: View) -> bytes:
    """Return what tells one view's cursors from another's; what it shows does not matter."""
    shown = msgspec.structs.replace(view, columns=())
    return digest(format_view(shown).encode())[:_FINGERPRINT_BYTES]


def write_cursor(view: View, now: datetime, values: tuple[str | float, ...]) -> str:
    """Return the cursor of a page of a view as opaque text."""
    cursor = Cursor(fingerprint(view), utc_millis(now), values)
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(cursor)).decode().rstrip("=")


def read_cursor(view: View, written: str) -> Cursor:
    """Return what a cursor says.

    Raises:
        UsageError: It is not one, or belongs to another view.
    """
    try:
        data = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.msgpack.decode(data, type=Cursor)
        cursor.moment  # noqa: B018 - a moment out of range is refused here
    except (binascii.Error, ValueError, OverflowError, OSError, msgspec.MsgspecError):
        raise UsageError("not a page's cursor", hint=_HINT) from None
    if cursor.view != fingerprint(view):
        raise UsageError("the cursor belongs to a page of another view", hint=_HINT)
    return cursor
