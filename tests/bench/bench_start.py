"""How long a person waits before anything happens.

A command may keep its bytecode, as every installation does. A goal in seconds holds at the pace of
the machine that it was set on: what was measured is divided by how much slower this one is meanwhile.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import platformdirs

from tests.bench.table import Row
from tests.bench.tui_terminal import Terminal
from tests.bench.yardstick import pace, seconds

APISCAPE = str(Path(sys.executable).with_name("apiscape"))

ROUNDS = 5

FRAME, FIRST_ROW = "Reading the inventory", "? unknown"
"""What stands in the first frame, and in a row and nowhere else: how it fares, before anything was measured."""

IN_COLOUR = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONDONTWRITEBYTECODE": ""}
"""Variables of a command in a terminal that keeps its bytecode."""


def kept_bytecode() -> dict[str, str]:
    """Return the variables of a process that may keep its bytecode, in a place of the benches."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    place = platformdirs.user_cache_path("apiscape-bench") / "bytecode"
    return kept | {"PYTHONPYCACHEPREFIX": str(place)}


def measure() -> Iterator[Row]:
    """Yield the start of the commands that must answer at once, in bare starts of the interpreter."""
    bare = seconds(partial(run, sys.executable, "-c", "pass"), times=15)
    for command, goal in (("--help", 6), ("version", 12), ("list --help", 20)):
        took = seconds(partial(run, APISCAPE, *command.split()), times=15)
        yield Row(f"`apiscape {command}`", took, "a bare interpreter start", bare, goal)
    demo_on_terminal()  # writes the bytecode
    yield from _demo_on_terminal()
    slower = pace()
    first_s = min(first_line(APISCAPE, "demo") for _ in range(3))
    what = "`apiscape demo` without a terminal, all rows, which are sorted, wall / pace"
    yield Row(what, first_s / slower, "as it was", first_s)


def _demo_on_terminal() -> Iterator[Row]:
    """Yield when the demo's first frame and its first row are painted."""
    slower = pace()
    frames, rows, cpus = zip(*(demo_on_terminal() for _ in range(ROUNDS)), strict=True)
    what = "`apiscape demo` on a terminal"
    for name, times in (("first frame", frames), ("first row", rows)):
        took_s = min(times)
        yield Row(f"{what}, {name}, wall / pace", took_s / slower, "as it was", took_s, limit=3)
    yield Row(f"{what}, first row, CPU / pace", min(cpus) / slower, "as it was", min(cpus))


def demo_on_terminal() -> tuple[float, float, float]:
    """Return when the demo's first frame and first row were painted, and the CPU seconds until then."""
    with Terminal([APISCAPE, "demo"], kept_bytecode() | IN_COLOUR) as terminal:
        frame_s, row_s = terminal.seconds_until(FRAME, FIRST_ROW)
        return frame_s, row_s, terminal.cpu_s()


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=kept_bytecode())


def first_line(*command: str) -> float:
    """Return the seconds until a command prints its first line; it then runs to its end."""
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet, env=kept_bytecode()
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        took = time.perf_counter() - began
        child.stdout.read()
    return took
