"""`apiscape overlay`: checked to the column, counted, and explained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apiscape.conclude.follow import conclude
from apiscape.settings.paths import default_store
from apiscape.store import open_store
from tests.store.making import T0, make
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import rich

OWNERS = """\
- view: name:*tax*
  set: {owner: Team Revenue}
  confirmed_by: Ada
  confirmed_on: 2026-09-01
- {view: "", set: {audience: internal}}
- {view: name:nothing-of-the-kind, set: {title: None at all}}
- {view: version:9, set: {lifecycle: live}}
"""


@pytest.fixture
def overlay(configured: Path) -> Path:
    """Return the overlay's directory, with a file in it."""
    folder = configured.parent / "overlay"
    folder.mkdir()
    (folder / "owners.yaml").write_text(OWNERS)
    return folder


def apply(config: Path) -> None:
    """Conclude by the overlay, as a scan does at its end."""
    from apiscape.cli.scanning import configured_overlay
    from apiscape.settings.load import load_settings

    with open_store(str(default_store()), write=True) as store:
        conclude(store, T0, overlay=configured_overlay(load_settings(config), config))


def test_each_entry_is_counted(call: Call, filled: Path, overlay: Path) -> None:
    answer = call("overlay", "validate")
    lines = [line.split() for line in answer.out.splitlines()]
    assert lines[0] == ["ENTRY", "HOLDS", "FOR", "UNDECIDED", "VIEW", "SETS"]
    assert lines[1] == ["owners.yaml:1", "1", "0", "name:*tax*", "owners", "Team", "Revenue"]
    assert lines[2][:4] == ["owners.yaml:5", "7", "0", "everything"]
    assert lines[4][:3] == ["owners.yaml:7", "0", "7"]
    assert answer.err == (
        f"{overlay}: 4 entries, all keys known\n"
        "2 entries hold for nothing: owners.yaml:6, owners.yaml:7\n"
    )
    records = [json.loads(line) for line in call("overlay", "validate", "--json").out.splitlines()]
    assert records[0]["holds_for"] == 1
    assert records[0]["sets"] == {"owners": ["Team Revenue"]}


def test_without_an_inventory_it_is_checked_all_the_same(call: Call, overlay: Path) -> None:
    answer = call("overlay", "validate")
    assert answer.code == 0
    assert answer.err.endswith("There is no inventory yet to count in: apiscape scan\n")
    assert answer.out.splitlines()[1].split()[:3] == ["owners.yaml:1", "–", "–"]


def test_no_overlay_is_no_error(call: Call, configured: Path) -> None:
    answer = call("overlay", "validate")
    assert answer.err == f"{configured.parent / 'overlay'}: 0 entries, all keys known\n"


def test_what_is_wrong_is_said_with_file_line_and_column(call: Call, overlay: Path) -> None:
    file = overlay / "wrong.yaml"
    file.write_text("- view: a helth:bad\n  set: {owner: x}\n")
    for words in (("overlay", "validate"), ("scan",), ("overlay", "explain", "x")):
        answer = call(*words)
        assert answer.code == 3
        assert f"{file}:1:11: 'view': no field helth\n" in answer.err


def test_a_deployment_is_explained(call: Call, filled: Path, overlay: Path) -> None:
    before = call("overlay", "explain", rich().uid)
    assert "What the overlay says has changed since" in before.err
    apply(overlay.parent / "config.yaml")
    answer = call("overlay", "explain", rich().uid)
    assert answer.err == ""
    words = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert "owners Team Revenue overlay owners.yaml:1, confirmed by Ada on 2026-09-01" in words
    assert words[words.index(next(w for w in words if w.startswith("owners"))) + 1].endswith(
        "(hidden)"
    )
    assert "audience internal overlay owners.yaml:5" in words
    assert "owners.yaml:6 no name:nothing-of-the-kind title None at all" in words
    assert "owners.yaml:7 ? undecided version:9 lifecycle live" in words
    record = json.loads(call("overlay", "explain", rich().uid, "--json").out)
    assert [each["holds"] for each in record["entries"]] == [True, True, False, None]
    assert record["provenance"]["owners"][0]["source"] == "owners.yaml:1"
    assert record["provenance"]["owners"][0]["method"] == "overlay"
    other = call("overlay", "explain", make(2).uid).out
    assert ["title", "?", "nobody"] in [line.split() for line in other.splitlines()]


def test_a_confirmation_that_was_due_is_said_until_it_is_given_again(
    call: Call, filled: Path, overlay: Path
) -> None:
    file = overlay / "owners.yaml"
    file.write_text(OWNERS.replace("confirmed_on: 2026", "due: 2026-09-30\n  confirmed_on: 2026"))
    apply(overlay.parent / "config.yaml")
    seen_before = call("overlay", "explain", rich().uid)
    assert "What the overlay says has changed since" in seen_before.err, "it fell due since"
    passed = "confirmed by Ada on 2026-09-01, due 2026-09-30 and not confirmed since"
    assert f"owners.yaml:1 is due: {passed}\n" in seen_before.err
    validated = call("overlay", "validate")
    assert validated.err.endswith(f"owners.yaml:1 is due: {passed}\n")
    assert validated.code == 0
    records = [json.loads(line) for line in call("overlay", "validate", "--json").out.splitlines()]
    assert [(each["due"], each["overdue"]) for each in records[:2]] == [
        ("2026-09-30", True),
        (None, False),
    ]
    elsewhere = call("overlay", "explain", make(2).uid)
    assert "is due" not in elsewhere.err, "the entry does not hold for it"
    file.write_text(OWNERS.replace("confirmed_on: 2026", "due: 2999-09-30\n  confirmed_on: 2026"))
    assert "is due" not in call("overlay", "validate").err


def test_what_a_narrow_terminal_cuts_is_said_whole_below(
    call: Call, filled: Path, overlay: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply(overlay.parent / "config.yaml")
    whole = "owners = Team Revenue: overlay owners.yaml:1, confirmed by Ada on 2026-09-01"
    monkeypatch.setattr("apiscape.cli.commands.overlay.output_width", lambda: 60)
    narrow = " ".join(call("overlay", "explain", rich().uid).out.split())
    assert whole in narrow
    assert "lifecycle =" not in narrow, "what fits is not repeated"
    monkeypatch.setattr("apiscape.cli.commands.overlay.output_width", lambda: 160)
    assert whole not in " ".join(call("overlay", "explain", rich().uid).out.split())
    assert whole not in " ".join(call("overlay", "explain", rich().uid, "-o", "wide").out.split())


def test_show_and_list_have_what_holds(call: Call, filled: Path, overlay: Path) -> None:
    apply(overlay.parent / "config.yaml")
    page = call("show", rich().uid).out
    assert "owner              Team Revenue\n" in page
    assert "audience           internal\n" in page
    assert (
        'owners = ["Team Revenue"]  overlay owners.yaml:1, confirmed by Ada on 2026-09-01\n' in page
    )
    assert "(outranked)" in page
    assert call("list", 'owner:"team revenue"', "-o", "name").out.count("\n") == 1
    said = call("changes", "--conclusions").out
    assert "(by overlay owners.yaml:1)" in said
    assert make(1).uid in call("list", "audience:internal", "--json").out


def test_its_schema_and_its_place_are_printed(call: Call, overlay: Path) -> None:
    schema = json.loads(call("overlay", "schema").out)
    assert set(schema["$defs"]["OverlayEntry"]["properties"]) >= {"view", "set", "due"}
    assert call("overlay", "path").out == f"{overlay}\n"
