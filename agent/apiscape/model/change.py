"""Changes: what reconcile says happened, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiscape.model.entity import Entity
from apiscape.model.values import UNKNOWN


class FieldChange(Entity, frozen=True):
    """One field of a deployment: old and new value, JSON-ready; a side left out was unknown.

    Attributes:
        said_by: What the new value comes from, where that is not the gateway (`overlay owners.yaml:12`).
    """

    field: str
    old: Any = UNKNOWN
    new: Any = UNKNOWN
    said_by: str | None = None


class Change(Entity, frozen=True):
    """One event of a deployment's history.

    Attributes:
        seq: Position in the commit-ordered log; 0 before it is stored.
        kind: A word of `ChangeKind`.
        scope, generation: The run that saw it.
        fields: What moved; of kind `health` the state and its basis, which may be what it was.
        reason: Why, for changes of presence and of health.
        evidence: `listing`, `direct_read`, `event`, `person`.
    """

    at: datetime
    kind: str
    uid: str
    name: str
    scope: str
    generation: int
    seq: int = 0
    fields: tuple[FieldChange, ...] = ()
    reason: str | None = None
    evidence: str | None = None
