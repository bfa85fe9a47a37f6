"""What the inventory sums up to, for whoever watches it: counted along narrow indexes, no row read.

Nearly all rows are present. So all are counted as if they were, and those that are not – few, and
found by their own index – once more by themselves, to be moved to where they belong.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    literal,
    or_,
    select,
    union,
    union_all,
)

from apiscape.model.codec import decode
from apiscape.model.deployment import Traffic
from apiscape.model.measured import Measured, newest_traffic
from apiscape.model.values import UNKNOWN as UNMEASURED
from apiscape.model.values import Unknown
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import schema
from apiscape.store.encoding import ABSENT_TEXT
from apiscape.store.reading.display import moment_of

ABSENT = "none"
UNKNOWN = "unknown"

_ROW = schema.row.c
_HELD = schema.deployment.c
_MEASURED = schema.measurement.c

WORDS = (
    *("provider", "product", "environment", "lifecycle"),
    *("health", "basis", "exposure", "auth"),
)
"""Columns of `row` that deployments are told apart by; presence stands beside it."""

GONE = frozenset({Presence.RETIRED.value, Presence.SUPERSEDED.value})
"""Presences of deployments that the gateway no longer has, as far as anyone knows."""


class Alike(msgspec.Struct, frozen=True):
    """How many deployments are alike in every word; `unknown` stands where nobody knows it."""

    provider: str
    product: str
    environment: str
    lifecycle: str
    health: str
    basis: str
    exposure: str
    auth: str
    presence: str
    count: int


class Product(msgspec.Struct, frozen=True):
    """What stands of one product.

    Attributes:
        deployments: All of them that are not gone.
        unauthenticated: Operations that ask a caller for nothing, of deployments where that is known;
            `None` where it is of none.
        undecided: Deployments of which nobody can tell how many of their operations do.
        not_observed: Deployments that the newest run over them did not see.
    """

    provider: str
    product: str
    deployments: int
    unauthenticated: int | None
    undecided: int
    not_observed: int


class Standing(msgspec.Struct, frozen=True):
    """How one scope stands.

    Attributes:
        outcome: Of the newest run that ended; `None` where none has.
        is_accepted: Whether somebody answers for what that run could not see.
        last_complete_at: When all of it was last seen.
    """

    provider: str
    product: str
    outcome: str | None = None
    is_accepted: bool = False
    last_complete_at: datetime | None = None

    @property
    def is_nothing(self) -> bool:
        """Whether it was never more than absent: the region disabled, the kind not installed."""
        return self.last_complete_at is None and self.outcome == Outcome.ABSENT


class Counts(msgspec.Struct, frozen=True):
    """What the inventory sums up to at one moment."""

    alike: tuple[Alike, ...] = ()
    products: tuple[Product, ...] = ()
    scopes: tuple[Standing, ...] = ()


def read_counts(connection: Connection) -> Counts:
    """Return what the inventory sums up to."""
    return Counts(
        alike=_read_alike(connection),
        products=_read_products(connection),
        scopes=_read_scopes(connection),
    )


class Health(msgspec.Struct, frozen=True, gc=False):
    """How one deployment fares, and what was measured of its traffic."""

    uid: str
    health: str
    basis: str
    traffic: Traffic | Unknown = UNMEASURED


def read_healths(connection: Connection, limit: int) -> tuple[Health, ...]:
    """Return how deployments fare that are not gone: those known longest, so that it is steadily the same."""
    gone = select(_HELD.pk).where(_HELD.presence.in_(GONE))
    standing = select(_ROW.deployment_pk).where(_ROW.deployment_pk.not_in(gone))
    chosen = standing.order_by(_ROW.deployment_pk).limit(limit)
    query = select(_ROW.deployment_pk, _ROW.uid, _ROW.health, _ROW.basis)
    found = connection.execute(
        query.where(_ROW.deployment_pk.in_(chosen)).order_by(_ROW.deployment_pk)
    ).all()
    measured: defaultdict[int, list[Measured]] = defaultdict(list)
    documents = select(_MEASURED.deployment_pk, _MEASURED.doc)
    for key, doc in connection.execute(documents.where(_MEASURED.deployment_pk.in_(chosen))):
        measured[key].append(decode(doc, Measured))
    return tuple(
        Health(uid, _word(health), _word(basis), newest_traffic(measured.get(key, ())))
        for key, uid, health, basis in found
    )


def _read_alike(connection: Connection) -> tuple[Alike, ...]:
    words = [_ROW[name] for name in WORDS]
    in_order = [_ROW[name] for name in schema.ROW_FACETS]  # SQLite sorts unless groups are in it
    everything = select(*words, literal(Presence.PRESENT.value), func.count()).group_by(*in_order)
    moved = _moved(*words, _HELD.presence, func.count()).group_by(*words, _HELD.presence)
    counts: Counter[tuple[str, ...]] = Counter()
    for record in map(tuple, connection.execute(union_all(everything, moved))):
        group, (presence, count) = tuple(map(_word, record[:-2])), record[-2:]
        counts[(*group, presence)] += count
        if presence != Presence.PRESENT:
            counts[(*group, Presence.PRESENT.value)] -= count
    return tuple(_alike(group, count) for group, count in sorted(counts.items()) if count)


def _alike(group: tuple[str, ...], count: int) -> Alike:
    words: dict[str, Any] = dict(zip((*WORDS, "presence"), group, strict=True))
    return Alike(**words, count=count)


def _read_products(connection: Connection) -> tuple[Product, ...]:
    by = (_ROW.provider, _ROW.product)
    sums = (func.sum(_ROW.unauthenticated), func.count(_ROW.unauthenticated), func.count())
    everything = select(*by, literal(1), *sums).group_by(*by)
    gone = _moved(*by, literal(-1), *sums).where(_HELD.presence.in_(GONE)).group_by(*by)
    totals: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    records: Iterator[tuple[Any, ...]] = map(tuple, connection.execute(union_all(everything, gone)))
    for provider, product, sign, *figures in records:
        total = totals[_word(provider), _word(product)]
        for place, figure in enumerate(figures):
            total[place] += sign * int(figure or 0)
    unseen = dict(_not_observed(connection))
    return tuple(
        Product(*key, whole, open_ if known else None, whole - known, unseen.get(key, 0))
        for key, (open_, known, whole) in sorted(totals.items())
        if whole
    )


def _moved(*columns: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Return a query of rows that are anything but present."""
    present = literal(Presence.PRESENT.value)
    elsewhere = or_(_HELD.presence < present, _HELD.presence > present)  # as an index finds them
    joined = schema.deployment.join(schema.row, _ROW.deployment_pk == _HELD.pk)
    return select(*columns).select_from(joined).where(elsewhere)


