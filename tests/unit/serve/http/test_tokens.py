"""Tokens: kept as hashes, compared in constant time, rotated by their file, limited when wrong."""

from __future__ import annotations

import hmac
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apiscape.errors import QueryError, SettingsError, UsageError
from apiscape.serve.http.attempts import MOST_PEERS, Attempts
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.tokens import (
    Tokens,
    hash_token,
    new_token,
    token_path,
    write_local_token,
)
from tests.unit.serve.http.harness import entry

NOW = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that writes a file of tokens anew, as a rotation does."""

    def put(text: str) -> Path:
        fresh, file = tmp_path / "fresh", tmp_path / "tokens.yaml"
        fresh.write_text(text, "utf-8")
        fresh.chmod(0o600)
        fresh.replace(file)
        return file

    return put


def line(token: str, more: str = "") -> str:
    return f"- {{name: {token}, sha256: {hash_token(token)}, scopes: [read]{more}}}\n"


def test_a_token_has_256_random_bits() -> None:
    assert len({new_token() for _ in range(100)}) == 100
    assert all(len(new_token()) == 43 for _ in range(100))


def test_a_token_is_found_by_its_hash_with_what_it_may(write: Callable[[str], Path]) -> None:
    file = write("tokens:\n" + line("a") + line("b", ', view: "team"'))
    known = Tokens(file)
    found = known.find("b")
    assert found is not None
    assert (found.name, found.rights) == ("b", frozenset({"read"}))
    assert found.view is not None
    assert known.find("c") is None
    assert known.find(hash_token("a")) is None
    first = known.find("a")
    assert first is not None
    assert first.view is None


def test_every_hash_is_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []
    honest = hmac.compare_digest

    def compare(left: bytes, right: bytes) -> bool:
        compared.append(left)
        return honest(left, right)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    Tokens(own=(entry("a"), entry("b"), entry("c"))).find("a")
    assert len(compared) == 3


def test_tokens_are_rotated_without_a_restart(write: Callable[[str], Path]) -> None:
    known = Tokens(write("tokens:\n" + line("old")))
    held = known.find("old")
    assert held is not None
    assert held.stands()
    write("tokens:\n" + line("new"))
    assert known.find("old") is None
    assert known.find("new") is not None
    assert not held.stands()


def test_a_file_that_cannot_be_read_any_more_leaves_what_was_known(
    write: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    file = write("tokens:\n" + line("a"))
    known = Tokens(file)
    write("tokens: [")
    assert known.find("a") is not None
    assert "the tokens stay as they were" in caplog.text
    file.unlink()
    assert known.find("a") is not None


def test_a_token_expires() -> None:
    now = NOW
    known = Tokens(own=(entry("a", expires=NOW + timedelta(hours=1)),), clock=lambda: now)
    found = known.find("a")
    assert found is not None
    assert found.stands()
    now += timedelta(hours=1)
    assert known.find("a") is None
    assert not found.stands()


@pytest.mark.parametrize(
    "text",
    [
        "tokens: [",
        "tokens: {}",
        "[]",
        "tokens:\n- {name: a, sha256: short}",
        "tokens:\n" + line("a", ", colour: red"),
        "tokens:\n" + line("a").replace("[read]", "[write]"),
        "tokens:\n" + line("a", ", expires: 2026-01-01T00:00:00"),
    ],
)
def test_a_wrong_file_is_refused_at_the_start(write: Callable[[str], Path], text: str) -> None:
    with pytest.raises(SettingsError, match=r"tokens|time zone"):
        Tokens(write(text))


def test_a_file_that_others_may_write_or_that_is_not_there_is_refused(
    write: Callable[[str], Path],
) -> None:
    file = write("tokens:\n" + line("a"))
    file.chmod(0o620)
    with pytest.raises(SettingsError, match="others may write"):
        Tokens(file)
    file.unlink()
    with pytest.raises(SettingsError, match="cannot be read"):
        Tokens(file)


def test_a_token_is_bound_to_a_view_that_can_be_read() -> None:
    with pytest.raises(QueryError, match="no field"):
        Tokens(own=(entry("a", view="colour:red"),))
    for view in ("", "undecided:yes", "tax sort:name", "tax at:2026-01-01"):
        with pytest.raises(UsageError, match="cannot be bound"):
            Tokens(own=(entry("a", view=view),))


def test_the_local_token_is_for_its_owner_alone_and_new_every_time(tmp_path: Path) -> None:
    file = token_path(tmp_path / "store.db")
    first = write_local_token(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    token = file.read_text("ascii")
    assert first.sha256 == hash_token(token)
    found = Tokens(own=(first,)).find(token)
    assert found is not None
    assert found.rights == {"read", "operate"}
    assert write_local_token(file).sha256 != first.sha256
    assert [each.name for each in tmp_path.iterdir()] == ["store.db.token"]


def test_wrong_tokens_are_limited_by_peer_and_in_all() -> None:
    now = 0.0
    attempts = Attempts(Limits(wrong_per_peer=3, wrong_in_all=5), lambda: now)
    assert [attempts.allow("a") for _ in range(4)] == [True, True, True, False]
    assert [attempts.allow("b") for _ in range(3)] == [True, True, False]
    now += 4.0
    assert [attempts.allow("a") for _ in range(2)] == [True, False]


def test_peers_without_number_are_forgotten() -> None:
    attempts = Attempts(Limits(wrong_per_peer=1, wrong_in_all=10**9), lambda: 0.0)
    for number in range(MOST_PEERS + 2):
        attempts.allow(str(number))
    assert len(attempts._peers) == MOST_PEERS
    assert attempts.allow("0")
    assert not attempts.allow(str(MOST_PEERS))
