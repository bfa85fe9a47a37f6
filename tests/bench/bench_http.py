"""The HTTP API over a hundred thousand deployments: pages, the snapshot, and the change stream."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from apiscape.client.address import Address
from apiscape.client.http import HttpInventory, read_events
from apiscape.client.wire import MSGPACK, PACKED
from apiscape.store import open_store
from tests.bench.bench_store import FIRST, cycle
from tests.bench.store_reads import percentile
from tests.bench.table import Line, Row, Unmeasured
from tests.bench.yardstick import loop, seconds
from tests.store.making import batch, make, visit
from tests.unit.serve.http.harness import READER

CLIENTS, PAGES = 8, 300
FOLLOWERS, CHANGES, AT_ONCE = 20, 20_000, 500
MB = 1e6


def measure() -> Iterator[Line]:
    """Yield what answers cost a client on this machine."""
    unit = seconds(loop)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        cycle(path, FIRST)
        with serving(path) as served:
            yield from _snapshot(served.unix, unit)
            yield from _pages(served, unit)
            yield from _stream(served.unix, path, unit)


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
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.http_child", str(path)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    unix, tcp = json.loads(child.stdout.readline())
    yield Served(unix, tcp, child.pid)
    child.communicate()


def _snapshot(unix: str, unit: float) -> Iterator[Row]:
    with closing(HttpInventory(Address(unix))) as asked:
        began = time.perf_counter()
        rows = len(asked.snapshot().columns["uid"])
        first_s = time.perf_counter() - began
        began = time.perf_counter()
        asked.snapshot()
        again_s = time.perf_counter() - began
        plain, packed = (_size(asked, form) for form in (MSGPACK, PACKED))
    what = f"snapshot of {rows:,} deployments over HTTP"
    yield Row(f"{what}, made anew", first_s, "the yardstick", unit)
    yield Row(f"{what}, unchanged since", again_s, "the yardstick", unit, limit=1)
    yield Row(f"{what}, on the wire of a network", packed / MB, "the goal", 3, 1, "MB")
    yield Row(f"{what}, at a socket", plain / MB, "packed", packed / MB, unit="MB")


def _size(asked: HttpInventory, form: str) -> int:
    headers = asked._line._headers(form)
    return len(asked._line._exchange("GET", "/v1/snapshot", None, headers).read())


def _pages(served: Served, unit: float) -> Iterator[Line]:
    for what, views in (("one page of 50", 1), ("100 different pages of 50", 100)):
        latencies: list[float] = []
        spent = served.cpu_s()
        began = time.perf_counter()
        threads = [
            threading.Thread(target=_ask, args=(served.tcp, views, latencies))
            for _ in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rate = len(latencies) / (time.perf_counter() - began)
        name = f"{what}, {CLIENTS} callers"
        yield _apiece(f"{name}, CPU of the agent a page", spent, served.cpu_s(), unit)
        yield Row(f"{name}, answers a second", rate, "the goal", 2000, unit="1/s")
        yield Row(f"{name}, p99", percentile(latencies, 0.99), "the yardstick", unit)


def _apiece(what: str, before: float | None, after: float | None, unit: float) -> Line:
    if before is None or after is None:
        return Unmeasured(what, "the system does not tell the CPU of another process")
    pages = CLIENTS * PAGES
    return Row(what, (after - before) / pages, "the yardstick", unit, limit=1 / 2000)


def _ask(tcp: str, views: int, latencies: list[float]) -> None:
    parts = urlsplit(tcp)
    headers = {"Authorization": f"Bearer {READER}"}
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port)) as opened:
        for number in range(PAGES):
            began = time.perf_counter()
            opened.request("GET", f"/v1/deployments?limit={50 + number % views}", headers=headers)
            opened.getresponse().read()
            latencies.append(time.perf_counter() - began)


def _stream(unix: str, path: Path, unit: float) -> Iterator[Row]:
    with open_store(str(path), write=True) as store:
        end = store.changes.last_seq()
        ready = threading.Barrier(FOLLOWERS + 1)
        threads = [
            threading.Thread(target=_follow, args=(unix, end, ready)) for _ in range(FOLLOWERS)
        ]
        for thread in threads:
            thread.start()
        ready.wait()
        began = time.perf_counter()
        for first in range(0, CHANGES, AT_ONCE):
            visit(store, batch(*(make(10**6 + first + n) for n in range(AT_ONCE))))
        written_s = time.perf_counter() - began
        for thread in threads:
            thread.join()
        took_s = time.perf_counter() - began
    what = f"{CHANGES:,} changes to {FOLLOWERS} followers"
    yield Row(f"{what}, changes a second", CHANGES / took_s, "the goal", 5000, unit="1/s")
    yield Row(f"{what}, wall", took_s, "writing them", written_s)


def _follow(unix: str, end: int, ready: threading.Barrier) -> None:
    seen = 0
    with closing(HttpInventory(Address(unix))) as asked, asked.events(end) as stream:
        events = read_events(stream)
        next(events)
        ready.wait()
        while seen < CHANGES:
            event = next(events)
            seen += event.data.count(b'"kind":"appeared"')
