r"""How a row's values stand in SQL, so that its three-valued logic is the view language's.

| value | text | number | list |
|---|---|---|---|
| unknown (`UNKNOWN`; the word `unknown` of a vocabulary) | null | null | null |
| absent (`None`, `()`) | `''` | -1 | `''` |
| known | casefolded, `\x1f` for the empty text | as it is | elements casefolded, each between `\x1f` |
"""

from __future__ import annotations

from typing import Any

from apiscape.model.row import Deep, Row, search_text
from apiscape.model.values import Unknown, is_known
from apiscape.query.fields import FIELDS
from apiscape.store import schema

MARK = "\x1f"
"""Before, between and after the elements of a list."""

ABSENT_TEXT = ""
ABSENT_NUMBER = -1

_REFUSED = dict.fromkeys((0x00, ord(MARK), *range(0xD800, 0xE000)), "�")
"""PostgreSQL holds no NUL, UTF-8 no surrogate, and an element may not hold the mark."""

LARGEST = 2**63 - 1
"""Of whole numbers, in both databases."""

_OPEN_WORDS = frozenset(field.attribute for field in FIELDS.values() if field.unknown_word)
"""Row fields where the word `unknown` is the unknown value."""

_PLAIN_TEXTS = tuple(name for name in schema.ROW_TEXTS if name not in _OPEN_WORDS)
_VOCABULARY_TEXTS = tuple(name for name in schema.ROW_TEXTS if name in _OPEN_WORDS)
_NUMBERS = (*schema.ROW_COUNTS, *schema.ROW_RATES)


def encode_row(key: int, row: Row) -> dict[str, Any]:
    """Return the columns of table `row` for a row of the model."""
    values: dict[str, Any] = {"deployment_pk": key}
    for name in _PLAIN_TEXTS:
        values[name] = encode_text(getattr(row, name))
    for name in _VOCABULARY_TEXTS:
        word = encode_text(getattr(row, name))
        values[name] = None if word == "unknown" else word
    for name in schema.ROW_LISTS:
        values[name] = encode_list(getattr(row, name))
    for name in _NUMBERS:
        values[name] = encode_number(getattr(row, name))
    return values


def encode_deep(key: int, row: Row, deep: Deep) -> dict[str, Any]:
    """Return the columns of table `deep`: the search text of a row, and what only the store is asked for."""
    values: dict[str, Any] = {"deployment_pk": key, "text": clean(search_text(row))}
    for name in schema.DEEP_LISTS:
        values[name] = encode_list(getattr(deep, name))
    return values


def encode_text(value: str | Unknown | None) -> str | None:
    """Return a text as a column holds it: casefolded, `''` where absent, `None` where unknown.

    A text that is known and empty is the mark alone, so that it is not taken for an absent one.
    """
    if not is_known(value):
        return None
    if value is None:
        return ABSENT_TEXT
    return clean(value.casefold()) or MARK


def encode_list(values: tuple[str, ...] | Unknown | None) -> str | None:
    """Return a list as a column holds it: each element between marks, `''` where there is none."""
    if not is_known(values):
        return None
    if not values:
        return ABSENT_TEXT
    return f"{MARK}{MARK.join([clean(value.casefold()) for value in values])}{MARK}"


def encode_number(value: float | Unknown | None) -> float | None:
    """Return a number as a column holds it: -1 where absent, `None` where unknown, no more than fits."""
    if not is_known(value):
        return None
    return ABSENT_NUMBER if value is None else min(value, LARGEST)


def clean(value: str) -> str:
    """Return a text without the characters that a column cannot hold."""
    return value if value.isprintable() else value.translate(_REFUSED)
