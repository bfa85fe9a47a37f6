"""From a view to what the inventory's panes show: the listing, the grid, the facets, the counts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from textual.timer import Timer

from apiscape.errors import ApiscapeError
from apiscape.query import View
from apiscape.tui.feed import Answer, answer
from apiscape.tui.lines import Line, Piece
from apiscape.tui.listing import Listing
from apiscape.tui.pages.empty import empty_page
from apiscape.tui.pages.facets import facets_page
from apiscape.tui.pages.head import counts
from apiscape.tui.rows import RowTable, columns_of
from apiscape.tui.screens.following import REST_S
from apiscape.tui.threads import tell

if TYPE_CHECKING:
    from apiscape.tui.screens.inventory import InventoryScreen

QUIET_S = 0.5
"""Rows do not come, go or move so soon after the person did something."""

SETTLE_S = 1.0
"""Rows do not come, go or move more often than this."""


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

    def table(self) -> RowTable:
        """Return what the grid shows."""
        listing, session = self.listing, self.session
        return RowTable(listing.store, listing.found.rows, session.now(), session.fresh)

    def renew(self) -> None:
        """Evaluate the view over the rows there are now."""
        self._version, self._evaluated_at = self.session.version, time.monotonic()
        if not self.session.is_loaded:
            self.show()
        elif self.listing.asks_store:
            self._ask(self.listing.view)
        else:
            self.listing.evaluate(self.session.store, self.session.now())
            self.show()

    def tick(self) -> None:
        """Repaint rows that changed; let rows come and go when the person is not busy."""
        dirty = self.session.settle()
        if dirty:
            self.screen.grid.flush(dirty)
        now = time.monotonic()
        quiet = now - self.session.touched_at > QUIET_S and now - self._evaluated_at > SETTLE_S
        if quiet and self._version != self.session.version:
            self.renew()

    def show(self) -> None:
        """Show what the view found."""
        screen, listing = self.screen, self.listing
        screen.grid.sorted_by = listing.sorted_by
        columns = columns_of(listing.view, wide=self.wide)
        screen.grid.show(self.table(), columns, empty=self._empty)
        self.show_counts()
        screen.following.follow(screen.grid.cursor)
        if self._timer:
            self._timer.stop()
        self._timer = screen.set_timer(REST_S, self.show_facets)

    def show_counts(self) -> None:
        """Show how many rows the view has, and how many nobody can decide."""
        found = self.listing.found
        pieces: list[Piece] = []
        if self.session.is_loaded:
            marked = len(self.screen.grid.marked)
            total = len(self.listing.store)
            pieces = counts(total, found, marked=marked)
        self.screen.show_head(pieces, self.listing.text)

    def show_facets(self) -> None:
        """Count the facets over what is shown, if they show."""
        listing = self.listing

        def page(width: int) -> list[Line]:
            rows = listing.found.rows
            return facets_page(listing.view, lambda name: listing.store.count(name, rows), width)

        if self.screen.facets.display:
            self.screen.facets.show(page)

    def _empty(self, width: int) -> list[Line]:
        return empty_page(self.session, self.listing.found.undecided, width)

    def _ask(self, view: View) -> None:
        inventory, store = self.session.inventory, self.session.store
        screen = self.screen

        def ask() -> None:
            try:
                given = answer(inventory, view, store)
            except ApiscapeError as error:
                tell(screen, self.refuse, error)
                return
            tell(screen, self._take, view, given)

        screen.show_head([Piece("◌ asking the store", "muted")], self.listing.text)
        screen.run_worker(ask, thread=True, group="select", exclusive=True)

    def _take(self, view: View, given: Answer) -> None:
        if view == self.listing.view:
            self.listing.take(given)
            self.show()

    def refuse(self, error: ApiscapeError) -> None:
        """Say why a view cannot be shown; the last one stays."""
        words = f"{error.message}\n{error.hint}" if error.hint else error.message
        self.screen.notify(words, severity="error", markup=False)
        self.show_counts()
