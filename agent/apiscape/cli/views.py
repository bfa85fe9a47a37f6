"""A view on the command line: one word or several, and an item that begins with a minus is no flag."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import click
from click.shell_completion import CompletionItem

from apiscape.cli.completion import complete_view
from apiscape.cli.output import say
from apiscape.query import View, doubts, parse

Body = TypeVar("Body", bound=Callable[..., object])

_NEGATED = re.compile(r'-(?!-)[^:<>=\s"/]*[:<>=\s"/]')
"""How `-owner:none` and `-"two words"` begin; `-json` and `-x` stay flags, mistyped or not."""


class ViewCommand(click.Command):
    """A command with a view."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments, those of the view apart from the flags."""
        return super().parse_args(ctx, set_apart(args))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return what a word with a minus may become: an option, or a negated item of the view."""
        items = [] if incomplete.startswith("--") else complete_view(ctx, None, incomplete)
        return super().shell_complete(ctx, incomplete) + [CompletionItem(item) for item in items]


def set_apart(arguments: Sequence[str]) -> list[str]:
    """Return arguments with the negated items of a view behind `--`, where no flag is looked for."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before, after = arguments[:end], arguments[end + 1 :]
    flags = [word for word in before if not _NEGATED.match(word)]
    items = [word for word in before if _NEGATED.match(word)]
    return [*flags, "--", *items, *after]


def view_argument(body: Body) -> Body:
    """Give a command a `view`: all words that are no flags."""
    argument = click.argument(
        "view", metavar="[VIEW]", nargs=-1, callback=_joined, shell_complete=complete_view
    )
    return argument(body)


def read_view(text: str) -> View:
    """Return the view that somebody typed; say on stderr what of it may be mistyped.

    Raises:
        QueryError: It cannot be read.
    """
    view = parse(text)
    for doubt in doubts(view):
        say(str(doubt))
    return view


def _joined(
    _context: click.Context, _parameter: click.Parameter, words: Sequence[str] | None
) -> str:
    return " ".join(words or ())
