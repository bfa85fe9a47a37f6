from __future__ import annotations

import msgspec
import pytest

from apiscape.errors import StoreError
from apiscape.model.change import FieldChange
from apiscape.model.codec import decode
from apiscape.model.deployment import Endpoint
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.row import Row
from apiscape.model.run import Ledger, RunReport
from apiscape.model.surroundings import Api, ApiVersion, Gateway
from apiscape.model.values import UNKNOWN, is_known
from apiscape.store import Conclusion, Member, Store, Visited, native_api_key
from apiscape.store.reading.reader import Reader
from tests.store.looking import count, counts, records, search
from tests.store.making import ACCOUNT, DAY, PART, SCOPE, T0, batch, make, visit

URL = "https://abc.execute-api.eu-west-1.amazonaws.com/prod"
ITEM = make(1, endpoints=(Endpoint(url=URL),), exposure="internet")
API = Api(uid="api-1", title="Tax", explicit_id="tax", versions=(ApiVersion(label="1"),))


KEPT = ("row", "api", "change", "conclusion", "conclusion_version")


def shown(store: Store, number: int = 0) -> Row:
    return decode(records(store, "row_doc")[number]["doc"], Row)


def shown_all(store: Store) -> list[Row]:
    return [shown(store, number) for number in range(count(store, "row_doc"))]


def save(store: Store, conclusion: Conclusion, *apis: Api, uid: str = ITEM.uid) -> int:
    return store.conclusions.save({uid: conclusion}, apis, seq=store.changes.last_seq(), at=T0)


def test_touched_follows_deployments_and_what_stands_around_them(store: Store) -> None:
    gateway = Gateway(
        uid="g", native_id="g", native_kind="k", provider="aws", account="1", name="gw"
    )
    visit(store, batch(make(1), make(2)), Batch(surroundings=((PART, "g", gateway),)))
    visit(store, batch(make(1, title="new"), kind="changed"))
    assert store.conclusions.cursor() == 0
    first = store.conclusions.touched(0, 3)
    assert (first.uids, first.surroundings) == ((make(1).uid, make(2).uid), (("gateway", "g"),))
    assert (first.seq, first.more) == (3, True)
    rest = store.conclusions.touched(first.seq, 3)
    assert rest.uids == (make(1).uid,)
    assert (rest.seq, rest.more) == (store.changes.last_seq(), False)


def test_deployments_are_found_by_what_leads_to_them_or_is_let_in(store: Store) -> None:
    visit(store, batch(ITEM, make(2)))
    save(store, Conclusion(front_doors=("d1", "d2")))
    save(store, Conclusion(consumers=("c",)), uid=make(2).uid)
    assert store.conclusions.led_to() == {
        "d1": {ITEM.uid},
        "d2": {ITEM.uid},
        "c": {make(2).uid},
    }


def test_who_is_let_in_is_counted_only_where_all_of_them_are_known(store: Store) -> None:
    visit(store, batch(ITEM))
    for conclusion, number in (
        (Conclusion(consumers=("c", "d")), UNKNOWN),
        (Conclusion(consumers=("c", "d"), counted=True), 2),
        (Conclusion(counted=True), 0),
        (Conclusion(), UNKNOWN),
    ):
        save(store, conclusion)
        assert shown(store).consumers == number
        assert records(store, "row")[0]["consumers"] == (number if is_known(number) else None)
    told = [change.fields for change in store.changes.after(1)]
    assert told == [
        (FieldChange(field="consumer_uids", old=[], new=["c", "d"]),),
        (FieldChange(field="consumers", new=2),),
        (
            FieldChange(field="consumers", old=2, new=0),
            FieldChange(field="consumer_uids", old=["c", "d"], new=[]),
        ),
        (FieldChange(field="consumers", old=0),),
    ]


