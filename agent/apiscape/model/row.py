"""A row: what lists, views and screens know of one deployment. Flat, and cheap by the hundred thousand."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter

from apiscape.model.entity import Entity
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import (
    Audience,
    Basis,
    Bypass,
    Dangling,
    Environment,
    Exposure,
    Freshness,
    HealthState,
    Lifecycle,
    Presence,
    Requirement,
    Status,
    Style,
    Switch,
)


class Row(Entity, frozen=True):
    """The flat form of a deployment and of what was concluded of it.

    A word `unknown` and an `UNKNOWN` value are both unknown; `None` and `()` are absent.

    Attributes:
        scope: Key of the scope that lists it (`source/reach/product`).
        api: Uid of the Api that it belongs to.
        operations: How many; `unauthenticated`: how many of them ask a caller for nothing.
        auth: Requirement over its operations; `schemes`: kinds of scheme any of them asks for.
        bypass: Whether callers can go around what front doors ask for; absent where none of all asks for more.
        classification: How sensitive it is, in the words of whoever answers for it.
        consumers: How many are let in; absent where the product knows none.
        dangling: Whether a name in DNS that leads to it, or led to it, points at what is gone.
        confirmation: Whether its owners were confirmed in time; absent where nobody stands for them.
        rate_limit: Whether its operations are limited, a word of `Switch`.
        tls: Who ends TLS at its addresses, words of `TlsMode`.
        observed_at: When the last run that could look saw it.
        requests, errors_4xx, errors_5xx, p95_ms: Per measured window; rates of errors in percent.
    """

    uid: str
    name: str
    provider: str
    product: str
    source: str
    scope: str
    account: str
    native_id: str
    title: str | Unknown | None = UNKNOWN
    style: str = Style.UNKNOWN
    region: str | None = None
    gateway: str | Unknown | None = UNKNOWN
    environment: str = Environment.UNKNOWN
    stage: str | None = None
    version: str | Unknown | None = UNKNOWN
    status: str = Status.UNKNOWN
    api: str | None = None
    endpoints: tuple[str, ...] | Unknown = UNKNOWN
    operations: int | Unknown = UNKNOWN
    unauthenticated: int | Unknown = UNKNOWN
    auth: str = Requirement.UNKNOWN
    schemes: tuple[str, ...] | Unknown = UNKNOWN
    exposure: str = Exposure.UNKNOWN
    bypass: str | None = Bypass.UNKNOWN
    dangling: str = Dangling.UNKNOWN
    audience: str = Audience.UNKNOWN
    lifecycle: str = Lifecycle.UNKNOWN
    classification: str | Unknown | None = UNKNOWN
    owners: tuple[str, ...] | Unknown = UNKNOWN
    confirmation: str | Unknown | None = UNKNOWN
    spec: str | Unknown | None = UNKNOWN
    consumers: int | Unknown | None = UNKNOWN
    rate_limit: str = Switch.UNKNOWN
    tls: tuple[str, ...] | Unknown = UNKNOWN
    health: str = HealthState.UNKNOWN
    basis: str = Basis.NONE
    health_reason: str | None = None
    presence: str = Presence.PRESENT
    freshness: str = Freshness.CURRENT
    observed_at: datetime | None = None
    first_seen_at: datetime | None = None
    changed_at: datetime | None = None
    missing_since: datetime | None = None
    requests: float | Unknown = UNKNOWN
    errors_4xx: float | Unknown = UNKNOWN
    errors_5xx: float | Unknown = UNKNOWN
    p95_ms: float | Unknown = UNKNOWN


class Deep(Entity, frozen=True):
    """What only the store knows of a deployment and a view may still ask for.

    Attributes:
        paths: Templates of its operations.
        backends: Addresses of its backends.
        labels: Native tags as `key=value`.
    """

    paths: tuple[str, ...] | Unknown = UNKNOWN
    backends: tuple[str, ...] | Unknown = UNKNOWN
    labels: tuple[str, ...] | Unknown = UNKNOWN


SEARCHED = (
    "name",
    "title",
    "native_id",
    "product",
    "account",
    "region",
    "gateway",
    "environment",
    "stage",
    "endpoints",
    "owners",
)
"""Fields that a bare word is looked for in."""

_searched_of = attrgetter(*SEARCHED)

SEPARATOR = "\n"
"""Between the fields of a row's search text; no word can match across it."""


def search_text(row: Row) -> str:
    """Return the casefolded text that bare words are looked for in, one field a line."""
    parts: list[str] = []
    for value in _searched_of(row):
        if isinstance(value, str):
            parts.append(value)
        elif isinstance(value, tuple):
            parts.extend(value)
    return SEPARATOR.join(parts).casefold()
