"""Judge a coverage report: 95 % of branches and lines overall, all of them where nothing may slip.

Run as `python tests/tools/coverage_gate.py coverage.json`, on what `coverage json` wrote.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OVERALL_PERCENT = 95
WHOLE = ("model", "query", "reconcile", "correlate", "health", "govern")


@dataclass(frozen=True)
class Count:
    """Lines and branches together: how many there are, how many were taken."""

    total: int = 0
    taken: int = 0

    def __add__(self, other: Count) -> Count:
        """Return the sum of both."""
        return Count(self.total + other.total, self.taken + other.taken)

    @property
    def percent(self) -> float:
        """The share taken; all of nothing."""
        return 100 * self.taken / self.total if self.total else 100.0


def judge(report: Mapping[str, Any]) -> Iterator[str]:
    """Yield what falls short, in words; nothing if the report passes."""
    if not report["meta"]["branch_coverage"]:
        yield "the report was made without branches"
        return
    counts = {path: count(file["summary"]) for path, file in report["files"].items()}
    overall = sum(counts.values(), Count())
    if not overall.total:
        yield "the report holds no code at all"
    if overall.taken * 100 < overall.total * OVERALL_PERCENT:
        yield f"overall {overall.percent:.2f} %, {OVERALL_PERCENT} % is the least"
    for path, each in sorted(counts.items()):
        if room(path) in WHOLE and each.taken < each.total:
            yield f"{path} {each.percent:.2f} %, 100 % is the least there"
    for name in sorted({"model", "query", "reconcile"} - {room(path) for path in counts}):
        yield f"{name} was not measured"


def count(summary: Mapping[str, int]) -> Count:
    """Return the count of one file's summary."""
    return Count(
        total=summary["num_statements"] + summary["num_branches"],
        taken=summary["covered_lines"] + summary["covered_branches"],
    )


def room(path: str) -> str:
    """Return the package right below the namespace: `model` of `agent/apiscape/model/run.py`."""
    parts = Path(path).parts
    return parts[parts.index("apiscape") + 1] if "apiscape" in parts[:-1] else ""


def main(arguments: list[str]) -> int:
    """Print the verdict; return 1 if anything falls short."""
    report = json.loads(Path(arguments[0]).read_text("utf-8"))
    problems = list(judge(report))
    for problem in problems:
        print(f"coverage: {problem}")
    if not problems:
        print(f"coverage: {report['totals']['percent_covered']:.2f} % with branches")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
