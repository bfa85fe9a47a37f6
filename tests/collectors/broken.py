"""The sample collector, broken for tests of the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apiscape.collectors import registry
from apiscape.collectors.contract import Observation, Visit
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.model.run import Scope
from tests.collectors.gate import GateWorld

Change = Callable[[Iterator[Observation]], Iterator[Observation]]


def world_of(installed: Path, change: Change | None = None, **facts: Any) -> GateWorld:
    """Return a world of the sample collector, changed in what it says or in what it is."""
    good = registry.load_collector("toygate.apis")
    says = change or (lambda said: said)

    def discover(self: object, scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield from says(good.discover(scope, visit))

    changed = type("Changed", (type(good),), {"discover": discover} | facts)
    return GateWorld(registry.load_provider("toygate"), changed())


def suite(world: World) -> CollectorConformance:
    class Suite(CollectorConformance):
        pass

    Suite.world = world
    return Suite()


class Unmetered:
    def acquire(self, *_: Any, **__: Any) -> None:
        return

    def throttled(self, *_: Any, **__: Any) -> None:
        return
