"""A walk through the terminal UI over a real store: every screen, as text."""

from __future__ import annotations

from apiscape.serve.local import LocalInventory
from apiscape.store import open_store
from tests.e2e.world import World
from tests.tui.driving import MIDDLE, opened, press, seen, type_in
from tests.tui.shots import make_app


async def walk(world: World, view: str, *, tabs: int = 5) -> list[str]:
    """Return what each screen shows: the list at a view, its first deployment with its tabs, scopes, changes."""
    shown = []
    with open_store(world.store, write=False) as store:
        async with opened(make_app(LocalInventory(store), view=view), MIDDLE) as pilot:
            shown.append(seen(pilot))
            await press(pilot, "enter")
            for _ in range(tabs):
                shown.append(seen(pilot))
                await press(pilot, "l")
            await press(pilot, "escape")
            for command in (":scopes", ":changes"):
                await type_in(pilot, command)
                await press(pilot, "enter")
                shown.append(seen(pilot))
    return shown
