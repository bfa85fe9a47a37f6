"""Completion in the shells themselves: each reads its printed script, and a tab is pressed in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Call

PATIENCE_S = 300.0

PROGRAM = f"""\
#!/bin/sh
exec {sys.executable} -c 'import sys; from apiscape.cli.main import main; sys.exit(main())' "$@"
"""

IN_ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; autoload -Uz compinit; compinit -D -u; source <(apiscape completion zsh)"
zpty -w shell "show() { print -r -- \"\$BUFFER\" >\$SEEN; print -r -- DO''NE }; zle -N show; bindkey '^X' show"
zpty -w shell "print -r -- REA''DY"
zpty -r shell said '*READY*'
zpty -w -n shell "$1"$'\t\x18'
zpty -r shell said '*DONE*'
zpty -d shell
"""
"""Types a line and a tab into a shell on a terminal of its own, and writes what stands there then."""

IN_FISH = 'apiscape completion fish | source; complete -C "$argv[1]"'


@pytest.fixture
def environment(tmp_path: Path, own_home: Path) -> dict[str, str]:
    """Return the variables of a shell that finds `apiscape`, and nothing else of this machine's user."""
    program = tmp_path / "bin" / "apiscape"
    program.parent.mkdir()
    program.write_text(PROGRAM)
    program.chmod(0o755)
    return {
        "PATH": f"{program.parent}:/usr/bin:/bin",
        "HOME": os.environ["HOME"],
        "LAB_PROFILE": "not-to-be-shown",
        "SEEN": str(tmp_path / "seen"),
        "LANG": "C.UTF-8",
        "TERM": "dumb",
    }


def run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=True, timeout=PATIENCE_S
    )
    return done.stdout


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
@pytest.mark.parametrize(
    ("typed", "becomes"),
    [
        ("apiscape li", "apiscape list "),
        ("apiscape list --req", "apiscape list --require-complete "),
        ("apiscape list heal", "apiscape list health:"),
        ("apiscape list 5x", r"apiscape list 5xx\>"),
        ("apiscape list health:failing,un", "apiscape list health:failing,unknown "),
        ("apiscape list 'tax health:fa", "apiscape list 'tax health:failing' "),
        ("apiscape list -owner:no", "apiscape list -owner:none "),
        ("apiscape scan --source l", "apiscape scan --source lab "),
    ],
)
def test_a_tab_in_zsh(
    typed: str, becomes: str, environment: dict[str, str], configured: Path
) -> None:
    run(environment, "zsh", "-f", "-c", IN_ZSH, "zsh", typed)
    assert Path(environment["SEEN"]).read_text("utf-8") == f"{becomes}\n"


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("apiscape li", ["list\tList deployments that match a view."]),
        (
            "apiscape list --req",
            ["--require-complete\tExit with 2 where a scope was not seen whole."],
        ),
        ("apiscape list health:failing,un", ["health:failing,unknown"]),
        ("apiscape list 'tax health:fa", ["tax health:failing"]),
        ("apiscape list -owner:no", ["-owner:none"]),
        ("apiscape scan --source l", ["lab"]),
        ("apiscape list sort:na", ["sort:name", "sort:native_id"]),
    ],
)
def test_what_fish_is_offered(
    typed: str, offered: list[str], environment: dict[str, str], configured: Path
) -> None:
    said = run(environment, "fish", "--no-config", "-c", IN_FISH, "--", typed)
    assert said.splitlines() == offered


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("apiscape li", ["plain", "list", "List deployments that match a view."]),
        ("apiscape list health:fa", ["plain", "health:failing", "_"]),
        ("apiscape list -owner:no", ["plain", "-owner:none", "_"]),
        ("apiscape list --config ", ["file", "", "_"]),
    ],
)
def test_what_zsh_is_told(
    line: str, answers: list[str], call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_APISCAPE_COMPLETE", "zsh_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", str(len(line.split(" ")) - 1))
    assert call().out.split("\n")[:-1] == answers


@pytest.mark.parametrize(
    ("line", "word", "answer"),
    [
        ("apiscape li", "li", "plain,list\tList deployments that match a view."),
        ("apiscape list health:failing,un", "health:failing,un", "plain,health:failing,unknown"),
        ("apiscape list -own", "-own", "plain,-owner:"),
    ],
)
def test_what_fish_is_told(
    line: str, word: str, answer: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_APISCAPE_COMPLETE", "fish_complete")
    monkeypatch.setenv("COMP_WORDS", line)
    monkeypatch.setenv("COMP_CWORD", word)
    assert call().out.rstrip("\n") == answer


def test_offering_commands_loads_none_of_them() -> None:
    script = (
        "import sys; from apiscape.cli.main import main; main();"
        "print(sorted(name for name in sys.modules if 'cli.commands.' in name))"
    )
    told = {"_APISCAPE_COMPLETE": "fish_complete", "COMP_WORDS": "apiscape s", "COMP_CWORD": "s"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | told,
        capture_output=True,
        text=True,
        check=True,
    )
    *offered, loaded = done.stdout.splitlines()
    assert [line.partition("\t")[0] for line in offered] == [
        "plain,scan",
        "plain,show",
        "plain,sources",
    ]
    assert loaded == "[]"
