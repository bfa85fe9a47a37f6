"""What all screens share: the rows, what they rest on, and how fresh that is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from apiscape.client.inventory import Inventory, ScopeStatus, Summary
from apiscape.errors import ApiscapeError
from apiscape.model.run import EstateEntry
from apiscape.tui.feed import Followed, Loaded
from apiscape.tui.options import Actions, Options
from apiscape.tui.store import ColumnStore

FRESH_FOR = timedelta(seconds=3)
"""How long a row that changed stays marked."""

NOTHING = Summary(deployments=0, apis=0, scopes=0)


class Session:
    """State of the UI, changed on its own thread only.

    Attributes:
        store: The rows; empty before anything was loaded.
        version: Rises when rows came, went or moved; `dirty` has those that changed in place.
        fresh: When rows changed that are still marked, oldest first.
        is_kept: Whether anybody keeps the inventory up to date.
        held: What came while paused, in order.
        touched_at: When the person last pressed a key, on the monotonic clock.
        notice: What the agent has to say of itself, if anything.
        error: Why the inventory does not answer, `since` when.
    """

    def __init__(self, inventory: Inventory, options: Options, actions: Actions) -> None:
        """Begin with nothing loaded."""
        self.inventory = inventory
        self.options = options
        self.actions = actions
        self.store = ColumnStore()
        self.version = 0
        self.dirty: set[str] = set()
        self.fresh: dict[str, datetime] = {}
        self.taken_at: datetime | None = None
        self.summary: Summary = NOTHING
        self.scopes: Sequence[ScopeStatus] = ()
        self.estate: Sequence[EstateEntry] = ()
        self.last: Loaded | Followed | None = None
        self.is_kept = True
        self.is_paused = False
        self.held: list[Loaded | Followed] = []
        self.touched_at = 0.0
        self.notice: str | None = None
        self.error: ApiscapeError | None = None
        self.silent_since: datetime | None = None

    @property
    def is_loaded(self) -> bool:
        """Whether there was an answer at all."""
        return self.last is not None

    @property
    def seq(self) -> int:
        """Where the change log is to be followed from, held changes included."""
        latest = self.held[-1] if self.held else self.last
        if isinstance(latest, Loaded):
            return latest.store.seq
        return latest.seq if latest else 0

    @property
    def waiting(self) -> int:
        """How many rows changed while paused."""
        return sum(
            len(each.rows) + len(each.gone) if isinstance(each, Followed) else len(each.store)
            for each in self.held
        )

    def now(self) -> datetime:
        """Return the time."""
        return self.options.clock()

    def take(self, news: Loaded | Followed) -> None:
        """Show what came, or hold it while paused."""
        self.error = self.silent_since = None
        if self.is_paused:
            if isinstance(news, Loaded):
                self.held = [news]
            elif news.rows or news.gone:
                self.held.append(news)
            return
        self._apply(news)

    def resume(self) -> None:
        """Let in what was held."""
        self.is_paused = False
        held, self.held = self.held, []
        for news in held:
            self._apply(news)

    def fail(self, error: ApiscapeError) -> None:
        """Remember that the inventory does not answer; what is shown stays, and says so."""
        self.error = error
        self.silent_since = self.silent_since or self.now()

    def _apply(self, news: Loaded | Followed) -> None:
        self.last = news
        self.summary = news.around.summary
        self.scopes, self.estate = news.around.scopes, news.around.estate
        if isinstance(news, Loaded):
            self.store, self.taken_at = news.store, news.taken_at
            self.version += 1
        else:
            self._follow(news)

    def _follow(self, news: Followed) -> None:
        now = self.now()
        known = [row for row in news.rows if row.uid in self.store.row_of]
        changed = self.store.update(known)
        self.dirty |= changed
        for row in news.rows:
            self.fresh.pop(row.uid, None)
            self.fresh[row.uid] = now
        if len(known) < len(news.rows) or any(uid in self.store.row_of for uid in news.gone):
            self.store = self.store.rebuilt(news.rows, news.gone, news.seq)
        if changed or news.rows or news.gone:
            self.version += 1

    def settle(self) -> set[str]:
        """Return rows to repaint: those that changed, and those that no longer count as fresh."""
        now = self.now()
        old = set(takewhile(lambda uid: now - self.fresh[uid] >= FRESH_FOR, self.fresh))
        for uid in old:
            del self.fresh[uid]
        dirty, self.dirty = self.dirty | old, set()
        return dirty
