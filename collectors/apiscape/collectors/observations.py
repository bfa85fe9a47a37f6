"""What a collector says during a visit, one thing at a time. `collectors.contract` gives them to collectors."""

from __future__ import annotations

import msgspec

from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord
from apiscape.model.surroundings import Observable


class Listed(Entity, frozen=True, tag_field="observation", tag=True):
    """A page of a part's listing, before its items.

    Attributes:
        part: The listing (`GetRestApis`, `ingresses.networking.k8s.io`).
        native_ids: Ids on this page, unique in the part. An id that an earlier page had counts
            once, so that a listing that expired on its way may be begun again.
        last: True on the last page, and only where the listing was read to its end.
        within: What ids begin with where the configuration has only some listed; of others nothing is observed.
    """

    part: str
    native_ids: tuple[str, ...]
    last: bool = False
    within: tuple[str, ...] = ()


class Recorded(Entity, frozen=True, tag_field="observation", tag=True):
    """A listed object, and all that it gave.

    Attributes:
        native_id: As listed.
        entities: Fresh facts. A deployment of this object that is known and not among these (nor in
            `unchanged`) is missing: the collector read the object's children to the end.
        unchanged: Deployments whose token stands: all is fresh but `DETAIL_FIELDS`, which stand as stored.
        tokens: By deployment uid: the native change token to remember, made of all that the detail
            depends on (an API's tag and the hash of the policies above it, a bundle's revision);
            `visit.tokens` gives it back until the collector's `normaliser_version` rises, for at
            most seven days.
        documents: Sanitised contracts by `Spec.contract_sha256` (`collectors.specs.sanitise`): never raw bytes.
        part: Where a watch of several parts says an object that none of them listed: its part.
    """

    native_id: str
    entities: tuple[Deployment | Observable, ...] = ()
    unchanged: tuple[Deployment, ...] = ()
    tokens: dict[str, str] = msgspec.field(default_factory=dict)
    documents: dict[str, bytes] = msgspec.field(default_factory=dict)
    part: str | None = None


class Unchanged(Entity, frozen=True, tag_field="observation", tag=True):
    """A listed object of which everything stands as stored."""

    native_id: str


class Skipped(Entity, frozen=True, tag_field="observation", tag=True):
    """A listed object that is left out on purpose; of a watch of several parts, with its part."""

    native_id: str
    reason: str
    part: str | None = None


class Failed(Entity, frozen=True, tag_field="observation", tag=True):
    """A listed object that could not be recorded; what was known of it stands, as not observed.

    With an error of kind `gone` (a direct read answered not-found) the object was deleted while
    it was being read: it counts as skipped, and its deployments retire on that evidence.
    """

    native_id: str
    error: ErrorRecord
    part: str | None = None


class Unseen(Entity, frozen=True, tag_field="observation", tag=True):
    """A detail that could not be looked at; the object is recorded all the same, with that unknown.

    Yielded right before or after the object's `Recorded`, whose tokens are then not remembered:
    the next run looks again. Where one answer tells of many objects (a service's policies),
    `native_id` may name what they share; their tokens are then for the collector to leave out.

    Attributes:
        lasting: Whether asking again brings nothing before the object changes: its tokens are remembered.
    """

    native_id: str
    detail: str
    error: ErrorRecord
    lasting: bool = False


class PartFailed(Entity, frozen=True, tag_field="observation", tag=True):
    """The listing of a part could not be read to its end; the collector goes on with the next part.

    Attributes:
        accepted: Why nobody expects it to be read, where the source's configuration leaves it out: it stays said,
            and leaves no visit incomplete.
    """

    part: str
    error: ErrorRecord
    accepted: str | None = None


class PartAbsent(Entity, frozen=True, tag_field="observation", tag=True):
    """A part does not exist here (kind not installed, region without the product), for a reason."""

    part: str
    reason: str


class Synced(Entity, frozen=True, tag_field="observation", tag=True):
    """A watch has caught up: what it said of the part so far is a complete visit.

    From here on `Recorded` (with its `part`, where there are several) and `Absent` need no
    `Listed`. A relist begins with `Listed` again; there is one at least every day, for what goes
    without an event retires by complete visits.
    """

    part: str


class Absent(Entity, frozen=True, tag_field="observation", tag=True):
    """Positive evidence from a watch or an event that a listed object is gone."""

    part: str
    native_id: str


Observation = (
    Listed
    | Recorded
    | Unchanged
    | Skipped
    | Failed
    | Unseen
    | PartFailed
    | PartAbsent
    | Synced
    | Absent
)
"""One thing that a collector says during a visit."""
