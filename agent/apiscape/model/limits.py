"""How often callers may: limits of rates as the gateway enforces them, per operation."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.model.entity import Entity
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Counted, Switch


class RateLimit(Entity, frozen=True):
    """One limit on how often an operation may be asked for. Several may hold at a time.

    Attributes:
        requests: As many are let through in `per_s`; zero lets none through.
        per_s: Length of the window in seconds; absent where it is as many at a time.
        burst: As many at once, as the gateway means it: what a bucket holds, or what may wait.
        counts: A word of `Counted`: what is counted.
        by: What callers are told apart by (`client_address`, `consumer`, `header:x-team`, …); empty
            where all of them are counted together.
        shared: Whether all instances of the gateway count together; if not, each lets as many through.
        condition: For which of its requests it holds, in words; for all of them without.
        evidence: The setting that says so (`methodSettings */*`).
        native_id: The gateway's own id of the policy that gives it.
    """

    requests: float | Unknown = UNKNOWN
    per_s: float | Unknown | None = UNKNOWN
    burst: float | Unknown | None = UNKNOWN
    counts: str = Counted.REQUESTS
    by: tuple[str, ...] | Unknown = UNKNOWN
    shared: bool | Unknown = UNKNOWN
    condition: str | None = None
    evidence: str | None = None
    native_id: str | None = None


RateLimits = tuple[RateLimit, ...]
"""All that hold together; empty where somebody looked and there is none."""

_LIMITED, _UNLIMITED = Switch.ENABLED, Switch.DISABLED


def limited(limits: RateLimits | Unknown) -> str:
    """Return whether one operation is limited: in part where each limit is for some of its requests alone."""
    if not is_known(limits):
        return Switch.UNKNOWN
    if not limits:
        return _UNLIMITED
    return Switch.PARTIAL if all(each.condition for each in limits) else _LIMITED


def summarise_limits(operations: Iterable[RateLimits | Unknown]) -> str:
    """Return whether a set of operations is limited, as a word of `Switch`.

    Enabled where each of them is, disabled where none is, partial as soon as it is known that they
    differ; unknown where an operation that nobody knows of could settle it (an empty set is unknown).
    """
    words = {limited(each) for each in operations}
    if len(words) == 1:
        return words.pop()
    is_partial = Switch.PARTIAL in words or {_LIMITED, _UNLIMITED} <= words
    return Switch.PARTIAL if is_partial else Switch.UNKNOWN
