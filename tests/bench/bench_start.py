"""How long a person waits before anything happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tests.bench.table import Row
from tests.bench.yardstick import seconds

APISCAPE = str(Path(sys.executable).with_name("apiscape"))


def measure() -> Iterator[Row]:
    """Yield the start of the commands that must answer at once, in bare starts of the interpreter."""
    bare = seconds(partial(run, sys.executable, "-c", "pass"), times=15)
    for command, goal in (("--help", 6), ("version", 12), ("list --help", 20)):
        took = seconds(partial(run, APISCAPE, *command.split()), times=15)
        yield Row(f"`apiscape {command}`", took, "a bare interpreter start", bare, goal)
    first = min(first_line(APISCAPE, "demo") for _ in range(3))
    what = "`apiscape demo` without a terminal, first rows"
    yield Row(what, first, "a bare interpreter start", bare, limit=3)


def run(*command: str) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def first_line(*command: str) -> float:
    """Return the seconds until a command prints its first line; it then runs to its end."""
    began = time.perf_counter()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet) as child:
        assert child.stdout is not None
        child.stdout.readline()
        took = time.perf_counter() - began
        child.stdout.read()
    return took
