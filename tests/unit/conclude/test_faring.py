"""How deployments fare follows from what collectors saw, what was measured, and the clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import conclude, conclude_due
from apiscape.health.policy import Override, in_rhythm
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Traffic
from apiscape.model.measured import Measured, newest_traffic
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, door, route
from tests.unit.conclude.test_follow import LIVE, NOON, OTHER, held, see
from tests.unit.reconcile.rows import deployment

HOUR = timedelta(hours=1)
ACTIVE = deployment(f"{API}/live", name="pay", status="active")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def about(uid: str, name: str, value: float | str | bool, **more: Any) -> Signal:
    given: dict[str, Any] = {"observed_at": NOON, "source": "toy.api"}
    return Signal(uid, name=name, value=value, **(given | more))


def served(requests: int, errors: int, ago: timedelta = timedelta()) -> Measured:
    counted = Traffic(
        window_s=900, until=NOON - ago, requests=requests, errors_5xx=errors, p95_ms=12.5
    )
    return Measured(traffic=counted)


def state(store: Store) -> tuple[object, object]:
    found = held(store, LIVE)
    return found.health, found.basis


def test_configuration_alone_is_unknown_and_says_what_would_raise_it(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON, policy=HealthPolicy(raise_by="turn on `probes`"))
    assert state(store) == ("unknown", "configured")
    assert held(store, LIVE).health_reason == "configured, no traffic source: turn on `probes`"


def test_a_failed_deployment_is_failing_and_a_view_finds_it(store: Store) -> None:
    see(store, deployment(f"{API}/live", status="failed", status_reason="no role"), OTHER)
    conclude(store, NOON)
    inventory = LocalInventory(store)
    [row] = inventory.page("health:failing basis:configured").items
    assert (row.uid, row.health_reason) == (LIVE.uid, "its gateway says failed: no role")
    assert [(each.value, each.count) for each in inventory.facets("", ["health"])[0].values] == [
        ("failing", 1),
        ("unknown", 1),
    ]


def test_a_signal_about_a_front_door_counts_for_what_is_behind_it(store: Store) -> None:
    front = door("pay.example", route())
    warning = about(front.uid, "mtls.truststore_warnings", 1.0, threshold=0.0)
    see(store, ACTIVE, OTHER, front, warning)
    conclude(store, NOON)
    assert state(store) == ("degraded", "configured")
    assert held(store, OTHER).health == "unknown"
    see(store, ACTIVE, OTHER, front)
    conclude(store, NOON)
    assert state(store) == ("unknown", "configured")


def test_a_signal_that_turns_moves_its_deployment_without_a_change_of_it(store: Store) -> None:
    see(store, ACTIVE, about(LIVE.uid, "condition.Accepted", value=True))
    conclude(store, NOON)
    assert state(store) == ("unknown", "configured")
    see(store, ACTIVE, about(LIVE.uid, "condition.Accepted", value=False))
    conclude(store, NOON)
    assert state(store) == ("failing", "configured")
    see(store, ACTIVE)
    conclude(store, NOON)
    assert state(store) == ("unknown", "configured")


def test_measured_traffic_raises_the_basis_and_fills_the_figures(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 72)})
    done = conclude_due(store, NOON)
    assert (done.deployments, done.moved) == (1, 1)
    assert state(store) == ("failing", "serving")
    [row] = LocalInventory(store).page("5xx>7 p95<20").items
    assert (row.requests, row.errors_5xx, row.p95_ms) == (1_000.0, 7.2, 12.5)
    assert row.errors_4xx is UNKNOWN
    assert row.health_reason == "5xx 7.2 % over 15 min, limit 5 %"


def test_what_is_due_twice_moves_once(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 0)})
    assert conclude_due(store, NOON).moved == 1
    seq = store.changes.last_seq()
    assert conclude_due(store, NOON).moved == 0
    assert store.changes.last_seq() == seq


def test_figures_that_move_every_minute_log_nothing_while_the_state_stands(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 0)})
    conclude_due(store, NOON)
    seq = store.changes.last_seq()
    store.measurements.save("toy.traffic", {LIVE.uid: served(2_000, 3)})
    assert conclude_due(store, NOON).moved == 1
    assert store.changes.last_seq() == seq
    assert held(store, LIVE).requests == 2_000.0


def test_a_turn_of_health_is_a_change_with_old_and_new(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    after = store.changes.last_seq()
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 900)})
    conclude_due(store, NOON + HOUR / 2)
    [change] = LocalInventory(store).changes(after=after).items
    moved = {each.field: (each.old, each.new) for each in change.fields}
    assert moved["health"] == ("unknown", "failing")
    assert moved["basis"] == ("configured", "serving")
    assert held(store, LIVE).health_since == NOON + HOUR / 2


def test_by_the_clock_what_was_healthy_becomes_unknown_when_nobody_measures(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 0)})
    conclude_due(store, NOON)
    assert state(store) == ("healthy", "serving")
    conclude_due(store, NOON + 2 * HOUR)
    assert state(store) == ("unknown", "configured")
    assert held(store, LIVE).health_since == NOON + 2 * HOUR


def test_a_bad_state_is_left_only_well_under_its_limit(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    for errors, found in ((10, "degraded"), (9, "degraded"), (7, "healthy")):
        store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, errors)})
        conclude_due(store, NOON)
        assert held(store, LIVE).health == found


def test_thresholds_hold_for_the_deployments_of_their_view(store: Store) -> None:
    see(store, ACTIVE, OTHER)
    policy = HealthPolicy(overrides=(Override(view="name:pay", errors_5xx_degraded=50.0,
                                              errors_5xx_failing=90.0),))  # fmt: skip
    conclude(store, NOON, policy=policy)
    measured = {LIVE.uid: served(1_000, 300), OTHER.uid: served(1_000, 300)}
    store.measurements.save("toy.traffic", measured)
    conclude_due(store, NOON, policy=policy)
    assert held(store, LIVE).health == "healthy"
    assert held(store, OTHER).health == "failing"


def test_an_earlier_day_shows_the_health_of_that_day(store: Store) -> None:
    see(store, ACTIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 900)})
    conclude_due(store, NOON + HOUR / 2)
    then = LocalInventory(store).page(f"at:{NOON.isoformat().replace('+00:00', 'Z')}").items
    now = LocalInventory(store).page("").items
    assert [row.health for row in then] == ["unknown"]
    assert [row.health for row in now] == ["failing"]


def test_the_newest_figures_count_and_zero_requests_have_no_share(store: Store) -> None:
    old, new = served(5, 5, ago=HOUR), served(0, 0)
    assert newest_traffic((old, new, Measured())) == new.traffic
    assert newest_traffic((Measured(),)) is UNKNOWN
    see(store, ACTIVE)
    store.measurements.save("a", {LIVE.uid: old})
    store.measurements.save("b", {LIVE.uid: new})
    conclude(store, NOON)
    assert state(store) == ("idle", "serving")
    assert (held(store, LIVE).requests, held(store, LIVE).errors_5xx) == (0.0, UNKNOWN)


def test_between_two_visits_that_come_in_time_nothing_turns(store: Store) -> None:
    policy = HealthPolicy(thresholds={"toys": in_rhythm(6 * HOUR.total_seconds())})
    see(store, ACTIVE, about(LIVE.uid, "backends.ready", 0.0, threshold=2.0))
    conclude(store, NOON, policy=policy)
    seq = store.changes.last_seq()
    for hours in (1, 6, 7, 14):
        conclude_due(store, NOON + hours * HOUR, policy=policy)
        assert state(store) == ("failing", "reachable")
    assert store.changes.last_seq() == seq
    conclude_due(store, NOON + 16 * HOUR, policy=policy)
    assert state(store) == ("unknown", "none")
    assert held(store, LIVE).health_reason == "backends.ready is too old to tell"
    overrides = (Override(view="name:nobody", stale_after_s=60.0),)
    among = msgspec.structs.replace(policy, overrides=overrides)
    conclude_due(store, NOON + 7 * HOUR, policy=among)
    assert state(store) == ("failing", "reachable"), "a view of others changes nothing"
    strict = msgspec.structs.replace(policy, overrides=(Override(view="", stale_after_s=60.0),))
    conclude_due(store, NOON + HOUR, policy=strict)
    assert state(store) == ("unknown", "none")


def test_an_ended_certificate_fails_by_the_clock_alone(store: Store) -> None:
    ends = (NOON + 20 * timedelta(days=1)).isoformat()
    see(store, ACTIVE, about(LIVE.uid, SignalName.CERTIFICATE_NOT_AFTER, ends))
    conclude(store, NOON)
    found = []
    for days in (0, 7, 21):
        conclude_due(store, NOON + timedelta(days=days))
        found.append(held(store, LIVE).health)
    assert found == ["unknown", "degraded", "failing"]
