"""What measuring costs at list price, before anything is paid."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.client.words import traffic_cost_words
from apiscape.collect.forecast import traffic_cost
from apiscape.collect.traffic import wanted_of
from apiscape.collectors.measuring import Price, Wanted
from apiscape.settings.schema import Measuring

FOUR = Price(service="CloudWatch", metrics=4, usd_per_1000=0.01)
SIX = Price(service="CloudWatch", metrics=6, usd_per_1000=0.01)
STAGE = Price(
    service="CloudWatch", metrics=3, percentile=1, integration=1, usd_per_1000=0.01, source="s"
)
ANY = Wanted(window_s=900)


def test_ninety_deployments_every_quarter_of_an_hour() -> None:
    cost = traffic_cost([(FOUR, 90)], 900, ANY)
    assert cost is not None
    assert (cost.deployments, cost.metrics_per_hour) == (90, 1440)
    assert traffic_cost_words(cost) == (
        "CloudWatch: about 1,440 metrics an hour, 0.35 USD a day "
        "at list price 0.01 USD per 1,000 metrics"
    )


def test_products_of_several_prices_add_up() -> None:
    cost = traffic_cost([(FOUR, 10), (SIX, 10), (None, 1000)], 3600, ANY)
    assert cost is not None
    assert (cost.deployments, cost.metrics_per_hour, cost.service) == (20, 100, "CloudWatch")
    assert cost.usd_per_day == pytest.approx(0.024)


def test_what_is_free_has_no_cost_and_what_is_not_measured_none_yet() -> None:
    assert traffic_cost([(None, 7)], 900, ANY) is None
    assert traffic_cost([], 900, ANY) is None
    nothing = traffic_cost([(FOUR, 0)], 900, ANY)
    assert nothing is not None
    assert nothing.metrics_per_hour == 0


def test_a_small_cost_is_not_said_to_be_none() -> None:
    cost = traffic_cost([(FOUR, 1)], 3600, ANY)
    assert cost is not None
    assert "less than 0.01 USD a day" in traffic_cost_words(cost)


@given(many=st.integers(1, 10_000), every_s=st.floats(60, 86_400))
def test_half_as_often_costs_half_as_much(many: int, every_s: float) -> None:
    often = traffic_cost([(SIX, many)], every_s, ANY)
    seldom = traffic_cost([(SIX, many)], 2 * every_s, ANY)
    assert often is not None
    assert seldom is not None
    assert often.usd_per_day == pytest.approx(2 * seldom.usd_per_day)


@pytest.mark.parametrize(
    ("measuring", "metrics"),
    [
        (Measuring(), 7),
        (Measuring(percentiles=("p95",)), 5),
        (Measuring(percentiles=("p99", "p95", "p99")), 6),
        (Measuring(integration_latency=False), 6),
        (Measuring(percentiles=(), integration_latency=False), 3),
    ],
)
def test_what_a_source_wants_of_latency_is_what_it_pays_for(
    measuring: Measuring, metrics: int
) -> None:
    wanted = wanted_of(measuring)
    cost = traffic_cost([(STAGE, 100)], 3600, wanted)
    assert cost is not None
    assert STAGE.metrics_of(wanted) == metrics
    assert cost.metrics_per_hour == 100 * metrics
    assert cost.usd_per_day == pytest.approx(24 * 100 * metrics * 0.01 / 1000)


def test_percentiles_are_wanted_in_their_order_and_each_once() -> None:
    wanted = wanted_of(Measuring(window_s=60, percentiles=("p99", "p50", "p99")))
    assert (wanted.window_s, wanted.percentiles) == (60, ("p50", "p99"))


def test_a_product_that_tells_nothing_apart_asks_no_more_for_it() -> None:
    assert SIX.metrics_of(ANY) == SIX.metrics_of(wanted_of(Measuring(percentiles=()))) == 6
