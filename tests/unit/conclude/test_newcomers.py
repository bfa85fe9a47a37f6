"""What is drawn while newcomers are written ends up as what is drawn after, and is drawn once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.conclude.addresses import survey
from apiscape.conclude.counting import Telling
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import Concluded, conclude
from apiscape.conclude.newcomers import anything_stands, draw_newcomers, surrounded
from apiscape.errors import StoreError
from apiscape.govern.overlay import NO_OVERLAY, Entry, Overlay
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Deployment, Endpoint
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.run import PartReport, RunReport
from apiscape.model.vocabulary import ChangeKind
from apiscape.reconcile.compare import compare, sight
from apiscape.serve.local import LocalInventory
from apiscape.store import Drawn, Newcomers, Place, Store, open_store, schema
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, consumer, door, route
from tests.unit.conclude.test_counting import scope, told_by
from tests.unit.conclude.test_faring import about
from tests.unit.conclude.test_follow import NOON, held
from tests.unit.reconcile.rows import deployment

POLICY = HealthPolicy(raise_by="turn on `probes`")
HERE, PLANS = scope("toy.api"), scope("toy.plans")
LIVE = deployment(f"{API}/live", name="pay", gateway="GW-1", status="active")
TEST = deployment(
    f"{API}/test", name="pay", version="2.0", status="failed", status_reason="no role"
)
FAR = deployment("t:1:r:toy:b/live", name="far", title="Far", gateway="gw-2")
MOVED = deployment(f"{API}/live", name="pay", endpoints=(Endpoint("https://g.example"),))
ITEMS = (LIVE, TEST, FAR)
AROUND = (
    door("pay.example", route("/pay")),
    door("far.example", route(stage="test"), exposure="private"),
    consumer("plan", "live"),
    about(LIVE.uid, SignalName.BACKENDS_READY, 0.0, threshold=2.0),
    about("GW-1", SignalName.BACKENDS_READY, 0.0, threshold=2.0),
    about("door-pay.example", "mtls.truststore_warnings", 1.0, threshold=0.0),
)
SETTLED = ("row", "row_doc", "deep", "conclusion", "api", "api_member", "redirect")
MINUTE = timedelta(minutes=1)
OWNED = Overlay(
    entries=(Entry(view="name:far", values={"owners": ("Team Far",)}, place="owners.yaml:1"),)
)


class Step(Entity, frozen=True):
    """A run of the deployments' scope or of the consumers', and whether conclusions are drawn after it."""

    items: tuple[Deployment, ...] = ()
    around: tuple[Any, ...] = ()
    gone: tuple[str, ...] = ()
    plans: str | None = None
    concludes: bool = True


def take(store: Store, step: Step, number: int, overlay: Overlay = NO_OVERLAY) -> Concluded | None:
    at = NOON + number * MINUTE
    where, outcome = (PLANS, step.plans) if step.plans else (HERE, "complete")
    run = store.runs.begin(where, at=at)
    known = store.runs.known(where)
    sights = (sight(item, part="apis", listed_id=item.native_id, at=at) for item in step.items)
    writes = [compare(known.get(each.item.uid), each) for each in sights]
    beside = tuple(("doors", f"x{place}", item) for place, item in enumerate(step.around))
    batch = Batch(writes=tuple(each for each in writes if each), surroundings=beside)
    store.runs.apply(run, batch, at=at)
    report = RunReport(
        scope=where,
        generation=run.generation,
        started_at=at,
        ended_at=at,
        outcome=outcome,
        parts=tuple(PartReport(part=name, outcome=outcome) for name in ("apis", "doors")),
    )
    retired = tuple(
        PresenceChange(uid=uid, presence="retired") for uid in step.gone if uid in known
    )
    store.runs.end(run, report, Verdict(presence=retired))
    if not step.concludes:
        return None
    return conclude(store, at, told_by, policy=POLICY, overlay=overlay)


def settled(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Return what the tables of views and conclusions hold, and which versions stand, without the numbers."""
    current = schema.conclusion_version.c
    with store.database.read() as connection:
        found = {
            name: sorted(map(tuple, connection.execute(sa.select(schema.metadata.tables[name]))))
            for name in SETTLED
        }
        stands = sa.select(current.deployment_pk, current.doc).where(current.to_seq.is_(None))
        return found | {"stands": sorted(map(tuple, connection.execute(stands)))}


def then(store: Store, count: int) -> list[Any]:
    """Return the rows as they were after each step."""
    inventory = LocalInventory(store)
    return [
        inventory.page(f"at:{NOON + number * MINUTE:%Y-%m-%dT%H:%M:%SZ}").items
        for number in range(count)
    ]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        opened.runs.draw_with(draw_newcomers(POLICY))
        yield opened


@st.composite
def steps(draw: st.DrawFn) -> list[Step]:
    some = st.lists(st.sampled_from((*ITEMS, MOVED)), max_size=3, unique_by=lambda each: each.uid)
    near = st.lists(st.sampled_from(AROUND), max_size=3, unique_by=id)
    listing = st.builds(Step, plans=st.sampled_from(["complete", "partial"]))
    visit = st.builds(
        Step,
        items=some.map(tuple),
        around=near.map(tuple),
        gone=st.lists(st.sampled_from([item.uid for item in ITEMS]), max_size=1).map(tuple),
    )
    return draw(st.lists(visit | listing, min_size=1, max_size=5))


