"""`apiscape catalogues`: what catalogues declare, those records first that lead to nothing that is in the inventory."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, warn_incomplete, write_records, write_table
from apiscape.cli.table import Column
from apiscape.cli.views import ViewCommand, view_argument
from apiscape.client.catalogue_views import UNLINKED, read_catalogue_view
from apiscape.client.catalogue_words import kind_words, leads_words, records_words
from apiscape.client.catalogues import Declaration
from apiscape.client.pages import every_page
from apiscape.client.words import DANGLES, age, count, state_in
from apiscape.report.rows import write_fields

PAGE = 1000

FIELDS = (
    *(name for name in Declaration.__struct_fields__ if name != "names"),
    *("leads_to", "missing", "unsure"),
)
"""Columns of CSV: what a record names stands in three, by whether it is there."""

COLUMNS = (
    Column("DANGLES"),
    Column("RECORD", gives_way=True, cut_inside=True, comfort=32),
    Column("LEADS TO", gives_way=True, comfort=36),
    Column("WHY", gives_way=True, comfort=44),
    Column("CATALOGUE", gives_way=True, cut_inside=True, comfort=28),
    Column("KIND", leaves=3),
    Column("VERSION", leaves=4),
    Column("STATE", leaves=3),
    Column("SCOPE", gives_way=True, cut_inside=True, comfort=36, leaves=1),
    Column("SEEN", right=True, leaves=2),
)


@click.command("catalogues", cls=ViewCommand)
@view_argument
@click.option(
    "--unlinked", is_flag=True, help=f"Only what no deployment is known behind: {UNLINKED}."
)
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV, every field of it.")
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(asks=True)
def command(
    *, session: Session, view: str, unlinked: bool, as_csv: bool, require_complete: bool
) -> int:
    """Show what catalogues declare, and whether an API that is in the inventory stands behind it.

    A record leads to nothing only where all that would list what it names was read whole; else nobody can tell.
    VIEW is one of the view language, of what a record has: `gateway` is its catalogue, `backend` what it leads to.

    \b
    apiscape catalogues --unlinked               what is published without an API behind it
    apiscape catalogues dangling:yes             what names something that is not there, with what is
    apiscape catalogues gateway:agents --csv     what one catalogue has, for a spreadsheet
    """
    asked = f"{view} {UNLINKED}".lstrip() if unlinked else view
    _ = read_catalogue_view(asked)
    with session.inventory() as inventory:
        ask = partial(inventory.catalogues, asked, limit=PAGE)
        pages = list(every_page(lambda after: ask(after=after)))
        summary = inventory.summary()
    records = [record for page in pages for record in page.items]
    if as_csv:
        write_fields(records, FIELDS, sys.stdout)
    elif not write_records(session.output, records, (each.name for each in records)):
        _print(records, wide=session.output == "wide")
        _say_sums(records, undecided=max(page.undecided for page in pages))
    return warn_incomplete(summary, require_complete=require_complete)


def _print(records: Sequence[Declaration], *, wide: bool) -> None:
    if records:
        now = datetime.now(UTC)
        write_table(COLUMNS, (_row(each, now) for each in records), wide=wide)


def _row(record: Declaration, now: datetime) -> list[str]:
    return [
        state_in(DANGLES, record.dangling).text,
        record.title or record.name,
        leads_words(record),
        record.reason or "",
        record.catalogue or "",
        kind_words(record),
        record.version or "",
        record.lifecycle or "",
        record.scope or "",
        age(record.seen_at, now),
    ]


def _say_sums(records: Sequence[Declaration], *, undecided: int) -> None:
    say(
        records_words(records) if records else "No record of a catalogue is known, or none matches."
    )
    if undecided:
        say(f"{count(undecided, 'record')} may match, nobody can tell: undecided:yes shows them")
