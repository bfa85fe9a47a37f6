"""What an organisation takes of memory: each account by itself, and ten thousand REST APIs over fifty of them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from tests.bench.accounts_child import Visited
from tests.bench.bench_aws import served
from tests.bench.table import Row

ACCOUNTS, APIS = 50, 200
FEW = 5
MIB = 1024 * 1024
LIMIT_MIB = 350
SHARED_MIB = 1.3
"""What a session of an account takes where all share one loader of service models."""

ROOT = Path(__file__).parents[2]


def measure() -> Iterator[Row]:
    """Yield the most memory that scans of few accounts and of all held, as processes of their own."""
    with served({"accounts": ACCOUNTS, "apis": 1, "methods": 1}, 0.0) as environment:
        few, many = visit(FEW, environment), visit(ACCOUNTS, environment)
    each = (many.peak_bytes - few.peak_bytes) / MIB / (ACCOUNTS - FEW)
    what = f"memory per account, of {ACCOUNTS} with an API each"
    yield Row(what, max(each, 0.0), "a session alone", SHARED_MIB, unit="MiB", goal=1)
    with served({"accounts": ACCOUNTS, "apis": APIS, "methods": 4}, 0.0) as environment:
        whole = visit(ACCOUNTS, environment)
    peak, began = whole.peak_bytes / MIB, whole.before_bytes / MIB
    what = f"memory of a scan of {ACCOUNTS * APIS:,} REST APIs over {ACCOUNTS} accounts"
    yield Row(what, peak, "before the first call", began, unit="MiB", limit=LIMIT_MIB)


def visit(accounts: int, environment: Mapping[str, str]) -> Visited:
    """Scan in a process of its own.

    Raises:
        AssertionError: an account could not be seen whole: such a scan's figures mean nothing.
    """
    command = [sys.executable, "-m", "tests.bench.accounts_child", str(accounts)]
    said = subprocess.run(
        command, env={**os.environ, **environment}, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    visited = msgspec.json.decode(said.stdout, type=Visited)
    if visited.complete != accounts:
        raise AssertionError(visited)
    return visited
