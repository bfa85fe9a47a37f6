"""Views of records of catalogues: in the view language, of the fields that a record has.

`gateway` is the catalogue that holds it, `backend` the deployments that it leads to (`backend:none`: it leads to
none, `backend:unknown`: nobody can tell), `dangling` whether something that it names is not there, `reason` why it
is judged so.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apiscape.client.catalogues import CataloguePage, Declaration, Named
from apiscape.client.list_views import Listing, badness
from apiscape.model.row import Deep, Row
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Dangling, Lifecycle, Style
from apiscape.query import View

FIELDS = (
    *("uid", "name", "title", "style", "provider", "product", "source", "scope", "account"),
    *("region", "native_id", "gateway", "version", "lifecycle", "endpoint", "owner", "backend"),
    *("dangling", "reason", "freshness", "observed"),
)
"""What a view may ask of a record."""

UNLINKED = "backend:none,unknown"
"""The item of a view that leaves only records which lead to no deployment, as far as anybody knows."""


def page_of(
    records: Iterable[Declaration],
    text: str,
    now: datetime,
    *,
    limit: int,
    after: str | None = None,
) -> CataloguePage:
    """Return a page of the records that a view lists.

    Raises:
        QueryError: The view cannot be read, or asks for what a record has not.
        UsageError: The limit is out of range, or no record begins the page.
    """
    found = _LISTING.page(records, text, now, limit=limit, after=after)
    return CataloguePage(found.items, found.matched, found.undecided, found.next)


def read_catalogue_view(text: str) -> View:
    """Return a view of records of catalogues.

    Raises:
        QueryError: It cannot be read, or asks for what a record has not.
    """
    return _LISTING.read(text)


def _order(record: Declaration) -> tuple[int, bool, str, str, str]:
    """Return what lists records by how bad they are: those first that lead to nothing at all."""
    led = bool(record.leads_to)
    return badness(record.dangling), led, record.catalogue or "", record.name, record.uid


def _row_of(record: Declaration) -> tuple[Row, Deep]:
    row = Row(
        uid=record.uid,
        name=record.name,
        provider=record.provider,
        product=record.product,
        source=record.source or "",
        scope=record.scope or "",
        account=record.account,
        native_id=record.native_id,
        title=record.title,
        style=record.style or Style.UNKNOWN,
        region=record.region,
        gateway=record.catalogue,
        version=record.version,
        lifecycle=record.lifecycle or Lifecycle.UNKNOWN,
        endpoints=record.urls,
        owners=record.owners,
        dangling=record.dangling,
        health_reason=record.reason,
        freshness=record.freshness,
        observed_at=record.seen_at,
    )
    led = [text for each in record.names if each.dangling == Dangling.NO for text in _ends(each)]
    open_ = bool(record.unsure) or record.dangling not in {Dangling.YES, Dangling.NO}
    return row, Deep(backends=UNKNOWN if open_ and not led else tuple(led))


def _ends(end: Named) -> tuple[str, str]:
    return end.title, end.uid


_LISTING = Listing(
    noun="record", whole="a record of a catalogue", fields=FIELDS, row_of=_row_of, order=_order
)
