"""One visit of a world, or one try of permissions: what it is made by, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from apiscape.collectors.contract import (
    Cancelled,
    CollectorError,
    Failed,
    Listed,
    Observation,
    PartFailed,
    Recorded,
    Unseen,
)
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord


class Trial(Entity, frozen=True, gc=True):
    """What a collector said in one visit.

    Attributes:
        said: Its observations; `error`: what it raised, if anything.
        operations: Called; `taken`: times that it took from the budget.
    """

    said: tuple[Observation, ...]
    error: CollectorError | None
    operations: tuple[str, ...]
    taken: int

    def of(self, *kinds: type[Any]) -> Iterator[Any]:
        """Yield the observations of some kinds."""
        return (each for each in self.said if isinstance(each, kinds))

    def deployments(self) -> list[Deployment]:
        """Return every deployment that was given, fresh or unchanged."""
        found: list[Deployment] = []
        for each in self.of(Recorded):
            found.extend(item for item in each.entities if isinstance(item, Deployment))
            found.extend(each.unchanged)
        return found

    def whole(self) -> dict[str, frozenset[str]]:
        """Return what was listed, of the parts whose listing was read to its end."""
        listed: dict[str, set[str]] = {}
        for page in self.of(Listed):
            listed.setdefault(page.part, set()).update(page.native_ids)
        ended = {page.part for page in self.of(Listed) if page.last}
        broken = {each.part for each in self.of(PartFailed)}
        return {part: frozenset(listed[part]) for part in ended - broken}

    def errors(self) -> list[ErrorRecord]:
        """Return every error that was said or raised."""
        said = [each.error for each in self.of(Failed, Unseen, PartFailed)]
        return said + ([self.error.record()] if self.error else [])


class PermissionTrial(Entity, frozen=True):
    """What a collector said of its permissions, and the operations that it called for it."""

    said: tuple[Tried, ...]
    operations: tuple[str, ...]


class Purse:
    """A budget without a limit, that may say to stop at a call."""

    def __init__(self, stops_at: int | None = None) -> None:
        self.taken = 0
        self._stops_at = stops_at

    def acquire(self, families: Sequence[str], *, account: str, region: str | None) -> None:
        """Take a call.

        Raises:
            Cancelled: it is the one to stop at.
        """
        if self.taken == self._stops_at:
            raise Cancelled("told to stop")
        self.taken += 1

    def throttled(
        self,
        families: Sequence[str],
        *,
        account: str,
        region: str | None,
        retry_after_s: float | None,
    ) -> None:
        """Take note of nothing: there is no rate."""


class TrialVisit:
    """A visit without rules, threads or a deadline."""

    def __init__(self, session: Any, tokens: Mapping[str, Mapping[str, str]]) -> None:  # noqa: ANN401
        self.session = session
        self.options: Mapping[str, Any] = {}
        self._tokens = tokens

    def now(self) -> datetime:
        """Return some day's noon."""
        return datetime(2026, 9, 30, 12, tzinfo=UTC)

    def check(self) -> None:
        """Go on, always."""

    def tokens(self, native_id: str) -> Mapping[str, str]:
        """Return what a visit before remembered of an object."""
        return self._tokens.get(native_id, {})

    def includes(self, name: str, labels: Mapping[str, str]) -> str | None:
        """Leave nothing out."""
        return None

    def concurrently(self, work: Any, items: Sequence[Any]) -> Iterator[Any]:  # noqa: ANN401
        """Do one after the other."""
        return map(work, items)
