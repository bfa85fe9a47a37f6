"""An inventory as the holder of a token that is bound to a view sees it.

Rows of which nobody can tell whether the view holds them are not in it. Times that a view asks
for (`at:`) show what the view held then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import UTC, datetime

import msgspec

from apiscape.client.catalogue_views import page_of
from apiscape.client.catalogues import CataloguePage, Declaration
from apiscape.client.inventory import (
    ChangePage,
    Detail,
    DiffPage,
    Facet,
    Inventory,
    Page,
    ScopeStatus,
    Selection,
    Snapshot,
    Summary,
)
from apiscape.client.list_views import MOST_ITEMS as MOST_LISTED
from apiscape.client.names import NamePage
from apiscape.client.pages import every_page
from apiscape.errors import NotFound, QueryError, Refused, UsageError
from apiscape.model.deployment import Deployment
from apiscape.model.projection import routes_to
from apiscape.model.row import Row
from apiscape.model.run import EstateEntry, RunReport
from apiscape.model.surroundings import Api, Consumer, FrontDoor
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Dangling, Freshness, Presence
from apiscape.query import View, doubts, format_view, parse
from apiscape.query.parse import MOST_ITEMS, starts
from apiscape.query.syntax import AnyOf, Literal, Nothing, Term, Word
from apiscape.query.tokens import LONGEST_TEXT

MOST_BOUND = MOST_ITEMS // 2
"""Items that a token is bound to, those that rule out the undecided included."""

_ALL_PRESENCES = AnyOf("presence", tuple(Literal(word.value) for word in Presence))
"""Lifts what default views hide: retired and superseded rows."""


def read_bound(text: str) -> View:
    """Return the view that a token is bound to.

    Raises:
        QueryError: It cannot be read.
        UsageError: It says how to show, or nothing at all.
    """
    view = parse(text)
    if view != View(terms=view.terms) or not view.terms:
        hint = "leave at:, sort:, cols: and undecided: out"
        raise UsageError(f"a token cannot be bound to this view: {text!r}", hint=hint)
    bound = View(terms=(*view.terms, *_decided(view.terms)))
    if len(bound.terms) > MOST_BOUND or len(format_view(bound)) > LONGEST_TEXT // 2:
        hint = "half of a view is left to whoever asks"
        raise UsageError("a token cannot be bound to so long a view", hint=hint)
    return bound


def _decided(terms: Sequence[Term]) -> list[Term]:
    """Return terms that rule out every row of which others could not tell."""
    return [
        AnyOf(term.field, (Nothing.UNKNOWN,), negated=True)
        for term in terms
        if not isinstance(term, Word) and term.field is not None and _leaves_open(term)
    ]


def _leaves_open(term: Term) -> bool:
    """Say whether nobody can tell of an unknown value: a test for nothing itself always can."""
    values = term.values if isinstance(term, AnyOf) else ()
    return not values or (Nothing.UNKNOWN not in values and set(values) != {Nothing.NONE})


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Narrowed:
    """An `Inventory` that holds the rows of one view, and no more."""

    def __init__(
        self, whole: Inventory, bound: View, clock: Callable[[], datetime] = _utc_now
    ) -> None:
        """Narrow an inventory to a view that `read_bound` returned; `clock` is that of the inventory."""
        self._whole = whole
        self._bound = bound
        self._clock = clock

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view, of what is seen."""
        page = self._whole.page(self._within(view), limit=limit, after=after)
        return msgspec.structs.replace(page, doubts=tuple(map(str, doubts(parse(view)))))

    def select(self, view: str) -> Selection:
        """Return all uids of a view, of what is seen."""
        return self._whole.select(self._within(view))

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view, of what is seen."""
        return self._whole.facets(self._within(view), fields)

    def snapshot(self, *, stale_s: float = 0.0) -> Snapshot:
        """Return every row that is seen, in columns, as of now."""
        del stale_s  # what is seen moves with every row
        whole = self._whole.snapshot()
        seen = frozenset(self.select("").uids)
        places = [place for place, uid in enumerate(whole.columns["uid"]) if uid in seen]
        columns = {
            name: [column[place] for place in places] for name, column in whole.columns.items()
        }
        return msgspec.structs.replace(whole, columns=columns)

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment that is seen, now or that was at some time.

        Raises:
            NotFound: None that is seen has that uid, native id or name, or several have that name.
        """
        found = self._called(uid_or_name, at)
        if not found:
            hint = "`apiscape list` shows what is there"
            message = f"no deployment has the uid, native id or name {uid_or_name!r}"
            raise NotFound(message, hint=hint)
        if len(found) > 1:
            lines = [f"{row.uid}  {row.native_id}" for row in found]
            message = f"{len(found)} deployments are called {uid_or_name}"
            raise NotFound(message, hint="\n".join(["ask for one of", *lines]))
        return self._narrow(self._whole.detail(found[0].uid, at=at), at)

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes of deployments that are seen."""
        try:
            return self._whole.changes(after=after, limit=limit, view=self._within(view))
        except QueryError as error:  # what is wrong is in the view that was typed
            column = error.column if error.text == view else 1
            raise QueryError(error.message, text=view, column=column, hint=error.hint) from None

    def diff(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        view: str = "",
        limit: int = 1000,
        after: str | None = None,
    ) -> DiffPage:
        """Return what is otherwise at a later time, of deployments that are seen then."""
        within = self._within(view)
        page = self._whole.diff(since, until, view=within, limit=limit, after=after)
        held = self._counts("scope") if page.unseen_since or page.unseen_until else {}
        unseen_since, unseen_until = (
            tuple(each for each in unseen if each.scope.casefold() in held)
            for unseen in (page.unseen_since, page.unseen_until)
        )
        return msgspec.structs.replace(page, unseen_since=unseen_since, unseen_until=unseen_until)

    def names(self, view: str = "", *, limit: int = 1000, after: str | None = None) -> NamePage:
        """Refuse: most names lead to no deployment, so that nobody can tell whose they are.

        Raises:
            Refused: Always.
        """
        message = "a token that is bound to a view does not see the names of whole zones"
        hint = "dangling:yes finds the deployments that such names lead to"
        raise Refused(message, hint=hint)

    def catalogues(
        self, view: str = "", *, limit: int = 1000, after: str | None = None
    ) -> CataloguePage:
        """Return a page of the records of catalogues that lead to something that is seen.

        Each says nothing of what else it names, before the view is asked: what a view finds tells as well.
        """
        seen, scopes = frozenset(self.select("").uids), self._counts("scope")
        records = (_leading_to(each, seen, scopes) for each in _declared(self._whole))
        told = [each for each in records if each is not None]
        return page_of(told, view, self._clock(), limit=limit, after=after)

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return the scopes of what is seen; their last runs are those of the whole scope, without names."""
        held = self._counts("scope")
        unseen = self._counts("scope", f"freshness:{Freshness.NOT_OBSERVED}")
        suspect = self._counts("scope", f"presence:{Presence.SUSPECT}")
        return tuple(
            msgspec.structs.replace(
                status,
                last_run=_nameless(status.last_run) if status.last_run else None,
                deployments=held[key],
                not_observed=unseen.get(key, 0),
                suspect=suspect.get(key, 0),
            )
            for status in self._whole.scopes()
            if (key := status.scope.key.casefold()) in held
        )

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        """Return runs of the scopes of what is seen, without names."""
        held = self._counts("scope")
        runs = self._whole.runs(scope=scope, limit=limit)
        return tuple(_nameless(run) for run in runs if run.scope.key.casefold() in held)

    def estate(self) -> tuple[EstateEntry, ...]:
        """Return the reaches of the scopes of what is seen."""
        reached = {(status.scope.source, status.scope.reach.key) for status in self.scopes()}
        return tuple(each for each in self._whole.estate() if (each.source, each.key) in reached)

    def summary(self) -> Summary:
        """Return what the seen part rests on."""
        whole, scopes = self._whole.summary(), self.scopes()
        keys = {status.scope.key for status in scopes}
        columns = self.snapshot().columns
        wholes = [status.last_complete_at for status in scopes]
        return Summary(
            deployments=sum(status.deployments for status in scopes),
            apis=len({api or uid for api, uid in zip(columns["api"], columns["uid"], strict=True)}),
            scopes=len(scopes),
            incomplete=tuple(key for key in whole.incomplete if key in keys),
            not_observed=sum(status.not_observed for status in scopes),
            observed_at=min(filter(None, wholes), default=None) if all(wholes) else None,
        )

    def confirm(self, scope: str, *, by: str) -> int:
        """Refuse: the losses of a scope are not of a view alone.

        Raises:
            Refused: Always.
        """
        raise Refused("a token that is bound to a view confirms no losses of a whole scope")

    def forget(self, uid: str, *, by: str) -> None:
        """Drop a retired deployment that is seen.

        Raises:
            NotFound: There is no such deployment, or it is not seen.
            UsageError: It is not retired.
        """
        self._whole.forget(self.detail(uid).row.uid, by=by)

    def _within(self, text: str) -> str:
        """Return a view of what is seen. Errors point into the text as it was typed.

        Raises:
            QueryError: It cannot be read, or is too long together with what the token is bound to.
        """
        view = parse(text)
        within = msgspec.structs.replace(view, terms=(*self._bound.terms, *view.terms))
        whole, room = format_view(within), MOST_ITEMS - len(self._bound.terms)
        begins = starts(text)
        if len(begins) > room:
            message = f"a view of this token has at most {room} items"
            raise QueryError(message, text=text, column=begins[room])
        if len(whole) > LONGEST_TEXT:
            message = (
                f"a view of this token is too long by {len(whole) - LONGEST_TEXT:,} characters"
            )
            raise QueryError(message, text=text, column=max(len(text), 1))
        return whole

    def _called(self, asked: str, at: datetime | None) -> list[Row]:
        """Return the seen rows that a uid, else a native id, else a name means, hidden ones too."""
        for field in ("uid", "native_id", "name"):
            term = AnyOf(field, (Literal(asked.casefold()),))
            view = format_view(View(terms=(*self._bound.terms, term, _ALL_PRESENCES), at=at))
            try:
                found = [row for row in _rows(self._whole, view) if getattr(row, field) == asked]
            except QueryError:  # no view can hold that text, so no row that is seen has it
                return []
            if len(found) > 1:
                shown = frozenset(self.select(_as_of(at)).uids)
                found = [row for row in found if row.uid in shown] or found
            if found:
                return found
        return []

    def _counts(self, field: str, view: str = "") -> dict[str, int]:
        """Return how many rows that stand have each value of a field."""
        standing = f"{view} -presence:{Presence.RETIRED},{Presence.SUPERSEDED}".lstrip()
        (facet,) = self.facets(standing, (field,))
        return {each.value: each.count for each in facet.values if each.value is not None}

    def _narrow(self, detail: Detail, at: datetime | None) -> Detail:
        """Return a detail without what it says of deployments that are not seen."""
        seen = frozenset(self.select(_as_of(at)).uids) | {detail.row.uid}
        key, own = detail.scope.scope.key, detail.deployment.native_api_id
        scopes = {status.scope.key: status for status in self.scopes()}
        return msgspec.structs.replace(
            detail,
            scope=scopes.get(key, ScopeStatus(scope=detail.scope.scope)),
            siblings=tuple(row for row in detail.siblings if row.uid in seen),
            api=_members_within(detail.api, seen) if detail.api else None,
            front_doors=tuple(_routes_to(detail.deployment, door) for door in detail.front_doors),
            consumers=tuple(_admitted_to(own, consumer) for consumer in detail.consumers),
            links=tuple(link for link in detail.links if link.declared or link.uid in seen),
        )


