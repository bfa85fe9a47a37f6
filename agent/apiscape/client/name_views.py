"""Views of names in DNS: in the view language, of the fields that a name has.

`endpoint` is what it points at, `gateway` the zone that it is written in, `reason` why it is judged so, `changed`
since when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apiscape.client.list_views import MOST_ITEMS, Listing, badness
from apiscape.client.names import DnsName, NamePage
from apiscape.model.row import Deep, Row
from apiscape.query import View

FIELDS = (
    *("uid", "name", "provider", "product", "source", "scope", "account", "native_id"),
    *("gateway", "endpoint", "exposure", "dangling", "reason", "observed", "changed"),
)
"""What a view may ask of a name."""

MOST_NAMES = MOST_ITEMS
"""Names of a page."""

_NO_DEEP = Deep()


def page_of(
    names: Iterable[DnsName], text: str, now: datetime, *, limit: int, after: str | None = None
) -> NamePage:
    """Return a page of the names that a view lists.

    Raises:
        QueryError: The view cannot be read, or asks for what a name has not.
        UsageError: The limit is out of range, or no name begins the page.
    """
    found = _LISTING.page(names, text, now, limit=limit, after=after)
    return NamePage(found.items, found.matched, found.undecided, found.next)


def read_name_view(text: str) -> View:
    """Return a view of names.

    Raises:
        QueryError: It cannot be read, or asks for what a name has not.
    """
    return _LISTING.read(text)


def _order(name: DnsName) -> tuple[int, str, str]:
    return badness(name.dangling), name.name, name.uid


def _row_of(name: DnsName) -> tuple[Row, Deep]:
    row = Row(
        uid=name.uid,
        name=name.name,
        provider=name.provider,
        product=name.product,
        source=name.source,
        scope=name.scope,
        account=name.account,
        native_id=name.native_id,
        title=None,
        gateway=name.zone,
        endpoints=name.points_at,
        owners=(),
        exposure=name.exposure,
        dangling=name.dangling,
        health_reason=name.reason,
        observed_at=name.seen_at,
        changed_at=name.since,
    )
    return row, _NO_DEEP


_LISTING = Listing(noun="name", whole="a name in DNS", fields=FIELDS, row_of=_row_of, order=_order)
