"""Apps for pictures and tests: the department, an empty place, an estate of any size."""

from __future__ import annotations

import os

from apiscape.client.inventory import Inventory
from apiscape.tui.app import ApiscapeApp
from apiscape.tui.options import Actions, Options
from apiscape.tui.session import Session
from tests.tui.declared import some_declarations
from tests.tui.fake import FakeInventory, fixed_clock, some_changes
from tests.tui.names import some_names
from tests.tui.rows import department


def make_app(
    inventory: Inventory | None = None,
    *,
    theme: str = "dark",
    view: str = "",
    options: Options | None = None,
    actions: Actions | None = None,
) -> ApiscapeApp:
    """Return the app over the department, at a fixed time, without a feed."""
    if inventory is None:
        rows = department()
        inventory = FakeInventory(
            rows,
            changes=some_changes(rows),
            names=some_names(),
            catalogues=some_declarations(rows),
        )
    chosen = options or Options(origin="store apiscape.db", poll_s=3600, clock=fixed_clock)
    return ApiscapeApp(Session(inventory, chosen, actions or Actions()), theme=theme, view=view)


def light() -> ApiscapeApp:
    """Return it in light colours."""
    return make_app(theme="light")


def bare() -> ApiscapeApp:
    """Return it with nothing configured."""
    return make_app(FakeInventory([], scopes=(), estate=()))


def plain() -> ApiscapeApp:
    """Return it without any colour."""
    os.environ["NO_COLOR"] = "1"
    return make_app(theme="auto")


def ansi_light() -> ApiscapeApp:
    """Return it in a light terminal's own colours."""
    return make_app(theme="ansi-light")
