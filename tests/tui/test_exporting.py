"""Exports from the screen: the writers of the command, a new file each time, and words that are true."""

from __future__ import annotations

import errno
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.model.row import Row
from apiscape.report import rows as report
from apiscape.tui.options import Options
from apiscape.tui.screens import exporting
from apiscape.tui.screens.exporting import FORMATS, pick, write_new
from apiscape.tui.screens.menu import Menu
from tests.tui.driving import NARROW, WIDE, app_of, inventory_of, opened, press, rest, said
from tests.tui.fake import FakeInventory, fixed_clock, renamed
from tests.tui.rows import department
from tests.tui.shots import make_app

ROWS = [renamed(row, presence="present") for row in department(9)]
HOSTILE = renamed(ROWS[0], name="=cmd|'/c calc'!A1 \x1b[2J")


def options(folder: Path) -> Options:
    return Options(poll_s=3600, clock=fixed_clock, export_folder=folder)


def files_in(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_the_menu_has_the_formats_of_the_command() -> None:
    assert set(FORMATS) == set(report.FORMATS)


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_holds_what_the_command_writes(tmp_path: Path, form: str) -> None:
    expected = io.StringIO()
    report.FORMATS[form](iter([HOSTILE, *ROWS[1:]]), expected)
    path = tmp_path / f"x.{form}"
    words = write_new(iter([HOSTILE, *ROWS[1:]]), form, path)
    assert path.read_bytes().decode() == expected.getvalue()
    assert words == f"9 deployments written to {path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_spreadsheet_computes_nothing_of_it(tmp_path: Path) -> None:
    write_new(iter([HOSTILE]), "csv", tmp_path / "x.csv")
    text = (tmp_path / "x.csv").read_text("utf-8")
    assert ",'=cmd" in text
    assert "\x1b" not in text


def test_no_file_is_ever_overwritten(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine", "utf-8")
    (tmp_path / "x-2.csv").symlink_to(tmp_path / "nowhere")
    words = write_new(iter(ROWS), "csv", tmp_path / "x.csv")
    assert words.endswith(f"written to {tmp_path / 'x-3.csv'}")
    assert (tmp_path / "x.csv").read_text("utf-8") == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_half_a_file_does_not_stay(tmp_path: Path) -> None:
    def rows() -> Iterator[Row]:
        yield ROWS[0]
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_new(rows(), "jsonl", tmp_path / "x.jsonl")
    assert not files_in(tmp_path)


async def test_all_that_is_shown_is_exported(tmp_path: Path) -> None:
    app = make_app(FakeInventory(ROWS), view="sort:uid:desc", options=options(tmp_path))
    async with opened(app) as pilot:
        await press(pilot, "e")
        menu = pilot.app.screen
        assert isinstance(menu, Menu)
        assert menu.heading == "export 9 deployments shown"
        await press(pilot, "j", "enter")
        (path,) = files_in(tmp_path)
        assert path.name == "apiscape-2026-09-30-1405.json"
        found = [each["uid"] for each in json.loads(path.read_text("utf-8"))]
        assert found == sorted((row.uid for row in ROWS), reverse=True)
        assert "9 deployments written to" in said(pilot)


async def test_marked_rows_are_exported_wherever_they_are_now(tmp_path: Path) -> None:
    inventory = FakeInventory(ROWS)
    async with opened(make_app(inventory, options=options(tmp_path)), WIDE) as pilot:
        await press(pilot, "space", "space", "space")
        names = [row.name for row in pick(inventory_of(pilot)).rows]
        inventory_of(pilot).open("at:2026-09-01 -presence:present")
        await rest(pilot)
        picked = pick(inventory_of(pilot))
        assert picked.what == "3 deployments marked"
        assert [row.name for row in picked.rows] == names
        assert picked.missed == ""


async def test_a_marked_row_that_is_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    inventory = FakeInventory(ROWS)
    async with opened(make_app(inventory, options=options(tmp_path))) as pilot:
        await press(pilot, "space", "space")
        inventory_of(pilot).grid.marked.add("a-stranger")
        await press(pilot, "e", "enter")
        (path,) = files_in(tmp_path)
        assert len(path.read_text("utf-8").splitlines()) == 3
        assert "1 marked row no longer there." in said(pilot)


async def test_what_was_not_fetched_is_said_to_lack(tmp_path: Path) -> None:
    from apiscape.tui import feed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "PAGE_ROWS", 2)
        patch.setattr(feed, "MOST_ROWS", 4)
        app = make_app(FakeInventory(ROWS), view="at:2026-09-01", options=options(tmp_path))
        async with opened(app) as pilot:
            assert pick(inventory_of(pilot)).missed.startswith("5 more were not fetched")


async def test_scopes_that_were_not_seen_whole_are_named_with_it(tmp_path: Path) -> None:
    inventory = FakeInventory(ROWS)
    async with opened(make_app(inventory, options=options(tmp_path))) as pilot:
        session = app_of(pilot).session
        session.summary = renamed(session.summary, incomplete=("a", "b"))  # type: ignore[arg-type, assignment]
        await press(pilot, "e", "enter")
        assert "2 scopes not seen whole" in said(pilot)


async def test_where_nothing_is_shown_nothing_is_exported(tmp_path: Path) -> None:
    app = make_app(FakeInventory(ROWS), view="zzz", options=options(tmp_path))
    async with opened(app, NARROW) as pilot:
        await press(pilot, "e")
        assert not isinstance(pilot.app.screen, Menu)
        assert "nothing to export" in said(pilot)


async def test_an_export_that_is_not_wanted_writes_nothing(tmp_path: Path) -> None:
    async with opened(make_app(FakeInventory(ROWS), options=options(tmp_path))) as pilot:
        await press(pilot, "e", "escape")
        assert not files_in(tmp_path)


async def test_a_folder_that_takes_no_file_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "not-there"
    async with opened(make_app(FakeInventory(ROWS), options=options(folder))) as pilot:
        await press(pilot, "e", "enter")
        assert "Not exported: No such file or directory" in said(pilot)


async def test_without_a_folder_it_is_that_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(make_app(FakeInventory(ROWS))) as pilot:
        await press(pilot, "e", "enter")
        assert [path.suffix for path in files_in(tmp_path)] == [".csv"]


def test_rows_are_exported_as_they_were_when_it_was_asked_for() -> None:
    from apiscape.tui.store import ColumnStore

    store = ColumnStore.of_rows(ROWS)
    rows = store.copied(range(9))
    store.update([renamed(row, health="failing") for row in ROWS])
    assert sorted(rows, key=lambda row: row.uid) == sorted(ROWS, key=lambda row: row.uid)


def test_the_owner_alone_may_read_it() -> None:
    assert exporting.OWNER_ONLY & 0o077 == 0