@pytest.mark.no_cover
@settings(max_examples=12, deadline=None)
@given(steps(), st.sampled_from([NO_OVERLAY, OWNED]))
def test_drawn_at_once_or_after_the_store_says_the_same(
    taken: list[Step], overlay: Overlay
) -> None:
    with TemporaryDirectory() as folder:
        plain = closing(open_store(f"{folder}/plain.db", write=True))
        quick = closing(open_store(f"{folder}/quick.db", write=True))
        with plain as one, quick as other:
            other.runs.draw_with(draw_newcomers(POLICY))
            for number, step in enumerate(taken):
                take(one, step, number, overlay)
                take(other, step, number, overlay)
                assert settled(one) == settled(other)
            assert then(one, len(taken)) == then(other, len(taken))


def test_newcomers_are_written_once_and_whole(store: Store) -> None:
    done = take(store, Step(items=ITEMS), 0)
    assert done is not None
    assert (done.deployments, done.moved) == (0, 0)
    kinds = [change.kind for change in store.changes.after(0)]
    assert kinds == [ChangeKind.APPEARED] * 3
    assert held(store, LIVE).health_reason == "configured, no traffic source: turn on `probes`"
    assert held(store, LIVE).api == held(store, TEST).api != held(store, FAR).api


def test_what_an_overlay_says_of_newcomers_is_laid_over_them_after(store: Store) -> None:
    take(store, Step(), 0, OWNED)
    done = take(store, Step(items=ITEMS), 1, OWNED)
    assert done is not None
    assert (done.deployments, done.moved) == (3, 1)
    assert held(store, FAR).owners == ("Team Far",)


def test_newcomers_are_drawn_before_anybody_concludes(store: Store) -> None:
    take(store, Step(items=ITEMS, concludes=False), 0)
    [row] = LocalInventory(store).page("health:failing").items
    assert (row.uid, row.health_reason) == (TEST.uid, "its gateway says failed: no role")
    detail = LocalInventory(store).detail(TEST.uid, at=NOON)
    assert detail.health is not None
    assert detail.health.state == "failing"


def test_one_that_joins_others_is_left_to_whoever_follows_the_log(store: Store) -> None:
    take(store, Step(items=(LIVE,)), 0)
    take(store, Step(items=(TEST,), concludes=False), 1)
    assert store.conclusions.load([TEST.uid]) == {}
    take(store, Step(), 2)
    assert held(store, TEST).api == held(store, LIVE).api


@pytest.mark.parametrize("beside", AROUND, ids=lambda each: getattr(each, "uid", "signal"))
def test_what_stands_around_a_newcomer_is_drawn_after(store: Store, beside: Any) -> None:
    around = (AROUND[0], beside) if beside is AROUND[-1] else (beside,)
    take(store, Step(around=around), 0)
    done = take(store, Step(items=(LIVE, TEST, FAR), around=around), 1)
    assert done is not None
    assert done.deployments == 2
    assert done.moved >= 1


def test_where_all_consumers_are_known_newcomers_are_drawn_after(store: Store) -> None:
    take(store, Step(items=(FAR,)), 0)
    take(store, Step(plans="complete"), 1)
    done = take(store, Step(items=(LIVE,)), 2)
    assert done is not None
    assert (done.deployments, done.moved) == (1, 1)
    assert held(store, LIVE).counted


def test_a_newcomer_that_changed_before_anybody_concluded_is_drawn_anew(store: Store) -> None:
    take(store, Step(items=(LIVE,), concludes=False), 0)
    done = take(store, Step(items=(MOVED,)), 1)
    assert done is not None
    assert (done.deployments, done.moved) == (1, 1)
    assert held(store, MOVED).health_reason == (
        "nothing is known of how it fares: turn on `probes`"
    )


def test_what_cannot_be_drawn_leaves_nothing_behind(store: Store) -> None:
    def fail(_newcomers: Newcomers, _at: object) -> Drawn:
        raise StoreError("no", hint=None)

    store.runs.draw_with(fail)
    with pytest.raises(StoreError):
        take(store, Step(items=ITEMS), 0)
    assert store.changes.last_seq() == 0
    assert not any(rows for rows in settled(store).values())


def test_a_place_is_compared_as_the_store_writes_it() -> None:
    place = Place(uid="u", native_api_key=f"toy|1|{API}", scope="s", gateway="gw-1")
    nothing = survey((), ())
    signals = {"GW-1": (about("GW-1", "x", 1.0),)}
    told = Telling(told=frozenset({"s"}))
    for around, heard, telling, found in (
        (nothing, {}, Telling(), []),
        (nothing, signals, Telling(), [place]),
        (survey(AROUND[:1], ()), {}, Telling(), [place]),
        (survey((), AROUND[2:3]), {}, Telling(), [place]),
        (nothing, {}, told, [place]),
        (survey((), (), whole=True), {}, Telling(), [place]),
    ):
        assert list(surrounded([place], around, heard, telling)) == found
        assert anything_stands(around, heard, telling) is bool(found)
