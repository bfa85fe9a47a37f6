"""What each kind of evidence says by itself. Each rule is pure, and says nothing where it cannot tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from apiscape.health.evidence import Evidence
from apiscape.health.policy import Thresholds
from apiscape.health.signals import CRITICAL_CONDITIONS, SignalName, is_unsettled, moment, number
from apiscape.model.deployment import Traffic
from apiscape.model.entity import Entity
from apiscape.model.surroundings import Signal
from apiscape.model.values import is_known
from apiscape.model.vocabulary import Basis, HealthState, Status

DAY_S = 86_400.0


class Verdict(Entity, frozen=True):
    """What one piece of evidence says: a state, what that rests on, and why in words."""

    state: str
    basis: str
    reason: str


class Circumstances(Entity, frozen=True):
    """What a rule may look at besides its evidence.

    Attributes:
        before: The state so far: what is bad recovers only well under the limit that it broke.
        is_unsettled: Whether nobody knows if its gateway takes it at all: then backends alone prove no health.
    """

    thresholds: Thresholds
    before: str
    now: datetime
    is_unsettled: bool = False

    def limit(self, limit: float, *, left_from: frozenset[str]) -> float:
        """Return a limit, lowered while the deployment still is in one of the states that it leads to."""
        return limit * self.thresholds.recovery if self.before in left_from else limit


_FAILING = frozenset({HealthState.FAILING.value})
_BAD = frozenset({HealthState.FAILING.value, HealthState.DEGRADED.value})


def judge_status(evidence: Evidence, at: Circumstances) -> Iterator[Verdict]:
    """Yield what the gateway's own word proves: a failed or switched-off deployment, never a healthy one."""
    del at
    why = f": {evidence.status_reason}" if evidence.status_reason else ""
    if evidence.status == Status.FAILED:
        yield Verdict(HealthState.FAILING, Basis.CONFIGURED, f"its gateway says failed{why}")
    elif evidence.status == Status.INACTIVE:
        yield Verdict(HealthState.IDLE, Basis.CONFIGURED, f"switched off at its gateway{why}")


