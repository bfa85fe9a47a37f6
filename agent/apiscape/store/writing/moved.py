"""What the log says of conclusions that moved: that a verdict turned, and whatever else is otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from apiscape.model.change import Change, FieldChange
from apiscape.model.entity import Entity
from apiscape.model.provenance import Confirmation
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import ChangeKind, Presence
from apiscape.store.database.transaction import CONCLUSION, Transaction
from apiscape.store.overlay import LAID_OVER, LEADING, MEASURED, Conclusion, confirmations

_NAMED_ALIKE: Mapping[str, str] = {}

_STANDING = frozenset({Presence.PRESENT.value, Presence.SUSPECT.value})


class Held(Entity, frozen=True):
    """A deployment's row and where it belongs, before a conclusion moves it."""

    pk: int
    row: Row
    scope_pk: int
    generation: int
    presence: str


class Moved(Entity, frozen=True):
    """A deployment whose conclusion moved, and its row after that."""

    held: Held
    row: Row
    conclusion: Conclusion


def log_moved(tx: Transaction, moved: Moved, said: Conclusion, at: datetime) -> int:
    """Log that a verdict turned, and whatever else moved; return the first sequence number of that.

    The first verdict on a deployment is told with the rest: whoever appears fares somehow. So is
    that of what its gateway no longer lists: its presence moved, and that was told.
    """
    held, after = moved.held, moved.row
    fares = is_known(said.health) and held.presence in _STANDING
    turned = fares and held.row.health != after.health
    fields = _moved_fields(held.row, after, _BUT_HEALTH if turned else _SHOWN)
    shown = (_said(each, moved.conclusion) for each in fields)
    stood_for = _confirmed_fields(confirmations(said), confirmations(moved.conclusion))
    rest = (*shown, *stood_for, *_moved_fields(said, moved.conclusion, LEADING, _UIDS))
    told: list[Told] = [_turn(held.row, after)] if turned else []
    told += [(ChangeKind.CONCLUDED, rest, None)] if rest or not turned else []
    seqs = [
        tx.log.append(
            Change(
                at=at,
                kind=kind,
                uid=after.uid,
                name=after.name,
                scope=after.scope,
                generation=held.generation,
                fields=fields,
                reason=reason,
            ),
            scope_pk=held.scope_pk,
            deployment_pk=held.pk,
            subject=CONCLUSION,
        )
        for kind, fields, reason in told
    ]
    return seqs[0]


Told: TypeAlias = tuple[ChangeKind, tuple[FieldChange, ...], str | None]
"""A change of the log: its kind, what moved, and why."""


def _turn(before: Row, after: Row) -> Told:
    """Return how health turned: the state, the basis even where it stands, and why in words."""
    fields = tuple(
        FieldChange(field=name, old=getattr(before, name), new=getattr(after, name))
        for name in ("health", "basis")
    )
    why = after.health_reason
    return ChangeKind.HEALTH, fields, why if is_known(why) else None


def _said(each: FieldChange, conclusion: Conclusion) -> FieldChange:
    """Return a change with what a person's word for the field comes from, if there is one."""
    claims = conclusion.said.get(each.field)
    if not claims:
        return each
    return msgspec.structs.replace(each, said_by=f"{claims[0].method} {claims[0].source}")


def _confirmed_fields(
    before: Mapping[str, Confirmation], after: Mapping[str, Confirmation]
) -> Iterator[FieldChange]:
    """Yield the fields that somebody else stands for than before, or at another time."""
    for field in sorted({*before, *after}):
        old, new = (
            msgspec.to_builtins(each[field]) if field in each else UNKNOWN
            for each in (before, after)
        )
        if old != new:
            yield FieldChange(field=f"{field}.confirmed", old=old, new=new)


_SHOWN = tuple(name for name in LAID_OVER if name not in {*MEASURED, "confirmation"})
"""Who stands for the owners is told in full instead."""

_BUT_HEALTH = tuple(name for name in _SHOWN if name not in {"health", "basis", "health_reason"})


_UIDS = {"consumers": "consumer_uids"}
"""Fields of a conclusion that the log calls otherwise than the row calls how many they are."""


def _moved_fields(
    before: Entity, after: Entity, names: Iterable[str], called: Mapping[str, str] = _NAMED_ALIKE
) -> Iterator[FieldChange]:
    for name in names:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield FieldChange(field=called.get(name, name), old=old, new=new)
