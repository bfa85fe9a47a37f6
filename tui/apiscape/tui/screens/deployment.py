"""One deployment, whole: a tab for each question."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from textual.widget import Widget

from apiscape.client.inventory import Detail
from apiscape.client.words import clock, row_state
from apiscape.errors import ApiscapeError, NotFound
from apiscape.model.row import Row
from apiscape.tui import keys
from apiscape.tui.lines import BLANK, Line, Piece, line, paragraph
from apiscape.tui.messages import Go
from apiscape.tui.pages.deployment import head
from apiscape.tui.pages.tabs import TABS
from apiscape.tui.places import deployment_at, split_moment
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.threads import tell
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted


class DeploymentScreen(Frame):
    """Everything known of one deployment, now or as of the time that its place names."""

    GROUP = "deployment"
    HEADING = "Inventory"
    BINDINGS = keys.bindings(keys.DEPLOYMENT)

    def __init__(self, session: Session) -> None:
        """Begin at the first tab."""
        super().__init__(session)
        self.detail: Detail | None = None
        self.error: ApiscapeError | None = None
        self.at: datetime | None = None
        self.tab = next(iter(TABS))

    def body(self) -> Iterable[Widget]:
        """Return the page of a tab."""
        return (LineView(id="grid", inset=2),)

    def below(self) -> Iterable[Widget]:
        """Return the tabs."""
        return (Bar(id="tabs"),)

    def on_mount(self) -> None:
        """Put the tabs above the page."""
        self.move_child(self.query_one("#tabs"), before=self.query_one("#panes"))
        self.focus_body()

    def renew(self) -> None:
        """Ask for the deployment, in a thread."""
        asked, at = split_moment(self.argument)
        row = self.chosen()
        if row and (asked not in {row.uid, row.name} or at != self.at):
            self.detail, self.error = None, None
            self.tab = next(iter(TABS))
        self.at = at
        self._show()
        if asked:
            ask = partial(self._ask, self.argument)
            self.run_worker(ask, thread=True, group="detail", exclusive=True)

    def _ask(self, argument: str) -> None:
        asked, at = split_moment(argument)
        try:
            detail = self.session.inventory.detail(asked, at=at)
        except ApiscapeError as error:
            tell(self, self._take, argument, None, error)
        else:
            tell(self, self._take, argument, detail, None)

    def _take(self, argument: str, detail: Detail | None, error: ApiscapeError | None) -> None:
        if argument == self.argument:
            self.detail, self.error = detail or self.detail, error
            self._show()

    def _show(self) -> None:
        row = self.chosen()
        asked = split_moment(self.argument)[0]
        name = " ".join(filter(None, [row.name, row.stage])) if row else asked
        when = f" {self.argument.removeprefix(asked).strip()}" if self.at else ""
        self.show_head(self._standing(row), name.replace(" ", "\N{NO-BREAK SPACE}") + when)
        tabs = [Piece(f" {name} ", "strong" if name == self.tab else "muted") for name in TABS]
        marked = [
            Piece(f"▸{piece.text}" if piece.tone == "strong" else f" {piece.text}", piece.tone)
            for piece in tabs
        ]
        self.query_one("#tabs", Bar).show(marked)
        self.query_one("#grid", LineView).show(self.page)

    def _standing(self, row: Row | None) -> list[Piece]:
        if row is None:
            return []
        state = row_state(row.health, row.presence)
        return [Piece(state.text, state.tone)]

    def page(self, width: int) -> list[Line]:
        """Return the page of the tab, or why there is none."""
        if self.detail is None:
            return self._absent(width)
        then: list[Line] = []
        if self.at is not None:
            words = f"As of {clock(self.at, self.session.now())}, as everything on this page is."
            then = [*paragraph(words, width, "warn"), BLANK]
        return [*then, *head(self.detail.row, width), BLANK, *self._tab(self.detail, width)]

    def _tab(self, detail: Detail, width: int) -> list[Line]:
        return TABS[self.tab](detail, self.session.now(), width)

    def _absent(self, width: int) -> list[Line]:
        if self.error is None:
            return [line(("◌ asking", "muted"))]
        lines = paragraph(self.error.message, width, "bad")
        hint = self.error.hint or ("" if isinstance(self.error, NotFound) else "It is asked again.")
        return lines + (paragraph(hint, width, "muted") if hint else [])

    def chosen(self) -> Row | None:
        """Return the row of the deployment."""
        return self.detail.row if self.detail else None

    def action_turn(self, step: int) -> None:
        """Show another tab, from its top."""
        names = list(TABS)
        self.tab = names[(names.index(self.tab) + step) % len(names)]
        self._show()
        self.query_one("#grid", LineView).show(self.page, top=True)

    def on_painted_opened(self, event: Painted.Opened) -> None:
        """Go to a sibling."""
        self.post_message(Go(deployment_at(event.key, self.at)))
