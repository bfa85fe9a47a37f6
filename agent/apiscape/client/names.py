"""Names in DNS that point at hosts which a service lends: whether each still leads to something, and to what."""

from __future__ import annotations

from datetime import datetime

from apiscape.model.entity import Entity
from apiscape.model.vocabulary import Dangling, Exposure


class DnsName(Entity, frozen=True):
    """A name in DNS that points at lent hosts.

    Attributes:
        zone: Where it is written, in words (`public zone example.org`).
        points_at: The hosts that its records name, each with when that one answers (`host (weight 10)`).
        dangling: A word of `Dangling`: whether one of them has nobody any more; `reason`: what speaks for it.
        since: Since when that is so.
        scope: Key of the scope that lists it; `seen_at`: when a visit of that last saw the zone.
    """

    uid: str
    name: str
    provider: str
    product: str
    source: str
    scope: str
    account: str
    native_id: str
    zone: str | None = None
    points_at: tuple[str, ...] = ()
    exposure: str = Exposure.UNKNOWN
    dangling: str = Dangling.UNKNOWN
    reason: str | None = None
    since: datetime | None = None
    seen_at: datetime | None = None


class NamePage(Entity, frozen=True):
    """Names of a view: those that dangle first, unless it says how to sort.

    Attributes:
        next: Where the next page begins (opaque), `None` at the end.
        matched: Names that match in all; `undecided`: those that neither match nor are ruled out.
    """

    items: tuple[DnsName, ...]
    matched: int
    undecided: int = 0
    next: str | None = None
