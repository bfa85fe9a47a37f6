from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy import event

from apiscape.model.change import FieldChange
from apiscape.model.codec import operations_hash
from apiscape.model.deployment import Endpoint, Operation
from apiscape.model.known import Batch, NotObserved, PresenceChange, Verdict
from apiscape.model.run import ErrorRecord, Exclusion, Gap
from apiscape.model.security import Security
from apiscape.model.surroundings import Consumer, FrontDoor, Relation, Signal
from apiscape.model.values import UNKNOWN, is_known, utc_millis
from apiscape.model.vocabulary import Outcome, Presence
from apiscape.store import Conclusion, Fenced, Store, open_store
from tests.store.looking import INVENTORY, counts, current, records, search
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
    write,
)


def kinds(store: Store) -> list[str]:
    return [change.kind for change in store.changes.after(0)]


# ── Generations ──────────────────────────────────────────────────────────────


def test_each_run_of_a_scope_claims_the_next_generation(store: Store) -> None:
    assert [visit(store).generation for _ in range(3)] == [1, 2, 3]
    assert visit(store, scope=OTHER_SCOPE).generation == 1


def test_an_older_run_is_fenced_as_soon_as_a_newer_one_begins(store: Store) -> None:
    older = store.runs.begin(SCOPE, at=T0)
    store.runs.apply(older, batch(make(1)), at=T0)
    newer = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(Fenced, match="run 1 of prod/"):
        store.runs.apply(older, batch(make(2)), at=T0)
    with pytest.raises(Fenced):
        store.runs.end(older, report(older, T0), Verdict(stale_parts=(PART,)))
    store.runs.apply(newer, batch(make(3)), at=T0)
    store.runs.end(newer, report(newer, T0), Verdict())
    assert {item.name for item in store.runs.known(SCOPE).values()} == {"payments-1", "payments-3"}
    assert [(run.generation, run.outcome) for run in store.runs.newest()] == [
        (2, Outcome.COMPLETE),
        (1, Outcome.PARTIAL),
    ]


def test_a_run_that_has_ended_writes_no_more(store: Store) -> None:
    run = visit(store, batch(make(1)))
    with pytest.raises(Fenced):
        store.runs.apply(run, batch(make(2)), at=T0)
    with pytest.raises(Fenced):
        store.runs.end(run, report(run, T0), Verdict())


def test_a_run_left_open_is_closed_as_interrupted_at_the_next_start(address: str) -> None:
    with open_store(address, write=True) as store:
        run = store.runs.begin(SCOPE, at=T0, caller="arn:aws:sts::1:role", agent_version="0.1")
        store.runs.apply(run, batch(make(1)), at=T0)
    with open_store(address, write=True, clock=lambda: T0 + MINUTE) as store:
        (left,) = store.runs.newest()
        assert (left.outcome, left.ended_at) == (Outcome.PARTIAL, T0 + MINUTE)
        assert left.error is not None
        assert left.error.kind == "interrupted"
        assert (left.caller, left.agent_version) == ("arn:aws:sts::1:role", "0.1")
        assert len(store.runs.known(SCOPE)) == 1