def judge_condition(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a condition does not hold, or that nobody knows of one without which nothing is served."""
    del at
    name = signal.name.removeprefix(SignalName.CONDITION)
    if is_unsettled(signal):
        words = f"{name} is not known to hold{_why(signal)}"
        yield Verdict(HealthState.UNKNOWN, Basis.CONFIGURED, words)
    elif signal.value is False:
        state = HealthState.FAILING if name in CRITICAL_CONDITIONS else HealthState.DEGRADED
        yield Verdict(state, Basis.CONFIGURED, f"{name} does not hold{_why(signal)}")


def _why(signal: Signal) -> str:
    return f": {signal.reason}" if signal.reason else ""


def judge_backends(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield how many backends take requests; with none at all nothing is served.

    That all do makes nothing healthy while nobody knows whether requests get to them.
    """
    ready, total = number(signal), signal.threshold
    if ready is None or total is None:
        if signal.value is None and signal.reason:
            words = f"how many backends are ready is not known{_why(signal)}"
            yield Verdict(HealthState.UNKNOWN, Basis.CONFIGURED, words)
        return
    words = f"{ready:g} of {total:g} backends ready{_why(signal)}"
    if ready <= 0:
        yield Verdict(HealthState.FAILING, Basis.REACHABLE, words)
    elif ready < total:
        yield Verdict(HealthState.DEGRADED, Basis.REACHABLE, words)
    elif at.is_unsettled:
        yield Verdict(HealthState.UNKNOWN, Basis.CONFIGURED, words)
    else:
        yield Verdict(HealthState.HEALTHY, Basis.REACHABLE, words)


def judge_certificate(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a certificate has ended, or soon will."""
    ends = moment(signal)
    if ends is None:
        return
    days = (ends - at.now).total_seconds() / DAY_S
    day = ends.date().isoformat()
    if days <= 0:
        yield Verdict(HealthState.FAILING, Basis.CONFIGURED, f"certificate ended on {day}")
    elif days < at.thresholds.certificate_days:
        words = f"certificate ends on {day}, in {days:.0f} d"
        yield Verdict(HealthState.DEGRADED, Basis.CONFIGURED, words)


def judge_resolution(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a name is not found; that it is found proves nothing yet."""
    del at
    if signal.value is False:
        why = f": {signal.reason}" if signal.reason else ""
        yield Verdict(HealthState.FAILING, Basis.REACHABLE, f"name not found in DNS{why}")


def judge_dangling(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a name points at what is gone: somebody else may answer there; that it does not proves nothing."""
    del at
    if signal.value is True:
        why = f": {signal.reason}" if signal.reason else ""
        words = f"a name in DNS points at what is gone{why}"
        yield Verdict(HealthState.DEGRADED, Basis.CONFIGURED, words)


def judge_answer(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a probe was answered; one that was not is judged by how many in a row were not."""
    del at
    if signal.value is True:
        words = f"answers probes ({signal.reason})" if signal.reason else "answers probes"
        yield Verdict(HealthState.HEALTHY, Basis.REACHABLE, words)


def judge_failures(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that enough probes in a row had no good answer; fewer keep what was, if it was bad."""
    failures, believed = number(signal), signal.threshold or 1.0
    if not failures:
        return
    why = f": {signal.reason}" if signal.reason else ""
    if failures >= believed:
        words = f"{_probes(failures)} failed{why}"
        yield Verdict(HealthState.FAILING, Basis.REACHABLE, words)
    else:
        state = at.before if at.before in _BAD else HealthState.UNKNOWN
        words = f"{_probes(failures)} failed, {believed:g} are believed{why}"
        yield Verdict(state, Basis.REACHABLE, words)


def _probes(failures: float) -> str:
    return "the last probe" if failures == 1 else f"{failures:g} probes in a row"


def judge_unmeasured(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that traffic could not be measured: unknown, whatever was measured before."""
    del at
    why = f": {signal.reason}" if signal.reason else ""
    words = f"traffic could not be measured{why}"
    yield Verdict(HealthState.UNKNOWN, Basis.NONE, words)


def judge_threshold(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield that a figure of any name is over its own threshold."""
    value, limit = number(signal), signal.threshold
    if value is None or limit is None or value <= at.limit(limit, left_from=_BAD):
        return
    why = f": {signal.reason}" if signal.reason else ""
    unit = f" {signal.unit}" if signal.unit else ""
    words = f"{signal.name} {value:g}{unit}, limit {limit:g}{unit}{why}"
    yield Verdict(HealthState.DEGRADED, Basis.CONFIGURED, words)


def judge_traffic(traffic: Traffic, at: Circumstances) -> Iterator[Verdict]:
    """Yield what the gateway's own figures say: none is idle, and too few to judge is said to be so."""
    span = window(traffic.window_s)
    if traffic.requests is None:
        yield Verdict(HealthState.UNKNOWN, Basis.CONFIGURED, "requests were not measured")
        return
    if traffic.requests == 0:
        yield Verdict(HealthState.IDLE, Basis.SERVING, f"no request over {span}")
        return
    errors = tuple(_errors(traffic, traffic.requests, at))
    yield from errors
    yield from _latency(traffic, at)
    if errors:
        return
    if traffic.errors_5xx is None:
        yield Verdict(HealthState.UNKNOWN, Basis.SERVING, "its errors were not measured")
    else:
        share = 100.0 * traffic.errors_5xx / traffic.requests
        requests = "1 request" if traffic.requests == 1 else f"{traffic.requests:,} requests"
        words = f"{requests} over {span}, 5xx {share:.2g} %"
        yield Verdict(HealthState.HEALTHY, Basis.SERVING, words)


def _errors(traffic: Traffic, requests: int, at: Circumstances) -> Iterator[Verdict]:
    limits = at.thresholds
    if traffic.errors_5xx is not None:
        share = 100.0 * traffic.errors_5xx / requests
        failing = at.limit(limits.errors_5xx_failing, left_from=_FAILING)
        degraded = at.limit(limits.errors_5xx_degraded, left_from=_BAD)
        span = window(traffic.window_s)
        if share >= failing and requests >= limits.failing_requests:
            words = f"5xx {share:.1f} % over {span}, limit {limits.errors_5xx_failing:g} %"
            yield Verdict(HealthState.FAILING, Basis.SERVING, words)
        elif share >= degraded and requests >= limits.degraded_requests:
            words = f"5xx {share:.1f} % over {span}, limit {limits.errors_5xx_degraded:g} %"
            yield Verdict(HealthState.DEGRADED, Basis.SERVING, words)
        elif share >= degraded:
            words = f"{traffic.errors_5xx} of {requests} requests failed, too few to judge"
            yield Verdict(HealthState.UNKNOWN, Basis.SERVING, words)
    limit = limits.errors_4xx_degraded
    if limit is not None and traffic.errors_4xx is not None:
        share = 100.0 * traffic.errors_4xx / requests
        enough = requests >= limits.degraded_requests
        if enough and share >= at.limit(limit, left_from=_BAD):
            words = f"4xx {share:.1f} % over {window(traffic.window_s)}, limit {limit:g} %"
            yield Verdict(HealthState.DEGRADED, Basis.SERVING, words)


def _latency(traffic: Traffic, at: Circumstances) -> Iterator[Verdict]:
    limit = at.thresholds.p95_ms_degraded
    if limit is None or traffic.p95_ms is None:
        return
    if traffic.p95_ms > at.limit(limit, left_from=_BAD):
        words = f"p95 {traffic.p95_ms:.0f} ms over {window(traffic.window_s)}, limit {limit:g} ms"
        yield Verdict(HealthState.DEGRADED, Basis.SERVING, words)


def window(seconds: int) -> str:
    """Return a window in words: `15 min`, `3 h`, `2 d`."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


SIGNAL_RULES: dict[str, Callable[[Signal, Circumstances], Iterator[Verdict]]] = {
    SignalName.BACKENDS_READY: judge_backends,
    SignalName.CERTIFICATE_NOT_AFTER: judge_certificate,
    SignalName.DANGLES: judge_dangling,
    SignalName.RESOLVES: judge_resolution,
    SignalName.ANSWERS: judge_answer,
    SignalName.PROBE_FAILURES: judge_failures,
    SignalName.TRAFFIC_UNMEASURED: judge_unmeasured,
}
"""The rule of each signal that is understood by its name."""


def judge_signal(signal: Signal, at: Circumstances) -> Iterator[Verdict]:
    """Yield what a signal says, by the rule of its name or by its own threshold."""
    if signal.name.startswith(SignalName.CONDITION):
        yield from judge_condition(signal, at)
    else:
        yield from SIGNAL_RULES.get(signal.name, judge_threshold)(signal, at)


def judge_measured(evidence: Evidence, at: Circumstances) -> Iterator[Verdict]:
    """Yield what the gateway's figures say, while they are not too old to say anything."""
    traffic = evidence.traffic
    if not is_known(traffic):
        return
    if (at.now - traffic.until).total_seconds() > at.thresholds.stale_after_s:
        since = traffic.until.isoformat(timespec="minutes").replace("+00:00", "Z")
        words = f"traffic was last measured at {since}"
        yield Verdict(HealthState.UNKNOWN, Basis.CONFIGURED, words)
    else:
        yield from judge_traffic(traffic, at)
