"""What a record of a catalogue leads to: each deployment that it names is there, is not, or nobody can tell. Pure.

It is not there only where a scope that would list it was read whole, and since it was named. What was not looked at
whole makes that unknown, the catalogue itself among it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from apiscape.client.catalogues import Named
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Whereabouts
from apiscape.model.vocabulary import Dangling, Outcome, Presence

GONE = (Presence.RETIRED.value, Presence.SUPERSEDED.value)
"""Presences of what the gateway no longer has."""

NAMES_NONE = "it names no API"

_PIECES = re.compile("[/:]")


class Looked(Entity, frozen=True):
    """A scope, as its newest ended run left it.

    Attributes:
        outcome: Of that run, absent before there was one; `ended_at`: when it ended.
        left_out: Objects that were left out on purpose: the id of each, and why.
    """

    key: str
    product: str
    account: str
    region: str | None = None
    outcome: str | None = None
    ended_at: datetime | None = None
    left_out: tuple[tuple[str, str], ...] = ()


class Found(Entity, frozen=True):
    """A deployment that the inventory has, or had."""

    uid: str
    name: str
    stage: str | None
    presence: str
    whereabouts: Whereabouts


class Pointer(Entity, frozen=True):
    """What names a deployment: a relation of a record.

    Attributes:
        newly_at: When it came to be named, where that is known and was not on the first visit of the catalogue.
    """

    uid: str
    whereabouts: Whereabouts | None = None
    evidence: tuple[str, ...] = ()
    newly_at: datetime | None = None


def lead(pointer: Pointer, found: Found | None, looked: Iterable[Looked]) -> Named:
    """Return a deployment that is named, with whether it is there and why."""
    where = found.whereabouts if found else pointer.whereabouts
    named = Named(uid=pointer.uid, evidence=pointer.evidence)
    if where is not None:
        named = msgspec.structs.replace(
            named,
            native_id=where.native_id,
            product=where.product,
            account=where.account,
            region=where.region,
        )
    if found is not None:
        named = msgspec.structs.replace(named, name=found.name, stage=found.stage)
    if found is not None and found.presence not in GONE:
        return msgspec.structs.replace(named, dangling=Dangling.NO.value)
    missing, why = _look_for(where, pointer.newly_at, looked)
    how = "gone from " if found is not None else "not in "
    return msgspec.structs.replace(
        named,
        dangling=Dangling.YES.value if missing else Dangling.UNKNOWN.value,
        reason=f"{how if missing else ''}{why}: {named.title}",
    )


def judge(names: Sequence[Named], unseen: str | None, untold: str | None) -> tuple[str, str | None]:
    """Return whether a record leads to something that is not there, a word of `Dangling`, and why.

    Args:
        names: What it names.
        unseen: Why the newest visit may not have seen it as it is.
        untold: Why it may lead to more than it names.
    """
    if unseen is not None:
        return Dangling.UNKNOWN.value, unseen
    for word in (Dangling.YES.value, Dangling.UNKNOWN.value):
        reasons = [each.reason or "" for each in names if each.dangling == word]
        if reasons:
            return word, reasons[0] + (f", and {len(reasons) - 1} more" if reasons[1:] else "")
    if untold is not None:
        return Dangling.UNKNOWN.value, untold
    return (Dangling.NO.value, None) if names else (Dangling.YES.value, NAMES_NONE)


def _look_for(
    where: Whereabouts | None, newly_at: datetime | None, looked: Iterable[Looked]
) -> tuple[bool, str]:
    """Return whether something is surely not where it would be, with where that is, else why nobody can tell."""
    if where is None:
        return False, "may be anywhere, for nobody said where"
    scopes = [each for each in looked if _would_list(each, where)]
    told = [_miss(each, where, newly_at) for each in scopes]
    sure = next((each.key for each, doubt in zip(scopes, told, strict=True) if doubt is None), None)
    if sure is not None:
        return True, sure
    place = " ".join(filter(None, [where.account, where.region]))
    unread = f"would be in {place}, where {where.product} is not read"
    return False, next((doubt for doubt in told if doubt), unread)


def _would_list(scope: Looked, where: Whereabouts) -> bool:
    alike = (scope.product, scope.account) == (where.product, where.account)
    return alike and (scope.region is None or scope.region == where.region)


def _miss(scope: Looked, where: Whereabouts, newly_at: datetime | None) -> str | None:
    """Return why something may be in a scope that does not have it; `None` where it is surely not there."""
    if scope.outcome not in {Outcome.COMPLETE, Outcome.ABSENT} or scope.ended_at is None:
        return f"may be in {scope.key}, which was not read whole"
    pieces = set(_PIECES.split(where.native_id))
    for listed_id, reason in scope.left_out:
        if _PIECES.split(listed_id)[-1] in pieces:
            return f"may be left out of {scope.key} ({reason})"
    if newly_at is not None and scope.ended_at < newly_at:
        return f"may be in {scope.key}, which was not read since it was named"
    return None
