"""The ledger against a tally kept by hand: whatever is said, each listed object counts once, by its first end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collect.intake import Intake
from apiscape.collect.ledger import GONE_WHILE_READ, End, PartLedger, ScopeLedger, words
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import (
    Failed,
    Listed,
    Observation,
    Recorded,
    Skipped,
    Unchanged,
    Unseen,
)
from apiscape.model.run import ErrorRecord, Ledger
from tests.unit.collect.store_double import MemoryRuns
from tests.unit.collect.toy import NOON, SCOPE, toy_deployment
from tests.unit.reconcile.rows import known_of

CUT = ErrorRecord(kind="unreachable", message="cut off")
GONE = ErrorRecord(kind="gone", message="not there")
STORED = toy_deployment("a", "live")


KINDS: dict[type[Any], str] = {Recorded: "recorded", Skipped: "skipped", Failed: "failed"}


@dataclass
class Tally:
    """What an honest clerk would write down of one part."""

    ends: dict[str, str | None] = field(default_factory=dict)
    whole: bool = False
    defects: int = 0

    def note(self, said: Observation) -> None:
        if isinstance(said, Listed):
            self.defects += self.whole
            self.whole = said.last
            for native_id in said.native_ids:
                self.ends.setdefault(native_id, None)
        elif not isinstance(said, Unseen):
            self._end(said)

    def _end(self, said: Any) -> None:
        kind = KINDS.get(type(said))
        if kind is None:  # unchanged: only what is stored can stand
            kind = "recorded" if said.native_id == "a" else "failed"
        if kind == "failed" and getattr(said, "error", None) == GONE:
            kind = "skipped"
        if said.native_id in self.ends and self.ends[said.native_id] is None:
            self.ends[said.native_id] = kind
        else:
            self.defects += 1

    def close(self, error: ErrorRecord | None) -> None:
        left = [native_id for native_id, kind in self.ends.items() if kind is None]
        self.defects += error is None and bool(left)
        self.defects += error is None and not self.whole
        self.ends |= dict.fromkeys(left, "failed")

    def sums(self) -> tuple[int, ...]:
        kinds = list(self.ends.values())
        return (len(kinds), *(kinds.count(each) for each in ("recorded", "skipped", "failed")))


IDS = st.sampled_from(["a", "b", "c"])
SAYINGS = st.one_of(
    st.builds(
        Listed,
        st.just("apis"),
        st.lists(IDS, max_size=2, unique=True).map(tuple),
        last=st.booleans(),
    ),
    st.builds(Recorded, IDS),
    st.builds(Unchanged, IDS),
    st.builds(Skipped, IDS, st.just("a rule")),
    st.builds(Failed, IDS, st.sampled_from([CUT, GONE])),
    st.builds(Unseen, IDS, st.just("contract"), st.just(CUT)),
)
PAGES = st.lists(IDS, max_size=3, unique=True).map(
    lambda ids: [Listed("apis", tuple(ids), last=True), *map(Recorded, ids)]
)


def taken(said: list[Observation]) -> tuple[PartLedger, MemoryRuns, ScopeLedger]:
    runs = MemoryRuns()
    scope_ledger = ScopeLedger(("apis",))
    known = {STORED.uid: known_of(STORED, listed_id="a")}
    run = runs.begin(SCOPE, at=NOON)
    intake = Intake(runs, run, known, scope_ledger, TokenBook((), 1))
    for each in said:
        intake.take(each, NOON)
    intake.flush(NOON)
    return scope_ledger.current, runs, scope_ledger


@given(st.lists(SAYINGS, max_size=12) | PAGES, st.sampled_from([None, CUT]))
def test_the_ledger_says_what_a_tally_says(
    said: list[Observation], error: ErrorRecord | None
) -> None:
    part, _, scope_ledger = taken(said)
    tally = Tally()
    for each in said:
        tally.note(each)
    tally.close(error)
    part.close(error)
    sums = part.ledger()
    assert (sums.listed, sums.recorded, sums.skipped, sums.failed) == tally.sums()
    assert sums.listed_whole is tally.whole
    assert len(part.defects) == tally.defects
    fine = (
        tally.whole and not tally.defects and error is None and "failed" not in tally.ends.values()
    )
    assert (part.outcome == "complete") is fine
    assert [each.part for each in scope_ledger] == ["apis"]


@given(st.lists(SAYINGS, max_size=12), st.sampled_from([None, CUT]))
def test_every_object_that_was_not_recorded_has_a_reason(
    said: list[Observation], error: ErrorRecord | None
) -> None:
    part, _, _ = taken(said)
    part.close(error)
    sight = part.sight(narrowable=False)
    recorded = {key for key, end in part.ends.items() if end is End.RECORDED}
    assert sight.listed == set(part.ends)
    assert sight.left_out.keys() | sight.stands | recorded == set(part.ends)
    assert not sight.left_out.keys() & (sight.stands | recorded)
    assert all(sight.left_out.values())
    assert sight.gone.keys() <= sight.left_out.keys()
    assert {each.native_id for each in part.report().skipped} == {
        key for key, end in part.ends.items() if end is End.SKIPPED
    }


def test_what_was_deleted_while_it_was_read_is_skipped_and_gone() -> None:
    part, _, _ = taken([Listed("apis", ("b",), last=True), Failed("b", GONE)])
    part.close(None)
    sight = part.sight(narrowable=True)
    assert (part.outcome, sight.gone) == ("complete", {"b": "direct_read"})
    assert sight.left_out == {"b": f"skipped: {GONE_WHILE_READ}"}
    assert sight.narrowable


def test_an_object_that_stands_gives_what_is_stored_of_it() -> None:
    part, runs, _ = taken([Listed("apis", ("a",), last=True), Unchanged("a")])
    part.close(None)
    assert part.given == {"a": {STORED.uid}}
    assert part.sight(narrowable=False).stands == {"a"}
    assert part.ledger().deployments == 1
    assert runs.batches == []


def test_two_parts_that_list_the_same_id_stand_for_their_own() -> None:
    """As two kinds of a cluster do, that hold objects of one name."""
    runs, ledger = MemoryRuns(), ScopeLedger(("apis", "others"))
    other = toy_deployment("z", "live")
    known = {
        STORED.uid: known_of(STORED, listed_id="a"),
        other.uid: known_of(other, part="others", listed_id="a"),
    }
    intake = Intake(runs, runs.begin(SCOPE, at=NOON), known, ledger, TokenBook((), 1))
    for said in (
        Listed("apis", ("a",), last=True),
        Unchanged("a"),
        Listed("others", ("a",), last=True),
    ):
        intake.take(said, NOON)
    assert ledger.part("apis").given == {"a": {STORED.uid}}
    ledger.part("others")
    intake.take(Unchanged("a"), NOON)
    assert ledger.part("others").given == {"a": {other.uid}}


def test_a_gap_of_one_part_forgets_no_token_of_the_other() -> None:
    runs, ledger = MemoryRuns(), ScopeLedger(("apis", "others"))
    intake = Intake(runs, runs.begin(SCOPE, at=NOON), {}, ledger, TokenBook((), 1))
    items = {part: toy_deployment(part, "live") for part in ("apis", "others")}
    for part, item in items.items():
        intake.take(Listed(part, ("a",), last=True), NOON)
        intake.take(Recorded("a", (item,), tokens={item.uid: "t"}), NOON)
    intake.take(Unseen("a", "stages", CUT), NOON)
    intake.flush(NOON)
    tokens = {write.item.uid: write.token for batch in runs.batches for write in batch.writes}
    assert (tokens[items["apis"].uid] is None, tokens[items["others"].uid]) == (False, None)


def test_an_object_recorded_in_two_pieces_is_a_defect_that_keeps_both() -> None:
    pieces = [Recorded("b", (toy_deployment("b", stage),)) for stage in ("live", "test")]
    part, runs, _ = taken([Listed("apis", ("b",), last=True), *pieces])
    part.close(None)
    assert part.error is not None
    assert "b is recorded, though already recorded" in part.error.message
    assert part.given["b"] == {toy_deployment("b", stage).uid for stage in ("live", "test")}
    assert len(runs.items) == 2


@pytest.mark.parametrize(
    ("stages", "is_staged"),
    [((), False), ((None,), False), (("live",), True), ((None, "live"), True)],
    ids=["nothing", "no stage", "a stage", "both"],
)
def test_a_real_stage_is_one_that_has_a_name(
    stages: tuple[str | None, ...], is_staged: Any
) -> None:
    items = tuple(toy_deployment("b", stage) for stage in stages)
    part, _, _ = taken([Listed("apis", ("b",), last=True), Recorded("b", items)])
    assert (part.staged == {"b"}) is is_staged


@pytest.mark.parametrize("extra", [0, 1, 2])
def test_defects_are_counted_behind_the_first(extra: int) -> None:
    part = PartLedger("apis")
    part.list_page(Listed("apis", (), last=True))
    for index in range(1 + extra):
        part.settle(f"x{index}", End.RECORDED)
    part.close(None)
    assert part.error is not None
    more = f" (and {extra} more)" if extra else ""
    assert part.error.message == (
        f"defect of the collector: apis: x0 is recorded, though never listed{more}"
    )
    assert part.error.next_step == "report it to the collector's author"


def test_an_error_reads_as_its_kind_and_message() -> None:
    assert words(ErrorRecord(kind="access_denied", message="no")) == "access denied: no"


@pytest.mark.parametrize(
    ("told", "is_open"),
    [
        ({}, True),
        ({"absent": "not here"}, False),
        ({"error": CUT}, False),
        ({"whole": True}, False),
        ({"whole": True, "ends": {"a": End.OPEN}}, True),
        ({"whole": True, "ends": {"a": End.SKIPPED}}, False),
        ({"whole": False, "ends": {"a": End.SKIPPED}}, True),
        ({"absent": "not here", "ends": {"a": End.OPEN}}, False),
    ],
)
def test_a_part_is_open_while_something_of_it_is_to_come(
    told: dict[str, Any], is_open: Any
) -> None:
    part = PartLedger("apis")
    for name, value in told.items():
        setattr(part, name, value)
    assert part.is_open is is_open


def test_an_error_that_belongs_to_no_open_part_is_kept_with_the_last() -> None:
    ledger = ScopeLedger(("apis",))
    ledger.part("apis").list_page(Listed("apis", (), last=True))
    ledger.close(CUT)
    [part] = ledger
    assert (part.outcome, part.report().error) == ("partial", CUT)


def test_parts_stand_in_the_order_in_which_they_began_and_all_are_closed() -> None:
    ledger = ScopeLedger(("apis", "domains", "plans"))
    ledger.part("domains").list_page(Listed("domains", (), last=True))
    ledger.part("apis").list_page(Listed("apis", ("a",)))
    ledger.close(CUT)
    assert [(each.part, each.outcome) for each in ledger] == [
        ("domains", "complete"),
        ("apis", "partial"),
        ("plans", "failed"),
    ]


def test_an_object_is_found_in_the_part_that_it_is_open_in() -> None:
    ledger = ScopeLedger(("apis", "domains", "plans"))
    ledger.part("apis").list_page(Listed("apis", ("x", "y"), last=True))
    ledger.part("domains").list_page(Listed("domains", ("y", "z"), last=True))
    ledger.part("plans").list_page(Listed("plans", ("z",), last=True))
    ledger.part_of("y").skip("y", "a rule")
    assert [ledger.part_of(each).part for each in "xyz"] == ["apis", "domains", "plans"]
    assert ledger.part_of("nothing").part == "plans"


def test_what_is_no_longer_offered_says_so_only_where_nothing_was_listed() -> None:
    ledger = ScopeLedger(("apis", "domains"))
    ledger.part("apis").list_page(Listed("apis", ("x",)))
    ledger.close(ErrorRecord(kind="unsupported", message="not enabled"))
    apis, domains = (each.report() for each in ledger)
    assert (apis.outcome, apis.reason) == ("partial", None)
    assert (domains.outcome, domains.reason) == ("absent", "not enabled")


def test_an_error_of_a_part_is_not_overwritten_by_that_of_the_visit() -> None:
    own = ErrorRecord(kind="throttled", message="slow down")
    ledger = ScopeLedger(("apis", "domains"))
    ledger.part("domains").error = own
    ledger.close(CUT)
    assert {each.part: each.error for each in ledger} == {"domains": own, "apis": CUT}


def test_a_report_and_a_sight_hold_all_that_was_said() -> None:
    part, _, _ = taken(
        [
            Listed("apis", ("a", "b", "c", "d"), last=True),
            Unchanged("a"),
            Recorded("b", (toy_deployment("b", "live"), toy_deployment("b", "test"))),
            Skipped("c", "a rule"),
            Failed("d", CUT),
            Unseen("b", "contract", CUT),
        ]
    )
    part.calls, part.throttled = 9, 2
    part.close(None)
    report = part.report()
    assert report.ledger == Ledger(
        listed=4,
        listed_whole=True,
        recorded=2,
        skipped=1,
        failed=1,
        deployments=3,
        calls=9,
        throttled=2,
    )
    assert (report.part, report.outcome, report.error) == ("apis", "partial", None)
    assert [(each.native_id, each.reason) for each in report.skipped] == [("c", "a rule")]
    assert [(each.native_id, each.error) for each in report.failed] == [("d", CUT)]
    assert [(each.native_id, each.detail) for each in report.gaps] == [("b", "contract")]
    sight = part.sight(narrowable=False)
    assert (sight.outcome, sight.narrowable) == ("partial", False)
    assert sight.given.keys() == {"a", "b"}
    assert sight.left_out == {"c": "skipped: a rule", "d": "unreachable: cut off"}
    assert sight.reason is None


@pytest.mark.parametrize(
    ("pages", "absent", "words_said"),
    [
        ([], None, "never listed"),
        ([((), False)], None, "never listed"),
        ([(("a",), False)], None, "ended before its last page"),
        ([((), True), ((), True)], None, "listed more after its last page"),
        ([(("a",), True)], "not here", "said to be absent, though it lists"),
        ([], "not here", None),
        ([((), True)], None, None),
        ([(("a",), True)], None, None),
    ],
)
def test_a_part_that_ends_oddly_says_how(
    pages: list[tuple[tuple[str, ...], bool]], absent: str | None, words_said: str | None
) -> None:
    part = PartLedger("apis")
    for native_ids, last in pages:
        part.list_page(Listed("apis", native_ids, last=last))
    part.absent = absent
    for native_id in part.ends:
        assert part.settle(native_id, End.RECORDED)
        assert part.ends[native_id] is End.RECORDED
    part.close(None)
    expected = f"defect of the collector: apis: {words_said}" if words_said else None
    assert (part.error.message if part.error else None) == expected


def test_the_first_error_of_a_part_stands_and_a_second_end_is_refused() -> None:
    own = ErrorRecord(kind="throttled", message="slow down")
    part = PartLedger("apis")
    part.list_page(Listed("apis", ("a",)))
    assert part.settle("a", End.SKIPPED)
    assert part.settle("a", End.RECORDED) is False
    assert part.settle("b", End.RECORDED) is False
    part.error = own
    part.close(CUT)
    assert (part.error, part.ledger().throttled) == (own, 0)
