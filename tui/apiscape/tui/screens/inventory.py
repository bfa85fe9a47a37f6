"""The inventory: facets, the grid, and beside it why the row at the cursor is as it is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual.widget import Widget

from apiscape.errors import QueryError
from apiscape.model.row import Row
from apiscape.query import View, doubts, format_view
from apiscape.tui import keys
from apiscape.tui.lines import Piece
from apiscape.tui.listing import EDITS, Listing
from apiscape.tui.messages import Go, Shows
from apiscape.tui.pages.facets import Choice
from apiscape.tui.places import Place, deployment_at
from apiscape.tui.rows import columns_of
from apiscape.tui.screens import panes
from apiscape.tui.screens.asking import ASK
from apiscape.tui.screens.browsing import Browsing
from apiscape.tui.screens.completing import complete_view
from apiscape.tui.screens.following import Following
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.view_edits import toggle_value
from apiscape.tui.widgets.grid import Grid
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted
from apiscape.tui.widgets.prompt import Prompt

PANES = ("grid", "detail", "facets")


class InventoryScreen(Frame):
    """Every deployment of a view."""

    GROUP = "inventory"
    HEADING = "Inventory"
    BINDINGS = keys.bindings(keys.INVENTORY)

    def __init__(self, session: Session) -> None:
        """Begin with the view of everything."""
        super().__init__(session)
        self.browsing = Browsing(self)
        columns = columns_of(self.listing.view, wide=False)
        self.grid = Grid(self.browsing.table(), columns, id="grid")
        self.detail = LineView(id="detail")
        self.facets = LineView(id="facets")
        self.following = Following(self.detail, session, self.listing)
        self._before = ""

    @property
    def listing(self) -> Listing:
        """The view and what it found."""
        return self.browsing.listing

    def body(self) -> Iterable[Widget]:
        """Return facets, grid and detail."""
        return (self.facets, self.grid, self.detail)

    def on_mount(self) -> None:
        """Begin in the grid."""
        self.grid.focus()

    def open(self, argument: str) -> None:
        """Show a view; one that cannot be read says so and leaves the last one standing."""
        try:
            self.listing.read(argument)
        except QueryError as error:
            self.notify(f"{error.message}\n{error.pointer()}", severity="error", markup=False)
        super().open(self.listing.text)

    def renew(self) -> None:
        """Evaluate the view over the rows there are now."""
        self.browsing.renew()

    def tick(self) -> None:
        """Show what changed."""
        self.browsing.tick()

    def apply(self, view: View) -> None:
        """Show another view, as a place to come back to."""
        self.post_message(Go(Place(self.GROUP, format_view(view))))

    def chosen(self) -> Row | None:
        """Return the row at the cursor."""
        return self.listing.store.row(self.grid.cursor) if self.grid.cursor else None

    # ── typing a filter ──

    def action_prompt(self, sign: str) -> None:
        """Open the prompt, with the view there is."""
        super().action_prompt(sign)
        if sign == "/":
            self._before = self.listing.text
            text = f"{self._before} " if self._before else ""
            self.prompt.open(sign, text, partial(complete_view, self.session.store))

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Show what the view finds while it is typed; an error leaves the last good result."""
        if event.sign != "/":
            return
        try:
            self.listing.read(event.text)
        except QueryError as error:
            arrow = f"{' ' * max(error.column - 1, 0)}^ {error.message}"
            hint = f"  ({error.hint})" if error.hint else ""
            self.prompt.hint([Piece(f"  {arrow}", "bad"), Piece(hint, "muted")])
            return
        offered = complete_view(self.session.store, event.text, len(event.text))[1]
        self.prompt.offer(offered if event.text else ())
        if not offered:
            self.prompt.hint([Piece(f"  {doubt}", "warn") for doubt in doubts(self.listing.view)])
        self.post_message(Shows(self.listing.text))
        self.renew()

    def on_prompt_closed(self, event: Prompt.Closed) -> None:
        """Keep the view as a place; of one with an error in it, the last good state."""
        if event.sign == "/":
            self.post_message(Shows(self._before))
            self.post_message(Go(Place(self.GROUP, self.listing.text)))

    # ── keys ──

    def action_edit(self, name: str) -> None:
        """Do to the view what a key says."""
        fields = [placed.column.field for placed in self.grid.placed]
        self.apply(EDITS[name](self.listing.view, fields))

    def action_ask(self, name: str) -> None:
        """Ask for something."""
        ASK[name](self)

    def action_pane(self, name: str) -> None:
        """Show, hide or change panes."""
        if name == "wide":
            self.browsing.wide = not self.browsing.wide
            self.set_class(self.browsing.wide, "-bare")
        elif name == "facets":
            panes.toggle(self, PANES, name)
        elif name == "maximise":
            panes.maximise(self, PANES)
        else:
            panes.next_pane(self, PANES, 1 if name == "next" else -1)
        self.call_after_refresh(self.browsing.show)

    def action_mark(self, what: str) -> None:
        """Mark the row, all up to the one marked last, or none."""
        self.grid.mark(what)
        self.browsing.show_counts()

    def action_seek(self, step: int) -> None:
        """Go to the next row that is marked; where none is, to the next in trouble."""
        self.browsing.seek(step)

    def action_back(self) -> None:
        """Go back to the grid; from there, to the view without a filter."""
        view = self.listing.view
        if self.focused is not self.grid:
            panes.to_pane(self, PANES, "grid")
        elif self.has_class(panes.MAXIMISED):
            panes.maximise(self, PANES)
        elif view.terms or view.at or view.undecided:
            self.action_edit("clear")

    def on_grid_moved(self, event: Grid.Moved) -> None:
        """Let the detail follow the cursor."""
        self.following.follow(event.uid)

    def on_painted_opened(self, event: Painted.Opened) -> None:
        """Open the row; narrow by the value of a facet."""
        if event.painted is self.facets:
            choice = Choice.of(event.key)
            self.apply(toggle_value(self.listing.view, choice.field, choice.value))
        elif event.painted is self.grid:
            self.post_message(Go(deployment_at(event.key, self.listing.view.at)))
