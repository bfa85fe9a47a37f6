"""What holds of health whatever the evidence."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from apiscape.health.evidence import Evidence
from apiscape.health.judge import judge
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Health, Signal
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Basis, HealthState, Presence, Status
from tests.unit.health.evidence import NOW, ago, signal, traffic

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
