"""Figures, times, tables and sums where they turn: borders of units, of widths, of what is said at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.cli import ledger
from apiscape.cli.scan_report import scan_lines
from apiscape.cli.table import (
    ELLIPSIS,
    GAP,
    Column,
    cell_width,
    cut,
    cut_inside,
    fit,
    fold,
    render_table,
    staying,
)
from apiscape.client.words import age, count, duration, shown
from apiscape.collect.report import ScanReport
from apiscape.model.plain import plain
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Exclusion,
    Gap,
    Ledger,
    PartReport,
    RunReport,
    Totals,
)
from tests.unit.cli.test_ledger import DENIED, a_run
from tests.unit.cli.test_scan_report import SUMMARY, a_forecast, a_source, ended, told

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SLOW = ErrorRecord(kind="throttled", message="slow down")
OVERRULED = ErrorRecord(
    kind="access_denied", message="a boundary denies it", permission="x:Y", next_step="ask for it"
)

# Times and counts.


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0.0 s"),
        (0.05, "0.1 s"),
        (9.9, "9.9 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (3569, "59 min"),
        (3570, "1 h 0 min"),
        (3600, "1 h 0 min"),
        (7_170, "2 h 0 min"),
        (172_740, "47 h 59 min"),
    ],
)
def test_a_duration_turns_into_the_next_unit_where_it_rounds_to_it(
    seconds: float, words: str
) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(days=2) - timedelta(minutes=1), "47 h 59 min"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=400, hours=23), "400 d"),
        (timedelta(days=-9), "0.0 s"),
    ],
)
def test_an_age_is_told_in_days_from_the_second_on(passed: timedelta, words: str) -> None:
    assert age(NOW - passed, NOW) == words


@given(st.floats(0, 10**6))
def test_a_longer_duration_never_reads_shorter(seconds: float) -> None:
    units = {"s": 1.0, "min": 60.0, "h": 3600.0}
    words = duration(seconds).split()
    told = sum(
        float(figure) * units[unit] for figure, unit in zip(words[::2], words[1::2], strict=True)
    )
    assert told == pytest.approx(seconds, abs=30.5 if seconds >= 59.5 else 0.5)


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, "0 entries"), (1, "1 entry"), (-1, "-1 entries"), (1_000_000, "1,000,000 entries")],
)
def test_only_one_is_one(number: int, words: str) -> None:
    assert count(number, "entry", "entries") == words


@pytest.mark.parametrize(
    ("value", "words"), [(False, "no"), (0, "0"), (0.0, "0"), ((1,), "1"), ("0", "0")]
)
def test_what_is_known_is_never_shown_as_unknown_or_absent(value: object, words: str) -> None:
    assert shown(value) == words


# Tables.

TEXTS = st.text(alphabet="ab税\u0301 -/", max_size=12)
COLUMNS = st.lists(
    st.builds(
        Column,
        st.sampled_from(["A", "NAME"]),
        right=st.booleans(),
        gives_way=st.booleans(),
        cut_inside=st.booleans(),
        comfort=st.sampled_from([6, 16]),
        leaves=st.integers(0, 2),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=40)
@given(COLUMNS, st.data(), st.integers(1, 60))
def test_every_line_of_a_table_has_its_columns_where_the_heading_has_them(
    columns: list[Column], data: st.DataObject, width: int
) -> None:
    rows = data.draw(st.lists(st.lists(TEXTS, min_size=len(columns), max_size=len(columns))))
    lines = render_table(columns, rows, width=width).splitlines()
    assert len(lines) == len(rows) + 1
    assert all(line == line.rstrip() for line in lines)
    always = [column.title for column in columns if not column.leaves and not column.gives_way]
    assert all(title in lines[0] for title in always)
    if all(column.gives_way or column.leaves for column in columns):
        narrowest = 6 * len(columns) + len(GAP) * (len(columns) - 1)
        assert max(map(cell_width, lines)) <= max(width, narrowest)


@given(TEXTS, st.integers(1, 14))
def test_a_cut_text_begins_as_it_did_and_says_that_it_was_cut(text: str, width: int) -> None:
    short = cut(text, width)
    if cell_width(text) <= width:
        assert short == text
    else:
        assert short.endswith(ELLIPSIS)
        assert text.startswith(short.removesuffix(ELLIPSIS))
        assert cell_width(short) >= width - 1


@given(TEXTS, st.integers(3, 14))
def test_a_text_cut_inside_begins_and_ends_as_it_did(text: str, width: int) -> None:
    short = cut_inside(text, width)
    if short != text:
        head, tail = short.split(ELLIPSIS)
        assert text.startswith(head)
        assert text.endswith(tail)
        assert cell_width(tail) <= (width - 1) * 2 // 3


@given(st.lists(st.integers(7, 60), min_size=1, max_size=5), st.integers(1, 200))
def test_columns_give_way_from_the_widest_and_no_more_than_they_must(
    natural: list[int], width: int
) -> None:
    widths = fit(natural, [True] * len(natural), width)
    if sum(natural) <= width:
        assert widths == natural
    else:
        assert sum(widths) == max(width, 6 * len(natural))
        pairs = list(zip(widths, natural, strict=True))
        whole = [old for new, old in pairs if new == old]
        assert min(old for new, old in pairs if new < old) >= max(whole, default=0)


def test_a_column_that_stays_stays_on_any_terminal() -> None:
    columns = [Column("A"), Column("B", leaves=1), Column("C", gives_way=True, comfort=4)]
    assert staying(columns, [9, 9, 9], 0) == [0, 2]
    assert staying(columns, [9, 9, 9], 9 + 9 + 4 + 4) == [0, 1, 2]
    assert staying(columns, [9, 9, 9], 9 + 9 + 4 + 3) == [0, 2]


@given(st.lists(st.text(alphabet="ab-", min_size=1, max_size=9), max_size=8), st.integers(4, 30))
def test_words_are_folded_without_losing_one(words: list[str], width: int) -> None:
    lines = fold(" ".join(words), width, indent=" ", further=" ")
    assert " ".join(lines).split() == words
    assert all(len(line) <= width or " " not in line.strip() for line in lines)
    assert all(line.startswith(" ") for line in lines)


# The ledger.


def part(**more: Any) -> PartReport:
    given: dict[str, Any] = {"part": "GetRestApis", "outcome": "partial"}
    return PartReport(**(given | more))


@pytest.mark.parametrize(
    ("figures", "words"),
    [
        ({"listed": 0, "listed_whole": True}, "0 listed = 0 recorded"),
        ({"listed": 0}, "≥ 0 listed = 0 recorded"),
        (
            {"listed": 1200, "listed_whole": True, "recorded": 1200},
            "1,200 listed = 1,200 recorded",
        ),
        (
            {"listed": 3, "listed_whole": True, "recorded": 1, "skipped": 1, "failed": 1},
            "3 listed = 1 recorded + 1 skipped + 1 failed",
        ),
    ],
)
def test_sums_say_what_there_is_and_leave_out_what_there_is_not(
    figures: dict[str, Any], words: str
) -> None:
    assert ledger.sum_words(a_run(ledger=Ledger(**figures))) == words


def test_kinds_of_failures_are_named_once_in_order() -> None:
    errors = [SLOW, DENIED, SLOW, None]
    failed = tuple(Exclusion(native_id=str(n), error=error) for n, error in enumerate(errors))
    run = a_run(ledger=Ledger(listed=4, failed=4), parts=(part(failed=failed),))
    assert ledger.sum_words(run).endswith("4 failed (access denied, throttled)")


@pytest.mark.parametrize(
    ("report", "words"),
    [
        ({"error": DENIED, "parts": (part(error=SLOW),)}, "access denied: needs apigateway:GET"),
        ({"parts": (part(), part(error=SLOW))}, "throttled: slow down"),
        ({"parts": (part(failed=(Exclusion("a", error=SLOW),)),)}, "throttled: slow down"),
        ({"parts": (part(gaps=(Gap("a", "contract", SLOW),)),)}, "throttled: slow down"),
        ({"parts": (part(reason="one"), part(), part(reason="two"))}, "one; two"),
        ({"error": ErrorRecord(kind="access_denied", message="no")}, "access denied: no"),
        ({"error": OVERRULED}, "access denied: a boundary denies it"),
        ({}, ""),
    ],
    ids=[
        "own",
        "a part's",
        "an object's",
        "a detail's",
        "reasons",
        "no right",
        "overruled",
        "none",
    ],
)
def test_the_first_reason_is_the_one_to_look_at(report: dict[str, Any], words: str) -> None:
    assert ledger.reason_words(a_run(**report)).startswith(words)
    assert bool(ledger.reason_words(a_run(**report))) is bool(words)


@pytest.mark.parametrize("kind", sorted(ledger.NEXT_STEPS))
def test_every_next_step_is_a_whole_sentence(kind: str) -> None:
    step = ledger.next_step(a_run(error=ErrorRecord(kind=kind, message="x")))
    assert step
    assert "{" not in step
    assert not step.startswith("apiscape permissions") or step == "apiscape permissions prod"


def run_of(region: str, outcome: str, accepted: str | None = None) -> RunReport:
    return a_run(region, outcome=outcome, accepted=accepted)


@pytest.mark.parametrize(
    ("outcomes", "exit_code", "words"),
    [
        (["complete"], 0, "Complete: 1 scope seen whole."),
        (["complete", "absent"], 0, "Complete: 2 scopes seen whole."),
        (["complete"], 2, "Incomplete: 1 scope seen whole, but a source"),
        (["failed"], 2, "Incomplete: 1 of 1 scope could not be seen whole. "),
        (["partial", "failed", "complete"], 2, "Incomplete: 2 of 3 scopes could not be seen"),
        ([], 2, "Nothing was visited."),
    ],
)
def test_the_verdict_agrees_with_the_exit_code(
    outcomes: list[str], exit_code: int, words: str
) -> None:
    runs = [run_of(f"r{n}", outcome) for n, outcome in enumerate(outcomes)]
    assert ledger.verdict_line(runs, exit_code).startswith(words)


def test_gaps_that_somebody_answers_for_are_counted_beside_those_that_nobody_does() -> None:
    runs = [run_of("a", "failed", "known"), run_of("b", "partial"), run_of("c", "absent", "known")]
    assert "1 of 3 scopes could not be seen whole (1 gap accepted)" in ledger.verdict_line(runs, 2)


def entry(key: str, state: str) -> EstateEntry:
    return EstateEntry(source="prod", provider="aws", key=key, state=state)


@pytest.mark.parametrize(
    ("entries", "accounts", "words"),
    [
        ([("1/a", "visited"), ("2", "excluded")], 1, "1 of 2 accounts (1 excluded)"),
        ([("1/a", "visited"), ("1/b", "excluded")], 1, "1 account (1 excluded)"),
        (
            [("1/a", "visited"), ("2/a", "excluded"), ("2/b", "excluded")],
            1,
            "1 of 2 accounts (2 ex",
        ),
        ([("1/a", "visited"), ("2/a", "lost")], 2, "2 accounts (1 lost)"),
        ([("1/a", "visited"), ("2", "a newer word")], 1, "1 of 2 accounts"),
        ([("1", "unsupported"), ("2", "not_configured")], 0, "0 of 2 accounts (1 not configured, "),
    ],
)
def test_an_account_is_counted_once_wherever_it_is_visited(
    entries: list[tuple[str, str]], accounts: int, words: str
) -> None:
    held = [entry(key, state) for key, state in entries]
    assert ledger.estate_words(held, accounts, 0).startswith(words)


def test_a_source_of_which_nothing_is_visited_promises_no_time() -> None:
    nothing = a_forecast(scopes=0, unknown=0, calls=0, rate_per_s=0.0, seconds=0.0)
    made = ended(ScanReport(), told(a_source(), nothing))
    [head, *_] = scan_lines(made, SUMMARY, width=200, whole=False)
    assert head == "prod · aws · 0 accounts"


@settings(max_examples=40)
@given(st.integers(0, 30), st.integers(0, 4), st.integers(20, 200), st.booleans())
def test_no_run_that_saw_less_than_all_is_ever_left_out(
    complete: int, broken: int, width: int, whole: Any
) -> None:
    runs = [a_run(f"c-{n:02}") for n in range(complete)]
    runs += [a_run(f"x-{n:02}", outcome="failed", error=DENIED) for n in range(broken)]
    lines = ledger.run_lines(runs, {}, width=width, whole=whole)
    assert sum("✗" in line for line in lines) == broken
    shown_whole = sum("✓" in line for line in lines)
    hidden = [line for line in lines if "more complete" in line]
    assert shown_whole == (complete if whole else min(complete, ledger.MOST_COMPLETE_LINES))
    assert hidden == (
        [f"  … {complete - shown_whole} more complete"] if shown_whole < complete else []
    )


def test_hostile_words_of_a_provider_are_made_visible() -> None:
    error = ErrorRecord(kind="unreachable", message="\x1b[31mred\u202e", next_step="\x07ring")
    estate = [EstateEntry("prod", "aws", "\x1b1", title="\u200b", state="lost", reason="\x1b")]
    lines = ledger.run_lines([a_run(outcome="failed", error=error)], {}, width=200, whole=False)
    lines += ledger.estate_lines(estate)
    assert all(line == plain(line) for line in lines)


@pytest.mark.parametrize("name", ["returned", "superseded", "retired", "suspect", "not_observed"])
def test_what_seldom_happens_is_said_when_it_does(name: str) -> None:
    usual = ledger.totals_line(0, 0, Totals(), "14:02")
    assert usual == "0 deployments of 0 APIs · 0 appeared · 0 changed · 0 missing"
    rare = ledger.totals_line(0, 0, Totals(**{name: 1_000}), None)
    assert rare.startswith(f"{usual} · 1,000 {name.replace('_', ' ')}")
