"""`apiscape notify`: whom the agent tells, without what may be secret; and a trial of one of them."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call
from tests.unit.notify.bench import LOOPBACK
from tests.unit.notify.receiver import SECRET, VARIABLE, Receiver, receiving

Write = Callable[[str], Path]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def written(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    file = tmp_path / "config.yaml"
    file.write_text(
        "notify:\n"
        f"  - {{name: desk, url: '{receiver.url}', secrets: ['env:{VARIABLE}'],\n"
        f"     allow: ['{LOOPBACK}'], kinds: [health, retired], view: 'provider:aws'}}\n"
        "  - {name: other, url: 'https://h.example/planted', secrets: ['env:PLANTED']}\n"
    )
    monkeypatch.setenv(VARIABLE, SECRET)
    return str(file)


def test_targets_are_listed_without_their_addresses(call: Call, written: str) -> None:
    answer = call("notify", "--config", written)
    assert [line.split()[0] for line in answer.out.splitlines()] == ["NAME", "desk", "other"]
    assert "health, retired" in answer.out
    assert "all but concluded" in answer.out
    assert "planted" not in answer.out
    assert "hidden" not in answer.out
    first = json.loads(call("notify", "--config", written, "--json").out.splitlines()[0])
    assert first == {
        "name": "desk",
        "host": "127.0.0.1",
        "kinds": "health, retired",
        "view": "provider:aws",
    }


def test_where_there_is_none_it_says_how(call: Call, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("sources: []\n")
    answer = call("notify", "--config", str(tmp_path / "config.yaml"))
    assert "Nobody is told of changes" in answer.err


def test_a_trial_is_signed_and_says_what_came_back(
    call: Call, written: str, receiver: Receiver
) -> None:
    answer = call("notify", "test", "desk", "--config", written)
    assert answer.code == 0
    assert answer.err.startswith("desk: taken with 204 after ")
    (post,) = receiver.taken
    assert post.is_signed_by(SECRET)
    assert post.events[0]["type"] == "apiscape.test"


def test_a_trial_that_fails_says_why_and_exits_4(
    call: Call, written: str, receiver: Receiver
) -> None:
    receiver.answer(500)
    answer = call("notify", "test", "desk", "--config", written)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err.rstrip().endswith("the answer was 500")
    assert "hidden" not in answer.err
    receiver.answer(410)
    told = json.loads(call("notify", "test", "desk", "--config", written, "--json").out)
    assert (told["status"], told["failure"]) == (410, "the answer was 410")


def test_a_trial_of_nobody_and_without_a_secret(call: Call, written: str) -> None:
    answer = call("notify", "test", "nobody", "--config", written)
    assert (answer.code, "no target is called nobody" in answer.err) == (3, True)
    assert "desk, other" in answer.err
    secretless = call("notify", "test", "other", "--config", written)
    assert (secretless.code, "PLANTED is not set" in secretless.err) == (3, True)


def test_without_the_agents_libraries_it_says_what_to_install(
    call: Call, written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apiscape.notify.posting", None)
    answer = call("notify", "test", "desk", "--config", written)
    assert answer.code == 3
    assert "pip install 'apiscape[agent]'" in answer.err
