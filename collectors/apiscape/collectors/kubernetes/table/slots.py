"""Asks expressions of one object, and notes what could not be read of it; nothing of a value is ever in a note."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from apiscape.collectors.kubernetes.table.expressions import Expression, Unfit
from apiscape.collectors.kubernetes.table.parts import Words
from apiscape.model.codec import ready

MAX_ITEMS = 1_000
MAX_TEXT = 4_096
MAX_DEPTH = 10

_USERINFO = re.compile(r"(?<=://)[^/@\s]*@")

Json = Any
T = TypeVar("T")


class Slots:
    """Asks expressions of an object.

    Args:
        body: What is asked, where nothing else is.

    Attributes:
        odd: What could not be read, and what was left out.
    """

    def __init__(self, body: dict[str, Json]) -> None:
        self.body = body
        self.odd: dict[str, None] = {}

    def find(self, slot: str, expression: Expression | None, body: Json = None) -> Json:
        """Return what an expression finds; nothing where the object is not of the form that it expects."""
        if expression is None:
            return None
        try:
            return expression.search(self.body if body is None else body)
        except Unfit:
            self.note(slot)
            return None

    def note(self, slot: str) -> None:
        """Note that a slot could not be read."""
        self.odd[f"{slot} could not be read"] = None

    def text(self, slot: str, expression: Expression | None) -> str | None:
        """Return a text that an expression finds."""
        found = self.find(slot, expression)
        if found is None or isinstance(found, dict | list):
            return None
        return kept(written(found)) or None

    def word(self, slot: str, words: Words) -> str:
        """Return a word of a vocabulary; empty where there is none."""
        found = self.find(slot, words.value)
        said = "" if isinstance(found, dict | list) else written(found)
        return words.map.get(said) or words.otherwise or ""

    def texts(self, slot: str, expression: Expression | None, body: Json) -> Iterator[str]:
        """Yield the texts that an expression finds."""
        for each in listed(self.find(slot, expression, body)):
            if isinstance(each, str) and each:
                yield kept(each)
            elif isinstance(each, int | float):
                yield written(each)

    def all(
        self, slot: str, expression: Expression | None, kind: type[T], body: Json = None
    ) -> tuple[T, ...]:
        """Return what an expression finds, each as a struct of a kind; what does not fit is left out, and noted."""
        found = listed(self.find(slot, expression, body))
        if len(found) > MAX_ITEMS:
            self.odd[f"only the first {MAX_ITEMS:,} of {slot} are read"] = None
        return tuple(each for item in found[:MAX_ITEMS] for each in self._one(slot, item, kind))

    def _one(self, slot: str, item: Json, kind: type[T]) -> Iterator[T]:
        try:
            yield msgspec.convert(_cleaned(item), ready(kind), strict=False)
        except msgspec.ValidationError:
            self.note(slot)


def listed(found: Json) -> list[Json]:
    """Return what was found as a list, without nulls."""
    if found is None or found is False:
        return []
    items = found if isinstance(found, list) else [found]
    return [each for each in items if each is not None and each is not False]


def _cleaned(value: Json, depth: int = 0) -> Json:
    """Return a value without nulls, with its texts cut to what can be kept; nothing that lies deeper than any slot."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, dict):
        return {key: _cleaned(held, depth + 1) for key, held in value.items() if held is not None}
    if isinstance(value, list):
        return [_cleaned(each, depth + 1) for each in value if each is not None]
    return kept(value) if isinstance(value, str) else value


def kept(text: str) -> str:
    """Return a text as far as it is kept, without userinfo of URLs in it."""
    return _USERINFO.sub("", text)[:MAX_TEXT]


def written(value: Json) -> str:
    """Return a scalar as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
