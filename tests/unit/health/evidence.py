"""Evidence and signals, for the tests of health."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from apiscape.health.evidence import Evidence
from apiscape.model.deployment import Traffic
from apiscape.model.surroundings import Signal

NOW = datetime(2026, 9, 30, 12, tzinfo=UTC)


def signal(name: str, value: float | str | bool | None, **more: Any) -> Signal:
    """Return a signal that was just measured."""
    given: dict[str, Any] = {"subject_uid": "d", "observed_at": NOW, "source": "toy.api"}
    return Signal(name=name, value=value, **(given | more))


def traffic(requests: int | None, errors_5xx: int | None = 0, **more: Any) -> Traffic:
    """Return what a gateway measured over the last quarter of an hour."""
    given: dict[str, Any] = {"window_s": 900, "until": NOW}
    return Traffic(requests=requests, errors_5xx=errors_5xx, **(given | more))


def active(*signals: Signal, **more: Any) -> Evidence:
    """Return evidence of a deployment that its gateway calls active."""
    return Evidence(**({"status": "active", "signals": signals} | more))


def ago(**span: float) -> datetime:
    """Return a time before now."""
    return NOW - timedelta(**span)
