"""Beside Prowler, Cartography and Cloud Custodian, on one estate in moto, without quotas: time, calls, what each found.

moto answers at once, and a cloud does not: whoever asks for one thing after the other is quick beside it only here. So
Cloud Custodian, the quickest of them, stands beside us once more with the time that a call takes over a network. Where
it looks for no routes it is judged there alone: moto takes longer for our calls, of which most are for routes, than it
takes to start and to ask for its own.

Each runs in an environment of its own, made once in the user's cache folder. Of Prowler its checks of API Gateway
run; of Cartography its fetchers, without the graph database that they write to; of Cloud Custodian one policy a
resource, once without and once with routes.
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

POLICIES = Path(__file__).with_name("peer_policies.yml")
WITH_ROUTES = Path(__file__).with_name("peer_policies_with_routes.yml")
FETCHERS = Path(__file__).with_name("peer_cartography.py")
APISCAPE = str(Path(sys.executable).with_name("apiscape"))
PRODUCTS = ("aws.apigateway.rest", "aws.apigateway.http", "aws.apigateway.websocket")
REST, METHODS, V2 = 200, 20, 70
AN_API = 2 * REST + 3 * V2
"""Calls that APIs ask for: stages and resources; stages, routes and integrations."""

AN_ACCOUNT = 7
"""Calls beside: identity, the organisation's accounts, regions, two listings, two exports that moto cannot give."""

LATENCY_S = 0.05
FEWER = 6
"""How many times as many calls others make at least, who look at every method by itself."""

_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}

Counts = Callable[[], dict[str, int]]
"""Says afterwards what a tool found: looking is not on its time."""

Work = Callable[[Path, dict[str, str], Path], Counts]
"""Runs a tool: in a place of its own, with some variables, from the folder of its commands."""


@dataclass(frozen=True)
class Peer:
    """A tool to stand beside.

    Attributes:
        requirement: What is installed.
        works: Ways to run it.
        fewer: How many times as many calls it makes at least, where that is a goal.
        brief: A way to run it that asks for so little that only a network between tells more than how fast moto
            is: judged with one, and stood beside without. Who has one is judged with a network on all its ways.
    """

    name: str
    requirement: str
    works: tuple[Work, ...]
    fewer: int | None = None
    brief: Work | None = None


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
    """Yield our time and calls beside each peer's."""
    name = f"{REST} REST APIs of {METHODS} methods and {V2} HTTP APIs in moto"
    seed(REST, METHODS, V2)
    with tempfile.TemporaryDirectory() as folder, serve() as (url, counting):
        environment = _environment(url, folder)
        scan = partial(_scan, environment=environment, url=url)
        ours = _timed(counting, scan)
        most = AN_API + AN_ACCOUNT
        yield Row(f"{name}, calls", ours.calls, "goal", most, goal=1, unit="calls")
        yield from _peers(name, ours, environment, counting)
        counting.latency_s = LATENCY_S
        name = f"{name}, {LATENCY_S * 1000:.0f} ms a call"
        yield from _peers(name, _timed(counting, scan), environment, counting)


def _peers(
    name: str, ours: Outcome, environment: dict[str, str], counting: Counting
) -> Iterator[Line]:
    for peer in PEERS:
        if counting.latency_s and peer.brief is None:
            continue
        tools = install(peer)
        if tools is None:
            yield Unmeasured(f"{name}, time", f"{peer.name} cannot be installed here")
            continue
        for work in (peer.brief, *peer.works) if peer.brief else peer.works:
            run = partial(_at, work, environment, tools)
            judged = counting.latency_s > 0 or work is not peer.brief
            yield from _beside(name, ours, peer, _timed(counting, run), goal=1 if judged else None)


def _at(work: Work, environment: dict[str, str], tools: Path, place: Path) -> Counts:
    return work(place, environment, tools)


