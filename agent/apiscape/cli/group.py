"""The group of commands: loads one when it runs, and turns every error into words and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from apiscape.cli.catalogue import PACKAGE, SUMMARIES, help_text
from apiscape.cli.naming import no_command
from apiscape.errors import ApiscapeError, Exit, QueryError, SettingsError, in_words
from apiscape.model.plain import plain

PIPE_CLOSED = 141
"""128 + SIGPIPE, as a shell reports it: the reader of our output went away."""

ELSEWHERE = "  → name another place, or check that it is there and may be written"

INTERRUPTED = 130
"""128 + SIGINT."""

DEFECT = 70
"""A defect of ours, as `sysexits.h` has it: the interpreter's own 1 would be read as findings."""

OURS = "apiscape: that is a defect of apiscape\n  → report it with the lines above, and what `apiscape version` prints"

SELDOM = (20_000, 10, 10)
"""The collector's thresholds in a command that ends: it makes much, and little of that is garbage in cycles.

With the interpreter's own ones it walks what was imported again and again: a sixth of the time of a demo.
"""

ASKING = frozenset({"--url", "--context"})
ONLY_HERE = "  → it asks no agent: run it without that on the machine that is meant"

LASTING = "agent"
"""The command that does not end by itself."""

OFTEN_ENOUGH = (10_000, 10, 10)
"""The same of the command that lasts: visits take a sixth less, and garbage still goes soon."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with.

        Raises:
            UsageError: there is none of that name; the hint names the nearest.
        """
        if args[0] not in SUMMARIES and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise no_command(args[0], list(SUMMARIES))
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin so, with their summaries; imports none of them."""
        commands = [
            CompletionItem(name, help=summary)
            for name, summary in SUMMARIES.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the same text as the fast path does."""
        formatter.write(help_text())


ROOT = Commands(
    "apiscape",
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; return its exit code, with the error and its next step on stderr."""
    try:
        with _collecting_seldom(arguments):
            code = _run(list(arguments))
        sys.stdout.flush()
    except OSError as error:
        return lost(error)
    except Exception as defect:  # noqa: BLE001 - the process ends here, and says of what
        sys.excepthook(type(defect), defect, defect.__traceback__)
        sys.stderr.write(f"{OURS}\n")
        return DEFECT
    return code


def lost(error: OSError) -> int:
    """Say that what was written did not arrive, unless its reader left; return the exit code."""
    _leave_the_pipe()
    if isinstance(error, BrokenPipeError):
        return PIPE_CLOSED
    sys.stderr.write(f"apiscape: what was asked for cannot be written: {in_words(error)}\n")
    return Exit.UNREACHABLE


@contextmanager
def _collecting_seldom(arguments: Sequence[str]) -> Iterator[None]:
    """Have the garbage collector come seldom while a command runs, more seldom for one that ends by itself.

    Afterwards it is as before, whatever a command left out of its search (`gc.freeze`).
    """
    before = gc.get_threshold()
    gc.set_threshold(*(OFTEN_ENOUGH if arguments[:1] == [LASTING] else SELDOM))
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _run(arguments: list[str]) -> int:
    try:
        with ROOT.make_context("apiscape", arguments) as context:
            result = ROOT.invoke(context)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        return _refuse(error)
    except ApiscapeError as error:
        sys.stderr.write(explain(error))
        return error.exit_code
    except BrokenPipeError:
        raise
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        said = plain(f"apiscape: {place}{error.strerror or error}")
        sys.stderr.write(f"{said}\n" + (f"{ELSEWHERE}\n" if place else ""))
        return Exit.UNREACHABLE
    return result if isinstance(result, int) else Exit.COMPLETE


def _leave_the_pipe() -> None:
    """Send what is still buffered nowhere, so that the interpreter's last flush is silent as well."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: ApiscapeError) -> str:
    """Return an error as words: where, what, and the next step."""
    place = ""
    if isinstance(error, SettingsError):
        place = f"{error.place}: "
    lines = [f"apiscape: {place}{plain(error.message)}"]
    if isinstance(error, QueryError):
        lines += [f"  {line}" for line in error.pointer().splitlines()]
    first, *more = map(plain, (error.hint or "").splitlines() or [""])
    lines += [f"  → {first}"] if first else []
    lines += [f"    {line.strip()}" for line in more]
    return "\n".join(lines) + "\n"


def _refuse(error: click.ClickException) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        sys.stderr.write(f"{error.format_message()}\n")
        return Exit.USAGE
    context = getattr(error, "ctx", None)
    words = " ".join(error.format_message().split()).rstrip(".")
    sys.stderr.write(f"apiscape: {plain(words[:1].lower() + words[1:])}\n")
    if isinstance(error, click.NoSuchOption) and error.option_name in ASKING:
        sys.stderr.write(f"{ONLY_HERE}\n")
    elif context is not None:
        sys.stderr.write(f"  → {context.command_path} --help\n")
    return Exit.USAGE
