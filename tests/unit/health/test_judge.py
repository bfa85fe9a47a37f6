from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from apiscape.health.policy import Thresholds
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Traffic
from apiscape.model.surroundings import Health, Signal
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Basis, HealthState, Presence, Status
from tests.unit.health.evidence import NOW, active, ago, signal, traffic

DAY = timedelta(days=1)


def verdict(evidence: Evidence, **more: Any) -> tuple[str, str]:
    health = judge(evidence, NOW, **more)
    return health.state, health.basis


def reason(evidence: Evidence, **more: Any) -> str:
    return judge(evidence, NOW, **more).reasons[0]


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


# ── Configuration ────────────────────────────────────────────────────────────


def test_configuration_alone_never_gives_healthy_and_names_what_would() -> None:
    evidence = active(raise_by="set `traffic: true` on the source")
    health = judge(evidence, NOW)
    assert (health.state, health.basis) == (HealthState.UNKNOWN, Basis.CONFIGURED)
    assert health.reasons == ("configured, no traffic source: set `traffic: true` on the source",)
    assert reason(active()) == "configured, no traffic source"


def test_a_deployment_of_unknown_status_rests_on_nothing() -> None:
    assert verdict(Evidence()) == (HealthState.UNKNOWN, Basis.NONE)
    assert reason(Evidence()) == "nothing is known of how it fares"


@pytest.mark.parametrize(
    ("status", "why", "state", "words"),
    [
        ("failed", "no such role", "failing", "its gateway says failed: no such role"),
        ("failed", None, "failing", "its gateway says failed"),
        ("inactive", "never deployed", "idle", "switched off at its gateway: never deployed"),
    ],
)
def test_a_gateways_own_word_proves_what_is_bad(
    status: str, why: str | None, state: str, words: str
) -> None:
    evidence = Evidence(status=status, status_reason=why)
    assert verdict(evidence) == (state, Basis.CONFIGURED)
    assert reason(evidence) == words


def test_a_status_that_is_not_understood_proves_nothing() -> None:
    assert verdict(Evidence(status="warming")) == (HealthState.UNKNOWN, Basis.CONFIGURED)


@pytest.mark.parametrize(
    ("name", "value", "state"),
    [
        ("condition.Accepted", False, "failing"),
        ("condition.Programmed", False, "failing"),
        ("condition.ResolvedRefs", False, "degraded"),
        ("condition.Accepted", True, "unknown"),
        ("condition.Accepted", None, "unknown"),
    ],
)
def test_a_condition_counts_where_it_does_not_hold(
    name: str, value: bool | None, state: str
) -> None:
    assert verdict(active(signal(name, value))) == (state, Basis.CONFIGURED)


def test_a_condition_says_why_it_does_not_hold() -> None:
    said = signal("condition.ResolvedRefs", value=False, reason="no such Service")
    assert reason(active(said)) == "ResolvedRefs does not hold: no such Service"
    assert reason(active(signal("condition.Accepted", value=False))) == "Accepted does not hold"


def test_what_was_not_observed_proves_nothing_bad_either() -> None:
    evidence = Evidence(status=Status.FAILED, current=False, observed_at=ago(hours=3))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.NONE)
    assert reason(evidence) == "its configuration was not observed since 2026-09-30T09:00Z"
    assert reason(Evidence(current=False)) == "its configuration was not observed"


@pytest.mark.parametrize("presence", [Presence.MISSING, Presence.RETIRED, Presence.SUPERSEDED])
def test_what_is_gone_has_no_health_whatever_was_measured(presence: str) -> None:
    evidence = active(presence=presence, traffic=traffic(1_000, 900))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.NONE)
    assert reason(evidence) == f"{presence}: its gateway no longer lists it"


def test_a_suspect_loss_is_judged_as_long_as_nobody_confirms_it() -> None:
    evidence = active(presence=Presence.SUSPECT, traffic=traffic(1_000))
    assert verdict(evidence) == (HealthState.HEALTHY, Basis.SERVING)


# ── Backends, certificates, names, probes ────────────────────────────────────


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


# ── Traffic ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("requests", "errors", "state", "words"),
    [
        (1_000, 0, "healthy", "1,000 requests over 15 min, 5xx 0 %"),
        (1_000, 9, "healthy", "1,000 requests over 15 min, 5xx 0.9 %"),
        (1_000, 10, "degraded", "5xx 1.0 % over 15 min, limit 1 %"),
        (1_000, 72, "failing", "5xx 7.2 % over 15 min, limit 5 %"),
        (100, 1, "degraded", "5xx 1.0 % over 15 min, limit 1 %"),
        (99, 1, "unknown", "1 of 99 requests failed, too few to judge"),
        (20, 1, "failing", "5xx 5.0 % over 15 min, limit 5 %"),
        (19, 19, "unknown", "19 of 19 requests failed, too few to judge"),
        (1, 0, "healthy", "1 request over 15 min, 5xx 0 %"),
        (0, 0, "idle", "no request over 15 min"),
        (0, None, "idle", "no request over 15 min"),
        (50, None, "unknown", "its errors were not measured"),
    ],
)
def test_traffic_is_judged_where_there_is_enough_of_it(
    requests: int, errors: int | None, state: str, words: str
) -> None:
    evidence = active(traffic=traffic(requests, errors))
    assert verdict(evidence) == (state, Basis.SERVING)
    assert reason(evidence) == words


def test_requests_that_were_not_counted_are_not_zero() -> None:
    evidence = active(traffic=traffic(None))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.CONFIGURED)
    assert reason(evidence) == "requests were not measured"


