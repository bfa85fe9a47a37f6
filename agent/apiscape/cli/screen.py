"""Hands the terminal UI an inventory."""

from __future__ import annotations

import sys
from collections.abc import Callable

import platformdirs

from apiscape.client.inventory import Inventory
from apiscape.errors import UsageError


def open_screen(
    inventory: Inventory,
    *,
    origin: str,
    rescan: Callable[[str | None], str],
    start: Callable[[], None] | None = None,
    is_kept: Callable[[], bool] | None = None,
    view: str = "",
    theme: str = "auto",
) -> int:
    """Open the UI over an inventory, until the person quits; return the exit code.

    Args:
        inventory: What to show.
        origin: Where it is, in words.
        rescan: Visits a scope again, or all; returns what came of it.
        start: Done in a thread after the first frame.
        is_kept: Says whether anybody keeps the inventory up to date; somebody does, without it.
        view: What to show first.
        theme: A name of the UI's themes.

    Raises:
        UsageError: there is no terminal, or the UI's toolkit is not installed.
    """
    need_terminal()
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
            origin=origin, is_kept=is_kept, folder=platformdirs.user_config_path("apiscape")
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
