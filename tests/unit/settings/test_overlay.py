"""The overlay's files: what they may say, in which order they are read, and where what is wrong stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from apiscape.errors import SettingsError
from apiscape.settings import overlay
from apiscape.settings.document import MAX_BYTES, parse_document
from apiscape.settings.load import load_settings
from apiscape.settings.overlay import Written, load_overlay, overlay_folder, read_entries

FULL = """\
# who owns what
- view: name:payments account:111122223333
  set:
    owner: [Team Tax, HMRC]
    audience: partner
    lifecycle: live
    environment: production
    classification: official
    title: Payments
  note: agreed in September
  confirmed_by: Ada
  confirmed_on: 2026-09-01
  due: 2027-09-01

- {view: "", set: {owner: Platform}}
"""


def read(text: str) -> list[Written]:
    return read_entries(parse_document(text, "o.yaml", list), "o.yaml")


def test_an_entry_has_all_that_it_may_set_and_its_place() -> None:
    first, second = read(FULL)
    assert (first.place, second.place) == ("o.yaml:2", "o.yaml:15")
    entry, given = first.entry, first.entry.given
    assert given.owner == ("Team Tax", "HMRC")
    assert (given.audience, given.lifecycle, given.environment) == ("partner", "live", "production")
    assert given.classification == "official"
    assert (given.title, entry.note, entry.confirmed_by) == (
        "Payments",
        "agreed in September",
        "Ada",
    )
    assert (entry.confirmed_on, entry.due) == (date(2026, 9, 1), date(2027, 9, 1))
    assert (second.entry.view, second.entry.given.owner) == ("", "Platform")


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("a: 1", "1:1", "expected a list of entries at the root"),
        ("- x", "1:3", "expected a mapping, got text"),
        ("- {set: {owner: a}}", "1:3", "'view' is missing"),
        ("- {view: x}", "1:3", "'set' is missing"),
        ("- {view: x, set: {}}", "1:13", "'set' sets nothing"),
        ("- {view: x, sett: {}}", "1:13", "unknown key 'sett', did you mean 'set'?"),
        ("- {view: x, set: {ownr: a}}", "1:19", "unknown key 'ownr', did you mean 'owner'?"),
        ("- {view: x, set: {owner: ''}}", "1:19", "'owner': expected text of one line"),
        ("- {view: x, set: {owner: [a, 3]}}", "1:30", "'owner': expected text, got a whole number"),
        ('- {view: x, set: {title: "a\\tb"}}', "1:19", "'title': expected text of one line"),
        (
            "- view: x\n  set:\n    audience: pubic",
            "3:5",
            "'audience': no word 'pubic', did you mean 'public'?",
        ),
        (
            "- {view: x, set: {lifecycle: zz}}",
            "1:19",
            "'lifecycle': no word 'zz', it is one of planned, alpha, beta, live, deprecated, retired",
        ),
        (
            "- {view: x, set: {audience: unknown}}",
            "1:19",
            "'audience': nobody can say that it is unknown",
        ),
        ("- {view: a helth:x, set: {owner: a}}", "1:12", "'view': no field helth"),
        (
            '- {view: "a -seen>2d", set: {owner: a}}',
            "1:13",
            "'view': observed is not for an overlay",
        ),
        ("- {view: reason:/x/, set: {owner: a}}", "1:10", "'view': reason is not for an overlay"),
        (
            "- {view: a sort:name, set: {owner: a}}",
            "1:4",
            "'view' says which deployments, not how to show them",
        ),
        (
            "- {view: x, set: {owner: a}, due: 2026-01-01}",
            "1:30",
            "'confirmed_by' is missing beside 'due'",
        ),
        (
            "- {view: x, set: {owner: a}, confirmed_by: b}",
            "1:30",
            "'confirmed_on' is missing beside 'confirmed_by'",
        ),
        (
            "- {view: x, set: {title: a}, confirmed_by: b, confirmed_on: 2026-01-01}",
            "1:30",
            "'confirmed_by' is for an owner, and none is set",
        ),
        (
            "- {view: x, set: {owner: a}, confirmed_by: b, confirmed_on: 2026-02-01, due: 2026-01-01}",
            "1:73",
            "'due' lies before 'confirmed_on'",
        ),
        ("- {view: x, set: {owner: a}, due: soon}", "1:30", "a date is written 2027-03-31"),
        ("- " + "[" * 60, "1:52", "nested too deeply, or too many aliases"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, place: str, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read(text)
    assert caught.value.place == f"o.yaml:{place}"
    assert message in caught.value.message


def test_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("20-teams.yaml", "10-all.yaml", ".hidden.yaml", "notes.txt", "old.yaml~"):
        (tmp_path / name).write_text("- {view: '', set: {owner: a}}")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "30-empty.yaml").write_text("# nothing yet")
    places = [each.place for each in overlay.read_overlay(tmp_path)]
    assert places == ["10-all.yaml:1", "20-teams.yaml:1"]


def test_it_stands_beside_the_configuration_or_where_that_says(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sources: []")
    settings = load_settings(config, {})
    assert overlay_folder(settings, config) == tmp_path / "overlay"
    assert load_overlay(settings, config) == ()
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "a.yaml").write_text(FULL)
    assert len(load_overlay(settings, config)) == 2
    elsewhere = load_settings(config, {"APISCAPE_OVERLAY": "who"})
    assert overlay_folder(elsewhere, config) == tmp_path / "who"
    with pytest.raises(SettingsError, match="no such directory") as caught:
        load_overlay(elsewhere, config)
    assert caught.value.path == str(tmp_path / "who")
    whole = load_settings(config, {"APISCAPE_OVERLAY": str(tmp_path / "overlay")})
    assert overlay_folder(whole, config) == tmp_path / "overlay"


def test_an_overlay_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("# " + "x" * MAX_BYTES)
    with pytest.raises(SettingsError, match="larger than"):
        overlay.read_overlay(tmp_path)
    file.write_text(FULL)
    monkeypatch.setattr(overlay, "MOST_ENTRIES", 1)
    with pytest.raises(SettingsError, match="more than 1 entries"):
        overlay.read_overlay(tmp_path)
    monkeypatch.setattr(overlay, "MOST_FILES", 0)
    with pytest.raises(SettingsError, match="more than 0 files"):
        overlay.read_overlay(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read") as caught:
        overlay.read_overlay(tmp_path)
    assert caught.value.path == str(tmp_path / "a.yaml")


def test_a_folder_that_cannot_be_read_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_folder: Path) -> Iterator[Path]:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(SettingsError, match="cannot be read: Permission denied") as caught:
        overlay.read_overlay(tmp_path)
    assert caught.value.path == str(tmp_path)


def test_a_file_that_goes_while_it_is_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone.yaml"
    monkeypatch.setattr(overlay, "overlay_files", lambda _folder: (gone,))
    with pytest.raises(SettingsError, match="no such file") as caught:
        overlay.read_overlay(tmp_path)
    assert caught.value.path == str(gone)


def test_variables_are_not_put_into_an_overlay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hidden")
    assert read("- {view: x, set: {owner: '${SECRET}'}}")[0].entry.given.owner == "${SECRET}"
