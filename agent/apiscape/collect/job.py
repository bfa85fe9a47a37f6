"""What is to be visited, and with what."""

from __future__ import annotations

from collections.abc import MutableMapping

from apiscape.collect.clock import Clock
from apiscape.collect.ports import Runs
from apiscape.collect.source import SourcePlan
from apiscape.collect.workers import Workers
from apiscape.collectors.contract import Collector, Provider
from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, Scope
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy


class Job(Entity, frozen=True):
    """A scope to be visited.

    Attributes:
        collector: `None` where it cannot be loaded.
        error: Why it cannot be visited after all, if so: the run says so, and ends.
        caller: Identity that is used, as the provider names it.
        accepted: Reason of the accepted gap that covers the scope, if any.
        anew: Listed objects whose change tokens are not to be believed: something happened to them.
        notes: Kept in memory from look to look, where the source hears of changes between visits.
    """

    scope: Scope
    source: SourcePlan
    provider: Provider
    collector: Collector | None
    error: ErrorRecord | None = None
    caller: str | None = None
    accepted: str | None = None
    agent_version: str | None = None
    collector_version: str | None = None
    anew: frozenset[str] = frozenset()
    notes: MutableMapping[str, bytes] | None = None


class Means(Entity, frozen=True):
    """What visits work with."""

    runs: Runs
    clock: Clock
    workers: Workers
    policy: PresencePolicy = DEFAULT_POLICY
