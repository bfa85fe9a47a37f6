"""A cluster of ten thousand routes: what reading it takes beyond fetching it, and what following it takes.

The emulated server, and each reader, are processes of their own; all goes over HTTP, packed as a server packs it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from apiscape.collect.clock import Stop, SystemClock
from apiscape.collect.job import Job, Means
from apiscape.collect.quotas import Quotas, ScopeBudget
from apiscape.collect.source import SourcePlan
from apiscape.collect.watch import Patience, WatchRun
from apiscape.collect.workers import Workers
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.model.run import ErrorRecord
from apiscape.store import Store, open_store
from tests.bench.kubernetes_child import ROUTES
from tests.bench.table import Row
from tests.bench.yardstick import loop, pace, seconds
from tests.collectors.kubernetes.keeping.room import ClusterProvider
from tests.collectors.kubernetes.visiting import SCOPE

HERE = Path(__file__).parents[2]
READ_RATIO, PEAK_MIB = 3.5, 200.0
ROUNDS = 5
IDLE_CORE, GROWTH_MIB = 0.005, 2.0
EVENTS, WARMING = 10_000, 40_000
"""What happens while memory is watched, and before: it rises for thirty thousand events, until its free pieces fit."""

VISIBLE_S = 2.0
MIB = 1 << 20
PATIENCE_S = 300.0


def measure() -> Iterator[Row]:
    """Yield what a visit, a watch and a change take."""
    with child("serve") as server:
        url = told(server)
        yield from reading(url)
        yield from watching(url, server)
        yield visible(url, server)


def reading(url: str) -> Iterator[Row]:
    """Yield what a visit takes, and fetching alone: in turns, for a shared machine changes its speed within seconds."""
    with child("fetch", url) as fetching, child("read", url) as visiting:
        rounds = [(ask(fetching, "go on"), ask(visiting, "go on")) for _ in range(ROUNDS)]
    fetched, read = (min(each["cpu_s"] for each in those) for those in zip(*rounds, strict=True))
    what = f"kubernetes: {ROUTES:,} routes listed, decoded, joined and said, CPU"
    yield Row(what, read, "fetched and decoded", fetched, goal=READ_RATIO)
    least, peak = (each["peak"] / MIB for each in rounds[-1])
    what = "kubernetes: the same, most memory"
    yield Row(what, peak, "fetched and decoded", least, unit="MiB", limit=PEAK_MIB)


def watching(url: str, server: subprocess.Popen[str]) -> Iterator[Row]:
    with child("watch", url) as watcher:
        idle = told(watcher)
        what = f"kubernetes: following {ROUTES:,} routes while nothing happens, of a core"
        core = idle["core"] / pace()
        yield Row(what, core, "a core", 1.0, unit="cores", limit=IDLE_CORE)
        for _ in range(WARMING // EVENTS):
            ask(server, f"churn {EVENTS}")
        before = ask(watcher, "go on")["bytes"] / MIB
        ask(server, f"churn {EVENTS}")
        after = ask(watcher, "go on")["bytes"] / MIB
        what = f"kubernetes: memory of the same after {WARMING:,} events and {EVENTS:,} more"
        yield Row(what, after - before, "before", before, unit="MiB", limit=GROWTH_MIB)


def visible(url: str, server: subprocess.Popen[str]) -> Row:
    """Return how long a new route takes into the store."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(str(Path(folder) / "store.db"), write=True) as store,
        kept(url, store),
    ):
        began = time.perf_counter()
        ask(server, "add newcomer")
        while "team-0/newcomer" not in names(store):
            time.sleep(0.02)
        took_s = (time.perf_counter() - began) / pace()
    what = "kubernetes: a new route is stored after"
    return Row(what, took_s, "the yardstick", seconds(loop), limit=VISIBLE_S)


@contextmanager
def kept(url: str, store: Store) -> Iterator[None]:
    """Have a cluster followed into a store."""
    clock = SystemClock()
    stop = Stop(clock, deadline_s=PATIENCE_S)
    plan = SourcePlan("clusters", "toy", None)
    job = Job(SCOPE, plan, ClusterProvider(url), GatewaysCollector())
    means = Means(runs=store.runs, clock=clock, workers=Workers())
    budget = ScopeBudget(Quotas(clock), "kubernetes", stop)
    watch = WatchRun(job, means, budget, stop, Patience(), lambda _: None)
    thread = threading.Thread(target=watch.execute, daemon=True)
    thread.start()
    while not watch.following and thread.is_alive():
        time.sleep(0.1)
    try:
        yield
    finally:
        stop.tell(ErrorRecord(kind="interrupted", message="told to end"))
        thread.join()


def names(store: Store) -> set[str]:
    return {row.name for row in store.runs.known(SCOPE).values()}


@contextmanager
def child(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Give a process of this bench, and end it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.kubernetes_child", *words],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def told(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        message = "a process of the bench said nothing"
        raise RuntimeError(message)
    return json.loads(line)


def ask(process: subprocess.Popen[str], line: str) -> Any:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return told(process)
