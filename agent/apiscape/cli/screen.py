"""Hands the terminal UI an inventory."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import platformdirs

from apiscape.client.inventory import Inventory
from apiscape.errors import UsageError


@dataclass(frozen=True)
class Keeper:
    """What is asked, now and then, of whoever keeps an inventory up to date.

    Attributes:
        notice: What it has to say of itself, if anything.
        is_there: Whether there is anybody; there is, without it.
    """

    notice: Callable[[], str | None] = lambda: None
    is_there: Callable[[], bool] | None = None


def open_screen(
    inventory: Inventory,
    *,
    origin: str,
    rescan: Callable[[str | None], str],
    keeper: Keeper | None = None,
    start: Callable[[], None] | None = None,
    view: str = "",
    theme: str = "auto",
) -> int:
    """Open the UI over an inventory, until the person quits; return the exit code.

    Args:
        inventory: What to show.
        origin: Where it is, in words.
        rescan: Visits a scope again, or all; returns what came of it.
        keeper: Who keeps the inventory up to date; somebody who has nothing to say, without it.
        start: Done in a thread after the first frame.
        view: What to show first.
        theme: A name of the UI's themes.

    Raises:
        UsageError: there is no terminal, or the UI's toolkit is not installed.
    """
    need_terminal()
    keeper = keeper or Keeper()
    try:
        from apiscape.tui.app import run
        from apiscape.tui.options import Actions, Options
    except ImportError as error:
        raise UsageError(
            f"the terminal UI cannot be loaded: {error}", hint="pipx install 'apiscape[tui]'"
        ) from error
    return run(
        inventory,
        start=start,
        theme=theme,
        view=view,
        actions=Actions(rescan=rescan),
        options=Options(
            origin=origin,
            notice=keeper.notice,
            is_kept=keeper.is_there,
            folder=platformdirs.user_config_path("apiscape"),
        ),
    )


def need_terminal() -> None:
    """Refuse to open a screen where there is none, before anything is made for it.

    Raises:
        UsageError: input or output is no terminal.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "the terminal UI needs a terminal",
            hint="apiscape list prints the same rows; apiscape --help shows the rest",
        )
