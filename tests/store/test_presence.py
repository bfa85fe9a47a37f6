"""What runs say of presence and freshness: missing, retired, returned, not seen."""

from __future__ import annotations

from apiscape.model.known import NotObserved, PresenceChange, Verdict
from apiscape.model.run import ErrorRecord, Gap
from apiscape.model.values import utc_millis
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import Store
from tests.store.looking import kinds, records
from tests.store.making import (
    DAY,
    MINUTE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    part,
    report,
    visit,
)


def missing(uid: str, presence: str = Presence.MISSING, runs: int = 1) -> Verdict:
    change = PresenceChange(
        uid=uid,
        presence=presence,
        missing_since=T0 + DAY,
        missing_runs=runs,
        reason="not listed",
        evidence="listing",
    )
    return Verdict(presence=(change,))


def test_missing_retired_and_returned_leave_a_trace(store: Store) -> None:
    item = make(1)
    visit(store, batch(item))
    visit(store, at=T0 + DAY, verdict=missing(item.uid))
    visit(store, at=T0 + DAY + MINUTE, verdict=missing(item.uid, runs=2))
    known = store.runs.known(SCOPE)[item.uid]
    assert (known.presence, known.missing_runs) == (Presence.MISSING, 2)
    assert known.missing_since == T0 + DAY
    assert records(store, "deployment")[0]["last_seen_at"] == utc_millis(T0)
    visit(store, at=T0 + 2 * DAY, verdict=missing(item.uid, Presence.RETIRED, 2))
    assert records(store, "deployment")[0]["retired_at"] == utc_millis(T0 + 2 * DAY)
    visit(store, batch(item, kind="returned"), at=T0 + 3 * DAY)
    held = records(store, "deployment")[0]
    assert (held["presence"], held["missing_runs"]) == (Presence.PRESENT, 0)
    assert held["retired_at"] is held["missing_since"] is held["last_seen_at"] is None
    assert kinds(store) == ["appeared", "missing", "retired", "returned"]
    spans = [
        (v["presence"], v["from_seq"], v["to_seq"]) for v in records(store, "presence_version")
    ]
    assert spans == [
        ("present", 1, 2),
        ("missing", 2, 3),
        ("retired", 3, 4),
        ("present", 4, None),
    ]


def test_presence_given_back_by_the_verdict_is_logged_as_returned(store: Store) -> None:
    item = make(1)
    visit(store, batch(item))
    visit(store, verdict=missing(item.uid, Presence.SUSPECT))
    back = PresenceChange(uid=item.uid, presence=Presence.PRESENT)
    unknown = PresenceChange(uid="nobody", presence=Presence.MISSING)
    visit(store, verdict=Verdict(presence=(back, unknown)))
    assert kinds(store) == ["appeared", "suspect", "returned"]


def test_a_row_that_a_run_did_not_see_keeps_when_one_last_did(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    unseen = Verdict(not_observed=(NotObserved(uid=make(1).uid, reason="throttled"),))
    for days in (1, 2):
        visit(store, at=T0 + days * DAY, parts=[part(Outcome.PARTIAL)], verdict=unseen)
    (left,) = records(store, "exception")
    assert (left["observed_at"], left["reason"]) == (utc_millis(T0), "throttled")
    (held,) = records(store, "part")
    assert (held["observed_at"], held["complete_at"]) == (utc_millis(T0 + 2 * DAY), utc_millis(T0))
    visit(store, at=T0 + 3 * DAY)
    assert records(store, "exception") == []


def test_a_part_that_failed_is_stale_and_its_rows_stand(store: Store) -> None:
    visit(store, batch(make(1)))
    denied = ErrorRecord(kind="access_denied", message="needs apigateway:GET")
    visit(
        store,
        at=T0 + DAY,
        parts=[part(Outcome.FAILED, error=denied)],
        verdict=Verdict(stale_parts=(PART, "never-seen")),
    )
    held, other = records(store, "part")
    assert (held["stale"], held["outcome"], held["reason"]) == (True, "failed", denied.message)
    assert (held["observed_at"], held["complete_generation"]) == (utc_millis(T0), 1)
    assert (other["name"], other["observed_at"], other["stale"]) == ("never-seen", None, True)
    assert store.runs.known(SCOPE)[make(1).uid].presence == Presence.PRESENT
    visit(store, at=T0 + 2 * DAY)
    assert records(store, "part")[0]["stale"] is False


def test_a_run_that_could_not_begin_to_look_leaves_every_part_stale(store: Store) -> None:
    visit(store, batch(make(1)))
    run = store.runs.begin(SCOPE, at=T0 + DAY)
    refused = ErrorRecord(kind="credentials", message="the role may not be assumed")
    failed = report(run, T0 + DAY, part(), parts=(), outcome=Outcome.FAILED, error=refused)
    store.runs.end(run, failed, Verdict(stale_parts=(PART,)))
    (held,) = records(store, "part")
    assert (held["stale"], held["reason"], held["outcome"]) == (True, refused.message, "failed")


def test_the_scope_says_when_all_of_it_was_last_seen(store: Store) -> None:
    visit(store)
    last = visit(store, at=T0 + DAY, parts=[part(Outcome.PARTIAL)])
    (scope,) = records(store, "scope")
    assert (scope["last_complete_at"], scope["last_run_pk"]) == (utc_millis(T0), last.pk)


def test_gaps_are_those_of_the_newest_run_of_a_part(store: Store) -> None:
    denied = ErrorRecord(kind="access_denied", message="no")
    gap = Gap(native_id="a1", detail="stages", error=denied)
    visit(store, parts=[part(gaps=(gap, gap))])
    (held,) = records(store, "gap")
    assert (held["listed_id"], held["detail"]) == ("a1", "stages")
    visit(store)
    assert records(store, "gap") == []
