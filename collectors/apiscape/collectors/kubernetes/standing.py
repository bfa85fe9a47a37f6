"""What controllers say of objects, in one form: whether it holds, and whether they have seen the newest of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
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
) -> Iterator[Condition]:
    """Yield conditions: stale where an older generation was seen, pending where they are unknown yet.

    Args:
        said: As the object has them.
        generation: Of the object.
        negative: Conditions that are well where they do not hold (`Conflicted`).
    """
    for each in said or ():
        seen = each.observed_generation
        if seen is not None and seen < generation:
            why = f"stale: said of generation {seen}, which is {generation} now"
            yield Condition(name=each.type, holds=None, reason=why)
            continue
        holds = _HOLDS.get(each.status)
        if each.type in negative:
            if holds:
                yield Condition(name=each.type, holds=False, reason=_words(each))
            continue
        if holds is None:
            yield Condition(name=each.type, holds=None, reason=f"pending: {_words(each)}")
        else:
            yield Condition(name=each.type, holds=holds, reason=None if holds else _words(each))


def _words(said: Said) -> str:
    words = ": ".join(each for each in (said.reason, said.message) if each)
    return words[:_LONGEST_REASON] or "no reason is given"
