"""How many are let in is known only where those who are were all listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.conclude import follow
from apiscape.conclude.counting import listings, read_telling, told_by_installed
from apiscape.conclude.follow import Concluded, conclude
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, Verdict
from apiscape.model.run import Ledger, PartReport, Reach, RunReport, Scope
from apiscape.model.surroundings import Consumer
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.reconcile.compare import compare, sight
from apiscape.store import Store, Visited
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, consumer
from tests.unit.conclude.test_follow import NOON
from tests.unit.reconcile.rows import deployment

HERE, THERE = (Reach(key=f"1/{region}", account="1") for region in ("here", "there"))
LIVE, TEST = deployment(f"{API}/live"), deployment(f"{API}/test")
FAR = deployment("t:1:there:toy:b/live")


def told_by(product: str) -> tuple[str, ...]:
    return {"toy.plans": ("toy.api",), "toy.clubs": ("toy.api",)}.get(product, ())


def scope(product: str, reach: Reach = HERE) -> Scope:
    return Scope(source="toys", provider="toy", product=product, reach=reach)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def visit(
    store: Store,
    where: Scope,
    *seen: Deployment | Entity,
    outcome: str = "complete",
    skipped: int = 0,
) -> None:
    """Let a run of a scope see just this."""
    run = store.runs.begin(where, at=NOON)
    known = store.runs.known(where)
    writes = [
        compare(known.get(item.uid), sight(item, part="listed", listed_id=item.native_id, at=NOON))
        for item in seen
        if isinstance(item, Deployment)
    ]
    beside = tuple(("listed", "x", item) for item in seen if isinstance(item, Consumer))
    batch = Batch(writes=tuple(write for write in writes if write), surroundings=beside)
    store.runs.apply(run, batch, at=NOON)
    report = RunReport(
        scope=where,
        generation=run.generation,
        started_at=NOON,
        ended_at=NOON,
        outcome=outcome,
        ledger=Ledger(listed=skipped, listed_whole=True, skipped=skipped),
        parts=(PartReport(part="listed", outcome=outcome),),
    )
    store.runs.end(run, report, Verdict())


def draw(store: Store) -> Concluded:
    return conclude(store, NOON, told_by)


def counts(store: Store, *items: Deployment) -> list[int | Unknown | None]:
    held = store.conclusions.load(item.uid for item in items)
    return [len(held[item.uid].consumers) if held[item.uid].counted else UNKNOWN for item in items]


def test_zero_is_said_only_where_the_listing_was_read_whole(store: Store) -> None:
    visit(store, scope("toy.api"), LIVE, TEST)
    visit(store, scope("toy.api", THERE), FAR)
    visit(store, scope("toy.plans"), consumer("gold", "live"))
    draw(store)
    assert counts(store, LIVE, TEST, FAR) == [1, 0, UNKNOWN]


def test_without_a_visit_of_the_listing_nothing_is_known(store: Store) -> None:
    visit(store, scope("toy.api"), LIVE)
    draw(store)
    assert counts(store, LIVE) == [UNKNOWN]


@pytest.mark.parametrize("outcome", ["partial", "failed", "absent"])
def test_a_listing_that_falls_short_takes_the_numbers_back_and_keeps_the_names(
    outcome: str, store: Store
) -> None:
    visit(store, scope("toy.api"), LIVE, TEST)
    visit(store, scope("toy.plans"), consumer("gold", "live"))
    draw(store)
    visit(store, scope("toy.plans"), consumer("gold", "live"), outcome=outcome)
    done = draw(store)
    assert (done.deployments, done.moved) == (2, 2)
    assert counts(store, LIVE, TEST) == [UNKNOWN, UNKNOWN]
    assert store.conclusions.load([LIVE.uid])[LIVE.uid].consumers == ("gold",)
    visit(store, scope("toy.plans"), consumer("gold", "live"))
    draw(store)
    assert counts(store, LIVE, TEST) == [1, 0]


def test_a_listing_of_which_the_source_leaves_out_some_tells_no_number(store: Store) -> None:
    visit(store, scope("toy.api"), LIVE)
    visit(store, scope("toy.plans"), consumer("gold", "live"), skipped=1)
    draw(store)
    assert counts(store, LIVE) == [UNKNOWN]


def test_an_unchanged_listing_draws_nothing_anew(store: Store) -> None:
    visit(store, scope("toy.api"), LIVE)
    visit(store, scope("toy.plans"))
    assert draw(store).deployments == 1
    visit(store, scope("toy.plans"))
    assert draw(store).deployments == 0
    assert counts(store, LIVE) == [0]


def test_a_number_that_is_told_later_reaches_every_deployment_in_batches(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [deployment(f"t:1:here:toy:n{number}/live") for number in range(7)]
    visit(store, scope("toy.api"), *items)
    draw(store)
    monkeypatch.setattr(follow, "BATCH", 3)
    visit(store, scope("toy.plans"))
    assert draw(store).moved == 7
    assert counts(store, *items) == [0] * 7


def test_where_two_listings_tell_both_must_be_whole(store: Store) -> None:
    visit(store, scope("toy.api"), LIVE)
    visit(store, scope("toy.plans"))
    visit(store, scope("toy.clubs"), outcome="failed")
    draw(store)
    assert counts(store, LIVE) == [UNKNOWN]
    visit(store, scope("toy.clubs"))
    draw(store)
    assert counts(store, LIVE) == [0]


def test_a_pass_that_broke_off_is_made_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(store, scope("toy.api"), LIVE)
    draw(store)
    visit(store, scope("toy.plans"))
    with monkeypatch.context() as broken:
        broken.setattr(follow, "those_moved", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            draw(store)
    assert len(read_telling(store, told_by).turned) == 1
    draw(store)
    assert counts(store, LIVE) == [0]
    assert read_telling(store, told_by).turned == ()


def test_a_listing_tells_of_its_own_reach_and_source() -> None:
    def visited(product: str, source: str = "a", reach: str = "r") -> Visited:
        key = f"{source}/{reach}/{product}"
        return Visited(key=key, source=source, reach=reach, product=product, whole=True)

    plans = visited("toy.plans")
    scopes = [
        plans,
        visited("toy.api"),
        visited("toy.other"),
        visited("toy.api", source="b"),
        visited("toy.api", reach="s"),
    ]
    assert list(listings(scopes, told_by)) == [(plans, ("a/r/toy.api",))]


def test_usage_plans_tell_of_rest_and_websocket_apis() -> None:
    assert told_by_installed("aws.apigateway.consumers") == (
        "aws.apigateway.rest",
        "aws.apigateway.websocket",
    )
    assert told_by_installed("aws.apigateway.rest") == ()
    assert told_by_installed("nobody.knows") == ()
