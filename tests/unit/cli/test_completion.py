from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apiscape.cli.completion import words_of
from apiscape.client.contexts import Context, Contexts, default_contexts, write_contexts
from tests.unit.cli.conftest import Call
from tests.unit.cli.filled import NORTH

SCRIPT = """
apiscape() { "$PYTHON" -c 'import sys; from apiscape.cli.main import main; sys.exit(main())' "$@"; }
source <(apiscape completion bash)
COMP_LINE="$1" COMP_POINT=${#1}
_apiscape_completion apiscape
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    ("line", "words", "incomplete", "quoted"),
    [
        ("apiscape list", ["apiscape"], "list", False),
        ("apiscape list ", ["apiscape", "list"], "", False),
        ("apiscape list 'tax he", ["apiscape", "list"], "tax he", True),
        ("apiscape list 'tax ", ["apiscape", "list"], "tax ", True),
        ('apiscape list "a b" sort:na', ["apiscape", "list", "a b"], "sort:na", False),
        ("apiscape list a\\", ["apiscape", "list"], "a", False),
        ("", [], "", False),
    ],
)
def test_a_line_is_cut_as_the_shell_does(
    line: str, words: list[str], incomplete: str, *, quoted: bool
) -> None:
    assert words_of(line) == (words, incomplete, quoted)


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("apiscape lis", ["plain,list"]),
        ("apiscape list health:fa", ["plain,failing"]),
        ("apiscape list 'tax health:fa", ["plain,tax health:failing"]),
        ("apiscape list 'a' health:failing,un", ["plain,failing,unknown"]),
        ("apiscape list 5x", ["plain,5xx\\>"]),
        ("apiscape list -o w", ["plain,wide"]),
        ("apiscape scan --source l", ["plain,lab"]),
        ("apiscape permissions p", ["plain,prod"]),
        ("apiscape confirm prod/111122223333/eu-west-2", [f"plain,{NORTH.key}"]),
        ("apiscape runs nothing", []),
        ("apiscape show payments-1", ["plain,payments-1"]),
        ("apiscape forget payments-1", ["plain,payments-1"]),
        ("apiscape overlay explain payments-1", ["plain,payments-1"]),
        ("apiscape show nothing", []),
        ("apiscape show ", None),
        ("apiscape ctx use p", ["plain,prod"]),
        ("apiscape ctx remove ", ["plain,here", "plain,prod"]),
        ("apiscape list --context h", ["plain,here"]),
        ("apiscape show --context gone payments", []),
        ("apiscape notify test ", ["plain,desk"]),
        ("apiscape nope ", None),
    ],
)
def test_what_bash_is_offered(
    line: str,
    answers: list[str] | None,
    call: Call,
    configured: Path,
    filled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prod = Context("https://agent.example")
    named = Contexts(None, {"here": Context("unix:/run/agent.sock"), "prod": prod})
    write_contexts(default_contexts(), named)
    told = "notify: [{name: desk, url: 'https://desk.example', secrets: ['env:DESK']}]\n"
    configured.write_text(configured.read_text("utf-8") + told, "utf-8")
    monkeypatch.setenv("_APISCAPE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", line)
    answer = call()
    assert (answer.code, answer.err) == (0, "")
    assert answers is None or answer.out.strip().splitlines() == answers


@pytest.mark.parametrize(
    "line", ["apiscape scan --source ", "apiscape confirm ", "apiscape notify test "]
)
def test_where_nothing_is_there_nothing_is_offered(
    line: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_APISCAPE_COMPLETE", "bash_complete")
    monkeypatch.setenv("APISCAPE_CONFIG", "/nowhere")
    monkeypatch.setenv("COMP_LINE", line)
    assert call() == (0, "\n", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_its_script(
    shell: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = call("completion", shell)
    assert "_APISCAPE_COMPLETE" in asked.out
    monkeypatch.setenv("_APISCAPE_COMPLETE", f"{shell}_source")
    assert call().out.strip() == asked.out.strip()


def test_an_unknown_shell_is_told_so(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_APISCAPE_COMPLETE", "ksh_complete")
    assert call().code == 1
    monkeypatch.setenv("_APISCAPE_COMPLETE", "bash_nonsense")
    assert call().code == 1


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("apiscape sc", ["scan"]),
        ("apiscape list 'tax presence:mis", ["tax presence:missing"]),
        ("apiscape list presence:mis", ["missing"]),
    ],
)
def test_the_script_works_in_a_real_bash(line: str, offered: list[str]) -> None:
    done = subprocess.run(
        ["bash", "-c", SCRIPT, "bash", line],
        env={"PYTHON": sys.executable, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == offered


def test_contexts_that_cannot_be_read_are_not_offered(
    call: Call, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    default_contexts().parent.mkdir(parents=True)
    default_contexts().write_text("[", "utf-8")
    monkeypatch.setenv("_APISCAPE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_LINE", "apiscape ctx use ")
    assert call() == (0, "\n", "")


def test_an_agent_that_never_answers_is_not_waited_for(
    call: Call, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        far = Context(f"http://127.0.0.1:{silent.getsockname()[1]}")
        contexts = Contexts("far", {"far": far})
        write_contexts(default_contexts(), contexts)
        monkeypatch.setattr("apiscape.cli.completion.PATIENCE_S", 0.05)
        monkeypatch.setenv("_APISCAPE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_LINE", "apiscape show ")
        assert call() == (0, "\n", "")