def test_an_open_run_of_our_own_stays_open(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    assert store.close_interrupted(T0) == 0
    store.runs.end(run, report(run, T0), Verdict())


@pytest.mark.postgres
def test_the_open_run_of_another_living_writer_stays_open(postgresql_address: str) -> None:
    with open_store(postgresql_address, write=True) as first:
        run = first.runs.begin(SCOPE, at=T0)
        with open_store(postgresql_address, write=True) as second:
            assert second.runs.newest()[0].ended_at is None
        first.runs.end(run, report(run, T0), Verdict())
        assert first.runs.newest()[0].outcome == Outcome.COMPLETE


def test_newest_lists_runs_of_one_scope_or_of_all(store: Store) -> None:
    visit(store, at=T0)
    visit(store, at=T0 + DAY, scope=OTHER_SCOPE)
    visit(store, at=T0 + 2 * DAY)
    assert [run.scope.source for run in store.runs.newest()] == ["prod", "again", "prod"]
    assert [run.generation for run in store.runs.newest(scope=SCOPE.key)] == [2, 1]
    assert len(store.runs.newest(1)) == 1


def test_a_report_without_an_end_closes_nothing(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(ValueError, match="not ended"):
        store.runs.end(run, msgspec.structs.replace(report(run, T0), ended_at=None), Verdict())


def test_a_batch_is_bounded(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    with pytest.raises(ValueError, match="500"):
        store.runs.apply(run, batch(*(make(number) for number in range(501))), at=T0)


# ── Facts ────────────────────────────────────────────────────────────────────


def test_what_was_written_is_known_and_read_back_whole(store: Store) -> None:
    item = make(1)
    given = write(item, token="t", token_at=T0)
    visit(store, Batch(writes=(given,)))
    known = store.runs.known(SCOPE)[item.uid]
    assert (known.name, known.stage, known.part) == (item.name, "prod", PART)
    assert (known.facts, known.detail) == (given.facts, given.detail)
    assert (known.token, known.token_at, known.presence) == ("t", T0, Presence.PRESENT)
    assert store.runs.documents([item.uid, "nobody"]) == {item.uid: item}


@pytest.mark.parametrize(
    "operations",
    [
        UNKNOWN,
        (),
        (Operation(verb="GET", template="/"),),
        (
            Operation(verb="GET", template="/a\x00b", operation_id="op", deprecated=True),
            Operation(verb="ANY", template="/", backend=None, security=Security()),
        ),
    ],
)
def test_operations_unknown_none_and_odd_are_three_things(store: Store, operations: object) -> None:
    item = make(1, operations=operations)
    visit(store, batch(item))
    read = store.runs.documents([item.uid])[item.uid].operations
    if not is_known(read) or len(read) < 2:
        assert read == operations
        return
    assert [o.template for o in read] == ["/a�b", "/"]
    assert (read[0].operation_id, read[0].deprecated, read[1].backend) == ("op", True, None)


def test_stages_with_equal_operations_share_one_set(store: Store) -> None:
    visit(store, batch(make(3, stage="a"), make(3, stage="b"), make(6), make(4)))
    assert len(records(store, "operation_set")) == 2
    assert len(records(store, "security")) == 2
    assert store.runs.documents([make(6).uid])[make(6).uid].operations == make(6).operations


def test_a_set_whose_hash_was_taken_already_is_the_same_set(store: Store) -> None:
    one, other = make(0), make(1, operations=make(0).operations)
    known = write(one, operations=operations_hash(one.operations))
    visit(store, Batch(writes=(known, write(other))))
    assert len(records(store, "operation_set")) == 1
    assert store.runs.documents([one.uid, other.uid]) == {one.uid: one, other.uid: other}


def test_a_change_closes_the_version_before_it_and_is_logged(store: Store) -> None:
    visit(store, batch(make(1)))
    new = make(1, name="payments-new")
    fields = (FieldChange(field="name", old="payments-1", new="payments-new"),)
    run = store.runs.begin(SCOPE, at=T0 + DAY)
    moved = msgspec.structs.replace(write(new, "changed"), fields=fields)
    assert store.runs.apply(run, Batch(writes=(moved,)), at=T0 + DAY) == 2
    versions = records(store, "deployment_version")
    assert [(version["from_seq"], version["to_seq"]) for version in versions] == [(1, 2), (2, None)]
    last = store.changes.after(1)[0]
    assert (last.seq, last.kind, last.name, last.fields, last.generation) == (
        *(2, "changed", "payments-new", fields, 2),
    )
    (held,) = records(store, "deployment")
    assert held["changed_at"] == utc_millis(T0 + DAY)
    assert held["first_seen_at"] == utc_millis(T0)
    assert search(store, "payments-new") == {new.uid}
    assert search(store, "payments-1") == set()


def test_details_that_are_kept_stand_in_facts_row_and_search(store: Store) -> None:
    item = make(1)
    visit(store, batch(item))
    light = make(1, title="Payments", operations=UNKNOWN, backends=UNKNOWN, specs=UNKNOWN)
    given = write(light, "changed", detail=write(item).detail, keeps_detail=True)
    visit(store, Batch(writes=(given,)))
    assert store.runs.documents([item.uid])[item.uid] == make(1, title="Payments")
    (row,) = records(store, "row")
    assert (row["title"], row["operations"], row["spec"]) == ("payments", 2, "openapi 3.0.1")
    assert search(store, "/payments/1", "paths") == {item.uid}


def test_a_token_or_a_time_alone_moves_neither_version_nor_log(store: Store) -> None:
    visit(store, batch(make(1)))
    later = make(1, updated_at=T0 + DAY)
    given = write(later, None, token="t2", token_at=T0 + DAY, listed_id="elsewhere")
    visit(store, Batch(writes=(given,)))
    known = store.runs.known(SCOPE)[later.uid]
    assert (known.token, known.token_at, known.listed_id) == ("t2", T0 + DAY, "elsewhere")
    assert store.runs.documents([later.uid])[later.uid].updated_at == T0 + DAY
    assert len(records(store, "deployment_version")) == 1
    assert kinds(store) == ["appeared"]


def test_a_write_that_moves_nothing_writes_nothing(store: Store) -> None:
    visit(store, batch(make(1)))
    run = store.runs.begin(SCOPE, at=T0)
    with statements_of(store) as statements:
        store.runs.apply(run, batch(make(1), kind=None), at=T0)
    assert set(written_tables(statements)) == set()


def test_a_light_item_with_a_new_time_keeps_its_details(store: Store) -> None:
    visit(store, batch(make(1)))
    light = make(1, updated_at=T0 + DAY, operations=UNKNOWN, backends=UNKNOWN, specs=UNKNOWN)
    given = write(light, None, detail=write(make(1)).detail, keeps_detail=True)
    visit(store, Batch(writes=(given,)))
    assert store.runs.documents([light.uid])[light.uid] == make(1, updated_at=T0 + DAY)


def test_the_same_batch_twice_writes_and_logs_once(store: Store) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    for _ in range(2):
        assert store.runs.apply(run, batch(make(1), make(2)), at=T0) == 2
    assert kinds(store) == ["appeared", "appeared"]
    assert len(records(store, "deployment_version")) == 2


def test_facts_that_differ_are_logged_whatever_they_were_announced_as(store: Store) -> None:
    visit(store, batch(make(1)))
    visit(store, batch(make(1, title="a")))
    visit(store, batch(make(1, title="b"), kind=None))
    assert kinds(store) == ["appeared", "changed", "changed"]


def test_a_deployment_moves_to_the_scope_that_saw_it_last(store: Store) -> None:
    visit(store, batch(make(1)))
    before = store.changes.last_seq()
    visit(store, batch(make(1)), scope=OTHER_SCOPE)
    assert store.runs.known(SCOPE) == {}
    assert set(store.runs.known(OTHER_SCOPE)) == {make(1).uid}
    (row,) = records(store, "row")
    assert (row["source"], row["scope"]) == ("again", OTHER_SCOPE.key)
    assert store.changes.last_seq() == before


def test_names_that_a_database_cannot_hold_are_held_as_far_as_it_can(store: Store) -> None:
    item = make(1, name="a\x00b", title="")
    visit(store, batch(item))
    assert store.runs.known(SCOPE)[item.uid].name == "a�b"
    assert store.runs.documents([item.uid])[item.uid] == item
    assert records(store, "row")[0]["title"] == "\x1f"


def test_an_unchanged_cycle_writes_no_row_of_the_inventory(store: Store) -> None:
    visit(store, batch(*(make(number) for number in range(20))))
    before = {name: records(store, name) for name in INVENTORY}
    with statements_of(store) as statements:
        run = store.runs.begin(SCOPE, at=T0 + DAY)
        known = store.runs.known(SCOPE)
        store.runs.apply(run, batch(*(make(number) for number in range(20))), at=T0 + DAY)
        store.runs.end(run, report(run, T0 + DAY), Verdict())
    assert len(known) == 20
    assert {name: records(store, name) for name in INVENTORY} == before
    assert set(written_tables(statements)) == {"scope", "run", "part", "exception", "gap"}


def written_tables(statements: list[str]) -> Iterator[str]:
    """Yield the tables that some statements wrote to."""
    for statement in statements:
        words = statement.replace('"', "").split()
        if words[0] in {"INSERT", "DELETE"}:
            yield words[2]
        elif words[0] == "UPDATE":
            yield words[1]


@contextmanager
def statements_of(store: Store) -> Iterator[list[str]]:
    """Collect the statements that a store's writing connection is given."""
    given: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        given.append(statement)

    event.listen(store.database._writer, "before_cursor_execute", note)
    yield given
    event.remove(store.database._writer, "before_cursor_execute", note)


# ── Presence and freshness ───────────────────────────────────────────────────


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


# ── Surroundings ─────────────────────────────────────────────────────────────


def door(name: str, region: str | None = None) -> FrontDoor:
    return FrontDoor(
        uid=f"u-{name}",
        native_id=name,
        native_kind="domain",
        provider="aws",
        account="1",
        name=name,
        region=region,
        endpoint=Endpoint(url=f"https://{name}"),
    )


def around(*items: FrontDoor | Relation | Signal | Consumer, part: str = "domains") -> Batch:
    return Batch(
        surroundings=tuple((part, getattr(item, "native_id", "x"), item) for item in items)
    )


DOMAINS = part(name="domains")


def test_surroundings_are_versions_too_and_equal_ones_write_nothing(store: Store) -> None:
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    before = counts(store)
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    assert {name: n for name, n in counts(store).items() if n != before[name]} == {"run": 2}
    visit(store, around(door("a"), door("b", region="eu-west-2")), parts=[DOMAINS])
    assert [item.region for item in store.surroundings.current(FrontDoor)] == [None, "eu-west-2"]
    assert store.surroundings.current(Consumer) == ()
    spans = [(item["from_seq"], item["to_seq"]) for item in records(store, "surrounding")]
    assert spans == [(1, None), (2, 3), (3, None)]


def test_only_a_complete_part_closes_what_it_did_not_give_again(store: Store) -> None:
    visit(store, around(door("a"), door("b"), door("c"), door("d")), parts=[DOMAINS])
    partial = part(Outcome.PARTIAL, "domains")
    visit(store, around(door("a")), parts=[partial])
    assert len(store.surroundings.current(FrontDoor)) == 4
    denied = ErrorRecord(kind="access_denied", message="no")
    unsure = part(
        name="domains",
        failed=(Exclusion(native_id="b", error=denied),),
        gaps=(Gap(native_id="c", detail="mappings", error=denied),),
    )
    visit(store, around(door("a")), parts=[unsure])
    assert [item.name for item in store.surroundings.current(FrontDoor)] == ["a", "b", "c"]
    visit(store, parts=[DOMAINS])
    assert store.surroundings.current(FrontDoor) == ()


def test_what_stands_around_an_unchanged_object_stands_too(store: Store) -> None:
    visit(store, around(door("a"), door("b")), parts=[DOMAINS])
    stands = Verdict(stands=(("domains", "a"), ("elsewhere", "b")))
    visit(store, parts=[DOMAINS], verdict=stands)
    assert [item.name for item in store.surroundings.current(FrontDoor)] == ["a"]


def test_the_scopes_of_a_source_are_those_ever_visited(store: Store) -> None:
    for scope in (SCOPE, OTHER_SCOPE, SCOPE):
        visit(store, scope=scope)
    assert store.runs.scopes("prod") == (SCOPE,)
    assert store.runs.scopes("nobody") == ()


def test_a_door_that_two_scopes_see_stands_until_neither_does(store: Store) -> None:
    for scope in (SCOPE, OTHER_SCOPE):
        visit(store, around(door("a")), parts=[DOMAINS], scope=scope)
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[DOMAINS])
    assert len(store.surroundings.current(FrontDoor)) == 1
    visit(store, parts=[DOMAINS], scope=OTHER_SCOPE)
    assert store.surroundings.current(FrontDoor) == ()


def test_a_signal_measured_again_moves_its_time_and_nothing_else(store: Store) -> None:
    signal = Signal(subject_uid="u", name="expiry", value=30, observed_at=T0, source="acm")
    link = Relation(type="routes_to", from_uid="a", to_uid="b")
    visit(store, around(signal, link), parts=[DOMAINS])
    seq = store.changes.last_seq()
    again = msgspec.structs.replace(signal, observed_at=T0 + DAY)
    visit(store, around(again, link), parts=[DOMAINS])
    assert store.surroundings.current(Signal) == (again,)
    assert store.surroundings.current(Relation) == (link,)
    assert store.changes.last_seq() == seq
    visit(store, around(msgspec.structs.replace(again, value=29), link), parts=[DOMAINS])
    assert store.changes.last_seq() == seq + 1


def test_changes_of_surroundings_are_not_among_those_of_deployments(store: Store) -> None:
    visit(store, around(door("a")), batch(make(1)), parts=[DOMAINS])
    assert [(change.seq, change.kind) for change in store.changes.after(0)] == [(2, "appeared")]
    assert store.changes.last_seq() == 2


def test_documents_come_with_a_batch(store: Store) -> None:
    visit(store, Batch(documents={"ab": b"openapi: 3.0.1"}))
    assert store.documents.get("ab") == b"openapi: 3.0.1"


def test_conclusions_stay_on_a_row_whose_facts_change(store: Store) -> None:
    visit(store, batch(make(1)))
    concluded = Conclusion(endpoints=("https://tax.example/pay",))
    store.conclusions.save({make(1).uid: concluded}, (), seq=1, at=T0)
    visit(store, batch(make(1, title="new"), kind="changed"))
    (row,) = records(store, "row")
    assert (row["endpoints"], row["title"]) == ("\x1fhttps://tax.example/pay\x1f", "new")
    assert search(store, "tax.example/pay") == {make(1).uid}


def test_current_compares_what_a_reader_would_see(store: Store) -> None:
    visit(store, batch(make(1)))
    presence, _facts, row, logged = current(store)[make(1).uid]
    assert (presence, row["name"], logged) == ("present", "payments-1", ["appeared"])
