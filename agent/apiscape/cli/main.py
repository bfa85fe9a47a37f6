"""The entry point: `--help` at once, everything else through lazily loaded commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from apiscape.cli.catalogue import help_text

HELP = (["--help"], ["-h"], ["help"])
VERSION = (["--version"], ["-V"])
COMPLETING = "_APISCAPE_COMPLETE"

WITH_VALUE = frozenset({"--config", "--store", "--url", "--context", "-o", "--output"})
ALONE = frozenset({"--json"})
"""Options of every command, which people also write before the command."""

NESTED = frozenset({"ctx", "notify", "overlay", "sources"})
"""Commands with commands of their own, which take those options."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; the console script exits with it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if COMPLETING in os.environ:
        from apiscape.cli.completion import answer

        return answer(os.environ[COMPLETING])
    if given in HELP:
        sys.stdout.write(help_text())
        return 0
    if given in VERSION:
        given = ["version"]
    elif given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    from apiscape.cli.group import run

    return run(command_first(given))


def command_first(arguments: Sequence[str]) -> list[str]:
    """Return arguments with the options that stand before the command behind it; no command is `tui`."""
    at = 0
    while at < len(arguments) and arguments[at].partition("=")[0] in WITH_VALUE | ALONE:
        takes_next = arguments[at] in WITH_VALUE
        at += 2 if takes_next else 1
    options, rest = list(arguments[:at]), list(arguments[at:])
    named = rest[:1] or ["tui"]
    if named[0] in NESTED and not "".join(rest[1:2]).startswith("-"):
        named += rest[1:2]
    return [*named, *options, *rest[len(named) :]]
