from __future__ import annotations

import pytest

from apiscape.cli.views import set_apart


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
