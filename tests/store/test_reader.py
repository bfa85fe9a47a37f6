"""What the read side says of runs that went well, and of those that did not."""

from __future__ import annotations

import gc
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from apiscape.errors import NotFound, NotKept, QueryError, UsageError
from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.row import Row
from apiscape.model.run import ErrorRecord, Exclusion, Gap, Ledger
from apiscape.model.surroundings import Api, ApiVersion, Consumer, FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.query import parse, select_rows
from apiscape.store import Conclusion, Store
from apiscape.store.reading.paging import write_cursor
from apiscape.store.reading.reader import MOST_ROWS, Reader
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

WHOLE = Ledger(listed=1, listed_whole=True, recorded=1)
NO_ACCESS = ErrorRecord(kind="access_denied", message="needs apigateway:GET")


@pytest.fixture
def reader(store: Store) -> Reader:
    return Reader(store.database, lambda: T0 + DAY)


def gone(number: int, presence: str = "missing") -> Verdict:
    return Verdict(
        presence=(PresenceChange(uid=make(number).uid, presence=presence, missing_since=T0 + DAY),)
    )


def names(reader: Reader, view: str = "") -> list[str]:
    return [row.name for row in reader.page(f"{view} sort:name").items]


def test_a_page_says_where_the_next_begins(store: Store, reader: Reader) -> None:
    visit(store, batch(*map(make, range(5))))
    first = reader.page("sort:name", limit=2)
    second = reader.page("sort:name", limit=2, after=first.next)
    third = reader.page("sort:name", limit=2, after=second.next)
    assert [page.matched for page in (first, second, third)] == [5, 5, 5]
    walked = [row.name for page in (first, second, third) for row in page.items]
    assert walked == [f"payments-{number}" for number in range(5)]
    assert third.next is None


def test_ages_on_later_pages_count_from_the_first(store: Store) -> None:
    visit(store, batch(*map(make, range(3))))
    moments = iter([T0 + DAY, T0 + 3 * DAY])
    reader = Reader(store.database, lambda: next(moments))
    first = reader.page("changed<2d", limit=2)
    assert [len(first.items), len(reader.page("changed<2d", limit=2, after=first.next).items)] == [
        2,
        1,
    ]


def test_a_cursor_is_of_one_view_only(store: Store, reader: Reader) -> None:
    visit(store, batch(*map(make, range(3))))
    cursor = reader.page("sort:name", limit=1).next
    with pytest.raises(UsageError, match="another view"):
        reader.page("sort:name:desc", limit=1, after=cursor)


@pytest.mark.parametrize("limit", [0, -1, MOST_ROWS + 1])
def test_limits_are_bounded(reader: Reader, limit: int) -> None:
    with pytest.raises(UsageError, match="1 to"):
        reader.page("", limit=limit)
    with pytest.raises(UsageError, match="1 to"):
        reader.changes(limit=limit)


def test_superseded_and_long_retired_rows_are_hidden_unless_asked_for(store: Store) -> None:
    visit(store, batch(*map(make, range(3))))
    verdict = Verdict(presence=gone(0, "retired").presence + gone(1, "superseded").presence)
    visit(store, at=T0 + MINUTE, verdict=verdict)
    soon = Reader(store.database, lambda: T0 + 29 * DAY)
    late = Reader(store.database, lambda: T0 + 31 * DAY)
    assert names(soon) == ["payments-0", "payments-2"]
    assert names(late) == ["payments-2"]
    assert names(late, "presence:retired") == ["payments-0"]
    assert names(late, "presence:superseded") == ["payments-1"]
    assert late.snapshot().columns["name"] == ["payments-2"]
    assert late.summary().deployments == 1


def test_a_part_that_failed_leaves_its_rows_and_says_that_they_were_not_observed(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(make(1)))
    failed = part("failed", error=NO_ACCESS)
    visit(store, at=T0 + MINUTE, parts=[failed], verdict=Verdict(stale_parts=(PART,)))
    (row,) = reader.page("freshness:not_observed").items
    assert (row.presence, row.observed_at) == ("present", T0)
    assert reader.page("freshness:current").matched == 0
    (scope,) = reader.scopes()
    assert (scope.deployments, scope.not_observed, scope.last_complete_at) == (1, 1, T0)
    assert scope.last_run is not None
    assert scope.last_run.outcome == "failed"


