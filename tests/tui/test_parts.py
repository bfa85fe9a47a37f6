"""The small parts: places, commands, saved views, themes, the clipboard, columns, words, lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.color import Color

from apiscape.client import words
from apiscape.model.values import UNKNOWN
from apiscape.tui import clipboard, commands, themes
from apiscape.tui.lines import Piece, field, fit, table, wrap
from apiscape.tui.places import History, Place
from apiscape.tui.saved import SavedViews
from apiscape.tui.screens.copying import quoted
from apiscape.tui.widgets.bar import compose
from apiscape.tui.widgets.table import Column, lay_out

A, B, C = Place("inventory", "a"), Place("inventory", "b"), Place("scopes")
NOW = datetime(2026, 9, 30, 14, 5, tzinfo=UTC)


def test_history_goes_back_and_ahead() -> None:
    history = History(A)
    history.visit(B)
    history.visit(C)
    assert history.step(-1) == B
    assert history.step(-1) == A
    assert history.step(-1) is None
    assert history.step(1) == B
    history.visit(A)
    assert history.step(1) is None


def test_history_swaps_and_amends() -> None:
    history = History(A)
    history.visit(B)
    assert history.last() == A
    assert history.last() == B
    history.amend("other")
    assert history.here == Place("inventory", "other")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("apis tax health:failing", Place("inventory", "tax health:failing")),
        (":scopes", Place("scopes", "")),
        ("sco", Place("scopes", "")),
        ("api notify", Place("deployment", "notify")),
        ("c", Place("changes", "")),
    ],
)
def test_commands_are_read_by_name_alias_and_beginning(text: str, place: Place) -> None:
    asked = commands.read(text)
    assert asked is not None
    assert asked.place == place


@pytest.mark.parametrize("text", ["", "nonsense", "x apis"])
def test_what_is_no_command_is_none(text: str) -> None:
    assert commands.read(text) is None


def test_commands_complete_names_words_and_deployments() -> None:
    assert commands.complete("sc") == (0, ["scopes "])
    assert commands.complete("theme li") == (6, ["light"])
    assert commands.complete("api no", ["notify", "payments"]) == (4, ["notify"])
    assert commands.complete("nonsense x") == (10, [])


def test_saved_views_last_in_a_folder(tmp_path: Path) -> None:
    assert SavedViews(tmp_path / "new").keep(2, "tax")
    assert SavedViews(tmp_path / "new").get(2) == "tax"
    assert SavedViews(tmp_path / "new").get(3) is None


def test_saved_views_without_a_folder_last_as_long_as_they_are_there() -> None:
    views = SavedViews(None)
    assert not views.keep(1, "tax")
    assert views.get(1) == "tax"


def test_a_file_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "views.json"
    file.write_text("not json", "utf-8")
    assert not SavedViews(tmp_path).keep(1, "tax")
    assert file.read_text("utf-8") == "not json"


@pytest.mark.parametrize(
    ("environ", "theme"),
    [
        ({"COLORTERM": "truecolor"}, "dark"),
        ({"COLORTERM": "24bit", "COLORFGBG": "0;15"}, "light"),
        ({}, "ansi-dark"),
        ({"COLORFGBG": "0;default;7"}, "ansi-light"),
        ({"COLORTERM": "truecolor", "SSH_TTY": "/dev/pts/1"}, "ansi-dark"),
        ({"COLORTERM": "truecolor", "NO_COLOR": "1"}, "ansi-dark"),
    ],
)
def test_auto_asks_the_terminal(environ: dict[str, str], theme: str) -> None:
    assert themes.choose("auto", environ) == theme
    assert themes.choose("light", environ) == "light"


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours as the web's accessibility guidelines reckon it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: Color) -> float:
    """Return how light a colour is, from 0 to 1."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (value / 255 for value in colour.rgb)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


@pytest.mark.parametrize("palette", [themes.DARK, themes.LIGHT])
@pytest.mark.parametrize(
    "tone", ["text", "strong", "muted", "faint", "title", "accent", "good", "warn", "bad"]
)
def test_every_tone_can_be_read_on_every_ground(palette: dict[str, str], tone: str) -> None:
    colour = Color.parse(palette[tone])
    for ground in ("ground", "panel"):
        assert contrast(colour, Color.parse(palette[ground])) >= 4.5


@pytest.mark.parametrize("palette", [themes.DARK, themes.LIGHT])
def test_the_cursor_can_be_read(palette: dict[str, str]) -> None:
    for ink, ground in (("cursor-text", "cursor"), ("text", "resting")):
        assert contrast(Color.parse(palette[ink]), Color.parse(palette[ground])) >= 4.5


@pytest.mark.parametrize("palette", [themes.ANSI_DARK, themes.ANSI_LIGHT])
def test_terminal_palettes_hold_no_colour_of_ours(palette: dict[str, str]) -> None:
    assert all(colour.startswith("ansi_") for colour in palette.values())


