"""The budgets hold, and each is shown to catch what it is for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture import sizes
from tests.architecture.checks import CHECKS
from tests.architecture.plants import DOC, PLANTS, PROJECT, Plant
from tests.architecture.tree import ROOM, Breach, Tree, read, tracked

SOUND = {
    "pyproject.toml": PROJECT,
    "agent/apiscape/model/__init__.py": DOC,
    "agent/apiscape/model/py.typed": "",
    "collectors/apiscape/collectors/py.typed": "",
    "tests/unit/test_thing.py": DOC * 20,
}


@pytest.fixture(scope="module")
def project() -> Tree:
    return read(ROOM)


@pytest.mark.parametrize("name", CHECKS)
def test_the_project_keeps(name: str, project: Tree) -> None:
    breaches = [str(breach) for breach in CHECKS[name](project)]
    assert not breaches, "\n" + "\n".join(breaches)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: f"{plant.check}-{plant.says}")
def test_a_planted_breach_is_caught_and_a_near_miss_is_not(plant: Plant, tmp_path: Path) -> None:
    breaches = [str(breach) for breach in CHECKS[plant.check](planted(tmp_path, plant.files))]
    if plant.says is None:
        assert breaches == []
    else:
        assert any(plant.says in breach for breach in breaches), breaches


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_has_a_breach_and_a_near_miss(name: str, tmp_path: Path) -> None:
    kinds = {plant.says is None for plant in PLANTS if plant.check == name}
    assert kinds == {True, False}
    assert list(CHECKS[name](planted(tmp_path, {}))) == []


def test_the_project_is_really_read(project: Tree) -> None:
    assert "agent/apiscape/model/__init__.py" in {source.path for source in project.code}
    assert "tests/architecture/test_budgets.py" in {source.path for source in project.tests}
    assert {Path(source.path).parts[0] for source in project.code} == {"agent", "collectors", "tui"}


def test_a_breach_reads_as_a_place_and_a_sentence() -> None:
    assert str(Breach("agent/x.py:3", "too long")) == "agent/x.py:3: too long"


def test_without_git_every_file_counts(tmp_path: Path) -> None:
    planted(tmp_path, {"docs/a.md": "x"})
    assert tracked(tmp_path) == sorted([*SOUND, "docs/a.md"])


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 90, 0), ([7], 90, 7), ([*range(1, 11)], 90, 9), ([*range(1, 101)], 90, 90)],
)
def test_percentile_is_the_nearest_rank(values: list[int], percent: int, expected: int) -> None:
    assert sizes.percentile(values, percent) == expected


def planted(root: Path, files: Mapping[str, str]) -> Tree:
    """Write a sound little tree with `files` added, and read it."""
    for name, text in {**SOUND, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return read(root)
