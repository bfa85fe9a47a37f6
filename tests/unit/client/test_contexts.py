"""Named agents: kept in a file of the user's, without any token."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from apiscape.client.contexts import (
    Context,
    Contexts,
    address_of,
    read_contexts,
    read_token,
    write_contexts,
)
from apiscape.errors import NotFound, SettingsError, UsageError

PROD = Context("https://agent.example", token_file="/run/token", ca_file="/etc/ca.pem")


def test_what_is_written_is_read_and_only_by_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "contexts.json"
    assert read_contexts(file) == Contexts()
    held = Contexts("prod", {"prod": PROD, "here": Context("unix:/s")})
    write_contexts(file, held)
    assert read_contexts(file) == held
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert held.named("here").url == "unix:/s"
    with pytest.raises(NotFound, match="no context 'lab'") as caught:
        held.named("lab")
    assert caught.value.hint == "known: prod, here"


@pytest.mark.parametrize("text", ["{", "[]", '{"contexts": {"a": {"url": "u", "token": "t"}}}'])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "contexts.json"
    file.write_text(text, "utf-8")
    with pytest.raises(SettingsError, match="not a file of contexts"):
        read_contexts(file)


def test_a_place_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(SettingsError, match="cannot be written"):
        write_contexts(tmp_path / "file" / "contexts.json", Contexts())
    with pytest.raises(SettingsError, match="cannot be read"):
        read_contexts(tmp_path)


def test_tokens_come_from_a_file_else_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-file\n", "utf-8")
    given = {"APISCAPE_TOKEN": "from-environment"}
    named = Context("https://agent.example", token_file=str(file), ca_file="/etc/ca.pem")
    assert address_of(named, given).token == "from-file"
    assert address_of(named, given).ca_file == Path("/etc/ca.pem")
    assert address_of(Context("https://agent.example"), given).token == "from-environment"
    assert address_of(Context("https://agent.example"), {}).token is None
    assert address_of(Context("unix:/s"), given).token is None


@pytest.mark.parametrize("text", ["", "two words", "tökén"])
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "token"
    with pytest.raises(UsageError, match="cannot be read"):
        read_token(file)
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match="no token"):
        read_token(file)
