"""What came of hearing of changes between visits: of reading a log of them, and of looking again."""

from __future__ import annotations

from datetime import datetime

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Scope


class Sighting(Entity, frozen=True):
    """An object of a scope that a change named.

    Attributes:
        key: Of the scope.
        native_id: As its listing has it.
        name: What was done.
        at: When, as the log has it.
    """

    key: str
    native_id: str
    name: str
    at: datetime


class Noticed(Entity, frozen=True):
    """What came of reading the changes of one reach.

    Attributes:
        place: The source and the reach (`prod/111122223333/eu-west-1`).
        events: Changes that were not heard of before.
        objects: What they named.
        unplaced: What is of a scope, and nobody can tell of which object: the next visit of the scope sees it.
        unread: Why changes could not be read, if so: the next visit sees what they were of.
        calls, throttled: Calls made for it, and refused for rate.
    """

    place: str
    events: int = 0
    objects: tuple[Sighting, ...] = ()
    unplaced: tuple[Sighting, ...] = ()
    unread: tuple[ErrorRecord, ...] = ()
    calls: int = 0
    throttled: int = 0


class LookedAgain(Entity, frozen=True):
    """What came of looking at objects of a scope again.

    Attributes:
        asked: The objects, by their listed ids.
        told: Those of which something was seen, or seen to be gone.
        recorded, skipped, gone, unseen: How many of them were so, and details that could not be looked at.
        failed: Why objects could not be looked at, by id.
        error: What ended it early; objects not spoken of are as they were.
        overtaken: Whether a visit came first: what it saw is newer.
        calls, throttled: Calls made for it, and refused for rate.
    """

    scope: Scope
    asked: tuple[str, ...]
    told: tuple[str, ...] = ()
    recorded: int = 0
    skipped: int = 0
    gone: int = 0
    unseen: int = 0
    failed: dict[str, ErrorRecord] = msgspec.field(default_factory=dict)
    error: ErrorRecord | None = None
    overtaken: bool = False
    calls: int = 0
    throttled: int = 0