def test_where_it_is_not_told_the_gateways_own_number_stands(store: Store) -> None:
    counts = make(1, consumers=7)
    visit(store, batch(counts, make(2, consumers=None)))
    save(store, Conclusion(consumers=("c",)), uid=counts.uid)
    rows = {row.uid: row.consumers for row in shown_all(store)}
    assert rows == {counts.uid: 7, make(2).uid: None}
    save(store, Conclusion(consumers=("c",), counted=True), uid=counts.uid)
    save(store, Conclusion(consumers=("c",)), uid=counts.uid)
    assert {row.uid: row.consumers for row in shown_all(store)} == rows


@pytest.mark.parametrize(
    ("outcome", "skipped", "whole"),
    [("complete", 0, True), ("complete", 1, False), ("partial", 0, False), ("absent", 0, False)],
)
def test_a_scope_is_whole_where_its_newest_run_left_nothing_out(
    outcome: str, skipped: int, whole: bool, store: Store
) -> None:
    run = store.runs.begin(SCOPE, at=T0)
    assert [each.whole for each in store.conclusions.visited()] == [False]
    ledger = Ledger(listed=skipped, listed_whole=True, skipped=skipped)
    ended = RunReport(
        scope=SCOPE,
        generation=run.generation,
        started_at=T0,
        ended_at=T0,
        outcome=outcome,
        ledger=ledger,
    )
    store.runs.end(run, ended, Verdict())
    assert store.conclusions.visited() == (
        Visited(
            SCOPE.key,
            SCOPE.source,
            SCOPE.reach.key,
            SCOPE.product,
            whole,
            absent=outcome == "absent",
            provider=SCOPE.provider,
            account=SCOPE.reach.account or "",
            region=SCOPE.reach.region,
        ),
    )


def test_native_apis_are_found_by_the_scope_that_lists_them(store: Store) -> None:
    visit(store, batch(make(1, stage="a"), make(1, stage="b"), make(2)))
    keys = {native_api_key("aws", ACCOUNT, make(number).native_api_id) for number in (1, 2)}
    assert store.conclusions.keys_in([SCOPE.key]) == tuple(sorted(keys))
    assert store.conclusions.keys_in(["elsewhere"]) == ()


def test_own_conclusions_are_not_followed(store: Store) -> None:
    visit(store, batch(ITEM))
    assert save(store, Conclusion(exposure="private")) == 2
    touched = store.conclusions.touched(1)
    assert (touched.uids, touched.seq) == ((), 2)
    assert store.conclusions.cursor() == 1


def test_a_conclusion_is_laid_over_row_search_and_log(store: Store) -> None:
    visit(store, batch(ITEM))
    conclusion = Conclusion(api=API.uid, endpoints=(URL, "https://tax.example"), front_doors=("d",))
    save(store, conclusion, API)
    assert store.conclusions.load([ITEM.uid, "nobody"]) == {ITEM.uid: conclusion}
    assert (shown(store).api, shown(store).endpoints) == (API.uid, (URL, "https://tax.example"))
    assert records(store, "row")[0]["api"] == API.uid
    assert search(store, "tax.example") == {ITEM.uid}
    last = store.changes.after(1)[0]
    assert (last.kind, last.uid, last.generation) == ("concluded", ITEM.uid, 1)
    assert last.fields == (
        FieldChange(field="api", old=None, new=API.uid),
        FieldChange(field="endpoints", old=[URL], new=[URL, "https://tax.example"]),
        FieldChange(field="front_doors", old=[], new=["d"]),
    )


def test_a_conclusion_that_is_withdrawn_lets_the_facts_show_again(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion(endpoints=("https://tax.example",), health="failing"))
    save(store, Conclusion(health="failing"))
    assert shown(store).endpoints == (URL,)
    assert shown(store).health == "failing"
    assert search(store, "tax.example") == set()
    assert shown(store).scope == records(store, "row")[0]["scope"]


