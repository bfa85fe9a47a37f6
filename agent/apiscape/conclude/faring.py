"""How deployments fare: what health makes of their facts, and of the signals about what they stand behind. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from apiscape.health.policy import DEFAULT_THRESHOLDS, Override, Thresholds
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.entity import Entity
from apiscape.model.measured import Measured, newest_traffic
from apiscape.model.surroundings import Health, Signal
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.store import Conclusion

PER_CENT = 100.0


class HealthPolicy(Entity, frozen=True):
    """How health is judged.

    Attributes:
        thresholds: By the source of deployments; the default ones without.
        overrides: Thresholds by view, over those; a later one wins.
        raise_by: What an operator would turn on for a verdict on more than configuration.
    """

    thresholds: dict[str, Thresholds] = msgspec.field(default_factory=dict)
    overrides: tuple[Override, ...] = ()
    raise_by: str | None = None


class Observed(Entity, frozen=True):
    """What speaks for how one deployment fares.

    Attributes:
        signals: About it, and about the front doors and the gateway that it is reached by.
        measured: What sources measured of it.
        before: What was concluded of it so far.
    """

    presence: str
    signals: tuple[Signal, ...] = ()
    measured: tuple[Measured, ...] = ()
    before: Conclusion | None = None


def signals_by_subject(signals: Iterable[Signal]) -> dict[str, tuple[Signal, ...]]:
    """Return signals by the uid that they are about."""
    found: dict[str, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.subject_uid, []).append(signal)
    return {uid: tuple(each) for uid, each in found.items()}


def signals_about(
    item: Deployment,
    way: Conclusion,
    signals: Mapping[str, Sequence[Signal]],
    shown: Mapping[str, str] | None = None,
) -> tuple[Signal, ...]:
    """Return the signals about a deployment, and about what callers reach it by.

    Args:
        item: The deployment.
        way: How it is reached.
        signals: By the uid that they are about.
        shown: Uids of the certificates that front doors show, by the doors'.
    """
    gateway = (item.gateway,) if isinstance(item.gateway, str) else ()
    certificates = (shown[uid] for uid in way.front_doors if shown and uid in shown)
    subjects = (item.uid, *way.front_doors, *gateway, *certificates)
    return tuple(signal for uid in dict.fromkeys(subjects) for signal in signals.get(uid, ()))


def fare(
    item: Deployment,
    way: Conclusion,
    observed: Observed,
    now: datetime,
    *,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
    raise_by: str | None = None,
) -> Conclusion:
    """Return a conclusion with how its deployment fares in it."""
    traffic = newest_traffic(observed.measured)
    found = tuple(signal for each in observed.measured for signal in each.signals)
    evidence = Evidence(
        status=item.status,
        status_reason=item.status_reason,
        presence=observed.presence,
        seen=observed.signals,
        signals=found,
        traffic=traffic,
        raise_by=raise_by,
    )
    health = judge(evidence, now, previous=_health_of(observed.before), thresholds=thresholds)
    return msgspec.structs.replace(
        way,
        **faring_of(health),
        requests=_figure(traffic, "requests"),
        errors_4xx=_share(traffic, "errors_4xx"),
        errors_5xx=_share(traffic, "errors_5xx"),
        p95_ms=_figure(traffic, "p95_ms"),
    )


def fare_alone(
    item: Deployment, presence: str, now: datetime, *, raise_by: str | None = None
) -> dict[str, Any]:
    """Return what `fare` says of a deployment of which nothing was seen but its own configuration.

    That is alike for all that have the same status, reason and presence.
    """
    evidence = Evidence(
        status=item.status, status_reason=item.status_reason, presence=presence, raise_by=raise_by
    )
    return faring_of(judge(evidence, now))


def faring_of(health: Health) -> dict[str, Any]:
    """Return the fields of a conclusion that say how its deployment fares; figures are not among them."""
    return {
        "health": health.state,
        "basis": health.basis,
        "health_reason": health.reasons[0],
        "health_reasons": health.reasons,
        "health_since": health.since,
    }


def _health_of(before: Conclusion | None) -> Health | None:
    if before is None or not isinstance(before.health, str):
        return None
    basis = before.basis if isinstance(before.basis, str) else ""
    return Health(state=before.health, basis=basis, since=before.health_since)


def _figure(traffic: Traffic | Unknown, name: str) -> float | Unknown:
    """Return a figure; one that was not measured is unknown, and not none."""
    value = getattr(traffic, name) if is_known(traffic) else None
    return UNKNOWN if value is None else float(value)


def _share(traffic: Traffic | Unknown, name: str) -> float | Unknown:
    """Return a count as a share of the requests, in percent; of no request there is none."""
    if not is_known(traffic):
        return UNKNOWN
    value = getattr(traffic, name)
    return (
        PER_CENT * value / traffic.requests if traffic.requests and value is not None else UNKNOWN
    )
