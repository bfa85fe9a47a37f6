"""What a provider and a collector are. The whole of what a plug-in author needs to know.

A **provider** knows how to sign in and what can be reached; a **collector** lists the
deployments of one gateway product in one scope. Both are found by entry point
(`apiscape.providers`, `apiscape.collectors`) and loaded only when configured.

A collector's `discover` is a plain generator, run in a thread. Per part it yields
`Listed(part, native_ids)` once a page, before the page's items, the last one with
`last=True`; then, for every listed id exactly once, one of `Recorded`, `Unchanged`,
`Skipped` or `Failed`; and `Unseen` for a detail that it could not look at. It raises one of
the errors below for what ends the visit of a part: in the middle of a part that part is
partial, and the parts not yet begun are failed. To go on with the next part instead, it
yields `PartFailed`. What is not listed twice is never called gone (`apiscape.reconcile`).

    CollectorError                 message, permission?, operation?
    ├── CredentialsInvalid         renew or correct the credentials
    ├── AccessDenied               grant the permission
    ├── Throttled                  wait (`retry_after_s`)
    ├── Unreachable                check network and endpoint
    ├── Gone                       nothing to do: the thing was deleted
    ├── Unsupported                the product, region or SDK lacks it: the part is absent
    ├── Malformed                  report it: one answer could not be understood
    └── Cancelled                  the visit was told to stop, or its deadline passed
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, EstateEntry, Reach, Scope
from apiscape.model.surroundings import Observable
from apiscape.model.vocabulary import ErrorKind

CONTRACT_VERSION = 1
"""Raised when a change here would break a collector written for the one before."""


class CollectorError(Exception):
    """Something went wrong while collecting.

    Attributes:
        kind: A word of `ErrorKind`.
        permission: The right that was missing, in the provider's words.
        operation: The call that failed.
        next_step: What helps, where it is not what helps with every error of the kind.
    """

    kind: ClassVar[str] = ErrorKind.DEFECT
    next_step: str | None = None

    def __init__(
        self, message: str, *, permission: str | None = None, operation: str | None = None
    ) -> None:
        """Keep what the operator needs; the message must hold no credential."""
        super().__init__(message)
        self.message = message
        self.permission = permission
        self.operation = operation

    def record(self) -> ErrorRecord:
        """Return the error as data."""
        return ErrorRecord(
            kind=self.kind,
            message=self.message,
            permission=self.permission,
            operation=self.operation,
            next_step=self.next_step,
        )


class CredentialsInvalid(CollectorError):
    """The credentials are missing, expired or wrong, or a role cannot be assumed."""

    kind = ErrorKind.CREDENTIALS


class AccessDenied(CollectorError):
    """The identity lacks a permission."""

    kind = ErrorKind.ACCESS_DENIED


class Throttled(CollectorError):
    """The provider refused for rate, and kept refusing."""

    kind = ErrorKind.THROTTLED

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, operation: str | None = None
    ) -> None:
        """Keep how long the provider asked to wait."""
        super().__init__(message, operation=operation)
        self.retry_after_s = retry_after_s

    def record(self) -> ErrorRecord:
        """Return the error as data, with how long to wait."""
        return msgspec.structs.replace(super().record(), retry_after_s=self.retry_after_s)


class Unreachable(CollectorError):
    """No usable answer: connection refused or cut, time-out, server error."""

    kind = ErrorKind.UNREACHABLE


class Gone(CollectorError):
    """A direct read answered that the thing does not exist."""

    kind = ErrorKind.GONE


class Unsupported(CollectorError):
    """The product does not exist here: region, SDK or cluster lacks it."""

    kind = ErrorKind.UNSUPPORTED


class Malformed(CollectorError):
    """An answer that cannot be understood."""

    kind = ErrorKind.MALFORMED

    def __init__(
        self, message: str, *, native_id: str | None = None, operation: str | None = None
    ) -> None:
        """Keep which object it was."""
        super().__init__(message, operation=operation)
        self.native_id = native_id


class Cancelled(CollectorError):
    """The visit was told to stop, or its deadline passed."""

    kind = ErrorKind.DEADLINE


class Listed(Entity, frozen=True, tag_field="observation", tag=True):
    """A page of a part's listing, before its items.

    Attributes:
        part: The listing (`GetRestApis`, `ingresses.networking.k8s.io`).
        within: What ids begin with where the configuration has only some listed; of others nothing is observed.
        native_ids: Ids on this page; one that an earlier page had counts once: a listing that expired may begin again.
        last: True on the last page, and only where the listing was read to its end.
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
    """

    native_id: str
    detail: str
    error: ErrorRecord


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


class Quota(Entity, frozen=True):
    """A published limit of the provider, taken from at a share.

    Attributes:
        family: Operations that share it (`apigateway`, `apigateway:GetResources`).
        rate_per_s, burst: As published.
        scope: `region` or `account`: what the limit counts over.
        source: Where it is published.
    """

    family: str
    rate_per_s: float
    burst: int
    scope: str = "region"
    source: str | None = None


class Permission(Entity, frozen=True):
    """A right that a collector asks for.

    Attributes:
        action: In the provider's words (`apigateway:GET`).
        resources: What it is asked on, in the provider's patterns.
        operations: Calls that need it.
        reveals: What is hidden without it.
        optional: True where the collector only loses a detail.
    """

    action: str
    reveals: str
    resources: tuple[str, ...] = ("*",)
    operations: tuple[str, ...] = ()
    optional: bool = False


@runtime_checkable
class Visit(Protocol):
    """What a run lends to a collector."""

    session: Any
    """The provider's signed-in session for the reach, as `Provider.session` gave it."""

    options: Mapping[str, Any]
    """The source's own options for the product."""

    def now(self) -> datetime:
        """Return the run's clock, aware."""
        ...

    def check(self) -> None:
        """Raise `Cancelled` if the visit should stop; called between calls."""
        ...

    def tokens(self, native_id: str) -> Mapping[str, str]:
        """Return remembered change tokens of a listed object by deployment uid; empty where details are due."""
        ...

    def includes(self, name: str, labels: Mapping[str, str]) -> str | None:
        """Return why the source's include/exclude rules leave an object out, or `None` if they do not."""
        ...

    def concurrently(self, work: Any, items: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401 - generic in its caller
        """Map `work` over items with the run's threads, in order, one result per item; errors are raised in place."""
        ...


@runtime_checkable
class Collector(Protocol):
    """Lists the deployments of one gateway product in one scope. Constructed without arguments, without I/O."""

    product: ClassVar[str]
    title: ClassVar[str]
    provider: ClassVar[str]
    permissions: ClassVar[tuple[Permission, ...]]
    quotas: ClassVar[tuple[Quota, ...]]
    parts: ClassVar[tuple[str, ...]]
    stability: ClassVar[str]
    normaliser_version: ClassVar[int]

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield what the scope holds, as the module's docstring says.

        Raises:
            CollectorError: what ends the visit.
        """
        ...


@runtime_checkable
class Watches(Protocol):
    """A collector that can also follow its source."""

    def watch(self, scope: Scope, visit: Visit) -> Iterator[tuple[Observation, ...]]:
        """Yield the whole once, `Synced` per part, then what happens, in batches of at most one second.

        A batch is yielded at least every few seconds, an empty one where nothing happened, so that
        a watch can be told to end. What an object gave is said again whole. A `PartFailed` or
        `PartAbsent` of a part that is followed ends the watch; it is begun again after a while.

        Raises:
            CollectorError: the watch was cut; it is begun again after a while.
        """
        ...


@runtime_checkable
class ReadsDirectly(Protocol):
    """A collector that can say of one known object whether it is gone.

    For listings that permissions can narrow without a word: what they no longer list retires by
    a direct read only, never because several runs in a row did not list it.
    """

    def confirm_gone(self, scope: Scope, visit: Visit, native_id: str) -> bool:
        """Return true if a direct read answers not-found, false if the object is still there.

        Raises:
            AccessDenied: it cannot be known.
        """
        ...


@runtime_checkable
class TellsConsumers(Protocol):
    """A collector whose listing, read whole, names everybody who is let in to other products of its reach.

    Without it nobody can say how many are let in: none that is listed may also be one that nobody saw.
    """

    consumers_of: ClassVar[tuple[str, ...]]


class PlannedReach(Entity, frozen=True):
    """A reach that a source is configured to visit.

    Attributes:
        error: Why it cannot be visited after all (a role that cannot be assumed), if so.
    """

    reach: Reach
    caller: str | None = None
    error: ErrorRecord | None = None


class Plan(Entity, frozen=True):
    """What a source is configured to visit, and the estate around it.

    Attributes:
        reaches: What will be visited.
        estate: Every reach that the provider says exists and is not among `reaches`: excluded or not configured.
        estate_error: Why the estate cannot be known, if so ("cannot look" is not "there is nothing").
    """

    reaches: tuple[PlannedReach, ...]
    estate: tuple[EstateEntry, ...] = ()
    estate_error: ErrorRecord | None = None


class Budget(Protocol):
    """Token buckets for provider calls, lent by the run."""

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        """Wait until every family has a token (raises `Cancelled` where that passes the deadline); count a call."""
        ...

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        """Say that a call was refused for rate: halves the bucket for a minute and counts it."""
        ...


class ProviderSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of a provider's own settings: what may stand in a source besides the common keys."""


@runtime_checkable
class Provider(Protocol):
    """Knows how to sign in and what can be reached. Constructed without arguments, without I/O."""

    name: ClassVar[str]
    title: ClassVar[str]
    settings_type: ClassVar[type[ProviderSettings]]
    products: ClassVar[tuple[str, ...]]

    def plan(self, source: str, settings: Any) -> Plan:  # noqa: ANN401 - the provider's own settings type
        """Sign in and say what will be visited and what else exists.

        Raises:
            CredentialsInvalid: nobody is signed in.
        """
        ...

    def session(self, settings: Any, reach: Reach, budget: Budget) -> Any:  # noqa: ANN401 - the SDK's own type
        """Return what the provider's collectors call through; every call takes from `budget` first."""
        ...

    def detect(self) -> Mapping[str, Any] | None:
        """Return source settings for what this machine is signed in to, without a network call, or `None`."""
        ...


@runtime_checkable
class WritesPolicies(Protocol):
    """A provider that can write the smallest policy in the forms that its users deploy."""

    policy_forms: ClassVar[tuple[str, ...]]
    permissions: ClassVar[tuple[Permission, ...]]

    def write_policy(
        self,
        form: str,
        settings: Any,  # noqa: ANN401 - its own type
        permissions: Iterable[Permission],
    ) -> str:
        """Return a policy with the provider's own permissions and those given.

        Raises:
            ValueError: there is no such form.
        """
        ...
