"""Scripts of visits that a test holds up or lets fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from apiscape.collectors.contract import (
    Listed,
    Observation,
    Visit,
)
from apiscape.model.run import Scope
from tests.unit.collect.scanning import whole
from tests.unit.collect.toy import Script, recorded


class Gate:
    """Holds the visits of some reaches until they are let go."""

    def __init__(self, *reaches: str) -> None:
        self._reaches = reaches
        self.entered = threading.Semaphore(0)
        self._go = threading.Event()

    def open(self) -> None:
        self._go.set()

    def script(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        if scope.reach.key not in self._reaches:
            yield from whole(scope, visit)
            return
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        self.entered.release()
        self._go.wait(60)
        yield from recorded("b")


def failing(*errors: Exception) -> Script:
    """Return a script that fails with these, one after the other, and then sees everything."""
    left = list(errors)

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        if left:
            raise left.pop(0)
        yield from whole(scope, visit)

    return script