def test_the_same_conclusion_again_moves_nothing_but_the_cursor(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion(api=API.uid), API)
    before = {name: records(store, name) for name in KEPT}
    store.conclusions.save({ITEM.uid: Conclusion(api=API.uid)}, [API], seq=40, at=T0)
    assert {name: records(store, name) for name in before} == before
    assert store.conclusions.cursor() == 40


def test_a_conclusion_that_moves_no_row_is_kept_and_logged(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion())
    row = records(store, "row")
    assert save(store, Conclusion(front_doors=("d",))) == 2
    assert store.conclusions.load([ITEM.uid]) == {ITEM.uid: Conclusion(front_doors=("d",))}
    (logged,) = store.changes.after(1)
    assert logged.fields == (FieldChange(field="front_doors", old=[], new=["d"]),)
    assert records(store, "row") == row


def spans(store: Store) -> list[tuple[int, int | None, Conclusion]]:
    """Return the versions of conclusions, oldest first."""
    return [
        (each["from_seq"], each["to_seq"], decode(each["doc"], Conclusion))
        for each in records(store, "conclusion_version")
    ]


def test_a_version_begins_where_a_conclusion_says_something_else(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion(api=API.uid, health="failing"), API)
    save(store, Conclusion(api=API.uid, health="failing"), API)
    save(store, Conclusion(health="healthy"))
    assert spans(store) == [
        (2, 3, Conclusion(api=API.uid, health="failing")),
        (3, None, Conclusion(health="healthy")),
    ]
    assert [each["api_uid"] for each in records(store, "conclusion_version")] == [API.uid, None]


def test_measured_numbers_move_the_row_and_neither_the_log_nor_a_version(store: Store) -> None:
    """A day of a deployment whose numbers move every minute is one line and one version."""
    visit(store, batch(ITEM))
    for minute in range(1, 25):
        drawn = Conclusion(
            health="failing",
            health_reason=f"5xx {minute} % over 15 min, limit 1 %",
            requests=1000.0 + minute,
            errors_4xx=0.5 * minute,
            errors_5xx=float(minute),
            p95_ms=80.0 + minute,
        )
        save(store, drawn)
        assert store.conclusions.load([ITEM.uid]) == {ITEM.uid: drawn}
        assert (shown(store).p95_ms, shown(store).health_reason) == (
            drawn.p95_ms,
            drawn.health_reason,
        )
        assert records(store, "row")[0]["errors_5xx"] == minute
    assert [each.kind for each in store.changes.after(0)] == ["appeared", "concluded"]
    words = Conclusion(health="failing", health_reason="5xx 1 % over 15 min, limit 1 %")
    assert spans(store) == [(2, None, words)]
    assert store.changes.after(1)[0].fields == (
        FieldChange(field="health", old="unknown", new="failing"),
        FieldChange(field="health_reason", old=None, new="5xx 1 % over 15 min, limit 1 %"),
    )


def test_a_reason_is_kept_in_the_words_of_the_day_on_which_something_else_moved(
    store: Store,
) -> None:
    visit(store, batch(ITEM))
    first = Conclusion(health="failing", health_reason="5xx 7 %")
    save(store, first)
    save(store, msgspec.structs.replace(first, health_reason="5xx 9 %"))
    both = Conclusion(health="failing", health_reason="5xx 9 %", owners=("Tax",))
    save(store, both)
    assert spans(store) == [(2, 3, first), (3, None, both)]


def test_an_empty_conclusion_of_which_nothing_was_said_begins_no_version(store: Store) -> None:
    visit(store, batch(ITEM))
    assert save(store, Conclusion()) == 1
    assert spans(store) == []
    assert store.conclusions.load([ITEM.uid]) == {ITEM.uid: Conclusion()}


def test_an_unchanged_cycle_of_conclusions_writes_no_row(store: Store) -> None:
    items = [make(number) for number in range(20)]
    visit(store, batch(*items))
    drawn = {item.uid: Conclusion(api=API.uid, health="failing") for item in items}
    store.conclusions.save(drawn, [API], seq=20, at=T0)
    before = counts(store)
    assert before["conclusion_version"] == 20
    store.conclusions.save(drawn, [API], seq=store.changes.last_seq(), at=T0 + DAY)
    assert counts(store) == before


