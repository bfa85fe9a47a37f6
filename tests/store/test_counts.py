"""What the inventory sums up to: every row counted once, where it belongs, without a row being read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from apiscape.model.deployment import Operation, Traffic
from apiscape.model.known import NotObserved, PresenceChange, Verdict
from apiscape.model.measured import Measured
from apiscape.model.values import UNKNOWN, is_known
from apiscape.model.vocabulary import Presence
from apiscape.store import Store
from apiscape.store.reading.counts import WORDS, Alike, Standing
from apiscape.store.reading.reader import Reader
from tests.store.making import (
    DAY,
    IAM,
    MINUTE,
    OPEN,
    OTHER_SCOPE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    part,
    report,
    visit,
)
from tests.store.test_quick_reads import WIDE, filled, listening, plan

OPEN_TWICE = tuple(Operation(verb="GET", template=f"/{n}", security=OPEN) for n in range(2))
CLOSED = (Operation(verb="GET", template="/", security=IAM),)


def seen(number: int, presence: str) -> PresenceChange:
    return PresenceChange(uid=make(number).uid, presence=presence, missing_since=T0, missing_runs=1)


def counts(store: Store) -> Any:
    return Reader(store.database, lambda: T0 + DAY).counts()


def totals(store: Store, *words: str) -> dict[Any, int]:
    sums: Counter[Any] = Counter()
    for each in counts(store).alike:
        values = tuple(getattr(each, word) for word in words)
        sums[values if len(words) > 1 else values[0]] += each.count
    return dict(sums)


def test_an_empty_store_sums_up_to_nothing(store: Store) -> None:
    found = counts(store)
    assert (found.alike, found.products, found.scopes) == ((), (), ())


def test_deployments_alike_in_every_word_are_counted_together(store: Store) -> None:
    visit(store, batch(make(1), make(2), make(3, environment="unknown")))
    assert totals(store, "environment", "presence") == {
        ("production", "present"): 2,
        ("unknown", "present"): 1,
    }
    assert totals(store, "provider", "product") == {("aws", "aws.apigateway.rest"): 3}


def test_a_word_that_nobody_knows_is_unknown_and_never_left_out(store: Store) -> None:
    visit(store, batch(make(1)))
    (alike,) = counts(store).alike
    assert isinstance(alike, Alike)
    assert (alike.lifecycle, alike.health, alike.basis) == ("unknown", "unknown", "none")
    assert all(getattr(alike, word) for word in WORDS)


def test_each_deployment_is_counted_once_under_its_presence(store: Store) -> None:
    visit(store, batch(*map(make, range(6))))
    moved = (
        seen(0, Presence.MISSING),
        seen(1, Presence.SUSPECT),
        seen(2, Presence.RETIRED),
        seen(3, Presence.SUPERSEDED),
    )
    visit(store, at=T0 + DAY, verdict=Verdict(presence=moved))
    assert totals(store, "presence") == {
        "present": 2,
        "missing": 1,
        "suspect": 1,
        "retired": 1,
        "superseded": 1,
    }


def test_a_group_of_which_none_is_present_has_no_count_of_present(store: Store) -> None:
    visit(store, batch(make(1)))
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(seen(1, Presence.MISSING),)))
    assert totals(store, "presence") == {"missing": 1}


def test_open_operations_are_summed_over_deployments_where_they_are_known(store: Store) -> None:
    visit(
        store,
        batch(
            make(1, operations=OPEN_TWICE), make(2, operations=CLOSED), make(3, operations=UNKNOWN)
        ),
    )
    (product,) = counts(store).products
    assert (product.deployments, product.unauthenticated, product.undecided) == (3, 2, 1)


def test_what_is_known_of_no_deployment_is_no_number(store: Store) -> None:
    visit(store, batch(make(1, operations=UNKNOWN)))
    (product,) = counts(store).products
    assert (product.unauthenticated, product.undecided) == (None, 1)


def test_what_is_gone_counts_neither_as_open_nor_as_a_deployment(store: Store) -> None:
    visit(store, batch(make(1, operations=OPEN_TWICE), make(2, operations=OPEN_TWICE)))
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(seen(1, Presence.RETIRED),)))
    (product,) = counts(store).products
    assert (product.deployments, product.unauthenticated) == (1, 2)
    visit(store, at=T0 + 2 * DAY, verdict=Verdict(presence=(seen(2, Presence.RETIRED),)))
    assert counts(store).products == ()


def test_what_the_newest_run_did_not_see_is_counted_apart(store: Store) -> None:
    visit(store, batch(make(1), make(2), make(3)))
    unseen = NotObserved(uid=make(1).uid, reason="throttled")
    visit(store, at=T0 + DAY, parts=[part("partial")], verdict=Verdict(not_observed=(unseen,)))
    assert [each.not_observed for each in counts(store).products] == [1]
    denied = Verdict(stale_parts=(PART,))
    visit(store, at=T0 + 2 * DAY, parts=[part("failed")], verdict=denied)
    assert [each.not_observed for each in counts(store).products] == [3]


def test_the_sums_agree_with_what_scopes_say(store: Store) -> None:
    visit(store, batch(*map(make, range(4))))
    visit(
        store, at=T0 + DAY, parts=[part("failed")], verdict=Verdict(presence=(seen(1, "suspect"),))
    )
    reader = Reader(store.database, lambda: T0 + DAY)
    (status,) = reader.scopes()
    (product,) = counts(store).products
    assert product.deployments == status.deployments
    assert product.not_observed == status.not_observed
    assert totals(store, "presence")["suspect"] == status.suspect


def test_a_scope_says_how_its_newest_run_ended(store: Store) -> None:
    visit(store, batch(make(1)))
    store.runs.begin(OTHER_SCOPE, at=T0)
    never, complete = counts(store).scopes
    assert (never.outcome, never.last_complete_at, never.is_nothing) == (None, None, False)
    assert (complete.outcome, complete.last_complete_at) == ("complete", T0)
    assert complete.product == SCOPE.product


def test_a_scope_that_is_answered_for_says_so(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    denied = report(run, T0, part("failed"), outcome="failed", accepted="never ours")
    store.runs.end(run, denied, Verdict())
    (scope,) = counts(store).scopes
    assert (scope.outcome, scope.is_accepted) == ("failed", True)


@pytest.mark.parametrize(
    ("outcome", "seen_at", "nothing"),
    [("absent", None, True), ("absent", T0, False), ("failed", None, False)],
)
def test_only_a_scope_that_was_never_more_than_absent_is_nothing(
    outcome: str, seen_at: Any, nothing: bool
) -> None:
    standing = Standing("aws", "p", outcome=outcome, last_complete_at=seen_at)
    assert standing.is_nothing is nothing


def test_counting_reads_no_whole_row_and_asks_few_times(sqlite_address: str) -> None:
    with filled(sqlite_address) as store, listening() as asked:
        assert counts(store).alike
        plans = [plan(store, each) for each in asked[:4]]
    assert len(plans) == 4
    assert [step for step in WIDE for steps in plans[:2] if step in steps] == [WIDE[0]] * 2
    assert "SCAN row USING COVERING INDEX ix_row_facets" in plans[0]
    assert "SCAN row USING COVERING INDEX ix_row_unauthenticated_narrow" in plans[1]
    assert all("ix_deployment_presence_narrow" in steps for steps in plans[:2])


def test_healths_are_of_what_stands_and_steadily_the_same_ones(store: Store) -> None:
    visit(store, batch(*map(make, range(4))))
    gone = Verdict(presence=(seen(0, Presence.RETIRED), seen(1, Presence.MISSING)))
    visit(store, at=T0 + DAY, verdict=gone)
    reader = Reader(store.database, lambda: T0 + DAY)
    assert [each.uid for each in reader.healths(9)] == [make(n).uid for n in (1, 2, 3)]
    first, second = reader.healths(2)
    assert [first.uid, second.uid] == [make(1).uid, make(2).uid]
    assert (first.health, first.basis) == ("unknown", "none")


def test_healths_have_the_newest_figures_of_whoever_counts(store: Store) -> None:
    visit(store, batch(*map(make, range(3))))
    for source, minutes in (("x.traffic", 30), ("y.traffic", 15)):
        counted = Traffic(window_s=900, until=T0 - minutes * MINUTE, requests=minutes)
        store.measurements.save(source, {make(0).uid: Measured(traffic=counted)})
    store.measurements.save("x.traffic", {make(2).uid: Measured()})
    reader = Reader(store.database, lambda: T0)
    told = {each.uid: each.traffic for each in reader.healths(9)}
    known = told[make(0).uid]
    assert is_known(known)
    assert known.requests == 15
    assert told[make(1).uid] is told[make(2).uid] is UNKNOWN


def test_the_reader_says_where_the_log_ends(store: Store) -> None:
    reader = Reader(store.database, lambda: T0)
    assert reader.last_seq() == 0
    visit(store, batch(make(1), make(2)))
    assert reader.last_seq() == reader.changes().last_seq > 0