def test_a_row_that_a_partial_run_missed_is_not_observed_alone(
    store: Store, reader: Reader
) -> None:
    visit(store, batch(make(1), make(2)))
    unseen = Verdict(not_observed=(NotObserved(uid=make(2).uid, reason="throttled"),))
    visit(store, at=T0 + MINUTE, parts=[part("partial")], verdict=unseen)
    rows = {row.name: row for row in reader.page("").items}
    assert rows["payments-1"].freshness == "current"
    assert rows["payments-1"].observed_at == T0 + MINUTE
    assert rows["payments-2"].freshness == "not_observed"
    assert rows["payments-2"].observed_at == T0


def test_a_summary_names_scopes_that_were_not_seen_whole(store: Store, reader: Reader) -> None:
    empty = reader.summary()
    assert (empty.scopes, empty.problem) == (0, None)
    visit(store, batch(make(1), make(1, stage="test"), make(2)))
    whole = reader.summary()
    assert (whole.deployments, whole.apis, whole.incomplete) == (3, 2, ())
    assert whole.observed_at == T0
    visit(store, at=T0 + MINUTE, parts=[part("partial")])
    assert reader.summary().incomplete == (SCOPE.key,)
    store.runs.begin(OTHER_SCOPE, at=T0)
    assert reader.summary().incomplete == (OTHER_SCOPE.key, SCOPE.key)
    assert reader.summary().observed_at is None


def test_an_accepted_gap_is_not_incomplete(store: Store, reader: Reader) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    store.runs.end(run, report(run, T0, part("failed"), accepted="closing down"), Verdict())
    assert reader.summary().incomplete == ()
    assert reader.summary().scopes == 1


def test_without_a_scope_the_summary_says_what_went_wrong(store: Store, reader: Reader) -> None:
    store.estate.save("prod", (), provider="aws", at=T0, error=NO_ACCESS)
    assert reader.summary().problem == NO_ACCESS


def test_facets_count_words_elements_absent_and_unknown(store: Store, reader: Reader) -> None:
    one = make(1, environment="unknown", gateway="GW")
    visit(store, batch(one, make(2, gateway=None), make(3, gateway=None)))
    env, gateway, scheme, ops, tag = reader.facets("", ("env", "gateway", "scheme", "ops", "tag"))
    assert env.field == "environment"
    assert [(v.value, v.count) for v in env.values] == [("production", 2), ("unknown", 1)]
    assert [(v.value, v.count) for v in gateway.values] == [(None, 2), ("gw", 1)]
    assert [(v.value, v.count) for v in scheme.values] == [("iam", 3)]
    assert [(v.value, v.count) for v in ops.values] == [("2", 3)]
    assert [(v.value, v.count) for v in tag.values] == [("team=tax", 3)]
    assert reader.facets("payments-1", ("presence", "freshness"))[0].values[0].count == 1
    assert reader.facets("", ()) == ()
    assert [v.count for v in reader.facets("/payments-[12]/", ("provider",))[0].values] == [2]


@pytest.mark.parametrize("field", ["nothing_like_it", "gatway", "changed"])
def test_a_facet_that_cannot_be_counted_is_an_error(reader: Reader, field: str) -> None:
    with pytest.raises(QueryError):
        reader.facets("", (field,))


def test_a_snapshot_holds_the_rows_of_a_page_in_columns(store: Store, reader: Reader) -> None:
    visit(store, batch(*map(make, range(4))))
    visit(store, at=T0 + MINUTE, verdict=gone(3))
    snapshot = reader.snapshot()
    rows = reader.page("").items
    assert snapshot.columns == {
        name: [getattr(row, name) for row in rows] for name in rows[0].__struct_fields__
    }
    assert snapshot.seq == store.changes.last_seq()
    assert snapshot.columns["consumers"][0] is UNKNOWN


