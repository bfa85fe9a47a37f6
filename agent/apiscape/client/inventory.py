"""The Inventory protocol: all that screens, commands and reports know of the inventory.

`serve.local` gives it over a store in this process. Calls block and are safe from any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from apiscape.client.catalogues import CataloguePage
from apiscape.client.names import NamePage
from apiscape.model.change import Change, FieldChange
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.entity import Entity
from apiscape.model.provenance import Claim
from apiscape.model.row import Row
from apiscape.model.run import ErrorRecord, EstateEntry, Gap, RunReport, Scope
from apiscape.model.surroundings import Access, Api, Consumer, FrontDoor, Health
from apiscape.model.values import UNKNOWN, Unknown


class Page(Entity, frozen=True):
    """Rows of a view, in its order.

    Attributes:
        next: Where the next page begins (opaque), `None` at the end.
        matched: Rows that match in all.
        undecided: Rows that neither match nor are ruled out, for want of a value.
        doubts: What of the view may be mistyped, in words.
    """

    items: tuple[Row, ...]
    matched: int
    undecided: int
    next: str | None = None
    doubts: tuple[str, ...] = ()


class FacetValue(Entity, frozen=True):
    """How many rows of a view have a value; `None` is absent."""

    value: str | None
    count: int


class Facet(Entity, frozen=True):
    """The values of one field over a view, most frequent first."""

    field: str
    values: tuple[FacetValue, ...]


class Snapshot(Entity, frozen=True):
    """All rows in columns, for a grid.

    Attributes:
        seq: Position in the change log that the snapshot stands at.
        columns: One list per field of `Row`, all of one length, in `uid` order.
    """

    seq: int
    taken_at: datetime
    columns: dict[str, list[Any]]


class Selection(Entity, frozen=True):
    """Uids of the rows of a view, in its order, and how many are undecided."""

    uids: tuple[str, ...]
    undecided: int


class ScopeStatus(Entity, frozen=True):
    """A scope as its last run left it.

    Attributes:
        last_run: The newest run, whatever its outcome; `None` where none has ended.
        last_complete_at: When all of it was last seen.
        deployments: Rows that are not retired; `not_observed`: those that the last run could not see.
        suspect: Rows held by the mass-loss guard until someone confirms.
    """

    scope: Scope
    last_run: RunReport | None = None
    last_complete_at: datetime | None = None
    deployments: int = 0
    not_observed: int = 0
    suspect: int = 0


class Link(Entity, frozen=True):
    """What a deployment is linked to: another deployment, or a record of a catalogue.

    Attributes:
        type: What the link is, in its collector's word (`exposes`).
        outward: Whether it leads from the deployment; else it leads to it.
        uid: Of what is at the other end.
        name: What that is called; `None` where nothing that was visited has the uid, and so of the next two.
        kind: Its product, or what its catalogue calls such a record.
        place: The account that it is in, and the region.
        declared: Whether it is a record of a catalogue, and no deployment.
        evidence: What speaks for the link.
    """

    type: str
    outward: bool
    uid: str
    name: str | None = None
    kind: str | None = None
    place: str | None = None
    declared: bool = False
    evidence: tuple[str, ...] = ()


class Detail(Entity, frozen=True):
    """Everything known of one deployment.

    Attributes:
        health: How it fares with all reasons; `None` where nothing was concluded yet.
        access: What callers are asked for by every name; `None` where no front door is known to lead to it.
        traffic: What its gateway counted last; unknown where nobody measures it, and of an earlier day.
        provenance: Who says the fields that did not come from the gateway alone: first what is shown, then
            what that hides.
        links: What exposes, declares or publishes it, and what it does so with or depends on.
    """

    row: Row
    deployment: Deployment
    scope: ScopeStatus
    api: Api | None = None
    siblings: tuple[Row, ...] = ()
    front_doors: tuple[FrontDoor, ...] = ()
    consumers: tuple[Consumer, ...] = ()
    gaps: tuple[Gap, ...] = ()
    history: tuple[Change, ...] = ()
    health: Health | None = None
    access: Access | None = None
    traffic: Traffic | Unknown = UNKNOWN
    provenance: dict[str, tuple[Claim, ...]] = msgspec.field(default_factory=dict)
    links: tuple[Link, ...] = ()


class ChangePage(Entity, frozen=True):
    """Changes after a sequence number, oldest first; `last_seq` is where to go on."""

    items: tuple[Change, ...]
    last_seq: int


class Difference(Entity, frozen=True):
    """What is otherwise with a deployment on the later of two days; several where several things are.

    Attributes:
        kind: A word of `ChangeKind`, as of one change from the one day to the other.
        fields: Old and new values; what went there and back is not among them.
        reason: Why its health is what it is on the later day, where that turned.
    """

    kind: str
    uid: str
    name: str
    scope: str
    fields: tuple[FieldChange, ...] = ()
    reason: str | None = None


class ScopeThen(Entity, frozen=True):
    """A scope that was not seen whole by some day; `outcome` of its newest run, `None` where none had ended."""

    scope: str
    outcome: str | None = None


class DiffPage(Entity, frozen=True):
    """The net difference between two days.

    Attributes:
        items: Of a page of the deployments that moved, in the order in which those were first seen;
            a page may have none, and there may be more all the same.
        since, until: The days.
        undecided: Deployments of the page of which nobody can tell whether the view holds them.
        unseen_since, unseen_until: Scopes that could not be seen whole by either day: what differs
            in them may have been so before, and what does not may differ. On the first page only.
        next: Where the next page begins (opaque), `None` at the end.
    """

    items: tuple[Difference, ...]
    since: datetime
    until: datetime
    undecided: int = 0
    unseen_since: tuple[ScopeThen, ...] = ()
    unseen_until: tuple[ScopeThen, ...] = ()
    next: str | None = None


class Summary(Entity, frozen=True):
    """The head of every list and report: what it rests on.

    Attributes:
        incomplete: Keys of scopes whose last run did not see all of them, accepted gaps left out.
        problem: Why nothing can be said at all, if so.
    """

    deployments: int
    apis: int
    scopes: int
    incomplete: tuple[str, ...] = ()
    not_observed: int = 0
    observed_at: datetime | None = None
    problem: ErrorRecord | None = None


class Inventory(Protocol):
    """Reads, and the two actions a person may take.

    Every method that takes a view raises `errors.QueryError` where it cannot be read, and
    `errors.NotKept` where it asks for a time before what is kept.
    """

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view."""
        ...

    def select(self, view: str) -> Selection:
        """Return all uids of a view, without the rows."""
        ...

    def facets(self, view: str, fields: Sequence[str]) -> tuple[Facet, ...]:
        """Return the values of some fields over a view."""
        ...

    def snapshot(self, *, stale_s: float = 0.0) -> Snapshot:
        """Return every row of the default view, in columns: superseded rows and those long retired are not in it.

        With `stale_s` it may be so many seconds old; whoever goes on from its `seq` misses no change by that.
        """
        ...

    def detail(self, uid_or_name: str, *, at: datetime | None = None) -> Detail:
        """Return everything known of one deployment, now or as it was at some time.

        Raises:
            NotFound: no deployment has that uid, native id or name, or several have that name (the hint lists them).
        """
        ...

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number, of deployments that match a view."""
        ...

    def diff(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        view: str = "",
        limit: int = 1000,
        after: str | None = None,
    ) -> DiffPage:
        """Return what is otherwise at a later time than at an earlier one, of deployments that match a view then.

        The later time is now, if it is left out. At most `limit` deployments that moved in between
        are compared for a page. What is gone at the later time is asked for as it was at the earlier one.

        Raises:
            UsageError: The later time is not later, or `after` is no page's `next`.
        """
        ...

    def names(self, view: str = "", *, limit: int = 1000, after: str | None = None) -> NamePage:
        """Return a page of the names in DNS that point at lent hosts, and whether those are somebody's still.

        Raises:
            QueryError: The view asks for what a name has not (`client.name_views.FIELDS`).
            Refused: Whoever asks sees some deployments only: names may be anybody's.
            UsageError: The limit is out of range, or `after` is no page's `next`.
        """
        ...

    def catalogues(
        self, view: str = "", *, limit: int = 1000, after: str | None = None
    ) -> CataloguePage:
        """Return a page of the records of catalogues, and whether they lead to what is in the inventory.

        Whoever sees some deployments only is told of the records that lead to one of these, and of no other.

        Raises:
            QueryError: The view asks for what a record has not (`client.catalogue_views.FIELDS`).
            UsageError: The limit is out of range, or `after` is no page's `next`.
        """
        ...

    def scopes(self) -> tuple[ScopeStatus, ...]:
        """Return every scope with its last run."""
        ...

    def runs(self, *, scope: str | None = None, limit: int = 100) -> tuple[RunReport, ...]:
        """Return runs, newest first."""
        ...

    def estate(self) -> tuple[EstateEntry, ...]:
        """Return every reach that the providers say exists, and what became of it."""
        ...

    def summary(self) -> Summary:
        """Return what the inventory rests on."""
        ...

    def confirm(self, scope: str, *, by: str) -> int:
        """Say that the suspect losses of a scope are real; return how many rows were retired."""
        ...

    def forget(self, uid: str, *, by: str) -> None:
        """Drop a retired deployment from every view; its history keeps that it was there."""
        ...
