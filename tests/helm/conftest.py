"""Helm, where it was fetched; the tests that ask for it are skipped elsewhere."""

from __future__ import annotations

import pytest

from tests.helm.charting import Chart
from tests.helm.tools import FETCH, found


@pytest.fixture(scope="session")
def chart(tmp_path_factory: pytest.TempPathFactory) -> Chart:
    """Return what renders the chart."""
    tools = found()
    if tools is None:
        pytest.skip(f"Helm is not here: {FETCH} fetches it")
    return Chart(tools.helm, tools.kubectl, tmp_path_factory.mktemp("helm"))
