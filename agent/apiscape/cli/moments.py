"""Times on the command line: an option with a time of day, and what was seen as of one."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import msgspec

from apiscape.client.inventory import Inventory, Summary
from apiscape.errors import NotKept, UsageError
from apiscape.query.quantities import read_age, read_moment
from apiscape.query.syntax import UNIT_S, View

MOST_RUNS = 1000
"""Runs of a scope that are looked through for the newest before a time."""


class Moment(click.ParamType[datetime]):
    """A date (its midnight in UTC), a time, how long ago, or `now`: `2026-09-30`, `2026-09-30T12:00Z`, `2d`."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the time in UTC."""
        if isinstance(value, datetime):
            return value
        if value == "now":
            return datetime.now(UTC)
        age = read_age(str(value))
        if age is not None:
            return datetime.now(UTC) - timedelta(seconds=age.amount * UNIT_S[age.unit])
        moment = read_moment(str(value))
        if moment is None:
            self.fail(f"{value!r}: a time is 2026-09-30, 2026-09-30T12:00Z or 2d", param, ctx)
        return moment


class Span(msgspec.Struct, frozen=True):
    """A stretch of time: from `since` on, before `until`; open where there is none."""

    since: datetime | None
    until: datetime | None

    def check(self, inventory: Inventory) -> None:
        """Refuse a stretch that ends before it begins, or of whose beginning nothing is kept.

        Raises:
            UsageError: it ends before it begins.
            NotKept: changes of its beginning were dropped, or nobody had looked yet.
        """
        if self.since is None:
            return
        if self.until is not None and self.until <= self.since:
            raise UsageError("--until is not after --since", hint="turn them round")
        try:
            inventory.page(f"at:{self.since:%Y-%m-%dT%H:%M:%SZ}", limit=1)
        except NotKept as error:
            hint = "leave --since out to see all that is kept"
            raise NotKept(error.message, hint=hint) from error

    def holds(self, moment: datetime) -> bool:
        """Say whether a time lies in it."""
        begun = self.since is None or moment >= self.since
        return begun and (self.until is None or moment < self.until)


def span_options(body: Callable[..., object]) -> Callable[..., object]:
    """Give a command `--since` and `--until`, as one `span`."""

    @functools.wraps(body)
    def command(*, since: datetime | None, until: datetime | None, **rest: object) -> object:
        return body(span=Span(since, until), **rest)

    return _SINCE(_UNTIL(command))


_SINCE = click.option("--since", type=Moment(), metavar="TIME", help="Only at this time or later.")
_UNTIL = click.option("--until", type=Moment(), metavar="TIME", help="Only before this time.")


def refuse_future(at: datetime | None, now: datetime) -> None:
    """Refuse to show the inventory as of a time that has not come.

    Raises:
        UsageError: it has not.
    """
    if at is not None and at > now:
        when = f"{at:%Y-%m-%d %H:%M %Z}"
        raise UsageError(
            f"{when} has not come yet", hint="leave the time out to see the inventory as it is"
        )


def summary_of(inventory: Inventory, view: View) -> Summary:
    """Return what a view rests on: for one with `at:`, by the runs that had ended then."""
    summary = inventory.summary()
    if not isinstance(view.at, datetime):
        return summary
    incomplete = [
        status.scope.key
        for status in inventory.scopes()
        if _was_short(inventory, status.scope.key, view.at)
    ]
    return msgspec.structs.replace(summary, incomplete=tuple(incomplete))


def _was_short(inventory: Inventory, scope: str, at: datetime) -> bool:
    """Say whether a scope's newest run before a time had not seen all of it."""
    for run in inventory.runs(scope=scope, limit=MOST_RUNS):
        if run.ended_at is not None and run.ended_at <= at:
            return run.falls_short
    return False
