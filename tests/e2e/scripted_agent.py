"""A whole agent over a scripted estate, as a process of its own that is looked at from outside."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from apiscape.client.address import Address
from tests.bench.agent_child import TOKEN

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the system does not tell of other processes"
)


class Child(NamedTuple):
    """An agent: its process, and where it answers."""

    process: subprocess.Popen[str]
    unix: str
    api: str
    probe: str
    log: Path

    @property
    def files(self) -> int:
        """How many files it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def memory_kib(self, name: str = "VmHWM") -> int:
        """Return a figure of its memory, the most that it ever held unless another is named."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text("ascii").splitlines()
        return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1])

    @property
    def at_socket(self) -> Address:
        return Address(self.unix, timeout_s=120)

    @property
    def at_api(self) -> Address:
        return Address(self.api, token=TOKEN, timeout_s=120)


@contextmanager
def scripted_agent(folder: Path, apis: int, *, files: int | None = None) -> Iterator[Child]:
    """Run an agent for the time of a `with`; it is told to end, and killed if it does not."""

    def keep_to_files() -> None:
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    log = folder / "log"
    command = [sys.executable, "-m", "tests.bench.agent_child", str(folder / "store.db"), str(apis)]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            preexec_fn=keep_to_files,  # noqa: PLW1509 - it takes no lock
        )
        with process:
            try:
                assert process.stdout is not None
                _head, *said = (process.stdout.readline().split() for _ in range(4))
                assert all(said), log.read_text()
                (_, _, unix), (_, api, *_), (_, probe, *_) = said
                yield Child(process, unix, api, probe, log)
                process.communicate("", timeout=60)
            finally:
                process.kill()
