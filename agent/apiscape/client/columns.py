"""Columns of many rows, in which few values stand for many."""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from apiscape.model.values import UNKNOWN


class Spread(list[Any]):
    """A column that remembers of which few values it is made, so that nobody has to look for them again.

    Whoever changes it makes a list of it first.

    Attributes:
        different: Each known value once.
        places: Position in `different` of each row's value, -1 where it is unknown.
    """

    __slots__ = ("different", "places")

    def __init__(self, different: Sequence[Any], places: Sequence[int]) -> None:
        """Spread values over rows."""
        super().__init__(map([*different, UNKNOWN].__getitem__, places))
        self.different = different
        self.places = places


_SEVERAL = 2


def picker(keys: Sequence[Any]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    """Return what puts a column in the order that the rows' keys are in when sorted."""
    if len(keys) < _SEVERAL:
        return list
    # sorting leaves the numbers scattered over memory; new ones lie as they will be read
    order = array("q", sorted(range(len(keys)), key=keys.__getitem__)).tolist()
    return itemgetter(*order)


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Keep the garbage collector from walking rows that hold no cycle; a sixth of the time otherwise."""
    works = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if works:
            gc.enable()
