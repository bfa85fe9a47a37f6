from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from apiscape.errors import QueryError
from apiscape.query import EVERYTHING, format_view, parse
from apiscape.query.syntax import AnyOf, Glob, Literal, Nothing, Regex, View, Word
from tests.strategies import POOL, views

_CHARACTERS = "aB1x_ -:/\\\"',*<>=.%~\u00a0\u2028ß"
_SNIPPETS = (
    "health:failing",
    "-owner:",
    "5xx>",
    "changed<2h",
    "tag:a=",
    "sort:name:desc",
    "at:2026-09-30",
    "/v1/",
    *POOL,
)


def _texts() -> st.SearchStrategy[str]:
    pieces = st.lists(st.sampled_from(_SNIPPETS) | st.text(_CHARACTERS, max_size=4), max_size=6)
    return st.text(_CHARACTERS, max_size=20) | pieces.map("".join) | pieces.map(" ".join)


def _outcome(text: str) -> View | QueryError:
    try:
        return parse(text)
    except QueryError as error:
        return error


@given(views())
@example(View((AnyOf("name", (Literal("/a\\"),)), Word("b/"))))
@example(View((Word("/tax"), Word("-x"), Word("-", negated=True), Word("::1"), Word(":a"))))
@example(View((Regex("a\\ b"), Regex("/x"), Word("c/"))))
@example(View((AnyOf("owner", (Literal("a\u00a0b"), Literal("none"), Nothing.NONE)),)))
@example(View((AnyOf("region", (Glob(("//a", "b/")),)), AnyOf("region", (Literal("//"),)))))
def test_what_is_printed_reads_as_the_same_view(view: View) -> None:
    assert parse(format_view(view)) == view


@given(_texts())
def test_what_is_read_prints_in_a_form_that_stays(text: str) -> None:
    view = _outcome(text)
    if isinstance(view, View):
        printed = format_view(view)
        assert parse(printed) == view
        assert format_view(parse(printed)) == printed


@given(_texts() | st.text())
def test_any_text_is_a_view_or_an_error_that_points_into_it(text: str) -> None:
    outcome = _outcome(text)
    if isinstance(outcome, QueryError):
        assert outcome.text == text
        assert 1 <= outcome.column <= len(text) + 1


def test_the_empty_text_is_every_row() -> None:
    assert parse("") == parse("  ") == parse("/") == EVERYTHING
    assert format_view(EVERYTHING) == ""
