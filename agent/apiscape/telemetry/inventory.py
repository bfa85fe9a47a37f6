"""The inventory as a bounded number of series: what is unknown has no sample, or is called unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from apiscape.model.deployment import Traffic
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store.reading.counts import GONE, UNKNOWN, Alike, Counts, Health, Product, Standing
from apiscape.telemetry.catalogue import (
    ALIKE,
    DEPLOYMENTS,
    ERRORS_OF,
    FOLDED,
    HEALTH_LEFT_OUT,
    HEALTH_OF,
    LATENCY_OF,
    NOT_OBSERVED,
    OLDEST,
    OPEN_OPERATIONS,
    REQUESTS_OF,
    SCOPE_AGES,
    SCOPES,
    SUSPECT,
    UNDECIDED,
    Metric,
    Point,
)

MOST_COMBINATIONS = 1_000
"""Series of `apiscape.deployments`; with all others of the inventory they stay below two thousand."""

MOST_PRODUCTS = 40
"""Providers' products that the other figures are told apart by; those beyond are one."""

FOLD = "(folded)"
"""What every label of the series says that holds what is beyond a limit."""

AGES = (("1h", 3_600.0), ("6h", 21_600.0), ("1d", 86_400.0), ("7d", 604_800.0))
OVER = "over 7d"
NEVER = "never"
NONE = "none"
ACCEPTED = "accepted"

MAY_BE_UNKNOWN = ("environment", "lifecycle", "health", "exposure", "auth")
"""Words of a deployment that somebody may not know, and is told of."""

_WHOLE = frozenset({Outcome.COMPLETE.value, Outcome.ABSENT.value})

Key = tuple[str, str]


def inventory_points(counts: Counts, now: datetime) -> Iterator[Point]:
    """Yield every figure of the inventory; of an inventory without scopes there is none."""
    if not counts.scopes:
        return
    yield from _deployments(counts.alike)
    names = _Names(sorted({(each.provider, each.product) for each in counts.scopes}))
    yield from _products(counts.products, names)
    yield from _from_alike(counts.alike, counts.products, names)
    yield from _scopes(counts.scopes, names)
    yield from _ages(counts.scopes, names, now)


def health_points(healths: Sequence[Health], counts: Counts) -> Iterator[Point]:
    """Yield the gauges of each deployment, and how many have none."""
    for each in healths:
        yield Point(HEALTH_OF, (each.uid, each.health, each.basis), 1)
        if is_known(each.traffic):
            yield from _traffic(each.uid, each.traffic)
    standing = sum(each.count for each in counts.alike if each.presence not in GONE)
    yield Point(HEALTH_LEFT_OUT, (), max(0, standing - len(healths)))


def _traffic(uid: str, traffic: Traffic) -> Iterator[Point]:
    """Yield what was measured of a deployment; what was not has no sample."""
    if traffic.requests is not None:
        yield Point(REQUESTS_OF, (uid,), traffic.requests)
    for word, errors in (("4xx", traffic.errors_4xx), ("5xx", traffic.errors_5xx)):
        if errors is not None:
            yield Point(ERRORS_OF, (uid, word), errors)
    told = {
        "p50": traffic.p50_ms,
        "p95": traffic.p95_ms,
        "p99": traffic.p99_ms,
        "integration_p50": traffic.integration_p50_ms,
    }
    for word, latency_ms in told.items():
        if latency_ms is not None:
            yield Point(LATENCY_OF, (uid, word), latency_ms / 1000)


class _Names:
    """Which products have series of their own: the first so many, in order, that the answer is steady."""

    def __init__(self, products: list[Key]) -> None:
        self._own = frozenset(products[:MOST_PRODUCTS])

    def of(self, item: Alike | Product | Standing) -> Key:
        key = (item.provider, item.product)
        return key if key in self._own else (FOLD, FOLD)


def _deployments(alike: Iterable[Alike]) -> Iterator[Point]:
    """Yield the largest combinations, and the rest in one series."""
    ranked = sorted(alike, key=lambda each: (-each.count, _words(each)))
    for each in ranked[:MOST_COMBINATIONS]:
        yield Point(DEPLOYMENTS, _words(each), each.count)
    rest = ranked[MOST_COMBINATIONS:]
    if rest:
        yield Point(DEPLOYMENTS, (FOLD,) * len(ALIKE), sum(each.count for each in rest))
    yield Point(FOLDED, (), len(rest))


def _words(each: Alike) -> tuple[str, ...]:
    return (
        *(each.provider, each.product, each.environment, each.lifecycle, each.health),
        *(each.basis, each.exposure, each.auth, each.presence),
    )


def _products(products: Iterable[Product], names: _Names) -> Iterator[Point]:
    operations: Counter[Key] = Counter()
    unseen: Counter[Key] = Counter()
    for each in products:
        key = names.of(each)
        unseen[key] += each.not_observed
        if each.unauthenticated is not None:
            operations[key] += each.unauthenticated
    yield from _points(OPEN_OPERATIONS, operations.items())
    yield from _points(NOT_OBSERVED, unseen.items())


def _from_alike(
    alike: Iterable[Alike], products: Iterable[Product], names: _Names
) -> Iterator[Point]:
    """Yield what is undecided and what is suspect."""
    undecided: Counter[tuple[str, ...]] = Counter()
    suspect: Counter[Key] = Counter()
    for product in products:
        undecided[(*names.of(product), "unauthenticated")] += product.undecided
    for each in alike:
        if each.presence in GONE:
            continue
        key = names.of(each)
        suspect[key] += each.count if each.presence == Presence.SUSPECT else 0
        for word in MAY_BE_UNKNOWN:
            unknown = getattr(each, word) == UNKNOWN
            undecided[(*key, word)] += each.count if unknown else 0
    yield from _points(UNDECIDED, undecided.items())
    yield from _points(SUSPECT, suspect.items())


def _scopes(scopes: Iterable[Standing], names: _Names) -> Iterator[Point]:
    yield from _points(
        SCOPES, Counter((*names.of(each), _outcome(each)) for each in scopes).items()
    )


def _outcome(scope: Standing) -> str:
    if scope.outcome is None:
        return NONE
    if scope.is_accepted and scope.outcome not in _WHOLE:
        return ACCEPTED
    return scope.outcome if scope.outcome in set(Outcome) else UNKNOWN


def _ages(scopes: Iterable[Standing], names: _Names, now: datetime) -> Iterator[Point]:
    bands: Counter[tuple[str, ...]] = Counter()
    oldest: dict[Key, float] = {}
    for each in scopes:
        if each.is_nothing or _outcome(each) == ACCEPTED:
            continue
        key = names.of(each)
        age_s = _age_s(each.last_complete_at, now)
        bands[(*key, _band(age_s))] += 1
        if age_s is not None:
            oldest[key] = max(age_s, oldest.get(key, 0.0))
    yield from _points(SCOPE_AGES, bands.items())
    yield from _points(OLDEST, oldest.items())


def _age_s(seen_at: datetime | None, now: datetime) -> float | None:
    return None if seen_at is None else max(0.0, (now - seen_at).total_seconds())


def _band(age_s: float | None) -> str:
    if age_s is None:
        return NEVER
    return next((band for band, limit_s in AGES if age_s <= limit_s), OVER)


def _points(metric: Metric, values: Iterable[tuple[tuple[str, ...], float]]) -> Iterator[Point]:
    yield from (Point(metric, labels, value) for labels, value in sorted(values))
