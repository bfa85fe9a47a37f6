"""What is otherwise with a deployment on a later day, told as the log tells it. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.client.inventory import Difference
from apiscape.model.change import FieldChange
from apiscape.model.row import Row
from apiscape.model.vocabulary import ChangeKind, Presence
from apiscape.reconcile.fields import diff
from apiscape.store.overlay import LAID_OVER, MEASURED
from apiscape.store.reading.differing import Pair, Side

_GONE = frozenset({Presence.RETIRED.value, Presence.SUPERSEDED.value})
_FARING = frozenset({Presence.PRESENT.value, Presence.SUSPECT.value})
"""What of the others is told as its presence: how what is missing fares follows from that."""

_TURN = ("health", "basis")
_DRAWN = tuple(name for name in LAID_OVER if name not in {*MEASURED, *_TURN, "health_reason"})
"""What is concluded, beside how a deployment fares."""


def differences(pair: Pair) -> Iterator[Difference]:
    """Yield what is otherwise on the later day; nothing where it is the same on both.

    What is not there is neither changed nor fares in any way: that it came or went says it all.
    What came and went in between was there on neither day.
    """
    before, after = _standing(pair.before), _standing(pair.after)
    if before is None and after is not None:
        came = ChangeKind.RETURNED if pair.before is not None else ChangeKind.APPEARED
        yield _told(came, after.row, _presence(pair.before, after))
    elif before is not None and after is None:
        yield _gone(before, pair.after)
    elif before is not None and after is not None:
        yield from _moved(before, after)


def _standing(side: Side | None) -> Side | None:
    """Return a side on which a deployment is there, as far as anyone knew."""
    return None if side is None or side.row.presence in _GONE else side


def _gone(before: Side, after: Side | None) -> Difference:
    if after is None:
        return _told(ChangeKind.FORGOTTEN, before.row)
    return _told(after.row.presence, after.row)


def _presence(before: Side | None, after: Side) -> tuple[FieldChange, ...]:
    """Return that what came is missing already, or suspect; nothing where it is simply there."""
    if after.row.presence == Presence.PRESENT:
        return ()
    old = {} if before is None else {"old": before.row.presence}
    return (FieldChange(field="presence", new=after.row.presence, **old),)


def _moved(before: Side, after: Side) -> Iterator[Difference]:
    """Yield what is otherwise with a deployment that is there on both days."""
    old, new = before.row, after.row
    if old.presence != new.presence:
        back = new.presence == Presence.PRESENT
        yield _told(ChangeKind.RETURNED if back else new.presence, new)
    facts = diff(before.item, after.item)
    if facts:
        yield _told(ChangeKind.CHANGED, new, facts)
    if old.health != new.health and new.presence in _FARING:
        yield _told(ChangeKind.HEALTH, new, tuple(_fields(old, new, _TURN)), new.health_reason)
    named = {each.field for each in facts}
    drawn = tuple(
        each
        for each in _fields(old, new, _DRAWN)
        if each.old != each.new and each.field not in named
    )
    if drawn:
        yield _told(ChangeKind.CONCLUDED, new, drawn)


def _fields(old: Row, new: Row, names: tuple[str, ...]) -> Iterator[FieldChange]:
    for name in names:
        yield FieldChange(field=name, old=getattr(old, name), new=getattr(new, name))


def _told(
    kind: str, row: Row, fields: tuple[FieldChange, ...] = (), reason: str | None = None
) -> Difference:
    return Difference(
        kind=str(kind), uid=row.uid, name=row.name, scope=row.scope, fields=fields, reason=reason
    )
