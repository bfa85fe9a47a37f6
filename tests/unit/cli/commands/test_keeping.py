"""Export, confirm, forget, backup, restore: what leaves the store, and what a person says of it."""

from __future__ import annotations

import csv
import getpass
import io
import json
import os
from pathlib import Path

import pytest

from apiscape.model.row import Row
from apiscape.settings.paths import default_store
from apiscape.store import open_store
from tests.store.making import SCOPE, make
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import rich


def test_an_export_has_every_field_of_every_row(call: Call, filled: Path) -> None:
    answer = call("export")
    records = [json.loads(line) for line in answer.out.splitlines()]
    assert len(records) == 7
    assert set(records[0]) <= set(Row.__struct_fields__)
    assert answer.err.startswith("7 deployments written\nnot seen whole: ")
    assert call("export", "--require-complete").code == 2


def test_a_spreadsheet_computes_nothing_and_knows_unknown_from_absent(
    call: Call, filled: Path
) -> None:
    rows = {
        row["uid"]: row
        for row in csv.DictReader(io.StringIO(call("export", "--format", "csv").out))
    }
    assert rows[rich().uid]["name"] == "'=tax\N{REPLACEMENT CHARACTER}[31m"
    assert rows[rich().uid]["missing_since"] == ""
    assert rows[make(2).uid]["consumers"] == "unknown"
    raw = call("export", "--format", "csv", "--raw-cells", "name:*tax*").out
    assert ",=tax" in raw


def test_an_export_of_many_pages_is_whole(
    call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apiscape.cli.commands import export

    monkeypatch.setattr(export, "PAGE", 2)
    assert len(call("export").out.splitlines()) == 7


@pytest.mark.parametrize(("form", "ends"), [("json", "]\n"), ("md", "|\n")])
def test_other_formats_have_as_many_deployments(
    call: Call, filled: Path, form: str, ends: str
) -> None:
    answer = call("export", "--format", form)
    assert answer.err.startswith("7 deployments written\n")
    assert answer.out.endswith(ends)
    assert "\x1b" not in answer.out


def test_a_person_confirms_losses_that_are_held(call: Call, filled: Path) -> None:
    by = getpass.getuser()
    assert call("confirm", SCOPE.key).err == f"1 deployment retired, confirmed by {by}\n"
    again = call("confirm", SCOPE.key, "--by", "ada")
    assert (again.code, again.err) == (
        0,
        f"No loss is held as suspect in {SCOPE.key}: nothing to confirm.\n",
    )
    assert call("confirm", "nope").code == 3


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found"), OSError("no user name")])
def test_a_user_without_a_name_is_told_by_number(
    error: Exception, call: Call, filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    said = call("confirm", SCOPE.key).err
    assert said == f"1 deployment retired, confirmed by uid {os.getuid()}\n"


def test_what_the_system_refuses_is_said_in_its_words(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "none" / "backup.db"
    assert call("backup", str(nowhere)).err == (
        f"apiscape: the backup cannot be written: No such file or directory: {nowhere}.unfinished\n"
        "  → name a file in a folder that is there and may be written\n"
    )


def test_only_what_is_retired_can_be_forgotten(call: Call, filled: Path) -> None:
    refused = call("forget", "payments-1")
    assert (refused.code, refused.out) == (3, "")
    assert "only what is retired can be forgotten" in refused.err
    assert call("forget", "payments-4", "--by", "ada").err == (
        f"forgotten: payments-4 ({make(4).uid})\n"
    )
    assert call("show", "payments-4").code == 3
    assert "forgotten" in call("changes").out


def test_a_backup_restores_the_same_inventory_beside_the_store(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    backup, fresh = tmp_path / "backup.db", str(tmp_path / "fresh.db")
    written = call("backup", str(backup))
    size = f"{backup.stat().st_size:,} bytes"
    assert written == (0, "", f"backup written: {backup} ({size}, of {filled})\n")
    assert call("restore", str(backup), "--store", fresh).err == f"restored: {fresh}\n"
    assert call("list", "--json", "--store", fresh).out == call("list", "--json").out
    assert call("changes", "--json", "--store", fresh).out == call("changes", "--json").out


def test_what_a_person_settles_and_keeps_is_told_to_scripts(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    backup, fresh = tmp_path / "backup.db", str(tmp_path / "fresh.db")
    said = [
        json.loads(call(*words, "--json").out)
        for words in (
            ("confirm", SCOPE.key, "--by", "ada"),
            ("forget", "payments-4", "--by", "ada"),
            ("backup", str(backup)),
            ("restore", str(backup), "--store", fresh),
        )
    ]
    assert said == [
        {"scope": SCOPE.key, "retired": 1, "by": "ada"},
        {"uid": make(4).uid, "name": "payments-4", "by": "ada"},
        {"file": str(backup), "size_bytes": backup.stat().st_size, "store": str(filled)},
        {"file": str(backup), "store": fresh},
    ]
    assert call("--json", "export").out == call("export").out


def test_a_store_that_holds_something_is_never_overwritten(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    backup = tmp_path / "backup.db"
    call("backup", str(backup))
    refused = call("restore", str(backup))
    assert refused.code == 3
    assert "the store holds 2 scopes: it is not overwritten\n  → --store NEW" in refused.err
    assert call("backup", str(backup)).code != 0
    assert "does not exist" in call("restore", str(tmp_path / "none")).err


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", "x"],
        ["runs"],
        ["changes"],
        ["export"],
        ["confirm", "x"],
        ["forget", "x"],
        ["backup", "b.db"],
    ],
)
def test_without_a_store_nothing_is_made_and_the_next_step_is_said(
    words: list[str], call: Call
) -> None:
    answer = call(*words)
    assert (answer.code, answer.out) == (4, "")
    assert "there is no store at " in answer.err
    assert "→ make one with `apiscape scan`" in answer.err
    assert not default_store().exists()


@pytest.mark.parametrize("words", [["confirm", "x"], ["forget", "x"]])
def test_a_store_that_another_process_writes_is_left_to_it(
    words: list[str], call: Call, filled: Path
) -> None:
    with open_store(str(filled), write=True):
        answer = call(*words)
    assert answer.code == 4
    assert "→ " in answer.err
