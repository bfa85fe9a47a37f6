"""What backends, certificates, names and probes prove of a deployment's health."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.health.judge import judge
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Health, Signal
from apiscape.model.vocabulary import Basis, HealthState
from tests.unit.health.evidence import NOW, active, ago, signal, traffic
from tests.unit.health.judging import DAY, reason, verdict


def test_a_name_that_points_at_what_is_gone_degrades_and_whatever_else_proves_nothing() -> None:
    dangling = signal(
        SignalName.DANGLES, value=True, reason="a.example was pay", observed_at=ago(days=9)
    )
    assert verdict(active(dangling)) == (HealthState.DEGRADED, Basis.CONFIGURED)
    words = "a name in DNS points at what is gone"
    assert reason(active(dangling)) == f"{words}: a.example was pay"
    assert reason(active(signal(SignalName.DANGLES, value=True))) == words
    for value in (False, None):
        assert verdict(active(signal(SignalName.DANGLES, value=value))) == verdict(active())


@pytest.mark.parametrize(
    ("ready", "total", "state", "words"),
    [
        (0, 3, "failing", "0 of 3 backends ready"),
        (1, 3, "degraded", "1 of 3 backends ready"),
        (3, 3, "healthy", "3 of 3 backends ready"),
    ],
)
def test_backends_are_counted(ready: int, total: int, state: str, words: str) -> None:
    evidence = active(signal(SignalName.BACKENDS_READY, ready, threshold=total))
    assert verdict(evidence) == (state, Basis.REACHABLE)
    assert reason(evidence) == words


@pytest.mark.parametrize(
    ("ready", "words"),
    [
        (0, "0 of 2 backends ready: nothing behind it"),
        (1, "1 of 2 backends ready: nothing behind it"),
    ],
)
def test_why_some_backends_are_not_ready_is_said(ready: int, words: str) -> None:
    told = signal(SignalName.BACKENDS_READY, ready, threshold=2, reason="nothing behind it")
    assert reason(active(told)) == words


def test_backends_that_nobody_can_tell_of_are_said_beside_those_that_are_ready() -> None:
    why = "of 1 more nobody can tell"
    told = signal(SignalName.BACKENDS_READY, 2, threshold=2, reason=why)
    assert verdict(active(told)) == (HealthState.HEALTHY, Basis.REACHABLE)
    assert reason(active(told)) == f"2 of 2 backends ready: {why}"


@pytest.mark.parametrize(("ready", "total"), [(None, 3), (2, None), (True, 3)])
def test_backends_that_were_not_counted_say_nothing(ready: Any, total: Any) -> None:
    evidence = active(signal(SignalName.BACKENDS_READY, ready, threshold=total))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.CONFIGURED)


def test_why_backends_were_not_counted_is_said_where_somebody_says_it() -> None:
    unseen = signal(SignalName.BACKENDS_READY, None, threshold=1, reason="services: denied")
    assert verdict(active(unseen)) == (HealthState.UNKNOWN, Basis.CONFIGURED)
    assert reason(active(unseen)) == "how many backends are ready is not known: services: denied"


PENDING = signal("condition.Accepted", None, reason="pending: no controller has answered")

READY = signal(SignalName.BACKENDS_READY, 2, threshold=2)


def test_backends_make_nothing_healthy_that_nobody_says_is_taken() -> None:
    health = judge(active(PENDING, READY), NOW)
    assert (health.state, health.basis) == (HealthState.UNKNOWN, Basis.CONFIGURED)
    assert health.reasons == (
        "2 of 2 backends ready",
        "Accepted is not known to hold: pending: no controller has answered",
    )
    assert reason(active(signal("condition.Ready", None))) == "Ready is not known to hold"


@pytest.mark.parametrize(
    "other",
    [
        signal("condition.Accepted", value=True),
        signal("condition.ResolvedRefs", None, reason="pending"),
        signal("Accepted", None),
        signal("condition.Accepted", None, observed_at=ago(days=2)),
    ],
    ids=["it is taken", "another condition", "no condition", "too old"],
)
def test_ready_backends_are_healthy_where_nothing_critical_is_open(other: Signal) -> None:
    assert verdict(active(other, READY)) == (HealthState.HEALTHY, Basis.REACHABLE)


def test_what_is_proved_goes_before_what_nobody_says() -> None:
    answers = signal(SignalName.ANSWERS, value=True)
    assert verdict(active(PENDING, READY, answers)) == (HealthState.HEALTHY, Basis.REACHABLE)
    serving = active(PENDING, READY, traffic=traffic(50))
    assert verdict(serving) == (HealthState.HEALTHY, Basis.SERVING)
    none = signal(SignalName.BACKENDS_READY, 0, threshold=2)
    assert verdict(active(PENDING, none)) == (HealthState.FAILING, Basis.REACHABLE)


@pytest.mark.parametrize(
    ("ends", "state", "words"),
    [
        (NOW, "failing", "certificate ended on 2026-09-30"),
        (NOW - 2 * DAY, "failing", "certificate ended on 2026-09-28"),
        (NOW + 13 * DAY, "degraded", "certificate ends on 2026-10-13, in 13 d"),
        (NOW + 14 * DAY, "unknown", "configured, no traffic source"),
    ],
)
def test_a_certificate_counts_before_it_ends(ends: Any, state: str, words: str) -> None:
    said = signal(SignalName.CERTIFICATE_NOT_AFTER, ends.isoformat(), observed_at=ago(days=30))
    assert verdict(active(said)) == (state, Basis.CONFIGURED)
    assert reason(active(said)) == words


@pytest.mark.parametrize("value", ["soon", "2026-10-01T00:00:00", 12.0, None])
def test_a_certificate_without_a_readable_end_says_nothing(value: Any) -> None:
    said = signal(SignalName.CERTIFICATE_NOT_AFTER, value)
    assert verdict(active(said)) == (HealthState.UNKNOWN, Basis.CONFIGURED)


def test_a_name_that_is_not_found_is_failing_and_one_that_is_proves_nothing() -> None:
    lost = signal(SignalName.RESOLVES, value=False, reason="NXDOMAIN")
    assert verdict(active(lost)) == (HealthState.FAILING, Basis.REACHABLE)
    assert reason(active(lost)) == "name not found in DNS: NXDOMAIN"
    assert reason(active(signal(SignalName.RESOLVES, value=False))) == "name not found in DNS"
    found = active(signal(SignalName.RESOLVES, value=True))
    assert verdict(found) == (HealthState.UNKNOWN, Basis.CONFIGURED)


def test_an_answered_probe_gives_healthy_on_what_is_reachable() -> None:
    said = signal(SignalName.ANSWERS, value=True, reason="204 in 12 ms")
    assert verdict(active(said)) == (HealthState.HEALTHY, Basis.REACHABLE)
    assert reason(active(said)) == "answers probes (204 in 12 ms)"
    assert reason(active(signal(SignalName.ANSWERS, value=True))) == "answers probes"


@pytest.mark.parametrize("value", [False, None])
def test_a_probe_without_an_answer_is_judged_by_its_run_of_failures(value: Any) -> None:
    said = signal(SignalName.ANSWERS, value)
    assert verdict(active(said)) == (HealthState.UNKNOWN, Basis.CONFIGURED)


def test_failed_probes_are_believed_from_their_threshold_on() -> None:
    three = active(signal(SignalName.PROBE_FAILURES, 3, threshold=3, reason="refused"))
    assert verdict(three) == (HealthState.FAILING, Basis.REACHABLE)
    assert reason(three) == "3 probes in a row failed: refused"
    one = active(signal(SignalName.PROBE_FAILURES, 1, threshold=3))
    assert verdict(one) == (HealthState.UNKNOWN, Basis.REACHABLE)
    assert reason(one) == "the last probe failed, 3 are believed"
    alone = active(signal(SignalName.PROBE_FAILURES, 1))
    assert verdict(alone) == (HealthState.FAILING, Basis.REACHABLE)


@pytest.mark.parametrize("state", [HealthState.FAILING, HealthState.DEGRADED])
def test_a_bad_state_stays_while_probes_still_fail(state: str) -> None:
    one = active(signal(SignalName.PROBE_FAILURES, 1, threshold=3))
    previous = Health(state=state, basis=Basis.REACHABLE, since=ago(hours=1))
    assert verdict(one, previous=previous) == (state, Basis.REACHABLE)


@pytest.mark.parametrize("value", [0, None])
def test_no_failed_probe_says_nothing(value: Any) -> None:
    said = signal(SignalName.PROBE_FAILURES, value, threshold=3)
    assert verdict(active(said)) == (HealthState.UNKNOWN, Basis.CONFIGURED)


def test_a_figure_of_any_name_degrades_over_its_own_threshold() -> None:
    over = signal("mtls.truststore_warnings", 2, threshold=0, reason="expired authority")
    assert verdict(active(over)) == (HealthState.DEGRADED, Basis.CONFIGURED)
    assert reason(active(over)) == "mtls.truststore_warnings 2, limit 0: expired authority"
    slow = signal("probe.latency_ms", 900, threshold=500, unit="ms")
    assert reason(active(slow)) == "probe.latency_ms 900 ms, limit 500 ms"


@pytest.mark.parametrize(("value", "threshold"), [(5, 5), (None, 0), ("much", 0), (9, None)])
def test_a_figure_within_or_without_a_threshold_says_nothing(value: Any, threshold: Any) -> None:
    said = signal("some.figure", value, threshold=threshold)
    assert verdict(active(said)) == (HealthState.UNKNOWN, Basis.CONFIGURED)
