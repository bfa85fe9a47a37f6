"""What measured traffic proves of a deployment's health."""

from __future__ import annotations

import pytest

from apiscape.health.judge import judge
from apiscape.health.policy import Thresholds
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Traffic
from apiscape.model.vocabulary import Basis, HealthState
from tests.unit.health.evidence import NOW, active, ago, signal, traffic
from tests.unit.health.judging import reason, verdict


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


def test_traffic_that_could_not_be_measured_is_unknown_and_says_why() -> None:
    denied = signal(SignalName.TRAFFIC_UNMEASURED, None, reason="needs cloudwatch:GetMetricData")
    assert verdict(active(denied)) == (HealthState.UNKNOWN, Basis.NONE)
    words = "traffic could not be measured: needs cloudwatch:GetMetricData"
    assert reason(active(denied)) == words
    assert reason(active(signal(SignalName.TRAFFIC_UNMEASURED, None))) == (
        "traffic could not be measured"
    )
    assert verdict(active(denied, traffic=traffic(0)))[0] == HealthState.IDLE
