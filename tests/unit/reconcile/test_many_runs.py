"""Presence over many runs, against a calendar kept by hand: how slow absence is to become deletion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.known import Known, Verdict
from apiscape.reconcile.judge import judge
from apiscape.reconcile.policy import DEFAULT_POLICY, PresencePolicy
from apiscape.reconcile.sight import PartSight
from tests.unit.reconcile.rows import NOON
from tests.unit.reconcile.test_judge import MANY, after, complete, listing, presences, row

# The guard.


@pytest.mark.parametrize(
    ("losses", "standing", "is_held"),
    [
        (9, 9, False),
        (10, 10, True),
        (10, 33, True),
        (10, 34, False),
        (12, 40, False),
        (13, 40, True),
        (0, 0, False),
    ],
)
def test_a_loss_is_held_where_it_is_large_in_figures_and_in_share(
    losses: int, standing: int, *, is_held: bool
) -> None:
    assert DEFAULT_POLICY.distrusts(losses, standing) is is_held


@given(st.integers(0, 99), st.integers(0, 99), st.floats(0, 1), st.integers(1, 20))
def test_a_larger_loss_is_never_trusted_more(
    losses: int, standing: int, share: float, rows: int
) -> None:
    policy = PresencePolicy(guard_share=share, guard_rows=rows)
    held = policy.distrusts(losses, standing)
    assert policy.distrusts(losses + 1, standing) or not held
    assert held or not policy.distrusts(losses, standing + 1)
    assert not policy.distrusts(rows - 1, standing)


@pytest.mark.parametrize("evidence", ["event", "direct_read"])
@pytest.mark.parametrize("is_listed", [True, False])
def test_only_a_read_that_contradicts_the_listing_is_doubted(
    evidence: str, *, is_listed: bool
) -> None:
    gone = {item.listed_id: evidence for item in MANY[5:]}
    names = {item.listed_id for item in (MANY if is_listed else MANY[:5])}
    verdict = judge(MANY, [listing(5, listed=frozenset(names), gone=gone)], at=NOON)
    doubted = is_listed and evidence == "direct_read"
    assert set(presences(verdict).values()) == {"suspect" if doubted else "retired"}


def test_what_is_retired_already_does_not_make_a_loss_look_small() -> None:
    old = [row(f"old{index}", presence="retired") for index in range(90)]
    verdict = judge(old + MANY, [listing(15)], at=NOON)
    assert presences(verdict) == {item.uid: "suspect" for item in MANY[15:]}
    assert {change.reason for change in verdict.presence} == {
        "apis would lose 15 of 30 deployments at once"
    }


def test_a_loss_that_is_held_keeps_since_when_it_is_missing() -> None:
    before = NOON - timedelta(days=3)
    rows = [
        msgspec.structs.replace(item, presence="missing", missing_since=before, missing_runs=4)
        for item in MANY
    ]
    verdict = judge(rows, [listing(0)], at=NOON)
    assert {
        (each.presence, each.missing_since, each.missing_runs) for each in verdict.presence
    } == {("suspect", before, 4)}


@pytest.mark.parametrize("outcome", ["failed", "absent", "partial", "complete"])
def test_a_part_without_rows_is_stale_where_nothing_was_seen(outcome: str) -> None:
    verdict = judge([], [PartSight("plans", outcome=outcome)], at=NOON)
    assert verdict.stale_parts == (("plans",) if outcome in {"failed", "absent"} else ())
    assert msgspec.structs.replace(verdict, stale_parts=()) == Verdict()


def test_parts_are_judged_by_what_each_saw_and_told_in_order() -> None:
    known = [row("b"), row("a"), row("z", part="plans"), row("y", part="domains")]
    sights = [
        PartSight("plans", outcome="failed"),
        complete(stands=frozenset({"x", "w"})),
        PartSight("domains", outcome="partial", reason="cut off"),
    ]
    verdict = judge(known, sights, at=NOON)
    assert presences(verdict) == {row("a").uid: "missing", row("b").uid: "missing"}
    assert [each.uid for each in verdict.presence] == sorted([row("a").uid, row("b").uid])
    assert [(each.uid, each.reason) for each in verdict.not_observed] == [(row("y").uid, "cut off")]
    assert verdict.stale_parts == ("plans",)
    assert verdict.stands == (("apis", "w"), ("apis", "x"))


# Run after run.

POLICY = PresencePolicy(retire_after_runs=3, retire_after=timedelta(hours=20), guard_rows=99)
RUNS = st.lists(
    st.tuples(
        st.sampled_from(["complete", "complete", "partial", "failed"]),
        st.booleans(),
        st.integers(1, 15),
    ),
    max_size=12,
)


@dataclass
class Calendar:
    """Since when a deployment was not listed, and by how many complete runs in a row."""

    presence: str = "present"
    since: datetime | None = None
    runs: int = 0

    def note(self, outcome: str, at: datetime, *, is_listed: bool) -> None:
        if self.presence == "retired":
            return
        if is_listed and outcome != "failed":
            self.presence, self.since, self.runs = "present", None, 0
        elif outcome == "complete":
            self.since, self.runs = self.since or at, self.runs + 1
            old = self.runs >= 3 and at - self.since >= timedelta(hours=20)
            self.presence = "retired" if old else "missing"


def run(known: list[Known], outcome: str, at: datetime, *, is_listed: bool) -> list[Known]:
    """Return what a store holds after a run that lists one deployment, or does not."""
    seen = is_listed and outcome != "failed"
    sight = complete("a", outcome=outcome) if seen else complete(outcome=outcome)
    held = after(known, judge(known, [sight], at=at, policy=POLICY))
    if seen and held[0].presence == "missing":  # written as returned, before the judgement
        held = [row("a")]
    return held


@given(RUNS)
def test_presence_is_what_a_calendar_says(runs: list[tuple[str, bool, int]]) -> None:
    known, at, calendar = [row("a")], NOON, Calendar()
    for outcome, is_listed, hours in runs:
        at += timedelta(hours=hours)
        known = run(known, outcome, at, is_listed=is_listed)
        calendar.note(outcome, at, is_listed=is_listed)
        assert known[0].presence == calendar.presence
        if calendar.presence == "missing":
            assert (known[0].missing_since, known[0].missing_runs) == (
                calendar.since,
                calendar.runs,
            )


@given(RUNS)
def test_nothing_is_lost_by_runs_that_did_not_see_the_whole(
    runs: list[tuple[str, bool, int]],
) -> None:
    known, at = [row("a")], NOON
    for outcome, is_listed, hours in runs:
        at += timedelta(hours=hours)
        blind = "partial" if outcome == "complete" else outcome
        known = run(known, blind, at, is_listed=is_listed)
    assert known == [row("a")]