def _beside(
    name: str, ours: Outcome, peer: Peer, theirs: Outcome, *, goal: float | None
) -> Iterator[Line]:
    told = f"{peer.name}: {theirs.words()}; {theirs.calls} calls"
    yield Row(f"{name}: {ours.words()}", ours.wall_s, told, theirs.wall_s, goal=goal)
    yield Row(f"{name}, CPU", ours.cpu_s, told, theirs.cpu_s)
    if peer.fewer is not None:
        fewer = 1 / peer.fewer
        yield Row(f"{name}, calls", ours.calls, told, theirs.calls, goal=fewer, unit="calls")


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


def install(peer: Peer) -> Path | None:
    """Return the folder of a peer's commands, installed where it was not; `None` where it cannot be."""
    place = platformdirs.user_cache_path("apiscape-bench") / peer.requirement
    done = place / "installed"
    if done.exists():
        return place / "bin"
    steps = (
        [sys.executable, "-m", "venv", str(place)],
        [str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", peer.requirement],
    )
    for step in steps:
        if subprocess.run(step, check=False).returncode:
            return None
    done.touch()
    return place / "bin"


def _scan(place: Path, *, environment: dict[str, str], url: str) -> Counts:
    """Run `apiscape scan`."""
    configuration, store = place / "config.yaml", str(place / "store.db")
    rate = {"rate_per_s": 1_000_000, "burst": 1_000_000}
    source = {
        "name": "moto",
        "provider": "aws",
        "regions": [REGION],
        "products": list(PRODUCTS),
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


def _custodian(place: Path, environment: dict[str, str], tools: Path, policies: Path) -> Counts:
    """Run Cloud Custodian."""
    output = place / policies.stem
    fixed = ["--cache-period", "0", "--region", REGION, "--output-dir", str(output)]
    _run([str(tools / "custodian"), "run", *fixed, str(policies)], environment)
    return lambda: _count_files(output)


def _prowler(place: Path, environment: dict[str, str], tools: Path) -> Counts:
    """Run Prowler's checks of API Gateway; it ends with 3 where one of them fails."""
    services = ["--service", "apigateway", "apigatewayv2", "--region", REGION]
    output = ["-M", "json-ocsf", "-o", str(place), "--no-banner", "--no-color"]
    _run([str(tools / "prowler"), "aws", *services, *output], environment, fine=(0, 3))
    return lambda: _count_findings(place)


def _count_findings(output: Path) -> dict[str, int]:
    findings = [
        finding
        for path in output.glob("*.ocsf.json")
        for finding in json.loads(path.read_text("utf-8"))
    ]
    about = {each["uid"] for finding in findings for each in finding["resources"]}
    return {"findings": len(findings), "APIs and stages": len(about)}


def _cartography(place: Path, environment: dict[str, str], tools: Path) -> Counts:
    """Run Cartography's fetchers."""
    output = place / "found.json"
    _run([str(tools / "python"), str(FETCHERS), REGION, str(output)], environment)
    found: dict[str, int] = json.loads(output.read_text("utf-8"))
    return lambda: found


def _count_files(output: Path) -> dict[str, int]:
    found = sorted(output.glob("*/resources.json"))
    return {path.parent.name: len(json.loads(path.read_text("utf-8"))) for path in found}


def _run(command: list[str], environment: dict[str, str], fine: tuple[int, ...] = (0,)) -> None:
    """Run a tool to its end, quietly unless it fails.

    Raises:
        RuntimeError: it failed; its last words are in the message.
    """
    ended = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode not in fine:
        raise RuntimeError(f"{command[0]} ended with {ended.returncode}: {ended.stderr[-500:]}")


PEERS = (
    Peer("Prowler", "prowler==5.46.0", (_prowler,), FEWER),
    Peer("Cartography", "cartography==0.143.0", (_cartography,), FEWER),
    Peer(
        "Cloud Custodian",
        "c7n==0.9.53",
        (partial(_custodian, policies=WITH_ROUTES),),
        brief=partial(_custodian, policies=POLICIES),
    ),
)
