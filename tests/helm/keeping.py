"""Manifests as they were last read by a person: `python -m tests.helm.keeping` writes them anew, to be read again."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.helm.charting import Chart, case
from tests.helm.tools import fetch

ROOM = Path(__file__).with_name("golden")
KEPT = ("default", "everything", "job", "namespaced")
SEPARATOR = "---\n"
CARRIED = ("templates/monitoring.yaml", "templates/rbac.yaml")
"""What follows from files of the chart, which other tests compare."""


def manifests(chart: Chart, name: str) -> str:
    """Return the manifests of a case, but for those that repeat what stands in files."""
    parts = chart.text(case(name)).split(SEPARATOR)
    own = [part for part in parts if part and not any(file in part for file in CARRIED)]
    return SEPARATOR + SEPARATOR.join(own)


def main() -> None:
    """Write them."""
    ROOM.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        tools = fetch()
        chart = Chart(tools.helm, tools.kubectl, Path(home))
        for name in KEPT:
            (ROOM / f"{name}.yaml").write_text(manifests(chart, name), "utf-8")


if __name__ == "__main__":
    main()
