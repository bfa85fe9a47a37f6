"""Keeping the session up to date: questions in a thread, one at a time, patient after failures."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from apiscape.errors import ApiscapeError
from apiscape.tui.feed import Around, Followed, Loaded, begin, follow
from apiscape.tui.threads import tell

if TYPE_CHECKING:
    from apiscape.tui.app import ApiscapeApp

MOST_PATIENCE = 15
"""Questions left out at most after failures; one more each time."""


class Polling:
    """Asks for everything once, then for what changed."""

    def __init__(self, app: ApiscapeApp) -> None:
        """Ask nothing yet."""
        self._app = app
        self._session = app.session
        self._patience = 0
        self._left_out = 0

    def poll(self) -> None:
        """Ask, unless a question is open, or the last ones were in vain."""
        if self._left_out < self._patience:
            self._left_out += 1
            return
        self._left_out = 0
        workers = self._app.workers
        if not any(worker.group == "feed" and not worker.is_finished for worker in workers):
            self._app.run_worker(partial(self._ask, self._question()), thread=True, group="feed")

    def poll_empty(self) -> None:
        """Ask, if there is an answer that holds no rows yet: a person waits for the first ones."""
        if self._session.is_loaded and self._session.error is None and not len(self._session.store):
            self.poll()

    def _question(self) -> Callable[[], Loaded | Followed]:
        session, around = self._session, self._around()
        if around is None:
            return partial(begin, session.inventory)
        return partial(follow, session.inventory, session.seq, around)

    def _around(self) -> Around | None:
        latest = self._session.held[-1] if self._session.held else self._session.last
        return latest.around if latest else None

    def _ask(self, question: Callable[[], Loaded | Followed]) -> None:
        try:
            news = question()
            options = self._session.options
            notice = options.notice()
            kept = options.is_kept() if options.is_kept else True
        except ApiscapeError as error:
            tell(self._app.frame, self.fail, error)
        else:
            tell(self._app.frame, partial(self.take, notice=notice, kept=kept), news)

    def take(
        self, news: Loaded | Followed, *, notice: str | None = None, kept: bool = True
    ) -> None:
        """Show what came, what the agent says of itself, and whether anybody keeps it up to date."""
        self._session.notice, self._session.is_kept = notice, kept
        first = not self._session.is_loaded
        self._patience = 0
        self._session.take(news)
        if first:
            self._renew()
        self._app.show_status()

    def fail(self, error: ApiscapeError) -> None:
        """Say that there is no answer; what is shown stays."""
        self._patience = min(self._patience + 1, MOST_PATIENCE)
        self._session.fail(error)
        if not self._session.is_loaded:
            self._renew()
        self._app.show_status()

    def _renew(self) -> None:
        if self._app.frame.is_mounted:
            self._app.frame.renew()
