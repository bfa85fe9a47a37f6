from __future__ import annotations

import pytest

from apiscape.query import format_view, parse
from apiscape.tui import view_edits


@pytest.mark.parametrize(
    ("before", "field", "value", "after"),
    [
        ("", "health", "failing", "health:failing"),
        ("health:failing", "health", "failing", ""),
        ("health:failing", "health", "degraded", "health:failing,degraded"),
        ("health:failing,degraded", "health", "failing", "health:degraded"),
        (
            "tax health:failing sort:p95",
            "owner",
            "Team Tax",
            'tax health:failing owner:"team tax" sort:p95',
        ),
        ("", "owner", None, "owner:none"),
        ("owner:none", "owner", None, ""),
        ("", "health", "unknown", "health:unknown"),
        ("-health:failing", "health", "failing", "-health:failing health:failing"),
    ],
)
def test_a_value_is_asked_for_and_no_longer(
    before: str, field: str, value: str | None, after: str
) -> None:
    assert format_view(view_edits.toggle_value(parse(before), field, value)) == after


def test_what_a_view_asks_for_is_marked_in_facets() -> None:
    view = parse("health:failing,unknown owner:none -health:idle")
    assert view_edits.asked_values(view, "health") == {"failing", "unknown"}
    assert view_edits.asked_values(view, "owner") == {None}


def test_the_faulty_come_and_go() -> None:
    once = view_edits.toggle_term(parse("tax"), view_edits.FAULTY)
    assert format_view(once) == "tax health:failing,degraded"
    assert view_edits.toggle_term(once, view_edits.FAULTY) == parse("tax")


@pytest.mark.parametrize(
    ("before", "field", "after"),
    [
        ("", "p95", "sort:p95"),
        ("sort:p95", "p95", "sort:p95:desc"),
        ("sort:p95:desc", "name", "sort:name"),
        ("", "name", "sort:name:desc"),
    ],
)
def test_sorting_by_the_same_turns_round(before: str, field: str, after: str) -> None:
    assert format_view(view_edits.sort_by(parse(before), field)) == after


def test_reversing_without_an_order_reverses_names() -> None:
    assert format_view(view_edits.reverse(parse("tax"))) == "tax sort:name:desc"


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        ("sort:b", 1, "c"),
        ("sort:b", -1, "a"),
        ("sort:a", -1, "c"),
        ("sort:zz", 1, "a"),
        ("sort:zz", -1, "c"),
    ],
)
def test_sorting_goes_from_column_to_column(before: str, step: int, after: str) -> None:
    fields = ["health", "stage", "auth"]
    names = dict(zip("abc", fields, strict=True)) | {"zz": "uid"}
    view = parse(f"sort:{names[before.removeprefix('sort:')]}")
    assert format_view(view_edits.sort_beside(view, fields, step)) == f"sort:{names[after]}"


def test_sorting_beside_nothing_changes_nothing() -> None:
    assert view_edits.sort_beside(parse("tax"), [], 1) == parse("tax")


def test_columns_come_go_and_never_all_go() -> None:
    view = view_edits.toggle_column(parse(""), "p95", ["name", "health"])
    assert format_view(view) == "cols:name,health,p95"
    assert format_view(view_edits.toggle_column(view, "name", view.columns)) == "cols:health,p95"
    assert view_edits.toggle_column(parse("cols:name"), "name", ["name"]).columns == ("name",)


def test_clearing_keeps_how_it_is_shown() -> None:
    view = parse("tax at:2026-09-30 undecided:yes sort:p95 cols:name")
    assert format_view(view_edits.without_terms(view)) == "sort:p95 cols:name"


def test_the_word_none_is_asked_for_and_taken_back_as_what_it_means() -> None:
    asked = parse("auth:none,mixed")
    assert view_edits.asked_values(asked, "auth") == {None, "none", "mixed"}
    assert view_edits.asked_values(parse("owner:none"), "owner") == {None}
    assert format_view(view_edits.toggle_value(asked, "auth", "none")) == "auth:mixed"
    assert format_view(view_edits.toggle_value(parse(""), "auth", "none")) == "auth:none"
