"""What a scan of AWS costs: calls counted on the wire, time under the published quotas and under latency."""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from apiscape.collectors.aws.apigateway.counting import HTTP_FIGURES
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.collectors.aws.cloudwatch import MOST_METRICS
from apiscape.collectors.measuring import Counted, Wanted
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS
from apiscape.demo.aws.seeds.generated import ACCOUNT, REGION, generated_estate
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.demo.world import signed_in
from apiscape.settings.schema import Rate
from apiscape.store import Store, open_store
from tests.bench.aws_scan import NO_QUOTA, PUBLISHED, SharedClock, visit
from tests.bench.table import Row
from tests.collectors.aws.measurer import Measurer

APIS = 200
LISTINGS = 10
"""Calls that do not depend on how many APIs there are: who is signed in, which regions, each list."""

OF_REST = ("aws.apigateway.rest", "aws.apigateway.domains")
"""What REST APIs are read by: every other product asks for a list of its own."""

COUNTED = 10_000

LATENCY_S = 0.05
SLOW_APIS = 300
HALF = Rate(rate_per_s=PUBLISHED.rate_per_s / 2, burst=PUBLISHED.burst // 2)


def measure() -> Iterator[Row]:
    """Yield calls, time on a virtual clock under quotas, and real time under latency."""
    yield from _calls()
    yield from _metrics()
    yield from _quotas("the default rate", None, HALF)
    yield from _quotas("the published rate", PUBLISHED, PUBLISHED)
    yield from _latency()


def _calls() -> Iterator[Row]:
    estate = generated_estate(apis=APIS, methods=20, stages=2)
    with AwsServer(estate) as server, _store() as store, signed_in(_environment(server)):
        visit(store, [REGION], rate=NO_QUOTA, products=OF_REST)
        first = len(server.calls)
        visit(store, [REGION], rate=NO_QUOTA, products=OF_REST)
        again = server.calls.count("apigateway", account=ACCOUNT) - _apigateway(server, first)
        server.assert_clean()
    name = f"{APIS} REST APIs of one deployment in two stages"
    most = 2 * APIS + LISTINGS
    yield Row(f"{name}, first scan", first, "REST APIs", APIS, unit="calls", limit=most)
    yield Row(f"{name}, again", again, "REST APIs", APIS, goal=1.05, unit="calls")


def _apigateway(server: AwsServer, before: int) -> int:
    return sum(call.service == "apigateway" for call in list(server.calls)[:before])


def _metrics() -> Iterator[Row]:
    """Yield the calls that the traffic of many stages takes, against the metrics that fit into a call."""
    wanted, collector = Wanted(window_s=900), HttpApiCollector()
    region = AwsEstate().account(ACCOUNT).only_regions(REGION).region(REGION)
    region.http_api("pattern").stage("$default")
    with AwsServer(region.account.estate) as server, signed_in(_environment(server)):
        measurer = Measurer(collector)
        (known,) = measurer.deployments()
        items = [
            msgspec.structs.replace(known, uid=str(number), native_api_id=f"x:{number:010}")
            for number in range(COUNTED)
        ]
        before = len(server.calls)
        said = measurer.measure(items, wanted)
        calls = len(server.calls) - before
        server.assert_clean()
    if len(said) != COUNTED or not all(isinstance(one, Counted) for one in said.values()):
        raise AssertionError("not all was counted")
    metrics = COUNTED * HTTP_FIGURES.price.metrics_of(wanted)
    least = math.ceil(metrics / MOST_METRICS)
    name = f"traffic of {COUNTED:,} stages, {metrics:,} metrics"
    yield Row(name, calls, f"{MOST_METRICS} metrics a call", least, goal=1, unit="calls")


def _quotas(what: str, configured: Rate | None, floor: Rate) -> Iterator[Row]:
    """Yield refusals and virtual time of a first scan under the published quotas."""
    clock = SharedClock()
    estate = generated_estate(apis=APIS, methods=20, stages=2)
    server = AwsServer(estate, quotas=AWS_QUOTAS, clock=clock)
    with server, _store() as store, signed_in(_environment(server)):
        visit(store, [REGION], clock=clock, rate=configured)
        metered = len(server.calls.where("apigateway")) + len(server.calls.where("apigatewayv2"))
        refused = server.calls.throttled
    least = (metered - floor.burst) / floor.rate_per_s
    calls = f"{metered} calls at {floor.rate_per_s:g} a second, {floor.burst} at once"
    yield Row(f"{what}: answers 429", refused, "calls", metered, unit="calls", limit=0)
    yield Row(f"{what}: virtual time", clock(), calls, least, goal=1.1)


def _latency() -> Iterator[Row]:
    estate = {"apis": SLOW_APIS, "methods": 10, "stages": 2}
    with served(estate, LATENCY_S) as environment, _store() as store, signed_in(environment):
        began = time.perf_counter()
        report = visit(store, [REGION], rate=NO_QUOTA, products=OF_REST)
        took = time.perf_counter() - began
    calls = sum(run.ledger.calls for run in report.runs)
    name = f"{SLOW_APIS} REST APIs at {LATENCY_S * 1000:.0f} ms a call, without quota"
    yield Row(name, took, f"{calls} calls one after the other", calls * LATENCY_S, limit=4)


@contextmanager
def served(estate: dict[str, int], latency_s: float) -> Iterator[dict[str, str]]:
    """Serve a generated estate in a process of its own; give the environment that signs in to it."""
    command = [sys.executable, "-m", "tests.bench.aws_server"]
    child = subprocess.Popen(
        [*command, msgspec.json.encode(estate).decode(), str(latency_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert child.stdout is not None
    try:
        yield msgspec.json.decode(child.stdout.readline(), type=dict[str, str])
    finally:
        child.communicate()


@contextmanager
def _store() -> Iterator[Store]:
    with (
        tempfile.TemporaryDirectory() as folder,
        open_store(f"{folder}/store.db", write=True) as store,
    ):
        yield store


def _environment(server: AwsServer) -> dict[str, str]:
    return server.environment(ACCOUNT, REGION)
