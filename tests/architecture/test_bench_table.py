"""The benches' table says what was measured, and whether it is good enough."""

from __future__ import annotations

import pytest

from tests.bench.table import Row, table


@pytest.mark.parametrize(("goal", "verdict"), [(None, ""), (2.0, "yes"), (1.99, "no")])
def test_the_verdict_is_of_the_ratio(goal: float | None, verdict: str) -> None:
    assert Row("x", 4.0, "y", 2.0, goal).verdict == verdict


def test_a_row_reads_from_left_to_right() -> None:
    line = table([Row("a scan", 131.0, "objects", 128.0, 3, unit="calls")]).splitlines()[-1]
    assert line == "| a scan | 131 calls | objects, 128 calls | 1.02 | ≤ 3 | yes |"
