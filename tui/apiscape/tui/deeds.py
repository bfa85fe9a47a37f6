"""What commands and keys of every screen do, besides going somewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from apiscape.errors import ApiscapeError
from apiscape.tui import commands
from apiscape.tui.messages import Go
from apiscape.tui.neutralise import neutralise
from apiscape.tui.places import Place
from apiscape.tui.screens.menu import Choice, Menu, ask
from apiscape.tui.themes import THEMES
from apiscape.tui.threads import tell

if TYPE_CHECKING:
    from apiscape.tui.app import ApiscapeApp


def carry_out(app: ApiscapeApp, text: str) -> None:
    """Carry out what was typed after the colon."""
    asked = commands.read(text)
    if asked is None:
        say(app, f"No command :{text}. :help lists them.")
    elif asked.command.screen:
        app.post_message(Go(asked.place))
    else:
        DEEDS[asked.command.action](app, asked.argument)


def say(app: ApiscapeApp, words: str) -> None:
    """Say something in passing."""
    app.notify(neutralise(words), markup=False)


def wear(app: ApiscapeApp, name: str) -> None:
    """Wear another theme."""
    if name in THEMES:
        app.theme = name
    else:
        say(app, f"Themes: {', '.join(THEMES)}")


def pause(app: ApiscapeApp) -> None:
    """Hold changes back, or let them in."""
    if app.session.is_paused:
        app.session.resume()
    else:
        app.session.is_paused = True
    app.show_status()


def rescan(app: ApiscapeApp, scope: str | None) -> None:
    """Visit a scope now, or all of them, where whoever started the UI allows it."""
    visit = app.session.actions.rescan
    if visit is None:
        say(app, "Nothing here can scan: run  apiscape scan  or  apiscape agent")
        return
    say(app, f"Visiting {scope or 'every scope'} …")
    app.run_worker(partial(_visit, app, visit, scope), thread=True, group="rescan")


def _visit(app: ApiscapeApp, visit: Callable[[str | None], str], scope: str | None) -> None:
    try:
        words = visit(scope)
    except ApiscapeError as error:
        words = error.message
    tell(app.frame, say, app, words)


def ask_to_save(app: ApiscapeApp) -> None:
    """Ask for the number under which to keep the view of now."""
    if app.history.here.screen != "inventory":
        say(app, "Views of the inventory are kept: go there first.")
        return
    view = app.history.here.argument
    choices = [Choice(str(n), app.saved.get(n) or "–", hotkey=str(n)) for n in range(1, 10)]

    def take(number: str | None) -> None:
        if number:
            lasting = app.saved.keep(int(number), view)
            say(app, f"Kept under {number}{'' if lasting else ' for as long as this runs'}.")

    ask(app, Menu(f"keep “{view or 'everything'}” under", choices), take)


def show_saved(app: ApiscapeApp, number: int) -> None:
    """Show the view that is kept under a number."""
    view = app.saved.get(number)
    if view is None:
        say(app, f"Nothing is kept under {number}: ' keeps this view.")
    else:
        app.post_message(Go(Place("inventory", view)))


DEEDS: Mapping[str, Callable[[ApiscapeApp, str], None]] = {
    "theme": wear,
    "rescan": lambda app, scope: rescan(app, scope or None),
    "pause": lambda app, _: pause(app),
    "quit": lambda app, _: app.action_leave(),
}
"""What a command does, by the name in its table."""
