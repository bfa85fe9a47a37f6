"""Scopes: what was looked at, with figures that add up, and what could not be seen, with the next step."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from apiscape.client.inventory import ScopeStatus
from apiscape.client.words import count
from apiscape.tui import keys
from apiscape.tui.lines import Line, Piece, line
from apiscape.tui.messages import Go, Rescan, Shows
from apiscape.tui.pages.empty import empty_page, no_scope_matches
from apiscape.tui.pages.estate import estate_page
from apiscape.tui.pages.scope import in_full, outcome_of, scope_page
from apiscape.tui.pages.tables import (
    SCOPE_COLUMNS,
    in_order,
    is_incomplete,
    scope_columns,
    scope_entry,
    wholeness,
)
from apiscape.tui.places import Place
from apiscape.tui.screens import panes
from apiscape.tui.screens.copying import put
from apiscape.tui.screens.frame import Frame
from apiscape.tui.session import Session
from apiscape.tui.widgets.bar import Bar
from apiscape.tui.widgets.fixed import FixedTable
from apiscape.tui.widgets.grid import Grid
from apiscape.tui.widgets.line_view import LineView
from apiscape.tui.widgets.painted import Painted
from apiscape.tui.widgets.prompt import Prompt

PANES = ("grid", "estate")
FAULTY = "incomplete"
"""The word that leaves only what is incomplete."""


class ScopesScreen(Frame):
    """Every scope with its last run, and the estate below."""

    GROUP = "scopes"
    HEADING = "Scopes"
    BINDINGS = keys.bindings(keys.SCOPES)

    def __init__(self, session: Session) -> None:
        """Begin with all of them."""
        super().__init__(session)
        self.grid = Grid(FixedTable(), SCOPE_COLUMNS, id="grid")
        self._version: object = None

    def body(self) -> Iterable[Widget]:
        """Return the list."""
        return (self.grid,)

    def below(self) -> Iterable[Widget]:
        """Return what happened to the scope at the cursor, in full, and the estate."""
        return (Bar(id="why"), LineView(id="estate"))

    def on_mount(self) -> None:
        """Begin in the list."""
        self.grid.focus()

    def renew(self) -> None:
        """Show the scopes as their last runs left them."""
        self._version = self.session.scopes
        shown = [each for each in in_order(self.session.scopes) if self._matches(each)]
        now = self.session.now()
        table = FixedTable([scope_entry(status, now) for status in shown])
        self.grid.show(table, scope_columns(self.session.scopes), empty=self._empty)
        estate = self.query_one("#estate", LineView)
        estate.show(lambda width: estate_page(self.session.estate, width))
        pieces = [
            Piece(f"{len(shown):,}", "strong"),
            Piece(f" of {count(len(self.session.scopes), 'scope')}", "muted"),
            wholeness(self.session.scopes),
        ]
        self.show_head(pieces if self.session.is_loaded else ())
        self.on_grid_moved(Grid.Moved(self.grid, self.grid.cursor))

    def tick(self) -> None:
        """Show new runs."""
        self.session.settle()
        if self._version is not self.session.scopes:
            self.renew()

    def _matches(self, status: ScopeStatus) -> bool:
        words = self.argument.casefold().split()
        scope = status.scope
        text = f"{scope.key} {scope.reach.title or ''} {outcome_of(status).word}".casefold()
        return all(is_incomplete(status) if word == FAULTY else word in text for word in words)

    def _empty(self, width: int) -> list[Line]:
        scopes = self.session.scopes
        if scopes and self.argument:
            return no_scope_matches(self.argument, len(scopes), width)
        return empty_page(self.session, width=width)

    def on_grid_moved(self, _event: Grid.Moved) -> None:
        """Say in full what happened to the scope at the cursor, and what helps."""
        found = [each for each in self.session.scopes if each.scope.key == self.grid.cursor]
        self.query_one("#why", Bar).show([piece for each in found for piece in in_full(each)])

    def action_prompt(self, sign: str) -> None:
        """Open the prompt, with the words there are."""
        super().action_prompt(sign)
        if sign == "/":
            self.prompt.open(sign, self.argument, lambda text, _cursor: (len(text), ()))

    def on_prompt_typed(self, event: Prompt.Typed) -> None:
        """Narrow while it is typed."""
        if event.sign == "/":
            self.post_message(Shows(event.text.strip()))
            self.open(event.text.strip())

    def action_edit(self, _name: str) -> None:
        """Leave only what is incomplete, or show everything again."""
        words = self.argument.split()
        words = [word for word in words if word != FAULTY] if FAULTY in words else [*words, FAULTY]
        self.post_message(Go(Place(self.GROUP, " ".join(words))))

    def action_seek(self, step: int) -> None:
        """Go to the next scope that was not seen whole."""
        incomplete = {each.scope.key for each in self.session.scopes if is_incomplete(each)}
        if not self.grid.seek(step, lambda place: self.grid.table.uid_at(place) in incomplete):
            self.notify("Every scope that is shown was seen whole.", markup=False)

    def action_pane(self, name: str) -> None:
        """Go between scopes and estate, or give one the whole screen."""
        if name == "maximise":
            panes.maximise(self, PANES)
        else:
            panes.next_pane(self, PANES, 1)

    def action_copy(self) -> None:
        """Copy the key of the scope."""
        if self.grid.cursor:
            put(self, self.grid.cursor)

    def action_rescan(self) -> None:
        """Visit the scope now."""
        self.post_message(Rescan(self.grid.cursor))

    def on_painted_opened(self, event: Painted.Opened) -> None:
        """Open a scope."""
        self.post_message(Go(Place("scope", event.key)))


class ScopeScreen(Frame):
    """One scope: part by part, what failed and why."""

    GROUP = "scope"
    HEADING = "Scopes"

    def __init__(self, session: Session) -> None:
        """Begin with none."""
        super().__init__(session)
        self._version: object = None

    def body(self) -> Iterable[Widget]:
        """Return the page."""
        return (LineView(id="grid", inset=2),)

    def on_mount(self) -> None:
        """Begin in the page."""
        self.focus_body()

    def renew(self) -> None:
        """Show the scope as its last run left it."""
        self._version = self.session.scopes
        self.show_head()
        self.query_one("#grid", LineView).show(self.page)

    def tick(self) -> None:
        """Show a new run."""
        self.session.settle()
        if self._version is not self.session.scopes:
            self.renew()

    def page(self, width: int) -> list[Line]:
        """Return what is known of the scope."""
        for status in self.session.scopes:
            if status.scope.key == self.argument:
                return scope_page(status, self.session.now(), width)
        if not self.session.is_loaded:
            return [line(("◌ asking", "muted"))]
        return [line((f"No scope {self.argument}.", "bad"), ("  :scopes lists them", "muted"))]

    def on_painted_opened(self, event: Painted.Opened) -> None:
        """Show the deployments of the scope."""
        self.post_message(Go(Place("inventory", event.key)))
