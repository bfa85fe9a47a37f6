"""What an agent reads from its configuration, and may read anew while it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from apiscape.collect.source import SourcePlan
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import DEFAULT_POLICY
from apiscape.govern.overlay import NO_OVERLAY, Overlay
from apiscape.model.entity import Entity
from apiscape.network.ways import Ways
from apiscape.settings.schema import Agent, Notify, Probes, Telemetry
from apiscape.store.keeping.upkeep import KEPT


class Configured(Entity, frozen=True):
    """What a configuration says of an agent.

    Attributes:
        sources: What is visited.
        policy: How health is judged.
        keep: How long history is kept.
        probes: What is asked whether it answers; nothing without it.
        notify: Whom changes are told to.
        agent: How it is asked and how it logs; only what was read at the start holds.
        telemetry: What is given to OpenTelemetry; only what was read at the start holds.
        overlay: What people say of deployments.
        overlay_folder: Where that is read from, whether it is there or not.
        ways: How to get out; for what is pushed, only what was read at the start holds.
    """

    sources: tuple[SourcePlan, ...]
    policy: HealthPolicy = DEFAULT_POLICY
    keep: timedelta = KEPT
    probes: Probes | None = None
    notify: tuple[Notify, ...] = ()
    agent: Agent = Agent()
    telemetry: Telemetry = Telemetry()
    overlay: Overlay = NO_OVERLAY
    overlay_folder: Path | None = None
    ways: Ways = Ways()


def named_files(configured: Configured) -> frozenset[str]:
    """Return the files that sources name and that are read with the configuration."""
    return frozenset(path for source in configured.sources for path in source.files)


Load = Callable[[], Configured]
"""Reads the configuration; raises `ApiscapeError` where it is not to be used."""
