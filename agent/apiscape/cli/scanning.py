"""From the configuration to a finished scan: plans, visits, conclusions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from apiscape.cli.naming import NO_SOURCES, no_source
from apiscape.collect.clock import Stop
from apiscape.collect.progress import Progress
from apiscape.collect.report import ScanReport
from apiscape.collect.scan import scan
from apiscape.collect.source import SourcePlan
from apiscape.collect.tools import Tools
from apiscape.collectors.registry import load_provider
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import NO_RULES, Rules, conclude, conclude_due
from apiscape.conclude.newcomers import draw_newcomers
from apiscape.errors import UsageError
from apiscape.govern.overlay import Entry, Overlay
from apiscape.health.policy import Override, in_rhythm
from apiscape.model.provenance import Confirmation
from apiscape.network.ways import checked_ways
from apiscape.settings.load import provider_settings, read_files, settings_digest
from apiscape.settings.overlay import Given, Written, load_overlay
from apiscape.settings.paths import default_config
from apiscape.settings.schema import Settings, Source
from apiscape.store import Store

RAISE_BY = "`probes` of the agent would ask whether it answers"
"""What would give a verdict on more than configuration, where nothing of the kind is configured."""


def health_policy(settings: Settings) -> HealthPolicy:
    """Return how health is judged."""
    overrides = tuple(Override(**msgspec.structs.asdict(limits)) for limits in settings.health)
    probed_s = 0.0 if settings.probes is None else settings.probes.interval_s
    thresholds = {
        source.name: in_rhythm(
            source.interval_s, max(probed_s, source.traffic.every_s if source.traffic else 0.0)
        )
        for source in settings.sources
    }
    return HealthPolicy(
        thresholds=thresholds,
        overrides=overrides,
        raise_by=RAISE_BY if settings.probes is None else None,
    )


def configured_overlay(settings: Settings, config: Path | None) -> Overlay:
    """Return what people say of deployments; `config` is the configuration file, if one was named.

    Raises:
        SettingsError: with the file, line and column of what is wrong.
    """
    return overlay_of(load_overlay(settings, config or default_config()))


def configured_rules(settings: Settings, config: Path | None) -> Rules:
    """Return what people say of how to conclude; `config` is the configuration file, if one was named.

    Raises:
        SettingsError: with the file, line and column of what is wrong.
    """
    return Rules(health_policy(settings), configured_overlay(settings, config))


def overlay_of(written: Iterable[Written]) -> Overlay:
    """Return what entries say, ready to be applied."""
    return Overlay(entries=tuple(map(_entry, written)))


def _entry(written: Written) -> Entry:
    entry = written.entry
    confirmation = None
    if entry.confirmed_by is not None and entry.confirmed_on is not None:
        confirmation = Confirmation(by=entry.confirmed_by, on=entry.confirmed_on, due=entry.due)
    return Entry(
        view=entry.view,
        values=_values(entry.given),
        place=written.place,
        note=entry.note,
        confirmation=confirmation,
    )


def _values(given: Given) -> dict[str, Any]:
    """Return what an entry sets, by field of the row, JSON-ready."""
    owners = [given.owner] if isinstance(given.owner, str) else given.owner
    said = {
        "title": given.title,
        "environment": given.environment,
        "lifecycle": given.lifecycle,
        "audience": given.audience,
        "classification": given.classification,
        "owners": owners,
    }
    return {
        field: list(value) if field == "owners" else str(value)
        for field, value in said.items()
        if value is not None
    }


def plan_sources(settings: Settings, names: Collection[str] = ()) -> tuple[SourcePlan, ...]:
    """Return what is to be visited: every configured source, or those named.

    Raises:
        UsageError: nothing is configured, or no source has a name that was asked for.
        SettingsError: a source's own keys are wrong, or the ways out cannot be used.
        PlugInError: a provider is not installed.
    """
    if not settings.sources:
        raise UsageError("no source is configured", hint=NO_SOURCES)
    missing = sorted(set(names) - {source.name for source in settings.sources})
    if missing:
        raise no_source(missing[0], settings.sources)
    checked_ways(settings.network)
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
    tools: Tools | None = None,
    rules: Rules = NO_RULES,
) -> ScanReport:
    """Visit every scope of some sources once, and draw what follows.

    Args:
        plans: What to visit.
        store: Where what is seen goes.
        progress: Told what goes on.
        stop: Ends the scan early.
        only: Keys of the scopes to visit, all without it.
        tools: What to visit with; a scan's own, without it.
        rules: What people say of how to conclude.

    Raises:
        StoreError: the store failed; what was stored until then stands.
    """
    store.runs.draw_with(draw_newcomers(rules.policy))
    report = scan(plans, store, tools=tools, progress=progress, stop=stop, only=only)
    now = datetime.now(UTC)
    conclude(store, now, policy=rules.policy, overlay=rules.overlay)
    if store.measurements.subjects():
        conclude_due(store, now, policy=rules.policy, overlay=rules.overlay)
    return report


def drop_history(store: Store, settings: Settings) -> None:
    """Drop what is older than the configuration keeps."""
    store.upkeep.retain(datetime.now(UTC), timedelta(days=settings.retention_days))


def _plan(source: Source, settings: Settings, digest: str) -> SourcePlan:
    provider = load_provider(source.provider)
    own = provider_settings(source, provider, settings)
    return SourcePlan(
        name=source.name,
        provider=source.provider,
        settings=own,
        files=read_files(source, provider, own),
        products=source.products,
        include=source.include,
        exclude=source.exclude,
        quotas=source.quotas,
        deadline_s=source.deadline_s,
        interval_s=source.interval_s,
        plan_interval_s=source.plan_interval_s,
        watch=source.watch,
        traffic=source.traffic,
        events=source.events,
        accepted=settings.accepted_gaps,
        config_digest=digest,
    )
