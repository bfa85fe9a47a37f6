"""`apiscape export`: the inventory as data for other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from apiscape.cli.moments import refuse_future, summary_of
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, warn_incomplete
from apiscape.cli.views import ViewCommand, read_view, view_argument
from apiscape.client.inventory import Inventory
from apiscape.client.words import count
from apiscape.model.row import Row
from apiscape.report.rows import FORMATS, write_raw_csv

PAGE = 500


@click.command("export", cls=ViewCommand)
@view_argument
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="jsonl", show_default=True
)
@click.option(
    "--json", "form", flag_value="jsonl", help="One JSON object a line (= --format jsonl)."
)
@click.option(
    "--raw-cells",
    is_flag=True,
    help="CSV: leave cells that a spreadsheet would compute, or a terminal obey, as they are.",
)
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(output=False, asks=True)
def command(
    *, session: Session, view: str, form: str, raw_cells: bool, require_complete: bool
) -> int:
    """Write every field of the deployments that match VIEW to stdout.

    In JSON a key that is left out is unknown, and `null` is absent; elsewhere the cell says `unknown`.
    A Markdown table has the fields that a person reads.
    """
    parsed = read_view(view)
    refuse_future(parsed.at, datetime.now(UTC))
    with session.inventory() as inventory:
        rows = _rows(inventory, view)
        write = write_raw_csv if raw_cells and form == "csv" else FORMATS[form]
        written = write(rows, sys.stdout)
        say(f"{count(written, 'deployment')} written")
        return warn_incomplete(summary_of(inventory, parsed), require_complete=require_complete)


def _rows(inventory: Inventory, view: str) -> Iterator[Row]:
    after: str | None = None
    while True:
        page = inventory.page(view, limit=PAGE, after=after)
        yield from page.items
        after = page.next
        if after is None:
            return
