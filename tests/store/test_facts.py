"""What runs write of deployments: versions, what is logged, and what an unchanged cycle leaves alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest
from sqlalchemy import event

from apiscape.model.change import FieldChange
from apiscape.model.codec import operations_hash
from apiscape.model.deployment import Operation
from apiscape.model.known import Batch, Verdict
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, is_known, utc_millis
from apiscape.model.vocabulary import Presence
from apiscape.store import Conclusion, Store
from tests.store.looking import INVENTORY, current, kinds, records, search
from tests.store.making import (
    DAY,
    OTHER_SCOPE,
    PART,
    SCOPE,
    T0,
    batch,
    make,
    report,
    visit,
    write,
)


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


def test_of_a_change_that_no_view_shows_only_the_search_text_is_written(store: Store) -> None:
    shown, unseen = make(1), make(2)
    visit(store, batch(shown, unseen))
    renamed = make(1, name="other")
    assert is_known(unseen.operations)
    operations = tuple(
        msgspec.structs.replace(each, template=f"/new{each.template}") for each in unseen.operations
    )
    repathed = make(2, operations=operations)
    with statements_of(store) as given:
        visit(store, batch(repathed, kind="changed"), at=T0 + DAY)
    updated = {each.split()[1].strip('"') for each in given if each.startswith("UPDATE ")}
    assert "deep" in updated
    assert updated.isdisjoint({"row", "row_doc"})
    assert search(store, "/new/payments/2", "paths") == {unseen.uid}
    assert store.runs.documents([unseen.uid])[unseen.uid] == repathed
    visit(store, batch(renamed, repathed, kind="changed"), at=T0 + 2 * DAY)
    names = {record["uid"]: record["name"] for record in records(store, "row")}
    assert names == {shown.uid: "other", unseen.uid: "payments-2"}


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
