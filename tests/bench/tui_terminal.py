"""A real pseudo-terminal around the UI: keys go in, bytes and CPU seconds come out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
QUIET_S = 0.35
"""The screen is done once nothing was written for so long."""


class Terminal:
    """A child in a pseudo-terminal."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        *,
        columns: int = 160,
        lines: int = 48,
    ) -> None:
        self._has_ended = False
        self._began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(sys.executable, [sys.executable, *command], {**os.environ, **environ})  # noqa: S606 - our own child
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.kill(self.pid, signal.SIGWINCH)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.close(self._fd)
        os.waitpid(self.pid, 0)

    def read(self, quiet_s: float = QUIET_S, most_s: float = 60.0) -> bytes:
        """Return what is written until nothing is, for a while."""
        data = b""
        ends = time.monotonic() + most_s
        while time.monotonic() < ends and select.select([self._fd], [], [], quiet_s)[0]:
            try:
                got = os.read(self._fd, 65_536)
            except OSError:  # the child has ended
                self._has_ended = True
                break
            data += got
        return data

    def read_until(self, mark: str, most_s: float = 90.0) -> bytes:
        """Return what is written until a text appears and the screen is quiet."""
        data = b""
        ends = time.monotonic() + most_s
        while mark.encode() not in data:
            if self._has_ended or time.monotonic() > ends:
                raise TimeoutError(f"{mark!r} never appeared; last: {data[-2000:]!r}")
            data += self.read(most_s=1.0)
        return data + self.read(1.0)

    def seconds_until(self, *marks: str, most_s: float = 90.0) -> tuple[float, ...]:
        """Return when each of some texts was first written whole, in seconds since the child was started."""
        data, found = b"", dict.fromkeys(marks, 0.0)
        while not all(found.values()):
            left_s = self._began + most_s - time.perf_counter()
            if left_s < 0 or not select.select([self._fd], [], [], left_s)[0]:
                raise TimeoutError(f"not all of {marks} appeared; last: {data[-2000:]!r}")
            data += os.read(self._fd, 65_536)
            now_s = time.perf_counter() - self._began
            for mark in (mark for mark, at_s in found.items() if not at_s):
                found[mark] = now_s if mark.encode() in data else 0.0
        return tuple(found.values())

    def press(self, keys: str) -> bytes:
        """Send keys and return what is written because of them."""
        os.write(self._fd, keys.encode())
        return self.read()

    def answer_s(self, keys: str, pause_s: float) -> float:
        """Send keys; return the seconds until the first pause in what is written, itself left out."""
        began = time.perf_counter()
        os.write(self._fd, keys.encode())
        last = began
        while select.select([self._fd], [], [], pause_s)[0]:
            os.read(self._fd, 65_536)
            last = time.perf_counter()
        self.read()
        return last - began

    def cpu_s(self) -> float:
        """Return the CPU seconds of the child so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS
