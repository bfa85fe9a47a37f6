"""How the targets behind a load balancer fare. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from apiscape.collectors.aws.balancers.grouping import group_name
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.model.surroundings import Signal

READY = "backends.ready"

_TAKES_REQUESTS = {"healthy": True, "unhealthy": False, "initial": False}
"""States that say whether a target takes requests."""

_LEAVING = frozenset({"draining", "unhealthy.draining", "unused"})
"""States of targets that are not counted."""

_UNCHECKED = "unavailable"


class Fitness(msgspec.Struct, frozen=True, gc=False):
    """Of a target group: how many of its targets take requests.

    Attributes:
        ready, total: `None` where it is not known.
        functions: ARNs of the functions that it leads to.
    """

    ready: int | None = None
    total: int | None = None
    why: str | None = None
    functions: tuple[str, ...] = ()


def read_fitness(described: Iterable[Item]) -> Fitness:
    """Return what `DescribeTargetHealth` says of a group."""
    states: list[str] = []
    functions: list[str] = []
    for each in described:
        states.append(text(part(each, "TargetHealth"), "State") or "")
        target = text(part(each, "Target"), "Id") or ""
        if ":function:" in target:
            functions.append(target)
    if not _TAKES_REQUESTS.keys() | _LEAVING >= set(states):
        why = (
            "health checks are off" if _UNCHECKED in states else "a state of a target is not known"
        )
        return Fitness(why=why, functions=tuple(functions))
    told = [_TAKES_REQUESTS[state] for state in states if state in _TAKES_REQUESTS]
    none = "every target leaves, or is not used" if states else "no target is registered"
    return Fitness(sum(told), len(told), None if told else none, tuple(functions))


def readiness(
    subject_uid: str,
    groups: Sequence[str],
    known: Mapping[str, Fitness],
    now: datetime,
    source: str,
) -> Signal | None:
    """Return how many targets of an API take requests; `None` where it has none that were asked of."""
    told = [(group_name(arn), known[arn]) for arn in groups if arn in known]
    if not told:
        return None
    said = [f"{name}: {each.why}" for name, each in told if each.why]
    said += [f"{name}: {each.ready} of {each.total}" for name, each in told if _is_short(each)]
    unknown = any(each.ready is None for _, each in told)
    return Signal(
        subject_uid=subject_uid,
        name=READY,
        value=None if unknown else float(sum(each.ready or 0 for _, each in told)),
        threshold=float(sum(each.total or 0 for _, each in told)),
        observed_at=now,
        source=source,
        reason="; ".join(said) or None,
    )


def _is_short(fitness: Fitness) -> bool:
    return fitness.total is not None and (fitness.ready or 0) < fitness.total
