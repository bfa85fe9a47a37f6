"""How slow absence is to become deletion."""

from __future__ import annotations

from datetime import timedelta

from apiscape.model.entity import Entity


class PresencePolicy(Entity, frozen=True):
    """When a missing deployment retires, and how much loss is too much to believe.

    Attributes:
        retire_after_runs: Whole listings in a row that did not give it, and
        retire_after: how long it has been missing; both must be reached.
        guard_share, guard_rows: A part that would lose more than this share of its deployments,
            and at least so many, is held as suspect.
    """

    retire_after_runs: int = 2
    retire_after: timedelta = timedelta(hours=24)
    guard_share: float = 0.3
    guard_rows: int = 10

    def distrusts(self, losses: int, standing: int) -> bool:
        """Say whether losing so many of so many is held for a person to confirm."""
        return losses >= self.guard_rows and losses > self.guard_share * standing


DEFAULT_POLICY = PresencePolicy()
