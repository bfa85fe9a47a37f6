"""What an agent over ten thousand deployments costs: to start, to do nothing, and to end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apiscape.demo.aws.wire.server import AwsServer
from tests.bench.reads import build
from tests.bench.table import Row
from tests.bench.yardstick import CALM_S, cpu_seconds, reference_loop
from tests.e2e.estates import ACCOUNT, WEST, small_estate

DEPLOYMENTS = 10_000
IDLE_S = 60.0
LOOK_S, QUIET = 5.0, 0.05
"""An agent has settled once it took less than such a share of a core for so long."""

PATIENCE_S = 120.0
REQUEST = b"GET /v1/summary HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def measure() -> Iterator[Row]:
    """Yield figures of an agent as a process of its own; CPU seconds are also given as if the machine were calm."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        build(store, DEPLOYMENTS)
        pace = cpu_seconds(reference_loop) / CALM_S
        with AwsServer(small_estate()) as server, agent(store, server) as process:
            started_s = until_answered(process, store)
            started_cpu_s = cpu_of(process.pid)
            settle(process.pid)
            before_s, began = cpu_of(process.pid), time.perf_counter()
            time.sleep(IDLE_S)
            share = (cpu_of(process.pid) - before_s) / (time.perf_counter() - began)
            held, peak, threads = (
                status_of(process.pid, name) for name in ("VmRSS", "VmHWM", "Threads")
            )
            began = time.perf_counter()
            process.terminate()
            process.wait(PATIENCE_S)
            ended_s = time.perf_counter() - began
    what = f"agent over {DEPLOYMENTS:,} deployments"
    calm = "the machine's pace"
    yield Row(f"{what}, start to first answer, wall", started_s, "its CPU", started_cpu_s)
    yield Row(
        f"{what}, start to first answer, CPU / pace", started_cpu_s / pace, calm, pace, limit=2
    )
    yield Row(f"{what}, idle, share of a core", 100 * share, "the goal", 1, 1, "%")
    yield Row(f"{what}, idle, memory", held / 1024, "the goal", 200, 1, "MiB")
    yield Row(f"{what}, most memory until then", peak / 1024, "idle", held / 1024, unit="MiB")
    yield Row(f"{what}, idle, threads", threads, "one of each kind", 6, unit="threads")
    yield Row(f"{what}, told to stop until ended, wall", ended_s, "the goal", 10, 1)


@contextmanager
def agent(store: Path, server: AwsServer) -> Iterator[subprocess.Popen[bytes]]:
    """Run an agent whose one source is a small emulated estate."""
    config = store.with_name("config.yaml")
    source = {"name": "own", "provider": "aws", "regions": [WEST], "endpoint_url": server.url}
    config.write_text(json.dumps({"sources": [source]}))
    environment = os.environ | server.environment(ACCOUNT, WEST)
    environment |= {"APISCAPE_CONFIG": str(config), "APISCAPE_STORE": str(store)}
    command = [str(Path(sys.executable).with_name("apiscape")), "agent"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until_answered(process: subprocess.Popen[bytes], store: Path) -> float:
    """Return the seconds until the agent answered for the first time."""
    began = time.perf_counter()
    while time.perf_counter() - began < PATIENCE_S and process.poll() is None:
        with socket.socket(socket.AF_UNIX) as asking:
            try:
                asking.connect(f"{store}.agent/agent.sock")
                asking.sendall(REQUEST)
                if asking.recv(15).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - began
            except OSError:
                time.sleep(0.01)
    raise TimeoutError("the agent never answered")


def settle(pid: int) -> None:
    """Wait until what a start sets off is done: plans, first visits, conclusions."""
    until, before_s = time.perf_counter() + PATIENCE_S, cpu_of(pid)
    while time.perf_counter() < until:
        time.sleep(LOOK_S)
        now_s = cpu_of(pid)
        if now_s - before_s < QUIET * LOOK_S:
            return
        before_s = now_s


def cpu_of(pid: int) -> float:
    """Return the CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status_of(pid: int, name: str) -> int:
    """Return a number of a process's status, in KiB where it is memory."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])
