"""Views of names in DNS: in the view language, of the fields that a name has.

`endpoint` is what it points at, `gateway` the zone that it is written in, `reason` why it is judged so, `changed`
since when.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from apiscape.client.names import DnsName, NamePage
from apiscape.errors import QueryError, UsageError
from apiscape.model.row import Row
from apiscape.model.vocabulary import Dangling
from apiscape.query import View, parse, select_rows
from apiscape.query.syntax import fields_of

FIELDS = (
    *("uid", "name", "provider", "product", "source", "scope", "account", "native_id"),
    *("gateway", "endpoint", "exposure", "dangling", "reason", "observed", "changed"),
)
"""What a view may ask of a name."""

MOST_NAMES = 10_000
"""Names of a page."""

_WORST_FIRST = (Dangling.YES.value, Dangling.UNKNOWN.value, Dangling.NO.value)


def page_of(
    names: Iterable[DnsName], text: str, now: datetime, *, limit: int, after: str | None = None
) -> NamePage:
    """Return a page of the names that a view lists.

    Raises:
        QueryError: The view cannot be read, or asks for what a name has not.
        UsageError: The limit is out of range, or no name begins the page.
    """
    if not 1 <= limit <= MOST_NAMES:
        raise UsageError(f"a page has 1 to {MOST_NAMES:,} items, not {limit:,}")
    view = read_name_view(text)
    held = {each.uid: each for each in names}
    found = select_rows(view, map(_row_of, held.values()), now)
    listed = [held[row.uid] for row in found.rows]
    if not view.sort:
        listed.sort(key=_badness)
    start = _start_after(listed, after)
    end = start + limit
    return NamePage(
        items=tuple(listed[start:end]),
        matched=len(listed),
        undecided=found.undecided,
        next=listed[end - 1].uid if end < len(listed) else None,
    )


def read_name_view(text: str) -> View:
    """Return a view of names.

    Raises:
        QueryError: It cannot be read, or asks for what a name has not.
    """
    view = parse(text)
    asked = (*fields_of(view), *(key.field for key in view.sort))
    strange = next((field for field in asked if field not in FIELDS), None)
    hint = f"a name has {', '.join(FIELDS)}"
    if strange is not None:
        raise QueryError(f"a name in DNS has no {strange}", text=text, column=1, hint=hint)
    if view.at is not None or view.columns:
        message = "names are shown as they are now, and in columns of their own"
        raise QueryError(message, text=text, column=1, hint="leave at: and cols: out")
    return view


def _start_after(listed: list[DnsName], after: str | None) -> int:
    if after is None:
        return 0
    for place, name in enumerate(listed, start=1):
        if name.uid == after:
            return place
    raise UsageError("the cursor's name is no longer there", hint="begin with the first page")


def _badness(name: DnsName) -> tuple[int, str, str]:
    known = name.dangling if name.dangling in _WORST_FIRST else Dangling.UNKNOWN.value
    return _WORST_FIRST.index(known), name.name, name.uid


def _row_of(name: DnsName) -> Row:
    """Return a name as what the view language is asked of."""
    return Row(
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
