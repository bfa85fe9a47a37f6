"""What configuration alone proves of a deployment's health, and what it does not."""

from __future__ import annotations

import pytest

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from apiscape.model.vocabulary import Basis, HealthState, Presence, Status
from tests.unit.health.evidence import NOW, active, ago, signal, traffic
from tests.unit.health.judging import reason, verdict


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
