"""What the terminal UI costs: CPU per key, bytes per repaint, a feed of updates, at 100,000 rows.

Bytes repeat exactly. CPU is the child's, in seconds of the loop that the goals' machine was measured with.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from apiscape.client.inventory import Snapshot
from apiscape.model.row import Row as InventoryRow
from apiscape.query import parse
from apiscape.tui.screens.following import REST_S
from apiscape.tui.store import ColumnStore
from tests.bench.table import Row
from tests.bench.tui_terminal import Terminal
from tests.bench.yardstick import CALM_S, cpu_seconds, reference_loop, seconds
from tests.tui.rows import NOW, department

ROWS = 100_000
STEPS = 20
PAGES = 10
FEED_S = 10.0
UPDATES = 5_000
DOWN, PAGE_DOWN = "j", "\x04"
READY = "100,000"
TRUECOLOR: Mapping[str, str] = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "TZ": "UTC"}
LOAD = 2.0
"""How much slower than its goal a time may be here."""


def measure() -> Iterator[Row]:
    """Yield each figure with its goal."""
    unit = cpu_seconds(reference_loop)
    yield from _in_process(unit)
    yield from _in_terminal("dark", unit, page_bytes=21_000)
    yield from _in_terminal("ansi-dark", unit, page_bytes=13_000)
    yield _feed(unit)


def _within(what: str, took_s: float, goal_s: float, unit: float) -> Row:
    return Row(what, took_s, "the reference's loop", unit, goal_s * LOAD / CALM_S)


def _in_process(unit: float) -> Iterator[Row]:
    rows = department(ROWS)
    columns = {
        name: [getattr(row, name) for row in rows] for name in InventoryRow.__struct_fields__
    }
    snapshot = Snapshot(seq=1, taken_at=datetime.now(UTC), columns=columns)
    began = time.process_time()
    store = ColumnStore.of(snapshot)
    yield _within("populate the columns, CPU", time.process_time() - began, 1.2, unit)
    for what, text in (
        ("number", "sort:p95:desc"),
        ("text", "sort:owner"),
        ("facet", "health:failing"),
    ):
        view = parse(text)
        took = seconds(lambda view=view: store.evaluate(view, NOW), times=3)  # type: ignore[misc]
        yield _within(f"{'sort by a' if what != 'facet' else 'one'} {what}", took, 0.080, unit)


def _in_terminal(theme: str, unit: float, page_bytes: int) -> Iterator[Row]:
    with Terminal(["-m", "tests.bench.tui_child", str(ROWS), "0", theme], _environ()) as terminal:
        terminal.read_until(READY)
        terminal.press("w")
        before = terminal.cpu_s()
        sizes = [len(terminal.press(DOWN)) for _ in range(STEPS)]
        yield _within(
            f"a cursor step, CPU ({theme})", (terminal.cpu_s() - before) / STEPS, 0.005, unit
        )
        yield _bytes(f"a cursor step ({theme})", statistics.median(sizes), 700)
        before = terminal.cpu_s()
        sizes = [len(terminal.press(PAGE_DOWN)) for _ in range(PAGES)]
        yield _within(f"a page, CPU ({theme})", (terminal.cpu_s() - before) / PAGES, 0.015, unit)
        yield _bytes(f"a page ({theme})", statistics.median(sizes), page_bytes)
        terminal.press("w")
        terminal.press("/")
        times = [terminal.answer_s(key, REST_S * 0.8) for key in "health:failing tax"]
        yield _within(
            f"a keystroke in the filter, median ({theme})", statistics.median(times), 0.060, unit
        )
        terminal.press("\r")
        before, idle = terminal.cpu_s(), terminal.read(3.0)
        yield _bytes(f"three seconds idle ({theme})", len(idle), 0)


def _feed(unit: float) -> Row:
    command = ["-m", "tests.bench.tui_child", str(ROWS), str(UPDATES), "dark"]
    with Terminal(command, _environ()) as terminal:
        terminal.read_until(READY, most_s=120.0)
        before, began = terminal.cpu_s(), time.monotonic()
        terminal.read(FEED_S, most_s=FEED_S)
        share = (terminal.cpu_s() - before) / (time.monotonic() - began)
    core = unit / CALM_S
    return Row(
        f"{UPDATES:,} updates a second", share, "a core of the reference", core, 0.05, "cores"
    )


def _bytes(what: str, size: float, most: int) -> Row:
    return Row(what, size, "one byte", 1.0, limit=float(most), unit="bytes")


def _environ() -> Mapping[str, str]:
    return {**TRUECOLOR, "PYTHONPATH": os.pathsep.join(["."])}
