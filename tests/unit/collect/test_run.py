"""One visit of a scope, end to end against a store in memory."""

from __future__ import annotations

from apiscape.model.deployment import Operation
from tests.unit.collect.toy import GET, Bench, ToyGate, ToyProvider


def bench(**apis: tuple[str, ...]) -> Bench:
    held: dict[str, dict[str, tuple[Operation, ...]]] = {
        name: dict.fromkeys(stages, (GET,)) for name, stages in apis.items()
    }
    return Bench(provider=ToyProvider(ToyGate(apis=held)))


def test_a_visit_records_what_the_gateway_lists() -> None:
    world = bench(a=("live", "test"), b=("live",), c=())
    report = world.visit()
    assert report.outcome == "complete"
    assert (report.ledger.listed, report.ledger.recorded, report.ledger.deployments) == (3, 3, 4)
    assert (report.ledger.listed_whole, report.ledger.closes) == (True, True)
    assert report.totals.appeared == 4
    assert report.ledger.calls == len(world.provider.gate.calls)
    assert set(world.store.runs.presence()) == {
        "toy:1:r:a/live",
        "toy:1:r:a/test",
        "toy:1:r:b/live",
        "toy:1:r:c/-",
    }
    assert world.provider.sessions[0].closed


def test_an_unchanged_visit_writes_nothing_and_reads_no_details() -> None:
    world = bench(a=("live", "test"), b=("live",))
    world.visit()
    before = len(world.store.runs.batches)
    world.provider.gate.calls.clear()
    report = world.visit()
    assert world.store.runs.batches[before:] == []
    assert world.provider.gate.calls == ["list", "stages a", "stages b"]
    assert (report.outcome, report.totals.changed, report.generation) == ("complete", 0, 2)
