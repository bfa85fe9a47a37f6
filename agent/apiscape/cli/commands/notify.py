"""`apiscape notify`: whom the agent tells of changes, and whether they can be told."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from apiscape.cli.completion import complete_target
from apiscape.cli.options import config_option, output_option
from apiscape.cli.output import say, write_record, write_records, write_table
from apiscape.cli.table import Column
from apiscape.client.words import duration
from apiscape.errors import Exit, NotFound, UsageError
from apiscape.network.ways import Network, read_ways
from apiscape.settings.load import load_settings
from apiscape.settings.schema import Notify

if TYPE_CHECKING:
    from apiscape.notify.posting import Answer

COLUMNS = (
    Column("NAME"),
    Column("HOST", gives_way=True),
    Column("KINDS", gives_way=True),
    Column("VIEW", gives_way=True),
)
NEEDS = "the agent is not installed"
INSTALL = "install it with `pip install 'apiscape[agent]'`"


@click.group("notify", invoke_without_command=True)
@config_option
@output_option
@click.pass_context
def command(context: click.Context, *, config: Path | None, output: str) -> None:
    """List whom the agent tells of changes; try (test) one of them.

    Of an address only the host is shown: the rest may be secret.
    """
    if context.invoked_subcommand is not None:
        return
    targets = load_settings(config).notify
    shown = [_shown(target) for target in targets]
    if not write_records(output, shown, (target.name for target in targets)):
        rows = [[each["name"], each["host"], each["kinds"], each["view"]] for each in shown]
        write_table(COLUMNS, rows, wide=output == "wide")
    if not targets:
        say("Nobody is told of changes: `notify` in the configuration names whom to tell.")


@command.command("test")
@click.argument("name", shell_complete=complete_target)
@config_option
@output_option
def test(*, config: Path | None, output: str, name: str) -> int:
    """Send one signed event that tells of nothing to the target called NAME; say what came back."""
    settings = load_settings(config)
    targets = {target.name: target for target in settings.notify}
    if name not in targets:
        hint = f"there are: {', '.join(targets)}" if targets else "the configuration names none"
        raise NotFound(f"no target is called {name}", hint=hint)
    answer = asyncio.run(_try(targets[name], settings.network))
    if not write_record(output, answer, name):
        say(f"{name}: {_words(answer)}")
    return Exit.COMPLETE if answer.is_taken else Exit.UNREACHABLE


async def _try(target: Notify, network: Network) -> Answer:
    try:
        from apiscape.notify.events import trial_message
        from apiscape.notify.posting import Poster
    except ModuleNotFoundError as error:
        raise UsageError(f"{NEEDS}: {error.name} is missing", hint=INSTALL) from error
    poster = Poster(target, os.environ, lambda: datetime.now(UTC), read_ways(network))
    return await poster.post(trial_message(target.name, datetime.now(UTC)))


def _words(answer: Answer) -> str:
    took = duration(answer.took_s)
    if answer.is_taken:
        return f"taken with {answer.status} after {took}"
    return f"not taken after {took}: {answer.failure}"


def _shown(target: Notify) -> dict[str, str]:
    return {
        "name": target.name,
        "host": urlsplit(target.url).hostname or "",
        "kinds": ", ".join(target.kinds) or "all but concluded",
        "view": target.view or "all",
    }
