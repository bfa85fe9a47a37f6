"""What the inventory asks a person for: what to sort by, which columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from apiscape.query import FIELDS
from apiscape.tui.rows import columns_of
from apiscape.tui.screens.exporting import offer_export
from apiscape.tui.screens.menu import Choice, Menu, ask
from apiscape.tui.view_edits import sort_by, toggle_column

if TYPE_CHECKING:
    from apiscape.tui.screens.inventory import InventoryScreen


def ask_sort(screen: InventoryScreen) -> None:
    """Ask what to sort by; the same again turns the order round."""
    view, (now, descending) = screen.listing.view, screen.listing.sorted_by
    shown = [column.field for column in columns_of(view, wide=True)]
    fields = [
        *shown,
        *(name for name, field in FIELDS.items() if not field.deep and name not in shown),
    ]
    arrow = "↓ descending" if descending else "↑ ascending"
    choices = [
        Choice(name, name, arrow if name == now else FIELDS[name].summary, is_on=name == now)
        for name in fields
    ]

    def take(name: str | None) -> None:
        if name:
            screen.apply(sort_by(screen.listing.view, name))

    ask(screen.app, Menu("sort by", choices, at=now), take)


def ask_columns(screen: InventoryScreen, at: str = "") -> None:
    """Ask which columns to show; comes back until it is closed, for one seldom wants one only."""
    view = screen.listing.view
    shown = list(view.columns) or [column.field for column in screen.grid.columns]
    rest = [name for name, field in FIELDS.items() if not field.deep and name not in shown]
    choices = [
        Choice(name, name, FIELDS[name].summary, is_on=name in shown) for name in [*shown, *rest]
    ]

    def take(name: str | None) -> None:
        if name:
            screen.apply(toggle_column(screen.listing.view, name, shown))
            screen.call_after_refresh(ask_columns, screen, name)

    ask(screen.app, Menu("columns", choices, at=at), take)


ASK: Mapping[str, Callable[[InventoryScreen], None]] = {
    "sort": ask_sort,
    "columns": ask_columns,
    "export": offer_export,
}
"""Questions by the name that keys use."""