def _not_observed(connection: Connection) -> Iterator[tuple[tuple[str, str], int]]:
    """Yield how many deployments of a product stand and were not seen by the newest run over them."""
    stale = select(schema.part.c.pk).where(schema.part.c.stale)
    unseen = union(
        select(_HELD.pk).where(_HELD.part_pk.in_(stale)), select(schema.exception.c.deployment_pk)
    ).subquery()
    joined = schema.deployment.join(unseen, unseen.c[0] == _HELD.pk).join(
        schema.row, _ROW.deployment_pk == _HELD.pk
    )
    query = (
        select(_ROW.provider, _ROW.product, func.count())
        .select_from(joined)
        .where(_HELD.presence.not_in(GONE), _HELD.forgotten_at.is_(None))
        .group_by(_ROW.provider, _ROW.product)
    )
    for provider, product, count in connection.execute(query):
        yield (_word(provider), _word(product)), count


class _Accepted(msgspec.Struct):
    """As much of a run's report as is needed here; the rest is passed over, unread."""

    accepted: str | None = None


_REPORT = msgspec.json.Decoder(_Accepted)


def _read_scopes(connection: Connection) -> tuple[Standing, ...]:
    held, run = schema.scope.c, schema.run.c
    query = (
        select(held.provider, held.product, run.outcome, run.report, held.last_complete_at)
        .select_from(schema.scope.outerjoin(schema.run, run.pk == held.last_run_pk))
        .order_by(held.key)
    )
    return tuple(
        Standing(
            provider=record.provider,
            product=record.product,
            outcome=record.outcome,
            is_accepted=record.report is not None
            and _REPORT.decode(record.report).accepted is not None,
            last_complete_at=moment_of(record.last_complete_at),
        )
        for record in connection.execute(query)
    )


def _word(held: str | None) -> str:
    return UNKNOWN if held is None else ABSENT if held == ABSENT_TEXT else held
