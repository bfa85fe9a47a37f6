from __future__ import annotations

import gc
import io
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from apiscape.cli import group
from apiscape.cli.catalogue import SUMMARIES, help_text
from apiscape.cli.group import ELSEWHERE
from apiscape.cli.main import GROUPS, command_first, main
from apiscape.errors import ApiscapeError, Exit, QueryError, SettingsError
from tests.unit.cli.conftest import Call


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["help"]])
def test_help_is_drawn_from_the_catalogue(words: list[str], call: Call) -> None:
    assert call(*words) == (0, help_text(), "")


def test_help_of_a_command_in_three_ways(call: Call) -> None:
    assert call("help", "runs") == call("runs", "--help") == call("runs", "-h")
    assert "Usage: apiscape runs" in call("help", "runs").out


def test_the_group_draws_the_same_help() -> None:
    with click.Context(group.ROOT, info_name="apiscape") as context:
        assert group.ROOT.get_help(context).strip() == help_text().strip()
        assert group.ROOT.list_commands(context) == list(SUMMARIES)
        assert group.ROOT.get_command(context, "nope") is None


def test_help_fits_a_terminal_of_a_hundred_columns() -> None:
    assert max(map(len, help_text().splitlines())) <= 100


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([], ["tui"]),
        (["list", "--json"], ["list", "--json"]),
        (["--json", "list", "x"], ["list", "--json", "x"]),
        (["--store", "s", "-o", "wide", "list"], ["list", "--store", "s", "-o", "wide"]),
        (["--config=c"], ["tui", "--config=c"]),
        (["--bogus", "list"], ["--bogus", "list"]),
        (["--json", "ctx"], ["ctx", "--json"]),
        (["--json", "ctx", "list"], ["ctx", "list", "--json"]),
        (["--json", "sources", "--config", "c"], ["sources", "--json", "--config", "c"]),
        (
            ["--config", "c", "--store=s", "overlay", "explain", "x"],
            ["overlay", "--config", "c", "explain", "--store=s", "x"],
        ),
        (["--config=c", "ctx", "status"], ["ctx", "status", "--config=c"]),
        (["--config=c", "--store", "s", "version", "--json"], ["version", "--json"]),
        (["--context", "a", "--url=u", "completion", "zsh"], ["completion", "zsh"]),
        (["--config", "c", "--store", "s", "demo"], ["demo", "--store", "s"]),
        (["--json", "version", "--store", "s"], ["version", "--json", "--store", "s"]),
    ],
)
def test_options_of_every_command_may_stand_before_it(given: list[str], read: list[str]) -> None:
    assert command_first(given) == read


def test_commands_that_hold_others_are_known_by_name() -> None:
    with click.Context(group.ROOT) as context:
        held = {name: group.ROOT.get_command(context, name) for name in SUMMARIES}
    groups = {name: each for name, each in held.items() if isinstance(each, click.Group)}
    assert groups.keys() == GROUPS.keys()
    for name, given in GROUPS.items():
        taken = {word for option in groups[name].params for word in option.opts}
        assert given <= taken


def test_a_command_that_only_holds_others_shows_them_as_they_are_laid_out(call: Call) -> None:
    answer = call("overlay")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == call("overlay", "--help").out
    assert len(answer.err.splitlines()) > 9


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["lisst"], "no command 'lisst'\n  → did you mean list?"),
        (["qqq"], "no command 'qqq'\n  → apiscape --help lists the commands"),
        (["list", "--jsn"], "no such option '--jsn'"),
        (["--context", "a", "backup", "b"], "'--context'\n  → it asks no agent: run it without"),
        (["collectors", "--url", "u"], "'--url'\n  → it asks no agent: run it without"),
        (["list", "-json"], "no such option '-j'\n  → apiscape list --help"),
        (["--bogus"], "no such option '--bogus'\n  → apiscape --help"),
        (["show"], "missing argument 'DEPLOYMENT'\n  → apiscape show --help"),
        (["completion"], "missing argument 'SHELL'. Choose from: bash, zsh, fish\n"),
    ],
)
def test_what_is_mistyped_exits_with_3_and_a_next_step(
    typed: list[str], says: str, call: Call
) -> None:
    answer = call(*typed)
    assert (answer.code, answer.out) == (3, "")
    assert says in answer.err


