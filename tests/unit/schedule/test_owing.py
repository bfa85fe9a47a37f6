"""What measuring owes to visits: from a visit's end to the end of the first round that began since."""

from __future__ import annotations

from apiscape.schedule.owing import DROPPED, PAUSED, Owing
from apiscape.schedule.pauses import Pauses

A, B = "toys/1/r/toy.api", "toys/2/r/toy.api"


def owing(pauses: Pauses | None = None) -> Owing:
    owing = Owing(pauses or Pauses())
    owing.await_visit([A])
    return owing


def test_only_what_waits_for_its_visit_is_owed_after_it() -> None:
    held = owing()
    assert not held.holds(A)
    assert (held.visited(A), held.visited(B)) == (True, False)
    assert (held.holds(A), held.holds(B)) == (True, False)
    held.begin("g", [A, B])
    assert (held.owes(A), held.holds(A)) == (False, True)
    held.end("g")
    assert (held.holds(A), held.why_not(A)) == (False, None)


def test_a_visit_in_the_middle_of_a_round_is_owed_another() -> None:
    held = owing()
    held.begin("g", [A])
    held.visited(A)
    held.end("g")
    assert held.holds(A)
    held.begin("g", [A])
    held.visited(A)
    held.end("g")
    assert held.holds(A), "that round had begun before the second visit ended"


def test_a_round_that_fails_leaves_its_reason_until_the_next_visit() -> None:
    held = owing()
    held.visited(A)
    held.begin("g", [A])
    held.end("g", "no space is left")
    assert (held.holds(A), held.why_not(A)) == (False, "no space is left")
    held.visited(A)
    assert held.holds(A)
    held.begin("g", [A])
    held.end("g")
    assert held.why_not(A) is None


def test_a_pause_is_not_waited_for_but_a_round_under_way_is() -> None:
    pauses = Pauses()
    held = owing(pauses)
    held.visited(A)
    pauses.pause("toys")
    assert (held.holds(A), held.why_not(A)) == (False, PAUSED)
    pauses.resume("toys")
    assert held.holds(A)
    held.begin("g", [A])
    pauses.pause("toys")
    assert held.holds(A)


def test_what_is_no_longer_asked_for_is_owed_nothing() -> None:
    held = owing()
    held.visited(A)
    held.keep({B})
    assert (held.holds(A), held.why_not(A)) == (False, DROPPED)
    assert not held.visited(A), "and a later visit changes nothing"


def test_a_scope_of_which_something_came_is_measured_by_its_timetable() -> None:
    held = owing()
    held.need_no_visit(A)
    assert not held.visited(A)
