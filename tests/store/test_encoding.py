"""What columns hold of rows: every value by itself, however many there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.row import Deep, Row, search_text
from apiscape.model.values import UNKNOWN
from apiscape.store.encoding import (
    MARK,
    clean,
    encode_deep,
    encode_list,
    encode_row,
    encode_text,
)
from apiscape.store.schema import deep, row

REFUSED = frozenset({"\x00", MARK, *map(chr, range(0xD800, 0xE000))})
AWKWARD = ("\x00", MARK, "\ud800", "\udfff", "\n", "ß", "İ")
TEXTS = st.text(st.one_of(st.characters(), st.sampled_from(AWKWARD)))
WHOLE: dict[str, Any] = {"uid": "U", "name": "N", "provider": "P", "product": "Q"} | {
    name: name.upper() for name in ("source", "scope", "account", "native_id")
}


def a_row(**more: Any) -> Row:
    return Row(**(WHOLE | more))


@given(TEXTS)
def test_a_clean_text_differs_in_nothing_but_what_no_column_holds(value: str) -> None:
    assert clean(value) == "".join("�" if each in REFUSED else each for each in value)


@pytest.mark.parametrize("value", ["", "\n", "two\nlines", "a\n\x00", "\n\x1f\n", "tab\tbed\n\x00"])
def test_lines_are_clean_as_far_as_each_of_them_is(value: str) -> None:
    assert clean(value) == "\n".join(map(clean, value.split("\n")))


@given(st.lists(TEXTS, min_size=1).map(tuple))
def test_each_element_of_a_list_stands_between_marks(values: tuple[str, ...]) -> None:
    parts = (encode_list(values) or "").split(MARK)
    assert parts == ["", *(clean(each).casefold() for each in values), ""]


@given(TEXTS)
def test_a_text_is_encoded_alike_in_every_column(value: str) -> None:
    held = encode_row(1, a_row(name=value, provider=value, region=value, status=value))
    expected = clean(value).casefold() or MARK
    assert encode_text(value) == held["name"] == held["provider"] == held["region"] == expected
    assert held["status"] == (None if expected == "unknown" else expected)


@pytest.mark.parametrize("value", [UNKNOWN, None])
def test_nothing_is_told_from_unknown_in_every_column(value: Any) -> None:
    held = encode_row(
        7, a_row(title=value, gateway=value, owners=value, consumers=value, version=value)
    )
    texts = {held[name] for name in ("title", "gateway", "owners", "version")}
    assert (held["deployment_pk"], texts) == (7, {None if value is UNKNOWN else ""})
    assert held["consumers"] == (None if value is UNKNOWN else -1)


def test_a_row_has_every_column_of_its_table_and_its_own_value_in_each() -> None:
    words = {
        name: f"{name}!"
        for name in Row.__struct_fields__
        if name in row.c and name not in {*_LISTS, *_FIGURES}
    }
    lists = {name: (f"{name}1", f"{name}2") for name in _LISTS}
    figures = {name: place for place, name in enumerate(_FIGURES, 3)}
    held = encode_row(1, a_row(**words, **lists, **figures))
    assert held == {"deployment_pk": 1} | words | figures | {
        name: f"{MARK}{name}1{MARK}{name}2{MARK}" for name in _LISTS
    }
    assert set(held) == set(row.c.keys())


_LISTS = ("endpoints", "schemes", "owners", "tls")
_FIGURES = (
    *("operations", "unauthenticated", "consumers"),
    *("requests", "errors_4xx", "errors_5xx", "p95_ms"),
)


def test_the_search_text_is_stored_with_its_lines_and_what_is_deep_beside_it() -> None:
    shown = a_row(title="Two\nLines\x00", owners=("Ä", "b"))
    lists = Deep(paths=("/A", "/b"), backends=UNKNOWN, labels=())
    held = encode_deep(3, shown, lists)
    assert held["text"] == search_text(shown).replace("\x00", "�")
    assert "two\nlines�\n" in held["text"]
    assert held == {
        "deployment_pk": 3,
        "text": held["text"],
        "paths": f"{MARK}/a{MARK}/b{MARK}",
        "backends": None,
        "labels": "",
    }
    assert set(held) == set(deep.c.keys())
