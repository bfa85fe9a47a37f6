"""The pane that follows the cursor: what the row says at once, the rest when the cursor rests."""

from __future__ import annotations

from functools import partial

from textual.timer import Timer

from apiscape.client.inventory import Detail
from apiscape.client.words import clock
from apiscape.errors import ApiscapeError
from apiscape.model.row import Row
from apiscape.tui.lines import BLANK, Line, line, paragraph
from apiscape.tui.listing import Listing
from apiscape.tui.pages.deployment import summary
from apiscape.tui.session import Session
from apiscape.tui.threads import tell
from apiscape.tui.widgets.line_view import LineView

REST_S = 0.15
"""How long the cursor rests before anything but the grid follows: a held key repaints nothing else."""


class Following:
    """Shows one row in a pane, and asks for its detail in a thread."""

    def __init__(self, pane: LineView, session: Session, listing: Listing) -> None:
        """Follow nothing yet; the rows are those of a listing."""
        self._listing = listing
        self._pane = pane
        self._session = session
        self._timer: Timer | None = None
        self.uid: str | None = None
        self.detail: Detail | None = None

    def follow(self, uid: str | None) -> None:
        """Show a row as soon as the cursor rests on it."""
        self.uid = uid
        if self._timer:
            self._timer.stop()
        self._timer = self._pane.set_timer(REST_S, self._rest)

    def _rest(self) -> None:
        row = self._listing.store.row(self.uid) if self.uid else None
        if self.detail and (row is None or self.detail.row.uid != row.uid):
            self.detail = None
        self._show(row, top=True)
        if row is not None and self._pane.display and self._listing.view.at is None:
            self._pane.run_worker(
                partial(self._ask, row), thread=True, group="detail", exclusive=True
            )

    def _ask(self, row: Row) -> None:
        try:
            detail = self._session.inventory.detail(row.uid)
        except ApiscapeError:
            return  # the row stays; that the inventory is silent stands in the first line
        tell(self._pane, self._take, detail)

    def _take(self, detail: Detail) -> None:
        if detail.row.uid == self.uid:
            self.detail = detail
            self._show(detail.row)

    def _show(self, row: Row | None, *, top: bool = False) -> None:
        self._pane.show(partial(self._page, row), top=top)

    def _page(self, row: Row | None, width: int) -> list[Line]:
        if row is None:
            return [line()]
        at, now = self._listing.view.at, self._session.now()
        if at is None:
            return summary(row, self.detail, now, width)
        words = f"As of {clock(at, now)}. enter shows more of it, as of then."
        return [*paragraph(words, width, "warn"), BLANK, *summary(row, None, now, width)]
