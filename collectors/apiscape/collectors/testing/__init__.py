"""The conformance suite: what every collector must keep, in two lines of its author's tests.

    class TestToyGate(CollectorConformance):
        world = ToyWorld()

A `World` is a gateway under the author's control: an emulator, a local server, recorded
answers. It opens sessions, breaks one call on request, and says which operations were called.
It should hold a few APIs in more than one page and cost a dozen calls at most, for each is broken in
turn: the ends of each operation by every fault, any other by one. The suite needs pytest, and nothing else.
"""

from __future__ import annotations

from apiscape.collectors.testing.conformance import CollectorConformance
from apiscape.collectors.testing.trials import Trial
from apiscape.collectors.testing.worlds import (
    CUT,
    DENIED,
    MAPPED,
    MISSING_FIELDS,
    THROTTLED,
    UNKNOWN_FIELDS,
    Fault,
    World,
)

__all__ = [
    "CUT",
    "DENIED",
    "MAPPED",
    "MISSING_FIELDS",
    "THROTTLED",
    "UNKNOWN_FIELDS",
    "CollectorConformance",
    "Fault",
    "Trial",
    "World",
]
