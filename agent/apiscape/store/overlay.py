"""What was concluded of a deployment, laid over the row of its facts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter
from typing import Any

import msgspec

from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.provenance import Claim, Confirmation
from apiscape.model.row import Row
from apiscape.model.surroundings import Access, Health
from apiscape.model.values import UNKNOWN, Unknown, is_known, known_or
from apiscape.model.vocabulary import Basis, Bypass, Confirmed, Dangling, ProvenanceMethod, Switch


class Conclusion(Entity, frozen=True):
    """What follows of a deployment. A field that is `UNKNOWN` leaves the row as the facts say.

    Attributes:
        api: Uid of the Api that it belongs to.
        front_doors, consumers: Uids of what leads to it and who is let in.
        counted: Whether that is everybody who is let in; their number is known only then.
        endpoints: The addresses that callers type, front doors included.
        bypass, mtls: What callers are asked for by every name (`model.surroundings.Access`).
        access_reasons: What makes that so, in words.
        dangling: Whether a name in DNS that leads here points at what is gone (`model.vocabulary.Dangling`).
        dangling_reasons: Which one, and what it points at.
        health_reasons: All reasons of its health, the first of which is the row's.
        health_since: Since when its health is what it is.
        said: Who says the fields that a person set, the one that holds first; facts are not repeated there.
    """

    api: str | None = None
    front_doors: tuple[str, ...] = ()
    consumers: tuple[str, ...] = ()
    counted: bool = False
    endpoints: tuple[str, ...] | Unknown = UNKNOWN
    exposure: str | Unknown = UNKNOWN
    bypass: str | Unknown | None = UNKNOWN
    mtls: str | Unknown = UNKNOWN
    access_reasons: tuple[str, ...] = ()
    dangling: str = Dangling.UNKNOWN
    dangling_reasons: tuple[str, ...] = ()
    title: str | Unknown | None = UNKNOWN
    environment: str | Unknown = UNKNOWN
    lifecycle: str | Unknown = UNKNOWN
    audience: str | Unknown = UNKNOWN
    classification: str | Unknown = UNKNOWN
    owners: tuple[str, ...] | Unknown = UNKNOWN
    health: str | Unknown = UNKNOWN
    basis: str | Unknown = UNKNOWN
    health_reason: str | Unknown | None = UNKNOWN
    health_reasons: tuple[str, ...] = ()
    health_since: datetime | None = None
    requests: float | Unknown = UNKNOWN
    errors_4xx: float | Unknown = UNKNOWN
    errors_5xx: float | Unknown = UNKNOWN
    p95_ms: float | Unknown = UNKNOWN
    said: dict[str, tuple[Claim, ...]] = msgspec.field(default_factory=dict)


_BESIDE = (
    "counted",
    "mtls",
    "access_reasons",
    "dangling_reasons",
    "health_reasons",
    "health_since",
    "said",
)
"""Fields of a conclusion that are neither of the row nor uids."""

LEADING = ("front_doors", "consumers")
"""Fields of a conclusion that hold uids of what stands around the deployment."""

_SAME_NAMED = tuple(
    name for name in Conclusion.__struct_fields__ if name not in {*LEADING, *_BESIDE}
)

_same_named_of = attrgetter(*_SAME_NAMED)

LAID_OVER = (*_SAME_NAMED, "consumers", "confirmation")
"""Fields of the row that a conclusion may set."""


def laid(conclusion: Conclusion) -> dict[str, Any]:
    """Return what a conclusion says, by field of the row; `UNKNOWN` where it says nothing."""
    said = dict(zip(_SAME_NAMED, _same_named_of(conclusion), strict=True))
    said["consumers"] = len(conclusion.consumers) if conclusion.counted else UNKNOWN
    said["confirmation"] = confirmed(conclusion)
    return said


def confirmed(conclusion: Conclusion) -> str | None:
    """Return whether somebody stands for the owners, and was to say so again by now; `None` where nobody does."""
    claims = conclusion.said.get("owners", ())
    stands = claims[0].confirmation if claims else None
    if stands is None:
        return None
    return Confirmed.OVERDUE if stands.overdue else Confirmed.CONFIRMED


MEASURED = ("requests", "errors_4xx", "errors_5xx", "p95_ms")
"""Fields that hold a measured number, and may move every minute."""

_measured_of = attrgetter(*MEASURED)

_PASSING = (*MEASURED, "health_reason", "health_reasons", "said")
"""Fields that may move while the conclusion stays what it is: a reason in words quotes numbers."""


def words_of(conclusion: Conclusion) -> Conclusion:
    """Return what is kept of a conclusion for reads of that day: all but the measured numbers."""
    if all(value is UNKNOWN for value in _measured_of(conclusion)):
        return conclusion
    return _without(conclusion, MEASURED)


def says_the_same(one: Conclusion, other: Conclusion) -> bool:
    """Say whether two conclusions differ in nothing but measured numbers and words.

    Words are those of a reason, and of who said a field and where: not who stands for it.
    """
    alike = _without(one, _PASSING) == _without(other, _PASSING)
    return alike and confirmations(one) == confirmations(other)


def confirmations(conclusion: Conclusion) -> dict[str, Confirmation]:
    """Return who stands for the fields that a person set, by field."""
    first = {field: claims[0].confirmation for field, claims in conclusion.said.items()}
    return {field: confirmed for field, confirmed in first.items() if confirmed is not None}


def provenance_of(item: Deployment, conclusion: Conclusion | None) -> dict[str, tuple[Claim, ...]]:
    """Return who says what is shown of a deployment, first, and what that hides.

    Fields that stand as the gateway states them are left out.
    """
    found = dict(item.provenance)
    for field, claims in conclusion.said.items() if conclusion is not None else ():
        found[field] = (*claims, *(found.get(field) or _stated(item, field)))
    return found


def _stated(item: Deployment, field: str) -> tuple[Claim, ...]:
    """Return what the gateway states where nobody else speaks of a field; nothing where it knows nothing."""
    value = getattr(item, field, UNKNOWN)
    if not is_known(value) or value in {None, (), "unknown"}:
        return ()
    names = [owner.name for owner in value] if field == "owners" else value
    return (Claim(value=names, method=ProvenanceMethod.SOURCE),)


def _without(conclusion: Conclusion, names: Iterable[str]) -> Conclusion:
    bare = {name: _BARE[name] for name in names}
    return msgspec.structs.replace(conclusion, **bare)


_BARE = msgspec.structs.asdict(Conclusion())


def health_of(conclusion: Conclusion | None) -> Health | None:
    """Return how a deployment fares, with all reasons, as far as anything was concluded."""
    if conclusion is None or not is_known(conclusion.health):
        return None
    return Health(
        state=conclusion.health,
        basis=conclusion.basis if is_known(conclusion.basis) else Basis.NONE,
        reasons=conclusion.health_reasons,
        since=conclusion.health_since,
    )


def access_of(conclusion: Conclusion | None) -> Access | None:
    """Return what callers are asked for by every name, as far as anything was concluded of it."""
    if conclusion is None:
        return None
    told = is_known(conclusion.mtls) and is_known(conclusion.bypass)
    if not told and conclusion.dangling == Dangling.UNKNOWN and not conclusion.dangling_reasons:
        return None
    return Access(
        mtls=known_or(conclusion.mtls, Switch.UNKNOWN),
        bypass=known_or(conclusion.bypass, Bypass.UNKNOWN),
        reasons=conclusion.access_reasons,
        dangling=conclusion.dangling,
        dangling_reasons=conclusion.dangling_reasons,
    )


def lay_over(row: Row, conclusion: Conclusion | None) -> Row:
    """Return a row of facts with what was concluded in place of what the facts say."""
    if conclusion is None:
        return row
    moved = {
        name: value
        for name, value in laid(conclusion).items()
        if value is not UNKNOWN
        and value != getattr(row, name)  # a default is left out by its identity
    }
    return msgspec.structs.replace(row, **moved)
