"""The HTTP API over a hundred thousand deployments: pages, the snapshot, and the change stream.

Goals in seconds are judged as if the machine were as calm and as quick as the one that they were set
on: by the seconds divided by its pace, measured in the same run. Callers are processes of their own
that decode nothing; since they, the writer and the agent share the machine, what an answer costs the
agent's own CPU is given beside every rate. The stream's changes are written while the agent is held,
so that nothing but the stream is timed once it goes on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from apiscape.client.address import Address
from apiscape.client.http import HttpInventory
from apiscape.client.wire import EVENT_STREAM, MSGPACK, PACKED
from apiscape.store import open_store
from tests.bench.bench_store import FIRST, cycle
from tests.bench.http_load import Load, Told
from tests.bench.store_reads import percentile
from tests.bench.table import Line, Row, Unmeasured
from tests.bench.yardstick import CALM_S, cpu_seconds, reference_loop
from tests.unit.serve.http.harness import READER

ROOT = Path(__file__).parents[2]
PROCESSES, CLIENTS, PAGES = 2, 8, 600
A_SECOND = 2000
"""Kept answers that one core of the agent gives."""

DIFFERENT = 400
"""Questions for the same page in as many words, blanks in the view, each asked once: none is kept."""

FOLLOWING, FOLLOWERS, CHANGES, AT_ONCE = 4, 20, 20_000, 500
"""Processes that follow, and their streams together; changes, and how many a visit writes."""

MB = 1e6
STALE_S = 900.0
CALM = "the machine's pace"


def measure() -> Iterator[Line]:
    """Yield what answers cost a client on this machine."""
    pace = cpu_seconds(reference_loop) / CALM_S
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        cycle(path, FIRST)
        with serving(path) as served:
            yield from _snapshot(served, pace)
            yield from _standing_ready(served, path, pace)
            yield from _pages(served, pace)
            yield from _stream(served, path, pace)


class Served(NamedTuple):
    """An agent at work: where it answers, and its process."""

    unix: str
    tcp: str
    pid: int

    def cpu_s(self) -> float | None:
        """Return the CPU seconds that it has spent, where the system tells it of another process."""
        status = Path(f"/proc/{self.pid}/stat")
        if not status.exists():
            return None
        user, system = status.read_text("ascii").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(path: Path) -> Iterator[Served]:
    """Run the API as a process of its own."""
    child = _start("http_child", str(path))
    assert child.stdout is not None
    unix, tcp = json.loads(child.stdout.readline())
    yield Served(unix, tcp, child.pid)
    child.communicate()


def _start(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{module}", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _snapshot(served: Served, pace: float) -> Iterator[Line]:
    what = "snapshot of 100,000 deployments over HTTP"
    with closing(HttpInventory(Address(served.unix))) as asked:
        before, began = served.cpu_s(), time.perf_counter()
        rows = len(asked.snapshot().columns["uid"])
        first_s = time.perf_counter() - began
        after, began = served.cpu_s(), time.perf_counter()
        asked.snapshot()
        again_s = time.perf_counter() - began
        plain, packed = (_size(asked, form) for form in (MSGPACK, PACKED))
    assert f"{rows:,}" in what
    yield Row(f"{what}, made anew, wall / pace", first_s / pace, CALM, pace)
    if before is not None and after is not None:
        yield Row(f"{what}, made anew, CPU of the agent", after - before, CALM, pace)
    yield Row(f"{what}, unchanged since, wall / pace", again_s / pace, CALM, pace, limit=1)
    yield Row(f"{what}, on the wire of a network", packed / MB, "the goal", 3, 1, "MB")
    yield Row(f"{what}, at a socket", plain / MB, "packed", packed / MB, unit="MB")


def _standing_ready(served: Served, path: Path, pace: float) -> Iterator[Line]:
    """Yield what a client waits that goes on from the snapshot's place in the log, just after the store changed."""
    what = "snapshot of 100,000 deployments over HTTP, to a client that follows"
    for door, address in {"a socket": served.unix, "a network": served.tcp}.items():
        with closing(HttpInventory(Address(address, READER, timeout_s=60))) as asked:
            asked.snapshot(stale_s=STALE_S)  # it stands ready from here on at the latest
            writer = [sys.executable, "-m", "tests.bench.http_writer", str(path), "500", "500"]
            subprocess.run(writer, cwd=ROOT, check=True)
            began = time.perf_counter()
            seq = asked.snapshot(stale_s=STALE_S).seq
            took_s = time.perf_counter() - began
            missing = len(asked.changes(after=seq, limit=1000).items)
        assert missing > 0, "it would have been made anew"
        name = f"{what}, changed since, at {door}, wall / pace"
        yield Row(name, took_s / pace, CALM, pace, limit=1)


