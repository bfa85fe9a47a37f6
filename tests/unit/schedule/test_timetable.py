"""The timetable: asks, events, pauses and back-off over many scopes, on numbers for times."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.schedule.due import HOUR_S, Visited, back_off_s, delay_s, first_delay_s
from apiscape.schedule.pauses import EVERYTHING, selects
from apiscape.schedule.queue import Priority
from apiscape.schedule.timetable import DEBOUNCE_S, LONGEST_DEBOUNCE_S, Timetable
from tests.unit.collect.toy import NOON

WELL = Visited(ended_at=NOON)
FAILED = Visited(ended_at=NOON, failure="unreachable")
A, B, C = "prod/1/r/toy", "prod/2/r/toy", "test/1/r/toy"


def table(*keys: str, due_in_s: float = 0.0, now: float = 0.0) -> Timetable:
    made = Timetable()
    for key in keys:
        made.put(key, "toy/1", HOUR_S, now, due_in_s=due_in_s)
    return made


def due(made: Timetable, now: float) -> list[str]:
    return [each.key for each in made.due(now)]


def visit(made: Timetable, key: str, now: float, last: Visited = WELL) -> None:
    made.begin(key, now)
    made.end(key, last, now)


def test_a_scope_is_due_until_its_visit_begins_and_again_after_its_interval() -> None:
    made = table(A)
    assert due(made, 0) == due(made, 1) == [A]
    made.begin(A, 1)
    assert due(made, 10 * HOUR_S) == []
    made.end(A, WELL, 10)
    again = 10 + delay_s(A, WELL, 0, HOUR_S)
    assert made.slots(10)[0].due_in_s == pytest.approx(again - 10)
    assert due(made, again - 1) == []
    assert due(made, again) == [A]


def test_what_is_not_due_yet_is_not_due() -> None:
    made = table(A, due_in_s=100)
    assert (due(made, 99), due(made, 100)) == ([], [A])


def test_nothing_ever_falls_due_of_nothing() -> None:
    assert due(Timetable(), 0) == []


def test_failures_in_a_row_double_the_back_off_and_success_forgets_them() -> None:
    made, now = table(A), 0.0
    for failures in range(1, 6):
        visit(made, A, now, FAILED)
        [slot] = made.slots(now)
        assert slot.failures == failures
        assert slot.due_in_s == pytest.approx(back_off_s(A, "unreachable", failures, HOUR_S))
        now += slot.due_in_s or 0.0
        assert due(made, now) == [A]
    visit(made, A, now)
    assert [slot.failures for slot in made.slots(now)] == [0]


def test_a_failure_after_a_long_time_of_success_is_a_first_one() -> None:
    made = table(A)
    for _ in range(3):
        visit(made, A, 0, FAILED)
    made.begin(A, 0)
    made.end(A, FAILED, 700, settled=True)
    assert [slot.failures for slot in made.slots(700)] == [1]


def test_now_goes_first_and_ends_every_wait() -> None:
    made = table(A, B, C)
    visit(made, A, 0, FAILED)
    assert made.ask(A, 1) == (A,)
    assert [(each.key, each.priority) for each in made.due(1)] == [
        (A, Priority.NOW),
        (B, Priority.ROUTINE),
        (C, Priority.ROUTINE),
    ]
    visit(made, A, 1, FAILED)
    assert A not in due(made, 2)


@pytest.mark.parametrize(
    ("selector", "keys"), [(A, (A,)), ("prod", (A, B)), (EVERYTHING, (A, B, C)), ("none", ())]
)
def test_a_scope_a_source_or_everything_is_asked_for(selector: str, keys: tuple[str, ...]) -> None:
    made = table(A, B, C, due_in_s=HOUR_S)
    assert made.ask(selector, 5) == keys
    assert sorted(due(made, 5)) == sorted(keys)


def test_what_is_asked_for_while_it_is_under_way_is_visited_again() -> None:
    made = table(A)
    made.begin(A, 0)
    made.ask(A, 1)
    assert due(made, 2) == []
    made.end(A, WELL, 3)
    assert [each.priority for each in made.due(3)] == [Priority.NOW]
    made.begin(A, 4)
    made.end(A, WELL, 5)
    assert due(made, 6) == []


def test_an_event_makes_a_scope_due_once_things_have_calmed_down() -> None:
    made = table(A, due_in_s=HOUR_S)
    made.happen(A, 0, ["x"])
    made.happen(A, 20, ["y"])
    assert due(made, DEBOUNCE_S) == []
    [found] = made.due(20 + DEBOUNCE_S)
    assert (found.key, found.priority) == (A, Priority.EVENT)
    assert made.begin(A, 60) == {"x", "y"}
    made.end(A, WELL, 60)
    made.happen(A, 61)
    made.due(100)
    assert made.begin(A, 100) == frozenset()


def test_events_that_do_not_cease_do_not_put_it_off_for_ever() -> None:
    made = table(A, due_in_s=HOUR_S)
    for second in range(int(LONGEST_DEBOUNCE_S)):
        made.happen(A, second)
        assert due(made, second) == []
    assert due(made, LONGEST_DEBOUNCE_S) == [A]


def test_an_event_of_an_unknown_scope_is_said_to_be_one() -> None:
    assert not table(A).happen("else", 0)
    assert table(A).happen(A, 0)


def test_an_event_does_not_put_off_what_is_due_before_it() -> None:
    made = table(A, due_in_s=10)
    made.happen(A, 0)
    assert [each.priority for each in made.due(10)] == [Priority.ROUTINE]


def test_an_event_during_a_visit_asks_for_another() -> None:
    made = table(A)
    made.begin(A, 0)
    made.happen(A, 1)
    made.end(A, WELL, 2)
    assert due(made, 1 + DEBOUNCE_S) == [A]


def test_a_pause_holds_back_what_is_due_and_what_is_asked_for() -> None:
    made = table(A, B, C)
    made.pauses.pause("prod")
    made.ask(A, 0)
    assert due(made, 0) == [C]
    assert [slot.paused for slot in made.slots(0)] == [True, True, False]
    made.pauses.resume("prod")
    assert due(made, 0) == [A, B, C]


def test_what_was_said_last_of_the_narrowest_holds() -> None:
    made = table(A, B, C)
    made.pauses.pause(EVERYTHING)
    assert due(made, 0) == []
    made.pauses.resume("prod")
    made.pauses.pause(B)
    assert due(made, 0) == [A]
    made.pauses.resume(EVERYTHING)
    assert due(made, 0) == [A, B, C]


def test_scopes_that_stand_keep_their_place() -> None:
    made = table(A, due_in_s=50)
    made.put(A, "toy/2", HOUR_S, 10, due_in_s=0)
    assert (due(made, 49), made.slots(49)[0].group) == ([], "toy/2")
    assert due(made, 50) == [A]


def test_a_new_interval_counts_from_the_last_visit() -> None:
    made = table(A)
    visit(made, A, 100)
    made.put(A, "toy/1", 60, 130)
    assert due(made, 159) == []
    assert due(made, 170) == [A]


def test_a_new_interval_counts_from_now_where_no_visit_was_seen() -> None:
    made = table(A, due_in_s=HOUR_S)
    made.put(A, "toy/1", 60, 0)
    assert (due(made, 59), due(made, 60)) == ([], [A])


def test_what_failed_for_a_reason_that_is_mended_is_due_in_its_turn() -> None:
    made = table(A)
    visit(made, A, 0, FAILED)
    made.hasten([A], 1)
    [found] = made.due(1)
    assert (found.priority, made.slots(1)[0].failures) == (Priority.ROUTINE, 0)


def test_a_visit_that_ends_with_again_is_due_at_once() -> None:
    made = table(A)
    made.begin(A, 0)
    made.end(A, WELL, 5, again=True)
    assert due(made, 5) == [A]


def test_what_is_forgotten_is_due_no_more_and_its_end_is_no_matter() -> None:
    made = table(A, B)
    made.due(0)
    made.begin(B, 0)
    made.drop([A, B])
    made.end(B, WELL, 1)
    assert (due(made, HOUR_S * 10), A in made, made.slots(0)) == ([], False, ())


def test_how_a_scope_stands_can_be_seen() -> None:
    made = table(A, due_in_s=5)
    [waiting] = made.slots(1)
    assert (waiting.due_in_s, waiting.last) == (4, None)
    made.begin(A, 5)
    assert made.slots(6)[0].due_in_s is None


@pytest.mark.parametrize(
    ("selector", "key", "expected"),
    [("", A, True), ("prod", A, True), ("pro", A, False), (A, A, True), ("prod/1", A, True)],
)
def test_a_selector_is_a_path(selector: str, key: str, expected: bool) -> None:
    assert selects(selector, key) is expected


def test_after_a_downtime_no_second_has_many_scopes() -> None:
    made = Timetable()
    late = NOON + timedelta(days=2)
    for number in range(10_000):
        key = f"s/{number}/p"
        due_in_s = first_delay_s(key, WELL, HOUR_S, late)
        made.put(key, "g", HOUR_S, 0, due_in_s=due_in_s, last=WELL)
    seen: Counter[int] = Counter()
    for second in range(1000):
        for each in made.due(second):
            seen[second] += 1
            made.begin(each.key, second)
            made.end(each.key, WELL, second)
    assert sum(seen.values()) == 10_000
    assert max(seen.values()) <= 35


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["ask", "happen", "begin", "well", "fail", "wait", "put", "pause"]),
            st.sampled_from([A, B, C]),
        ),
        max_size=60,
    )
)
def test_every_scope_comes_up_again_whatever_happens(steps: list[tuple[str, str]]) -> None:
    made, now, under_way = table(A, B, C), 0.0, set[str]()
    for step, key in steps:
        now += 7
        if step == "begin" and key in due(made, now):
            made.begin(key, now)
            under_way.add(key)
        elif step in {"well", "fail"} and key in under_way:
            made.end(key, WELL if step == "well" else FAILED, now)
            under_way.discard(key)
        elif step == "ask":
            made.ask(key, now)
        elif step == "happen":
            made.happen(key, now)
        elif step == "put":
            made.put(key, "toy/1", HOUR_S, now)
        elif step == "wait":
            now += 1800
        elif step == "pause":
            made.pauses.pause(key)
            assert key not in due(made, now)
            made.pauses.resume(key)
    assert not under_way & set(due(made, now))
    for key in under_way:
        made.end(key, WELL, now)
    assert sorted(due(made, now + 2 * HOUR_S)) == sorted([A, B, C])
