"""`apiscape runs`: the ledger of past visits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import click

from apiscape.cli.options import Session, session_options
from apiscape.cli.output import say, write, write_json_lines, write_table, write_yaml
from apiscape.cli.table import Column
from apiscape.cli.words import OUTCOME_GLYPHS, age
from apiscape.model.plain import plain
from apiscape.model.run import ErrorRecord, RunReport

COLUMNS = (
    Column(""),
    Column("SCOPE", gives_way=True),
    Column("OUTCOME"),
    Column("WHEN", right=True),
    Column("LISTED", right=True),
    Column("RECORDED", right=True),
    Column("SKIPPED", right=True),
    Column("FAILED", right=True),
    Column("DEPLOYMENTS", right=True),
    Column("CALLS", right=True),
    Column("THROTTLED", right=True),
    Column("WHY", gives_way=True),
)


@click.command("runs")
@click.argument("scope", required=False)
@click.option("--all", "past", is_flag=True, help="Past runs too, not only each scope's last.")
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True)
@session_options()
def command(*, session: Session, scope: str | None, past: bool, limit: int) -> None:
    """Show what the last visit of each scope saw, skipped and could not see (of SCOPE: all its visits)."""
    with session.inventory() as inventory:
        if past or scope:
            reports = inventory.runs(scope=scope, limit=limit)
        else:
            reports = tuple(status.last_run for status in inventory.scopes() if status.last_run)
    if session.output == "json":
        write_json_lines(map(record_of, reports))
    elif session.output == "yaml":
        write_yaml(list(map(record_of, reports)))
    elif session.output == "name":
        write("".join(f"{report.scope.key}\n" for report in reports))
    else:
        _print_table(reports, wide=session.output == "wide")


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
        "accepted": report.accepted,
    }


def first_error(report: RunReport) -> ErrorRecord | None:
    """Return what an operator should look at first: the run's own error, a part's, an object's, a detail's."""
    if report.error:
        return report.error
    for part in report.parts:
        if part.error:
            return part.error
    for part in report.parts:
        for exclusion in part.failed:
            if exclusion.error:
                return exclusion.error
    return next((gap.error for part in report.parts for gap in part.gaps), None)


def count_unseen(report: RunReport) -> int:
    """Return how many details of recorded objects could not be looked at."""
    return sum(len(part.gaps) for part in report.parts)


def listed_words(report: RunReport) -> str:
    """Return `128`, or `≥ 58` where the listing was not read to its end."""
    ledger = report.ledger
    return f"{ledger.listed:,}" if ledger.listed_whole else f"≥ {ledger.listed:,}"


def _print_table(reports: Sequence[RunReport], *, wide: bool) -> None:
    now = datetime.now(UTC)
    write_table(COLUMNS, (_row(report, now) for report in reports))
    if wide:
        for report in reports:
            write("".join(f"{line}\n" for line in part_lines(report)))
    if not reports:
        say("No visit yet: apiscape scan")


def _row(report: RunReport, now: datetime) -> list[str]:
    ledger, error = report.ledger, first_error(report)
    figures = (
        ledger.recorded,
        ledger.skipped,
        ledger.failed,
        ledger.deployments,
        ledger.calls,
        ledger.throttled,
    )
    return [
        OUTCOME_GLYPHS.get(report.outcome, "?"),
        report.scope.key,
        report.outcome,
        age(report.ended_at or report.started_at, now),
        listed_words(report),
        *(f"{figure:,}" for figure in figures),
        error.message if error else report.accepted or "",
    ]


def part_lines(report: RunReport) -> list[str]:
    """Return a run's parts with all that was skipped, failed or not seen, in words."""
    lines = [report.scope.key]
    for part in report.parts:
        glyph = OUTCOME_GLYPHS.get(part.outcome, "?")
        lines.append(f"  {glyph} {part.part}  {part.outcome}  {part.reason or ''}".rstrip())
        lines += [f"      skipped {item.native_id}: {item.reason}" for item in part.skipped]
        lines += [f"      failed  {item.native_id}: {_message(item.error)}" for item in part.failed]
        lines += [
            f"      unseen  {gap.native_id} {gap.detail}: {gap.error.message}" for gap in part.gaps
        ]
    return [plain(line) for line in lines]


def _message(error: ErrorRecord | None) -> str:
    return error.message if error else "no reason given"
