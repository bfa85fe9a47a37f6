"""What memory there is, as either version of control groups says it, and what the parts take of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collect import memory
from apiscape.collect.memory import MEBIBYTE, Shares, keep_within, limit_of_group, share_out
from apiscape.collectors.apart.readers import Readers

GIB = 1024 * MEBIBYTE


def machine(root: Path, group: str, limits: dict[str, str]) -> Path:
    """Lay out the kernel's files."""
    for name, text in {"proc/self/cgroup": group, **limits}.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


V1 = "sys/fs/cgroup/memory"


@pytest.mark.parametrize(
    ("group", "limits", "limit"),
    [
        ("0::/\n", {"sys/fs/cgroup/memory.max": f"{GIB}\n"}, GIB),
        ("0::/\n", {"sys/fs/cgroup/memory.max": "max\n"}, None),
        ("0::/a/b\n", {"sys/fs/cgroup/a/b/memory.max": f"{GIB}\n"}, GIB),
        (
            "0::/a/b\n",
            {"sys/fs/cgroup/a/b/memory.max": "max\n", "sys/fs/cgroup/a/memory.max": f"{GIB}"},
            GIB,
        ),
        (
            "0::/a\n",
            {"sys/fs/cgroup/a/memory.max": f"{2 * GIB}", "sys/fs/cgroup/memory.max": f"{GIB}"},
            GIB,
        ),
        ("0::/../x\n", {"sys/fs/cgroup/memory.max": f"{GIB}"}, GIB),
        ("4:cpu:/\n3:memory:/\n", {f"{V1}/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("3:memory:/docker/x\n", {f"{V1}/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("3:memory:/docker/x\n", {f"{V1}/docker/x/memory.limit_in_bytes": f"{GIB}"}, GIB),
        ("3:memory:/\n", {f"{V1}/memory.limit_in_bytes": "9223372036854771712\n"}, None),
        ("3:cpu:/\n", {f"{V1}/memory.limit_in_bytes": f"{GIB}"}, None),
        ("0::/\n", {"sys/fs/cgroup/memory.max": "much"}, None),
        ("odd", {}, None),
    ],
)
def test_the_least_limit_of_a_group_and_those_above_it_holds(
    tmp_path: Path, group: str, limits: dict[str, str], limit: int | None
) -> None:
    assert limit_of_group(machine(tmp_path, group, limits)) == limit


def test_a_machine_without_control_groups_says_nothing(tmp_path: Path) -> None:
    assert limit_of_group(tmp_path) is None


def test_where_nobody_says_anything_the_parts_keep_to_bounds_of_their_own() -> None:
    assert share_out(None) == Shares()


def test_a_small_container_has_one_reader_and_keeps_less() -> None:
    small = share_out(512 * MEBIBYTE)
    assert (small.readers, small.reader_bytes) == (1, 128 * MEBIBYTE)
    assert small.kept_bytes == 32 * MEBIBYTE
    large = share_out(64 * GIB)
    assert large == Shares(limit_bytes=64 * GIB)


@given(st.integers(min_value=512 * MEBIBYTE, max_value=64 * GIB))
def test_the_parts_take_less_than_half_and_never_more_than_without_a_limit(limit: int) -> None:
    shares, most = share_out(limit), Shares()
    readers = shares.readers * shares.reader_bytes
    parts = (shares.kept_bytes, shares.sent_bytes, shares.buffered_bytes)
    assert 2 * (readers + sum(parts)) < limit
    assert shares.reader_bytes <= most.reader_bytes
    assert parts <= (most.kept_bytes, most.sent_bytes, most.buffered_bytes)


def test_the_configuration_goes_before_the_kernel_and_readers_keep_to_their_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Readers()
    monkeypatch.setattr(memory, "READERS", own)
    root = machine(tmp_path, "0::/\n", {"sys/fs/cgroup/memory.max": f"{2 * GIB}"})
    by_kernel = keep_within(None, root)
    assert by_kernel.limit_bytes == 2 * GIB
    assert (own.limits.readers, own.limits.memory_bytes) == (2, 256 * MEBIBYTE)
    assert keep_within(512, root).limit_bytes == 512 * MEBIBYTE
    assert (own.limits.readers, own.limits.memory_bytes) == (1, 128 * MEBIBYTE)


HEAPS_OF_THREADS = """
import ctypes, threading
from apiscape.collect.memory import keep_few_heaps

bounded = {bound} and keep_few_heaps()
together = threading.Barrier(12)

def take():
    together.wait()
    held = [bytes(5000) for _ in range(200)]
    together.wait()

threads = [threading.Thread(target=take) for _ in range(12)]
for each in threads:
    each.start()
for each in threads:
    each.join()
c = ctypes.CDLL(None)
if not hasattr(c, "malloc_info"):
    raise SystemExit("not glibc")
c.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(c.fdopen(1, b"w"))
c.malloc_info(0, out)
c.fflush(out)
"""


@pytest.mark.parametrize("bound", [True, False])
def test_threads_take_memory_from_two_heaps_however_many_they_are(bound: bool) -> None:
    script = HEAPS_OF_THREADS.format(bound=bound)
    environment = {name: value for name, value in os.environ.items() if name[:7] != "MALLOC_"}
    command = [sys.executable, "-c", script]
    child = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    if "not glibc" in child.stderr:
        pytest.skip("the C library says nothing of its heaps")
    assert child.returncode == 0, child.stderr
    heaps = child.stdout.count("<heap nr=")
    assert (heaps <= memory.HEAPS) is bound, heaps


def test_a_c_library_without_such_a_bound_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    assert memory.keep_few_heaps() is False


RESERVE = """
import ctypes
from apiscape.collect.memory import give_back

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

held = [bytes(100_000) for _ in range(1000)]
last = bytes(100_000)  # on top of the heap: what lies below is not given back by itself
before = resident()
del held
print(give_back(), before - resident())
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="nobody says what it holds")
def test_what_is_held_in_reserve_is_given_back() -> None:
    command = [sys.executable, "-c", RESERVE]
    gave, less = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if gave == "False":
        pytest.skip("not glibc")
    assert int(less) > 50_000_000


def test_a_c_library_that_gives_nothing_back_is_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    assert memory.give_back() is False
