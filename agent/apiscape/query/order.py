"""The order of rows: by the keys of a view, nothing last, and always by uid in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from apiscape.model.values import UNKNOWN
from apiscape.query.fields import FIELDS, Field, Kind
from apiscape.query.syntax import Sort
from apiscape.query.verdict import RowValue, nothing_of

T = TypeVar("T")

ELEMENT_END = "\x1f"
"""After each element of a list when lists are ordered: a shorter list comes before a longer one."""

SortKey: TypeAlias = str | float | datetime
Reader: TypeAlias = Callable[[str], Callable[[T], RowValue]]
"""Gives, for an attribute, the function that reads it from an item."""


def sort_key(field: Field, value: RowValue) -> SortKey | None:
    """Return what a value is ordered by; `None`, for unknown and absent, goes last either way.

    Text is ordered by its casefolded form, by code point; texts that differ in case alone tie. A
    multi-valued field is ordered by its elements, each closed by `ELEMENT_END`.
    """
    if nothing_of(field, value):
        return None
    if isinstance(value, tuple):
        value = "".join(element + ELEMENT_END for element in value)
    if isinstance(value, str):
        return value.casefold()
    return value if isinstance(value, float | int | datetime) else None


class _Keys(dict[RowValue, SortKey | None]):
    """The key of each distinct value, found when first asked for: texts repeat a great deal."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field

    def __missing__(self, value: RowValue) -> SortKey | None:
        key = self[value] = sort_key(self.field, value)
        return key


def _places(field: Field, values: list[RowValue]) -> list[Any]:
    """Return the `sort_key` of each value; a number or a time is its own, and seldom repeats."""
    if field.kind in {Kind.NUMBER, Kind.TIME}:
        return [None if value is UNKNOWN else value for value in values]
    keys = _Keys(field)
    return [keys[value] for value in values]


def order(items: Iterable[T], keys: tuple[Sort, ...], reader: Reader[T]) -> list[T]:
    """Return the items in the order of the keys; those that tie keep the order they came in."""
    ordered = list(items)
    for key in reversed(keys):
        field = FIELDS[key.field]
        read = reader(field.attribute)
        places = _places(field, [read(item) for item in ordered])
        something = [at for at, place in enumerate(places) if place is not None]
        something.sort(key=places.__getitem__, reverse=key.descending)
        nothing = [at for at, place in enumerate(places) if place is None]
        ordered = [ordered[at] for at in (*something, *nothing)]
    return ordered
