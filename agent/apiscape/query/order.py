"""The order of rows: by the keys of a view, nothing last, and always by uid in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from operator import itemgetter
from typing import TypeAlias, TypeVar

from apiscape.query.fields import FIELDS, Field
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


def order(items: Iterable[T], keys: tuple[Sort, ...], reader: Reader[T]) -> list[T]:
    """Return the items in the order of the keys; those that tie keep the order they came in."""
    ordered = list(items)
    for key in reversed(keys):
        field = FIELDS[key.field]
        read = reader(field.attribute)
        pairs = [(sort_key(field, read(item)), item) for item in ordered]
        something = [pair for pair in pairs if pair[0] is not None]
        something.sort(key=itemgetter(0), reverse=key.descending)
        nothing = [item for place, item in pairs if place is None]
        ordered = [item for _place, item in something] + nothing
    return ordered
