"""A change of what is rendered is a change that somebody read."""

from __future__ import annotations

import pytest

from tests.helm.charting import Chart
from tests.helm.keeping import KEPT, ROOM, manifests


@pytest.mark.parametrize("name", KEPT)
def test_the_manifests_are_those_that_were_read(chart: Chart, name: str) -> None:
    kept = (ROOM / f"{name}.yaml").read_text("utf-8")
    assert manifests(chart, name) == kept, "read it, then: python -m tests.helm.keeping"


def test_no_kept_manifest_is_of_a_case_that_is_gone() -> None:
    assert sorted(file.stem for file in ROOM.iterdir()) == sorted(KEPT)
