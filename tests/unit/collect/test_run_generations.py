"""Several visits of one scope: older ones, killed ones and abandoned ones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collect import intake
from apiscape.collect.run import ScopeRun
from apiscape.collectors.contract import (
    Listed,
    Observation,
    Visit,
)
from apiscape.model.run import RunReport, Scope
from tests.unit.collect.toy import (
    Bench,
    recorded,
    scripted,
)
from tests.unit.collect.visiting import DENIED, bench


def test_an_older_run_never_wins() -> None:
    world = bench(a=("live",))
    newer = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "x"), last=True)
        newer.append(world.visit())
        yield from recorded("x")

    report = world.visit(scripted(script))
    assert newer[0].outcome == "complete"
    assert report.error is not None
    assert (report.error.kind, report.outcome) == ("interrupted", "partial")
    assert report.ledger.closes
    assert world.store.runs.presence() == {"toy:1:r:a/live": "present"}
    assert [each.generation for each in world.store.runs.reports] == [2]


def test_a_killed_run_leaves_what_it_stored_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "BATCH", 1)
    world = bench(a=("live",), b=("live",))

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a", "b")
        raise SystemExit

    with pytest.raises(SystemExit):
        world.visit(scripted(script))
    assert world.store.runs.presence() == {"toy:1:r:a/live": "present"}
    assert world.store.runs.reports == []
    report = world.visit()
    assert (report.generation, report.totals.appeared) == (2, 1)


def test_an_abandoned_visit_is_closed_once_and_hears_no_more() -> None:
    world = Bench()
    stuck: list[RunReport] = []
    held: list[ScopeRun] = []

    def script(scope: Scope, visit: Visit) -> Iterator[Observation]:
        yield Listed("apis", ("a", "b"), last=True)
        yield from recorded("a")
        stuck.append(held[0].abandon(DENIED))
        yield from recorded("b")

    held.append(world.run_of(scripted(script)))
    report = held[0].execute()
    assert stuck == [report]
    assert (report.outcome, report.error) == ("partial", DENIED)
    assert (report.ledger.recorded, report.ledger.failed) == (1, 1)
    assert set(world.store.runs.presence()) == {"toy:1:r:a/live"}
    assert len(world.store.runs.reports) == 1