def test_old_figures_say_nothing_of_now() -> None:
    evidence = active(traffic=traffic(1_000, until=ago(seconds=3_601)))
    assert verdict(evidence) == (HealthState.UNKNOWN, Basis.CONFIGURED)
    assert reason(evidence) == "traffic was last measured at 2026-09-30T10:59Z"
    at_the_edge = active(traffic=traffic(1_000, until=ago(seconds=3_600)))
    assert verdict(at_the_edge) == (HealthState.HEALTHY, Basis.SERVING)


def test_callers_mistakes_and_latency_count_only_where_a_limit_is_set() -> None:
    evidence = active(traffic=traffic(1_000, errors_4xx=600, p95_ms=4_000.0))
    assert verdict(evidence) == (HealthState.HEALTHY, Basis.SERVING)
    strict = Thresholds(errors_4xx_degraded=50.0, p95_ms_degraded=800.0)
    health = judge(evidence, NOW, thresholds=strict)
    assert (health.state, health.basis) == (HealthState.DEGRADED, Basis.SERVING)
    assert health.reasons[:2] == (
        "4xx 60.0 % over 15 min, limit 50 %",
        "p95 4000 ms over 15 min, limit 800 ms",
    )


@pytest.mark.parametrize(
    "measured",
    [
        traffic(99, errors_4xx=99, p95_ms=800.0),
        traffic(1_000, errors_4xx=499, p95_ms=800.0),
        traffic(1_000, errors_4xx=None, p95_ms=None),
    ],
)
def test_within_its_limits_traffic_is_healthy(measured: Traffic) -> None:
    strict = Thresholds(errors_4xx_degraded=50.0, p95_ms_degraded=800.0)
    assert verdict(active(traffic=measured), thresholds=strict)[0] == HealthState.HEALTHY


@pytest.mark.parametrize(
    ("seconds", "words"), [(900, "15 min"), (7_200, "2 h"), (172_800, "2 d"), (90, "90 s")]
)
def test_windows_are_said_in_words(seconds: int, words: str) -> None:
    assert reason(active(traffic=traffic(0, window_s=seconds))) == f"no request over {words}"


# ── Several at once ──────────────────────────────────────────────────────────

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


# ── Over time ────────────────────────────────────────────────────────────────


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


# ── Whatever the evidence ────────────────────────────────────────────────────

VALUES = st.one_of(
    st.none(), st.booleans(), st.floats(0, 1e6), st.sampled_from(["soon", NOW.isoformat()])
)
SIGNALS = st.builds(
    signal,
    st.sampled_from([*SignalName, "condition.Accepted", "condition.Odd", "a.b"]),
    VALUES,
    threshold=st.none() | st.floats(0, 100),
    observed_at=st.sampled_from([NOW, ago(hours=2)]),
)
COUNTS = st.none() | st.integers(0, 10_000)
TRAFFIC = st.builds(
    traffic, COUNTS, COUNTS, errors_4xx=COUNTS, p95_ms=st.none() | st.floats(0, 9e3)
)
EVIDENCE = st.builds(
    Evidence,
    status=st.sampled_from([*Status, "odd"]),
    presence=st.sampled_from([*Presence, "odd"]),
    current=st.booleans(),
    signals=st.lists(SIGNALS, max_size=4).map(tuple),
    traffic=st.just(UNKNOWN) | TRAFFIC,
)
PREVIOUS = st.none() | st.builds(
    Health, state=st.sampled_from([*HealthState, "odd"]), basis=st.sampled_from([*Basis])
)


@given(EVIDENCE, PREVIOUS)
def test_healthy_always_rests_on_more_than_configuration(
    evidence: Evidence, previous: Health | None
) -> None:
    health = judge(evidence, NOW, previous=previous)
    assert health.reasons
    assert health.since is not None
    if health.state == HealthState.HEALTHY:
        assert health.basis in {Basis.REACHABLE, Basis.SERVING}
        assert evidence.signals or evidence.traffic is not UNKNOWN


@given(EVIDENCE, PREVIOUS)
def test_the_same_evidence_again_changes_nothing(
    evidence: Evidence, previous: Health | None
) -> None:
    once = judge(evidence, NOW, previous=previous)
    again = judge(evidence, NOW, previous=once)
    assert judge(evidence, NOW, previous=again) == again


@given(EVIDENCE, st.randoms())
def test_the_order_of_signals_does_not_matter(evidence: Evidence, dice: Any) -> None:
    mixed: list[Signal] = list(evidence.signals)
    dice.shuffle(mixed)
    shuffled = Evidence(
        status=evidence.status,
        presence=evidence.presence,
        current=evidence.current,
        signals=tuple(mixed),
        traffic=evidence.traffic,
    )
    assert judge(shuffled, NOW) == judge(evidence, NOW)


def test_traffic_that_could_not_be_measured_is_unknown_and_says_why() -> None:
    denied = signal(SignalName.TRAFFIC_UNMEASURED, None, reason="needs cloudwatch:GetMetricData")
    assert verdict(active(denied)) == (HealthState.UNKNOWN, Basis.NONE)
    words = "traffic could not be measured: needs cloudwatch:GetMetricData"
    assert reason(active(denied)) == words
    assert reason(active(signal(SignalName.TRAFFIC_UNMEASURED, None))) == (
        "traffic could not be measured"
    )
    assert verdict(active(denied, traffic=traffic(0)))[0] == HealthState.IDLE
