"""`apiscape names`: names in DNS that point at lent hosts, those first whose host nobody has any more."""

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
from apiscape.client.name_views import read_name_view
from apiscape.client.names import DnsName
from apiscape.client.pages import every_page
from apiscape.client.words import DANGLES, age, count, names_words, state_in, why_words
from apiscape.report.rows import write_fields

PAGE = 1000

COLUMNS = (
    Column("DANGLES"),
    Column("NAME", gives_way=True, cut_inside=True, comfort=36),
    Column("POINTS AT", gives_way=True, cut_inside=True, comfort=30),
    Column("WHY", gives_way=True, comfort=40),
    Column("SINCE", right=True, leaves=3),
    Column("ZONE", gives_way=True, comfort=24, leaves=2),
    Column("SCOPE", gives_way=True, cut_inside=True, comfort=36, leaves=1),
    Column("SEEN", right=True, leaves=4),
)


@click.command("names", cls=ViewCommand)
@view_argument
@click.option("--csv", "as_csv", is_flag=True, help="Write CSV, every field of it.")
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(asks=True)
def command(*, session: Session, view: str, as_csv: bool, require_complete: bool) -> int:
    """Show names in DNS that point at hosts which a cloud lends, and whether those are somebody's still.

    Whoever is given a host next that a name still points at is whom callers reach by that name.
    VIEW is one of the view language, of what a name has: `endpoint` is what it points at, `gateway` its zone.

    \b
    apiscape names dangling:yes                  what may be taken over
    apiscape names dangling:yes changed<7d       what came to dangle within a week
    apiscape names -dangling:no --csv            what is not known to be fine, for a spreadsheet
    """
    _ = read_name_view(view)
    with session.inventory() as inventory:
        ask = partial(inventory.names, view, limit=PAGE)
        pages = list(every_page(lambda after: ask(after=after)))
        summary = inventory.summary()
    names = [name for page in pages for name in page.items]
    if as_csv:
        write_fields(names, DnsName.__struct_fields__, sys.stdout)
    elif not write_records(session.output, names, (name.name for name in names)):
        _print(names, wide=session.output == "wide")
        _say_sums(names, undecided=max(page.undecided for page in pages))
    return warn_incomplete(summary, require_complete=require_complete)


def _print(names: Sequence[DnsName], *, wide: bool) -> None:
    if names:
        now = datetime.now(UTC)
        write_table(COLUMNS, (_row(name, now) for name in names), wide=wide)


def _row(name: DnsName, now: datetime) -> list[str]:
    return [
        state_in(DANGLES, name.dangling).text,
        name.name,
        ", ".join(name.points_at),
        why_words(name),
        age(name.since, now),
        name.zone or "",
        name.scope,
        age(name.seen_at, now),
    ]


def _say_sums(names: Sequence[DnsName], *, undecided: int) -> None:
    say(
        names_words(names)
        if names
        else "No name that points at a lent host is known, or none matches."
    )
    if undecided:
        say(f"{count(undecided, 'name')} may match, nobody can tell: undecided:yes shows them")
