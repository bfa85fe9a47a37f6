"""A world that a collector visits: a gateway under its author's control, and the faults that it can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from apiscape.collectors.contract import (
    Budget,
    Collector,
)
from apiscape.model.entity import Entity
from apiscape.model.run import Scope
from apiscape.model.vocabulary import ErrorKind

DENIED, THROTTLED, CUT = "denied", "throttled", "cut"
"""Faults of one call: refused for want of a right, refused for rate, broken off on its way."""


MISSING_FIELDS, UNKNOWN_FIELDS = "missing_fields", "unknown_fields"
"""Faults of every answer: without its optional fields, with fields that nobody knows yet."""


MAPPED: Mapping[str, frozenset[str]] = {
    DENIED: frozenset({ErrorKind.ACCESS_DENIED, ErrorKind.CREDENTIALS}),
    THROTTLED: frozenset({ErrorKind.THROTTLED}),
    CUT: frozenset({ErrorKind.UNREACHABLE, ErrorKind.MALFORMED}),
}
"""Kinds of error that say of each fault what the operator should do."""


class Fault(Entity, frozen=True):
    """What a world should break.

    Attributes:
        kind: One of the words above.
        call: Index of the call that fails, and keeps failing when it is repeated; all answers
            for `missing_fields` and `unknown_fields`.
    """

    kind: str
    call: int = 0


class World(Protocol):
    """A gateway under the author's control, and the collector that reads it."""

    collector: Collector
    scope: Scope
    readme: Path
    """The collector's README, which names every permission."""
    sdk: Sequence[str]
    """Modules of the SDK, whose import is not the collector's to answer for."""

    @property
    def canaries(self) -> Sequence[str]:
        """Secrets that the world has planted wherever the gateway may hold one."""
        ...

    def open(self, fault: Fault | None, budget: Budget) -> AbstractContextManager[Any]:
        """Give a session on the same estate every time; every call takes from the budget first."""
        ...

    def operations(self) -> Sequence[str]:
        """Return the operations called since the last session was opened, repetitions included."""
        ...
