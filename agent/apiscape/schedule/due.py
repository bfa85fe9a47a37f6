"""When a scope is due again: pure functions of how its last visit ended.

    last visit                         next one
    none                               at once
    saw what there is                  after the interval
    saw nothing, or is absent          after six intervals, at most a day
    failed, or was cut short           after a back-off that doubles, up to an hour or the interval
    denied                             the same, from an hour up to a day
    was refused for rate               never before the provider said

Every delay is longer by a share that follows from the scope's key, so that scopes drift apart
and yet keep their places. What is overdue after a downtime is spread in the same way.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

from apiscape.model.entity import Entity
from apiscape.model.run import ErrorRecord, RunReport
from apiscape.model.vocabulary import ErrorKind, Outcome

DAY_S = 86_400.0
HOUR_S = 3_600.0

SLOW_FACTOR = 6
"""How many intervals there are between visits of what is empty or absent."""

SPREAD = 0.1
"""The most by which an interval is longer for one scope than for another."""

CATCH_UP = 0.25
"""The share of an interval over which what is overdue is spread."""

LONGEST_CATCH_UP_S = 900.0

FIRST_BACK_OFF_S = 60.0

SLOW_KINDS = {
    ErrorKind.ACCESS_DENIED: HOUR_S,
    ErrorKind.DEFECT: HOUR_S,
    ErrorKind.CREDENTIALS: 300.0,
    ErrorKind.MALFORMED: 300.0,
}
"""First back-off of what a person has to mend: a right, a policy of the organisation, a defect."""


class Visited(Entity, frozen=True):
    """How a visit ended, as far as the next one depends on it.

    Attributes:
        failure: A word of `ErrorKind` where the visit was not what it should have been.
        retry_after_s: How long the provider asked to wait, where it did.
        empty: Whether it saw that there is nothing.
    """

    ended_at: datetime
    failure: str | None = None
    retry_after_s: float | None = None
    empty: bool = False


def visited(report: RunReport) -> Visited:
    """Return how a visit ended, from its report; one that never ended was interrupted."""
    errors = [report.error, *(part.error for part in report.parts)]
    waits = [error.retry_after_s or 0.0 for error in errors if error is not None]
    return Visited(
        ended_at=report.ended_at or report.started_at,
        failure=_failure(report, errors),
        retry_after_s=max(waits, default=0.0) or None,
        empty=report.outcome == Outcome.ABSENT
        or (report.outcome == Outcome.COMPLETE and report.ledger.listed == 0),
    )


def delay_s(key: str, last: Visited, failures: int, interval_s: float) -> float:
    """Return how long after a visit the next one is due.

    Args:
        key: The scope's.
        last: How the visit ended.
        failures: Failed visits in a row, this one included.
        interval_s: As configured.
    """
    if last.failure is not None:
        delay = back_off_s(key, last.failure, failures, interval_s)
    else:
        slow = min(interval_s * SLOW_FACTOR, max(DAY_S, interval_s))
        delay = (slow if last.empty else interval_s) * (1 + SPREAD * share(key))
    return max(delay, min(last.retry_after_s or 0.0, DAY_S))


def back_off_s(key: str, kind: str, failures: int, interval_s: float) -> float:
    """Return how long to wait after so many failures in a row: between half and all of what doubles."""
    first = SLOW_KINDS.get(ErrorKind(kind) if kind in set(ErrorKind) else ErrorKind.UNREACHABLE)
    most = max(interval_s, HOUR_S if first is None else DAY_S)
    doubled = (first or FIRST_BACK_OFF_S) * 2.0 ** min(max(failures, 1) - 1, 30)
    return min(doubled, most) * (1 - share(f"{key} {failures}") / 2)


def first_delay_s(key: str, last: Visited | None, interval_s: float, now: datetime) -> float:
    """Return how long after a start a scope is due: by what the store has of its newest run.

    Whatever was done to the calendar meanwhile, it is due within its ordinary delay from now; a
    scope that was visited less than its interval ago is not due; a new one is at once.
    """
    if last is None:
        return 0.0
    age_s = max((now - last.ended_at).total_seconds(), 0.0)
    left_s = delay_s(key, last, 1, interval_s) - age_s
    if left_s > 0:
        return left_s
    return share(f"{key} overdue") * min(CATCH_UP * interval_s, LONGEST_CATCH_UP_S)


def share(text: str) -> float:
    """Return a number of [0, 1) that is steady for a text, and even over many."""
    return int.from_bytes(blake2b(text.encode(), digest_size=6).digest()) / (1 << 48)


def _failure(report: RunReport, errors: list[ErrorRecord | None]) -> str | None:
    """Return why a visit counts as failed: it saw nothing, or something ended it early."""
    if report.ended_at is None:
        return ErrorKind.INTERRUPTED
    if report.outcome == Outcome.FAILED:
        return next((error.kind for error in errors if error is not None), ErrorKind.DEFECT)
    return None if report.error is None else report.error.kind
