"""`apiscape list`: deployments that match a view."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
import msgspec

from apiscape.cli.moments import Moment, refuse_future, summary_of
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import drop_unknown, say, warn_incomplete, write_records, write_table
from apiscape.cli.table import Column
from apiscape.cli.views import ViewCommand, read_view, view_argument
from apiscape.client.inventory import Inventory
from apiscape.client.words import count, shown
from apiscape.model.row import Row
from apiscape.model.vocabulary import Freshness, Presence
from apiscape.query import format_view
from apiscape.query.fields import FIELDS, Kind
from apiscape.query.quantities import write_moment
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
    "consumers",
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
WIDE = (
    *(*NARROW, "account", "region", "stage", "endpoint", "consumers"),
    *("basis", "presence", "freshness", "uid"),
)


USUAL = {"presence": Presence.PRESENT, "freshness": Freshness.CURRENT}
"""What a table says of no row as long as it holds of all."""

ORDER = "sort:name,account,region,stage"
"""Of a table, where the view asks for none."""

HEADINGS = {"operations": "OPS"}
LEAVES = {"gateway": 1, "style": 2}
"""Columns that a narrow terminal does without, the first to leave first."""


class Rows(msgspec.Struct, frozen=True):
    """The rows of a view, up to a limit.

    Attributes:
        matched: How many match in all.
        undecided: How many neither match nor are ruled out.
    """

    items: list[Row]
    matched: int
    undecided: int


@click.command("list", cls=ViewCommand)
@view_argument
@click.option(
    "--as-of",
    type=Moment(),
    metavar="TIME",
    help="The inventory as it was then (at: in a view): 2026-09-30, its midnight in UTC, 2026-09-30T12:00Z, or 2d ago.",
)
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(asks=True)
def command(
    *,
    session: Session,
    view: str,
    as_of: datetime | None,
    limit: int | None,
    require_complete: bool,
) -> int:
    """List deployments that match VIEW. Quote it: `<` and `>` mean something to a shell.

    \b
    apiscape list                                 everything
    apiscape list 'tax health:failing'            a word, and a field
    apiscape list 'provider:aws exposure:internet auth:none,mixed'
    apiscape list '-owner:none changed<7d sort:changed:desc'
    apiscape list 'path:/refund cols:name,gateway,endpoint'
    apiscape list --as-of 2026-09-30              as it was, and as complete as it was
    """
    text = f"{view} at:{write_moment(as_of)}".lstrip() if as_of else view
    parsed = read_view(text)
    refuse_future(parsed.at, datetime.now(UTC))
    is_table = session.output in {"table", "wide"}
    with session.inventory() as inventory:
        if is_table and not parsed.sort:
            text = f"{text} {ORDER}".lstrip()
        rows = rows_of(inventory, text, limit)
        print_rows(session.output, parsed, rows.items)
        if is_table:
            say(sum_words(rows, parsed))
        elif rows.undecided and not parsed.undecided:
            say(f"{rows.undecided:,} undecided: undecided:yes lists them")
        return warn_incomplete(summary_of(inventory, parsed), require_complete=require_complete)


def rows_of(inventory: Inventory, view: str, limit: int | None = None) -> Rows:
    """Return all rows of a view, up to a limit."""
    items: list[Row] = []
    after: str | None = None
    while True:
        wanted = PAGE if limit is None else min(PAGE, limit - len(items))
        page = inventory.page(view, limit=wanted, after=after)
        items.extend(page.items)
        after = page.next
        if after is None or (limit is not None and len(items) >= limit):
            return Rows(items, page.matched, page.undecided)


def record_of(row: Row) -> dict[str, Any]:
    """Return a row as scripts see it: every key there, `null` where unknown.

    `owner` is the first owner, `null` where there is none and `"unknown"` where nobody could look.
    `consumers` is `null` also where the product knows none: `export` tells the two apart.
    """
    owners = row.owners
    owner = "unknown" if not isinstance(owners, tuple) else (owners[0] if owners else None)
    values = {name: getattr(row, name) for name in RECORD if name != "owner"} | {"owner": owner}
    return drop_unknown({name: values[name] for name in RECORD})


def print_rows(form: str, view: View, rows: list[Row]) -> None:
    """Write rows in one of the output formats."""
    if write_records(form, map(record_of, rows), (row.name for row in rows)):
        return
    chosen = view.columns or (WIDE if form == "wide" else (*NARROW, *_telling(rows)))
    leaves = {} if view.columns else LEAVES
    columns = [column_of(field, leaves.get(field, 0)) for field in chosen]
    write_table(columns, (list(_cells(row, chosen)) for row in rows), wide=form == "wide")


def _telling(rows: list[Row]) -> Iterator[str]:
    """Yield the columns that say of some rows that they may be out of date; where all are seen none is needed."""
    yield from (
        name for name, usual in USUAL.items() if any(getattr(row, name) != usual for row in rows)
    )


def column_of(field: str, leaves: int = 0) -> Column:
    """Return the table column of a view's field."""
    return Column(
        HEADINGS.get(field, field.upper().replace("_", " ")),
        right=FIELDS[field].kind is Kind.NUMBER,
        gives_way=field not in {"uid", "operations"},
        cut_inside=field in {"scope", "native_id"},
        leaves=leaves,
    )


def _cells(row: Row, columns: tuple[str, ...]) -> Iterator[str]:
    for name in columns:
        value = getattr(row, FIELDS[name].attribute)
        yield f"{value:g}" if isinstance(value, float) else shown(value)


def sum_words(rows: Rows, view: View) -> str:
    """Return the line below a table: how many, of how many, and how many nobody can tell."""
    total = rows.undecided if view.undecided else rows.matched
    some = f"{len(rows.items):,} of " if len(rows.items) < total else ""
    head = f"{some}{count(total, 'deployment')}"
    at = f" as of {view.at:%Y-%m-%d %H:%M %Z}" if isinstance(view.at, datetime) else ""
    if not view.terms:
        return head + at
    terms = format_view(View(terms=view.terms))
    if view.undecided:
        return f"{head} undecided of {terms}{at}"
    tail = f", {rows.undecided:,} undecided (undecided:yes lists them)" if rows.undecided else ""
    verb = "matches" if total == 1 else "match"
    return f"{head} {verb} {terms}{at}{tail}"
