"""The inventory's figures: bounded whatever it holds, and never a zero that nobody measured."""

from __future__ import annotations

from datetime import timedelta
from itertools import product as every
from typing import Any

import pytest

from apiscape.model.vocabulary import Outcome
from apiscape.store.reading.counts import Counts
from apiscape.telemetry.catalogue import (
    DEPLOYMENTS,
    FOLDED,
    NOT_OBSERVED,
    OLDEST,
    OPEN_OPERATIONS,
    SCOPE_AGES,
    SCOPES,
    SUSPECT,
    UNDECIDED,
)
from apiscape.telemetry.inventory import FOLD, MOST_COMBINATIONS, MOST_PRODUCTS, inventory_points
from tests.unit.telemetry.samples import (
    COUNTS,
    HOUR,
    NOW,
    PRODUCT,
    REST,
    SCOPE,
    alike,
    product,
    standing,
    value,
    values,
)

KEY = ("aws", REST)
MOST_SERIES = 2_000


def points(**parts: Any) -> list[Any]:
    held: dict[str, Any] = {"scopes": (SCOPE,)} | parts
    return list(inventory_points(Counts(**held), NOW))


def test_an_inventory_that_nobody_looked_for_has_no_figures() -> None:
    assert list(inventory_points(Counts(), NOW)) == []


def test_deployments_are_told_apart_by_all_their_words() -> None:
    found = values(inventory_points(COUNTS, NOW), DEPLOYMENTS)
    assert found == {
        (*KEY, "production", "unknown", "unknown", "none", "internet", "required", "present"): 3
    }


def test_combinations_beyond_the_limit_are_one_series_that_says_so() -> None:
    many = tuple(alike(environment=f"e{n:05}", count=2) for n in range(MOST_COMBINATIONS))
    small = tuple(alike(environment=f"s{n}", count=1) for n in range(5))
    found = points(alike=(*small, *many))
    series = values(found, DEPLOYMENTS)
    assert len(series) == MOST_COMBINATIONS + 1
    assert series[(FOLD,) * 9] == 5
    assert sum(series.values()) == 2 * MOST_COMBINATIONS + 5
    assert value(found, FOLDED) == 5


def test_as_many_combinations_as_the_limit_are_not_folded() -> None:
    many = tuple(alike(environment=f"e{n:05}") for n in range(MOST_COMBINATIONS))
    found = points(alike=many)
    assert len(values(found, DEPLOYMENTS)) == MOST_COMBINATIONS
    assert value(found, FOLDED) == 0


def test_the_series_stay_below_two_thousand_whatever_there_is() -> None:
    names = [f"p{n:04}" for n in range(300)]
    hostile = tuple(
        alike(provider=name, product=name, environment=f"e{n}", presence=presence)
        for name, n, presence in every(names, range(5), ("present", "suspect", "new word"))
    )
    ages = [None, *(timedelta(hours=hours) for hours in (0, 2, 12, 100, 1_000))]
    outcomes = [None, *Outcome, "a word of tomorrow", "accepted"]
    scopes = tuple(
        standing(
            provider=name,
            product=name,
            outcome=outcome,
            last_complete_at=None if age is None else NOW - age,
        )
        for name, outcome, age in every(names, outcomes, ages)
    )
    products = tuple(product(provider=name, product=name) for name in names)
    found = points(alike=hostile, products=products, scopes=scopes)
    assert len(values(found, NOT_OBSERVED)) == MOST_PRODUCTS + 1
    assert len(found) < MOST_SERIES
    assert len({(point.metric, point.labels) for point in found}) == len(found)
    assert sum(values(found, DEPLOYMENTS).values()) == sum(each.count for each in hostile)
    assert sum(values(found, SCOPES).values()) == len(scopes)


def test_what_is_known_of_no_deployment_has_no_sample() -> None:
    found = points(alike=(), products=(product(unauthenticated=None, undecided=3),))
    assert values(found, OPEN_OPERATIONS) == {}
    assert values(found, UNDECIDED)[(*KEY, "unauthenticated")] == 3


def test_open_operations_and_what_was_not_observed_are_by_product() -> None:
    found = points(alike=(), products=(PRODUCT, product(product="http", not_observed=9)))
    assert values(found, OPEN_OPERATIONS) == {KEY: 2, (FOLD, FOLD): 2}
    assert sum(values(found, NOT_OBSERVED).values()) == 9


def test_what_nobody_can_tell_is_counted_by_what_it_is() -> None:
    found = points(
        alike=(
            alike(count=3),
            alike(count=2, health="healthy", lifecycle="live"),
            alike(count=7, presence="retired"),
        ),
        products=(),
    )
    assert values(found, UNDECIDED) == {
        (*KEY, "auth"): 0,
        (*KEY, "environment"): 0,
        (*KEY, "exposure"): 0,
        (*KEY, "health"): 3,
        (*KEY, "lifecycle"): 3,
    }


def test_suspects_are_counted() -> None:
    found = points(alike=(alike(), alike(presence="suspect", count=4)), products=())
    assert values(found, SUSPECT) == {KEY: 4}


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"outcome": "complete"}, "complete"),
        ({"outcome": None}, "none"),
        ({"outcome": "failed"}, "failed"),
        ({"outcome": "failed", "is_accepted": True}, "accepted"),
        ({"outcome": "complete", "is_accepted": True}, "complete"),
        ({"outcome": "a word of tomorrow"}, "unknown"),
    ],
)
def test_a_scope_counts_by_how_its_newest_run_ended(changes: dict[str, Any], word: str) -> None:
    assert values(points(scopes=(standing(**changes),)), SCOPES) == {(*KEY, word): 1}


@pytest.mark.parametrize(
    ("hours", "band"),
    [(0, "1h"), (1, "1h"), (1.1, "6h"), (24, "1d"), (25, "7d"), (168, "7d"), (169, "over 7d")],
)
def test_a_scope_counts_in_the_band_of_its_age(hours: float, band: str) -> None:
    found = points(scopes=(standing(last_complete_at=NOW - hours * HOUR),))
    assert values(found, SCOPE_AGES) == {(*KEY, band): 1}
    assert value(found, OLDEST) == pytest.approx(hours * 3_600)


def test_the_age_is_that_of_the_scope_that_waits_longest() -> None:
    found = points(scopes=(SCOPE, standing(last_complete_at=NOW - 9 * HOUR), SCOPE))
    assert values(found, OLDEST) == {KEY: 9 * 3_600}


def test_a_scope_never_seen_whole_has_no_age_and_is_not_left_out() -> None:
    found = points(scopes=(standing(outcome="failed", last_complete_at=None),))
    assert values(found, OLDEST) == {}
    assert values(found, SCOPE_AGES) == {(*KEY, "never"): 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "absent", "last_complete_at": None},
        {"outcome": "failed", "is_accepted": True, "last_complete_at": None},
    ],
)
def test_nobody_waits_for_what_is_nothing_or_accepted(changes: dict[str, Any]) -> None:
    found = points(scopes=(standing(**changes),))
    assert values(found, SCOPE_AGES) == values(found, OLDEST) == {}


def test_a_clock_that_went_back_makes_no_negative_age() -> None:
    assert value(points(scopes=(standing(last_complete_at=NOW + HOUR),)), OLDEST) == 0
