"""Every character that Unicode has, held against what may reach a terminal."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import chain

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.plain import REPLACEMENT, escape, escape_yaml, is_plain, plain

SEEN = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Format characters that have a shape of their own: marks that enclose the digits after them."""

HIEROGLYPHS = range(0x13430, 0x13460)
"""Controls that join hieroglyphs to one visible sign."""


@cache
def by_category() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for character in map(chr, range(sys.maxunicode + 1)):
        found.setdefault(unicodedata.category(character), []).append(character)
    return found


def of_categories(*categories: str) -> Iterator[str]:
    return chain.from_iterable(by_category()[category] for category in categories)


def test_every_control_separator_and_surrogate_is_made_visible() -> None:
    left = [each for each in of_categories("Cc", "Cs", "Zl", "Zp") if is_plain(each)]
    assert left == []


def test_every_format_character_without_a_shape_is_made_visible() -> None:
    left = [
        f"{ord(each):04x}"
        for each in of_categories("Cf")
        if is_plain(each) and each not in SEEN and ord(each) not in HIEROGLYPHS
    ]
    assert left == []


def test_letters_digits_and_signs_of_all_scripts_stay() -> None:
    fillers = set("\u115f\u1160\u3164\uffa0")
    changed = [
        f"{ord(each):04x}"
        for each in of_categories("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Sm", "Sc", "Po")
        if each not in fillers and plain(each) != each
    ]
    assert changed == []
    assert all(plain(each) == REPLACEMENT for each in fillers)


@pytest.mark.parametrize(
    "character",
    [
        "\u034f",
        "\u17b4",
        "\u180b",
        "\u180f",
        "\ufe00",
        "\ufe0f",
        "\U0001bca0",
        "\U0001d17a",
        "\U000e0100",
    ],
    ids=lambda character: f"{ord(character):04x}",
)
def test_a_name_with_an_invisible_character_does_not_look_like_one_without(character: str) -> None:
    assert plain(f"pay{character}ments") == f"pay{REPLACEMENT}ments"
    assert not is_plain(character)


@pytest.mark.parametrize("character", [" ", "~", "\u00a0", "\u00a1", "\u00ac", "\u00ae", "\ufffd"])
def test_the_neighbours_of_what_is_harmful_stay(character: str) -> None:
    assert plain(character) == character


HARMFUL = st.sampled_from(["\x00", "\x1b", "\x85", "\u200b", "\u202e", "\U000e0041", "\U0001d173"])
TEXTS = st.lists(HARMFUL | st.sampled_from(["a", '"', "\\", "\n", "é", "😀"]), max_size=8)


@given(TEXTS.map("".join))
def test_json_and_yaml_read_back_what_was_written_and_hold_nothing_harmful(text: str) -> None:
    document = json.dumps({"name": text}, ensure_ascii=False, indent=2)
    assert json.loads(escape(document)) == {"name": text}
    assert is_plain(escape(document).replace("\n", ""))
    quoted = yaml.safe_dump({"name": text}, allow_unicode=True, default_style='"', width=10_000)
    assert yaml.safe_load(escape_yaml(quoted)) == {"name": text}
    assert is_plain(escape_yaml(quoted).replace("\n", ""))


@given(st.text())
def test_what_is_plain_is_what_stays_as_it_is(text: str) -> None:
    assert is_plain(text) is (plain(text) == text or text.replace(REPLACEMENT, "") == "")
    assert is_plain(plain(text))
