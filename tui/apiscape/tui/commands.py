"""Commands: one table for the command line, its completion, the palette and help."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from apiscape.tui.places import Place
from apiscape.tui.themes import THEMES


class Command(NamedTuple):
    """What stands after `:`.

    Attributes:
        name: As typed; `aliases` are typed as well.
        argument: What may follow, for help.
        summary: What it does.
        screen: Where it goes, or
        action: what the app does.
        words: What the argument may be, if it is one of a few.
    """

    name: str
    summary: str
    argument: str = ""
    screen: str = ""
    action: str = ""
    aliases: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


COMMANDS: tuple[Command, ...] = (
    Command("apis", "every deployment of every API", "[VIEW]", "inventory", aliases=("a", "list")),
    Command("api", "one deployment, whole", "NAME|UID", "deployment", aliases=("show",)),
    Command(
        "scopes",
        "what was looked at, and what could not be seen",
        "[WORDS]",
        "scopes",
        aliases=("s", "runs"),
    ),
    Command(
        "changes", "what happened, newest first", "[VIEW]", "changes", aliases=("c", "history")
    ),
    Command(
        "names", "names in DNS that point at lent hosts", "[VIEW]", "names", aliases=("n", "dns")
    ),
    Command("catalogues", "what catalogues declare", "[VIEW]", "catalogues", aliases=("cat",)),
    Command("help", "keys, commands and the view language", "", "help", aliases=("h",)),
    Command("theme", "other colours", "NAME", action="theme", words=tuple(THEMES)),
    Command("rescan", "visit a scope now, or all", "[SCOPE]", action="rescan", aliases=("scan",)),
    Command("pause", "hold changes back, and let them in", action="pause"),
    Command("q", "quit", action="quit", aliases=("quit", "exit")),
)

BY_NAME = {name: command for command in COMMANDS for name in (command.name, *command.aliases)}


class Asked(NamedTuple):
    """A command line, read."""

    command: Command
    argument: str

    @property
    def place(self) -> Place:
        """Where it goes."""
        return Place(self.command.screen, self.argument)


def read(text: str) -> Asked | None:
    """Return the command that a line asks for, by name, alias or an unambiguous beginning."""
    name, _, argument = text.strip().lstrip(":").partition(" ")
    command = BY_NAME.get(name)
    if command is None and name:
        alike = {
            each for known, each in BY_NAME.items() if known.startswith(name) and len(name) > 1
        }
        command = alike.pop() if len(alike) == 1 else None
    return Asked(command, argument.strip()) if command else None


def complete(text: str, names: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Return where the last word begins and what it may become.

    Args:
        text: What is typed before the cursor.
        names: Names of deployments, for commands that take one.
    """
    head, blank, rest = text.partition(" ")
    if not blank:
        return 0, [
            f"{each.name} " if each.argument else each.name
            for each in COMMANDS
            if each.name.startswith(head)
        ]
    command = BY_NAME.get(head)
    if command is None:
        return len(text), []
    if command.screen == "deployment":
        return len(head) + 1, [name for name in names if name.startswith(rest)][:50]
    return len(head) + 1, [word for word in command.words if word.startswith(rest)]
