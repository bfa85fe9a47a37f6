"""Several signs of health at once: which counts, how old each may be, and how a state is left."""

from __future__ import annotations

import pytest

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from apiscape.health.policy import Thresholds
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Health
from apiscape.model.vocabulary import Basis, HealthState
from tests.unit.health.evidence import NOW, active, ago, signal, traffic
from tests.unit.health.judging import reason, verdict

ANSWERS = signal(SignalName.ANSWERS, value=True)


def test_what_is_proved_bad_stands_beside_anything_good() -> None:
    certificate = signal(SignalName.CERTIFICATE_NOT_AFTER, ago(days=1).isoformat())
    health = judge(active(certificate, ANSWERS, traffic=traffic(1_000)), NOW)
    assert (health.state, health.basis) == (HealthState.FAILING, Basis.CONFIGURED)
    assert health.reasons == (
        "certificate ended on 2026-09-29",
        "1,000 requests over 15 min, 5xx 0 %",
        "answers probes",
    )


def test_no_traffic_is_idle_though_probes_are_answered() -> None:
    assert verdict(active(ANSWERS, traffic=traffic(0))) == (HealthState.IDLE, Basis.SERVING)


def test_too_few_failures_to_judge_are_not_made_healthy_by_a_probe() -> None:
    assert verdict(active(ANSWERS, traffic=traffic(3, 2))) == (HealthState.UNKNOWN, Basis.SERVING)


def test_what_serves_is_healthy_though_its_configuration_was_not_observed() -> None:
    evidence = active(current=False, traffic=traffic(1_000))
    health = judge(evidence, NOW)
    assert (health.state, health.basis) == (HealthState.HEALTHY, Basis.SERVING)
    assert health.reasons[-1] == "its configuration was not observed"


def test_a_probe_that_is_too_old_tells_nothing() -> None:
    old = signal(SignalName.ANSWERS, value=True, observed_at=ago(hours=2))
    assert verdict(active(old)) == (HealthState.UNKNOWN, Basis.NONE)
    assert reason(active(old)) == "probe.answers is too old to tell"
    assert verdict(active(old), thresholds=Thresholds(stale_after_s=7_200.0))[0] == "healthy"


def test_what_a_visit_saw_and_what_was_measured_grow_old_each_in_its_own_time() -> None:
    seen = signal(SignalName.BACKENDS_READY, 0, threshold=2, observed_at=ago(hours=2))
    asked = signal(SignalName.ANSWERS, value=True, observed_at=ago(hours=2))
    evidence = Evidence(status="active", seen=(seen,), signals=(asked,))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.NONE)
    daily = Thresholds(seen_stale_after_s=7_200.0)
    assert verdict(evidence, thresholds=daily) == (HealthState.FAILING, Basis.REACHABLE)
    assert judge(evidence, NOW, thresholds=daily).reasons == (
        "0 of 2 backends ready",
        "probe.answers is too old to tell",
    )


def test_the_stronger_basis_of_equal_states_is_named_first() -> None:
    evidence = active(
        signal("condition.Accepted", value=False),
        signal(SignalName.PROBE_FAILURES, 3, threshold=3),
    )
    health = judge(evidence, NOW)
    assert health.basis == Basis.REACHABLE
    assert health.reasons == ("3 probes in a row failed", "Accepted does not hold")


def test_a_state_keeps_its_beginning_and_a_new_one_begins_now() -> None:
    began = ago(hours=5)
    previous = Health(state=HealthState.HEALTHY, basis=Basis.SERVING, since=began)
    assert judge(active(traffic=traffic(500)), NOW, previous=previous).since == began
    assert judge(active(traffic=traffic(500, 50)), NOW, previous=previous).since == NOW
    assert judge(active(traffic=traffic(500)), NOW).since == NOW
    never = Health(state=HealthState.HEALTHY, basis=Basis.SERVING)
    assert judge(active(traffic=traffic(500)), NOW, previous=never).since == NOW


@pytest.mark.parametrize(
    ("before", "errors", "after"),
    [
        ("healthy", 9, "healthy"),
        ("healthy", 10, "degraded"),
        ("degraded", 9, "degraded"),
        ("degraded", 8, "degraded"),
        ("degraded", 7, "healthy"),
        ("degraded", 49, "degraded"),
        ("degraded", 50, "failing"),
        ("failing", 49, "failing"),
        ("failing", 40, "failing"),
        ("failing", 39, "degraded"),
        ("failing", 7, "healthy"),
        ("idle", 9, "healthy"),
        ("a newer word", 9, "healthy"),
    ],
)
def test_a_bad_state_is_left_only_well_under_its_limit(
    before: str, errors: int, after: str
) -> None:
    previous = Health(state=before, basis=Basis.SERVING, since=ago(hours=1))
    assert verdict(active(traffic=traffic(1_000, errors)), previous=previous)[0] == after


def test_latency_recovers_under_its_limit_too() -> None:
    limits = Thresholds(p95_ms_degraded=1_000.0)
    measured = active(traffic=traffic(1_000, p95_ms=900.0))
    previous = Health(state=HealthState.DEGRADED, basis=Basis.SERVING)
    assert verdict(measured, thresholds=limits)[0] == HealthState.HEALTHY
    assert verdict(measured, thresholds=limits, previous=previous)[0] == HealthState.DEGRADED
