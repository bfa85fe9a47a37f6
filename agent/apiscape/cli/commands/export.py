"""`apiscape export`: the inventory as data for other tools."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TextIO

import click

from apiscape.cli.moments import refuse_future, summary_of
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import json_text, say, warn_incomplete
from apiscape.cli.views import ViewCommand, view_argument
from apiscape.client.inventory import Inventory
from apiscape.client.words import count
from apiscape.model.plain import plain
from apiscape.model.row import Row
from apiscape.model.values import is_known
from apiscape.query import parse

PAGE = 500
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A spreadsheet takes a cell that begins so for a formula; the last four are the full-width forms."""


@click.command("export", cls=ViewCommand)
@view_argument
@click.option(
    "--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True
)
@click.option(
    "--raw-cells",
    is_flag=True,
    help="CSV: leave cells that a spreadsheet would compute, or a terminal obey, as they are.",
)
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(output=False)
def command(
    *, session: Session, view: str, form: str, raw_cells: bool, require_complete: bool
) -> int:
    """Write every field of the deployments that match VIEW to stdout.

    In JSON a key that is left out is unknown, and `null` is absent; in CSV the cell says `unknown`.
    """
    parsed = parse(view)
    refuse_future(parsed, datetime.now(UTC))
    with session.inventory() as inventory:
        rows = _rows(inventory, view)
        written = (
            _write_csv(rows, sys.stdout, raw=raw_cells)
            if form == "csv"
            else _write_jsonl(rows, sys.stdout)
        )
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


def _write_jsonl(rows: Iterable[Row], stream: TextIO) -> int:
    written = 0
    for row in rows:
        stream.write(json_text(row) + "\n")
        written += 1
    return written


def _write_csv(rows: Iterable[Row], stream: TextIO, *, raw: bool) -> int:
    writer = csv.writer(stream, lineterminator="\n")
    fields = Row.__struct_fields__
    writer.writerow(fields)
    written = 0
    for row in rows:
        writer.writerow([_cell(getattr(row, field), raw=raw) for field in fields])
        written += 1
    return written


def _cell(value: Any, *, raw: bool) -> str:  # noqa: ANN401 - a row's field may hold any of its types
    if not is_known(value):
        return "unknown"
    if value is None:
        return ""
    text = " ".join(value) if isinstance(value, tuple) else str(value)
    return text if raw else neutral_cell(plain(text))


def neutral_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes: one that begins like a formula gets a leading quote."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
