"""Views of lists beside that of deployments: in the view language, of the fields that their items have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

import msgspec

from apiscape.errors import QueryError, UsageError
from apiscape.model.row import Deep, Row
from apiscape.model.vocabulary import Dangling
from apiscape.query import View, parse, select_rows
from apiscape.query.syntax import fields_of

MOST_ITEMS = 10_000
"""Items of a page."""

_WORST_FIRST = (Dangling.YES.value, Dangling.UNKNOWN.value, Dangling.NO.value)


class Listed(Protocol):
    """What an item of such a list has at least."""

    @property
    def uid(self) -> str:
        """Its identity."""
        ...


T = TypeVar("T", bound=Listed)


class Stretch(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list: see `client.names.NamePage`."""

    items: tuple[T, ...]
    matched: int
    undecided: int
    next: str | None


class Listing(msgspec.Struct, Generic[T], frozen=True):
    """How a list is asked for.

    Attributes:
        noun: What an item is called, in one word; `whole`: with its article, and what it is of.
        fields: What a view may ask of it.
        row_of: Returns an item as what the view language is asked of, with what only the store knows.
        order: What items are sorted by where the view does not say.
    """

    noun: str
    whole: str
    fields: tuple[str, ...]
    row_of: Callable[[T], tuple[Row, Deep]]
    order: Callable[[T], tuple[Any, ...]]

    def read(self, text: str) -> View:
        """Return a view of the list.

        Raises:
            QueryError: It cannot be read, or asks for what an item has not.
        """
        view = parse(text)
        asked = (*fields_of(view), *(key.field for key in view.sort))
        strange = next((field for field in asked if field not in self.fields), None)
        hint = f"a {self.noun} has {', '.join(self.fields)}"
        if strange is not None:
            raise QueryError(f"{self.whole} has no {strange}", text=text, column=1, hint=hint)
        if view.at is not None or view.columns:
            message = f"{self.noun}s are shown as they are now, and in columns of their own"
            raise QueryError(message, text=text, column=1, hint="leave at: and cols: out")
        return view

    def page(
        self,
        items: Iterable[T],
        text: str,
        now: datetime,
        *,
        limit: int,
        after: str | None = None,
    ) -> Stretch[T]:
        """Return a page of what a view lists.

        Raises:
            QueryError: The view cannot be read, or asks for what an item has not.
            UsageError: The limit is out of range, or no item begins the page.
        """
        if not 1 <= limit <= MOST_ITEMS:
            raise UsageError(f"a page has 1 to {MOST_ITEMS:,} items, not {limit:,}")
        view = self.read(text)
        held = {each.uid: each for each in items}
        told = dict(map(self.row_of, held.values()))
        deep = {row.uid: each for row, each in told.items()}
        found = select_rows(view, told, now, deep)
        listed = [held[row.uid] for row in found.rows]
        if not view.sort:
            listed.sort(key=self.order)
        start = self._start_after(listed, after)
        end = start + limit
        return Stretch(
            items=tuple(listed[start:end]),
            matched=len(listed),
            undecided=found.undecided,
            next=listed[end - 1].uid if end < len(listed) else None,
        )

    def _start_after(self, listed: Sequence[T], after: str | None) -> int:
        if after is None:
            return 0
        for place, item in enumerate(listed, start=1):
            if item.uid == after:
                return place
        message = f"the cursor's {self.noun} is no longer there"
        raise UsageError(message, hint="begin with the first page")


def badness(dangling: str) -> int:
    """Return where something stands that dangles, may do so, or does not: the worst first."""
    known = dangling if dangling in _WORST_FIRST else Dangling.UNKNOWN.value
    return _WORST_FIRST.index(known)