@pytest.mark.parametrize(
    ("typed", "how_often"),
    [
        (["version"], group.SELDOM),
        (["scan", "--all"], group.SELDOM),
        (["agent"], group.OFTEN_ENOUGH),
    ],
)
def test_the_garbage_collector_comes_most_seldom_to_what_ends_by_itself(
    typed: list[str], how_often: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, seen = gc.get_threshold(), []
    own = (700, 10, 10)
    gc.set_threshold(*own)

    def invoke(_: click.Context) -> int:
        seen.append((gc.get_threshold(), gc.isenabled()))
        raise ApiscapeError("stop")

    monkeypatch.setattr(group.ROOT, "invoke", invoke)
    try:
        assert main(typed) != 0
        assert seen == [(how_often, True)]
        assert gc.get_threshold() == own
    finally:
        gc.set_threshold(*before)


def test_the_version_in_every_way_it_is_asked_for(call: Call) -> None:
    assert call("--version") == call("-V") == call("version")
    assert call("version").out.startswith("apiscape 0.")
    assert '"contract": 1' in call("version", "--json").out
    assert "contract: 1" in call("version", "-o", "yaml").out
    assert call("version", "-o", "name").out.strip() in call("version").out


def test_an_error_says_where_what_and_every_line_of_the_next_step() -> None:
    settings = SettingsError("unknown key", path="c.yaml", line=3, hint="one of\n a\n b")
    assert group.explain(settings) == "apiscape: c.yaml:3: unknown key\n  → one of\n    a\n    b\n"
    assert group.explain(SettingsError("bad", path="c.yaml")) == "apiscape: c.yaml: bad\n"
    query = QueryError("no field nmae", text="a nmae:x", column=3)
    assert group.explain(query) == "apiscape: no field nmae\n  a nmae:x\n    ^\n"
    assert "\x1b" not in group.explain(ApiscapeError("a \x1b[31m name"))


def raising(error: BaseException) -> click.Command:
    def body() -> None:
        raise error

    return click.Command("list", callback=body)


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, ""),
        (click.Abort(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (
            PermissionError(13, "Permission denied", "/x"),
            4,
            f"apiscape: /x: Permission denied\n{ELSEWHERE}\n",
        ),
        (OSError("odd"), 4, "apiscape: odd\n"),
        (click.ClickException("It. is"), 3, "apiscape: it. is\n"),
    ],
)
def test_every_end_has_its_exit_code(
    error: BaseException, code: int, says: str, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group.Commands, "get_command", lambda *_: raising(error))
    assert call("list") == (code, "", says)


def test_a_defect_is_no_finding_and_is_told_apart_from_every_other_end(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)  # an agent puts its log there
    monkeypatch.setattr(group.Commands, "get_command", lambda *_: raising(ZeroDivisionError("odd")))
    answer = call("list")
    traced, last = answer.err.split("ZeroDivisionError: odd\n")
    assert (answer.code, answer.out, last) == (70, "", f"{group.OURS}\n")
    assert traced.startswith("Traceback")
    assert "raise error" in traced
    assert answer.code not in set(Exit)


def test_a_reader_that_leaves_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = click.Command("list", callback=lambda: sys.stdout.write("x") and None)
    monkeypatch.setattr(group.Commands, "get_command", lambda *_: command)
    with open(writing, "w", encoding="utf-8") as stream:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(["list"]) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
@pytest.mark.parametrize("words", [["--help"], ["version"]])
def test_what_finds_no_room_is_said_and_is_no_finding(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(words) == 4
        assert capsys.readouterr().err == (
            "apiscape: what was asked for cannot be written: No space left on device\n"
        )


@pytest.mark.parametrize("words", [["--help"], ["version"], ["collectors"], ["lisst"]])
def test_streams_that_are_closed_from_the_start_are_done_without(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert main(words) == (3 if words == ["lisst"] else 0)
    sys.stdout.close()
    sys.stderr.close()


def test_output_that_is_no_file_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    group._leave_the_pipe()
    assert sys.stdout is stream


def test_a_closed_pipe_is_silent_to_the_last_flush() -> None:
    script = "import sys; from apiscape.cli.main import main; sys.exit(main())"
    line = (
        f"'{sys.executable}' -c '{script}' collectors --json | head -c 1; exit ${{PIPESTATUS[0]}}"
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (done.stderr, done.returncode in {0, 141}) == ("", True)
