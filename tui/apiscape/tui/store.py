"""The rows of the inventory in columns, and what views make of them.

One list per field of `Row`, laid in the order of names, so that a view without `sort:` reads
well; an index from uid to place; the text that bare words are looked for in. A hundred thousand
rows are filtered at each keystroke without asking anybody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from apiscape.client.inventory import Snapshot
from apiscape.model.row import SEARCHED, SEPARATOR, Row
from apiscape.model.values import UNKNOWN
from apiscape.query import FIELDS, View, select_columns

ATTRIBUTES: tuple[str, ...] = Row.__struct_fields__
"""Fields of a row, in its order."""

SEARCHED_AT = frozenset(ATTRIBUTES.index(attribute) for attribute in SEARCHED)


class Found(msgspec.Struct, frozen=True):
    """What a view lists: places of rows in order, how many rows nobody can decide, how many are not here."""

    rows: Sequence[int]
    undecided: int = 0
    left_out: int = 0


class ColumnStore:
    """The rows, by column. Written by one thread only."""

    def __init__(self, columns: Mapping[str, Sequence[Any]] | None = None, seq: int = 0) -> None:
        """Take the columns of a snapshot, or begin empty."""
        given: Mapping[str, Sequence[Any]] = columns or {name: [] for name in ATTRIBUTES}
        order = _name_order(given)
        self.columns: dict[str, list[Any]] = {
            name: _permuted(given[name], order) for name in ATTRIBUTES
        }
        self.seq = seq
        self.uids: list[str] = self.columns["uid"]
        self.row_of: dict[str, int] = {uid: row for row, uid in enumerate(self.uids)}
        self.haystack: list[str] = search_texts(self.columns)
        self._natural: dict[str, int] = {}
        self._values: dict[str, list[str]] = {}
        self._blank: dict[str, bool] = {}

    @classmethod
    def of(cls, snapshot: Snapshot) -> ColumnStore:
        """Return the store of a snapshot."""
        return cls(snapshot.columns, snapshot.seq)

    @classmethod
    def of_rows(cls, rows: Iterable[Row], seq: int = 0) -> ColumnStore:
        """Return the store of some rows."""
        values = list(map(msgspec.structs.astuple, rows))
        columns = list(zip(*values, strict=True)) if values else [()] * len(ATTRIBUTES)
        return cls(dict(zip(ATTRIBUTES, columns, strict=True)), seq)

    def __len__(self) -> int:
        return len(self.uids)

    def evaluate(self, view: View, now: datetime) -> Found:
        """Return what a view lists; views for which `query.needs_store` are not for this one."""
        rows, undecided = select_columns(view, self.columns, self.haystack, now)
        return Found(rows, undecided)

    def row(self, uid: str) -> Row | None:
        """Return a row whole, `None` where there is none."""
        place = self.row_of.get(uid)
        if place is None:
            return None
        return Row(**{name: self.columns[name][place] for name in ATTRIBUTES})

    def copied(self, places: Sequence[int]) -> Iterator[Row]:
        """Return rows as they are now, each made when it is asked for: what changes later does not reach them."""
        columns = [list(self.columns[name]) for name in ATTRIBUTES]
        chosen = list(places)
        return (Row(*(column[place] for column in columns)) for place in chosen)

    def count(self, field: str, rows: Sequence[int]) -> list[tuple[str | None, int]]:
        """Return the values of a field over some rows, most frequent first; `None` is absent."""
        values = self.columns[FIELDS[field].attribute]
        picked = values if len(rows) == len(self) else _pick(values, rows)
        tally: Counter[str | None] = Counter()
        for value, number in Counter(picked).items():
            if value is UNKNOWN:
                tally["unknown"] += number
            elif isinstance(value, tuple):
                for element in value or (None,):
                    tally[element] += number
            else:
                tally[None if value is None else str(value)] += number
        return sorted(tally.items(), key=lambda pair: (-pair[1], pair[0] or ""))

    def values(self, field: str) -> list[str]:
        """Return the values that a field has, most frequent first; kept until rows change."""
        if field not in self._values:
            counted = self.count(field, range(len(self)))
            self._values[field] = [value for value, _ in counted if value is not None]
        return self._values[field]

    def longest(self, field: str) -> int:
        """Return the most characters that a value of a field has, for the width of its column."""
        if field not in self._natural:
            values = self.columns[FIELDS[field].attribute]
            lengths = (
                sum(map(len, value)) + 2 * len(value) - 2
                if isinstance(value, tuple)
                else len(str(value))
                for value in set(values)
                if value is not UNKNOWN and value
            )
            self._natural[field] = max(lengths, default=1)
        return self._natural[field]

    def is_blank(self, field: str) -> bool:
        """Say whether no row has a value of a field that is known and there."""
        if field not in self._blank:
            self._blank[field] = all(map(is_nothing, self.columns[FIELDS[field].attribute]))
        return self._blank[field]

    def update(self, rows: Iterable[Row]) -> set[str]:
        """Write rows that are known already; return the uids of those that differ."""
        changed: set[str] = set()
        columns = list(self.columns.values())
        searched = frozenset([id(columns[index]) for index in SEARCHED_AT])
        for row in rows:
            place = self.row_of.get(row.uid)
            if place is None:
                continue
            moved = _write(columns, place, msgspec.structs.astuple(row))
            if moved:
                changed.add(row.uid)
            if not searched.isdisjoint(moved):
                self.haystack[place] = _search_text([column[place] for column in columns])
        if changed:
            self._blank.clear()
            self._values.clear()
        return changed

    def rebuilt(self, rows: Collection[Row], gone: Collection[str], seq: int) -> ColumnStore:
        """Return a new store with rows that were not known, and without those that are gone."""
        fresh = {row.uid for row in rows} | set(gone)
        kept = [place for place, uid in enumerate(self.uids) if uid not in fresh]
        values = list(map(msgspec.structs.astuple, rows))
        columns = {
            name: _pick(self.columns[name], kept) + [value[index] for value in values]
            for index, name in enumerate(ATTRIBUTES)
        }
        return ColumnStore(columns, seq)


def _write(columns: Sequence[list[Any]], place: int, values: tuple[Any, ...]) -> list[int]:
    """Write a row, and return the identities of the columns that differed: thousands come a second."""
    moved: list[int] = []
    for column, value in zip(columns, values, strict=True):
        old = column[place]
        if old is not value and old != value:
            column[place] = value
            moved.append(id(column))
    return moved


def is_nothing(value: object) -> bool:
    """Say whether a value is unknown or absent."""
    return value is UNKNOWN or value is None or value in {"unknown", ()}


def search_texts(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """Return what `model.row.search_text` says of every row, without making the rows."""
    flat = [_flattened(columns[name]) for name in SEARCHED]
    return [
        SEPARATOR.join([part for part in parts if part is not None]).casefold()
        for parts in zip(*flat, strict=True)
    ]


def _flattened(values: Sequence[Any]) -> list[str | None]:
    """Return each value as text; an empty list, like an unknown value, gives no line at all."""
    texts: dict[Any, str | None] = {
        value: value
        if isinstance(value, str)
        else SEPARATOR.join(value)
        if isinstance(value, tuple) and value
        else None
        for value in set(values)
    }
    return [texts[value] for value in values]


def _search_text(values: Sequence[Any]) -> str:
    parts: list[str] = []
    for name in SEARCHED:
        value = values[ATTRIBUTES.index(name)]
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, tuple):
            parts.extend(value)
    return SEPARATOR.join(parts).casefold()


def _name_order(columns: Mapping[str, Sequence[Any]]) -> list[int]:
    names = [name.casefold() for name in columns["name"]]
    stages = [stage or "" for stage in columns["stage"]]
    keys = list(zip(names, stages, columns["uid"], strict=True))
    return sorted(range(len(keys)), key=keys.__getitem__)


def _permuted(values: Sequence[Any], order: Sequence[int]) -> list[Any]:
    return _pick(values, order)


def _pick(values: Sequence[Any], places: Sequence[int]) -> list[Any]:
    if len(places) > 1:
        return list(itemgetter(*places)(values))
    return [values[place] for place in places]
