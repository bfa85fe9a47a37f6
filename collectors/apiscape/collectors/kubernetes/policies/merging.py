"""Which of several policies of one kind make up what holds at a point. Pure but for what is looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from apiscape.collectors.kubernetes.policies.attaching import (
    Attached,
    everything_attached,
)
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.policies.securing import named, nothing
from apiscape.collectors.kubernetes.policies.targets import Policy
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Security
from apiscape.model.vocabulary import Switch

P = TypeVar("P", bound=Policy)
S = TypeVar("S", bound=msgspec.Struct)


def first(policies: Sequence[Attached[P]]) -> Attached[P] | None:
    """Return the policy that takes the place of all others, if there is one."""
    return policies[0] if policies else None


def one_per_level(policies: Sequence[Attached[P]]) -> list[Attached[P]]:
    """Return the policy that goes before the others at each level, the most specific first."""
    return [
        each
        for before, each in zip([None, *policies], policies, strict=False)
        if before is None or before.level != each.level
    ]


def absent(
    resource: Resource, point: Point, look: Look, needs: tuple[str, ...] = ("Accepted",)
) -> Security:
    """Return that nothing is asked, as no policy is in force; those that are rejected are named."""
    rejected = [
        f"{named(resource.kind, each.policy)} is not in force ({each.why})"
        for each in everything_attached(resource, point, look, needs)
    ]
    return nothing("; ".join([f"no {resource.kind} attached", *rejected][bool(rejected) :]))


def in_force(
    policies: Sequence[Attached[P]], merges: Callable[[P], object]
) -> tuple[Attached[P], ...]:
    """Return the policies that make up what holds, the most specific first.

    One alone, unless it says that it is merged with the next wider one.

    Args:
        policies: In the order in which they win.
        merges: Whether a policy is merged with the next wider one.
    """
    if not policies:
        return ()
    winner = policies[0]
    wider = next((each for each in policies if each.level < winner.level), None)
    if wider is None or not merges(winner.policy):
        return (winner,)
    return winner, wider


def merged(specs: Sequence[S], names: Sequence[str]) -> S:
    """Return a spec with each of some fields as the most specific of them states it."""
    told = {
        name: next((value for each in specs if (value := getattr(each, name)) is not None), None)
        for name in names
    }
    return msgspec.structs.replace(specs[0], **told)


def switch(force: Sequence[Attached[P]], asks: Callable[[P], bool], *, sees: bool) -> str:
    """Return whether what holds switches something on; unknown where nobody can tell what holds.

    Args:
        force: What holds.
        asks: Whether a policy switches it on.
        sees: Whether all policies that may hold were read.
    """
    if any(each.is_sure and asks(each.policy) for each in force):
        return Switch.ENABLED
    if not sees or not all(each.is_sure for each in force):
        return Switch.UNKNOWN
    return Switch.DISABLED
