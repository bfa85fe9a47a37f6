"""One deployment against what was known of it: appeared, changed, returned, or nothing to write."""

from __future__ import annotations

from datetime import datetime

from apiscape.model.change import FieldChange
from apiscape.model.codec import detail_hash, facts_hash, operations_hash
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Known, Write
from apiscape.model.vocabulary import ChangeKind, Presence
from apiscape.reconcile.fields import diff


class Sighting(Entity, frozen=True):
    """A deployment as a run sees it.

    Attributes:
        facts, detail: Its hashes; no `detail` where the stored detail stands (`keeps_detail`).
        operations: The hash of its operations, which is part of `detail`.
        token: Native change token to remember with a detail that was read.
    """

    item: Deployment
    part: str
    listed_id: str
    at: datetime
    facts: bytes
    detail: bytes | None
    token: str | None = None
    operations: bytes | None = None

    @property
    def keeps_detail(self) -> bool:
        """Whether operations, backends and specs were not read, for they stand as stored."""
        return self.detail is None


def sight(
    item: Deployment,
    *,
    part: str,
    listed_id: str,
    at: datetime,
    keeps_detail: bool = False,
    token: str | None = None,
) -> Sighting:
    """Return a sighting, hashed once."""
    operations = None if keeps_detail else operations_hash(item.operations)
    return Sighting(
        item=item,
        part=part,
        listed_id=listed_id,
        at=at,
        facts=facts_hash(item),
        detail=None if operations is None else detail_hash(item, operations),
        token=token,
        operations=operations,
    )


def differs(known: Known, seen: Sighting) -> bool:
    """Say whether the content moved, so that the stored document is worth loading for `compare`."""
    if known.facts != seen.facts:
        return True
    return seen.detail is not None and seen.detail != known.detail


def stands(known: Known | None, seen: Sighting) -> bool:
    """Say whether all stands as stored, so that `compare` would return `None`."""
    if known is None or known.presence != Presence.PRESENT:
        return False
    return not differs(known, seen) and not _remembers(known, seen)


def compare(known: Known | None, seen: Sighting, before: Deployment | None = None) -> Write | None:
    """Return what to store of a sighting, or `None` where all stands as stored.

    Args:
        known: What the store has of it; `None` for a deployment that was never seen.
        seen: What the run saw.
        before: The stored document, for the field changes; without it they are left out.
    """
    if known is None:
        return _write(seen, ChangeKind.APPEARED)
    moved = differs(known, seen)
    fields = diff(before, seen.item, keeps_detail=seen.keeps_detail) if moved and before else ()
    if known.presence != Presence.PRESENT:
        return _write(seen, ChangeKind.RETURNED, known, fields)
    if moved:
        return _write(seen, ChangeKind.CHANGED, known, fields)
    return _write(seen, None, known) if _remembers(known, seen) else None


def _remembers(known: Known, seen: Sighting) -> bool:
    """Say whether there is something to note beside unmoved content: a token, or where it was listed."""
    if known.part != seen.part or known.listed_id != seen.listed_id:
        return True
    has_token = known.token is not None or seen.token is not None
    return has_token and not seen.keeps_detail


def _write(
    seen: Sighting,
    kind: str | None,
    known: Known | None = None,
    fields: tuple[FieldChange, ...] = (),
) -> Write:
    """Return the write; a kept detail keeps its hash, its token and when it was read."""
    kept = known if seen.keeps_detail else None
    fresh_at = seen.at if seen.token is not None and not seen.keeps_detail else None
    return Write(
        item=seen.item,
        part=seen.part,
        listed_id=seen.listed_id,
        facts=seen.facts,
        detail=kept.detail if kept else seen.detail or detail_hash(seen.item),
        keeps_detail=kept is not None,
        kind=kind,
        fields=fields,
        token=kept.token if kept else None if seen.keeps_detail else seen.token,
        token_at=kept.token_at if kept else fresh_at,
        operations=seen.operations,
    )
