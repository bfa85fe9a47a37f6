"""One cycle over a scripted estate into a store, in a process of its own, which prints its figures.

python -m tests.bench.store_cycle STORE '{"apis": 100000, "changed_every": 100}'
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.run import ScopeRun
from apiscape.collect.source import SourcePlan
from apiscape.collect.workers import Workers
from apiscape.conclude.follow import DEFAULT_POLICY, conclude
from apiscape.conclude.newcomers import draw_newcomers
from apiscape.model.run import RunReport, Scope
from apiscape.store import Store, open_store
from tests.bench.scripted import Script, ScriptedCollector, ScriptedProvider

INVENTORY = (
    *("deployment", "deployment_version", "presence_version", "operation", "operation_set"),
    *(
        "security",
        "row",
        "row_doc",
        "deep",
        "exception",
        "change",
        "api",
        "api_member",
        "conclusion",
        "conclusion_version",
    ),
)
"""Tables that an unchanged cycle leaves alone; a run and its parts are written at every cycle."""

_TRIGGER = (
    "CREATE TEMP TRIGGER written_{table}_{event} AFTER {event} ON main.{table}"
    " BEGIN UPDATE written SET total = total + 1; END"
)


class Figures(msgspec.Struct, frozen=True):
    """What a cycle took.

    Attributes:
        wall_s, cpu_s: Of the whole cycle; `script_cpu_s`: of making the observations alone;
            `concluding_cpu_s`: of what is concluded after the visits.
        appeared, changed: Deployments that the store was told of.
        written: Inventory rows inserted, updated or deleted in a store that was there before; counting costs.
        size_bytes: Of the database and its log afterwards.
        peak_bytes: Most memory that the process ever held.
    """

    wall_s: float
    cpu_s: float
    script_cpu_s: float
    concluding_cpu_s: float
    deployments: int
    appeared: int
    changed: int
    written: int
    size_bytes: int
    peak_bytes: int


def run_cycle(path: Path, script: Script) -> Figures:
    """Visit every scope of a script and conclude."""
    script_cpu_s = _make(script)
    fresh = not path.exists()
    gc.collect()
    with open_store(str(path), write=True) as store:
        written = None if fresh else _count_rows(store)
        wall, cpu = time.perf_counter(), time.process_time()
        reports = _visit(store, script)
        visited = time.process_time()
        conclude(store, datetime.now(UTC))
        concluding_cpu_s = time.process_time() - visited
        wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
        rows = written() if written else 0
    return Figures(
        wall_s=wall_s,
        cpu_s=cpu_s,
        script_cpu_s=script_cpu_s,
        concluding_cpu_s=concluding_cpu_s,
        deployments=sum(report.ledger.deployments for report in reports),
        appeared=sum(report.totals.appeared for report in reports),
        changed=sum(report.totals.changed for report in reports),
        written=rows,
        size_bytes=sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*")),
        peak_bytes=peak_bytes(),
    )


def _make(script: Script) -> float:
    """Return the CPU seconds of making all observations, which are the collector's, not the store's."""
    began = time.process_time()
    for scope in script.places():
        for _ in script.deployments(scope):
            pass
    return time.process_time() - began


def _visit(store: Store, script: Script) -> list[RunReport]:
    clock = SystemClock()
    store.runs.draw_with(draw_newcomers(DEFAULT_POLICY))
    means = Means(runs=store.runs, clock=clock, workers=Workers())
    provider, collector = ScriptedProvider(script), ScriptedCollector(script)
    source = SourcePlan(name="script", provider="scripted", settings=None)

    def visit(scope: Scope) -> RunReport:
        stop = Stop(clock)
        job = Job(scope=scope, source=source, provider=provider, collector=collector)
        return ScopeRun(job, means, ScopeBudget(Quotas(clock), "scripted", stop), stop).execute()

    reports = [visit(scope) for scope in script.places()]
    incomplete = [report for report in reports if report.outcome != "complete"]
    if incomplete:
        raise SystemExit(f"a run was not complete: {incomplete[0].error}")
    return reports


def _count_rows(store: Store) -> Callable[[], int]:
    """Return a function that says how many inventory rows the writing connection wrote since."""
    with store.database.raw() as connection:
        connection.execute("CREATE TEMP TABLE written (total INTEGER)")
        connection.execute("INSERT INTO written VALUES (0)")
        for name in INVENTORY:
            for event in ("INSERT", "UPDATE", "DELETE"):
                connection.execute(_TRIGGER.format(table=name, event=event))

    def total() -> int:
        with store.database.raw() as connection:
            return int(connection.execute("SELECT total FROM written").fetchone()[0])

    return total


def peak_bytes() -> int:
    """Return the most memory that this process ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    chosen = msgspec.json.decode(sys.argv[2], type=Script)
    sys.stdout.buffer.write(msgspec.json.encode(run_cycle(Path(sys.argv[1]), chosen)))
