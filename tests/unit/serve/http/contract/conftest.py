"""The plug-in that the tests of this folder need, and that takes others more time to load than they run."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Load what makes tests of the operations of a document; `addopts` keep it out elsewhere."""
    config.pluginmanager.import_plugin("schemathesis.pytest.plugin")
