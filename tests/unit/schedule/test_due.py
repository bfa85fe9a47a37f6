"""When a scope is due: held on values, never on a clock."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.contract import Throttled
from apiscape.model.run import ErrorRecord, Ledger, PartReport, RunReport
from apiscape.model.vocabulary import ErrorKind, Outcome
from apiscape.schedule.due import (
    CATCH_UP,
    DAY_S,
    HOUR_S,
    LONGEST_CATCH_UP_S,
    SPREAD,
    Visited,
    back_off_s,
    delay_s,
    first_delay_s,
    share,
    visited,
)
from tests.unit.collect.toy import NOON, SCOPE

KEYS = st.text(min_size=1, max_size=30)
INTERVALS = st.floats(10, 7 * DAY_S)
FAILURES = st.integers(1, 1000)
KINDS = st.sampled_from([*ErrorKind, "of_a_newer_version"])
WELL = Visited(ended_at=NOON)


def report(outcome: str, *parts: PartReport, error: ErrorRecord | None = None) -> RunReport:
    return RunReport(
        scope=SCOPE,
        generation=1,
        started_at=NOON - timedelta(minutes=1),
        ended_at=NOON,
        outcome=outcome,
        parts=parts,
        error=error,
        ledger=Ledger(listed=3, listed_whole=True),
    )


# What a visit came to.


def test_a_complete_visit_is_no_failure() -> None:
    assert visited(report(Outcome.COMPLETE)) == WELL


def test_what_is_absent_or_listed_nothing_is_empty() -> None:
    nothing = RunReport(
        scope=SCOPE, generation=1, started_at=NOON, ended_at=NOON, outcome=Outcome.COMPLETE
    )
    assert visited(nothing).empty
    assert visited(report(Outcome.ABSENT)).empty
    assert not visited(report(Outcome.PARTIAL)).empty


def test_a_failed_visit_says_why() -> None:
    denied = ErrorRecord(kind="access_denied", message="no")
    assert visited(report(Outcome.FAILED, error=denied)).failure == "access_denied"
    part = PartReport(part="apis", outcome=Outcome.FAILED, error=denied)
    assert visited(report(Outcome.FAILED, part)).failure == "access_denied"
    assert visited(report(Outcome.FAILED)).failure == "defect"


def test_a_visit_that_was_cut_short_failed_and_one_with_a_bad_object_did_not() -> None:
    cut = ErrorRecord(kind="deadline", message="too long")
    bad = PartReport(part="apis", outcome=Outcome.PARTIAL, error=cut)
    assert visited(report(Outcome.PARTIAL, error=cut)).failure == "deadline"
    assert visited(report(Outcome.PARTIAL, bad)).failure is None


def test_a_visit_without_an_end_was_interrupted() -> None:
    begun = RunReport(scope=SCOPE, generation=1, started_at=NOON)
    assert visited(begun) == Visited(ended_at=NOON, failure="interrupted")


def test_how_long_the_provider_asked_to_wait_is_kept_from_its_answer_to_the_next_visit() -> None:
    error = Throttled("slow down", retry_after_s=7200).record()
    last = visited(report(Outcome.FAILED, error=error))
    assert (last.failure, last.retry_after_s) == ("throttled", 7200)
    assert delay_s("k", last, 1, HOUR_S) == 7200
    part = PartReport(part="apis", outcome=Outcome.PARTIAL, error=error)
    assert delay_s("k", visited(report(Outcome.PARTIAL, part)), 0, HOUR_S) == 7200


# The next one.


@given(key=KEYS, interval_s=INTERVALS)
def test_a_scope_is_due_after_its_interval_and_little_more(key: str, interval_s: float) -> None:
    delay = delay_s(key, WELL, 0, interval_s)
    assert interval_s <= delay <= interval_s * (1 + SPREAD)


@given(key=KEYS, interval_s=INTERVALS)
def test_what_is_empty_is_due_less_often_yet_daily(key: str, interval_s: float) -> None:
    usual = delay_s(key, WELL, 0, interval_s)
    slow = delay_s(key, Visited(ended_at=NOON, empty=True), 0, interval_s)
    assert usual <= slow <= max(DAY_S, interval_s) * (1 + SPREAD)
    assert slow <= 6 * usual * 1.0001
    if interval_s <= DAY_S / 6:
        assert slow == pytest.approx(6 * usual)


@given(key=KEYS, kind=KINDS, failures=FAILURES, interval_s=INTERVALS)
def test_back_off_grows_and_is_bounded(
    key: str, kind: str, failures: int, interval_s: float
) -> None:
    delay = back_off_s(key, kind, failures, interval_s)
    later = back_off_s(key, kind, failures + 2, interval_s)
    assert 30 <= delay <= max(interval_s, DAY_S)
    assert later >= delay or later >= max(interval_s, HOUR_S) / 2


@given(key=KEYS, failures=st.integers(1, 5), kind=st.sampled_from(["access_denied", "defect"]))
def test_what_a_person_must_mend_is_tried_less_often(key: str, failures: int, kind: str) -> None:
    slow = back_off_s(key, kind, failures, HOUR_S)
    assert slow >= HOUR_S / 2
    assert slow > back_off_s(key, "unreachable", failures, HOUR_S) * 2 or failures >= 5


@given(key=KEYS, kind=KINDS, failures=FAILURES, wait_s=st.floats(0, 10 * DAY_S))
def test_a_retry_after_is_obeyed_up_to_a_day(
    key: str, kind: str, failures: int, wait_s: float
) -> None:
    last = Visited(ended_at=NOON, failure=kind, retry_after_s=wait_s)
    delay = delay_s(key, last, failures, HOUR_S)
    assert min(wait_s, DAY_S) <= delay <= DAY_S


def test_scopes_that_failed_together_do_not_come_back_together() -> None:
    delays = [back_off_s(f"s/{number}", "unreachable", 4, HOUR_S) for number in range(1000)]
    busiest = max(Counter(int(delay) for delay in delays).values())
    assert busiest <= 20
    assert min(delays) < 260
    assert max(delays) > 460


# After a start.


@given(
    key=KEYS,
    interval_s=INTERVALS,
    age_s=st.floats(-2 * HOUR_S, 90 * DAY_S),
    jump_s=st.sampled_from([-HOUR_S, 0.0, HOUR_S]),
    failure=st.none() | KINDS,
)
def test_whatever_the_calendar_says_a_scope_is_due_within_its_delay(
    key: str, interval_s: float, age_s: float, jump_s: float, failure: str | None
) -> None:
    last = Visited(ended_at=NOON, failure=failure)
    now = NOON + timedelta(seconds=age_s + jump_s)
    due_in = first_delay_s(key, last, interval_s, now)
    assert 0 <= due_in <= max(delay_s(key, last, 1, interval_s), CATCH_UP * interval_s)


@given(key=KEYS, interval_s=INTERVALS, part=st.floats(0, 0.99))
def test_a_start_is_quiet_for_what_was_visited_within_its_interval(
    key: str, interval_s: float, part: float
) -> None:
    now = NOON + timedelta(seconds=interval_s * part)
    due_in = first_delay_s(key, WELL, interval_s, now)
    assert due_in >= interval_s * (1 - part) - 0.001


def test_a_new_scope_is_due_at_once() -> None:
    assert first_delay_s("k", None, HOUR_S, NOON) == 0


def test_ten_thousand_scopes_that_are_overdue_are_spread() -> None:
    now = NOON + timedelta(days=3)
    delays = [first_delay_s(f"s/{n}/p", WELL, HOUR_S, now) for n in range(10_000)]
    seconds = Counter(int(delay) for delay in delays)
    assert len(seconds) == LONGEST_CATCH_UP_S
    assert max(seconds.values()) <= 35
    assert delays == [first_delay_s(f"s/{n}/p", WELL, HOUR_S, now) for n in range(10_000)]


@given(text=st.text())
def test_a_share_is_steady_and_below_one(text: str) -> None:
    assert 0 <= share(text) < 1
    assert share(text) == share(text)
