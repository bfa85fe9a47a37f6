"""The entry point: `--help` at once, everything else through lazily loaded commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from itertools import chain

from apiscape.cli.catalogue import help_text

TYPE_CHECKING = False
if TYPE_CHECKING:  # so that `--help` need not load typing
    from typing import TextIO

HELP = (["--help"], ["-h"], ["help"])
VERSION = (["--version"], ["-V"])
COMPLETING = "_APISCAPE_COMPLETE"

WITH_VALUE = frozenset({"--config", "--store", "--url", "--context", "-o", "--output"})
ALONE = frozenset({"--json"})
"""Options of every command, which people also write before the command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; the console script exits with it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    if COMPLETING in os.environ:
        from apiscape.cli.completion import answer

        return answer(os.environ[COMPLETING])
    if given in HELP:
        return _print_help()
    if given in VERSION:
        given = ["version"]
    elif given[:1] == ["help"]:
        given = [*given[1:], "--help"]
    from apiscape.cli.group import run

    return run(command_first(given))


def _nowhere() -> TextIO:
    """Return a stream instead of one that was closed before we began: nobody wants to read it."""
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 - pathlib is slow to load; it is open to the end


def _print_help() -> int:
    try:
        sys.stdout.write(help_text())
        sys.stdout.flush()
    except OSError as error:
        from apiscape.cli.group import lost

        return lost(error)
    return 0


GROUPS: Mapping[str, frozenset[str]] = {
    "sources": frozenset({"--config"}),
    "overlay": frozenset({"--config"}),
    "notify": frozenset({"--config"}),
    "ctx": frozenset(),
}
"""Commands that hold further ones, with the options that they hand down to them."""


WHERE = frozenset({"--config", "--store", "--url", "--context"})
"""Options that say what to read."""

NEEDLESS: Mapping[str, frozenset[str]] = {
    "version": WHERE,
    "completion": WHERE,
    "demo": WHERE - {"--store"},
}
"""Commands that read nothing of a person's, with what they do without where an alias has it for all commands.

Not so a store: whoever names one for a demo wants it to be kept.
"""


def command_first(arguments: Sequence[str]) -> list[str]:
    """Return arguments with the options that stand before the command behind it; no command is `tui`.

    Of a command within a command they go behind the inner one, but for what the outer one hands down. What a
    command has no use for is left out.
    """
    options: list[list[str]] = []
    at = 0
    while at < len(arguments) and arguments[at].partition("=")[0] in WITH_VALUE | ALONE:
        past = at + (2 if arguments[at] in WITH_VALUE else 1)
        options.append(list(arguments[at:past]))
        at = past
    name, *rest = arguments[at:] or ["tui"]
    needless = NEEDLESS.get(name, frozenset())
    options = [each for each in options if each[0].partition("=")[0] not in needless]
    inner = rest[:1] if name in GROUPS and rest and not rest[0].startswith("-") else []
    own = [each for each in options if not inner or each[0].partition("=")[0] in GROUPS[name]]
    behind = [each for each in options if each not in own]
    return [name, *chain(*own), *inner, *chain(*behind), *rest[len(inner) :]]
