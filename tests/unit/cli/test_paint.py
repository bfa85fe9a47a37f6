from __future__ import annotations

import io
import re

import pytest

from apiscape.cli.paint import painted
from apiscape.client.words import OUTCOME

LEDGER = "prod · aws\n  ✓ a  complete\n  ◐ b  partial\n✗  c  failed ✗ here\n  – d ✓\n✓x\n"


class Terminal(io.StringIO):
    """A stream that leads to a terminal."""

    def isatty(self) -> bool:
        return True


def test_glyphs_at_the_beginning_of_a_line_have_a_colour_and_nothing_else() -> None:
    assert painted(LEDGER, Terminal(), {"TERM": "xterm"}) == (
        "prod · aws\n  \x1b[32m✓\x1b[0m a  complete\n  \x1b[33m◐\x1b[0m b  partial\n"
        "\x1b[31m✗\x1b[0m  c  failed ✗ here\n  – d ✓\n✓x\n"
    )


def test_without_the_colour_the_text_is_the_same() -> None:
    shown = painted(LEDGER, Terminal(), {})
    assert re.sub("\x1b\\[[0-9]+m", "", shown) == LEDGER


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_a_terminal_that_wants_no_colour_gets_none(environment: dict[str, str]) -> None:
    assert painted(LEDGER, Terminal(), environment) == LEDGER


def test_a_pipe_gets_no_colour() -> None:
    assert painted(LEDGER, io.StringIO(), {}) == LEDGER


@pytest.mark.parametrize("glyph", sorted({state.glyph for state in OUTCOME.values()} - {"○"}))
def test_every_outcome_but_the_absent_one_has_a_colour(glyph: str) -> None:
    assert painted(f"{glyph} x", Terminal(), {}) != f"{glyph} x"
