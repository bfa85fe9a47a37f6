"""What shells are offered when a person presses tab. Never fails, never asks a gateway."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import BashComplete, CompletionItem, FishComplete, ZshComplete
from click.shell_completion import ShellComplete as Shell

from apiscape.cli.completion_scripts import BASH, FISH, ZSH
from apiscape.errors import ApiscapeError

if TYPE_CHECKING:
    from apiscape.cli.options import Session

PROGRAM = "apiscape"
VARIABLE = "_APISCAPE_COMPLETE"

_BREAKS = ":<>="
"""Where bash begins a new word, beside blanks: only what follows the last of them is replaced."""

MOST = 500
"""Deployments that are looked through for names to offer."""

PATIENCE_S = 1.0
"""Longest silence of an agent: whoever pressed tab is waiting."""

_SPECIAL = re.compile(r"([^\w:.,/@%+=~-])")
ESCAPED = r"\\\1"


class Bash(BashComplete):
    """Completion in bash, by the whole line: bash itself cuts words at colons, and a view is full of them."""

    source_template = BASH
    begun = 0
    """Characters of the word before the cursor that bash keeps as they are."""

    quoted = False

    def source(self) -> str:
        """Return the script; any bash that knows `compopt` will do."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the one at it."""
        words, incomplete, self.quoted = words_of(os.environ["COMP_LINE"])
        if not self.quoted:
            self.begun = max(incomplete.rfind(letter) for letter in _BREAKS) + 1
        return words[1:], incomplete

    def format_completion(self, item: CompletionItem) -> str:
        """Return a line of the answer: what kind, and what takes the word's place."""
        value = item.value[self.begun :]
        return f"{item.type},{value if self.quoted else _SPECIAL.sub(ESCAPED, value)}"


class Zsh(ZshComplete):
    """Completion in zsh: no blank behind what a value follows."""

    source_template = ZSH


class Fish(FishComplete):
    """Completion in fish, of values with commas as well, in the order in which they are offered."""

    source_template = FISH


SHELLS: dict[str, type[Shell]] = {"bash": Bash, "zsh": Zsh, "fish": Fish}


def script(shell: str) -> str:
    """Return the completion script of a shell."""
    return _shell(shell).source()


def answer(instruction: str) -> int:
    """Answer what a completion script asks (`bash_complete`), on stdout; return the exit code."""
    name, _, what = instruction.partition("_")
    if name not in SHELLS or what not in {"complete", "source"}:
        return 1
    shell = _shell(name)
    click.echo(shell.complete() if what == "complete" else shell.source())
    return 0


def words_of(line: str) -> tuple[list[str], str, bool]:
    """Return the words of a line up to the cursor, the one at it, and whether that is in open quotes."""
    lexer = shlex.shlex(line, posix=True)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    quoted = False
    try:
        words += lexer
    except ValueError as error:  # a quote, or a backslash, without its end
        words.append(lexer.token)
        quoted = "quotation" in str(error)
    fresh = not quoted and (not words or line[-1].isspace())
    return words, "" if fresh else words.pop(), quoted


def complete_view(
    _context: click.Context, _parameter: click.Parameter | None, incomplete: str
) -> list[str]:
    """Return completions of a view: fields, then the words of a field."""
    from apiscape.query.complete import complete, item_before

    item = item_before(incomplete, len(incomplete))
    head = incomplete.removesuffix(item)
    return [head + answer for answer in complete(incomplete, len(incomplete))]


def complete_source(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return names of configured sources."""
    from apiscape.settings.load import load_settings

    try:
        sources = load_settings(_config(context)).sources
    except ApiscapeError:
        return []
    return _beginning((source.name for source in sources), incomplete)


def complete_scope(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return keys of scopes that were visited."""
    try:
        with _session(context).inventory() as inventory:
            return _beginning((status.scope.key for status in inventory.scopes()), incomplete)
    except ApiscapeError:
        return []


def complete_deployment(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return names of deployments, once each; of many the first."""
    from apiscape.query import format_view
    from apiscape.query.syntax import AnyOf, Literal, View

    holds = AnyOf("name", (Literal(incomplete.casefold()),))
    view = format_view(View(terms=(holds,) if incomplete else ()))
    try:
        with _session(context).inventory() as inventory:
            found = inventory.page(f"{view} sort:name".lstrip(), limit=MOST).items
    except ApiscapeError:
        return []
    return _beginning(dict.fromkeys(row.name for row in found), incomplete)


def complete_context(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return names of agents."""
    from apiscape.client.contexts import default_contexts, read_contexts

    try:
        return _beginning(read_contexts(default_contexts()).contexts, incomplete)
    except ApiscapeError:
        return []


def complete_target(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[str]:
    """Return names of those who are told of changes."""
    from apiscape.settings.load import load_settings

    try:
        return _beginning(
            (each.name for each in load_settings(_config(context)).notify), incomplete
        )
    except ApiscapeError:
        return []


def _shell(name: str) -> Shell:
    from apiscape.cli.group import ROOT

    return SHELLS[name](ROOT, {}, PROGRAM, VARIABLE)


def _session(context: click.Context) -> Session:
    """Return what a command is told by the options that stand before what is completed."""
    from apiscape.cli.options import Session

    told = context.params
    return Session(
        _config(context),
        told.get("store"),
        url=told.get("url"),
        context=told.get("context"),
        patience_s=PATIENCE_S,
    )


def _config(context: click.Context) -> Path | None:
    config = context.params.get("config")
    return config if isinstance(config, Path) else None


def _beginning(words: Iterable[str], incomplete: str) -> list[str]:
    return [word for word in words if word.startswith(incomplete)]
