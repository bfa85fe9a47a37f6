"""What a bench yields, and the table that is printed and kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, against what, and the goal for the ratio of both.

    Attributes:
        figure: In `unit`; a count, or seconds.
        against: The same of the baseline, measured in the same run.
        goal: The most that `figure / against` may be.
    """

    what: str
    figure: float
    baseline: str
    against: float
    goal: float | None = None
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many baselines it takes."""
        return self.figure / self.against

    @property
    def verdict(self) -> str:
        """`yes`, `no`, or nothing where there is no goal."""
        return "" if self.goal is None else "yes" if self.ratio <= self.goal else "no"


def table(rows: Iterable[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| what | figure | against | ratio | goal | met |", "|---|--:|---|--:|--:|---|"]
    for row in rows:
        goal = "" if row.goal is None else f"≤ {row.goal:g}"
        figure, against = (f"{value:.3g} {row.unit}" for value in (row.figure, row.against))
        lines.append(
            f"| {row.what} | {figure} | {row.baseline}, {against} | {row.ratio:.2f} | {goal} | {row.verdict} |"
        )
    return "\n".join(lines) + "\n"
