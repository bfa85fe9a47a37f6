"""A menu over the screen: a few choices, one is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from apiscape.tui import keys
from apiscape.tui.lines import Line, Piece, fit, line
from apiscape.tui.neutralise import neutralise
from apiscape.tui.widgets.line_view import LineView


class Choice(NamedTuple):
    """One line of a menu.

    Attributes:
        key: What taking it answers.
        label: What it is called.
        note: What stands beside it.
        hotkey: A character that takes it at once.
        is_on: Whether it holds already; shown by a mark.
    """

    key: str
    label: str
    note: str = ""
    hotkey: str = ""
    is_on: bool = False


class Menu(ModalScreen[str | None]):
    """Answers with the key of the choice that was taken, `None` for none."""

    BINDINGS = keys.bindings(keys.MENU)

    def __init__(self, title: str, choices: Sequence[Choice], at: str = "") -> None:
        """Offer choices; the cursor begins on the one with the key `at`."""
        super().__init__()
        self.heading = title
        self.choices = choices
        self.begin = at

    def compose(self) -> ComposeResult:
        """Make the box."""
        with Vertical(id="box") as box:
            box.border_title = neutralise(self.heading).replace("[", "(")
            yield LineView(id="choices")

    def on_mount(self) -> None:
        """Show the choices."""
        view = self.query_one(LineView)
        view.styles.height = min(len(self.choices), 24)
        view.show(self.page)
        view.focus()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        places = [place for place, each in enumerate(self.choices) if each.key == self.begin]
        self.query_one(LineView).go_to(places[0] if places else 0)

    def page(self, width: int) -> list[Line]:
        """Return a line per choice."""
        label = min(max(len(neutralise(each.label)) for each in self.choices) + 2, width - 2)
        return [
            line(
                Piece("▸ " if each.is_on else f"{each.hotkey or ' '} ", "accent"),
                Piece(fit(each.label, label), "text"),
                Piece(fit(each.note, max(width - label - 2, 0)), "muted"),
                key=each.key,
            )
            for each in self.choices
        ]

    def on_key(self, event: events.Key) -> None:
        """Take a choice by its own character."""
        for each in self.choices:
            if each.hotkey and each.hotkey == event.character:
                event.stop()
                _ = self.dismiss(each.key)

    def on_painted_opened(self, event: LineView.Opened) -> None:
        """Take what was opened."""
        event.stop()
        _ = self.dismiss(event.key)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.query_one(LineView).action_move(by)

    def action_take(self) -> None:
        """Take what the cursor is on."""
        _ = self.dismiss(self.query_one(LineView).cursor)

    def action_close(self) -> None:
        """Take nothing."""
        _ = self.dismiss(None)


def ask(app: App[Any], menu: Menu, take: Callable[[str | None], None]) -> None:
    """Show a menu over the screen; `take` is called with the answer."""
    _ = app.push_screen(menu, take)
