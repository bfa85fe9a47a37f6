"""One scope: how its last run ended, part by part, what failed, what was skipped, what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from apiscape.client.inventory import ScopeStatus
from apiscape.client.words import (
    NEVER_RUN,
    OUTCOME,
    UNKNOWN_WORD,
    State,
    at_least,
    clock,
    count,
    state_in,
    took,
)
from apiscape.model.run import ErrorRecord, Exclusion, Gap, Ledger, PartReport, RunReport
from apiscape.model.vocabulary import ErrorKind
from apiscape.query.format import write_value
from apiscape.query.syntax import Literal
from apiscape.tui.lines import BLANK, Line, Piece, field, line, paragraph

MOST_LISTED = 200
"""Excluded objects of one part that are listed; the rest are counted."""


def outcome_of(status: ScopeStatus) -> State:
    """Return how the last run of a scope ended."""
    return state_in(OUTCOME, status.last_run.outcome) if status.last_run else NEVER_RUN


def first_error(run: RunReport | None) -> ErrorRecord | None:
    """Return the first thing that went wrong in a run."""
    if run is None:
        return None
    failed = (item.error for part in run.parts for item in part.failed)
    gaps = (gap.error for part in run.parts for gap in part.gaps if gap.accepted is None)
    parts = (part.error for part in run.parts if part.accepted is None)
    errors = (run.error, *parts, *failed, *gaps)
    return next((error for error in errors if error), None)


def trouble(status: ScopeStatus) -> str:
    """Return what went wrong in words: the missing right, or what the provider said."""
    run = status.last_run
    if run is not None and run.answer:
        return f"accepted: {run.answer}"
    error = first_error(run)
    if error is None:
        reasons = [part.reason for part in run.parts if part.reason] if run else []
        return "; ".join(reasons)
    if error.kind == ErrorKind.ACCESS_DENIED and error.permission and not error.next_step:
        return f"access denied: needs {error.permission}"
    return f"{error.kind.replace('_', ' ')}: {error.message}"


def next_step(error: ErrorRecord | None, source: str) -> str:
    """Return the command or action that helps."""
    if error is None:
        return ""
    if error.next_step:
        return error.next_step
    denied = error.kind in {ErrorKind.ACCESS_DENIED, ErrorKind.CREDENTIALS}
    return f"apiscape permissions {source}" if denied else f"apiscape scan --source {source}"


def in_full(status: ScopeStatus) -> list[Piece]:
    """Return what went wrong and the next step, on one line; nothing where all went well."""
    words, state = trouble(status), outcome_of(status)
    run = status.last_run
    if run is None:
        scan = f"  → apiscape scan --source {status.scope.source}"
        return [Piece(f"{state.glyph} not visited yet", state.tone), Piece(scan, "accent")]
    if not words:
        return []
    step = "" if run.answer else next_step(first_error(run), status.scope.source)
    return [
        Piece(f"{state.glyph} {words}", state.tone),
        Piece(f"  → {step}" if step else "", "accent"),
    ]


def listed(ledger: Ledger) -> str:
    """Return how many objects the gateway listed: `≥` where that did not end, `?` where it never began."""
    if not ledger.listed and not ledger.listed_whole:
        return UNKNOWN_WORD
    return at_least(ledger.listed, whole=ledger.listed_whole)


def sums(ledger: Ledger) -> str:
    """Return figures that add up: `61 listed = 58 recorded + 0 skipped + 3 failed`."""
    return (
        f"{listed(ledger)} listed = {ledger.recorded:,} recorded"
        f" + {ledger.skipped:,} skipped + {ledger.failed:,} failed"
    )


def scope_page(status: ScopeStatus, now: datetime, width: int) -> list[Line]:
    """Return everything about a scope's last run."""
    scope, run, state = status.scope, status.last_run, outcome_of(status)
    lines = [
        line((scope.product, "strong"), (f"  {scope.reach.title or scope.reach.key}", "text")),
        line((scope.key, "muted")),
        BLANK,
        line(
            ("→ ", "accent"),
            (f"its {count(status.deployments, 'deployment')}", "text"),
            key=f"scope:{write_value(Literal(scope.key.casefold()))}",
        ),
        BLANK,
        line((state.text, state.tone)),
    ]
    if run is None:
        return [*lines, *paragraph("Not visited yet: apiscape scan", width, "accent", indent=2)]
    lines += _error(run.error, scope.source, width)
    lines += [BLANK, *_run(status, run, now, width)]
    for part in run.parts:
        lines += [BLANK, *_part(part, run.error, scope.source, width)]
    return lines


