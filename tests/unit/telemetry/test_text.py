"""The text that a Prometheus reads: every kind of metric as it expects it, hostile words included."""

from __future__ import annotations

from apiscape.telemetry.catalogue import (
    CALLS,
    LOOP_LAG,
    METRICS,
    QUEUE,
    Kind,
    Metric,
    Point,
    Spread,
)
from apiscape.telemetry.text import write_text
from tests.tools import reference
from tests.unit.telemetry.samples import told


def test_a_counter_ends_in_total_and_a_gauge_does_not() -> None:
    text = write_text([Point(CALLS, ("aws", "rest"), 2), Point(QUEUE, ("queued",), 1)])
    assert "# TYPE apiscape_provider_calls_total counter" in text
    assert told(text) == {
        "apiscape_provider_calls_total": [
            ({"cloud_provider": "aws", "apiscape_product": "rest"}, 2)
        ],
        "apiscape_queue_jobs": [({"apiscape_state": "queued"}, 1)],
    }


def test_a_histogram_has_rising_buckets_a_sum_and_a_count() -> None:
    spread = Spread(LOOP_LAG, (), (1, 0, 2, 0, 0, 0, 0, 0, 1), 6.5)
    said = told(write_text([spread]))
    bounds = {labels["le"]: count for labels, count in said["apiscape_loop_lag_seconds_bucket"]}
    assert bounds["0.001"] == bounds["0.005"] == 1
    assert bounds["0.01"] == 3
    assert bounds["+Inf"] == 4
    assert said["apiscape_loop_lag_seconds_count"] == [({}, 4)]
    assert said["apiscape_loop_lag_seconds_sum"] == [({}, 6.5)]


def test_series_of_one_metric_stand_together_wherever_they_came_from() -> None:
    text = write_text(
        [Point(QUEUE, ("a",), 1), Point(CALLS, ("b", "c"), 1), Point(QUEUE, ("d",), 1)]
    )
    assert text.count("# TYPE apiscape_queue_jobs gauge") == 1


def test_a_hostile_word_stays_within_its_label() -> None:
    hostile = 'x"} 1\napiscape_fake 1\n\\'
    assert told(write_text([Point(QUEUE, (hostile,), 1)])) == {
        "apiscape_queue_jobs": [({"apiscape_state": hostile}, 1)]
    }


def test_no_sample_no_family() -> None:
    assert write_text([]) == ""


def test_every_metric_can_be_written_and_no_two_are_called_alike() -> None:
    samples = [
        Spread(each, ("x",) * len(each.attributes), (0,) * (len(each.bounds) + 1), 0)
        if each.kind is Kind.HISTOGRAM
        else Point(each, ("x",) * len(each.attributes), 0)
        for each in METRICS
    ]
    said = told(write_text(samples))
    for each in METRICS:
        suffix = "_bucket" if each.kind is Kind.HISTOGRAM else ""
        assert f"{each.prometheus}{suffix}" in said
    assert len({each.prometheus for each in METRICS}) == len(METRICS)


def test_a_unit_is_said_once() -> None:
    named = Metric("x.seconds", Kind.GAUGE, "m", "s")
    assert (named.family, named.prometheus) == ("x_seconds", "x_seconds")
    assert Metric("x.sent", Kind.COUNTER, "m", "By").prometheus == "x_sent_bytes_total"
    assert Metric("x", Kind.GAUGE, "m", "{thing}").prometheus == "x"


def test_the_reference_page_has_every_metric_under_both_names() -> None:
    lines = reference.metrics().splitlines()
    for each in METRICS:
        (line,) = (line for line in lines if line.startswith(f"| `{each.name}` |"))
        assert f"`{each.prometheus}`" in line
        assert each.meaning in line
        assert all(f"`{name}`" in line for name in each.attributes)
        assert ("Only where it is asked for" in line) is each.is_asked_for