@pytest.mark.parametrize("works", [True, False])
def test_a_snapshot_leaves_the_garbage_collector_as_it_was(
    store: Store, reader: Reader, monkeypatch: pytest.MonkeyPatch, *, works: bool
) -> None:
    def fail(*_given: object) -> None:
        raise NotFound("torn", hint=None)

    before = gc.isenabled()
    (gc.enable if works else gc.disable)()
    try:
        visit(store, batch(make(1)))
        reader.snapshot()
        assert gc.isenabled() is works
        monkeypatch.setattr("apiscape.store.reading.snapshot.find", fail)
        with pytest.raises(NotFound):
            reader.snapshot()
        assert gc.isenabled() is works
    finally:
        (gc.enable if before else gc.disable)()


def test_detail_is_found_by_uid_native_id_or_name(store: Store, reader: Reader) -> None:
    item = make(1)
    visit(store, batch(item, make(1, stage="test", name="other"), make(2)))
    for asked in (item.uid, item.native_id, "payments-1"):
        detail = reader.detail(asked)
        assert detail.deployment == item
        assert detail.row == reader.page("payments-1 stage:prod").items[0]
        assert [row.name for row in detail.siblings] == ["other"]
        assert [change.kind for change in detail.history] == ["appeared"]
        assert detail.scope.scope == SCOPE
        assert detail.api is None


def test_a_name_that_several_have_lists_them(store: Store, reader: Reader) -> None:
    visit(store, batch(*(make(number, name="same") for number in range(12))))
    with pytest.raises(NotFound, match="12 deployments") as caught:
        reader.detail("same")
    assert caught.value.hint is not None
    assert caught.value.hint.endswith("and 2 more")
    with pytest.raises(NotFound, match="no deployment"):
        reader.detail("nobody")


def test_of_one_name_the_row_that_is_shown_is_meant(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1, name="same"), make(2, name="same")))
    visit(store, at=T0 + MINUTE, verdict=gone(1, "superseded"))
    assert reader.detail("same").deployment.uid == make(2).uid


def test_detail_shows_front_doors_consumers_and_gaps(store: Store, reader: Reader) -> None:
    item = make(1)
    common: dict[str, Any] = {"native_kind": "k", "provider": "aws", "account": item.account}
    route = FrontDoorRoute(base_path="/", native_api_id=item.native_api_id)
    door = FrontDoor(
        uid="d1",
        native_id="d1",
        name="pay.example",
        endpoint=Endpoint(url="https://pay.example"),
        routes=(route,),
        **common,
    )
    aside = msgspec.structs.replace(door, uid="d2", native_id="d2", routes=())
    consumer = Consumer(
        uid="c1", native_id="c1", name="app", admits=((item.native_api_id, "prod"),), **common
    )
    seen = tuple((PART, thing.native_id, thing) for thing in (door, aside, consumer))
    gap = Gap(native_id=item.native_api_id, detail="export", error=NO_ACCESS)
    around = Batch(writes=batch(item).writes, surroundings=seen)
    visit(store, around, parts=[part("partial", gaps=(gap,))])
    detail = reader.detail(item.uid)
    assert detail.front_doors == (door,)
    assert detail.consumers == (consumer,)
    assert detail.gaps == (gap,)


def test_changes_are_followed_through_a_view(store: Store, reader: Reader) -> None:
    visit(store, batch(*map(make, range(3))))
    visit(store, at=T0 + MINUTE, verdict=gone(1, "superseded"))
    everything = reader.changes()
    assert [change.kind for change in everything.items] == [*["appeared"] * 3, "superseded"]
    assert everything.last_seq == store.changes.last_seq()
    one = reader.changes(view="payments-1")
    assert [change.kind for change in one.items] == ["appeared", "superseded"]
    assert one.last_seq == everything.last_seq
    page = reader.changes(view="payments-1", limit=1)
    assert page.last_seq == page.items[0].seq
    rest = reader.changes(after=page.last_seq, view="payments-1")
    assert [change.kind for change in rest.items] == ["superseded"]
    assert reader.changes(after=everything.last_seq).items == ()
    with pytest.raises(NotKept, match=f"the log ends at {everything.last_seq}: "):
        reader.changes(after=everything.last_seq + 1)
    with pytest.raises(QueryError):
        reader.changes(view="at:2026-09-01")


