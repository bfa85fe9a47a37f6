"""`apiscape changes`: what appeared, changed, went missing or returned."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence

import click

from apiscape.cli.moments import Span, span_options
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, table_text, write, write_records
from apiscape.cli.table import Column
from apiscape.cli.views import ViewCommand, view_argument
from apiscape.client.inventory import Inventory
from apiscape.client.words import count, field_words, shown
from apiscape.errors import UsageError
from apiscape.model.change import Change
from apiscape.model.vocabulary import ChangeKind

FOLLOW_EVERY_S = 1.0
PAGE = 1000

COLUMNS = (
    Column("SEQ", right=True),
    Column("WHEN"),
    Column("WHAT"),
    Column("DEPLOYMENT", gives_way=True, comfort=24),
    Column("SCOPE", gives_way=True, cut_inside=True, comfort=48, leaves=1),
    Column("DETAIL", gives_way=True, comfort=40),
)


@click.command("changes", cls=ViewCommand)
@view_argument
@click.option("-f", "--follow", is_flag=True, help="Go on as changes come, until interrupted.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only after this sequence number.")
@span_options
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="The newest so many."
)
@click.option(
    "--conclusions",
    is_flag=True,
    help="Also what follows from others: which API a deployment belongs to, its effective addresses.",
)
@session_options(asks=True)
def command(
    *,
    session: Session,
    view: str,
    follow: bool,
    after: int,
    span: Span,
    limit: int,
    conclusions: bool,
) -> None:
    """Show changes of deployments that match VIEW, oldest first.

    A TIME is a date (its midnight in UTC), a time, or how long ago: 2026-09-30, 2026-09-30T12:00Z, 2d.

    \b
    apiscape changes --since 7d                              the last week
    apiscape changes --since 2026-09-01 --until 2026-10-01   September
    """
    if span.until is not None and follow:
        raise UsageError("--until ends before --follow begins", hint="leave one of them out")
    with session.inventory() as inventory:
        span.check(inventory)
        kept: deque[Change] = deque(maxlen=limit)
        last, found, hidden = after, 0, 0
        for change in _all(inventory, view, after):
            last = change.seq
            if span.holds(change.at):
                is_shown = conclusions or change.kind != ChangeKind.CONCLUDED
                found, hidden = found + is_shown, hidden + (not is_shown)
                kept.extend([change] * is_shown)
        show(session.output, list(kept))
        if session.output in {"table", "wide"}:
            _say_sums(len(kept), found, hidden)
        while follow:
            time.sleep(FOLLOW_EVERY_S)
            fresh = list(_all(inventory, view, last))
            last = fresh[-1].seq if fresh else last
            news = [
                change for change in fresh if conclusions or change.kind != ChangeKind.CONCLUDED
            ]
            show(session.output, news, heading=False)


def _all(inventory: Inventory, view: str, after: int) -> Iterator[Change]:
    while True:
        page = inventory.changes(after=after, limit=PAGE, view=view)
        yield from page.items
        if page.last_seq <= after or len(page.items) < PAGE:
            return
        after = page.last_seq


def show(form: str, changes: Sequence[Change], *, heading: bool = True) -> None:
    """Write changes in one of the output formats, at once, for somebody may be following."""
    if not changes:
        return
    if not write_records(form, changes, (change.name for change in changes)):
        lines = table_text(COLUMNS, map(_row, changes), wide=form == "wide").splitlines(
            keepends=True
        )
        write("".join(lines if heading else lines[1:]))
    sys.stdout.flush()


def _say_sums(shown: int, found: int, hidden: int) -> None:
    if not shown:
        say("No change.")
    if shown < found:
        say(f"the newest {shown:,} of {count(found, 'change')}: --limit shows more")
    if hidden:
        say(f"{count(hidden, 'conclusion')} not shown: --conclusions shows them")


def _row(change: Change) -> list[str]:
    detail = change.reason or "; ".join(map(field_words, change.fields))
    return [str(change.seq), shown(change.at), change.kind, change.name, change.scope, detail]
