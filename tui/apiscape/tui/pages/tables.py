"""Scopes and changes as rows of a grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from apiscape.client.inventory import ScopeStatus
from apiscape.client.words import (
    CHANGE,
    NEVER_RUN,
    clock,
    count,
    day,
    state_in,
)
from apiscape.model.change import Change
from apiscape.model.run import Ledger
from apiscape.tui.lines import Piece
from apiscape.tui.pages.changes import fields_in_short
from apiscape.tui.pages.scope import listed, outcome_of, trouble
from apiscape.tui.widgets.fixed import Entry
from apiscape.tui.widgets.table import Column

SCOPE_COLUMNS: tuple[Column, ...] = (
    Column("outcome", "OUTCOME", most=12, rank=0),
    Column("source", "SOURCE", most=14, rank=6),
    Column("reach", "REACH", most=34, rank=1, least=16, comfort=22, inside=True),
    Column("product", "PRODUCT", most=28, rank=2, least=19, inside=True),
    Column("listed", "LISTED", most=8, right=True, rank=4),
    Column("recorded", "RECORDED", most=9, right=True, rank=5),
    Column("skipped", "SKIPPED", most=8, right=True, rank=7),
    Column("failed", "FAILED", most=7, right=True, rank=5),
    Column("deployments", "DEPLOYED", most=9, right=True, rank=8),
    Column("calls", "CALLS", most=7, right=True, rank=9),
    Column("throttled", "THROTTLED", most=10, right=True, rank=10),
    Column("complete", "COMPLETE", most=9, right=True, rank=7),
    Column("trouble", "WHAT HAPPENED", most=90, rank=3, least=16),
)


def scope_columns(statuses: Sequence[ScopeStatus]) -> list[Column]:
    """Return the columns of scopes that tell them apart: no source where there is one, no zeros all the way down."""
    runs = [each.last_run for each in statuses if each.last_run]
    silent = set()
    if len({each.scope.source for each in statuses}) == 1:
        silent.add("source")
    silent |= {
        name
        for name in ("skipped", "failed", "throttled")
        if runs and not any(getattr(run.ledger, name) for run in runs)
    }
    return [column for column in SCOPE_COLUMNS if column.field not in silent]


CHANGE_COLUMNS: tuple[Column, ...] = (
    Column("at", "WHEN", most=12, rank=2),
    Column("kind", "WHAT", most=13, rank=0),
    Column("name", "NAME", most=40, rank=1, least=20),
    Column("fields", "DETAIL", most=80, rank=3, least=20),
    Column("scope", "SCOPE", most=60, rank=4, least=24, inside=True),
)


def is_incomplete(status: ScopeStatus) -> bool:
    """Say whether a scope was not seen whole, and nobody accepts that."""
    run = status.last_run
    return run is None or run.falls_short


def wholeness(statuses: Sequence[ScopeStatus]) -> Piece:
    """Return whether all that was planned was seen, in words that claim no more than that."""
    incomplete = sum(map(is_incomplete, statuses))
    accepted = sum(
        each.last_run is not None and each.last_run.answer is not None for each in statuses
    )
    if incomplete:
        return Piece(f" · {incomplete:,} not seen whole", "warn")
    if accepted:
        return Piece(f" · {count(accepted, 'accepted gap')}, the rest seen whole", "muted")
    return Piece(" · all seen whole" if statuses else "", "good")


def in_order(statuses: Iterable[ScopeStatus]) -> list[ScopeStatus]:
    """Return scopes with what is incomplete first, then by key."""
    return sorted(statuses, key=lambda each: (not is_incomplete(each), each.scope.key))


def scope_entry(status: ScopeStatus, now: datetime) -> Entry:
    """Return a scope as a row: how it ended, figures that add up, and what went wrong."""
    scope, state = status.scope, outcome_of(status)
    words = trouble(status) or ("not visited yet" if state is NEVER_RUN else "")
    cells = {
        "outcome": Piece(state.text, state.tone),
        "source": Piece(scope.source, "muted"),
        "reach": Piece(scope.reach.title or scope.reach.key),
        "product": Piece(scope.product),
        "complete": Piece(day(status.last_complete_at, now), "muted"),
        "trouble": Piece(words, "text" if is_incomplete(status) else "muted"),
    }
    ledger = status.last_run.ledger if status.last_run else None
    if ledger:
        cells |= _figures(ledger, status.deployments)
    mark = Piece("◌", "warn") if status.not_observed else Piece(" ")
    return Entry(scope.key, cells, mark)


def _figures(ledger: Ledger, deployments: int) -> dict[str, Piece]:
    loud = {"failed": "bad", "throttled": "warn"}
    numbers = {
        "recorded": ledger.recorded,
        "skipped": ledger.skipped,
        "failed": ledger.failed,
        "deployments": deployments,
        "calls": ledger.calls,
        "throttled": ledger.throttled,
    }
    cells = {
        name: Piece(f"{number:,}", loud.get(name, "muted") if number else "muted")
        for name, number in numbers.items()
    }
    return cells | {"listed": Piece(listed(ledger), "muted" if ledger.listed_whole else "warn")}


def change_entry(change: Change, now: datetime) -> Entry:
    """Return a change as a row."""
    state = state_in(CHANGE, change.kind)
    cells = {
        "at": Piece(clock(change.at, now), "muted"),
        "kind": Piece(state.text, state.tone),
        "name": Piece(change.name),
        "fields": Piece(fields_in_short(change), "muted"),
        "scope": Piece(change.scope, "muted"),
    }
    return Entry(str(change.seq), cells)