def test_what_was_listed_then_is_what_is_read_as_of_then(store: Store) -> None:
    clock = T0
    reader = Reader(store.database, lambda: clock)
    listed = {}
    steps: list[dict[str, Any]] = [
        {"batches": [batch(make(1), make(2), make(3))]},
        {"batches": [batch(make(2, name="renamed", operations=()), kind="changed")]},
        {"verdict": gone(3)},
        {"parts": [part("failed")], "verdict": Verdict(stale_parts=(PART,))},
        {"batches": [batch(make(4, operations=UNKNOWN))], "verdict": gone(3, "retired")},
        {"verdict": gone(1, "superseded")},
    ]
    for number, step in enumerate(steps):
        clock = T0 + number * DAY
        done: dict[str, Any] = {"parts": [part(ledger=WHOLE)]} | step
        batches = done.pop("batches", [])
        visit(store, *batches, at=clock, **done)
        listed[clock] = {view: reader.page(view) for view in VIEWS}
    for then, pages in listed.items():
        for view, page in pages.items():
            stamp = then.isoformat().replace("+00:00", "Z")
            again = reader.page(f"{view} at:{stamp}")
            assert [seen_then(row) for row in again.items] == [seen_then(row) for row in page.items]
            assert (again.matched, again.undecided) == (page.matched, page.undecided)
            assert reader.select(f"{view} at:{stamp}").uids == tuple(r.uid for r in page.items)


VIEWS = (
    "",
    "sort:name:desc",
    "path:/payments",
    "presence:missing,retired,superseded",
    "changed<2d",
)


def seen_then(row: Row) -> dict[str, object]:
    """Return a row but for when it was last seen while it is missing, which is not kept."""
    values = msgspec.structs.asdict(row)
    if values["presence"] != "present":
        values.pop("observed_at")
    return values


def test_pages_and_facets_of_what_was(store: Store, reader: Reader) -> None:
    visit(store, batch(*map(make, range(3))), parts=[part(ledger=WHOLE)])
    stamp = T0.isoformat().replace("+00:00", "Z")
    first = reader.page(f"at:{stamp} sort:name", limit=2)
    second = reader.page(f"at:{stamp} sort:name", limit=2, after=first.next)
    assert [row.name for row in (*first.items, *second.items)] == [
        "payments-0",
        "payments-1",
        "payments-2",
    ]
    assert second.next is None
    owner, path = reader.facets(f"at:{stamp}", ("owner", "path"))
    assert [(value.value, value.count) for value in owner.values] == [("unknown", 3)]
    assert ("/payments", 3) in [(value.value, value.count) for value in path.values]
    asked = reader.page(f"at:{stamp} owner:tax undecided:yes")
    assert (asked.matched, asked.undecided, len(asked.items)) == (0, 3, 3)


def test_what_a_broken_listing_did_not_reach_is_not_claimed(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1), make(2)), parts=[part(ledger=WHOLE)])
    failed = part("partial", ledger=WHOLE, failed=(Exclusion(native_id=make(2).native_api_id),))
    unseen = Verdict(not_observed=(NotObserved(uid=make(2).uid, reason="malformed"),))
    visit(store, at=T0 + MINUTE, parts=[failed], verdict=unseen)
    broke_off = Verdict(not_observed=(NotObserved(uid=make(1).uid, reason="throttled"),))
    visit(store, at=T0 + 2 * MINUTE, parts=[part("partial")], verdict=broke_off)
    at_first = (T0 + MINUTE).isoformat().replace("+00:00", "Z")
    assert names(reader, f"freshness:current at:{at_first}") == ["payments-1"]
    at_second = (T0 + 2 * MINUTE).isoformat().replace("+00:00", "Z")
    assert names(reader, f"freshness:current at:{at_second}") == ["payments-2"]
    (left,) = reader.page(f"freshness:not_observed at:{at_second}").items
    assert (left.name, left.observed_at) == ("payments-1", T0 + MINUTE)
    assert reader.page(f"at:{at_second}").matched == 2


