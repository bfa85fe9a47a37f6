"""Rows as cells, values as words: the grid's own way of saying unknown, absent and zero."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

import pytest
from rich.cells import cell_len

from apiscape.client import words
from apiscape.model import vocabulary
from apiscape.model.plain import is_plain
from apiscape.model.row import Row
from apiscape.model.values import UNKNOWN
from apiscape.query import FIELDS, parse
from apiscape.tui.lines import Piece, chop, fit, fit_inside, line, paragraph, table, wrap
from apiscape.tui.neutralise import neutralise
from apiscape.tui.rows import BESIDE, COLUMNS, RowTable, columns_of, telling
from apiscape.tui.screens.copying import copies, quoted
from apiscape.tui.store import ColumnStore
from apiscape.tui.widgets.bar import whole
from apiscape.tui.widgets.fixed import Entry, FixedTable
from tests.tui.fake import renamed
from tests.tui.rows import BEFORE, NOW, department
from tests.tui.saying import a_row


def a_table(*rows: Any, fresh: tuple[str, ...] = ()) -> RowTable:
    store = ColumnStore.of_rows(rows)
    return RowTable(store, range(len(rows)), NOW, fresh)


@pytest.mark.parametrize(
    ("field", "values", "text"),
    [
        ("owner", {"owners": UNKNOWN}, "?"),
        ("owner", {"owners": ()}, "–"),
        ("owner", {"owners": ("Team Tax", "Team Vat")}, "Team Tax, Team Vat"),
        ("operations", {"operations": UNKNOWN}, "?"),
        ("operations", {"operations": 0}, "0"),
        ("operations", {"operations": 1_204}, "1,204"),
        ("version", {"version": UNKNOWN}, "?"),
        ("version", {"version": None}, "–"),
        ("region", {"region": None}, "–"),
        ("stage", {"stage": "prod"}, "prod"),
        ("environment", {"environment": "unknown"}, "?"),
        ("exposure", {"exposure": "unknown"}, "?"),
        ("style", {"style": "rest"}, "rest"),
        ("requests", {"requests": UNKNOWN}, "?"),
        ("requests", {"requests": 0.0}, "0"),
        ("requests", {"requests": 12_400.0}, "12,400"),
        ("5xx", {"errors_5xx": 0.04}, "0.04"),
        ("5xx", {"errors_5xx": 0.0}, "0"),
        ("5xx", {"errors_5xx": 7.2}, "7.2"),
        ("p95", {"p95_ms": 912.3}, "912"),
        ("observed", {"observed_at": None}, "–"),
        ("observed", {"observed_at": BEFORE}, "08:05"),
        ("observed", {"observed_at": NOW - timedelta(days=8)}, "22 Sep"),
        ("observed", {"observed_at": NOW - timedelta(days=400)}, "2025-08"),
        ("auth", {"auth": "unknown"}, "?"),
        ("auth", {"auth": "required"}, "required"),
        ("health", {"health": "unknown"}, "? unknown"),
        ("health", {"health": "healthy", "presence": "missing"}, "∅ missing"),
        ("health", {"health": "failing", "presence": "suspect"}, "‼ suspect"),
    ],
)
def test_a_cell_says_unknown_absent_or_the_figure(field: str, values: Any, text: str) -> None:
    assert a_table(a_row(**values)).cells(0, [field])[0].text == text


@pytest.mark.parametrize(
    ("auth", "exposure", "tone"),
    [
        ("none", "internet", "warn"),
        ("mixed", "internet", "warn"),
        ("none", "private", "muted"),
        ("none", "unknown", "muted"),
        ("required", "internet", "muted"),
        ("unknown", "internet", "muted"),
    ],
)
def test_what_is_open_to_the_internet_stands_out(auth: str, exposure: str, tone: str) -> None:
    assert a_table(a_row(auth=auth, exposure=exposure)).cells(0, ["auth"])[0].tone == tone


@pytest.mark.parametrize(
    ("freshness", "fresh", "mark", "name_tone"),
    [
        ("current", (), " ", "text"),
        ("current", ("uid-1",), "~", "text"),
        ("not_observed", (), "◌", "faint"),
        ("not_observed", ("uid-1",), "◌", "faint"),
    ],
)
def test_what_was_not_seen_is_marked_and_pale(
    freshness: str, fresh: tuple[str, ...], mark: str, name_tone: str
) -> None:
    rows = a_table(a_row(freshness=freshness, health="failing"), fresh=fresh)
    assert rows.mark_at(0).text == mark
    state, name = rows.cells(0, ["health", "name"])
    assert (state.tone, name.tone) == ("bad", name_tone)


def test_places_and_uids_are_two_ways_to_one_row() -> None:
    rows = department(9)
    store = ColumnStore.of_rows(rows)
    shown = RowTable(store, [4, 2], NOW, ())
    assert len(shown) == 2
    assert [shown.place_of(shown.uid_at(place)) for place in (0, 1)] == [0, 1]
    assert shown.place_of(store.uids[0]) is None
    assert shown.place_of("nobody") is None


@pytest.mark.parametrize(
    ("field", "length"),
    [
        ("health", len("∅ superseded")),
        ("name", len("payments")),
        ("observed", len("2026-09")),
        ("owner", len("Team Tax, Team Vat")),
        ("version", 1),
    ],
)
def test_a_column_is_as_wide_as_its_longest_cell(field: str, length: int) -> None:
    row = a_row(presence="superseded", owners=("Team Tax", "Team Vat"), version=None)
    assert a_table(row).longest(field) == length


@pytest.mark.parametrize(
    ("view", "wide", "fields"),
    [
        ("", True, [column.field for column in COLUMNS]),
        ("", False, [column.field for column in COLUMNS if column.rank <= BESIDE]),
        ("cols:p95,name", False, ["p95", "name"]),
        ("cols:native_id,consumers", True, ["native_id", "consumers"]),
    ],
)
def test_columns_are_those_of_the_view_or_the_usual_ones(
    view: str,
    wide: bool,
    fields: list[str],
) -> None:
    assert [column.field for column in columns_of(parse(view), wide=wide)] == fields


def test_columns_that_a_view_names_keep_its_order_when_room_is_short() -> None:
    columns = columns_of(parse("cols:consumers,native_id,name"), wide=False)
    assert [column.rank for column in columns] == [0, 1, 2]
    assert columns[0].right
    assert (columns[1].title, columns[1].right, columns[1].most) == ("NATIVE ID", False, 40)


@pytest.mark.parametrize("field", [name for name, each in FIELDS.items() if not each.deep])
def test_every_field_can_be_a_column_of_a_row_of_which_nothing_is_known(field: str) -> None:
    shown = a_table(a_row())
    column = columns_of(parse(f"cols:{field}"), wide=True)[0]
    assert column.field == field
    assert shown.cells(0, [field])[0].text
    assert "UNSET" not in shown.cells(0, [field])[0].text
    assert shown.longest(field) >= 1


@pytest.mark.parametrize(
    ("table_", "vocabulary_"),
    [
        (words.HEALTH, vocabulary.HealthState),
        (words.PRESENCE, vocabulary.Presence),
        (words.FRESHNESS, vocabulary.Freshness),
        (words.STATUS, vocabulary.Status),
        (words.OUTCOME, vocabulary.Outcome),
        (words.REACH, vocabulary.ReachState),
        (words.CHANGE, vocabulary.ChangeKind),
        (words.SWITCH, vocabulary.Switch),
        (words.BASIS_WORDS, vocabulary.Basis),
    ],
)
def test_every_word_of_the_model_can_be_said(table_: Any, vocabulary_: type[StrEnum]) -> None:
    assert set(table_) == set(vocabulary_)


@pytest.mark.parametrize("states", [words.HEALTH, words.STATUS, words.SWITCH])
def test_the_unknown_is_never_good(states: Any) -> None:
    assert states["unknown"].glyph == "?"
    assert states["unknown"].tone == "muted"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.001, "0.001"),
        (0.04, "0.04"),
        (0.1, "0.1"),
        (-0.04, "-0.04"),
        (9.94, "9.9"),
        (10.0, "10"),
        (12_400.4, "12,400"),
    ],
)
def test_a_small_figure_is_not_rounded_to_nothing(value: float, text: str) -> None:
    assert words.figure(value) == text


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 scopes"), (1, "1 scope"), (2, "2 scopes"), (1_204, "1,204 scopes")]
)
def test_things_are_counted_in_words(number: int, text: str) -> None:
    assert words.count(number, "scope") == text


def test_an_odd_plural_is_given() -> None:
    assert [words.count(number, "entry", "entries") for number in (1, 2)] == [
        "1 entry",
        "2 entries",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (27, "27 s"), (59.6, "1 min"), (75, "1 min"), (7500, "2 h 5 min")],
)
def test_how_long_it_took(seconds: float, text: str) -> None:
    assert words.took(NOW, NOW + timedelta(seconds=seconds)) == f"took {text}"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ((UNKNOWN, "a"), "?, a"),
        ([None, 0], "–, 0"),
        (False, "no"),
        (vocabulary.Style.REST, "rest"),
    ],
)
def test_values_within_values_keep_their_signs(value: object, text: str) -> None:
    assert words.shown(value) == text


def test_a_day_that_is_no_time_is_said_as_it_is() -> None:
    assert [words.day(value, NOW) for value in (UNKNOWN, None, NOW)] == ["?", "–", "14:05"]


@pytest.mark.parametrize(
    ("text", "width", "parts"),
    [
        ("", 8, [""]),
        ("tax", 8, ["tax"]),
        ("税税税税", 5, ["税税", "税税"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("a:bcdefgh", 5, ["a:bcd", "efgh"]),
        ("one\ntwo", 9, ["one�two"]),
    ],
)
def test_texts_break_within_their_width(text: str, width: int, parts: list[str]) -> None:
    assert wrap(text, width) == parts


@pytest.mark.parametrize(
    ("text", "width", "right", "cells"),
    [
        ("tax", 5, False, "tax  "),
        ("tax", 5, True, "  tax"),
        ("taxes", 4, False, "tax…"),
        ("税税税", 5, False, "税税…"),
        ("税税税", 4, False, "税… "),
        ("税", 1, False, "…"),
        ("税", 0, False, ""),
        ("tax", -3, False, ""),
        ("\x1b[2J", 6, False, "�[2J  "),
    ],
)
def test_a_cell_has_exactly_its_width(text: str, width: int, *, right: bool, cells: str) -> None:
    assert fit(text, width, right=right) == cells


@pytest.mark.parametrize(
    ("text", "width", "beginning"),
    [("税税", 3, "税"), ("abc", 2, "ab"), ("", 3, ""), ("abc", 0, "")],
)
def test_the_beginning_of_a_text(text: str, width: int, beginning: str) -> None:
    assert chop(text, width).rstrip() == beginning


def test_a_table_with_short_rows_and_no_room_stays_a_table() -> None:
    rows = [[Piece("a"), Piece("b"), Piece("c")], [Piece("long")]]
    assert [each.text for each in table(rows, 40)] == ["a     b  c", "long"]
    assert [each.text.rstrip() for each in table(rows, 3)] == ["a", "lo…"]
    assert table([], 40) == []


def test_a_paragraph_keeps_eight_cells_however_narrow() -> None:
    assert [each.text for each in paragraph("one two three", 4, indent=2)] == [
        "  one two",
        "  three",
    ]


def test_a_line_is_harmless_and_remembers_what_to_act_on() -> None:
    made = line("\x1b]0;x\x07", ("two\nlines", "bad"), key="uid")
    assert made.text.isprintable()
    assert (made.key, made.pieces[1].tone) == ("uid", "bad")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("e\u0301", "e\u0301"),
        ("a\u0301\u0301\u0301\u0301\u0301b", "a\u0301\u0301\u0301\N{REPLACEMENT CHARACTER}b"),
        ("\u202eevil", "\N{REPLACEMENT CHARACTER}evil"),
        ("tax", "tax"),
    ],
)
def test_marks_stay_as_far_as_scripts_need_them(text: str, safe: str) -> None:
    assert neutralise(text) == safe


def test_a_fixed_table_has_blanks_where_a_row_has_no_cell() -> None:
    shown = FixedTable([Entry("a", {"x": Piece("税税")}), Entry("b", {"y": Piece("12")})])
    assert [piece.text for piece in shown.cells(1, ["x", "y"])] == ["", "12"]
    assert (shown.longest("x"), shown.longest("y"), shown.longest("z")) == (4, 2, 1)
    assert (shown.place_of("b"), shown.place_of("c"), shown.uid_at(0)) == (1, None, "a")


@pytest.mark.parametrize(
    ("endpoints", "names"),
    [
        (("https://x.example/a'b",), set()),
        ((), {"url", "curl"}),
        (UNKNOWN, {"url", "curl"}),
    ],
)
def test_what_a_row_lacks_is_named_and_cannot_be_copied(endpoints: Any, names: set[str]) -> None:
    found = copies(a_row(endpoints=endpoints))
    assert set(found) == {"name", "url", "native id", "uid", "curl", "command", "json"}
    assert {name for name, text in found.items() if text is None} == names
    assert found["curl"] in {None, "curl -sS 'https://x.example/a'\\''b'"}
    assert ('"endpoints"' in str(found["json"])) is (endpoints is not UNKNOWN)


def test_what_a_terminal_would_obey_is_not_copied() -> None:
    bad = "pay\x1b[2J\nrm -rf ~"
    row = a_row(name=bad, native_id=bad, endpoints=(f"https://x.example/{bad}",))
    for text in copies(row).values():
        assert is_plain(str(text))


def test_a_quoted_text_cannot_end_its_quotes() -> None:
    assert quoted("a'; rm -rf ~; '") == "'a'\\''; rm -rf ~; '\\'''"


@pytest.mark.parametrize(
    ("text", "width", "cells"),
    [
        ("aws.apigateway.websocket", 16, "aws.api…ebsocket"),
        ("payments-prod eu-west-1", 12, "payme…west-1"),
        ("payments", 8, "payments"),
        ("payments", 10, "payments  "),
        ("payments", 5, "paym…"),
        ("税税税税税税税税", 9, "税税…税税"),
        ("a\x1b" * 9, 8, "a\ufffda…a\ufffda\ufffd"),
        ("anything", 0, ""),
    ],
)
def test_a_long_name_keeps_both_its_ends(text: str, width: int, cells: str) -> None:
    shown = fit_inside(text, width)
    assert shown == cells
    assert cell_len(shown) == width


BLANKS = {"owners": UNKNOWN, "environment": "unknown", "stage": None, "region": None}


def titles_of(*rows: Row, sorted_by: str = "name") -> set[str]:
    table = RowTable(ColumnStore.of_rows(rows), range(len(rows)), NOW, ())
    return {column.field for column in telling(COLUMNS, table, sorted_by)}


def test_columns_that_say_nothing_of_any_row_leave_their_room() -> None:
    blank = a_row(health="unknown", presence="present", **BLANKS)
    shown = titles_of(blank, renamed(blank, uid="other"))
    assert not shown & {"health", "owner", "environment", "stage", "region"}
    assert "name" in shown
    assert "region" in titles_of(blank, sorted_by="region")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"health": "idle"}, "health"),
        ({"presence": "missing"}, "health"),
        ({"owners": ("Team Tax",)}, "owner"),
        ({"environment": "test"}, "environment"),
    ],
)
def test_a_column_that_says_something_of_one_row_is_there(
    values: dict[str, Any], field: str
) -> None:
    blank = a_row(health="unknown", presence="present", **BLANKS)
    assert field in titles_of(blank, renamed(blank, uid="other", **values))
    store = ColumnStore.of_rows([blank])
    table = RowTable(store, range(1), NOW, ())
    assert table.is_blank(field)
    store.update([renamed(blank, **values)])
    assert not table.is_blank(field)


def test_an_empty_grid_keeps_its_columns() -> None:
    assert titles_of() == {column.field for column in COLUMNS}


@pytest.mark.parametrize(
    ("room", "shown"), [(0, 0), (4, 0), (5, 2), (9, 2), (10, 4), (14, 4), (99, 5)]
)
def test_keys_go_whole_where_there_is_no_room_for_all(room: int, shown: int) -> None:
    pieces = [Piece("ab"), Piece("cde"), Piece("fg"), Piece("hij"), Piece("klmno")]
    assert list(whole(pieces, room, 2)) == pieces[:shown]
