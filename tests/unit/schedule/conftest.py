"""Fixtures of tests of the schedule."""

from __future__ import annotations

import pytest

from tests.unit.schedule.attentive import Attentive


@pytest.fixture
def agent() -> Attentive:
    return Attentive()
