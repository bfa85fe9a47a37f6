"""The benches' table says what was measured, and whether it is good enough."""

from __future__ import annotations

import pytest

from tests.bench.table import Row, Unmeasured, table


@pytest.mark.parametrize(("goal", "verdict"), [(None, ""), (2.0, "yes"), (1.99, "no")])
def test_the_verdict_is_of_the_ratio(goal: float | None, verdict: str) -> None:
    assert Row("x", 4.0, "y", 2.0, goal).verdict == verdict


def test_a_row_reads_from_left_to_right() -> None:
    line = table([Row("a scan", 131.0, "objects", 128.0, 3, unit="calls")]).splitlines()[-1]
    assert line == "| a scan | 131 calls | objects, 128 calls | 1.02 | ≤ 3 × | yes |"


@pytest.mark.parametrize(
    ("goal", "limit", "verdict"),
    [(None, 4.0, "yes"), (None, 3.9, "no"), (2.0, 3.9, "no"), (1.9, 4.0, "no"), (2.0, 4.0, "yes")],
)
def test_a_goal_for_the_figure_itself_counts_as_well(
    goal: float | None, limit: float, verdict: str
) -> None:
    row = Row("x", 4.0, "y", 2.0, goal, limit=limit)
    assert row.verdict == verdict


def test_figures_are_never_in_powers_of_ten() -> None:
    line = Row("x", 1_234_567.0, "y", 0.0001234, unit="rows", limit=2_000_000).line()
    assert "| 1,234,567 rows | y, 0.000123 rows |" in line
    assert "| ≤ 2,000,000 rows | yes |" in line


def test_what_could_not_be_measured_is_said() -> None:
    line = table([Unmeasured("a scan", "no endpoint here")]).splitlines()[-1]
    assert line == "| a scan | | no endpoint here | | | not measured |"
