"""Hearing of changes between visits: an optional part of what a provider and a collector are.

Used only where a source opted in with `events`. The provider reads the source's own log of changes, once
for all collectors of a reach; a collector says which of its objects a change names, and looks at them
again. A change is a hint and never evidence: what it says of an object's state is not believed, and is not
even passed on. What is stored is what was looked at afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

import msgspec

from apiscape.collectors.contract import Observation, Permission, Quota, Visit
from apiscape.collectors.trying import Tried
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Scope

EVERY = "*"
"""Named by a collector where nobody can tell which of its objects a change is of: the next visit sees it."""


class Change(Entity, frozen=True, tag_field="heard", tag=True):
    """Something that somebody changed, as the source's log has it.

    Attributes:
        id: The log's own, by which one that comes again is known.
        topic: Which part of the log it is in (`apigateway.amazonaws.com`).
        name: What was done (`CreateDeployment`).
        at: When.
        subjects: What it was done to, by the log's words for it: ids alone.
    """

    id: str
    topic: str
    name: str
    at: datetime
    subjects: dict[str, str] = msgspec.field(default_factory=dict)


class Unheard(Entity, frozen=True, tag_field="heard", tag=True):
    """Changes that could not be read: they are seen by the next visit, unless asking again brings them.

    Attributes:
        topic: Of which part of the log.
        error: Why.
        id: Of the one change that could not be understood, where it is one.
        lost: Whether asking again would not bring them either.
    """

    topic: str
    error: ErrorRecord
    id: str | None = None
    lost: bool = False


Heard = Change | Unheard
"""One thing that a provider says of its log of changes."""


class Touched(Entity, frozen=True):
    """An object that changes name.

    Attributes:
        native_id: As its listing has it.
        names: What was done: a hint as to which of its details moved.
    """

    native_id: str
    names: frozenset[str] = frozenset()


@runtime_checkable
class KeepsNotes(Protocol):
    """A visit of an agent that looks again between visits.

    Attributes:
        notes: What may spare a later look a call, by the collector's own keys; in memory alone, and of one
            scope. `None` where nobody looks again.
    """

    notes: MutableMapping[str, bytes] | None


@runtime_checkable
class TellsChanges(Protocol):
    """A provider that keeps a log of what was changed."""

    change_permissions: ClassVar[tuple[Permission, ...]]
    change_quotas: ClassVar[tuple[Quota, ...]]

    def changes(
        self, scope: Scope, visit: Visit, topics: Sequence[str], since: datetime
    ) -> Iterator[Heard]:
        """Yield what was changed in a scope's reach since a time, in any order; what only read is left out.

        One topic that cannot be read hides no other: it is `Unheard`.

        Raises:
            CollectorError: nothing more can be read.
        """
        ...

    def try_changes(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of each of `change_permissions`, with at most one call each.

        Raises:
            CollectorError: what leaves all the others unknown.
        """
        ...


@runtime_checkable
class LooksAgain(Protocol):
    """A collector that can look at single objects between visits.

    Attributes:
        topics: Which parts of the provider's log tell of its objects.
        again_permissions: What it needs for that beyond what its visits need.
    """

    topics: ClassVar[tuple[str, ...]]
    again_permissions: ClassVar[tuple[Permission, ...]]

    def touched(self, change: Change) -> Iterable[str]:
        """Return the ids of the objects that a change names, known or not, or `EVERY`; pure."""
        ...

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some objects are now: of each, one `Recorded`, `Skipped` or `Failed`, and its `Unseen`.

        One that a direct read answers not to exist is `Failed` with an error of kind `gone`. One that is of
        another product is not spoken of.

        Raises:
            CollectorError: what ends it; the objects not yet spoken of are as they were.
        """
        ...

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of each of `again_permissions`, with at most one call each.

        Raises:
            CollectorError: what leaves all the others unknown.
        """
        ...
