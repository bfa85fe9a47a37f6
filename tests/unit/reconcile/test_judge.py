"""The end of a run: who is missing, suspect, superseded, retired or not observed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.model.known import Known, PresenceChange, Verdict
from apiscape.reconcile.judge import judge
from apiscape.reconcile.policy import PresencePolicy
from apiscape.reconcile.sight import PartSight, Place, place
from tests.unit.reconcile.rows import NOON, deployment, known_of

NEXT_DAY = NOON + timedelta(hours=24)


def row(name: str, stage: str = "live", **more: Any) -> Known:
    item = deployment(f"t:1:r:toy:{name}/{stage}")
    return known_of(item, listed_id=name, **more)


def complete(*names: str, **more: Any) -> PartSight:
    """Return a whole listing of APIs that gave one live stage each."""
    given = {name: frozenset({row(name).uid}) for name in names}
    sight: dict[str, Any] = {"listed": frozenset(names), "given": given}
    return PartSight("apis", **(sight | more))


def presences(verdict: Verdict) -> dict[str, str]:
    return {change.uid: change.presence for change in verdict.presence}


def after(known: list[Known], verdict: Verdict) -> list[Known]:
    """Return what a store holds after a verdict."""
    changes = {change.uid: change for change in verdict.presence}
    return [_changed(item, changes.get(item.uid)) for item in known]


def _changed(item: Known, change: PresenceChange | None) -> Known:
    if change is None:
        return item
    return msgspec.structs.replace(
        item,
        presence=change.presence,
        missing_since=change.missing_since,
        missing_runs=change.missing_runs,
    )


def test_what_a_whole_listing_gives_is_let_be() -> None:
    assert judge([row("a"), row("b")], [complete("a", "b")], at=NOON) == Verdict()


def test_what_a_whole_listing_does_not_give_is_missing() -> None:
    [change] = judge([row("a"), row("b")], [complete("a")], at=NOON).presence
    assert (change.uid, change.presence) == (row("b").uid, "missing")
    assert (change.missing_since, change.missing_runs) == (NOON, 1)
    assert (change.reason, change.evidence) == ("not listed", "listing")


def test_a_stage_that_its_api_no_longer_gives_is_missing() -> None:
    [change] = judge([row("a"), row("a", "test")], [complete("a")], at=NOON).presence
    assert (change.uid, change.presence) == (row("a", "test").uid, "missing")
    assert change.reason == "its API is listed without it"


def test_missing_retires_after_two_complete_runs_and_a_day() -> None:
    known = [row("a"), row("b")]
    for at, expected in [
        (NOON, "missing"),
        (NOON + timedelta(hours=1), "missing"),
        (NEXT_DAY - timedelta(seconds=1), "missing"),
        (NEXT_DAY, "retired"),
    ]:
        verdict = judge(known, [complete("a")], at=at)
        assert presences(verdict) == {row("b").uid: expected}
        known = after(known, verdict)
    assert judge(known, [complete("a")], at=NEXT_DAY) == Verdict()


def test_a_day_without_a_second_run_retires_nothing() -> None:
    long_ago = row("b", presence="missing", missing_since=NOON, missing_runs=0)
    verdict = judge([row("a"), long_ago], [complete("a")], at=NEXT_DAY)
    assert presences(verdict) == {long_ago.uid: "missing"}


def test_a_retired_or_superseded_deployment_is_let_be() -> None:
    settled = [row("b", presence="retired"), row("c", "-", presence="superseded")]
    assert judge(settled, [complete("a")], at=NOON) == Verdict()


@pytest.mark.parametrize("outcome", ["partial", "failed", "absent"])
def test_only_a_complete_part_makes_anything_missing(outcome: str) -> None:
    known = [row("a"), row("b")]
    assert judge(known, [complete("a", outcome=outcome)], at=NOON).presence == ()


def test_a_partial_part_says_what_it_did_not_see() -> None:
    sight = complete("a", outcome="partial", reason="throttled: too fast")
    known = [row("a"), row("a", "test"), row("b"), row("c", presence="missing")]
    verdict = judge(known, [sight], at=NOON)
    assert {each.uid: each.reason for each in verdict.not_observed} == {
        row("a", "test").uid: "throttled: too fast",
        row("b").uid: "throttled: too fast",
    }
    assert verdict.stale_parts == ()


def test_a_partial_part_without_a_reason_has_one_all_the_same() -> None:
    [unseen] = judge([row("a")], [complete(outcome="partial")], at=NOON).not_observed
    assert unseen.reason == "the listing was not read to its end"


@pytest.mark.parametrize("outcome", ["failed", "absent"])
def test_a_part_of_which_nothing_was_seen_is_stale(outcome: str) -> None:
    verdict = judge([row("a")], [PartSight("apis", outcome=outcome)], at=NOON)
    assert verdict == Verdict(stale_parts=("apis",))


def test_a_part_that_the_run_does_not_speak_of_is_stale() -> None:
    known = [row("a"), row("z", part="domains")]
    assert judge(known, [complete("a")], at=NOON) == Verdict(stale_parts=("domains",))


def test_what_moved_to_another_part_is_seen() -> None:
    moved = row("a", part="old")
    verdict = judge([moved], [complete("a"), PartSight("old")], at=NOON)
    assert verdict == Verdict()


def test_an_object_that_stands_keeps_its_deployments() -> None:
    sight = complete(listed=frozenset({"a"}), stands=frozenset({"a"}))
    verdict = judge([row("a"), row("a", "test")], [sight], at=NOON)
    assert verdict == Verdict(stands=(("apis", "a"),))


@pytest.mark.parametrize("presence", ["present", "missing"])
def test_an_object_that_was_left_out_is_not_observed(presence: str) -> None:
    sight = complete("a", listed=frozenset({"a", "b"}), left_out={"b": "skipped: excluded"})
    known = [row("a"), row("b", presence=presence)]
    verdict = judge(known, [sight], at=NOON)
    assert verdict.presence == ()
    reasons = [each.reason for each in verdict.not_observed]
    assert reasons == (["skipped: excluded"] if presence == "present" else [])


@pytest.mark.parametrize("outcome", ["complete", "partial", "failed"])
@pytest.mark.parametrize("presence", ["present", "missing", "suspect"])
def test_evidence_retires_at_once(outcome: str, presence: str) -> None:
    sight = complete("a", outcome=outcome, gone={"b": "event"})
    [change] = judge([row("a"), row("b", presence=presence)], [sight], at=NOON).presence
    assert (change.uid, change.presence, change.evidence) == (row("b").uid, "retired", "event")
    assert change.missing_since == NOON


def test_the_first_real_stage_supersedes_the_lack_of_one() -> None:
    known = [row("a", "-")]
    for outcome in ("complete", "partial"):
        sight = complete("a", staged=frozenset({"a"}), outcome=outcome)
        assert presences(judge(known, [sight], at=NOON)) == {known[0].uid: "superseded"}


def test_without_a_real_stage_the_lack_of_one_is_missing_like_any_other() -> None:
    assert presences(judge([row("a", "-")], [complete("a")], at=NOON)) == {
        row("a", "-").uid: "missing"
    }


def test_what_a_direct_read_finds_is_there_though_not_listed() -> None:
    known = [row("a"), row("b", presence="missing", missing_since=NOON, missing_runs=3), row("c")]
    sight = complete("a", outcome="partial", there=frozenset({"b", "c"}), narrowable=True)
    verdict = judge(known, [sight], at=NEXT_DAY)
    [change] = verdict.presence
    assert (change.uid, change.presence) == (known[1].uid, "present")
    assert (change.missing_since, change.evidence) == (None, "direct_read")
    assert {unseen.uid for unseen in verdict.not_observed} == {known[1].uid, known[2].uid}
    reasons = {unseen.reason for unseen in verdict.not_observed}
    assert reasons == {"not listed, though a direct read finds it"}


def test_a_listing_that_permissions_narrow_retires_nothing_by_repetition() -> None:
    old = row("b", presence="missing", missing_since=NOON, missing_runs=9)
    verdict = judge([row("a"), old], [complete("a", narrowable=True)], at=NEXT_DAY)
    assert presences(verdict) == {old.uid: "missing"}


def test_a_stage_dropped_by_its_api_retires_where_listings_can_be_narrowed() -> None:
    old = row("a", "test", presence="missing", missing_since=NOON, missing_runs=9)
    verdict = judge([row("a"), old], [complete("a", narrowable=True)], at=NEXT_DAY)
    assert presences(verdict) == {old.uid: "retired"}


# Objects that fail, in a listing that was read to its end.


def troubled(*names: str, failed: tuple[str, ...] = ("bad",), **more: Any) -> PartSight:
    """Return a whole listing of which some objects could not be read."""
    left_out = dict.fromkeys(failed, "malformed: no name")
    listed = frozenset({*names, *failed})
    sight = {"outcome": "partial", "whole": True, "listed": listed, "left_out": left_out}
    return complete(*names, **(sight | more))


def test_an_object_that_fails_is_not_observed_and_the_rest_goes_by_the_listing() -> None:
    known = [row("a"), row("a", "test"), row("b"), row("bad"), row("bad", "test")]
    verdict = judge(known, [troubled("a")], at=NOON)
    assert presences(verdict) == {row("a", "test").uid: "missing", row("b").uid: "missing"}
    assert {each.uid: each.reason for each in verdict.not_observed} == {
        row("bad").uid: "malformed: no name",
        row("bad", "test").uid: "malformed: no name",
    }
    assert (verdict.stale_parts, verdict.whole_parts) == ((), ("apis",))


def test_what_is_gone_retires_though_an_object_fails_in_every_run() -> None:
    known = [row("a"), row("b"), row("bad")]
    for at, expected in [(NOON, "missing"), (NOON + timedelta(hours=1), "missing")]:
        verdict = judge(known, [troubled("a")], at=at)
        assert presences(verdict) == {row("b").uid: expected}
        known = after(known, verdict)
    [change] = judge(known, [troubled("a")], at=NEXT_DAY).presence
    assert (change.uid, change.presence) == (row("b").uid, "retired")
    assert change.reason == "not listed by 3 whole listings"


def test_a_listing_cut_short_loses_nothing_however_it_failed() -> None:
    known = [row("a"), row("b", presence="missing", missing_since=NOON, missing_runs=9), row("c")]
    verdict = judge(known, [troubled("a", whole=False, reason="cut off")], at=NEXT_DAY)
    assert (verdict.presence, verdict.whole_parts) == ((), ())
    assert [each.reason for each in verdict.not_observed] == ["cut off"]


@pytest.mark.parametrize("outcome", ["failed", "absent"])
def test_a_part_of_which_nothing_was_seen_proves_nothing_even_if_it_says_that_it_is_whole(
    outcome: str,
) -> None:
    sight = PartSight("apis", outcome=outcome, whole=True)
    assert judge([row("a")], [sight], at=NOON) == Verdict(stale_parts=("apis",))


# The guard against mass loss.

MANY = [row(f"n{index:02}") for index in range(30)]


def listing(count: int, **more: Any) -> PartSight:
    return complete(*(f"n{index:02}" for index in range(count)), **more)


@pytest.mark.parametrize(
    ("listed", "word"), [(21, "missing"), (20, "suspect"), (0, "suspect"), (29, "missing")]
)
def test_too_much_loss_at_once_is_suspect(listed: int, word: str) -> None:
    verdict = judge(MANY, [listing(listed)], at=NOON)
    assert presences(verdict) == {item.uid: word for item in MANY[listed:]}


def test_the_guard_holds_where_objects_fail_and_does_not_count_them() -> None:
    failing = tuple(f"n{index:02}" for index in range(15, 30))
    names = [f"n{index:02}" for index in range(5)]
    lost = judge(MANY, [troubled(*names, failed=failing)], at=NOON)
    assert presences(lost) == {item.uid: "suspect" for item in MANY[5:15]}
    few = judge(MANY, [troubled(*names, "n05", failed=failing)], at=NOON)
    assert presences(few) == {item.uid: "missing" for item in MANY[6:15]}


def test_few_of_few_are_no_mass_loss() -> None:
    verdict = judge(MANY[:9], [listing(0)], at=NOON)
    assert set(presences(verdict).values()) == {"missing"}


def test_agreeing_runs_do_not_settle_what_is_suspect() -> None:
    known = after(MANY, judge(MANY, [listing(10)], at=NOON))
    for day in range(1, 9):
        verdict = judge(known, [listing(10)], at=NOON + timedelta(days=day))
        assert verdict == Verdict()
    most_are_back = judge(known, [listing(29)], at=NEXT_DAY + timedelta(days=30))
    assert most_are_back.presence == ()


def test_loss_that_creeps_in_is_added_up() -> None:
    first = judge(MANY, [listing(24)], at=NOON)
    assert set(presences(first).values()) == {"missing"}
    second = judge(after(MANY, first), [listing(18)], at=NEXT_DAY)
    assert presences(second) == {item.uid: "suspect" for item in MANY[18:]}
    since = {change.uid: change.missing_since for change in second.presence}
    assert (since[MANY[29].uid], since[MANY[18].uid]) == (NOON, NEXT_DAY)


def test_the_guard_counts_each_part_for_itself() -> None:
    others = [row(f"o{index}", part="domains") for index in range(40)]
    sights = [listing(15), PartSight("domains", listed=frozenset(), stands=frozenset())]
    given = {item.listed_id: frozenset({item.uid}) for item in others}
    sights[1] = PartSight("domains", listed=frozenset(given), given=given)
    assert set(presences(judge(MANY + others, sights, at=NOON)).values()) == {"suspect"}


def test_evidence_is_no_loss_to_doubt() -> None:
    gone = {item.listed_id: "event" for item in MANY[5:]}
    verdict = judge(MANY, [listing(5, gone=gone)], at=NOON)
    assert set(presences(verdict).values()) == {"retired"}


def test_reads_that_contradict_the_listing_are_doubted_where_they_are_many() -> None:
    listed = frozenset(item.listed_id for item in MANY)
    gone = {item.listed_id: "direct_read" for item in MANY[5:]}
    for outcome in ("complete", "partial"):
        sight = listing(5, listed=listed, gone=gone, outcome=outcome)
        assert set(presences(judge(MANY, [sight], at=NOON)).values()) == {"suspect"}
    few = {item.listed_id: "direct_read" for item in MANY[28:]}
    verdict = judge(MANY, [listing(28, listed=listed, gone=few)], at=NOON)
    assert set(presences(verdict).values()) == {"retired"}


def test_a_policy_can_be_more_patient() -> None:
    policy = PresencePolicy(retire_after_runs=5, retire_after=timedelta(days=7))
    old = row("b", presence="missing", missing_since=NOON, missing_runs=4)
    sight = complete("a")
    assert presences(judge([row("a"), old], [sight], at=NEXT_DAY, policy=policy)) == {
        old.uid: "missing"
    }


# Properties.

NAMES = [f"n{index:02}" for index in range(30)]
OUTCOMES = st.sampled_from(["complete", "partial", "failed", "absent"])
PRESENCES = st.sampled_from(["present", "missing", "suspect", "superseded", "retired"])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Known], PartSight, datetime]:
    known = [
        row(name, draw(st.sampled_from(["live", "-"])), presence=draw(PRESENCES))
        for name in draw(st.sets(st.sampled_from(NAMES)))
    ]
    listed = draw(st.sets(st.sampled_from(NAMES)))
    given = {name: frozenset({row(name).uid}) for name in draw(st.sets(st.sampled_from(NAMES)))}
    sight = PartSight(
        "apis",
        outcome=draw(OUTCOMES),
        listed=frozenset(listed | given.keys()),
        given=given,
        staged=frozenset(given),
        left_out=dict.fromkeys(listed - given.keys(), "skipped: a rule"),
    )
    return known, sight, NOON + timedelta(hours=draw(st.integers(0, 100)))


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(
    world: tuple[list[Known], PartSight, datetime], random: Any
) -> None:
    known, sight, at = world
    shuffled = known[:]
    random.shuffle(shuffled)
    assert judge(shuffled, [sight], at=at) == judge(known, [sight], at=at)


@given(worlds())
def test_judging_twice_moves_no_presence_again(
    world: tuple[list[Known], PartSight, datetime],
) -> None:
    known, sight, at = world
    policy = PresencePolicy(retire_after=timedelta(days=99))
    first = judge(known, [sight], at=at, policy=policy)
    held = after(known, first)
    again = judge(held, [sight], at=at, policy=policy)
    before = {item.uid: item.presence for item in held}
    assert all(before[change.uid] == change.presence for change in again.presence)
    assert again.stale_parts == first.stale_parts


@given(worlds())
def test_nothing_retires_in_one_run_without_evidence(
    world: tuple[list[Known], PartSight, datetime],
) -> None:
    known, sight, at = world
    assert "retired" not in presences(judge(known, [sight], at=at)).values()


@given(worlds())
def test_what_was_not_seen_whole_loses_nothing(
    world: tuple[list[Known], PartSight, datetime],
) -> None:
    known, sight, at = world
    blind = msgspec.structs.replace(sight, outcome="partial")
    assert set(presences(judge(known, [blind], at=at)).values()) <= {"superseded"}


@given(worlds())
def test_presence_follows_the_listing_and_not_what_failed_of_it(
    world: tuple[list[Known], PartSight, datetime],
) -> None:
    known, sight, at = world
    whole = msgspec.structs.replace(sight, outcome="complete")
    troubled = msgspec.structs.replace(sight, outcome="partial", whole=True)
    one, other = judge(known, [whole], at=at), judge(known, [troubled], at=at)
    assert (one.presence, one.not_observed) == (other.presence, other.not_observed)


@given(worlds())
def test_what_was_seen_is_never_spoken_of(
    world: tuple[list[Known], PartSight, datetime],
) -> None:
    known, sight, at = world
    verdict = judge(known, [sight], at=at)
    seen = {uid for uids in sight.given.values() for uid in uids}
    assert not seen & {change.uid for change in verdict.presence}
    assert not seen & {unseen.uid for unseen in verdict.not_observed}


def test_every_place_is_told_apart() -> None:
    sight = PartSight(
        "apis",
        listed=frozenset("abcd"),
        given={"d": frozenset()},
        staged=frozenset("d"),
        stands=frozenset("a"),
        left_out={"b": "skipped"},
        gone={"c": "event"},
        there=frozenset("e"),
    )
    places = {name: place(row(name), sight) for name in "abcdef"}
    assert places == {
        "a": Place.SEEN,
        "b": Place.LEFT_OUT,
        "c": Place.GONE,
        "d": Place.DROPPED,
        "e": Place.THERE,
        "f": Place.UNLISTED,
    }
    assert place(row("d", "-"), sight) is Place.SUPERSEDED


# ── Beyond what was looked for ───────────────────────────────────────────────


def test_what_nobody_looked_for_is_not_observed_and_never_missing() -> None:
    known = [
        row("shop/a"),
        row("shop/b"),
        row("shopping/c"),
        row("infra/d", presence="missing", missing_since=NOON, missing_runs=5),
        row("infra/e", presence="suspect"),
    ]
    sight = complete("shop/a", within=("shop/",))
    verdict = judge(known, [sight], at=NEXT_DAY)
    assert presences(verdict) == {row("shop/b").uid: "missing"}
    assert [each.uid for each in verdict.not_observed] == [row("shopping/c").uid]
    assert "configuration" in verdict.not_observed[0].reason


def test_losing_sight_of_much_is_no_loss_that_the_guard_counts() -> None:
    known = [row(f"infra/{number}") for number in range(50)] + [row("shop/a"), row("shop/b")]
    verdict = judge(known, [complete("shop/a", within=("shop/",))], at=NOON)
    assert presences(verdict) == {row("shop/b").uid: "missing"}
    assert len(verdict.not_observed) == 50


def test_evidence_counts_wherever_it_comes_from() -> None:
    known = [row("infra/a"), row("infra/b"), row("infra/c", "test")]
    sight = complete(
        "infra/c",
        within=("shop/",),
        gone={"infra/a": "event"},
        left_out={"infra/b": "skipped: no"},
    )
    verdict = judge(known, [sight], at=NOON)
    assert presences(verdict) == {
        row("infra/a").uid: "retired",
        row("infra/c", "test").uid: "missing",
    }
    assert {each.reason for each in verdict.not_observed} == {"skipped: no"}
