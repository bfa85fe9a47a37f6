"""Commands that ask no agent say so where the person chose one, and say nothing elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from apiscape.client.contexts import default_contexts
from tests.unit.cli.conftest import Call

NOT_ASKED = "Of this machine: the agent prod, which you chose, is not asked.\n"


def without_agent(call: Call, folder: Path) -> list[str]:
    """Run every command that asks no agent and reads what one might have; return what each says on stderr."""
    backup = str(folder / "b.db")
    said = [call("backup", backup).err, call("restore", backup).err]
    said += [call("permissions", "--offline").err, call("overlay", "validate").err]
    return [*said, call("overlay", "explain", "payments-1").err]


def test_it_is_said_that_a_chosen_agent_is_not_asked(
    call: Call, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not any(NOT_ASKED in said for said in without_agent(call, tmp_path))
    assert call("ctx", "add", "prod", "https://localhost:7").code == 0
    (tmp_path / "b.db").unlink()
    assert all(said.startswith(NOT_ASKED) for said in without_agent(call, tmp_path))
    assert call("ctx", "use").code == 0
    monkeypatch.setenv("APISCAPE_CONTEXT", "prod")
    (tmp_path / "b.db").unlink()
    assert all(said.startswith(NOT_ASKED) for said in without_agent(call, tmp_path))


def test_a_store_that_is_named_is_meant(
    call: Call, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APISCAPE_CONTEXT", "prod")
    named = call("backup", str(tmp_path / "b.db"), "--store", str(filled))
    assert named.err.startswith("backup written")


def test_contexts_that_cannot_be_read_stop_no_backup(
    call: Call, filled: Path, tmp_path: Path
) -> None:
    default_contexts().parent.mkdir(parents=True, exist_ok=True)
    default_contexts().write_text("{", "utf-8")
    assert call("backup", str(tmp_path / "b.db")).code == 0
