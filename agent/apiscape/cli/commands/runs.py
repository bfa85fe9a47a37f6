"""`apiscape runs`: the ledger of past visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from apiscape.cli.completion import complete_scope
from apiscape.cli.naming import no_scope
from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, table_text, write, write_records
from apiscape.cli.table import Column, fold, output_width
from apiscape.client.inventory import ScopeStatus
from apiscape.client.words import OUTCOME, age, count, state_in
from apiscape.model.plain import plain
from apiscape.model.run import ErrorRecord, Gap, RunReport

COLUMNS = (
    Column(""),
    Column("SCOPE", gives_way=True, cut_inside=True, comfort=60),
    Column("OUTCOME"),
    Column("WHEN", right=True, leaves=4),
    Column("LISTED", right=True),
    Column("= RECORDED", gives_way=True, comfort=24),
    Column("DEPLOYMENTS", right=True, leaves=3),
    Column("CALLS", right=True, leaves=2),
    Column("THROTTLED", right=True, leaves=1),
)


@click.command("runs")
@click.argument("scope", required=False, shell_complete=complete_scope)
@click.option("--all", "past", is_flag=True, help="Past runs too, not only each scope's last.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@session_options(asks=True)
def command(*, session: Session, scope: str | None, past: bool, limit: int) -> None:
    """Show what the last visit of each scope saw, skipped and could not see (of SCOPE: all its visits).

    `-o wide` shows every listing of each visit, with all that was skipped, failed or not seen.
    """
    with session.inventory() as inventory:
        statuses = inventory.scopes()
        known = [status.scope.key for status in statuses]
        if scope is not None and scope not in known:
            raise no_scope(scope, known)
        if past or scope:
            reports = inventory.runs(scope=scope, limit=limit)
        else:
            reports = tuple(status.last_run for status in statuses if status.last_run)
    if not write_records(
        session.output, map(record_of, reports), (report.scope.key for report in reports)
    ):
        _print_table(reports, wide=session.output == "wide")
        for status in statuses:
            if status.suspect:
                say(_suspect_words(status))


def _suspect_words(status: ScopeStatus) -> str:
    held = count(status.suspect, "suspect loss", "suspect losses")
    return f"{held} held: apiscape confirm {status.scope.key}"


def record_of(report: RunReport) -> dict[str, object]:
    """Return a run as scripts see it: the figures of the ledger and, where it has one, its error."""
    ledger = report.ledger
    return {
        "scope": report.scope.key,
        "generation": report.generation,
        "outcome": report.outcome,
        "started_at": report.started_at,
        "ended_at": report.ended_at,
        "listed": ledger.listed,
        "listed_whole": ledger.listed_whole,
        "recorded": ledger.recorded,
        "skipped": ledger.skipped,
        "failed": ledger.failed,
        "unseen": count_unseen(report),
        "deployments": ledger.deployments,
        "calls": ledger.calls,
        "throttled": ledger.throttled,
        "error": first_error(report),
        "accepted": report.answer,
        "left_out": [part.part for part in report.left_out],
    }


def first_error(report: RunReport) -> ErrorRecord | None:
    """Return what an operator should look at first: the run's own error, a part's, an object's, a detail's.

    Of parts that the configuration leaves out there is none.
    """
    if report.error:
        return report.error
    for part in report.parts:
        if part.error and part.accepted is None:
            return part.error
    for part in report.parts:
        for exclusion in part.failed:
            if exclusion.error:
                return exclusion.error
    gaps = sorted(
        (gap for part in report.parts for gap in part.gaps), key=lambda gap: not gap.is_open
    )
    return gaps[0].error if gaps else None


def count_unseen(report: RunReport) -> int:
    """Return how many details of recorded objects could not be looked at."""
    return sum(len(part.gaps) for part in report.parts)


def listed_words(report: RunReport) -> str:
    """Return `128`, or `≥ 58` where the listing was not read to its end."""
    ledger = report.ledger
    return f"{ledger.listed:,}" if ledger.listed_whole else f"≥ {ledger.listed:,}"


def _print_table(reports: Sequence[RunReport], *, wide: bool) -> None:
    if not reports:
        say("No visit yet: apiscape scan")
        return
    now = datetime.now(UTC)
    rows = table_text(COLUMNS, (_row(report, now) for report in reports), wide=wide).splitlines()
    lines = rows[:1]
    for row, report in zip(rows[1:], reports, strict=True):
        lines.append(row)
        lines += part_lines(report) if wide else _why(report)
    write("".join(f"{line}\n" for line in lines))


def _why(report: RunReport) -> list[str]:
    """Return why a visit saw less than all, as the lines below its row."""
    error = first_error(report)
    words = [
        error.message if error else "",
        f"(accepted: {report.answer})" if report.answer else "",
    ]
    text = plain("  ".join(filter(None, words)))
    return fold(text, output_width(), indent="   ") if text else []


def _row(report: RunReport, now: datetime) -> list[str]:
    ledger = report.ledger
    unseen = count_unseen(report)
    rest = [(ledger.skipped, "skipped"), (ledger.failed, "failed")]
    recorded = " + ".join(
        [f"{ledger.recorded:,}", *(f"{figure:,} {word}" for figure, word in rest if figure)]
    )
    return [
        state_in(OUTCOME, report.outcome).glyph,
        report.scope.key,
        report.outcome,
        age(report.ended_at or report.started_at, now),
        listed_words(report),
        f"= {recorded}" + (f" ({count(unseen, 'detail')} not seen)" if unseen else ""),
        *(f"{figure:,}" for figure in (ledger.deployments, ledger.calls, ledger.throttled)),
    ]


def part_lines(report: RunReport) -> list[str]:
    """Return a run's parts with all that was skipped, failed or not seen, in words."""
    told = {part.error.message for part in report.parts if part.error}
    own = report.error.message if report.error else ""
    lines = [f"   {own}"] if own and own not in told else []
    for part in report.parts:
        glyph = state_in(OUTCOME, part.outcome).glyph
        because = part.reason or (part.error.message if part.error else "")
        because += f" (accepted: {part.accepted})" if part.accepted else ""
        lines.append(f"   {glyph} {part.part}  {part.outcome}  {because}".rstrip())
        lines += [f"       skipped {item.native_id}: {item.reason}" for item in part.skipped]
        lines += [
            f"       failed  {item.native_id}: {_message(item.error)}" for item in part.failed
        ]
        lines += [f"       unseen  {_gap(gap)}" for gap in part.gaps]
    return [plain(line) for line in lines]


def _gap(gap: Gap) -> str:
    accepted = f" (accepted: {gap.accepted})" if gap.accepted else ""
    return f"{gap.native_id} {gap.detail}: {gap.error.message}{accepted}"


def _message(error: ErrorRecord | None) -> str:
    return error.message if error else "no reason given"
