from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.plain import escape, escape_yaml, is_plain, plain

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


@given(st.text())
def test_escaped_json_reads_back_as_it_was(text: str) -> None:
    written = escape(json.dumps({"name": text}, ensure_ascii=False))
    assert json.loads(written) == {"name": text}
    assert is_plain(written)


@pytest.mark.parametrize("character", [character for character in HARMFUL if character != "\n"])
def test_escaped_yaml_reads_back_as_it_was(character: str) -> None:
    written = escape_yaml(f'name: "a{character}b"\nstyle: rest\n')
    assert yaml.safe_load(written) == {"name": f"a{character}b", "style": "rest"}
    assert is_plain(written.replace("\n", ""))


def test_line_feeds_between_lines_stay() -> None:
    assert escape('{\n  "a": 1\n}\n') == '{\n  "a": 1\n}\n'
    assert not is_plain("a\nb")
