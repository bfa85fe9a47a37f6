"""From a view to what the inventory's panes show: the listing, the grid, the facets, the counts."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from textual.timer import Timer

from apiscape.errors import ApiscapeError
from apiscape.query import View
from apiscape.tui.feed import Answer, answer
from apiscape.tui.lines import Line, Piece
from apiscape.tui.listing import Listing
from apiscape.tui.pages.empty import asking_page, empty_page, refused_page
from apiscape.tui.pages.facets import facets_page
from apiscape.tui.pages.head import counts
from apiscape.tui.rows import RowTable, columns_of, telling
from apiscape.tui.screens.following import REST_S
from apiscape.tui.threads import tell

if TYPE_CHECKING:
    from apiscape.tui.screens.inventory import InventoryScreen

ASKING = "◌ asking the inventory"

QUIET_S = 0.5
"""Rows do not come, go or move so soon after the person did something."""

SETTLE_S = 1.0
"""Rows do not come, go or move more often than this."""

RETRY_S = 5.0
"""A question that was refused is asked again so much later."""


class Browsing:
    """Evaluates the view of a screen and shows what it found."""

    def __init__(self, screen: InventoryScreen) -> None:
        """Begin with the view of everything."""
        self.screen = screen
        self.session = screen.session
        self.listing = Listing()
        self.wide = False
        self._version = -1
        self._evaluated_at = 0.0
        self._timer: Timer | None = None
        self._asking: Timer | None = None

    def table(self) -> RowTable:
        """Return what the grid shows."""
        listing, session = self.listing, self.session
        return RowTable(listing.store, listing.found.rows, session.now(), session.fresh)

    def renew(self) -> None:
        """Evaluate the view over the rows there are now."""
        self._version, self._evaluated_at = self.session.version, time.monotonic()
        if self._asking:
            self._asking.stop()
        if not self.session.is_loaded:
            self.show()
        elif self.listing.asks_store:
            if not self.listing.is_answered:
                self.show()
            self._asking = self.screen.set_timer(REST_S, partial(self._ask, self.listing.view))
        else:
            self.listing.evaluate(self.session.store, self.session.now())
            self.show()

    def tick(self) -> None:
        """Repaint rows that changed; let rows come and go when the person is not busy."""
        dirty = self.session.settle()
        if dirty:
            self.screen.grid.flush(dirty)
        now = time.monotonic()
        passed = now - self._evaluated_at
        quiet = now - self.session.touched_at > QUIET_S and passed > SETTLE_S
        is_old = self._version != self.session.version
        if quiet and (is_old or (self.listing.error and passed > RETRY_S)):
            self.renew()

    def show(self) -> None:
        """Show what the view found."""
        screen, listing = self.screen, self.listing
        screen.grid.sorted_by = listing.sorted_by
        table, columns = self.table(), columns_of(listing.view, wide=self.wide)
        if not listing.view.columns:
            columns = telling(columns, table, listing.sorted_by[0])
        screen.grid.show(table, columns, empty=self._empty)
        self.show_counts()
        screen.following.follow(screen.grid.cursor)
        if self._timer:
            self._timer.stop()
        self._timer = screen.set_timer(REST_S, self.show_facets)

    def show_counts(self) -> None:
        """Show how many rows the view has, and how many nobody can decide."""
        listing = self.listing
        pieces: list[Piece] = []
        if self.session.is_loaded and not listing.is_answered:
            pieces = [Piece(ASKING, "warn")]
        elif listing.error:
            pieces = [Piece("✗ not answered", "bad")]
        elif self.session.is_loaded:
            marked = len(self.screen.grid.marked)
            pieces = counts(listing.total, listing.found, marked=marked)
            if not listing.view.columns and listing.found.rows and self.table().is_blank("health"):
                pieces.append(Piece(" · ? health unknown", "muted"))
        self.screen.show_head(pieces, listing.text)

    def show_facets(self) -> None:
        """Count the facets over what is shown, if they show."""
        listing = self.listing

        def page(width: int) -> list[Line]:
            rows = listing.found.rows
            return facets_page(listing.view, lambda name: listing.store.count(name, rows), width)

        if self.screen.facets.display:
            self.screen.facets.show(page)

    def seek(self, step: int) -> None:
        """Put the cursor on the next row that is marked; where none shown is, on the next in trouble."""
        grid, table = self.screen.grid, self.table()
        marked = grid.marked
        if marked and grid.seek(step, lambda place: table.uid_at(place) in marked):
            return
        if not grid.seek(step, table.is_in_trouble):
            words = "No row that is shown is marked, failing, degraded, missing or suspect."
            self.screen.notify(words, markup=False)

    def _empty(self, width: int) -> list[Line]:
        if not self.session.is_loaded:
            return empty_page(self.session, self.listing.found, None, width)
        if not self.listing.is_answered:
            return asking_page(self.listing.text, width)
        if self.listing.error:
            return refused_page(self.listing.error, width)
        return empty_page(self.session, self.listing.found, self.listing.total, width)

    def _ask(self, view: View) -> None:
        inventory, store = self.session.inventory, self.session.store
        screen = self.screen

        def ask() -> None:
            try:
                given = answer(inventory, view, store)
            except ApiscapeError as error:
                tell(screen, self._refuse, view, error)
                return
            tell(screen, self._take, view, given)

        screen.run_worker(ask, thread=True, group="select", exclusive=True)

    def _take(self, view: View, given: Answer) -> None:
        if view == self.listing.view:
            self.listing.take(given)
            self.show()

    def _refuse(self, view: View, error: ApiscapeError) -> None:
        if view == self.listing.view:
            self.listing.refuse(error)
            self.show()
