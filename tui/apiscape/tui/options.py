"""What whoever starts the UI hands it besides the inventory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class Actions(msgspec.Struct, frozen=True):
    """What a person may set off; each is called in a thread and may take its time.

    Attributes:
        rescan: Visits scopes again, `None` for all; returns what came of it, in a sentence.
    """

    rescan: Callable[[str | None], str] | None = None


class Options(msgspec.Struct, frozen=True):
    """How the UI looks, where it keeps things, and what it says of its data.

    Attributes:
        origin: Where the data is from, in words (a store's file, an agent's address).
        live: Whether the inventory can change while it is shown; `False` for an exported file.
        is_kept: Says whether anybody keeps the inventory up to date at this moment; asked in a thread, beside
            each question for what changed. `None`: somebody does.
        keymap: Keys by binding id, in place of the default ones.
        folder: Where saved views are kept; `None` keeps them for as long as the UI runs.
        export_folder: Where exports are written; `None` is the folder that the UI was started in.
        notice: Says what an agent that is attached to has to say of itself, if anything; asked in a thread.
        poll_s: Seconds between two questions for what changed.
        clock: The time; replaced in tests.
    """

    origin: str = ""
    live: bool = True
    is_kept: Callable[[], bool] | None = None
    keymap: Mapping[str, str] = {}
    folder: Path | None = None
    export_folder: Path | None = None
    notice: Callable[[], str | None] = lambda: None
    poll_s: float = 2.0
    clock: Callable[[], datetime] = utc_now
