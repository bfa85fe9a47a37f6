"""An inventory without a store: the protocol over rows in memory, with the semantics of `query`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from apiscape.client.catalogue_views import page_of as page_of_catalogues
from apiscape.client.catalogues import CataloguePage, Declaration
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    DiffPage,
    Facet,
    FacetValue,
    Page,
    ScopeStatus,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.name_views import page_of
from apiscape.client.names import DnsName, NamePage
from apiscape.errors import ApiscapeError, NotFound
from apiscape.model.change import Change, FieldChange
from apiscape.model.row import Deep, Row
from apiscape.model.run import EstateEntry, RunReport
from apiscape.model.values import UNKNOWN
from apiscape.query import FIELDS, View, matcher, parse, select_rows, shows_hidden
from tests.tui.details import detail_of
from tests.tui.rows import NOW, department
from tests.tui.scopes import ESTATE, statuses

ATTRIBUTES = Row.__struct_fields__


class FakeInventory:
    """Answers from rows; counts what it was asked, and fails when told to."""

    def __init__(
        self,
        rows: Iterable[Row] | None = None,
        *,
        changes: Sequence[Change] = (),
        scopes: Sequence[ScopeStatus] | None = None,
        estate: Sequence[EstateEntry] = ESTATE,
        deep: Mapping[str, Deep] | None = None,
        summary: Summary | None = None,
        names: Sequence[DnsName] = (),
        catalogues: Sequence[Declaration] = (),
    ) -> None:
        self.rows = {row.uid: row for row in (department() if rows is None else rows)}
        self.log = list(changes)
        self.deep = deep or {}
        self.stale_s: float | None = None
        self._scopes = tuple(statuses(self.rows.values()) if scopes is None else scopes)
        self._estate = tuple(estate)
        self._summary = summary
        self._names = tuple(names)
        self._catalogues = tuple(catalogues)
        self.error: ApiscapeError | None = None
        self.asked: Counter[str] = Counter()
        self.moments: list[datetime | None] = []
        self.long_retired: set[str] = set()

    def _ask(self, what: str) -> None:
        self.asked[what] += 1
        if self.error:
            raise self.error

    def _selected(self, view: View) -> tuple[tuple[Row, ...], int]:
        rows = self.rows.values() if shows_hidden(view) else self._shown()
        found = select_rows(view, rows, NOW, self.deep)
        return found.rows, found.undecided

    def _shown(self) -> list[Row]:
        """Return the rows of default views and of the snapshot."""
        return [
            row
            for row in self.rows.values()
            if row.presence != "superseded" and row.uid not in self.long_retired
        ]

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        self._ask("page")
        rows, undecided = self._selected(parse(view))
        start = int(after or 0)
        end = start + limit
        return Page(
            items=rows[start:end],
            matched=len(rows),
            undecided=undecided,
            next=str(end) if end < len(rows) else None,
        )

    def select(self, view: str) -> Selection:
        self._ask("select")
        rows, undecided = self._selected(parse(view))
        return Selection(uids=tuple(row.uid for row in rows), undecided=undecided)

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        self._ask("facets")
        rows, _ = self._selected(parse(view))
        return tuple(
            Facet(
                field=field,
                values=tuple(
                    FacetValue(value=value, count=count)
                    for value, count in Counter(
                        str(getattr(row, FIELDS[field].attribute)) for row in rows
                    ).most_common()
                ),
            )
            for field in fields
        )

    def snapshot(self, *, stale_s: float = 0.0) -> Snapshot:
        self._ask("snapshot")
        self.stale_s = stale_s
        rows = sorted(self._shown(), key=lambda row: row.uid)
        columns = {name: [getattr(row, name) for row in rows] for name in ATTRIBUTES}
        return Snapshot(seq=self.seq, taken_at=NOW, columns=columns)

    @property
    def seq(self) -> int:
        return self.log[-1].seq if self.log else 0

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        self._ask("detail")
        self.moments.append(at)
        for row in self.rows.values():
            if uid_or_name in {row.uid, row.name, row.native_id}:
                history = tuple(each for each in self.log if each.uid == row.uid)
                scope = next(each for each in self._scopes if each.scope.key == row.scope)
                siblings = [
                    each for each in self.rows.values() if each.api == row.api and each != row
                ]
                return detail_of(row, scope, siblings, history)
        raise NotFound(f"no deployment {uid_or_name}", hint="apiscape list shows them")

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        self._ask("changes")
        match = matcher(parse(view), now=NOW)
        items = [
            each
            for each in self.log
            if each.seq > after
            and (each.uid not in self.rows or match(self.rows[each.uid], None) is True)
        ][:limit]
        return ChangePage(
            items=tuple(items), last_seq=items[-1].seq if items else max(after, self.seq)
        )

    def diff(self, since: datetime, until: datetime | None = None, **_asked: Any) -> DiffPage:
        raise AssertionError("no screen compares two days")

    def names(self, view: str = "", *, limit: int = 1000, after: str | None = None) -> NamePage:
        self._ask("names")
        return page_of(self._names, view, NOW, limit=limit, after=after)

    def catalogues(
        self, view: str = "", *, limit: int = 1000, after: str | None = None
    ) -> CataloguePage:
        self._ask("catalogues")
        return page_of_catalogues(self._catalogues, view, NOW, limit=limit, after=after)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        self._ask("scopes")
        return self._scopes

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        self._ask("runs")
        return tuple(each.last_run for each in self._scopes if each.last_run)[:limit]

    def estate(self) -> tuple[EstateEntry, ...]:
        self._ask("estate")
        return self._estate

    def summary(self) -> Summary:
        self._ask("summary")
        if self._summary:
            return self._summary
        rows = self.rows.values()
        return Summary(
            deployments=len(rows),
            apis=len({row.api for row in rows}),
            scopes=len(self._scopes),
            not_observed=sum(row.freshness == "not_observed" for row in rows),
            observed_at=max((row.observed_at for row in rows if row.observed_at), default=None),
        )

    def confirm(self, scope: str, *, by: str) -> int:
        raise AssertionError("the screens only read")

    def forget(self, uid: str, *, by: str) -> None:
        raise AssertionError("the screens only read")

    # ── what happens meanwhile ──

    def put(self, *rows: Row, kind: str = "changed") -> None:
        """Write rows, with a change each."""
        for row in rows:
            old = self.rows.get(row.uid)
            fields = tuple(
                FieldChange(field=name, old=getattr(old, name), new=getattr(row, name))
                for name in ("health", "name", "stage")
                if old and getattr(old, name) != getattr(row, name)
            )
            self.rows[row.uid] = row
            self._note(row, kind, fields)

    def drop(self, uid: str) -> None:
        """Take a row away."""
        self._note(self.rows.pop(uid), "retired", ())

    def _note(self, row: Row, kind: str, fields: tuple[FieldChange, ...]) -> None:
        self.log.append(
            Change(
                seq=self.seq + 1,
                at=NOW,
                kind=kind,
                uid=row.uid,
                name=row.name,
                scope=row.scope,
                generation=1,
                fields=fields,
            )
        )


def some_changes(rows: Sequence[Row]) -> list[Change]:
    """Return a believable day of changes."""
    kinds = ("appeared", "changed", "changed", "missing", "returned", "changed", "retired")
    changes = []
    for number in range(40):
        row, kind = rows[number * 7 % len(rows)], kinds[number % len(kinds)]
        fields = {
            0: (FieldChange(field="auth", old="required", new="mixed"),),
            1: (
                FieldChange(field="operations", old=14, new=16),
                FieldChange(field="version", old="1.3.9", new="1.4.0"),
            ),
            2: (FieldChange(field="owners", old=UNKNOWN, new=["Team Tax"]),),
        }[number % 3]
        changes.append(
            Change(
                seq=number + 1,
                at=NOW - timedelta(minutes=11 * (40 - number)),
                kind=kind,
                uid=row.uid,
                name=row.name,
                scope=row.scope,
                generation=3,
                fields=fields if kind == "changed" else (),
                reason="two complete runs did not list it"
                if kind in {"missing", "retired"}
                else None,
                evidence="listing" if kind in {"missing", "retired"} else None,
            )
        )
    return changes


def fixed_clock() -> datetime:
    """Return the moment that all screens of the tests are shown at."""
    return NOW


def renamed(row: Row, **changes: object) -> Row:
    """Return the row with other values."""
    return msgspec.structs.replace(row, **changes)
