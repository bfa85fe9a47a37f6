"""The app: it routes between screens and keeps the history; what a screen shows is its own matter."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import App
from textual.command import Provider

from apiscape.client.inventory import Inventory
from apiscape.errors import Exit
from apiscape.tui import deeds
from apiscape.tui.messages import Back, Command, Go, Rescan, Shows
from apiscape.tui.options import Actions, Options
from apiscape.tui.palette import CommandProvider
from apiscape.tui.places import History, Place
from apiscape.tui.polling import Polling
from apiscape.tui.saved import SavedViews
from apiscape.tui.screens.catalogues import CATALOGUES
from apiscape.tui.screens.changes import ChangesScreen
from apiscape.tui.screens.deployment import DeploymentScreen
from apiscape.tui.screens.frame import Frame
from apiscape.tui.screens.help import HelpScreen
from apiscape.tui.screens.inventory import InventoryScreen
from apiscape.tui.screens.lists import ListScreen
from apiscape.tui.screens.names import NAMES
from apiscape.tui.screens.scopes import ScopeScreen, ScopesScreen
from apiscape.tui.session import Session
from apiscape.tui.themes import THEMES, choose

FLUSH_HZ = 4.0
FLUSH_HZ_SSH = 2.0
"""How often what changed is repainted; over SSH half as often."""

EAGERNESS = 8
"""How much more often is asked while there are no rows at all."""

ROUTES: dict[str, Callable[[Session], Frame]] = {
    "inventory": InventoryScreen,
    "deployment": DeploymentScreen,
    "scopes": ScopesScreen,
    "scope": ScopeScreen,
    "changes": ChangesScreen,
    "names": partial(ListScreen, NAMES),
    "catalogues": partial(ListScreen, CATALOGUES),
    "help": HelpScreen,
}
"""Screens by the name that places use."""


class ApiscapeApp(App[int], inherit_bindings=False):
    """k9s for APIs: every API of every gateway in one list, with the reason for its state beside it."""

    CSS_PATH = Path(__file__).parent / "themes" / "screens.tcss"
    TITLE = "apiscape"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {CommandProvider}

    def __init__(
        self,
        session: Session,
        *,
        start: Callable[[], None] | None = None,
        theme: str = "auto",
        view: str = "",
    ) -> None:
        """Prepare; nothing is asked of the inventory yet."""
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.session = session
        self.history = History(Place("inventory", view))
        self.saved = SavedViews(session.options.folder)
        self.polling = Polling(self)
        self.frames: dict[str, Frame] = {}
        self.start_agent = start
        for each in THEMES.values():
            self.register_theme(each)
        self.theme = choose(theme, os.environ)
        self.set_keymap(dict(session.options.keymap))

    def on_mount(self) -> None:
        """Show the first screen; ask for data only after it was painted."""
        self.show(self.history.here)
        rate = FLUSH_HZ_SSH if "SSH_TTY" in os.environ else FLUSH_HZ
        self.set_interval(1 / rate, self.tick)
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Load everything, and follow what changes where anything can."""
        if self.start_agent:
            self.run_worker(self.start_agent, thread=True, group="start")
        self.polling.poll()
        if self.session.options.live:
            poll_s = self.session.options.poll_s
            self.set_interval(poll_s, self.polling.poll)
            self.set_interval(poll_s / EAGERNESS, self.polling.poll_empty)

    def tick(self) -> None:
        """Let the screen that is shown repaint what changed."""
        if self.session.is_loaded and self.frame.is_mounted:
            self.frame.tick()

    async def on_event(self, event: events.Event) -> None:
        """Note when the person last pressed a key: rows keep still meanwhile."""
        if isinstance(event, events.Key):
            self.session.touched_at = time.monotonic()
        await super().on_event(event)

    # ── places ──

    @property
    def frame(self) -> Frame:
        """The screen of the place that is shown, also below a menu."""
        return self.frames[self.history.here.screen]

    def show(self, place: Place) -> None:
        """Show a place; its screen is made when it is first shown, and kept."""
        if place.screen not in self.frames:
            self.frames[place.screen] = ROUTES[place.screen](self.session)
            self.install_screen(self.frames[place.screen], place.screen)
        frame = self.frames[place.screen]
        frame.open(place.argument)
        if self.screen is not frame:
            change = self.switch_screen if isinstance(self.screen, Frame) else self.push_screen
            _ = change(place.screen)

    def on_go(self, event: Go) -> None:
        """Go to a place."""
        self.history.visit(event.place)
        self.show(event.place)

    def on_shows(self, event: Shows) -> None:
        """Note what the place stands for now."""
        self.history.amend(event.argument)

    def on_back(self, _event: Back) -> None:
        """Go back to where one came from."""
        self.action_step(-1)

    def action_step(self, by: int) -> None:
        """Go back or ahead in history."""
        place = self.history.step(by)
        if place:
            self.show(place)

    def action_last(self) -> None:
        """Swap with the place before this one."""
        self.show(self.history.last())

    def action_help(self) -> None:
        """Show the keys of the screen that is shown."""
        if self.history.here.screen != "help":
            self.post_message(Go(Place("help", self.frame.GROUP)))

    # ── commands ──

    def on_command(self, event: Command) -> None:
        """Carry out what was typed after the colon."""
        deeds.carry_out(self, event.text)

    def on_rescan(self, event: Rescan) -> None:
        """Visit a scope now, or all of them."""
        deeds.rescan(self, event.scope)

    def action_pause(self) -> None:
        """Hold changes back, or let them in."""
        deeds.pause(self)

    def action_save_view(self) -> None:
        """Ask for the number under which to keep this view."""
        deeds.ask_to_save(self)

    def action_saved(self, number: int) -> None:
        """Show the view that is kept under a number."""
        deeds.show_saved(self, number)

    def show_status(self) -> None:
        """Show how fresh the data is, if there is a line to show it on already."""
        if self.frame.is_mounted:
            self.frame.show_status()

    def action_leave(self) -> None:
        """Quit."""
        self.exit(int(Exit.COMPLETE))


def run(
    inventory: Inventory,
    *,
    start: Callable[[], None] | None = None,
    theme: str = "auto",
    view: str = "",
    actions: Actions | None = None,
    options: Options | None = None,
) -> int:
    """Show an inventory until the person quits; return the exit code.

    Args:
        inventory: Where the data is from.
        start: Called in a thread after the first frame, such as to start an agent.
        theme: `auto`, or a name of `themes.THEMES`.
        view: What to show first.
        actions: What a person may set off.
        options: Where things are kept, which keys, what is said of the data.
    """
    session = Session(inventory, options or Options(), actions or Actions())
    app = ApiscapeApp(session, start=start, theme=theme, view=view)
    done = app.run()
    return int(Exit.UNREACHABLE) if done is None else done
