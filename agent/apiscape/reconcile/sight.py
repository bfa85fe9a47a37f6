"""What a run saw of one part: the right-hand side of the judgement on presence."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.identity import NO_STAGE
from apiscape.model.known import Known
from apiscape.model.vocabulary import Outcome


class PartSight(Entity, frozen=True):
    """One part, as a run saw it; ids are those of listed objects unless it says uids.

    Attributes:
        outcome: A word of `Outcome`.
        whole: Whether a partial part was listed to its end all the same, and believed: what failed
            is objects or details of it.
        listed: Every id that the listing gave.
        given: Uids of the deployments that each recorded object gave.
        staged: Recorded objects of which at least one deployment has a real stage.
        stands: Objects of which everything stands as stored.
        left_out: Objects that were not recorded, with the reason: skipped, failed, forbidden.
        gone: Objects that are gone, with the evidence (`direct_read`, `event`).
        there: Objects that were not listed and yet answered a direct read.
        narrowable: Whether permissions can narrow the listing without a word, so that only a
            direct read proves that an object is gone.
        reason: Why the part was not listed to its end, for the rows that it did not see.
        within: What the ids begin with that were looked for; all were, without any.
    """

    part: str
    outcome: str = Outcome.COMPLETE
    whole: bool = False
    listed: frozenset[str] = frozenset()
    given: dict[str, frozenset[str]] = msgspec.field(default_factory=dict)
    staged: frozenset[str] = frozenset()
    stands: frozenset[str] = frozenset()
    left_out: dict[str, str] = msgspec.field(default_factory=dict)
    gone: dict[str, str] = msgspec.field(default_factory=dict)
    there: frozenset[str] = frozenset()
    narrowable: bool = False
    reason: str | None = None
    within: tuple[str, ...] = ()

    @property
    def proves_absence(self) -> bool:
        """Whether what its listing does not give is missing."""
        return self.outcome == Outcome.COMPLETE or self.is_whole_though_partial

    @property
    def is_whole_though_partial(self) -> bool:
        """Whether only objects or details of it failed, and its listing did not."""
        return self.outcome == Outcome.PARTIAL and self.whole


class Place(StrEnum):
    """What became of a known deployment in its part."""

    SEEN = "seen"
    GONE = "gone"
    THERE = "there"
    LEFT_OUT = "left_out"
    SUPERSEDED = "superseded"
    UNLISTED = "unlisted"
    BEYOND = "beyond"
    DROPPED = "dropped"


def place(row: Known, sight: PartSight) -> Place:
    """Return what became of a row that no object of the run gave.

    `UNLISTED` means that its object was not listed; `BEYOND` that nobody looked for it; `DROPPED` that its object was
    recorded without it. Whether that proves anything is for `PartSight.proves_absence` to say.
    """
    listed_id = row.listed_id
    if listed_id in sight.gone:
        return Place.GONE
    if listed_id in sight.stands:
        return Place.SEEN
    if listed_id in sight.left_out:
        return Place.LEFT_OUT
    if listed_id in sight.there:
        return Place.THERE
    if row.stage == NO_STAGE and listed_id in sight.staged:
        return Place.SUPERSEDED
    return _absence_of(listed_id, sight)


def _absence_of(listed_id: str, sight: PartSight) -> Place:
    if listed_id in sight.given:
        return Place.DROPPED
    looked = not sight.within or listed_id.startswith(sight.within)
    return Place.UNLISTED if looked else Place.BEYOND
