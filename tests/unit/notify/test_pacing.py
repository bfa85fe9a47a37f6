from __future__ import annotations

import pytest

from apiscape.notify.pacing import LONGEST_ASKED_S, LONGEST_BACK_OFF_S, Pace, back_off


def test_a_minute_holds_so_many_posts_wherever_it_begins() -> None:
    pace = Pace(2)
    assert pace.left(0.0) == 2
    pace.note(0.0)
    pace.note(30.0)
    assert [pace.left(at) for at in (30.0, 59.9, 60.0, 89.9, 90.0)] == [0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    ("failures", "wait_s"), [(1, 1), (2, 2), (5, 16), (9, 256), (10, 300), (999, 300)]
)
def test_it_waits_twice_as_long_each_time_up_to_a_bound(failures: int, wait_s: float) -> None:
    assert back_off(failures, None, lambda: 1.0) == wait_s
    assert back_off(failures, None, lambda: 0.0) == wait_s / 2
    assert wait_s <= LONGEST_BACK_OFF_S


def test_a_target_gets_the_time_that_it_asks_for_within_bounds() -> None:
    assert back_off(1, 90.0, lambda: 0.5) == 90.0
    assert back_off(1, 1e9, lambda: 0.5) == LONGEST_ASKED_S
    assert back_off(9, 1.0, lambda: 1.0) == 256
