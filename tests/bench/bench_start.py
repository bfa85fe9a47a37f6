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
from tests.bench.yardstick import pace, seconds

APISCAPE = str(Path(sys.executable).with_name("apiscape"))


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
    first_line(APISCAPE, "demo")  # writes the bytecode
    slower = pace()
    first_s = min(first_line(APISCAPE, "demo") for _ in range(3))
    what = "`apiscape demo` without a terminal, first rows"
    yield Row(what, first_s, "a bare interpreter start", bare)
    yield Row(f"{what} / pace", first_s / slower, "the machine's pace", slower, limit=3)


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
