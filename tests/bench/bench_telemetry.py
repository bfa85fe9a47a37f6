"""What telemetry costs the agent, of fifty thousand deployments: each way out, with and without a gauge for each."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from apiscape.settings.schema import Telemetry as Settings
from apiscape.store import open_store
from apiscape.store.reading.reader import Reader
from apiscape.telemetry.otlp import Packing, portions
from apiscape.telemetry.service import Telemetry
from tests.bench.reads import build
from tests.bench.table import Row
from tests.bench.yardstick import loop, seconds

DEPLOYMENTS = 50_000
ROUNDS = 5
DEFAULT_S, GAUGES_S = 0.2, 2.0
GAUGES = Settings(deployments=True, most_deployments=DEPLOYMENTS)


def measure() -> Iterator[Row]:
    """Yield what one scrape and one push take of CPU, the inventory read anew for each."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        build(path, DEPLOYMENTS)
        yield from measure_store(path)


def measure_store(path: Path) -> Iterator[Row]:
    """Yield the same of a store that is there already."""
    unit = seconds(loop)
    with open_store(str(path), write=False) as store:
        reader = Reader(store.database)
        for what, settings, goal_s in (
            ("at default", None, DEFAULT_S),
            (f"a gauge for each of {DEPLOYMENTS:,}", GAUGES, GAUGES_S),
        ):
            telemetry = Telemetry(reader, settings=settings, monotonic=Forward())
            for way, export in (("scrape", telemetry.metrics), ("push", pushing(telemetry))):
                figure = cpu_s(export)
                name = f"telemetry {what}, one {way}, CPU"
                yield Row(name, figure, "the yardstick", unit, limit=goal_s)


class Forward:
    """A clock on which a minute has passed whenever it is asked: nothing is served twice."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def __call__(self) -> float:
        self._seconds += 60
        return self._seconds


def pushing(telemetry: Telemetry) -> Callable[[], object]:
    """Return what makes the messages of a push, in bytes as they would leave."""
    from opentelemetry.exporter.otlp.proto.common.metrics_encoder import encode_metrics

    packing = Packing(0)
    return lambda: [
        len(encode_metrics(packing.pack(some, 1)).SerializeToString())
        for some in portions(telemetry.samples())
    ]


def cpu_s(work: Callable[[], object]) -> float:
    """Return the median of this process's CPU seconds over some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return sorted(taken)[ROUNDS // 2]
