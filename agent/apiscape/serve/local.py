"""The Inventory protocol over a store in this process, without HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from apiscape.client.catalogues import CataloguePage
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    DiffPage,
    Facet,
    Page,
    ScopeStatus,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.names import NamePage
from apiscape.errors import StoreError
from apiscape.model.run import EstateEntry, RunReport
from apiscape.serve.comparing import differences
from apiscape.store import Store
from apiscape.store.reading.reader import Reader


def _utc_now() -> datetime:
    return datetime.now(UTC)


class LocalInventory:
    """An `Inventory` whose answers come from a store; calls block and are safe from any thread.

    Default views hide superseded deployments and those retired more than thirty days ago; a view
    that asks for `presence` shows them. The store stays its opener's, who closes it.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime] = _utc_now) -> None:
        """Answer from a store; `clock` gives the aware time that ages count from."""
        self._store = store
        self._clock = clock
        self._reader = Reader(store.database, clock)

    def version(self) -> int | None:
        """Return a number that changes with every commit, `None` where the store tells none, or does not answer."""
        with suppress(StoreError):
            return self._store.database.version()
        return None

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view."""
        return self._reader.page(view, limit=limit, after=after)

    def select(self, view: str) -> Selection:
        """Return all uids of a view, without the rows."""
        return self._reader.select(view)

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view."""
        return self._reader.facets(view, fields)

    def snapshot(self, *, stale_s: float = 0.0) -> Snapshot:
        """Return every row of the default view, in columns, as of now."""
        del stale_s
        return self._reader.snapshot()

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment, now or as it was at some time.

        Raises:
            NotFound: No deployment has that uid, native id or name, or several have that name.
        """
        return self._reader.detail(uid_or_name, at=at)

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number, of deployments that match a view."""
        return self._reader.changes(after=after, limit=limit, view=view)

    def diff(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        view: str = "",
        limit: int = 1000,
        after: str | None = None,
    ) -> DiffPage:
        """Return what is otherwise at a later time than at an earlier one (see `comparing`)."""
        until = until or self._clock()
        pairs, unseen_since, unseen_until = self._reader.pairs(
            since, until, view=view, limit=limit, after=after
        )
        return DiffPage(
            items=tuple(each for pair in pairs.items for each in differences(pair)),
            since=since,
            until=until,
            undecided=pairs.undecided,
            unseen_since=unseen_since,
            unseen_until=unseen_until,
            next=None if pairs.next is None else str(pairs.next),
        )

    def names(self, view: str = "", *, limit: int = 1000, after: str | None = None) -> NamePage:
        """Return a page of the names in DNS that point at lent hosts."""
        return self._reader.names(view, limit=limit, after=after)

    def catalogues(
        self, view: str = "", *, limit: int = 1000, after: str | None = None
    ) -> CataloguePage:
        """Return a page of the records of catalogues, and what they lead to."""
        return self._reader.catalogues(view, limit=limit, after=after)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return every scope with its last run."""
        return self._reader.scopes()

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        return self._store.runs.newest(limit, scope)

    def estate(self) -> tuple[EstateEntry, ...]:
        """Return every reach that the providers say exists, and what became of it."""
        return self._store.estate.load()

    def summary(self) -> Summary:
        """Return what the inventory rests on."""
        return self._reader.summary()

    def confirm(self, scope: str, *, by: str) -> int:
        """Say that the suspect losses of a scope are real; return how many rows were retired.

        Raises:
            NotFound: There is no such scope.
        """
        return self._store.upkeep.confirm(scope, by=by, at=self._clock())

    def forget(self, uid: str, *, by: str) -> None:
        """Drop a retired deployment from every view; its history keeps that it was there.

        Raises:
            NotFound: There is no such deployment.
            UsageError: It is not retired.
        """
        self._store.upkeep.forget(uid, by=by, at=self._clock())
