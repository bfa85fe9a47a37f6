"""What a bench yields, and the table that is printed and kept of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One figure: what was measured, against what, and the goals for it.

    Attributes:
        figure: In `unit`; a count, or seconds.
        against: The same of the baseline, measured in the same run.
        goal: The most that `figure / against` may be.
        limit: The most that `figure` itself may be.
    """

    what: str
    figure: float
    baseline: str
    against: float
    goal: float | None = None
    unit: str = "s"
    limit: float | None = None

    @property
    def ratio(self) -> float:
        """How many baselines it takes."""
        return self.figure / self.against

    @property
    def verdict(self) -> str:
        """`yes`, `no`, or nothing where there is no goal."""
        tests = ((self.goal, self.ratio), (self.limit, self.figure))
        met = [measured <= most for most, measured in tests if most is not None]
        return "" if not met else "yes" if all(met) else "no"

    def line(self) -> str:
        """Return the row of the table."""
        most = [f"≤ {self.goal:g} ×"] if self.goal is not None else []
        most += [f"≤ {_plain(self.limit)} {self.unit}"] if self.limit is not None else []
        figure, against = (f"{_plain(value)} {self.unit}" for value in (self.figure, self.against))
        return (
            f"| {self.what} | {figure} | {self.baseline}, {against} | {self.ratio:.2f} |"
            f" {' and '.join(most)} | {self.verdict} |"
        )


@dataclass(frozen=True)
class Unmeasured:
    """What could not be measured here, and why: the table says so instead of leaving it out."""

    what: str
    why: str
    verdict: str = "not measured"

    def line(self) -> str:
        """Return the row of the table."""
        return f"| {self.what} | | {self.why} | | | {self.verdict} |"


Line = Row | Unmeasured


def table(rows: Iterable[Line]) -> str:
    """Return the rows as a Markdown table."""
    head = ["| what | figure | against | ratio | goal | met |", "|---|--:|---|--:|--:|---|"]
    return "\n".join([*head, *(row.line() for row in rows)]) + "\n"


def _plain(value: float) -> str:
    """Return a figure with three digits, and never in powers of ten."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
