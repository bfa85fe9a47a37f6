"""`apiscape diff`: what is otherwise on one day than on another, whatever happened in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

import click
import msgspec

from apiscape.cli.moments import Moment
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write_records, write_table
from apiscape.cli.table import Column
from apiscape.cli.views import ViewCommand, read_view, view_argument
from apiscape.client.inventory import Difference, DiffPage, Inventory, ScopeThen
from apiscape.client.words import CHANGE, difference_words, moment
from apiscape.errors import Exit, UsageError
from apiscape.model.vocabulary import ChangeKind

PAGE = 1000
SHOWN = 200
"""Lines of a table, unless somebody asks for more; what scripts read is whole."""

COLUMNS = (
    Column("WHAT"),
    Column("DEPLOYMENT", gives_way=True, comfort=24),
    Column("SCOPE", gives_way=True, cut_inside=True, comfort=48, leaves=1),
    Column("DETAIL", gives_way=True, comfort=40),
)
_ORDER = tuple(CHANGE)


@click.command("diff", cls=ViewCommand)
@click.argument("since", metavar="FROM", type=Moment())
@click.argument("until", metavar="TO", type=Moment())
@view_argument
@click.option(
    "--limit", type=click.IntRange(1), help=f"At most so many lines ({SHOWN} of a table)."
)
@click.option("--conclusions", is_flag=True, help="Also what follows from others.")
@click.option(
    "--require-complete", is_flag=True, help="Exit with 2 where a scope was not seen whole."
)
@session_options(asks=True)
def command(
    *,
    session: Session,
    since: datetime,
    until: datetime,
    view: str,
    limit: int | None,
    conclusions: bool,
    require_complete: bool,
) -> int:
    """Show what is otherwise at TO than it was at FROM: what went there and back is not listed.

    FROM and TO are times: 2026-09-30, 2026-09-30T12:00Z, 2d (ago), now. VIEW is asked of each
    deployment as it is at TO; of what is gone by then, as it was at FROM.

    \b
    apiscape diff 2026-09-01 2026-10-01             what September came to
    apiscape diff 7d now 'environment:production'   the last week, in production
    """
    if until > datetime.now(UTC):
        raise UsageError(f"{moment(until)} has not come yet", hint="`now` is the latest")
    read_view(view)
    most = limit or (SHOWN if session.output in {"table", "wide"} else None)
    with session.inventory() as inventory:
        report = compare(inventory, (since, until), view, most, conclusions=conclusions)
    items = report.items
    if not write_records(session.output, items, (each.name for each in items)) and items:
        rows = [[each.kind, each.name, each.scope, difference_words(each)] for each in items]
        write_table(COLUMNS, rows, wide=session.output == "wide")
    for line in report.lines():
        say(line)
    return Exit.INCOMPLETE if report.is_partial and require_complete else Exit.COMPLETE


class Report(msgspec.Struct):
    """What two days differ in.

    Attributes:
        head: The first page, with the days and what could not be seen by either.
        items: What is shown, in the order of kinds and names.
        counts: How many there are of each kind, shown or not.
        hidden: Conclusions that are not shown; `undecided`: deployments that may be of the view.
    """

    head: DiffPage
    items: list[Difference]
    counts: Counter[str]
    hidden: int = 0
    undecided: int = 0

    @property
    def is_partial(self) -> bool:
        """Whether some scope was not seen whole by either day."""
        return bool(self.head.unseen_since or self.head.unseen_until)

    def lines(self) -> Iterator[str]:
        """Yield what is said beside the data: the sums, and what they do not tell."""
        days = f"{moment(self.head.since)} → {moment(self.head.until)}"
        kinds = [kind for kind in _ORDER if self.counts[kind]]
        kinds += sorted(set(self.counts) - set(kinds))
        sums = " · ".join(f"{self.counts[kind]:,} {kind}" for kind in kinds)
        nothing = (
            "no difference in what was seen both times" if self.is_partial else "no difference"
        )
        yield f"{days}: {sums or nothing}"
        if len(self.items) < self.counts.total():
            yield f"{len(self.items):,} of {self.counts.total():,} shown: --limit shows more"
        if self.hidden:
            yield f"conclusions not shown: {self.hidden:,}; --conclusions shows them"
        if self.undecided:
            yield f"{self.undecided:,} undecided: nobody can tell whether the view holds them"
        yield from _unseen(self.head.unseen_since, self.head.since)
        yield from _unseen(self.head.unseen_until, self.head.until)
        if self.is_partial:
            yield "What differs in these scopes may be older or newer, and more may differ."


def _unseen(scopes: Sequence[ScopeThen], at: datetime) -> Iterator[str]:
    for each in scopes:
        how = f"newest visit {each.outcome}" if each.outcome else "not visited yet"
        yield f"not seen whole by {moment(at)}: {each.scope} ({how})"


def compare(
    inventory: Inventory,
    days: tuple[datetime, datetime],
    view: str,
    most: int | None,
    *,
    conclusions: bool,
) -> Report:
    """Return what two days differ in; of everything that is counted, the first `most` are kept."""
    pages = _pages(inventory, days, view)
    head = next(pages)
    report = Report(head, [], Counter())
    for page in chain((head,), pages):
        shown = [each for each in page.items if conclusions or each.kind != ChangeKind.CONCLUDED]
        report.counts.update(each.kind for each in shown)
        report.hidden += len(page.items) - len(shown)
        report.undecided += page.undecided
        report.items += shown[: None if most is None else most - len(report.items)]
    report.items.sort(key=_place)
    return report


def _pages(inventory: Inventory, days: tuple[datetime, datetime], view: str) -> Iterator[DiffPage]:
    page = inventory.diff(*days, view=view, limit=PAGE)
    yield page
    while page.next is not None:
        page = inventory.diff(*days, view=view, limit=PAGE, after=page.next)
        yield page


def _place(each: Difference) -> tuple[int, str, str]:
    known = each.kind in CHANGE
    return (_ORDER.index(each.kind) if known else len(_ORDER), each.name, each.uid)
