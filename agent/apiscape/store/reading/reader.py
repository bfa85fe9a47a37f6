"""The read side of a store: every question of the Inventory protocol that a view asks, and the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from operator import attrgetter

import msgspec
from sqlalchemy import Connection

from apiscape.client.catalogue_views import page_of as page_of_catalogues
from apiscape.client.catalogues import CataloguePage
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    Facet,
    Page,
    ScopeStatus,
    ScopeThen,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.name_views import page_of
from apiscape.client.names import NamePage
from apiscape.errors import QueryError, UsageError
from apiscape.model.row import Deep, Row
from apiscape.query import Field, View, doubts, parse, resolve_times, select_rows
from apiscape.store import schema
from apiscape.store.database.engine import Database
from apiscape.store.database.transaction import LOG
from apiscape.store.database.transaction import read_cursor as read_position
from apiscape.store.encoding import LARGEST
from apiscape.store.reading.catalogues import read_catalogues
from apiscape.store.reading.counts import Counts, Health, read_counts, read_healths
from apiscape.store.reading.details import read_detail
from apiscape.store.reading.differing import (
    Pairs,
    days_of,
    read_pairs,
    read_place,
    unseen_at,
)
from apiscape.store.reading.display import read_rows
from apiscape.store.reading.facets import count_facets, count_rows, facet_fields
from apiscape.store.reading.finding import find
from apiscape.store.reading.following import read_changes
from apiscape.store.reading.happenings import Happenings, Stretch, read_happenings
from apiscape.store.reading.history import read_rows_at
from apiscape.store.reading.names import read_names
from apiscape.store.reading.paging import (
    in_order,
    ordering_of,
    read_cursor,
    read_stretch,
    write_cursor,
)
from apiscape.store.reading.scopes import read_scopes, summarise
from apiscape.store.reading.snapshot import take_snapshot
from apiscape.store.reading.then import read_detail_at

MOST_ROWS = 10_000
"""Rows of a page, and changes of a page of the log."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Reader:
    """Answers questions about the inventory; every call is one consistent read, from any thread.

    Default views hide superseded rows and those retired more than thirty days ago; a view that
    asks for `presence` shows them. Every method that takes a view raises `QueryError` where it
    cannot be read, and `NotKept` where its `at:` lies before what is kept.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = _utc_now) -> None:
        """Read a database; `clock` gives the aware time that ages count from."""
        self._database = database
        self._clock = clock

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view, in its order; all pages of a walk count ages from its first.

        Raises:
            UsageError: The limit is out of range, or the cursor is not of this view.
        """
        parsed = parse(view)
        _check_limit(limit)
        cursor = read_cursor(parsed, after) if after is not None else None
        now = cursor.moment if cursor else self._clock()
        values = cursor.values if cursor else None
        with self._database.read() as connection:
            if parsed.at is not None:
                page = _page_at(connection, parsed, parsed.at, limit, values)
            else:
                page = _page(connection, parsed, now, limit, values)
        return msgspec.structs.replace(page, doubts=tuple(map(str, doubts(parsed))))

    def select(self, view: str) -> Selection:
        """Return all uids of a view, in its order."""
        parsed, now = parse(view), self._clock()
        with self._database.read() as connection:
            if parsed.at is not None:
                rows, _matched, undecided = _rows_at(connection, parsed, parsed.at)
                return Selection(uids=tuple(row.uid for row in rows), undecided=undecided)
            found = find(connection, resolve_times(parsed, now), now)
            uids = tuple(connection.scalars(in_order(found, ordering_of(parsed), schema.row.c.uid)))
            return Selection(uids=uids, undecided=found.count(connection)[1])

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view: texts casefolded, `unknown` where unknown."""
        parsed, now, asked = parse(view), self._clock(), facet_fields(fields)
        with self._database.read() as connection:
            if parsed.at is not None:
                return _facets_at(connection, parsed, parsed.at, asked)
            found = find(connection, resolve_times(parsed, now), now)
            return count_facets(connection, found, asked)

    def snapshot(self) -> Snapshot:
        """Return every row of the default view, in columns, in the order of uid.

        Unknown values stand in them as `UNKNOWN`. What the log says after `seq` is not in it.
        """
        with self._database.read() as connection:
            return take_snapshot(connection, read_position(connection, LOG), self._clock())

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment, now or as it was at some time (see `then`).

        Raises:
            NotFound: None has that uid, native id or name, or several have that name.
        """
        with self._database.read() as connection:
            if at is not None:
                return read_detail_at(connection, uid_or_name, at)
            return read_detail(connection, uid_or_name, self._clock())

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number, of deployments that match a view now.

        Raises:
            NotKept: Changes after that number were dropped already, or it is beyond the end of the log.
            UsageError: The limit is out of range, or the number cannot be one of the log.
        """
        parsed, now = parse(view), self._clock()
        _check_limit(limit)
        _check_seq(after)
        _refuse_moment(parsed, view, "the log is read forwards, not as of a day")
        with self._database.read() as connection:
            return read_changes(connection, after, limit, resolve_times(parsed, now), now)

    def pairs(
        self, since: datetime, until: datetime, *, view: str, limit: int, after: str | None
    ) -> tuple[Pairs, tuple[ScopeThen, ...], tuple[ScopeThen, ...]]:
        """Return deployments that moved between two times, on both; and what could not be seen by either.

        The latter on the first page only.

        Raises:
            UsageError: The limit is out of range, the second time is not later, or `after` is no place.
        """
        parsed, place = parse(view), read_place(after)
        _check_limit(limit)
        _refuse_moment(parsed, view, "two days are compared already")
        with self._database.read() as connection:
            days = days_of(connection, since, until)
            found = read_pairs(connection, days, parsed, limit, place)
            unseen, unseen_later = (
                unseen_at(connection, moment) if after is None else () for moment in days
            )
            return found, unseen, unseen_later

    def happenings(self, view: str, stretch: Stretch) -> Happenings:
        """Return changes of a view, asked of each deployment as it was after its change.

        Raises:
            NotKept: Changes of the stretch were dropped already.
        """
        parsed, now = parse(view), self._clock()
        with self._database.read() as connection:
            return read_happenings(connection, stretch, parsed, now)

    def last_seq(self) -> int:
        """Return where the log ends; 0 before the first change."""
        with self._database.read() as connection:
            return read_position(connection, LOG)

    def names(self, view: str, *, limit: int, after: str | None = None) -> NamePage:
        """Return a page of the names in DNS that a view lists (see `client.name_views`)."""
        with self._database.read() as connection:
            found = read_names(connection)
        return page_of(found, view, self._clock(), limit=limit, after=after)

    def catalogues(self, view: str, *, limit: int, after: str | None = None) -> CataloguePage:
        """Return a page of the records of catalogues that a view lists (see `client.catalogue_views`)."""
        with self._database.read() as connection:
            found = read_catalogues(connection)
        return page_of_catalogues(found, view, self._clock(), limit=limit, after=after)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return every scope as its newest ended run left it, ordered by key."""
        with self._database.read() as connection:
            return read_scopes(connection)

    def summary(self) -> Summary:
        """Return what the inventory rests on (see `scopes.summarise`)."""
        with self._database.read() as connection:
            return summarise(connection)

    def counts(self) -> Counts:
        """Return what the inventory sums up to, cheaply enough to be asked every few seconds."""
        with self._database.read() as connection:
            return read_counts(connection)

    def healths(self, limit: int) -> tuple[Health, ...]:
        """Return how deployments fare that are not gone, the same ones each time where there are more."""
        with self._database.read() as connection:
            return read_healths(connection, limit)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MOST_ROWS:
        raise UsageError(f"a page has 1 to {MOST_ROWS:,} items, not {limit:,}")


