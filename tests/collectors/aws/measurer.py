"""A measurer for tests: discovers what the emulated AWS holds, then counts its traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.measuring import Counted, Counting, Uncounted, Wanted
from apiscape.collectors.trying import Tried
from apiscape.demo.aws.estate.load import Load
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.run import Reach, Scope
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk

ALL = Wanted(window_s=900)
BUSY = Load(10.0, share_4xx=0.04, share_5xx=0.1, latency_ms=100.0)


class Measurer:
    """Discovers, then measures: what a run and a round of measuring would do."""

    def __init__(self, collector: Any, desk: Desk | None = None) -> None:
        self.collector = collector
        self.desk = desk or Desk()
        reach = Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION)
        self.scope = Scope("prod", "aws", collector.product, reach)

    def deployments(self) -> list[Deployment]:
        found = self.desk.collect(self.collector)
        assert found.error is None
        return [item for item in found.entities if isinstance(item, Deployment)]

    def visit(self, session: Any) -> ScopeVisit:
        return ScopeVisit(
            session,
            self.desk.plan,
            self.scope,
            tokens=TokenBook((), 0),
            stop=self.desk.stop,
            clock=self.desk.clock,
            workers=self.desk.workers,
        )

    def measure(self, items: Sequence[Deployment], wanted: Wanted = ALL) -> dict[str, Counting]:
        with self.desk.session(self.collector) as session:
            said = self.collector.traffic(self.scope, self.visit(session), items, wanted)
            return {one.uid: one for one in said}

    def try_it(self) -> list[Tried]:
        with self.desk.session(self.collector) as session:
            return list(self.collector.try_traffic(self.scope, self.visit(session)))


def by_stage(items: Sequence[Deployment], said: dict[str, Counting]) -> dict[str, Counting]:
    return {f"{item.name}/{item.stage}": said[item.uid] for item in items if item.uid in said}


def counted(one: Counting) -> Traffic:
    assert isinstance(one, Counted), one
    return one.traffic


def figures(one: Counting) -> tuple[object, ...]:
    traffic = counted(one)
    return traffic.requests, traffic.errors_4xx, traffic.errors_5xx, traffic.p95_ms


def reason(one: Counting) -> tuple[str, str]:
    assert isinstance(one, Uncounted), one
    return one.error.kind, one.error.message