def _as_of(at: datetime | None) -> str:
    return format_view(View(at=at))


def _rows(whole: Inventory, view: str) -> Iterator[Row]:
    """Yield all rows of a view."""
    for page in every_page(lambda after: whole.page(view, limit=500, after=after)):
        yield from page.items


def _declared(whole: Inventory) -> Iterator[Declaration]:
    """Yield all records of catalogues."""
    for page in every_page(lambda after: whole.catalogues(limit=MOST_LISTED, after=after)):
        yield from page.items


def _leading_to(
    record: Declaration, seen: Collection[str], scopes: Collection[str]
) -> Declaration | None:
    """Return a record with no more than what is seen of what it names; none that leads to nothing of it."""
    names = tuple(
        each for each in record.names if each.dangling == Dangling.NO and each.uid in seen
    )
    if not names:
        return None
    known = record.scope is not None and record.scope.casefold() in scopes
    record = record if known else msgspec.structs.replace(record, source=None, scope=None)
    if record.dangling == Dangling.NO and names == record.names:
        return record
    return msgspec.structs.replace(
        record, names=names, dangling=Dangling.UNKNOWN.value, reason=_MORE
    )


_MORE = "what else it may lead to is not shown to this token"


def _members_within(api: Api, seen: frozenset[str]) -> Api:
    return msgspec.structs.replace(api, members=tuple(uid for uid in api.members if uid in seen))


def _routes_to(item: Deployment, door: FrontDoor) -> FrontDoor:
    """Return a front door without its routes to what is not seen: every stage of the API is its own."""
    if not is_known(door.routes):
        return door
    by_address = routes_to(door, item)
    routes = tuple(
        route
        for route in door.routes
        if route.native_api_id == item.native_api_id or route in by_address
    )
    return msgspec.structs.replace(door, routes=routes)


def _admitted_to(native_api_id: str, consumer: Consumer) -> Consumer:
    if not is_known(consumer.admits):
        return consumer
    admits = tuple(pair for pair in consumer.admits if pair[0] == native_api_id)
    return msgspec.structs.replace(consumer, admits=admits)


def _nameless(run: RunReport) -> RunReport:
    """Return a run without the objects that it names: they may be anybody's."""
    parts = tuple(
        msgspec.structs.replace(part, skipped=(), failed=(), gaps=()) for part in run.parts
    )
    return msgspec.structs.replace(run, parts=parts)
