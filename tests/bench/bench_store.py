"""The store at a hundred thousand deployments with ten operations each, every field filled, on SQLite.

Cycles go the whole way – collector, ledger, reconcile, store, conclusions – each in a process of
its own; readers are another process. A goal in seconds is one of the machine that it was set on:
what was measured is divided by how many times slower this one was just before (the pace). It
stands twice: for the wall clock, which counts what others do on the machine, and for CPU, which
says what the work itself takes. The seconds of the wall clock stand beside it as they were.

The goals of cycles after the first are of the store's path: making a hundred thousand observations is the
scripted collector's, and the collectors' own benches measure theirs.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from tests.bench.scripted import Script
from tests.bench.store_cycle import Figures
from tests.bench.store_reads import Latencies, percentile
from tests.bench.table import Row
from tests.bench.yardstick import pace

T = TypeVar("T")

FIRST = Script()
CHANGED = Script(changed_every=100, edition=1)
AGAIN = Script(changed_every=100, edition=2)
READ_ROUNDS = 30
GB, MB = 1e9, 1e6
PACE = "the machine's pace"


def measure() -> Iterator[Row]:
    """Yield what cycles cost, what they leave behind and how fast questions are answered."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        slower, first = pace(), cycle(path, FIRST)
        yield from _first(first, slower)
        slower, same = pace(), cycle(path, FIRST)
        yield from _same(same, first, slower)
        slower, changed = pace(), cycle(path, CHANGED)
        yield from _changed(changed, same, slower)
        yield from _reads(path)


def cycle(path: Path, script: Script) -> Figures:
    """Run a cycle in a process of its own."""
    return _parse(_start("store_cycle", path, msgspec.json.encode(script).decode()), Figures)


def _first(first: Figures, slower: float) -> Iterator[Row]:
    total = f"first ingest of {first.deployments:,} deployments"
    yield from judged(total, first.wall_s, first.cpu_s, slower, 60)
    own = first.script_cpu_s
    yield Row(f"{total}, CPU without making them", first.cpu_s - own, "making them", own)
    after = first.concluding_cpu_s
    yield Row(f"{total}, CPU of concluding after it", after, "all of it", first.cpu_s, goal=0.1)
    apiece = first.size_bytes / first.deployments
    yield Row("database", first.size_bytes / GB, "a deployment", apiece / GB, unit="GB", limit=1)
    yield Row("most memory in a first ingest", first.peak_bytes / MB, "the goal", 400, 1, "MB")


def _same(same: Figures, first: Figures, slower: float) -> Iterator[Row]:
    what = "an unchanged cycle"
    yield Row(f"{what}, wall", same.wall_s, "the first", first.wall_s)
    yield from _of_the_store(what, same, slower, 6)
    yield Row(
        "an unchanged cycle, inventory rows written",
        same.written, "deployments", same.deployments, unit="rows", limit=0,
    )  # fmt: skip


def _changed(changed: Figures, same: Figures, slower: float) -> Iterator[Row]:
    what = f"a cycle with {changed.changed:,} changed deployments"
    yield Row(f"{what}, CPU", changed.cpu_s, "the unchanged one", same.cpu_s)
    yield from judged(what, changed.wall_s, changed.cpu_s, slower, None)
    yield from _of_the_store(what, changed, slower, 8)


def _of_the_store(what: str, cycle: Figures, slower: float, limit: float) -> Iterator[Row]:
    """Yield what a cycle took beside making its observations."""
    spent, path = cycle.cpu_s - cycle.script_cpu_s, f"{what}, CPU of the store's path"
    yield Row(path, spent, "making the observations", cycle.script_cpu_s)
    yield Row(f"{path} / pace", spent / slower, PACE, slower, limit=limit)


def _reads(path: Path) -> Iterator[Row]:
    before = pace()
    calm = _parse(_start("store_reads", path, str(READ_ROUNDS)), Latencies)
    slower = (before + pace()) / 2  # a shared machine changes its speed within seconds
    reader = _start("store_reads", path, "0")
    cycle(path, AGAIN)
    beside = _parse(reader, Latencies)
    page, facets = "page of 50 of a substring, by name", "7 facets of everything"
    for name, taken, share, limit in (
        (page, calm.search, 0.95, 0.05),
        (facets, calm.facets, 0.95, 0.15),
        (f"{page}, during a cycle", beside.search, 0.99, 0.1),
        (f"{facets}, during a cycle", beside.facets, 0.95, None),
    ):
        wall, cpu = (percentile(held, share) for held in (taken.wall_s, taken.cpu_s))
        yield from judged(f"{name}, p{share:.0%}".removesuffix("%"), wall, cpu, slower, limit)


def judged(
    what: str, wall_s: float, cpu_s: float, slower: float, limit: float | None
) -> Iterator[Row]:
    """Yield what something took as it was, and what it would have on the machine that goals were set on."""
    yield Row(f"{what}, wall", wall_s, "its CPU", cpu_s)
    yield Row(f"{what}, wall / pace", wall_s / slower, PACE, slower, limit=limit)
    yield Row(f"{what}, CPU / pace", cpu_s / slower, PACE, slower, limit=limit)


def _start(module: str, path: Path, argument: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}", str(path), argument],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


def _parse(child: subprocess.Popen[bytes], kind: type[T]) -> T:
    """End a child's input, wait for it and read what it printed."""
    printed, _ = child.communicate()
    if child.returncode:
        raise RuntimeError(f"{child.args!r} ended with {child.returncode}")
    return msgspec.json.decode(printed, type=kind)