def test_conclusions_of_what_is_not_stored_are_left_out(store: Store) -> None:
    assert save(store, Conclusion(health="failing"), uid="nobody") == 0
    assert count(store, "conclusion") == 0


def test_an_api_stays_as_long_as_a_deployment_belongs_to_it(store: Store) -> None:
    visit(store, batch(ITEM, make(2)))
    both = {ITEM.uid: Conclusion(api="api-1"), make(2).uid: Conclusion(api="api-1")}
    store.conclusions.save(both, [API], seq=2, at=T0)
    assert [item["title"] for item in records(store, "api")] == ["Tax"]
    merged = Api(uid="api-0", title="Taxes", redirects=("api-1",))
    save(store, Conclusion(api="api-0"), merged)
    assert [item["uid"] for item in records(store, "api")] == ["api-0", "api-1"]
    save(store, Conclusion(api="api-0"), merged, uid=make(2).uid)
    assert [item["uid"] for item in records(store, "api")] == ["api-0"]
    assert records(store, "redirect") == [{"old_uid": "api-1", "new_uid": "api-0"}]
    save(store, Conclusion())
    save(store, Conclusion(), uid=make(2).uid)
    assert records(store, "api") == records(store, "api_member") == []


def test_an_api_that_is_renamed_is_written_anew(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion(api="api-1"), API)
    save(store, Conclusion(api="api-1"), Api(uid="api-1", title="Duty"))
    (held,) = records(store, "api")
    assert (held["title"], held["explicit_id"]) == ("Duty", None)
    assert decode(held["doc"], Api) == Api(uid="api-1", title="Duty")


def test_a_membership_of_an_api_that_nobody_gave_is_refused(store: Store) -> None:
    visit(store, batch(ITEM))
    with pytest.raises(StoreError):
        save(store, Conclusion(api="nowhere"))
    assert shown(store).api is None


def test_members_of_a_native_api_come_oldest_first(store: Store) -> None:
    visit(store, batch(make(1, stage="b")), at=T0)
    visit(store, batch(make(1, stage="a"), make(2)), at=T0 + DAY)
    save(store, Conclusion(api="api-1"), API, uid=make(1, stage="b").uid)
    key = native_api_key("aws", ACCOUNT, make(1).native_api_id)
    uids = [make(1, stage="b").uid, make(1, stage="a").uid]
    assert store.conclusions.keys_of([*uids, "nobody"]) == dict.fromkeys(uids, key)
    found = store.conclusions.members_of([key, "nothing"])
    assert found == {
        key: (
            Member(uids[0], "b", "present", T0, "api-1", SCOPE.key),
            Member(uids[1], "a", "present", T0 + DAY, None, SCOPE.key),
        ),
        "nothing": (),
    }


def test_a_row_is_written_alike_whether_its_conclusion_is_fresh_or_was_stored(store: Store) -> None:
    visit(store, batch(ITEM))
    save(store, Conclusion(health=str(b"unknown", "ascii"), basis="configured"))
    fresh = records(store, "row_doc")
    visit(
        store,
        batch(make(1, endpoints=ITEM.endpoints, exposure="internet", title="x"), kind="changed"),
    )
    visit(store, batch(ITEM, kind="changed"))
    assert records(store, "row_doc") == fresh


# ── Health that turns ────────────────────────────────────────────────────────

HEALTHY = Conclusion(health="healthy", basis="serving", health_reason="0 % of 90 answers 5xx")


def told(store: Store, after: int) -> list[tuple[str, list[tuple[str, object, object]]]]:
    return [
        (change.kind, [(each.field, each.old, each.new) for each in change.fields])
        for change in store.changes.after(after)
    ]


