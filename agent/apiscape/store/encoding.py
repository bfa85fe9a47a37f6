r"""How a row's values stand in SQL, so that its three-valued logic is the view language's.

| value | text | number | list |
|---|---|---|---|
| unknown (`UNKNOWN`; the word `unknown` of a vocabulary) | null | null | null |
| absent (`None`, `()`) | `''` | -1 | `''` |
| known | casefolded, `\x1f` for the empty text | as it is | elements casefolded, each between `\x1f` |
"""

from __future__ import annotations

import re
from functools import lru_cache
from operator import attrgetter
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

_finds_refused = re.compile("[\x00\x1f\ud800-\udfff]").search

LARGEST = 2**63 - 1
"""Of whole numbers, in both databases."""

_OPEN_WORDS = frozenset(field.attribute for field in FIELDS.values() if field.unknown_word)
"""Row fields where the word `unknown` is the unknown value."""

_SINGULAR = ("uid", "name", "title", "native_id", "api")
"""Row fields of which hardly any two deployments have the same text."""

_RECURRING = tuple(
    name for name in schema.ROW_TEXTS if name not in _OPEN_WORDS and name not in _SINGULAR
)
_VOCABULARY = tuple(name for name in schema.ROW_TEXTS if name in _OPEN_WORDS)
_NUMBERS = (*schema.ROW_COUNTS, *schema.ROW_RATES)

_COLUMNS = (
    "deployment_pk", *_SINGULAR, *_RECURRING, *_VOCABULARY, *schema.ROW_LISTS, *_NUMBERS
)  # fmt: skip
_singular_of, _recurring_of, _vocabulary_of, _lists_of, _numbers_of, _deep_lists_of = (
    attrgetter(*names)
    for names in (
        *(_SINGULAR, _RECURRING, _VOCABULARY),
        *(schema.ROW_LISTS, _NUMBERS, schema.DEEP_LISTS),
    )
)

REMEMBERED = 4096
"""Texts whose encoding is remembered: most columns of most rows hold one of a few words."""


def encode_row(key: int, row: Row) -> dict[str, Any]:
    """Return the columns of table `row` for a row of the model."""
    values = (
        key,
        *map(encode_text, _singular_of(row)),
        *map(_encode_recurring, _recurring_of(row)),
        *map(_encode_word, _vocabulary_of(row)),
        *map(encode_list, _lists_of(row)),
        *map(encode_number, _numbers_of(row)),
    )
    return dict(zip(_COLUMNS, values, strict=True))


def encode_deep(key: int, row: Row, deep: Deep) -> dict[str, Any]:
    """Return the columns of table `deep`: the search text of a row, and what only the store is asked for."""
    lists = map(encode_list, _deep_lists_of(deep))
    texts = dict(zip(schema.DEEP_LISTS, lists, strict=True))
    return {"deployment_pk": key, "text": clean(search_text(row)), **texts}


def encode_text(value: str | Unknown | None) -> str | None:
    """Return a text as a column holds it: casefolded, `''` where absent, `None` where unknown.

    A text that is known and empty is the mark alone, so that it is not taken for an absent one.
    """
    if not is_known(value):
        return None
    if value is None:
        return ABSENT_TEXT
    return clean(value.casefold()) or MARK


_encode_recurring = lru_cache(maxsize=REMEMBERED)(encode_text)


@lru_cache(maxsize=REMEMBERED)
def _encode_word(value: str | Unknown | None) -> str | None:
    """Return a word of a vocabulary, where `unknown` is the unknown value."""
    word = encode_text(value)
    return None if word == "unknown" else word


def encode_list(values: tuple[str, ...] | Unknown | None) -> str | None:
    """Return a list as a column holds it: each element between marks, `''` where there is none."""
    if not is_known(values):
        return None
    if not values:
        return ABSENT_TEXT
    if not "".join(values).isprintable():
        values = tuple(map(clean, values))
    return f"{MARK}{MARK.join(values).casefold()}{MARK}"


def decode_list(held: str | None) -> tuple[str, ...]:
    """Return the elements of a column that holds a list, casefolded as they are there; none where unknown."""
    return tuple(held.strip(MARK).split(MARK)) if held else ()


def encode_number(value: float | Unknown | None) -> float | None:
    """Return a number as a column holds it: -1 where absent, `None` where unknown, no more than fits."""
    if not is_known(value):
        return None
    return ABSENT_NUMBER if value is None else min(value, LARGEST)


def clean(value: str) -> str:
    """Return a text without the characters that a column cannot hold."""
    if value.isprintable() or value.replace("\n", "").isprintable() or not _finds_refused(value):
        return value
    return value.translate(_REFUSED)