def test_a_time_before_the_horizon_is_refused(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(1, name="new"), kind="changed"), at=T0 + 500 * DAY)
    store.upkeep.retain(T0 + 500 * DAY)
    with pytest.raises(NotKept, match="nothing is kept before"):
        reader.page("at:2026-09-02")
    assert reader.page("at:2028-01-15").matched == 1
    assert parse("at:2026-09-02").at is not None


def test_now_is_the_utc_clock(store: Store) -> None:
    visit(store, batch(make(1)))
    taken = Reader(store.database).snapshot().taken_at
    assert taken.utcoffset() == timedelta(0)
    rows = Reader(store.database).page("").items
    assert select_rows(parse(""), rows, taken).rows == rows


def test_detail_shows_what_was_concluded(store: Store, reader: Reader) -> None:
    first, second = make(1), make(1, stage="test")
    common: dict[str, Any] = {"native_kind": "k", "provider": "aws", "account": first.account}
    endpoint = Endpoint(url="https://pay.example")
    door = FrontDoor(uid="d1", native_id="d1", name="pay.example", endpoint=endpoint, **common)
    around = Batch(writes=batch(first, second).writes, surroundings=((PART, door.native_id, door),))
    visit(store, around)
    api = Api(uid="a1", title="Payments", versions=(ApiVersion(label="v1"),), redirects=("a0",))
    drawn = Conclusion(api="a1", front_doors=("d1",), endpoints=("https://pay.example",))
    concluded = {item.uid: drawn for item in (first, second)}
    store.conclusions.save(concluded, (api,), seq=store.changes.last_seq(), at=T0)
    detail = reader.detail(first.uid)
    assert detail.api == msgspec.structs.replace(
        api, members=tuple(sorted((first.uid, second.uid)))
    )
    assert detail.front_doors == (door,)
    assert detail.consumers == ()
    assert detail.row.endpoints == ("https://pay.example",)
    assert [row.uid for row in detail.siblings] == [second.uid]
    assert reader.summary().apis == 1
    assert reader.page("endpoint:pay.example").matched == 2


def forged(view: str, *values: str | float) -> str:
    return write_cursor(parse(view), T0, values)


@pytest.mark.parametrize(
    ("view", "values"),
    [
        ("", ()),
        ("", ("a", "b")),
        ("", (5.0,)),
        ("sort:name", (1.0, "a")),
        ("sort:p95", ("x", 1.0, "a")),
        ("sort:p95", (0.0, float("inf"), "a")),
        ("sort:ops", (0.0, float("nan"), "a")),
    ],
)
def test_a_forged_cursor_is_refused(
    reader: Reader, view: str, values: tuple[str | float, ...]
) -> None:
    with pytest.raises(UsageError, match="cursor"):
        reader.page(view, after=forged(view, *values))


def test_a_cursor_of_what_was_names_a_row_that_is_kept(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1)))
    view = f"at:{T0.date()}T23:00Z"
    with pytest.raises(UsageError, match="no longer kept"):
        reader.page(view, after=forged(view, "nobody"))


def test_a_cursor_may_hold_any_text(store: Store, reader: Reader) -> None:
    visit(store, batch(make(1)))
    assert reader.page("sort:name", after=forged("sort:name", "\x00", "")).matched == 1


@pytest.mark.parametrize(
    ("field", "hint"), [("gatway", "did you mean gateway?"), ("zzzzzzzz", None)]
)
def test_a_mistyped_facet_names_the_nearest(reader: Reader, field: str, hint: str | None) -> None:
    with pytest.raises(QueryError, match="no field") as caught:
        reader.facets("", (field,))
    assert caught.value.hint == hint


def test_a_part_that_no_run_had_spoken_of_was_not_observed(store: Store, reader: Reader) -> None:
    first = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(first, batch(make(1)), at=T0)
    stamp = T0.isoformat().replace("+00:00", "Z")
    (row,) = reader.page(f"at:{stamp}").items
    assert (row.freshness, row.observed_at) == ("not_observed", None)
    store.runs.end(first, report(first, T0 + MINUTE, part("complete", name="other")), Verdict())
    (row,) = reader.page(f"at:{(T0 + MINUTE).isoformat().replace('+00:00', 'Z')}").items
    assert (row.freshness, row.observed_at) == ("not_observed", None)