def test_the_clipboard_of_the_desktop_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    tool = tmp_path / "wl-copy"
    tool.write_text('#!/bin/sh\n/bin/cat > "$0.out"\n', "utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    sent: list[str] = []
    words = clipboard.copy("payments", {"WAYLAND_DISPLAY": "wayland-0"}, sent.append)
    assert (tmp_path / "wl-copy.out").read_text("utf-8") == "payments"
    assert (words, sent) == ("Copied 8 characters.", [])


def test_over_ssh_the_terminal_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    words = clipboard.copy("payments", {"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, sent.append)
    assert sent == ["payments"]
    assert "if it allows that" in words


def test_what_no_terminal_takes_goes_to_a_file_of_the_owner() -> None:
    sent: list[str] = []
    words = clipboard.copy("x" * 80_000, {"SSH_TTY": "1"}, sent.append)
    path = Path(words.rpartition(" ")[2])
    assert sent == []
    assert path.read_text("utf-8") == "x" * 80_000
    assert path.stat().st_mode & 0o077 == 0
    path.unlink()


def test_a_shell_takes_an_address_as_one_word() -> None:
    assert quoted("https://x/$(id)'") == "'https://x/$(id)'\\'''"


COLUMNS = (
    Column("state", "STATE", most=12, rank=0),
    Column("name", "NAME", most=40, rank=1, least=10),
    Column("owner", "OWNER", most=20, rank=2),
)
LONGEST = {"state": 9, "name": 30, "owner": 12}


@pytest.mark.parametrize(
    ("width", "widths"),
    [(60, [9, 30, 12]), (50, [9, 25, 12]), (35, [9, 10, 12]), (30, [9, 19]), (8, [9])],
)
def test_columns_share_the_width(width: int, widths: list[int]) -> None:
    assert [placed.width for placed in lay_out(COLUMNS, LONGEST.__getitem__, width)] == widths


EASY = (
    Column("a", "A", most=30, rank=0, least=4),
    Column("b", "B", most=20, rank=1, least=4, comfort=10),
    Column("c", "C", most=6, rank=2),
)


@pytest.mark.parametrize(
    ("width", "widths"),
    [
        (10, [4, 4]),
        (16, [4, 10]),
        (23, [11, 10]),
        (24, [4, 10, 6]),
        (29, [9, 10, 6]),
        (50, [30, 10, 6]),
        (60, [30, 20, 6]),
        (99, [30, 20, 6]),
    ],
)
def test_a_column_has_its_comfort_before_another_comes(width: int, widths: list[int]) -> None:
    assert [placed.width for placed in lay_out(EASY, lambda _: 40, width)] == widths


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (UNKNOWN, "?"),
        (None, "–"),
        ((), "–"),
        ("", "–"),
        ([], "–"),
        (0, "0"),
        (48213, "48,213"),
        (True, "yes"),
        (0.44, "0.4"),
        (912.3, "912"),
        (("a", "b"), "a, b"),
        (NOW, "2026-09-30 14:05"),
        ("word", "word"),
    ],
)
def test_unknown_absent_and_zero_are_three_words(value: object, text: str) -> None:
    assert words.shown(value) == text


def test_times_are_as_short_as_they_can_be() -> None:
    assert words.clock(None, NOW) == "never"
    assert words.clock(NOW, NOW) == "14:05"
    assert words.clock(NOW - timedelta(days=8), NOW) == "22 Sep 14:05"
    assert words.clock(NOW - timedelta(days=400), NOW) == "2025-08-26"
    assert words.day(NOW - timedelta(days=8), NOW) == "22 Sep"
    assert words.day(NOW - timedelta(days=400), NOW) == "2025-08"
    assert words.day(None, NOW) == "–"


def test_a_state_of_a_newer_version_keeps_its_word() -> None:
    assert words.state_in(words.HEALTH, "on_fire").text == "? on fire"
    assert words.row_state("healthy", "missing").word == "missing"


def test_states_differ_in_shape_within_each_vocabulary() -> None:
    for states in (words.HEALTH, words.OUTCOME, words.CHANGE, words.REACH, words.SWITCH):
        glyphs = [state.glyph for state in states.values()]
        assert len(set(glyphs)) == len(glyphs)


def test_texts_are_wrapped_at_seams_and_cut_with_an_ellipsis() -> None:
    assert wrap("one two three", 8) == ["one two", "three"]
    assert wrap("https://host.example/long/path", 22) == ["https://host.example/", "long/path"]
    assert fit("payments", 5) == "paym…"
    assert fit("7", 3, right=True) == "  7"
    assert fit("x", 0) == ""


def test_fields_hang_under_themselves() -> None:
    lines = [each.text for each in field("owner", "Team Tax and Team Vat", 24, label=8)]
    assert lines == ["owner   Team Tax and", "        Team Vat"]


def test_tables_align() -> None:
    rows = [[Piece("a"), Piece("1")], [Piece("long"), Piece("2")]]
    assert [each.text for each in table(rows, 40)] == ["a     1", "long  2"]


def test_what_stands_to_the_right_is_cut_last() -> None:
    text = "".join(piece.text for piece in compose([Piece("left side")], [Piece("right")], 14))
    assert text == " left…  right "[:14] or text.endswith("right ")
    assert len(text) == 14
