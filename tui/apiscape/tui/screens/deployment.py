"""One deployment, whole: a tab for each question."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.widget import Widget

from apiscape.client.inventory import Detail
from apiscape.client.words import row_state
from apiscape.errors import ApiscapeError, NotFound
from apiscape.model.row import Row
from apiscape.tui import keys
from apiscape.tui.lines import BLANK, Line, Piece, line, paragraph
from apiscape.tui.messages import Go
from apiscape.tui.pages.deployment import head
from apiscape.tui.pages.tabs import TABS
from apiscape.tui.places import Place
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.threads import tell
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted


class DeploymentScreen(Frame):
    """Everything known of one deployment."""

    GROUP = "deployment"
    HEADING = "Inventory"
    BINDINGS = keys.bindings(keys.DEPLOYMENT)

    def __init__(self, session: Session) -> None:
        """Begin at the first tab."""
        super().__init__(session)
        self.detail: Detail | None = None
        self.error: ApiscapeError | None = None
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
        if self.detail and self.argument not in {self.detail.row.uid, self.detail.row.name}:
            self.detail, self.error = None, None
            self.tab = next(iter(TABS))
        self._show()
        asked = self.argument
        if asked:
            self.run_worker(partial(self._ask, asked), thread=True, group="detail", exclusive=True)

    def _ask(self, asked: str) -> None:
        try:
            detail = self.session.inventory.detail(asked)
        except ApiscapeError as error:
            tell(self, self._take, asked, None, error)
        else:
            tell(self, self._take, asked, detail, None)

    def _take(self, asked: str, detail: Detail | None, error: ApiscapeError | None) -> None:
        if asked == self.argument:
            self.detail, self.error = detail or self.detail, error
            self._show()

    def _show(self) -> None:
        row = self.chosen()
        name = " ".join(filter(None, [row.name, row.stage])) if row else self.argument
        self.show_head(self._standing(row), name.replace(" ", "\N{NO-BREAK SPACE}"))
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
        now = self.session.now()
        return [*head(self.detail.row, width), BLANK, *TABS[self.tab](self.detail, now, width)]

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
        self.post_message(Go(Place("deployment", event.key)))
