"""What stores once got wrong: old days after retention, keys given out twice, what moves between parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apiscape.errors import NotFound, UsageError
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.run import ErrorRecord, Exclusion
from apiscape.model.surroundings import Api, FrontDoor
from apiscape.model.values import from_utc_millis, utc_millis
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import Conclusion, Store
from apiscape.store.encoding import LARGEST
from apiscape.store.reading.reader import Reader
from tests.store.looking import count, records
from tests.store.making import DAY, MINUTE, OTHER_SCOPE, PART, SCOPE, T0, batch, make, part, visit
from tests.store.test_surroundings import around, door
from tests.store.test_twin import stamp

BOTH = (part(name="a"), part(name="b"))


def reader_at(store: Store, now: datetime) -> Reader:
    return Reader(store.database, lambda: now)


def retired(number: int) -> Verdict:
    change = PresenceChange(uid=make(number).uid, presence=Presence.RETIRED, missing_since=T0)
    return Verdict(presence=(change,))


# ── As of an old day ─────────────────────────────────────────────────────────


def test_a_quiet_year_after_the_horizon_is_not_an_empty_one(store: Store) -> None:
    visit(store, batch(make(1)))
    store.upkeep.retain(T0 + 500 * DAY)
    for days in (100, 101, 300, 500):
        page = reader_at(store, T0 + 500 * DAY).page(f"at:{stamp(T0 + days * DAY)}")
        assert [row.name for row in page.items] == ["payments-1"]
        assert page.items[0].freshness == "current"
        assert page.items[0].observed_at == T0


def test_when_a_row_changed_is_known_however_long_ago(store: Store) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(1, title="x"), kind="changed"), at=T0 + 50 * DAY)
    visit(store, batch(make(1, title="y"), kind="changed"), at=T0 + 300 * DAY)
    store.upkeep.retain(T0 + 500 * DAY)
    reader = reader_at(store, T0 + 500 * DAY)
    (row,) = reader.page(f"at:{stamp(T0 + 200 * DAY)}").items
    assert (row.title, row.changed_at, row.first_seen_at) == ("x", T0 + 50 * DAY, T0)
    history = reader.detail(make(1).uid).history
    assert [(line.kind, line.at) for line in history] == [
        ("changed", T0 + 300 * DAY),
        ("changed", T0 + 50 * DAY),
        ("appeared", T0),
    ]


def test_what_was_retired_just_before_the_horizon_is_still_shown_then(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    visit(store, at=T0 + 10 * DAY, verdict=retired(1))
    now = T0 + 420 * DAY
    store.upkeep.retain(now)
    reader = reader_at(store, now)
    shown = reader.page(f"at:{stamp(T0 + 21 * DAY)} sort:name").items
    assert [(row.name, row.presence) for row in shown] == [
        ("payments-1", "retired"),
        ("payments-2", "present"),
    ]
    assert reader.page(f"at:{stamp(T0 + 41 * DAY)}").matched == 1
    store.upkeep.retain(now + 21 * DAY)
    assert count(store, "deployment") == 1


def test_an_interrupted_run_takes_nothing_from_what_was_seen_before(store: Store) -> None:
    visit(store, batch(make(1)))
    store.runs.begin(SCOPE, at=T0 + DAY)
    store.runs.begin(SCOPE, at=T0 + 2 * DAY)
    reader = reader_at(store, T0 + 3 * DAY)
    (now,) = reader.page("").items
    (then,) = reader.page(f"at:{stamp(T0 + 2 * DAY)}").items
    assert (now.freshness, now.observed_at) == ("current", T0)
    assert (then.freshness, then.observed_at) == ("current", T0)


def test_what_an_object_that_was_skipped_gives_was_not_observed_then_either(store: Store) -> None:
    visit(store, batch(make(1), make(2)))
    skipped = part(skipped=(Exclusion(native_id=make(1).native_api_id, reason="excluded"),))
    unseen = Verdict(not_observed=(NotObserved(uid=make(1).uid, reason="excluded"),))
    visit(store, at=T0 + DAY, parts=[skipped], verdict=unseen)
    reader = reader_at(store, T0 + DAY)
    for at in ("", f" at:{stamp(T0 + DAY)}"):
        (row,) = reader.page(f"freshness:not_observed{at}").items
        assert (row.uid, row.observed_at) == (make(1).uid, T0)


def test_runs_that_say_how_things_stood_at_the_horizon_are_kept(store: Store) -> None:
    failed = part(Outcome.FAILED, "b")
    visit(store, batch(make(1)), at=T0, parts=[part(), *BOTH])
    visit(store, at=T0 + DAY, parts=[part(), BOTH[0], failed], verdict=Verdict(stale_parts=("b",)))
    visit(store, at=T0 + 2 * DAY, parts=[part(), BOTH[0], failed])
    store.runs.begin(SCOPE, at=T0 + 3 * DAY)
    visit(store, at=T0 + 4 * DAY)
    store.upkeep.retain(T0 + 4 * DAY, keep=MINUTE)
    assert [run.generation for run in store.runs.newest()] == [5, 4, 3, 1]
    store.upkeep.retain(T0 + 5 * DAY, keep=MINUTE)
    assert [run.generation for run in store.runs.newest()] == [5, 3, 1]


# ── Keys ─────────────────────────────────────────────────────────────────────


def test_the_history_of_a_deployment_that_went_is_nobody_elses(store: Store) -> None:
    visit(store, batch(make(1)))
    visit(store, at=T0 + DAY, verdict=retired(1))
    store.upkeep.forget(make(1).uid, by="ann", at=T0 + 200 * DAY)
    store.upkeep.retain(T0 + 500 * DAY)
    assert count(store, "deployment") == 0
    visit(store, batch(make(2)), at=T0 + 501 * DAY)
    reader = reader_at(store, T0 + 501 * DAY)
    assert [c.name for c in reader.detail(make(2).uid).history] == ["payments-2"]
    assert [c.name for c in reader.changes(view="payments-2").items] == ["payments-2"]
    assert [c.name for c in reader.changes().items] == ["payments-1", "payments-2"]


# ── Surroundings ─────────────────────────────────────────────────────────────


def test_a_front_door_that_another_part_lists_now_stands(store: Store) -> None:
    visit(store, around(door("a"), part="a"), parts=BOTH)
    visit(store, around(door("a"), part="b"), parts=BOTH)
    assert [item.name for item in store.surroundings.current(FrontDoor)] == ["a"]
    visit(store, parts=[part(name="a"), part(Outcome.FAILED, "b")])
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[part(Outcome.FAILED, "a"), part(name="b")])
    assert store.surroundings.current(FrontDoor) == ()
    assert [(r["from_seq"], r["to_seq"]) for r in records(store, "surrounding")] == [(1, 2)]


def test_a_front_door_is_spared_by_the_id_that_it_is_listed_under_now(store: Store) -> None:
    listed = [Batch(surroundings=(("a", name, door("d")),)) for name in ("old", "new")]
    for each in listed:
        visit(store, each, parts=BOTH)
    refused = part(name="a", failed=(Exclusion(native_id="new"),))
    visit(store, parts=[refused])
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[part(name="a", failed=(Exclusion(native_id="old"),))])
    assert store.surroundings.current(FrontDoor) == ()


# ── When a row was last seen ─────────────────────────────────────────────────


def test_a_missing_row_that_a_run_could_not_look_at_was_not_seen_by_the_run_before(
    store: Store,
) -> None:
    visit(store, batch(make(1), make(2)))
    gone = PresenceChange(uid=make(1).uid, presence=Presence.MISSING, missing_since=T0 + DAY)
    visit(store, at=T0 + DAY, verdict=Verdict(presence=(gone,)))
    unseen = Verdict(not_observed=(NotObserved(uid=make(1).uid, reason="throttled"),))
    visit(store, at=T0 + 2 * DAY, parts=[part(Outcome.PARTIAL)], verdict=unseen)
    (row,) = reader_at(store, T0 + 2 * DAY).page("payments-1").items
    assert (row.presence, row.freshness, row.observed_at) == ("missing", "not_observed", T0)


def test_a_scope_that_is_not_there_does_not_hide_when_the_rest_was_seen(store: Store) -> None:
    visit(store, batch(make(1)))
    nothing = part(Outcome.ABSENT, reason="the region is disabled")
    visit(store, scope=OTHER_SCOPE, at=T0 + DAY, parts=[nothing])
    summary = reader_at(store, T0 + DAY).summary()
    assert (summary.incomplete, summary.observed_at) == ((), T0)


# ── Apis ─────────────────────────────────────────────────────────────────────


def merge(store: Store, uid: str, *olds: str) -> None:
    drawn = {make(1).uid: Conclusion(api=uid)}
    store.conclusions.save(drawn, [Api(uid=uid, title="T", redirects=olds)], seq=1, at=T0)


def redirects(store: Store) -> dict[str, str]:
    return {record["old_uid"]: record["new_uid"] for record in records(store, "redirect")}


def test_an_api_merged_twice_leads_to_where_it_is_now_in_one_step(store: Store) -> None:
    visit(store, batch(make(1)))
    merge(store, "a")
    merge(store, "b", "a")
    merge(store, "c", "b")
    assert redirects(store) == {"a": "c", "b": "c"}
    api = reader_at(store, T0).detail(make(1).uid).api
    assert api is not None
    assert (api.uid, api.redirects) == ("c", ("a", "b"))


def test_an_api_that_lives_again_leads_nowhere_else(store: Store) -> None:
    visit(store, batch(make(1)))
    merge(store, "a")
    merge(store, "b", "a")
    merge(store, "a", "b")
    assert redirects(store) == {"b": "a"}


def test_more_apis_are_saved_than_a_statement_has_places(store: Store) -> None:
    apis = [Api(uid=f"a{number:05}", title="T") for number in range(1_200)]
    visit(store, batch(make(1)))
    drawn = {make(1).uid: Conclusion(api="a01199")}
    store.conclusions.save(drawn, apis, seq=1, at=T0)
    assert [record["uid"] for record in records(store, "api")] == ["a01199"]


def test_facets_show_whole_figures_as_whole_ones(store: Store) -> None:
    visit(store, batch(make(1), make(2), make(3)))
    drawn = {make(n).uid: Conclusion(p95_ms=p95) for n, p95 in ((1, 250.0), (2, 0.5), (3, 250.0))}
    store.conclusions.save(drawn, (), seq=1, at=T0)
    (facet,) = reader_at(store, T0).facets("", ("p95",))
    assert [(each.value, each.count) for each in facet.values] == [("250", 2), ("0.5", 1)]


# ── Texts, numbers and times at the edge ─────────────────────────────────────


@pytest.mark.parametrize("odd", ["\udcff", "a\x00b", "x" * 10_000, "'; DROP TABLE row"])
def test_any_text_may_be_asked_for(store: Store, odd: str) -> None:
    visit(store, batch(make(1)))
    visit(store, at=T0 + DAY, verdict=retired(1))
    reader = reader_at(store, T0 + DAY)
    with pytest.raises(NotFound, match="no deployment has"):
        reader.detail(odd)
    with pytest.raises(NotFound, match="no scope"):
        store.upkeep.confirm(odd, by="ann", at=T0)
    with pytest.raises(NotFound, match="no deployment"):
        store.upkeep.forget(odd, by="ann", at=T0)
    assert store.runs.newest(scope=odd) == ()
    assert store.runs.scopes(odd) == ()
    store.upkeep.forget(make(1).uid, by=odd, at=T0 + 2 * DAY)
    last = store.changes.after(store.changes.last_seq() - 1)[0]
    assert last.reason is not None
    assert last.reason.startswith("forgotten by ")


@pytest.mark.parametrize("figure", [2**63 - 1, 2**63, 2**64 - 1])
def test_a_count_larger_than_a_column_is_shown_whole_and_still_compares(
    store: Store, figure: int
) -> None:
    visit(store, batch(make(1, consumers=figure), make(2, consumers=3)))
    reader = reader_at(store, T0)
    assert [row.consumers for row in reader.page("consumers>5").items] == [figure]
    assert reader.page("sort:consumers:desc").items[0].consumers == figure
    assert records(store, "row")[0]["consumers"] == LARGEST


@pytest.mark.parametrize("seq", [-1, 2**63, 10**30])
def test_a_number_that_no_log_has_is_refused(store: Store, seq: int) -> None:
    with pytest.raises(UsageError, match="no sequence number"):
        reader_at(store, T0).changes(after=seq)


@pytest.mark.parametrize("year", [1, 1677, 1901, 1969, 1970, 2038, 2262, 2263, 2300, 9999])
def test_times_of_any_year_are_kept_to_the_millisecond(year: int) -> None:
    for millis in (0, 1, 123, 499, 999):
        moment = datetime(year, 7, 12, 23, 47, 16, tzinfo=UTC) + timedelta(milliseconds=millis)
        assert from_utc_millis(utc_millis(moment)) == moment


@pytest.mark.parametrize("year", [1960, 2262, 2300])
def test_a_run_of_any_year_reads_back_its_time(store: Store, year: int) -> None:
    at = datetime(year, 4, 11, 23, 47, 16, 855_000, tzinfo=UTC)
    visit(store, batch(make(1)), at=at)
    (row,) = reader_at(store, at).page("").items
    assert (row.observed_at, row.first_seen_at, row.changed_at) == (at, at, at)
    (run,) = store.runs.newest()
    assert (run.started_at, run.ended_at) == (at, at)


def test_a_reason_that_came_with_a_failure_is_on_the_part(store: Store) -> None:
    denied = ErrorRecord(kind="access_denied", message="needs apigateway:GET\x00")
    visit(store, batch(make(1)))
    failed = part(Outcome.FAILED, error=denied)
    visit(store, at=T0 + DAY, parts=[failed], verdict=Verdict(stale_parts=(PART,)))
    (held,) = records(store, "part")
    assert held["reason"] == "needs apigateway:GET�"
