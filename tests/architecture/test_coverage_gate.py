"""The coverage gate stops what falls short, and only that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.coverage_gate import Count, judge, main, room

NEEDED = {f"agent/apiscape/{name}/x.py": (10, 10) for name in ("model", "query", "reconcile")}


def report(files: dict[str, tuple[int, int]], *, branches: bool = True) -> dict[str, Any]:
    """Return a report with so many lines and branches, and so many of them taken, per file."""
    return {
        "meta": {"branch_coverage": branches},
        "totals": {"percent_covered": 97.0},
        "files": {
            path: {
                "summary": {
                    "num_statements": total - total // 2,
                    "num_branches": total // 2,
                    "covered_lines": taken - taken // 2,
                    "covered_branches": taken // 2,
                }
            }
            for path, (total, taken) in files.items()
        },
    }


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({"agent/apiscape/store/x.py": (1000, 900)}, "overall 90.29 %, 95 % is the least"),
        ({"agent/apiscape/model/y.py": (1000, 999)}, "agent/apiscape/model/y.py 99.90 %"),
        (
            {"agent/apiscape/govern/rules/y.py": (100, 99)},
            "agent/apiscape/govern/rules/y.py 99.00 %",
        ),
    ],
)
def test_what_falls_short_is_said(files: dict[str, tuple[int, int]], problem: str) -> None:
    (said,) = judge(report({**NEEDED, **files}))
    assert said.startswith(problem)


def test_enough_passes() -> None:
    assert list(judge(report({**NEEDED, "agent/apiscape/store/x.py": (970, 920)}))) == []


def test_rounding_up_is_not_enough() -> None:
    (said,) = judge(report({**NEEDED, "tui/apiscape/tui/x.py": (99_970, 94_969)}))
    assert said.startswith("overall 95.00 %")


def test_a_room_that_was_not_measured_is_no_pass() -> None:
    assert "query was not measured" in set(judge(report({"agent/apiscape/model/x.py": (1, 1)})))


def test_an_empty_report_is_no_pass() -> None:
    assert "the report holds no code at all" in set(judge(report({})))


def test_a_report_without_branches_is_no_pass() -> None:
    assert list(judge(report(NEEDED, branches=False))) == ["the report was made without branches"]


def test_the_exit_code_follows_the_verdict(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "coverage.json"
    file.write_text(json.dumps(report(NEEDED)), "utf-8")
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == "coverage: 97.00 % with branches\n"
    file.write_text(json.dumps(report({})), "utf-8")
    assert main([str(file)]) == 1
    assert "coverage: query was not measured" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("agent/apiscape/model/run.py", "model"),
        ("/somewhere/agent/apiscape/model/run.py", "model"),
        ("agent/apiscape/errors.py", "errors.py"),
        ("elsewhere/model/run.py", ""),
        ("apiscape", ""),
    ],
)
def test_the_room_of_a_path(path: str, expected: str) -> None:
    assert room(path) == expected


def test_all_of_nothing_is_all() -> None:
    assert Count().percent == 100.0