def _run(status: ScopeStatus, run: RunReport, now: datetime, width: int) -> list[Line]:
    started = f"{clock(run.started_at, now)} · {took(run.started_at, run.ended_at)}"
    seen = clock(status.last_complete_at, now)
    lines = field("run", f"{run.generation} · {started}", width, label=14)
    tone = "text" if status.last_complete_at else "warn"
    lines += field("last complete", seen, width, tone, label=14)
    lines += field("ledger", sums(run.ledger), width, label=14)
    if not run.ledger.closes:
        lines += field(
            "", "the figures do not add up: something was not accounted for", width, "bad", 14
        )
    calls = f"{count(run.ledger.calls, 'call')} · {run.ledger.throttled:,} throttled"
    lines += field("provider", calls, width, label=14)
    lines += field("deployments", f"{status.deployments:,}", width, label=14)
    if status.not_observed:
        lines += field("not observed", f"◌ {status.not_observed:,}", width, "warn", 14)
    if status.suspect:
        held = f"‼ {status.suspect:,} held; if they are gone: apiscape confirm {run.scope.key}"
        lines += field("suspect", held, width, "warn", 14)
    if run.answer:
        lines += field("accepted", run.answer, width, label=14)
    return lines + field("as", run.caller or "?", width, "muted", 14)


def _part(part: PartReport, error: ErrorRecord | None, source: str, width: int) -> list[Line]:
    state = state_in(OUTCOME, part.outcome)
    lines = [line(("part ", "muted"), (part.part, "title"), (f"  {state.text}", state.tone))]
    lines += paragraph(sums(part.ledger), width, "muted", indent=2)
    if part.reason:
        lines += paragraph(part.reason, width, "text", indent=2)
    if part.accepted:
        lines += paragraph(f"accepted: {part.accepted}", width, "muted", indent=2)
    if part.error != error:
        lines += _error(part.error, source, width)
    lines += _excluded("failed", part.failed, width, "bad")
    lines += _excluded("skipped", part.skipped, width, "muted")
    return lines + _unseen(part.gaps, width)


def _unseen(gaps: Sequence[Gap], width: int) -> list[Line]:
    lines: list[Line] = []
    for gap in sorted(gaps, key=lambda gap: not gap.is_open)[:MOST_LISTED]:
        error = gap.error
        asked = error.permission if not error.next_step else None
        why = f"needs {asked}" if asked else error.message
        accepted = f" (accepted: {gap.accepted})" if gap.accepted else ""
        words = f"◌ {gap.native_id}: {gap.detail} not seen: {why}{accepted}"
        lines += paragraph(words, width, "warn" if gap.is_open else "muted", indent=2)
    if len(gaps) > MOST_LISTED:
        more = f"… {len(gaps) - MOST_LISTED:,} more not seen"
        lines += paragraph(more, width, "warn", indent=2)
    return lines


def _excluded(word: str, items: Iterable[Exclusion], width: int, tone: str) -> list[Line]:
    every = list(items)
    lines: list[Line] = []
    for item in every[:MOST_LISTED]:
        why = item.error.message if item.error else item.reason or "no reason given"
        lines += paragraph(f"{word}  {item.native_id}: {why}", width, tone, indent=2)
    if len(every) > MOST_LISTED:
        more = f"… {len(every) - MOST_LISTED:,} more {word}"
        lines += paragraph(more, width, tone, indent=2)
    return lines


def _error(error: ErrorRecord | None, source: str, width: int) -> list[Line]:
    if error is None:
        return []
    lines = paragraph(f"{error.kind.replace('_', ' ')}: {error.message}", width, "bad", indent=2)
    if error.permission:
        lines += paragraph(f"needs {error.permission}", width, "text", indent=2)
    if error.operation:
        lines += paragraph(f"at {error.operation}", width, "muted", indent=2)
    return lines + paragraph(f"→ {next_step(error, source)}", width, "accent", indent=2)
