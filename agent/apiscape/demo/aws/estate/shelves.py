"""What an account or a region holds of each service: made when first looked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Owner = TypeVar("Owner")
Held = TypeVar("Held")


class Shelves(Generic[Owner]):
    """One holding per kind, for instance `region.shelves.of(AppSync)`.

    Args:
        owner: The account or region; given to each kind when it is made.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._held: dict[object, object] = {}

    def of(self, kind: Callable[[Owner], Held]) -> Held:
        """Give what is held of a kind, empty at first."""
        if kind not in self._held:
            self._held[kind] = kind(self._owner)
        held: Held = self._held[kind]  # type: ignore[assignment]  # each kind made its own
        return held
