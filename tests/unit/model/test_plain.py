from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.plain import plain

HARMFUL = [
    "\x1b",
    "\x9b",
    "\x07",
    "\n",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\U000e0041",
    "\u2028",
]


@pytest.mark.parametrize("character", HARMFUL)
def test_what_steers_a_terminal_or_hides_is_made_visible(character: str) -> None:
    assert plain(f"a{character}b") == "a\N{REPLACEMENT CHARACTER}b"


@given(st.text())
def test_nothing_is_dropped_and_doing_it_twice_changes_nothing(text: str) -> None:
    assert len(plain(text)) == len(text)
    assert plain(plain(text)) == plain(text)


def test_letters_of_every_script_stay() -> None:
    assert plain("Straße – налоги – 税 [/oops] é") == "Straße – налоги – 税 [/oops] é"
