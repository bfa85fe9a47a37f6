"""`apiscape list`: deployments that match a view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from apiscape.cli.completion import complete_view
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import (
    drop_unknown,
    say,
    warn_incomplete,
    write,
    write_json_lines,
    write_table,
    write_yaml,
)
from apiscape.cli.table import Column
from apiscape.cli.words import count, shown
from apiscape.client.inventory import Inventory
from apiscape.model.plain import plain
from apiscape.model.row import Row
from apiscape.query import format_view, parse
from apiscape.query.fields import FIELDS, Kind
from apiscape.query.syntax import View

PAGE = 500

RECORD = (
    "uid",
    "name",
    "style",
    "provider",
    "product",
    "scope",
    "gateway",
    "environment",
    "endpoints",
    "operations",
    "auth",
    "exposure",
    "owner",
    "health",
    "basis",
    "presence",
    "observed_at",
)
"""Keys of a JSON line, in this order: what scripts may rely on."""

NARROW = (
    "name",
    "style",
    "gateway",
    "environment",
    "operations",
    "auth",
    "exposure",
    "owner",
    "health",
)
WIDE = (*NARROW, "account", "region", "stage", "endpoint", "basis", "presence", "freshness", "uid")


@click.command("list")
@click.argument("view", default="", shell_complete=complete_view)
@click.option(
    "--as-of", metavar="TIME", help="The inventory as it was then (= at:TIME in the view)."
)
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options()
def command(
    *, session: Session, view: str, as_of: str | None, limit: int | None, require_complete: bool
) -> int:
    """List deployments that match VIEW.

    \b
    apiscape list                                 everything
    apiscape list 'tax health:failing'            a word, and a field
    apiscape list 'provider:aws exposure:internet auth:none,mixed'
    apiscape list '-owner:none changed<7d sort:changed:desc'
    apiscape list 'path:/refund cols:name,gateway,endpoint'
    """
    text = f"{view} at:{as_of}" if as_of else view
    parsed = parse(text)
    with session.inventory() as inventory:
        if not parsed.sort and session.output in {"table", "wide"}:
            text = f"{text} sort:name".lstrip()
        rows, undecided = rows_of(inventory, text, limit)
        print_rows(session.output, parsed, rows)
        if session.output in {"table", "wide"}:
            say(_sum(len(rows), undecided, parsed))
        elif undecided:
            say(f"{undecided:,} undecided: undecided:yes lists them")
        return warn_incomplete(inventory.summary().incomplete, require_complete=require_complete)


def rows_of(inventory: Inventory, view: str, limit: int | None) -> tuple[list[Row], int]:
    """Return all rows of a view (up to a limit) and how many are undecided."""
    rows: list[Row] = []
    after: str | None = None
    while True:
        wanted = PAGE if limit is None else min(PAGE, limit - len(rows))
        page = inventory.page(view, limit=wanted, after=after)
        rows.extend(page.items)
        after = page.next
        if after is None or (limit is not None and len(rows) >= limit):
            return rows, page.undecided


def record_of(row: Row) -> dict[str, Any]:
    """Return a row as scripts see it: every key there, `null` where unknown.

    `owner` is the first owner, `null` where there is none and `"unknown"` where nobody could look.
    """
    owners = row.owners
    owner = "unknown" if not isinstance(owners, tuple) else (owners[0] if owners else None)
    values = {name: getattr(row, name) for name in RECORD if name != "owner"} | {"owner": owner}
    return drop_unknown({name: values[name] for name in RECORD})


def print_rows(form: str, view: View, rows: list[Row]) -> None:
    """Write rows in one of the output formats."""
    if form == "json":
        write_json_lines(map(record_of, rows))
    elif form == "yaml":
        write_yaml(list(map(record_of, rows)))
    elif form == "name":
        write("".join(f"{plain(row.name)}\n" for row in rows))
    else:
        chosen = view.columns or (WIDE if form == "wide" else NARROW)
        write_table(map(column_of, chosen), (list(_cells(row, chosen)) for row in rows))


def column_of(field: str) -> Column:
    """Return the table column of a view's field."""
    kind = FIELDS[field].kind
    return Column(
        field.upper().replace("_", " "),
        right=kind is Kind.NUMBER,
        gives_way=field not in {"uid", "operations"},
    )


def _cells(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    for name in columns:
        value = getattr(row, FIELDS[name].attribute)
        yield f"{value:g}" if isinstance(value, float) else shown(value)


def _sum(matched: int, undecided: int, view: View) -> str:
    """Return the line below a table: how many, and how many nobody can tell."""
    at = f" as of {view.at.isoformat()}" if isinstance(view.at, datetime) else ""
    kind = "undecided" if view.undecided else "match"
    tail = (
        f", {undecided:,} undecided (undecided:yes lists them)"
        if undecided and not view.undecided
        else ""
    )
    named = f" {format_view(view)}" if view.terms else ""
    return (
        f"{count(matched, 'deployment')} {kind}{named}{at}{tail}"
        if view.terms
        else (f"{count(matched, 'deployment')}{at}")
    )
