"""What the store knows of a scope before a run: the left-hand side of reconcile."""

from __future__ import annotations

from datetime import datetime

import msgspec

from apiscape.model.change import FieldChange
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.vocabulary import Presence


class Known(Entity, frozen=True):
    """A deployment as it stands in the store.

    Attributes:
        listed_id: Native id of the listed object that gave it.
        facts, detail: Hashes (`codec.facts_hash`, `codec.detail_hash`).
        missing_runs: Runs in a row that listed its part to the end and did not list it.
        token, token_at: Native change token of its detail, and when the detail was read.
    """

    uid: str
    name: str
    part: str
    listed_id: str
    facts: bytes
    detail: bytes
    stage: str | None = None
    presence: str = Presence.PRESENT
    missing_since: datetime | None = None
    missing_runs: int = 0
    token: str | None = None
    token_at: datetime | None = None


class Write(Entity, frozen=True):
    """One deployment to be stored.

    Attributes:
        item: The facts. With `keeps_detail`, `DETAIL_FIELDS` stand as stored.
        facts, detail: Its hashes; `detail` is the stored one where it is kept.
        operations: Hash of its operations (`codec.operations_hash`), where it was taken already.
        kind: `appeared`, `changed` or `returned` (a word of `ChangeKind`), or `None` where only the
            token or a volatile field moved.
        fields: What changed, for the log.
    """

    item: Deployment
    part: str
    listed_id: str
    facts: bytes
    detail: bytes
    keeps_detail: bool = False
    kind: str | None = None
    fields: tuple[FieldChange, ...] = ()
    token: str | None = None
    token_at: datetime | None = None
    operations: bytes | None = None


class PresenceChange(Entity, frozen=True):
    """What reconcile says of the presence of a known deployment."""

    uid: str
    presence: str
    missing_since: datetime | None = None
    missing_runs: int = 0
    reason: str | None = None
    evidence: str | None = None


class NotObserved(Entity, frozen=True):
    """A known deployment that a run could not look at; it stands as it was, and says so."""

    uid: str
    reason: str


class Verdict(Entity, frozen=True):
    """What a run's end says of known deployments of its scope.

    Attributes:
        presence: Changes of presence.
        not_observed: Rows that the parts that ran did not see, where the part as a whole was seen.
        stale_parts: Parts of which nothing could be seen; all their rows are not observed.
        stands: Part and id of listed objects of which everything stands as stored, what stands
            around their deployments too.
        whole_parts: Partial parts that were listed to their end all the same: what they did not list
            is gone, though objects or details of them failed.
    """

    presence: tuple[PresenceChange, ...] = ()
    not_observed: tuple[NotObserved, ...] = ()
    stale_parts: tuple[str, ...] = ()
    stands: tuple[tuple[str, str], ...] = ()
    whole_parts: tuple[str, ...] = ()


class Batch(Entity, frozen=True):
    """What one transaction of a run writes; at most 500 observations.

    Attributes:
        surroundings: Part, listed id and entity of what stands around deployments.
        documents: Sanitised contracts by `Spec.contract_sha256`.
    """

    writes: tuple[Write, ...] = ()
    surroundings: tuple[tuple[str, str, Entity], ...] = ()
    documents: dict[str, bytes] = msgspec.field(default_factory=dict)


class Happened(Entity, frozen=True):
    """What a watch says besides writes; all of it is evidence, whatever the run around it came to.

    Attributes:
        presence: Changes of presence.
        seen: Uids that were seen, so that they are no longer exceptions.
        not_observed: Rows of objects that could not be looked at.
        whole: Part and id of listed objects that were said whole, or are gone: of what stands
            around deployments they give `given` and nothing else.
        given: Part, listed id and entity of what stands around deployments.
    """

    presence: tuple[PresenceChange, ...] = ()
    seen: tuple[str, ...] = ()
    not_observed: tuple[NotObserved, ...] = ()
    whole: tuple[tuple[str, str], ...] = ()
    given: tuple[tuple[str, str, Entity], ...] = ()
