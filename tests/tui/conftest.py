"""What tests of screens share: one time zone, no animations, a terminal that says little of itself."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import _wait
from textual.pilot import Pilot

from apiscape.tui.screens import browsing, following

HURRY_S = 0.02
"""How long a cursor rests in tests before the panes beside it follow."""

PATIENCE_S = 0.004
"""How long the pilot listens whether the app still works; the toolkit's own choice is five times that."""

LONGEST_S = 600.0
"""How long the pilot waits for widgets that are at work; the toolkit gives up after half a minute."""

SILENT = ("NO_COLOR", "SSH_TTY", "SSH_CONNECTION", "COLORFGBG", "DISPLAY", "WAYLAND_DISPLAY")


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (browsing, following):
        monkeypatch.setattr(module, "REST_S", HURRY_S)
    monkeypatch.setattr(_wait, "SLEEP_GRANULARITY", PATIENCE_S)
    monkeypatch.setattr(_wait, "SLEEP_IDLE", PATIENCE_S / 3)
    monkeypatch.setattr(Pilot._wait_for_screen, "__defaults__", (LONGEST_S,))


@pytest.fixture(autouse=True)
def _folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start the UI in a folder of the test's own: what it exports goes there."""
    monkeypatch.chdir(tmp_path)


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
