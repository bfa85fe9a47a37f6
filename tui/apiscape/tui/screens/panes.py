"""Which panes show and which has the keys. Widths are the sheet's business; this sets classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen
from textual.widget import Widget

ON = "-on-"
MAXIMISED = "-maximised"


def next_pane(screen: Screen[Any], names: Sequence[str], step: int) -> None:
    """Give the keys to the next pane; where there is room for one only, show that one."""
    focused = screen.focused.id if screen.focused and screen.focused.id in names else names[0]
    order = [*names[names.index(focused) :: step], *names[::step]]
    for name in order[1:]:
        pane = screen.query_one(f"#{name}")
        if screen.has_class("-narrow") or screen.has_class(MAXIMISED) or pane.display:
            to_pane(screen, names, name)
            return


def to_pane(screen: Screen[Any], names: Sequence[str], name: str) -> None:
    """Give the keys to a pane, and show it where panes take turns."""
    for each in names:
        screen.set_class(each == name, f"{ON}{each}")
    screen.query_one(f"#{name}").focus()


def toggle(screen: Screen[Any], names: Sequence[str], name: str) -> None:
    """Show a pane and go there; go back and take it away where it had the keys.

    Where there is room for all, it shows unless it was taken away.
    """
    pane: Widget = screen.query_one(f"#{name}")
    there = screen.focused is pane
    screen.set_class(there, f"-without-{name}")
    screen.set_class(not there, f"-{name}")
    to_pane(screen, names, names[0] if there else name)


def maximise(screen: Screen[Any], names: Sequence[str]) -> None:
    """Give the whole screen to the pane that has the keys, or share it again; there, panes take turns."""
    focused = (screen.focused and screen.focused.id) or ""
    screen.toggle_class(MAXIMISED)
    to_pane(screen, names, focused if focused in names else names[0])