def test_a_verdict_that_turns_is_one_change_of_its_own_with_basis_and_reason(store: Store) -> None:
    visit(store, batch(ITEM))
    seq = save(store, HEALTHY)
    failing = msgspec.structs.replace(
        HEALTHY, health="failing", health_reason="5xx 7 %, limit 1 %", errors_5xx=7.0
    )
    save(store, failing)
    assert told(store, seq) == [
        ("health", [("health", "healthy", "failing"), ("basis", "serving", "serving")])
    ]
    (change,) = store.changes.after(seq)
    assert (change.reason, change.name, change.generation) == (
        *("5xx 7 %, limit 1 %", ITEM.name, 1),
    )
    assert [span[0] for span in spans(store)] == [seq, seq + 1]


def test_what_else_moves_with_a_verdict_is_told_apart_and_once(store: Store) -> None:
    visit(store, batch(ITEM))
    seq = save(store, HEALTHY)
    idle = Conclusion(health="idle", basis="serving", health_reason="no request", owners=("Tax",))
    assert save(store, idle) == seq + 2
    assert told(store, seq) == [
        ("health", [("health", "healthy", "idle"), ("basis", "serving", "serving")]),
        ("concluded", [("owners", UNKNOWN, ["Tax"])]),
    ]
    assert [span[:2] for span in spans(store)] == [(seq, seq + 1), (seq + 1, None)]


def test_the_first_verdict_on_a_deployment_is_no_turn(store: Store) -> None:
    """Ten that appear are ten changes, however they fare; the eleventh line is a turn."""
    items = [make(number) for number in range(10)]
    visit(store, batch(*items))
    failing = Conclusion(health="failing", basis="configured", health_reason="no route")
    store.conclusions.save({item.uid: failing for item in items}, (), seq=10, at=T0)
    kinds = [kind for kind, _ in told(store, 0)]
    assert kinds == ["appeared"] * 10 + ["concluded"] * 10
    save(store, HEALTHY, uid=items[0].uid)
    assert [kind for kind, _ in told(store, 20)] == ["health"]


@pytest.mark.parametrize(
    ("presence", "kind"),
    [
        ("suspect", "health"),
        ("missing", "concluded"),
        ("retired", "concluded"),
        ("superseded", "concluded"),
    ],
)
def test_how_the_gone_fare_is_no_turn_for_that_they_went_was_told(
    presence: str, kind: str, store: Store
) -> None:
    visit(store, batch(ITEM))
    save(store, HEALTHY)
    gone = PresenceChange(uid=ITEM.uid, presence=presence)
    visit(store, verdict=Verdict(presence=(gone,)))
    seq = store.changes.last_seq()
    save(store, Conclusion(health="unknown", basis="none", health_reason="no longer listed"))
    assert [each for each, _ in told(store, seq)] == [kind]


def test_another_basis_of_the_same_state_is_no_turn(store: Store) -> None:
    visit(store, batch(ITEM))
    seq = save(store, HEALTHY)
    save(store, msgspec.structs.replace(HEALTHY, basis="reachable"))
    assert told(store, seq) == [("concluded", [("basis", "serving", "reachable")])]


def test_a_verdict_that_is_withdrawn_turns_to_what_the_facts_say(store: Store) -> None:
    visit(store, batch(ITEM))
    seq = save(store, HEALTHY)
    save(store, Conclusion())
    (kind, fields), *rest = told(store, seq)
    assert (kind, fields[0], rest) == ("health", ("health", "healthy", "unknown"), [])


def test_turns_are_in_the_history_of_their_deployment_and_not_followed_as_facts(
    store: Store,
) -> None:
    visit(store, batch(ITEM))
    seq = save(store, HEALTHY)
    save(store, msgspec.structs.replace(HEALTHY, health="degraded"))
    history = Reader(store.database).detail(ITEM.uid).history
    assert [change.kind for change in history] == ["health", "concluded", "appeared"]
    assert store.conclusions.touched(seq).uids == ()
