"""Read the text of a view."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec

from apiscape.query.fields import Field
from apiscape.query.quantities import read_moment
from apiscape.query.syntax import EVERYTHING, Sort, Term, View
from apiscape.query.terms import known_field, read_term
from apiscape.query.tokens import FieldItem, Item, Raw, Scanner, WordItem

MOST_ITEMS = 64
"""Items of a view."""


def parse(text: str) -> View:
    """Return the view that a text means.

    Raises:
        QueryError: The text is not a view; `column` and `pointer()` say where.
    """
    scanner = Scanner(text)
    terms: list[Term] = []
    given: dict[str, object] = {}
    for number, item in enumerate(scanner.items(), start=1):
        if number > MOST_ITEMS:
            raise scanner.error(f"a view has at most {MOST_ITEMS} items", item.start)
        name = "" if isinstance(item, WordItem) else item.name.casefold()
        if name not in _READERS:
            terms.append(read_term(scanner, item))
            continue
        attribute, read = _READERS[name]
        if attribute in given:
            raise scanner.error(f"{name}: stands twice", item.start)
        given[attribute] = read(scanner, _directive(scanner, name, item))
    return msgspec.structs.replace(EVERYTHING, terms=tuple(terms), **given)


def starts(text: str) -> tuple[int, ...]:
    """Return the columns, from 1, at which the items of a view begin.

    Raises:
        QueryError: The text is not a view.
    """
    return tuple(item.start + 1 for item in Scanner(text).items())


def _directive(scanner: Scanner, name: str, item: Item) -> tuple[Raw, ...]:
    if not isinstance(item, FieldItem) or item.operator != ":" or item.negated:
        hint = "a plain word goes in quotes"
        raise scanner.error(f"{name} says how to show: {name}:VALUE", item.start, hint)
    return item.values


def _read_at(scanner: Scanner, values: tuple[Raw, ...]) -> datetime:
    moment = read_moment(values[0].text)
    if moment is None or len(values) > 1:
        raise scanner.error("at: takes 2026-09-30 or 2026-09-30T12:00Z", values[0].start)
    return moment


def _read_sort(scanner: Scanner, values: tuple[Raw, ...]) -> tuple[Sort, ...]:
    return tuple(
        Sort(field.name, descending=_descends(scanner, raw))
        for field, raw in zip(_listed(scanner, values), values, strict=True)
    )


def _descends(scanner: Scanner, raw: Raw) -> bool:
    name, _colon, direction = raw.text.casefold().partition(":")
    if direction not in {"", "asc", "desc"}:
        position = raw.start + len(name) + 1
        raise scanner.error("the direction is asc or desc", position)
    return direction == "desc"


def _read_columns(scanner: Scanner, values: tuple[Raw, ...]) -> tuple[str, ...]:
    return tuple(field.name for field in _listed(scanner, values))


def _listed(scanner: Scanner, values: tuple[Raw, ...]) -> list[Field]:
    """Return the fields that a list names, before a colon if there is one, each once."""
    fields: list[Field] = []
    for raw in values:
        field = known_field(scanner, raw.text.partition(":")[0], raw.start)
        if field.deep:
            message = f"{field.name} can be asked for, not sorted by or shown"
            raise scanner.error(message, raw.start)
        if field in fields:
            raise scanner.error(f"{field.name} stands twice", raw.start)
        fields.append(field)
    return fields


def _read_undecided(scanner: Scanner, values: tuple[Raw, ...]) -> bool:
    answer = values[0].text.casefold()
    if answer not in {"yes", "no"} or len(values) > 1:
        raise scanner.error("undecided: takes yes or no", values[0].start)
    return answer == "yes"


_READERS: dict[str, tuple[str, Callable[[Scanner, tuple[Raw, ...]], object]]] = {
    "at": ("at", _read_at),
    "sort": ("sort", _read_sort),
    "cols": ("columns", _read_columns),
    "undecided": ("undecided", _read_undecided),
}
"""The attribute of the view that a directive sets, and how its values are read."""
