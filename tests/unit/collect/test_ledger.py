"""The ledger adds up, whatever a collector says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collect.intake import Intake
from apiscape.collect.ledger import EMPTY_PAGES, SAME_PAGE, End, PartLedger, ScopeLedger
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Malformed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
    Unchanged,
    Unseen,
)
from apiscape.model.run import ErrorRecord, add_ledgers
from tests.unit.collect.store_double import MemoryRuns
from tests.unit.collect.toy import NOON, SCOPE

CUT = ErrorRecord(kind="unreachable", message="cut off")


def part(*native_ids: str, last: bool = True) -> PartLedger:
    ledger = PartLedger("apis")
    ledger.list_page(Listed("apis", native_ids, last=last))
    return ledger


def closed(ledger: PartLedger, error: ErrorRecord | None = None) -> PartLedger:
    ledger.close(error)
    assert ledger.ledger().closes
    return ledger


def test_every_listed_object_that_ended_closes_it() -> None:
    ledger = part("a", "b")
    ledger.settle("a", End.RECORDED)
    ledger.skip("b", "a rule")
    assert closed(ledger).outcome == "complete"


def test_an_id_on_two_pages_counts_once() -> None:
    ledger = part("a", "b", "b", last=False)
    ledger.list_page(Listed("apis", ("b", "c"), last=True))
    for native_id in "abc":
        ledger.settle(native_id, End.RECORDED)
    assert (closed(ledger).outcome, ledger.ledger().listed) == ("complete", 3)


def test_an_empty_listing_is_complete() -> None:
    assert closed(part()).outcome == "complete"


@pytest.mark.parametrize(
    ("cycle", "turns"),
    [([()], EMPTY_PAGES), ([("a",)], SAME_PAGE), ([("b",), ("c",)], SAME_PAGE)],
    ids=["empty pages", "the same page", "two pages in turn"],
)
def test_a_listing_that_turns_in_a_circle_is_ended(
    cycle: list[tuple[str, ...]], turns: int
) -> None:
    ledger = PartLedger("apis")
    for _ in range(turns - 1):
        for page in cycle:
            ledger.list_page(Listed("apis", page))
    with pytest.raises(Malformed, match="no end"):
        ledger.list_page(Listed("apis", cycle[0]))


def test_a_listing_that_expired_may_be_begun_again() -> None:
    ledger = PartLedger("routes")
    pages = [(f"{index}", f"{index}+") for index in range(200)]
    for _ in range(2):
        for page in pages:
            ledger.list_page(Listed("routes", page))
    ledger.list_page(Listed("routes", (), last=True))
    assert (ledger.whole, ledger.ledger().listed) == (True, 400)


def test_empty_pages_between_others_are_let_be() -> None:
    ledger = PartLedger("apis")
    for index in range(EMPTY_PAGES * 2):
        ledger.list_page(Listed("apis", (str(index),) if index % 5 == 0 else ()))
    assert ledger.ledger().listed == EMPTY_PAGES * 2 // 5


def test_a_last_page_that_repeats_is_an_end() -> None:
    ledger = part("a", last=False)
    for _ in range(SAME_PAGE - 2):
        ledger.list_page(Listed("apis", ("a",)))
    ledger.list_page(Listed("apis", ("a",), last=True))
    assert ledger.whole


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda ledger: None, "1 listed objects were left over"),
        (lambda ledger: ledger.settle("x", End.RECORDED), "never listed"),
        (
            lambda ledger: (ledger.settle("a", End.RECORDED), ledger.skip("a", "twice")),
            "already recorded",
        ),
        (
            lambda ledger: (ledger.skip("a", "r"), ledger.fail(Failed("a", CUT))),
            "already skipped",
        ),
        (
            lambda ledger: (
                ledger.fail(Failed("a", CUT)),
                ledger.fail(Failed("a", ErrorRecord(kind="gone", message="gone"))),
            ),
            "already failed",
        ),
        (lambda ledger: ledger.list_page(Listed("apis", ("b",))), "after its last page"),
    ],
    ids=["left over", "never listed", "twice", "skipped, failed", "failed, gone", "listed on"],
)
def test_a_defect_of_the_collector_makes_the_part_partial(spoil: object, words: str) -> None:
    ledger = part("a")
    assert callable(spoil)
    spoil(ledger)
    closed(ledger)
    assert ledger.outcome == "partial"
    assert ledger.error is not None
    assert ledger.error.kind == "defect"
    assert words in ledger.error.message


def test_a_listing_that_just_ends_is_not_whole() -> None:
    ledger = part("a", last=False)
    ledger.settle("a", End.RECORDED)
    closed(ledger)
    assert (ledger.outcome, ledger.ledger().listed_whole) == ("partial", False)


def test_a_listing_that_broke_before_its_first_object_is_failed() -> None:
    assert closed(part(last=False), CUT).outcome == "failed"


def test_what_was_still_open_failed_for_the_reason_that_ended_the_visit() -> None:
    ledger = closed(part("a", "b"), CUT)
    assert [each.error for each in ledger.failed] == [CUT, CUT]
    assert ledger.sight(narrowable=False).left_out == dict.fromkeys("ab", "unreachable: cut off")


def test_a_part_that_was_declared_and_never_listed_is_a_defect() -> None:
    ledger = ScopeLedger(("apis", "domains"))
    ledger.part("apis").list_page(Listed("apis", (), last=True))
    ledger.close(None)
    assert [(each.part, each.outcome) for each in ledger] == [
        ("apis", "complete"),
        ("domains", "failed"),
    ]


def test_an_absent_part_that_lists_is_neither() -> None:
    ledger = part("a")
    ledger.absent = "not installed"
    ledger.settle("a", End.RECORDED)
    assert closed(ledger).outcome == "partial"


def test_an_id_of_two_parts_ends_in_the_one_that_is_open() -> None:
    ledger = ScopeLedger(("apis", "domains"))
    ledger.part("apis").list_page(Listed("apis", ("x", "y"), last=True))
    ledger.part_of("x").settle("x", End.RECORDED)
    ledger.part("domains").list_page(Listed("domains", ("x",), last=True))
    ledger.part_of("x").settle("x", End.RECORDED)
    ledger.part_of("y").settle("y", End.RECORDED)
    ledger.close(None)
    assert {each.outcome for each in ledger} == {"complete"}


def test_what_is_not_offered_is_absent_also_where_a_call_was_made_to_learn_it() -> None:
    ledger = ScopeLedger(("apis", "domains"))
    ledger.current.calls += 1
    ledger.close(ErrorRecord(kind="unsupported", message="region not enabled"))
    assert [(each.outcome, each.report().reason) for each in ledger] == [
        ("absent", "region not enabled")
    ] * 2


def test_what_was_listed_before_it_was_no_longer_offered_is_partial() -> None:
    ledger = ScopeLedger(("apis",))
    ledger.part("apis").list_page(Listed("apis", ("x",), last=False))
    ledger.close(ErrorRecord(kind="unsupported", message="region not enabled"))
    assert [each.outcome for each in ledger] == ["partial"]


def test_words_before_any_page_belong_to_the_first_part() -> None:
    assert ScopeLedger(("apis",)).part_of("x").part == "apis"
    assert ScopeLedger(()).current.part == "-"


def test_an_object_that_hides_makes_the_part_partial() -> None:
    ledger = part()
    ledger.there.add("a")
    ledger.unsure["b"] = "access denied: no"
    closed(ledger)
    assert ledger.outcome == "partial"
    reason = "2 known objects may be hidden from the listing"
    assert (ledger.report().reason, ledger.sight(narrowable=True).reason) == (reason, reason)


def test_a_listing_is_believed_whatever_failed_of_its_objects() -> None:
    ledger = part("a", "b")
    ledger.fail(Failed("a", CUT))
    ledger.settle("b", End.RECORDED)
    sight = closed(ledger).sight(narrowable=False)
    assert (sight.outcome, sight.whole, sight.proves_absence) == ("partial", True, True)
    assert sight.left_out == {"a": "unreachable: cut off"}


def test_a_listing_is_believed_where_the_visit_was_cut_after_its_last_page() -> None:
    ledger = closed(part("a", "b"), CUT)
    assert (ledger.outcome, ledger.sight(narrowable=False).proves_absence) == ("partial", True)


DEFECT = ErrorRecord(kind="defect", message="KeyError")


@pytest.mark.parametrize(
    ("doubt", "error"),
    [
        (lambda ledger: ledger.settle("x", End.RECORDED), None),
        (lambda ledger: ledger.settle("x", End.RECORDED), CUT),
        (lambda ledger: None, None),
        (lambda ledger: None, DEFECT),
        (lambda ledger: ledger.there.add("x"), CUT),
        (lambda ledger: ledger.unsure.update(x="access denied: no"), CUT),
        (lambda ledger: ledger.cut(CUT), None),
    ],
    ids=["unlisted", "unlisted, cut", "left over", "crash", "there", "forbidden", "part failed"],
)
def test_a_listing_that_is_doubted_proves_no_absence(doubt: object, error: object) -> None:
    ledger = part("a", "b")
    ledger.settle("a", End.RECORDED)
    assert callable(doubt)
    doubt(ledger)
    assert error is None or isinstance(error, ErrorRecord)
    closed(ledger, error)
    assert ledger.outcome == "partial"
    assert not ledger.sight(narrowable=True).proves_absence


def test_a_listing_that_could_not_be_read_to_its_end_is_a_lower_bound() -> None:
    ledger = part("a")
    ledger.settle("a", End.RECORDED)
    ledger.cut(CUT)
    assert not closed(ledger).ledger().listed_whole
    assert ledger.error is CUT


# Whatever is said, in whatever order, the sums close.

IDS = st.sampled_from(["a", "b", "c", "d"])
PARTS = st.sampled_from(["apis", "domains"])
GONE = ErrorRecord(kind="gone", message="gone")
SAYINGS = st.one_of(
    st.builds(Listed, PARTS, st.lists(IDS, max_size=3).map(tuple), last=st.booleans()),
    st.builds(Recorded, IDS),
    st.builds(Unchanged, IDS),
    st.builds(Skipped, IDS, st.just("rule")),
    st.builds(Failed, IDS, st.sampled_from([CUT, GONE])),
    st.builds(Unseen, IDS, st.just("detail"), st.just(CUT)),
    st.builds(PartFailed, PARTS, st.just(CUT)),
    st.builds(PartAbsent, PARTS, st.just("not here")),
    st.builds(Absent, PARTS, IDS),
    st.builds(Synced, PARTS),
)


@given(st.lists(SAYINGS, max_size=30), st.sampled_from([None, CUT]))
def test_the_sums_close_whatever_is_said(
    said: list[Observation], error: ErrorRecord | None
) -> None:
    ledger = ScopeLedger(("apis", "domains"))
    runs = MemoryRuns()
    intake = Intake(runs, runs.begin(SCOPE, at=NOON), {}, ledger, TokenBook((), 1))
    for observation in said:
        intake.take(observation, NOON)
    intake.flush(NOON)
    ledger.close(error)
    for each in ledger:
        assert each.ledger().closes
        if each.outcome == "complete":
            assert each.whole
            assert End.OPEN not in each.ends.values()
            assert End.FAILED not in each.ends.values()
    if error is not None:
        assert any(each.outcome != "complete" for each in ledger)
    assert add_ledgers(each.ledger() for each in ledger).closes
