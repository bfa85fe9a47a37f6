"""The group of commands: loads one when it runs, and turns every error into words and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from apiscape.cli.catalogue import PACKAGE, SUMMARIES, help_text
from apiscape.errors import ApiscapeError, Exit, QueryError, SettingsError
from apiscape.model.plain import plain

PIPE_CLOSED = 141
"""128 + SIGPIPE, as a shell reports it: the reader of our output went away."""

INTERRUPTED = 130
"""128 + SIGINT."""


class Commands(click.Group):
    """Commands by the names of the catalogue; a module is imported when its command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the catalogue's order."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or `None` if there is none of that name."""
        if cmd_name not in SUMMARIES:
            return None
        module = import_module(f"{PACKAGE}.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the same text as the fast path does."""
        formatter.write(help_text())


ROOT = Commands(
    "apiscape",
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code, with the error and its next step on stderr."""
    try:
        result = ROOT.main(list(arguments), prog_name="apiscape", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.Abort:
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error)
    except ApiscapeError as error:
        sys.stderr.write(explain(error))
        return error.exit_code
    except BrokenPipeError:
        sys.stderr.close()
        return PIPE_CLOSED
    return result if isinstance(result, int) else Exit.COMPLETE


def explain(error: ApiscapeError) -> str:
    """Return an error as words: where, what, and the next step."""
    place = ""
    if isinstance(error, SettingsError):
        place = f"{error.path}:{error.line}: " if error.line else f"{error.path}: "
    lines = [f"apiscape: {place}{plain(error.message)}"]
    if isinstance(error, QueryError):
        lines += [f"  {line}" for line in error.pointer().splitlines()]
    if error.hint:
        lines.append(f"  → {plain(error.hint)}")
    return "\n".join(lines) + "\n"


def _refuse(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    sys.stderr.write(f"apiscape: {plain(error.format_message())}\n")
    if context is not None:
        sys.stderr.write(f"  → {context.command_path} --help\n")
    return Exit.USAGE
