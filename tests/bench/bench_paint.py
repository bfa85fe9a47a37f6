"""How long a person waits for the terminal UI over ten thousand deployments, with an agent at work.

A real pseudo-terminal; a goal in seconds holds at the pace of the machine that it was set on.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from apiscape.demo.aws.wire.server import AwsServer
from tests.bench.bench_agent import DEPLOYMENTS, agent, settle, until_answered
from tests.bench.bench_start import APISCAPE, IN_COLOUR, kept_bytecode
from tests.bench.reads import build
from tests.bench.table import Row
from tests.bench.tui_terminal import Terminal
from tests.bench.yardstick import pace
from tests.e2e.estates import small_estate

FRAME, FIRST_ROW = "Reading the inventory", "address-ambulance-"
"""What stands in the first frame, and in the first row of the store that `reads.build` makes."""

ROUNDS = 5
GOAL_S = 1.5


def measure() -> Iterator[Row]:
    """Yield the seconds from the start of the process until its first frame and its first row are painted."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store.db"
        build(store, DEPLOYMENTS)
        with AwsServer(small_estate()) as server, agent(store, server) as process:
            until_answered(process, store)
            settle(process.pid)
            _open_ui(store)  # writes the bytecode
            slower = pace()
            frames, rows, cpus = zip(*(_open_ui(store) for _ in range(ROUNDS)), strict=True)
    what = f"`apiscape tui` over {DEPLOYMENTS:,} deployments beside an agent"
    for name, times in (("first frame", frames), ("first row", rows)):
        took_s = min(times)
        yield Row(
            f"{what}, {name}, wall / pace", took_s / slower, "as it was", took_s, limit=GOAL_S
        )
    yield Row(f"{what}, first row, CPU", min(cpus), "the first frame, wall", min(frames))


def _open_ui(store: Path) -> tuple[float, float, float]:
    """Return when the first frame and the first row were painted, and the CPU seconds until then."""
    with Terminal([APISCAPE, "tui"], _environ(store)) as terminal:
        frame_s, row_s = terminal.seconds_until(FRAME, FIRST_ROW)
        return frame_s, row_s, terminal.cpu_s()


def _environ(store: Path) -> Mapping[str, str]:
    own = {"APISCAPE_STORE": str(store), "APISCAPE_CONFIG": str(store.with_name("config.yaml"))}
    return kept_bytecode() | IN_COLOUR | own
