"""`apiscape changes`: what appeared, changed, went missing or returned."""

from __future__ import annotations

import time
from collections.abc import Iterator

import click
import msgspec

from apiscape.cli.completion import complete_view
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write, write_json_lines, write_table, write_yaml
from apiscape.cli.table import Column
from apiscape.cli.words import clock
from apiscape.client.inventory import Inventory
from apiscape.model.change import Change, FieldChange
from apiscape.model.plain import plain
from apiscape.model.values import is_known

FOLLOW_EVERY_S = 1.0
PAGE = 1000
LONGEST_VALUE = 60

COLUMNS = (
    Column("SEQ", right=True),
    Column("WHEN"),
    Column("WHAT"),
    Column("DEPLOYMENT", gives_way=True),
    Column("SCOPE", gives_way=True),
    Column("DETAIL", gives_way=True),
)


@click.command("changes")
@click.argument("view", default="", shell_complete=complete_view)
@click.option("-f", "--follow", is_flag=True, help="Go on as changes come.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only after this sequence number.")
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="The newest so many."
)
@session_options()
def command(*, session: Session, view: str, follow: bool, after: int, limit: int) -> None:
    """Show changes of deployments that match VIEW, oldest first."""
    with session.inventory() as inventory:
        newest = list(_all(inventory, view, after))[-limit:]
        _print(session.output, newest)
        last = newest[-1].seq if newest else after
        while follow:
            time.sleep(FOLLOW_EVERY_S)
            fresh = list(_all(inventory, view, last))
            if fresh:
                _print(session.output, fresh)
                last = fresh[-1].seq


def _all(inventory: Inventory, view: str, after: int) -> Iterator[Change]:
    while True:
        page = inventory.changes(after=after, limit=PAGE, view=view)
        yield from page.items
        if page.last_seq <= after or len(page.items) < PAGE:
            return
        after = page.last_seq


def _print(form: str, changes: list[Change]) -> None:
    if form == "json":
        write_json_lines(changes)
    elif form == "yaml":
        write_yaml(changes)
    elif form == "name":
        write("".join(f"{plain(change.name)}\n" for change in changes))
    elif changes:
        write_table(COLUMNS, map(_row, changes))
    else:
        say("No change yet.")


def _row(change: Change) -> list[str]:
    detail = change.reason or "; ".join(map(field_words, change.fields))
    return [str(change.seq), clock(change.at), change.kind, change.name, change.scope, detail]


def field_words(change: FieldChange) -> str:
    """Return one changed field in words: `style rest → http`."""
    return f"{change.field} {_short(change.old)} → {_short(change.new)}"


def _short(value: object) -> str:
    if not is_known(value):
        return "unknown"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
