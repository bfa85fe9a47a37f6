"""Who said a value: provenance with a fixed precedence.

A row's default (its own collector, stating what the gateway says) is implied and never
stored. Only deviations are: a value that came from a tag, a spec, an overlay or a person,
and the claims that lost against it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.vocabulary import ProvenanceMethod

PRECEDENCE: tuple[str, ...] = tuple(ProvenanceMethod)
"""Most trusted first: overlay > validated decision > gateway > spec > tag > inferred > traffic."""

CONFLICT_FIELDS = frozenset({"owners", "environment", "lifecycle", "audience"})
"""Fields where two claims that differ are a finding."""


GOVERNED = ("title", "environment", "lifecycle", "audience", "classification", "owners")
"""Fields of a row that a person may set, in the order in which they are shown."""


class Confirmation(Entity, frozen=True):
    """Who said when that a claim holds, and until when that is good for.

    Attributes:
        due: The last day that it is good for.
        overdue: Whether that had passed when it was last looked at.
    """

    by: str
    on: date
    due: date | None = None
    overdue: bool = False

    def seen_on(self, day: date) -> Confirmation:
        """Return it as it is on a day: overdue or not."""
        return msgspec.structs.replace(self, overdue=self.due is not None and day > self.due)


class Claim(Entity, frozen=True):
    """One source's word for one field.

    Attributes:
        value: What it said, JSON-ready.
        method: A word of `ProvenanceMethod`.
        source: What exactly said it (`tag:owner`, `owners.yaml:12` of the overlay, a person).
        confidence: 0 to 1; 1 for what is stated outright.
        since: Generation of the run, or sequence, since which it says so.
        note: Why, in its own words.
        confirmation: Who stands for it.
    """

    value: Any
    method: str
    source: str | None = None
    confidence: float = 1.0
    since: int | None = None
    note: str | None = None
    confirmation: Confirmation | None = None


_POSITIONS = {str(method): position for position, method in enumerate(PRECEDENCE)}


def rank(claim: Claim) -> tuple[int, float, str, str]:
    """Return a sort key, most trusted first; a method of a newer version ranks last but is kept."""
    return (*_trust(claim), repr(claim))


def _trust(claim: Claim) -> tuple[int, float, str]:
    position = _POSITIONS.get(claim.method, len(_POSITIONS))
    return (position, -claim.confidence, claim.source or "")


def settle(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """Return the claims with the winner first and the losers after it, most trusted first.

    The order of the input does not matter. An empty input gives an empty tuple.
    """
    said = tuple(claims)
    if len(said) < _SOME:
        return said
    places = [_trust(claim) for claim in said]
    if len(set(places)) < len(places):
        return tuple(sorted(said, key=rank))
    return tuple([claim for _, claim in sorted(zip(places, said, strict=True))])


_SOME = 2
"""Claims that there is an order of."""


def is_conflict(field: str, claims: Iterable[Claim]) -> bool:
    """Say whether claims on a field disagree where disagreement is a finding."""
    values = [claim.value for claim in claims]
    return field in CONFLICT_FIELDS and any(value != values[0] for value in values[1:])