def _refuse_moment(view: View, text: str, message: str) -> None:
    """Refuse a view with `at:`."""
    if view.at is not None:
        raise QueryError(message, text=text, column=1, hint="leave at: out")


def _check_seq(seq: int) -> None:
    if not 0 <= seq <= LARGEST:
        raise UsageError(f"{seq} is no sequence number", hint="follow from 0, or from a `last_seq`")


def _page(
    connection: Connection,
    view: View,
    now: datetime,
    limit: int,
    after: tuple[str | float, ...] | None,
) -> Page:
    order = ordering_of(view)
    found = find(connection, resolve_times(view, now), now, beside=order.values)
    stretch = read_stretch(connection, found, order, limit + 1, after)
    records = stretch.records
    last = records[limit - 1] if len(records) > limit else None
    return Page(
        items=read_rows(connection, [record[0] for record in records[:limit]]),
        matched=stretch.matched,
        undecided=stretch.undecided,
        next=write_cursor(view, now, tuple(last[1:])) if last else None,
    )


def _page_at(
    connection: Connection,
    view: View,
    at: datetime,
    limit: int,
    after: tuple[str | float, ...] | None,
) -> Page:
    """Return a page of what was; what was stays as it is, so a uid says where a page ended."""
    rows, matched, undecided = _rows_at(connection, view, at)
    start = _start_after(rows, after) if after is not None else 0
    items = rows[start : start + limit]
    more = start + limit < len(rows)
    return Page(
        items=items,
        matched=matched,
        undecided=undecided,
        next=write_cursor(view, at, (items[-1].uid,)) if more else None,
    )


def _start_after(rows: Sequence[Row], after: tuple[str | float, ...]) -> int:
    for place, row in enumerate(rows, start=1):
        if (row.uid,) == after:
            return place
    raise UsageError("the cursor's row is no longer kept", hint="begin with the first page")


def _facets_at(
    connection: Connection, view: View, at: datetime, fields: Sequence[Field]
) -> tuple[Facet, ...]:
    deep = _read_at(connection, view, at)
    listed = select_rows(view, deep, at, _by_uid(deep)).rows
    return count_rows(
        fields,
        [
            [attrgetter(field.attribute)(deep[row] if field.deep else row) for row in listed]
            for field in fields
        ],
    )


def _rows_at(connection: Connection, view: View, at: datetime) -> tuple[tuple[Row, ...], int, int]:
    """Return the rows that a view listed, how many matched and how many were undecided.

    Ages count from that time: a view lists what it would have listed then.
    """
    deep = _read_at(connection, view, at)
    found = select_rows(view, deep, at, _by_uid(deep))
    if not view.undecided:
        return found.rows, len(found.rows), found.undecided
    decided = msgspec.structs.replace(view, undecided=False)
    matched = select_rows(decided, deep, at, _by_uid(deep)).rows
    return found.rows, len(matched), found.undecided


def _read_at(connection: Connection, view: View, at: datetime) -> dict[Row, Deep]:
    return dict(read_rows_at(connection, view, at))


def _by_uid(held: dict[Row, Deep]) -> dict[str, Deep]:
    return {row.uid: deep for row, deep in held.items()}
