from __future__ import annotations

from pathlib import Path

import pytest

from apiscape.cli.views import set_apart
from tests.unit.cli.conftest import Call


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (["tax", "--json"], ["tax", "--json", "--"]),
        (["-owner:none", "--json"], ["--json", "--", "-owner:none"]),
        (["-owner:none changed<7d"], ["--", "-owner:none changed<7d"]),
        (['-"two words"', "-5xx>1"], ["--", '-"two words"', "-5xx>1"]),
        (["-o", "json", "-x", "-json"], ["-o", "json", "-x", "-json", "--"]),
        (["a", "--", "-b", "--c"], ["a", "--", "-b", "--c"]),
        (["--as-of=2026-01-01"], ["--as-of=2026-01-01", "--"]),
    ],
)
def test_what_a_view_leaves_out_is_no_flag_and_a_flag_is_no_view(
    typed: list[str], read: list[str]
) -> None:
    assert set_apart(typed) == read


@pytest.mark.parametrize(
    "words",
    [
        ("list",),
        ("export",),
        ("changes",),
        ("diff", "2d", "now"),
        ("list", "--json"),
        ("changes", "--json"),
    ],
)
def test_every_command_with_a_view_says_what_may_be_mistyped(
    call: Call, filled: Path, words: tuple[str, ...]
) -> None:
    mistyped = call(*words, "health:failng")
    assert mistyped.code == 0
    assert mistyped.err.startswith("health:failng: did you mean failing?\n")
    assert "did you mean" not in mistyped.out
    assert "did you mean" not in call(*words, "health:failing").err
    unreadable = call(*words, "helth:failing")
    assert unreadable.code == 3
    assert "did you mean" in unreadable.err