def _size(asked: HttpInventory, form: str) -> int:
    headers = asked._line._headers(form)
    return len(asked._line._exchange("GET", "/v1/snapshot", None, headers).read())


def _pages(served: Served, pace: float) -> Iterator[Line]:
    page = "/v1/deployments?limit=50"
    kept, made = (page,) * CLIENTS, tuple(f"{page}&view={'+' * n}" for n in range(DIFFERENT))
    yield from _asked("one page of 50", served, kept, PAGES, pace)
    name = f"a page of 50 in {DIFFERENT} questions, none kept"
    yield from _asked(name, served, made, DIFFERENT // CLIENTS, pace, limit_s=0.005)


def _asked(
    name: str,
    served: Served,
    paths: tuple[str, ...],
    each: int,
    pace: float,
    limit_s: float = 1 / A_SECOND,
) -> Iterator[Line]:
    what, token = f"{name}, {CLIENTS} callers", f"Authorization: Bearer {READER}\r\n"
    callers = CLIENTS // PROCESSES
    loads = [
        Load(served.tcp, paths[place::PROCESSES], token, callers, each)
        for place in range(PROCESSES)
    ]
    before = served.cpu_s()
    told = _loaded(loads)
    after = served.cpu_s()
    latencies = [took for each in told for took in each.latencies_s]
    apiece = _wall_s(told) / len(latencies)
    goal = ("the goal", 1 / limit_s / pace)
    if before is None or after is None:
        yield Unmeasured(what, "the system does not tell the CPU of another process")
    else:
        spent = (after - before) / len(latencies)
        yield Row(
            f"{what}, CPU of the agent a page / pace", spent / pace, CALM, pace, limit=limit_s
        )
        yield Row(f"{what}, answers a second of its core", 1 / spent, *goal, unit="1/s")
    yield Row(f"{what}, answers a second", 1 / apiece, *goal, unit="1/s")
    yield Row(
        f"{what}, p99 / pace", percentile(latencies, 0.99) / pace, CALM, pace, limit=40 * limit_s
    )


def _loaded(loads: Sequence[Load]) -> list[Told]:
    """Run callers, all at once, and return what came of each."""
    return _finish(_ready(loads))


def _ready(loads: Sequence[Load]) -> list[subprocess.Popen[bytes]]:
    children = [_start("http_load", msgspec.json.encode(load).decode()) for load in loads]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    return children


def _finish(children: Sequence[subprocess.Popen[bytes]]) -> list[Told]:
    for child in children:
        assert child.stdin is not None
        child.stdin.write(b"\n")
        child.stdin.flush()
    return [msgspec.json.decode(child.communicate()[0], type=Told) for child in children]


def _wall_s(told: Sequence[Told]) -> float:
    return max(each.ended for each in told) - min(each.began for each in told)


def _stream(served: Served, path: Path, pace: float) -> Iterator[Line]:
    with open_store(str(path), write=False) as store:
        end = store.changes.last_seq()
    load = Load(
        address=served.unix,
        paths=(f"/v1/changes?after={end}",),
        headers=f"Accept: {EVENT_STREAM}\r\n",
        connections=FOLLOWERS // FOLLOWING,
        changes=CHANGES,
    )
    children = _ready([load] * FOLLOWING)
    os.kill(served.pid, signal.SIGSTOP)
    try:
        _start("http_writer", str(path), str(CHANGES), str(AT_ONCE)).communicate()
    finally:
        before = served.cpu_s()
        os.kill(served.pid, signal.SIGCONT)
    took_s = _wall_s(_finish(children))
    after = served.cpu_s()
    what = f"{CHANGES:,} changes to {FOLLOWERS} followers"
    limit = CHANGES / 5000
    yield Row(f"{what}, wall / pace", took_s / pace, CALM, pace, limit=limit)
    yield Row(f"{what}, changes a second", CHANGES / took_s, "the goal", 5000 / pace, unit="1/s")
    if before is None or after is None:
        yield Unmeasured(what, "the system does not tell the CPU of another process")
        return
    spent = after - before
    yield Row(f"{what}, CPU of the agent / pace", spent / pace, CALM, pace, limit=limit)
    apiece = spent / CHANGES / FOLLOWERS
    yield Row(f"{what}, CPU of the agent a change and follower", apiece, CALM, pace)
