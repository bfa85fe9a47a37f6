"""What may stand at the cursor: for shells and for the filter line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from apiscape.query.fields import FIELDS, Kind, resolve
from apiscape.query.format import write_value
from apiscape.query.syntax import DIRECTIVES, Literal, Nothing
from apiscape.query.tokens import can_stand

Seen: TypeAlias = Mapping[str, Iterable[str]]
"""Values of the inventory by field name."""

NOTHING_SEEN: Seen = MappingProxyType({})

_ITEM = re.compile(r'(?:"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[^\s"])+')
_STARTED = re.compile(r"(/?-?)([a-z0-9_]*)(?:(:)(.*))?", re.IGNORECASE | re.ASCII)
_LISTED = re.compile(r'(?:(?:"(?:[^"\\]|\\.)*"|[^",])*,)*')
_OPERATORS = {Kind.TERM: ":", Kind.TEXT: ":", Kind.NUMBER: ">", Kind.TIME: "<"}


def complete(text: str, cursor: int, seen: Seen = NOTHING_SEEN) -> list[str]:
    """Return what the item before the cursor may become, in the order of the reference.

    Args:
        text: The view as typed so far.
        cursor: How many characters stand before the cursor.
        seen: Offered after the words of the field's vocabulary, but for what no view can hold.

    Each answer replaces `item_before(text, cursor)` whole. A name comes with the operator that
    most often follows it; of a list, the last value is completed.
    """
    started = _STARTED.fullmatch(item_before(text, cursor))
    if not started:
        return []
    sign, name, colon, rest = started.groups(default="")
    if not colon:
        return [sign + answer for answer in _names(name.casefold(), negated="-" in sign)]
    listed = _LISTED.match(rest)
    done = listed[0] if listed else ""
    last = rest[len(done) :]
    answers = dict.fromkeys(_values(name.casefold(), last.casefold(), seen))
    return [f"{sign}{name}:{done}{answer}" for answer in answers]


def item_before(text: str, cursor: int) -> str:
    """Return the part of an item before the cursor; blanks in quotes, closed or not, belong to it."""
    before = text[:cursor]
    items = [item for item in _ITEM.finditer(before) if item.end() == len(before)]
    return items[-1][0] if items else ""


def _names(prefix: str, *, negated: bool) -> list[str]:
    names = {field.name: field for field in FIELDS.values()}
    if not any(name.startswith(prefix) for name in names):
        names = {alias: field for field in FIELDS.values() for alias in field.aliases}
    answers = [name + _OPERATORS[field.kind] for name, field in names.items()]
    answers += [] if negated else [f"{directive}:" for directive in DIRECTIVES]
    return [answer for answer in answers if answer.startswith(prefix)]


def _values(name: str, prefix: str, seen: Seen) -> Iterator[str]:
    """Yield the values of a field or directive that begin as typed, quoted where they must be."""
    typed = prefix.removeprefix('"')
    for value in _candidates(name, prefix, seen):
        if value.startswith(typed):
            is_word = value in set(Nothing) or name in DIRECTIVES
            yield value if is_word else write_value(Literal(value))


def _candidates(name: str, prefix: str, seen: Seen) -> Iterator[str]:
    if name == "undecided":
        yield from ("yes", "no")
    if name in {"sort", "cols"}:
        shown = [field.name for field in FIELDS.values() if not field.deep]
        yield from shown
        if name == "sort":
            yield from (f"{field}:desc" for field in shown if prefix.startswith(field))
    field = resolve(name)
    if field:
        yield from field.words
        yield from (value.casefold() for value in seen.get(field.name, ()) if can_stand(value))
        yield from Nothing
