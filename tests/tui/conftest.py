"""What tests of screens share: one time zone, no animations, a terminal that says little of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

SILENT = ("NO_COLOR", "SSH_TTY", "SSH_CONNECTION", "COLORFGBG", "DISPLAY", "WAYLAND_DISPLAY")


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("COLORTERM", "truecolor")
    for name in SILENT:
        monkeypatch.delenv(name, raising=False)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
