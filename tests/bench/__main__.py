"""Run every bench, print the table, and keep it in the docs: `make bench`."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from tests.bench.table import Line, table
from tests.bench.yardstick import loop, seconds

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "reference" / "benchmarks.md"
HEAD = """\
# Benchmarks

Written by `make bench`. Seconds are this machine's and mean little elsewhere; the ratios were taken in one run.
"""


def main(names: list[str]) -> int:
    """Measure (the named benches, or all), print and keep the table; return 1 if a goal is missed."""
    found = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in found if not names or name.removeprefix("bench_") in names]
    rows: list[Line] = []
    for name in chosen:
        rows += importlib.import_module(f"tests.bench.{name}").measure()
    text = table(rows)
    print(text)
    if not names:
        unit = (
            f"Yardstick, a fixed loop: {seconds(loop):.3f} s on Python {sys.version.split()[0]}."
            f" Load meanwhile: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores;"
            " where it is above theirs, others ran, and wall-clock seconds are too long."
        )
        PAGE.write_text(f"{HEAD}\n{unit}\n\n{text}", "utf-8")
    return 1 if any(row.verdict == "no" for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
