"""Outcome × outcome before × seen or not: what each row says of how it was last seen, now and as of each day."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest

from apiscape.errors import NotKept
from apiscape.model.known import NotObserved, PresenceChange, Verdict
from apiscape.model.row import Row
from apiscape.model.run import ErrorRecord, EstateEntry, Gap
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import Conclusion, Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.looking import count, records
from tests.store.making import (
    DAY,
    MINUTE,
    OTHER_SCOPE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    part,
    report,
    visit,
)
from tests.store.test_twin import stamp

BLIND = (Outcome.FAILED, Outcome.ABSENT)
SIGHTED = (Outcome.COMPLETE, Outcome.PARTIAL)
DENIED = ErrorRecord(kind="access_denied", message="needs apigateway:GET")


def reader_at(store: Store, now: datetime) -> Reader:
    return Reader(store.database, lambda: now)


def one(reader: Reader, view: str = "") -> Row:
    (row,) = reader.page(view).items
    return row


def take(store: Store, at: datetime, outcome: str, *, seen: bool) -> None:
    """Visit the part with one deployment; blind outcomes see nothing of it."""
    if outcome in BLIND:
        stale = Verdict(stale_parts=(PART,))
        visit(store, at=at, parts=[part(outcome, error=DENIED)], verdict=stale)
        return
    unseen = () if seen else (NotObserved(uid=make(1).uid, reason="throttled"),)
    given = [batch(make(1), kind=None)] if seen else []
    visit(store, *given, at=at, parts=[part(outcome)], verdict=Verdict(not_observed=unseen))


STATES = [(outcome, True) for outcome in (*SIGHTED, *BLIND)] + [(each, False) for each in SIGHTED]


@pytest.mark.parametrize(("before", "now"), list(product(STATES, STATES)))
def test_a_row_is_as_fresh_as_its_last_sight(
    sqlite_address: str, before: tuple[str, bool], now: tuple[str, bool]
) -> None:
    days = (T0, T0 + DAY, T0 + 2 * DAY)
    last, told = T0, {T0: ("current", T0)}
    with open_store(sqlite_address, write=True) as store:
        visit(store, batch(make(1)))
        for at, (outcome, seen) in zip(days[1:], (before, now), strict=True):
            take(store, at, outcome, seen=seen)
            fresh = seen and outcome in SIGHTED
            last = at if fresh else last
            told[at] = ("current" if fresh else "not_observed", last)
            row = one(reader_at(store, at))
            assert row.presence == Presence.PRESENT
            assert (row.freshness, row.observed_at) == told[at]
        for at, said in told.items():
            row = one(reader_at(store, days[-1]), f"at:{stamp(at)}")
            assert (row.freshness, row.observed_at) == said
            view = f"freshness:{said[0]} at:{stamp(at + MINUTE)}"
            assert reader_at(store, days[-1]).page(view).matched == 1
        (status,) = reader_at(store, days[-1]).scopes()
        fresh = told[days[-1]][0] == "current"
        assert (status.deployments, status.not_observed) == (1, int(not fresh))
        assert count(store, "exception") == int(now in [(each, False) for each in SIGHTED]) + int(
            now[0] in BLIND and before in [(each, False) for each in SIGHTED]
        )


@pytest.mark.parametrize("outcome", [*SIGHTED, *BLIND])
def test_parts_do_not_speak_for_each_other(store: Store, outcome: str) -> None:
    parts = [part(), part(name="other")]
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(run, batch(make(1)), at=T0)
    store.runs.end(run, report(run, T0, *parts), Verdict())
    stale = Verdict(stale_parts=("other",) if outcome in BLIND else ())
    visit(store, at=T0 + DAY, parts=[part(outcome, "other")], verdict=stale)
    row = one(reader_at(store, T0 + DAY))
    assert (row.freshness, row.observed_at) == ("current", T0)


def test_scopes_do_not_speak_for_each_other(store: Store) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(2)), scope=OTHER_SCOPE)
    failed = [part(Outcome.FAILED)]
    stale = Verdict(stale_parts=(PART,))
    visit(store, at=T0 + DAY, parts=failed, verdict=stale, scope=OTHER_SCOPE)
    for at in ("", f" at:{stamp(T0 + DAY)}"):
        page = reader_at(store, T0 + DAY).page(f"sort:name{at}")
        assert [row.freshness for row in page.items] == ["current", "not_observed"]


def test_a_row_that_came_within_an_open_run_is_not_seen_before_its_end(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(run, batch(make(1)), at=T0)
    reader = reader_at(store, T0 + DAY)
    assert one(reader).observed_at is None
    assert reader.page("seen:none").matched == 1
    store.runs.end(run, report(run, T0 + MINUTE), Verdict())
    assert one(reader).observed_at == T0 + MINUTE
    assert reader.page("seen:none").matched == 0


# ── What a missing row says ──────────────────────────────────────────────────


@pytest.mark.parametrize("presence", [Presence.MISSING, Presence.SUSPECT, Presence.RETIRED])
def test_a_row_that_went_keeps_when_it_was_last_seen_through_any_run(
    store: Store, presence: str
) -> None:
    visit(store, batch(make(1)))
    gone = PresenceChange(uid=make(1).uid, presence=presence, missing_since=T0 + DAY)
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    for days, outcome in enumerate((Outcome.COMPLETE, Outcome.PARTIAL, Outcome.FAILED), start=2):
        stale = Verdict(stale_parts=(PART,) if outcome in BLIND else ())
        visit(store, at=T0 + days * DAY, parts=[part(outcome)], verdict=stale)
        row = one(reader_at(store, T0 + days * DAY))
        assert (row.presence, row.observed_at, row.missing_since) == (presence, T0, T0 + DAY)
    visit(store, batch(make(1), kind="returned"), at=T0 + 9 * DAY)
    row = one(reader_at(store, T0 + 9 * DAY))
    assert (row.observed_at, row.missing_since) == (T0 + 9 * DAY, None)
    assert (row.first_seen_at, row.changed_at) == (T0, T0)


def test_confirming_touches_suspects_of_that_scope_alone_and_once(store: Store) -> None:
    numbers = {Presence.SUSPECT: 1, Presence.MISSING: 2, Presence.SUPERSEDED: 3}
    visit(store, batch(*map(make, range(1, 5))))
    visit(store, batch(make(9)), scope=OTHER_SCOPE)
    verdict = Verdict(
        presence=tuple(
            PresenceChange(uid=make(n).uid, presence=word, missing_since=T0, missing_runs=1)
            for word, n in numbers.items()
        )
    )
    visit(store, at=T0 + DAY, verdict=verdict)
    held = PresenceChange(uid=make(9).uid, presence=Presence.SUSPECT, missing_since=T0)
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(held,)), scope=OTHER_SCOPE)
    reader = reader_at(store, T0 + 2 * DAY)
    assert [status.suspect for status in reader.scopes()] == [1, 1]
    for expected in (1, 0):
        assert store.upkeep.confirm(SCOPE.key, by="ann", at=T0 + 2 * DAY) == expected
    rows = {row.name: row.presence for row in reader.page("presence:* -presence:none").items}
    assert rows == {
        "payments-1": "retired",
        "payments-2": "missing",
        "payments-3": "superseded",
        "payments-4": "present",
        "payments-9": "suspect",
    }
    assert [status.suspect for status in reader.scopes()] == [1, 0]
    assert reader.detail(make(1).uid).history[0].reason == "confirmed by ann"


# ── What the head of every list says ─────────────────────────────────────────


@pytest.mark.parametrize(
    ("outcome", "accepted", "incomplete"),
    [
        (Outcome.COMPLETE, None, False),
        (Outcome.ABSENT, None, False),
        (Outcome.PARTIAL, None, True),
        (Outcome.FAILED, None, True),
        (Outcome.PARTIAL, "closing down", False),
        (Outcome.FAILED, "closing down", False),
        ("of-a-newer-version", None, True),
    ],
)
def test_a_scope_is_incomplete_unless_nothing_is_left_or_someone_accepted_it(
    store: Store, outcome: str, accepted: str | None, *, incomplete: bool
) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.end(run, report(run, T0, part(outcome), accepted=accepted), Verdict())
    assert reader_at(store, T0).summary().incomplete == ((SCOPE.key,) if incomplete else ())
    later = store.runs.begin(SCOPE, at=T0 + DAY)
    assert bool(reader_at(store, T0).summary().incomplete) is incomplete
    store.runs.end(later, report(later, T0 + DAY), Verdict())
    assert reader_at(store, T0).summary().incomplete == ()


def test_sums_count_what_stands_and_nothing_twice(store: Store) -> None:
    visit(store, batch(make(1), make(1, stage="b"), make(2), make(3), make(4)))
    changes = ((2, Presence.RETIRED), (3, Presence.SUPERSEDED), (4, Presence.MISSING))
    verdict = Verdict(
        presence=tuple(PresenceChange(uid=make(n).uid, presence=word) for n, word in changes)
    )
    visit(store, at=T0 + DAY, verdict=verdict)
    summary = reader_at(store, T0 + DAY).summary()
    assert (summary.deployments, summary.apis, summary.scopes) == (3, 2, 1)
    drawn = {make(1, stage=stage).uid: Conclusion(health="idle") for stage in ("prod", "b")}
    store.conclusions.save(drawn, (), seq=1, at=T0)
    assert reader_at(store, T0 + DAY).summary() == summary


def test_an_estate_that_fails_and_comes_back_leaves_no_trace_of_the_failure(store: Store) -> None:
    entry = EstateEntry(source="prod", provider="aws", key="1", state="not_configured")
    for error in (None, DENIED, DENIED, None):
        store.estate.save("prod", [] if error else [entry], provider="aws", at=T0, error=error)
        assert store.estate.load() == (entry,)
        assert store.estate.errors() == ({"prod": error} if error else {})
        assert reader_at(store, T0).summary().problem == error
    visit(store)
    store.estate.save("prod", [], provider="aws", at=T0, error=DENIED)
    assert reader_at(store, T0).summary().problem is None


def test_gaps_of_one_object_are_shown_with_it_alone_until_they_are_closed(store: Store) -> None:
    gaps = tuple(
        Gap(native_id=make(n).native_api_id, detail=detail, error=DENIED)
        for n, detail in ((1, "stages"), (1, "export"), (2, "export"))
    )
    visit(store, batch(make(1), make(2), make(3)), parts=[part(gaps=gaps)])
    reader = reader_at(store, T0)
    assert reader.detail(make(1).uid).gaps == (gaps[1], gaps[0])
    assert reader.detail(make(2).uid).gaps == (gaps[2],)
    assert reader.detail(make(3).uid).gaps == ()
    visit(store, parts=[part(name="other", gaps=gaps[:1])])
    assert len(reader.detail(make(1).uid).gaps) == 2
    visit(store, parts=[part(gaps=gaps[2:])])
    assert reader.detail(make(1).uid).gaps == ()
    assert reader.detail(make(2).uid).gaps == (gaps[2],)


# ── The horizon, to the millisecond ──────────────────────────────────────────


@pytest.mark.parametrize("off_ms", [-1, 0, 1])
def test_what_ends_at_the_horizon_is_dropped_and_what_ends_after_it_stays(
    store: Store, off_ms: int
) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(1, title="b"), kind="changed"), at=T0 + DAY)
    horizon = T0 + DAY + timedelta(milliseconds=off_ms)
    store.upkeep.retain(horizon + 400 * DAY)
    assert store.status().horizon == horizon
    titles = ["b"] if off_ms > 0 else [None, "b"]
    versions = records(store, "deployment_version")
    assert [b'"title":"b"' in version["doc"] for version in versions] == [t == "b" for t in titles]
    at = one(reader_at(store, horizon), f"at:{stamp(horizon)}")
    assert (at.title == "b") is (off_ms >= 0)


def test_the_oldest_day_that_a_refusal_names_can_be_asked_for(store: Store) -> None:
    visit(store, batch(make(1)))
    horizon = T0 + DAY + timedelta(milliseconds=987)
    store.upkeep.retain(horizon + 400 * DAY)
    reader = reader_at(store, horizon)
    with pytest.raises(NotKept) as refused:
        reader.page(f"at:{stamp(horizon - timedelta(milliseconds=1))}")
    *_, oldest = (refused.value.hint or "").split()
    assert reader.page(f"at:{oldest}").matched == 1


@pytest.mark.parametrize(("days", "shown"), [(29, True), (30, True), (31, False)])
def test_thirty_days_after_it_retired_a_row_leaves_default_views(
    store: Store, days: int, *, shown: bool
) -> None:
    visit(store, batch(make(1)))
    gone = PresenceChange(uid=make(1).uid, presence=Presence.RETIRED)
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    now = T0 + DAY + days * DAY
    for reader, view in (
        (reader_at(store, now), ""),
        (reader_at(store, now + 99 * DAY), f"at:{stamp(now)}"),
    ):
        assert reader.page(view).matched == int(shown)
        assert reader.page(f"presence:retired {view}").matched == 1
    assert len(reader_at(store, now).snapshot().columns["uid"]) == int(shown)
