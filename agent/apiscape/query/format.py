"""Write a view down in its one canonical form: `parse(format_view(view)) == view`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from apiscape.query.quantities import write_age, write_moment, write_number
from apiscape.query.syntax import (
    Age,
    Bound,
    Comparison,
    Glob,
    Literal,
    Nothing,
    Regex,
    Sort,
    Term,
    Value,
    View,
    Word,
)

_PLAIN_WORD = re.compile(r'(?![-"/<>])(?!:(?!:))(?![a-z0-9_]+(?::(?!//)|[<>]))\S+|-')
_PLAIN_PIECE = re.compile(r'[^\s",*\\]+')
_MISREAD = re.compile(r"none|unknown|//.*|.*/")


def format_view(view: View) -> str:
    """Return the text of a view: terms in their order, then how to show them."""
    return " ".join([*map(_term, view.terms), *_directives(view)])


def quote(text: str) -> str:
    """Return the text in quotes, with escapes where they are needed."""
    return '"{}"'.format(text.replace("\\", "\\\\").replace('"', '\\"'))


def _term(term: Term) -> str:
    return f"-{_positive(term)}" if term.negated else _positive(term)


def _positive(term: Term) -> str:
    if isinstance(term, Word):
        return term.text if _PLAIN_WORD.fullmatch(term.text) else quote(term.text)
    if isinstance(term, Regex):
        return f"{term.field}:/{term.pattern}/" if term.field else f"/{term.pattern}/"
    if isinstance(term, Comparison):
        return f"{term.field}{term.operator}{_bound(term.bound)}"
    return f"{term.field}:{','.join(map(write_value, term.values))}"


def _bound(bound: Bound) -> str:
    if isinstance(bound, datetime):
        return write_moment(bound)
    return write_age(bound) if isinstance(bound, Age) else write_number(bound)


def write_value(value: Value) -> str:
    """Return a value as it stands after a field's colon."""
    if isinstance(value, Nothing):
        return value.value
    if isinstance(value, Glob):
        return _glob(value)
    if isinstance(value, Literal):
        return _piece(value.text, misread=_MISREAD.fullmatch(value.text) is not None)
    return write_number(value)


def _glob(glob: Glob) -> str:
    *others, last = glob.parts
    pieces = [_piece(part, misread=part.startswith("//")) for part in others]
    return "*".join([*pieces, _piece(last, misread=last.endswith("/"))])


def _piece(text: str, *, misread: bool) -> str:
    if not text:
        return ""
    return quote(text) if misread or not _PLAIN_PIECE.fullmatch(text) else text


def _directives(view: View) -> Iterator[str]:
    if view.at:
        yield f"at:{write_moment(view.at)}"
    if view.sort:
        yield f"sort:{','.join(map(_key, view.sort))}"
    if view.columns:
        yield f"cols:{','.join(view.columns)}"
    if view.undecided:
        yield "undecided:yes"


def _key(key: Sort) -> str:
    return f"{key.field}:desc" if key.descending else key.field
