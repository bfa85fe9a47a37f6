"""From the configuration to a finished scan: plans, visits, conclusions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import msgspec

from apiscape.cli.naming import NO_SOURCES, no_source
from apiscape.collect.clock import Stop
from apiscape.collect.progress import Progress
from apiscape.collect.report import ScanReport
from apiscape.collect.scan import scan
from apiscape.collect.source import SourcePlan
from apiscape.collectors.registry import load_provider
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import DEFAULT_POLICY, conclude, conclude_due
from apiscape.conclude.newcomers import draw_newcomers
from apiscape.errors import UsageError
from apiscape.health.policy import Override
from apiscape.settings.load import provider_settings, settings_digest
from apiscape.settings.schema import Settings, Source
from apiscape.store import Store

RAISE_BY = "`probes` of the agent would ask whether it answers"
"""What would give a verdict on more than configuration, where nothing of the kind is configured."""


def health_policy(settings: Settings) -> HealthPolicy:
    """Return how health is judged."""
    overrides = tuple(Override(**msgspec.structs.asdict(limits)) for limits in settings.health)
    return HealthPolicy(overrides=overrides, raise_by=RAISE_BY if settings.probes is None else None)


def plan_sources(settings: Settings, names: Collection[str] = ()) -> tuple[SourcePlan, ...]:
    """Return what is to be visited: every configured source, or those named.

    Raises:
        UsageError: nothing is configured, or no source has a name that was asked for.
        SettingsError: a source's own keys are wrong.
        PlugInError: a provider is not installed.
    """
    if not settings.sources:
        raise UsageError("no source is configured", hint=NO_SOURCES)
    missing = sorted(set(names) - {source.name for source in settings.sources})
    if missing:
        raise no_source(missing[0], settings.sources)
    digest = settings_digest(settings)
    chosen = [source for source in settings.sources if not names or source.name in names]
    return tuple(_plan(source, settings, digest) for source in chosen)


def scan_and_conclude(
    plans: tuple[SourcePlan, ...],
    store: Store,
    *,
    progress: Progress,
    stop: Stop | None = None,
    only: Collection[str] | None = None,
    keep: timedelta | None = None,
    policy: HealthPolicy = DEFAULT_POLICY,
) -> ScanReport:
    """Visit every scope of some sources once, draw what follows, and drop history that is too old.

    Args:
        plans: What to visit.
        store: Where what is seen goes.
        progress: Told what goes on.
        stop: Ends the scan early.
        only: Keys of the scopes to visit, all without it.
        keep: How long history is kept; all of it without.
        policy: How health is judged.

    Raises:
        StoreError: the store failed; what was stored until then stands.
    """
    store.runs.draw_with(draw_newcomers(policy))
    report = scan(plans, store, progress=progress, stop=stop, only=only)
    now = datetime.now(UTC)
    conclude(store, now, policy=policy)
    if store.measurements.subjects():
        conclude_due(store, now, policy=policy)
    if keep is not None:
        store.upkeep.retain(now, keep)
    return report


def _plan(source: Source, settings: Settings, digest: str) -> SourcePlan:
    return SourcePlan(
        name=source.name,
        provider=source.provider,
        settings=provider_settings(source, load_provider(source.provider), settings),
        products=source.products,
        include=source.include,
        exclude=source.exclude,
        quotas=source.quotas,
        deadline_s=source.deadline_s,
        interval_s=source.interval_s,
        plan_interval_s=source.plan_interval_s,
        watch=source.watch,
        traffic=source.traffic,
        accepted=settings.accepted_gaps,
        config_digest=digest,
    )
