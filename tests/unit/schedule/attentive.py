"""An agent that hears of changes, in tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apiscape.collect.source import SourcePlan
from apiscape.model.noticed import LookedAgain, Noticed
from apiscape.settings.schema import Events
from tests.unit.collect.hearing import Chronicle, Looker, change
from tests.unit.collect.toy import ToyGate
from tests.unit.schedule.agents import Agent, source

EVERY_S = 60.0

ROUTINE_S = 1e6
"""So seldom that no second visit is due in any of these tests."""


class Attentive(Agent):
    """An agent whose provider keeps a log and whose collector looks again.

    Attributes:
        reads, looks: What it was told came of them.
    """

    def __post_init__(self) -> None:
        self.heard = self
        self.reads: list[Noticed] = []
        self.looks: list[LookedAgain] = []
        self.gate = ToyGate(apis={name: {"live": ()} for name in ("a", "b", "c")})
        self.log = Chronicle(self.gate)
        self.looker = Looker()
        self.toys.source = self.log
        self.collect(self.looker)
        super().__post_init__()

    def noticed(self, report: Noticed) -> None:
        self.reads.append(report)

    def looked_again(self, report: LookedAgain) -> None:
        self.looks.append(report)

    def soon(
        self, holds: Callable[[], Any], within_s: float = 70.0, *, stuck: bool = False
    ) -> None:
        """Turn, letting so much time pass at most, until something holds; `stuck` where a thread does not return."""
        for _ in range(int(within_s / 0.5)):
            if holds():
                return
            self.pass_by(0.5, stuck=stuck)
        raise AssertionError("it never came to that")

    def stay(self, seconds: float, step: float = 1.0, *, stuck: bool = False) -> None:
        """Let time pass, and what falls due happen."""
        for _ in range(int(seconds / step)):
            self.pass_by(step, stuck=stuck)

    def pass_by(self, seconds: float, *, stuck: bool) -> None:
        """Let time pass, and what is under way by then end, but for what is stuck."""
        self.clock.advance(seconds=seconds)
        self.driver.turn()
        self.driver.turn(0.001 if stuck else 0.0)
        while not (stuck or self.driver._supervisor.idle):
            self.driver.turn(0.005)

    def happen(self, *names: str | None, **more: Any) -> None:
        """Have the log tell of changes, now."""
        for name in names:
            number = len(self.log.log) + 1
            self.log.log.append(change(name, number, self.clock.now(), **more))

    def begin(self, *sources: SourcePlan) -> None:
        """Start, and wait until everything was visited and every log was read."""
        self.start(*(sources or (hearing(),)))
        self.soon(lambda: self.runs and self.reads)
        self.gate.calls.clear()
        self.looker.looked.clear()

    @property
    def looked(self) -> list[tuple[str, ...]]:
        """The objects of each look."""
        return [tuple(each.native_id for each in objects) for objects in self.looker.looked]


def hearing(name: str = "toys", every_s: float = EVERY_S, **more: Any) -> SourcePlan:
    return source(name, events=Events(every_s=every_s), **{"interval_s": ROUTINE_S} | more)
