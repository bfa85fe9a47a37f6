"""An agent through many days of a fast clock, with everything going wrong in turn.

The agent is a process of its own, looked at from outside; whoever follows its log does so over its socket.
Visits fail, are throttled and denied; the estate moves; the configuration is read anew; the writer's
connection is cut; followers come and go. Once retention has dropped twice what it keeps, nothing may grow
any more. In the end all faults cease, everything is visited once more, and the inventory must be what the
estate is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from apiscape.client.address import Address
from apiscape.client.http import HttpInventory, read_events
from apiscape.client.inventory import ChangePage
from tests.bench.bench_agent import status_of
from tests.bench.soak_child import HOURS, KEPT_DAYS
from tests.bench.table import Row

WARM = 2 * (KEPT_DAYS + 1)
DAYS = 2 * WARM
FOLLOWERS = 4
PATIENCE_S = 60.0
HERE = Path(__file__).parents[2]


def measure() -> Iterator[Row]:
    """Yield what grew from one steady day to another, and what was lost."""
    with tempfile.TemporaryDirectory() as folder, Soaked.begun(Path(folder) / "store.db") as soaked:
        for hour in range(WARM * HOURS):
            soaked.pass_hour(hour)
        before = soaked.sizes()
        for hour in range(WARM * HOURS, DAYS * HOURS):
            soaked.pass_hour(hour)
        after = soaked.sizes()
        soaked.ask("settle")
        soaked.end_following()
        yield from _rows(soaked, before, after)


class Follower(threading.Thread):
    """Follows the change log from where it came; every number must be there once, in order."""

    def __init__(self, unix: str, after: int) -> None:
        super().__init__(daemon=True)
        self.at = after
        self.lost = 0
        self._leaves = threading.Event()
        self._inventory = HttpInventory(Address(unix, timeout_s=PATIENCE_S))

    def run(self) -> None:
        """Follow until it is let go."""
        with closing(self._inventory), self._inventory.events(self.at) as stream:
            for event in read_events(stream):
                if event.name == "changes":
                    self._take(msgspec.json.decode(event.data, type=ChangePage))
                if event.name not in {"", "changes"} or self._leaves.is_set():
                    return

    def _take(self, page: ChangePage) -> None:
        numbers = [each.seq for each in page.items]
        self.lost += numbers != list(range(self.at + 1, page.last_seq + 1))
        self.at = page.last_seq

    def let_go(self, seq: int) -> int:
        """Wait until it has read so far, and has gone; return how often it missed something."""
        end = time.monotonic() + PATIENCE_S
        while self.at < seq and self.is_alive() and time.monotonic() < end:
            time.sleep(0.01)
        self._leaves.set()
        self.join(PATIENCE_S)
        return self.lost + (self.at < seq) + self.is_alive()


class Soaked:
    """An agent that is soaked, and who follows it."""

    def __init__(self, process: subprocess.Popen[str], unix: str) -> None:
        self.process = process
        self.unix = unix
        self.lost = 0
        self.told: dict[str, Any] = {"seq": 0, "visits": 0, "odd": 0}
        self.followers: list[Follower] = []

    @classmethod
    @contextmanager
    def begun(cls, path: Path) -> Iterator[Soaked]:
        """Begin to soak an agent; it is killed at the end."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.soak_child", str(path)],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            try:
                assert process.stdout is not None
                yield cls(process, json.loads(process.stdout.readline()))
            finally:
                process.kill()

    def ask(self, what: str) -> dict[str, Any]:
        """Have something done, and return what it came to."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        self.told |= answer
        return answer

    def pass_hour(self, hour: int) -> None:
        """Let an hour pass; a follower comes every third, and the oldest of four goes."""
        if hour % 3 == 0:
            while len(self.followers) >= FOLLOWERS:
                self.dismiss(self.followers.pop(0))
            follower = Follower(self.unix, self.told["seq"])
            follower.start()
            self.followers.append(follower)
        self.ask("hour")

    def dismiss(self, follower: Follower) -> None:
        """Let a follower go, once it has read all there is."""
        self.lost += follower.let_go(self.told["seq"])

    def end_following(self) -> None:
        """Let all followers go."""
        while self.followers:
            self.dismiss(self.followers.pop())

    def sizes(self) -> dict[str, float]:
        """Return what may not grow; memory, threads and files as the system tells of them."""
        pid = self.process.pid
        told = self.ask("sizes")
        time.sleep(1)  # connections of followers that have gone are closed by then
        return told | {
            "memory": status_of(pid, "VmRSS") / 1024,
            "threads": status_of(pid, "Threads"),
            "open files": len(list(Path(f"/proc/{pid}/fd").iterdir())),
        }


def _rows(soaked: Soaked, before: dict[str, float], after: dict[str, float]) -> Iterator[Row]:
    what = f"soak of {DAYS} days, {soaked.told['visits']:,} visits"
    for name, unit, most in (
        ("objects in memory", "objects", 1.1),
        ("threads", "threads", 1.0),
        ("open files", "files", 1.0),
        ("runs kept", "rows", 1.3),
        ("changes kept", "rows", 1.3),
    ):
        yield Row(f"{what}, {name}", after[name], f"day {WARM}", before[name], most, unit)
    allowed = after["changes allowed"]
    kept = after["changes kept"]
    yield Row(f"{what}, changes kept", kept, "what retention allows", allowed, 1.0, "rows")
    memory = after["memory"]
    yield Row(f"{what}, memory", memory, f"day {WARM}", before["memory"], unit="MiB", limit=200)
    for name, lost in (
        ("changes that a follower missed", soaked.lost),
        ("ledgers that do not add up", soaked.told["odd"]),
        ("deployments that are not as the estate", soaked.ask("differing")["differing"]),
    ):
        yield Row(f"{what}, {name}", lost, "the estate", 1, unit="items", limit=0)
