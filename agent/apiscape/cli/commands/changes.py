"""`apiscape changes`: what appeared, changed, went missing or returned, and how it fares since."""

from __future__ import annotations

import functools
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence

import click

from apiscape.cli.moments import Span, span_options
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, table_text, write, write_records
from apiscape.cli.table import Column
from apiscape.cli.views import ViewCommand, read_view, view_argument
from apiscape.client.inventory import ChangePage, Inventory
from apiscape.client.words import change_words, count, shown
from apiscape.errors import ApiscapeError, StoreError, UsageError
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


class Wanted:
    """Which changes are shown: of some kinds, or of all but conclusions, unless those are asked for too."""

    def __init__(self, kinds: Sequence[str], *, conclusions: bool) -> None:
        """Take what was asked for; a kind that is named is asked for."""
        self._kinds = frozenset(kinds)
        self._conclusions = conclusions or ChangeKind.CONCLUDED in self._kinds

    def holds(self, change: Change) -> bool:
        """Say whether a change is shown."""
        if change.kind == ChangeKind.CONCLUDED and self._conclusions:
            return True
        named = not self._kinds or change.kind in self._kinds
        return named and change.kind != ChangeKind.CONCLUDED

    def hides(self, change: Change) -> bool:
        """Say whether a change is not shown for no other reason than that it is a conclusion."""
        return change.kind == ChangeKind.CONCLUDED and not self._kinds and not self._conclusions


def wanted_options(body: Callable[..., object]) -> Callable[..., object]:
    """Give a command `--conclusions` and `--kind`, as one `wanted`."""

    @functools.wraps(body)
    def command(*, conclusions: bool, kinds: tuple[str, ...], **rest: object) -> object:
        return body(wanted=Wanted(kinds, conclusions=conclusions), **rest)

    return _CONCLUSIONS(_KINDS(command))


_CONCLUSIONS = click.option(
    "--conclusions",
    is_flag=True,
    help="Also what follows from others: which API a deployment belongs to, its effective addresses.",
)
_KINDS = click.option(
    "--kind",
    "kinds",
    type=click.Choice([kind.value for kind in ChangeKind]),
    multiple=True,
    help="Only changes of this kind; may be given several times.",
)


@click.command("changes", cls=ViewCommand)
@view_argument
@click.option("-f", "--follow", is_flag=True, help="Go on as changes come, until you interrupt it.")
@click.option("--after", type=click.IntRange(0), default=0, help="Only after this sequence number.")
@span_options
@click.option(
    "--limit", type=click.IntRange(1), default=200, show_default=True, help="The newest so many."
)
@wanted_options
@session_options(asks=True)
def command(
    *,
    session: Session,
    view: str,
    follow: bool,
    after: int,
    span: Span,
    limit: int,
    wanted: Wanted,
) -> None:
    """Show changes of deployments that match VIEW, oldest first.

    A TIME is a date (its midnight in UTC), a time, or how long ago: 2026-09-30, 2026-09-30T12:00Z, 2d.

    \b
    apiscape changes --since 7d                              the last week
    apiscape changes --since 2026-09-01 --until 2026-10-01   September
    apiscape changes -f --kind health --kind retired         what to be told of, as it comes
    """
    if span.until is not None and follow:
        raise UsageError("--until ends before --follow begins", hint="leave one of them out")
    read_view(view)
    with session.inventory() as inventory:
        span.check(inventory)
        kept: deque[Change] = deque(maxlen=limit)
        last, found, hidden = after, 0, 0
        for page in _pages(inventory, view, after):
            last = page.last_seq
            for change in page.items:
                if span.holds(change.at):
                    is_shown = wanted.holds(change)
                    found, hidden = found + is_shown, hidden + wanted.hides(change)
                    kept.extend([change] * is_shown)
        show(session.output, list(kept))
        if session.output in {"table", "wide"}:
            _say_sums(len(kept), found, hidden)
        for page in _follow(inventory, view, last) if follow else ():
            show(session.output, list(filter(wanted.holds, page.items)), heading=False)


def _pages(inventory: Inventory, view: str, after: int) -> Iterator[ChangePage]:
    """Yield what the log has after a number, to its end."""
    while True:
        page = inventory.changes(after=after, limit=PAGE, view=view)
        yield page
        if page.last_seq <= after or len(page.items) < PAGE:
            return
        after = page.last_seq


def _follow(inventory: Inventory, view: str, after: int) -> Iterator[ChangePage]:
    """Yield what comes, over every interruption: an agent tells it, a store is looked at."""
    from apiscape.client.http import Follow, HttpInventory

    if isinstance(inventory, HttpInventory):
        yield from Follow(inventory, after=after, view=view, lost=_say_lost)
    is_lost = False
    while True:
        time.sleep(FOLLOW_EVERY_S)
        try:
            for page in _pages(inventory, view, after):
                after, is_lost = page.last_seq, False
                yield page
        except StoreError as error:
            if not is_lost:
                _say_lost(error)
            is_lost = True


def _say_lost(error: ApiscapeError) -> None:
    say(f"{error.message}; nothing is lost, and it goes on as soon as there is an answer")


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
    detail = change_words(change)
    return [str(change.seq), shown(change.at), change.kind, change.name, change.scope, detail]
