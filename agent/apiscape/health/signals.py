"""The signals that health is drawn from: what each is called, and what its value means.

A collector or a probe may send signals of other names: one whose number is over its threshold
counts against its subject, and any other is shown and counts for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from apiscape.model.surroundings import Signal
from apiscape.model.values import moment_in


class SignalName(StrEnum):
    """Names of signals that are understood.

    Attributes:
        CONDITION: Prefix: `condition.Accepted` and the like; true holds, false does not, none is pending.
        BACKENDS_READY: How many backends take requests, of `threshold` in all.
        CERTIFICATE_NOT_AFTER: End of validity, as an RFC 3339 text.
        DANGLES: Whether a name in DNS points at what is gone; no value where nobody can tell.
        RESOLVES: Whether a name of the deployment is found in DNS.
        ANSWERS: Whether a probe got an answer; none where it may not look (`reason` says why).
        PROBE_FAILURES: Probes in a row without a good answer; `threshold` of them are believed.
        PROBE_LATENCY_MS: Time to the answer of the newest probe.
        TRAFFIC_UNMEASURED: Traffic was asked for and could not be measured (`reason` says why); no value.
    """

    CONDITION = "condition."
    BACKENDS_READY = "backends.ready"
    CERTIFICATE_NOT_AFTER = "certificate.not_after"
    DANGLES = "dns.dangles"
    RESOLVES = "dns.resolves"
    ANSWERS = "probe.answers"
    PROBE_FAILURES = "probe.failures"
    PROBE_LATENCY_MS = "probe.latency_ms"
    TRAFFIC_UNMEASURED = "traffic.unmeasured"


CRITICAL_CONDITIONS = frozenset({"Accepted", "Programmed", "Ready", "Deployed"})
"""Conditions without which nothing is served; any other that does not hold only degrades."""


def is_unsettled(signal: Signal) -> bool:
    """Say whether nobody knows if a condition holds without which nothing is served: pending, stale, not looked at."""
    name = signal.name.removeprefix(SignalName.CONDITION)
    return name != signal.name and name in CRITICAL_CONDITIONS and signal.value is None


_LASTING = frozenset({SignalName.CERTIFICATE_NOT_AFTER, SignalName.DANGLES})


def fresh(
    signals: Iterable[Signal], now: datetime, stale_after_s: float
) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    """Return the signals that still speak, and those that are too old to.

    A certificate's end stays what it is however long ago it was read, and what was concluded until it is again.
    """
    speaking: list[Signal] = []
    silent: list[Signal] = []
    for signal in sorted(signals, key=lambda each: (each.name, each.subject_uid, each.source)):
        age_s = (now - signal.observed_at).total_seconds()
        lasting = signal.name in _LASTING
        (speaking if lasting or age_s <= stale_after_s else silent).append(signal)
    return tuple(speaking), tuple(silent)


def number(signal: Signal) -> float | None:
    """Return the number that a signal measured; none where it did not, and for a truth value."""
    value = signal.value
    return None if isinstance(value, bool | str) or value is None else float(value)


def moment(signal: Signal) -> datetime | None:
    """Return the time that a signal tells, where it tells one with its zone."""
    return moment_in(signal.value)
