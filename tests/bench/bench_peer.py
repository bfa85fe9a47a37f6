"""Beside Cloud Custodian, on one estate in moto, without quotas: time, calls and what each found.

Cloud Custodian runs in an environment of its own, made once in the user's cache folder.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import platformdirs
from sqlalchemy import select

from apiscape.model.values import is_known
from apiscape.store import open_store
from apiscape.store.schema import deployment
from apiscape.store.writing.rows import load_facts
from tests.bench.moto_estate import REGION, Counting, seed, serve
from tests.bench.table import Line, Row, Unmeasured

PEER = "c7n==0.9.53"
POLICIES = Path(__file__).with_name("peer_policies.yml")
WITH_ROUTES = Path(__file__).with_name("peer_policies_with_routes.yml")
APISCAPE = str(Path(sys.executable).with_name("apiscape"))
REST, METHODS, V2 = 200, 20, 70
MOST_CALLS = 2 * REST + 3 * V2

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

Counts = Callable[[], dict[str, int]]
"""Says afterwards what a tool found: looking is not on its time."""


@dataclass(frozen=True)
class Outcome:
    """What a tool took of the clock and of the processor, and how many of each kind it found."""

    wall_s: float
    cpu_s: float
    calls: int
    found: dict[str, int]

    def words(self) -> str:
        """Say what was found."""
        return ", ".join(f"{count:,} {kind}" for kind, count in self.found.items())


def measure() -> Iterator[Line]:
    """Yield our time and calls beside the peer's."""
    name = f"{REST} REST APIs of {METHODS} methods and {V2} HTTP APIs in moto"
    seed(REST, METHODS, V2)
    with tempfile.TemporaryDirectory() as folder, serve() as (url, counting):
        environment = _environment(url, folder)
        ours = _timed(counting, lambda place: _scan(place, environment, url))
        yield Row(f"{name}, calls", ours.calls, "goal", MOST_CALLS, goal=1, unit="calls")
        custodian = install()
        if custodian is None:
            yield Unmeasured(f"{name}, time", "Cloud Custodian cannot be installed here")
            return
        for policies in (POLICIES, WITH_ROUTES):
            run = partial(_custodian, environment=environment, command=custodian, policies=policies)
            peer = _timed(counting, run)
            theirs = f"Cloud Custodian: {peer.words()}; {peer.calls} calls"
            yield Row(f"{name}: {ours.words()}", ours.wall_s, theirs, peer.wall_s, goal=1)
            yield Row(f"{name}, CPU", ours.cpu_s, theirs, peer.cpu_s)


def _environment(url: str, home: str) -> dict[str, str]:
    """Return the variables of a tool: it may keep its bytecode, as every installation does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = str(platformdirs.user_cache_path("apiscape-bench") / "bytecode")
    own = {"AWS_ENDPOINT_URL": url, "HOME": home, "PYTHONPYCACHEPREFIX": bytecode}
    return kept | _CREDENTIALS | own


def _timed(counting: Counting, work: Callable[[Path], Counts]) -> Outcome:
    """Measure a whole process in a place of its own, its second run; what it found is read afterwards.

    In its first the bytecode is written that an installation would have brought.
    """
    _once(counting, work)
    return _once(counting, work)


def _once(counting: Counting, work: Callable[[Path], Counts]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        counting.calls = 0
        before, began = _cpu_s(), time.perf_counter()
        counts = work(Path(folder))
        took_s, used_s = time.perf_counter() - began, _cpu_s() - before
        return Outcome(took_s, used_s, counting.calls, counts())


def _cpu_s() -> float:
    """Return the processor's time that child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def install() -> Path | None:
    """Return Cloud Custodian's command, installed where it was not; `None` where it cannot be."""
    place = platformdirs.user_cache_path("apiscape-bench") / PEER
    command = place / "bin" / "custodian"
    if command.exists():
        return command
    steps = (
        [sys.executable, "-m", "venv", str(place)],
        [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", PEER],
    )
    for step in steps:
        if subprocess.run(step, check=False).returncode:
            return None
    return command if command.exists() else None


def _scan(place: Path, environment: dict[str, str], url: str) -> Counts:
    """Run `apiscape scan`."""
    configuration, store = place / "config.yaml", str(place / "store.db")
    rate = {"rate_per_s": 1_000_000, "burst": 1_000_000}
    source = {
        "name": "moto",
        "provider": "aws",
        "regions": [REGION],
        "endpoint_url": url,
        "quotas": {"apigateway": rate, "apigateway:GetResources": rate},
    }
    configuration.write_text(json.dumps({"sources": [source]}), "utf-8")
    common = ["--config", str(configuration), "--store", store]
    _run([APISCAPE, "scan", *common], environment)
    return lambda: _count_rows(store)


def _count_rows(store: str) -> dict[str, int]:
    with open_store(store, write=False) as held, held.database.read() as connection:
        deployments = connection.scalars(select(deployment.c.uid)).all()
        items = load_facts(connection, deployments).values()
    routes = [one for item in items if is_known(item.operations) for one in item.operations]
    backends = {one.address for item in items if is_known(item.backends) for one in item.backends}
    return {"deployments": len(deployments), "routes": len(routes), "back ends": len(backends)}


def _custodian(place: Path, environment: dict[str, str], command: Path, policies: Path) -> Counts:
    """Run Cloud Custodian."""
    output = place / policies.stem
    fixed = ["--cache-period", "0", "--region", REGION, "--output-dir", str(output)]
    _run([str(command), "run", *fixed, str(policies)], environment)
    return lambda: _count_files(output)


def _count_files(output: Path) -> dict[str, int]:
    found = sorted(output.glob("*/resources.json"))
    return {path.parent.name: len(json.loads(path.read_text("utf-8"))) for path in found}


def _run(command: list[str], environment: dict[str, str]) -> None:
    """Run a tool to its end, quietly unless it fails.

    Raises:
        RuntimeError: it failed; its last words are in the message.
    """
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise RuntimeError(f"{command[0]} ended with {ended.returncode}: {ended.stderr[-500:]}")
