"""What controllers say of objects, in one form: whether it holds, and whether they have seen the newest of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from apiscape.collectors.kubernetes.exposed import Condition

_HOLDS = {"True": True, "False": False}
_LONGEST_REASON = 200


class Said(Protocol):
    """A condition as the objects of many groups have it."""

    @property
    def type(self) -> str:
        """What it is called."""
        ...

    @property
    def status(self) -> str:
        """`True`, `False` or `Unknown`."""
        ...

    @property
    def reason(self) -> str:
        """Why, in a word."""
        ...

    @property
    def message(self) -> str:
        """Why, in a sentence."""
        ...

    @property
    def observed_generation(self) -> int | None:
        """Of which generation it is said."""
        ...


def read_conditions(
    said: Iterable[Said] | None, generation: int, negative: Collection[str] = ()
) -> list[Condition]:
    """Return conditions: stale where an older generation was seen, pending where they are unknown yet.

    Args:
        said: As the object has them.
        generation: Of the object.
        negative: Conditions that are well where they do not hold (`Conflicted`).
    """
    found: list[Condition] = []
    for each in said or ():
        seen = each.observed_generation
        holds, reason = _HOLDS.get(each.status), None
        if seen is not None and seen < generation:
            holds = None
            reason = f"stale: said of generation {seen}, which is {generation} now"
        elif each.type in negative:
            if not holds:
                continue
            holds, reason = False, _words(each)
        elif holds is None:
            reason = f"pending: {_words(each)}"
        elif not holds:
            reason = _words(each)
        found.append(Condition(name=each.type, holds=holds, reason=reason))
    return found


def _words(said: Said) -> str:
    words = ": ".join(each for each in (said.reason, said.message) if each)
    return words[:_LONGEST_REASON] or "no reason is given"
