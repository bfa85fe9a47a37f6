"""What a provider and a collector are. The whole of what a plug-in author needs to know.

A **provider** knows how to sign in and what can be reached; a **collector** lists the
deployments of one gateway product in one scope. Both are found by entry point
(`apiscape.providers`, `apiscape.collectors`) and loaded only when configured.

A collector's `discover` is a plain generator, run in a thread. Per part it yields
`Listed(part, native_ids)` once a page, before the page's items, the last one with
`last=True`; then, for every listed id exactly once, one of `Recorded`, `Unchanged`,
`Skipped` or `Failed`; and `Unseen` for a detail that it could not look at. It raises one of
the errors of `collectors.errors` for what ends the visit of a part: in the middle of a part that part is
partial, and the parts not yet begun are failed. To go on with the next part instead, it
yields `PartFailed`. What is not listed twice is never called gone (`apiscape.reconcile`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

import msgspec

from apiscape.collectors.errors import (
    AccessDenied,
    BadFile,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
    Unreachable,
    Unsupported,
)
from apiscape.collectors.observations import (
    Absent,
    Failed,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
    Unchanged,
    Unseen,
)
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, EstateEntry, Reach, Scope

__all__ = [
    "CONTRACT_VERSION",
    "Absent",
    "AccessDenied",
    "BadFile",
    "Budget",
    "Cancelled",
    "ChecksFiles",
    "Collector",
    "CollectorError",
    "CredentialsInvalid",
    "Failed",
    "Gone",
    "Listed",
    "Malformed",
    "Observation",
    "PartAbsent",
    "PartFailed",
    "Permission",
    "Plan",
    "PlannedReach",
    "Provider",
    "ProviderSettings",
    "Quota",
    "ReadsDirectly",
    "Recorded",
    "Skipped",
    "Synced",
    "TellsConsumers",
    "Throttled",
    "Unchanged",
    "Unreachable",
    "Unseen",
    "Unsupported",
    "Visit",
    "Watches",
    "WritesPolicies",
]

CONTRACT_VERSION = 1
"""Raised when a change here would break a collector written for the one before."""


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
        asked_where: The setting of a source without which it is not asked for, as a path in the provider's
            settings (`appsync.resolvers`); `None` where it always is.
    """

    action: str
    reveals: str
    resources: tuple[str, ...] = ("*",)
    operations: tuple[str, ...] = ()
    optional: bool = False
    asked_where: str | None = None

    def is_asked(self, settings: object) -> bool:
        """Say whether a source with these settings of its provider asks for it."""
        held = settings
        for name in self.asked_where.split(".") if self.asked_where else ():
            held = getattr(held, name, None)
        return self.asked_where is None or bool(held)


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

    def detect(self) -> Mapping[str, Any] | Sequence[Mapping[str, Any]] | None:
        """Return settings of a source for what this machine is signed in to, of several each with a `name`, or `None`.

        Without a network call; nothing that may be secret is among them.
        """
        ...


@runtime_checkable
class ChecksFiles(Protocol):
    """A provider whose settings name files that may be wrong."""

    def check_files(self, settings: Any) -> Mapping[str, str]:  # noqa: ANN401 - its own type
        """Read the files that the settings name, ask nobody anything, and go by what they say from now on.

        Returns a digest of each by its path: where one is another, so is the source.

        Raises:
            BadFile: one of them cannot be used: whatever was gone by until now still is.
        """
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
            CollectorError: a file that the settings name cannot be used.
        """
        ...
