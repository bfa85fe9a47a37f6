"""Figures and times in words."""

from __future__ import annotations

from datetime import datetime, timedelta

from apiscape.model.values import Unknown, is_known
from apiscape.model.vocabulary import HealthState, Outcome, ReachState

UNKNOWN_WORD = "?"
ABSENT_WORD = "-"

OUTCOME_GLYPHS: dict[str, str] = {
    Outcome.COMPLETE: "✓",
    Outcome.PARTIAL: "◐",
    Outcome.FAILED: "✗",
    Outcome.ABSENT: "○",
}
HEALTH_GLYPHS: dict[str, str] = {
    HealthState.HEALTHY: "✓",
    HealthState.DEGRADED: "◐",
    HealthState.FAILING: "✗",
    HealthState.IDLE: "⏸",
    HealthState.UNKNOWN: "?",
}
REACH_WORDS: dict[str, str] = {
    ReachState.NOT_CONFIGURED: "not configured",
    ReachState.EXCLUDED: "excluded",
    ReachState.LOST: "lost",
    ReachState.UNSUPPORTED: "unsupported",
}


def count(number: int, one: str, many: str | None = None) -> str:
    """Return `1 scope`, `12 scopes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def shown(value: object) -> str:
    """Return a value for people: `?` for unknown, `-` for absent, lists with commas."""
    if not is_known(value):
        return UNKNOWN_WORD
    if value is None or value == ():
        return ABSENT_WORD
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, datetime):
        return clock(value)
    return str(value)


def clock(moment: datetime | Unknown | None) -> str:
    """Return a time in the local zone, to the minute."""
    if not isinstance(moment, datetime):
        return shown(moment)
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def duration(seconds: float) -> str:
    """Return `0.4 s`, `27 s`, `3 min`, `2 h 5 min`."""
    if seconds < 10:  # noqa: PLR2004 - below ten a decimal says something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes == 0:
        return f"{rest} s"
    hours, minutes = divmod(minutes + (rest >= 30), 60)  # noqa: PLR2004 - half a minute rounds up
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def age(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a time was: `3 d`, `never`."""
    if moment is None:
        return "never"
    passed = now - moment
    if passed >= timedelta(days=2):
        return f"{passed.days} d"
    return duration(max(passed.total_seconds(), 0.0))
