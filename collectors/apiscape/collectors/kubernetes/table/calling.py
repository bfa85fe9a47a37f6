"""Who calls APIs, as objects of the table state it: a name, what it is let in to, and how often."""

from __future__ import annotations

from apiscape.collectors.kubernetes.exposed import Called
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.table.finding import Known
from apiscape.collectors.kubernetes.table.indexing import path_of
from apiscape.collectors.kubernetes.table.sketch import Allowance
from apiscape.model.values import UNKNOWN, Unknown


def called(known: Known) -> Called:
    """Return who an object is; an entry that reads no references cannot say what it is let in to."""
    sketch = known.sketch
    allowance = next(iter(sketch.allows), Allowance())
    return Called(
        metadata=sketch.metadata,
        name=sketch.title or "",
        admits=_admits(known),
        rate_limit_per_s=_rate(allowance),
        quota=_quota(allowance),
    )


def _admits(known: Known) -> tuple[tuple[str, str], ...] | Unknown:
    refs = known.entry.attaches
    if refs is None:
        return UNKNOWN
    space = known.sketch.metadata.namespace
    found: dict[tuple[str, str], None] = {}
    for ref in known.sketch.attaches:
        resource = refs.kinds.get(ref.kind) or refs.kinds.get("*")
        if resource is None or not ref.name:
            return UNKNOWN
        found[path_of(resource), key_of(ref.namespace or space, ref.name)] = None
    return tuple(found)


def _rate(allowance: Allowance) -> float | Unknown | None:
    """Return requests a second; `None` for no limit."""
    rate, per_s = allowance.rate, allowance.per_s
    if rate is None or per_s is None:
        return UNKNOWN
    return rate / per_s if rate > 0 and per_s > 0 else None


def _quota(allowance: Allowance) -> str | Unknown | None:
    """Return requests in how many seconds (`1000/3600s`); `None` for no limit."""
    quota, renewed_s = allowance.quota, allowance.renewed_s
    if quota is None:
        return UNKNOWN
    if quota <= 0:
        return None
    return f"{quota}/{renewed_s}s" if renewed_s and renewed_s > 0 else str(quota)
