"""Conclusions follow the change log: of a deployment, its siblings, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apiscape.conclude import follow
from apiscape.conclude.follow import conclude
from apiscape.model.deployment import Deployment, Endpoint
from apiscape.model.entity import Entity
from apiscape.model.identity import api_uid
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.run import PartReport, Reach, RunReport, Scope
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.reconcile.compare import compare, sight
from apiscape.store import Conclusion, Store
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, consumer, door, route
from tests.unit.reconcile.rows import deployment

NOON = datetime(2026, 9, 30, 12, tzinfo=UTC)
SCOPE = Scope(source="toys", provider="toy", product="toy.api", reach=Reach(key="1/r", account="1"))
LIVE = deployment(f"{API}/live", name="pay", endpoints=(Endpoint("https://g.example/live"),))
TEST = deployment(f"{API}/test", name="pay")
OTHER = deployment("t:1:r:toy:b/live", name="other")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def see(store: Store, *seen: Deployment | Entity, gone: tuple[str, ...] = ()) -> None:
    """Let a complete run see just this; what it does not see of deployments stays as it is."""
    run = store.runs.begin(SCOPE, at=NOON)
    known = store.runs.known(SCOPE)
    writes = [
        compare(
            known.get(item.uid), sight(item, part="apis", listed_id=item.native_api_id, at=NOON)
        )
        for item in seen
        if isinstance(item, Deployment)
    ]
    beside = tuple(("doors", "x", item) for item in seen if not isinstance(item, Deployment))
    batch = Batch(writes=tuple(write for write in writes if write), surroundings=beside)
    store.runs.apply(run, batch, at=NOON)
    parts = tuple(PartReport(part=name, outcome="complete") for name in ("apis", "doors"))
    report = RunReport(
        scope=SCOPE,
        generation=run.generation,
        started_at=NOON,
        ended_at=NOON,
        outcome="complete",
        parts=parts,
    )
    retired = tuple(PresenceChange(uid=uid, presence="retired") for uid in gone)
    store.runs.end(run, report, Verdict(presence=retired))


def held(store: Store, item: Deployment) -> Conclusion:
    return store.conclusions.load([item.uid])[item.uid]


def test_deployments_of_one_native_api_are_one_api(store: Store) -> None:
    see(store, LIVE, TEST, OTHER)
    done = conclude(store, NOON)
    assert (done.deployments, done.moved) == (3, 3)
    assert held(store, LIVE).api == held(store, TEST).api != held(store, OTHER).api
    [members] = store.conclusions.members_of(
        [store.conclusions.keys_of([LIVE.uid])[LIVE.uid]]
    ).values()
    assert {member.api_uid for member in members} == {held(store, LIVE).api}


def test_concluding_twice_is_concluding_once(store: Store) -> None:
    see(store, LIVE, TEST, door("pay.example", route()))
    conclude(store, NOON)
    seq = store.changes.last_seq()
    again = conclude(store, NOON)
    assert (again.deployments, again.moved) == (0, 0)
    assert store.changes.last_seq() == seq


def test_a_sibling_that_comes_later_joins_the_api(store: Store) -> None:
    see(store, LIVE)
    conclude(store, NOON)
    see(store, LIVE, TEST)
    done = conclude(store, NOON)
    assert (done.deployments, done.moved) == (2, 1)
    assert held(store, TEST).api == api_uid(LIVE.uid)


def test_a_front_door_that_comes_goes_and_turns_moves_what_is_behind_it(store: Store) -> None:
    see(store, LIVE, TEST)
    conclude(store, NOON)
    for routes, behind in [
        ((route("/pay"),), {LIVE.uid}),
        ((route("/pay", stage="test"),), {TEST.uid}),
        ((), set()),
    ]:
        see(store, LIVE, TEST, door("pay.example", *routes))
        conclude(store, NOON)
        led = {item.uid for item in (LIVE, TEST) if held(store, item).front_doors}
        assert led == behind
    see(store, LIVE, TEST, door("pay.example", route("/pay")))
    conclude(store, NOON)
    assert held(store, LIVE).endpoints == ("https://pay.example/pay", "https://g.example/live")
    see(store, LIVE, TEST)
    conclude(store, NOON)
    assert held(store, LIVE).front_doors == ()


def test_a_front_door_read_before_what_is_behind_it_counts_all_the_same(store: Store) -> None:
    see(store, door("pay.example", route(), FrontDoorRoute("/x", native_api_id="never read")))
    assert conclude(store, NOON).deployments == 0
    see(store, LIVE, door("pay.example", route()))
    conclude(store, NOON)
    assert held(store, LIVE).front_doors == ("door-pay.example",)


def test_a_consumer_is_known_by_what_it_is_let_in_to(store: Store) -> None:
    see(store, LIVE, consumer("plan", "live"))
    conclude(store, NOON)
    assert held(store, LIVE).consumers == ("plan",)


def test_what_is_gone_is_reached_by_nobody_and_keeps_its_api(store: Store) -> None:
    see(store, LIVE, TEST, door("pay.example", route()))
    conclude(store, NOON)
    see(store, TEST, door("pay.example", route()), gone=(LIVE.uid,))
    conclude(store, NOON)
    gone = held(store, LIVE)
    assert gone.api == held(store, TEST).api
    assert (gone.front_doors, gone.consumers, gone.endpoints) == ((), (), UNKNOWN)
    assert (gone.health, gone.health_reason) == (
        "unknown",
        "retired: its gateway no longer lists it",
    )


def test_what_others_concluded_stays(store: Store) -> None:
    see(store, LIVE)
    conclude(store, NOON)
    other = Conclusion(api=held(store, LIVE).api, owners=("Tax",))
    seq = store.conclusions.cursor()
    store.conclusions.save({LIVE.uid: other}, (), seq=seq, at=NOON)
    see(store, LIVE, door("pay.example", route()))
    conclude(store, NOON)
    assert held(store, LIVE).owners == ("Tax",)
    assert held(store, LIVE).front_doors == ("door-pay.example",)


def test_a_long_log_is_concluded_in_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "BATCH", 2)
    items = [deployment(f"t:1:r:toy:n{index}/live") for index in range(7)]
    see(store, *items, door("pay.example", route()))
    done = conclude(store, NOON)
    assert done.moved == 7
    assert conclude(store, NOON).deployments == 0
