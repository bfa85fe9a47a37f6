"""What an active probe costs the agent, with and without TLS; who answers is a process of its own.

A goal in seconds holds at the pace of the machine that it was set on.
"""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from apiscape.health.probing.guard import Guard
from apiscape.health.probing.prober import Manner, Prober, Target
from apiscape.health.signals import SignalName
from tests.bench.table import Row
from tests.bench.yardstick import pace
from tests.unit.health.probing.servers import LOOPBACK, certificate

HOSTS = 20
ROUNDS = 3
MANNER = Manner(pause_s=0.0)
GOAL_MS = 0.5


def measure() -> Iterator[Row]:
    """Yield the CPU of a probe; the goal is for one without TLS, whose handshake is a library's."""
    slower = pace()
    plain_ms = _cpu_ms("http", probes=2_000)
    yield Row(
        "a probe, CPU / pace",
        plain_ms / slower,
        "the machine's pace",
        slower,
        unit="ms",
        limit=GOAL_MS,
    )
    yield Row(
        "a probe by TLS, CPU", _cpu_ms("https", probes=500), "one without", plain_ms, unit="ms"
    )


def _cpu_ms(scheme: str, probes: int) -> float:
    """Return the least CPU milliseconds of a probe in a look at many deployments on a few hosts."""
    with tempfile.TemporaryDirectory() as folder:
        file = certificate(Path(folder)) if scheme == "https" else None
        trust = ssl.create_default_context(cafile=None if file is None else str(file))
        with answering(file) as ports:
            targets = [
                Target(uid=f"d{number}", url=f"{scheme}://localhost:{ports[number % HOSTS]}/v1")
                for number in range(probes)
            ]
            return 1_000 * min(_look(targets, trust) for _ in range(ROUNDS)) / probes


def _look(targets: list[Target], trust: ssl.SSLContext) -> float:
    """Return the CPU seconds of one look, all of whose probes were answered."""
    prober = Prober(MANNER, Guard([LOOPBACK]), trust)
    began = time.process_time()
    signals = asyncio.run(prober.look(targets, datetime.now(UTC)))
    used_s = time.process_time() - began
    answered = sum(each.name == SignalName.ANSWERS and each.value is True for each in signals)
    if answered != len(targets):
        raise RuntimeError(f"only {answered} of {len(targets)} probes were answered")
    return used_s


@contextmanager
def answering(file: Path | None) -> Iterator[list[int]]:
    """Run what answers; give its ports."""
    command = [sys.executable, "-m", "tests.bench.probe_child", str(HOSTS)]
    command += [] if file is None else [str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield [int(port) for port in child.stdout.readline().split()]
        finally:
            child.kill()
