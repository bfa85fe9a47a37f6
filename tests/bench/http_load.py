"""Callers of the API that cost little themselves: sockets kept open, requests made beforehand, nothing decoded.

python -m tests.bench.http_load '{"address": …}'     # says that it is ready, begins at a line, tells at the end
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

BUFFER = 1024 * 1024
APPEARED = b'"kind":"appeared"'
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n")


class Load(msgspec.Struct, frozen=True):
    """What one process asks, on some connections at once.

    Attributes:
        address: `unix:PATH` or `http://HOST:PORT`.
        paths: Dealt out to the connections, each of which asks its own in turn; of a stream the one path.
        headers: Lines of every request, each with its line's end.
        each: Answers to every connection; 0 follows a stream.
        changes: Of a stream, until it ends.
    """

    address: str
    paths: tuple[str, ...]
    headers: str
    connections: int
    each: int = 0
    changes: int = 0


class Told(msgspec.Struct, frozen=True):
    """What came of it: the clock of the machine at both ends, and how long each answer took."""

    began: float
    ended: float
    latencies_s: list[float] = msgspec.field(default_factory=list)


def dial(address: str) -> socket.socket:
    """Return a connection to where an agent answers."""
    if address.startswith("unix:"):
        opened = socket.socket(socket.AF_UNIX)
        opened.connect(address.removeprefix("unix:"))
        return opened
    parts = urlsplit(address)
    opened = socket.create_connection((parts.hostname or "", parts.port or 80))
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return opened


def requests_of(load: Load) -> list[bytes]:
    """Return the requests as they are sent."""
    tail = f" HTTP/1.1\r\nHost: localhost\r\n{load.headers}\r\n"
    return [f"GET {path}{tail}".encode() for path in load.paths]


class Caller:
    """One connection that asks, and asks again once the answer is there."""

    def __init__(self, opened: socket.socket, requests: Sequence[bytes], times: int) -> None:
        self.opened = opened
        self.left = times
        self._requests = requests
        self._times = times
        self._missing = 0
        self._began = 0.0

    def ask(self) -> None:
        """Send the next request."""
        self._began = time.perf_counter()
        self._missing = 0
        self.opened.sendall(self._requests[(self._times - self.left) % len(self._requests)])

    def take(self, data: memoryview) -> float | None:
        """Take in a piece of an answer; return how long it took once it is whole."""
        if not self._missing:
            head = bytes(data[:2048]).partition(b"\r\n\r\n")[0]
            length = _LENGTH.search(head + b"\r\n")
            if not head.startswith(b"HTTP/1.1 200") or length is None:
                raise ValueError(f"not an answer with a length: {head[:200]!r}")
            self._missing = len(head) + 4 + int(length[1])
        self._missing -= len(data)
        if self._missing:
            return None
        self.left -= 1
        return time.perf_counter() - self._began


class Follower:
    """One connection that counts the changes of a stream."""

    def __init__(self, opened: socket.socket) -> None:
        self.opened = opened
        self.seen = 0
        self._rest = b""

    def take(self, data: memoryview) -> None:
        """Take in a piece of the stream."""
        text = self._rest + bytes(data)
        self.seen += text.count(APPEARED)
        self._rest = text[1 - len(APPEARED) :]


def run_pages(load: Load, opened: Sequence[socket.socket]) -> Told:
    """Ask on every connection until each has had its answers."""
    requests, buffer = requests_of(load), memoryview(bytearray(BUFFER))
    latencies: list[float] = []
    with selectors.DefaultSelector() as ready:
        began = time.time()
        for place, each in enumerate(opened):
            caller = Caller(each, requests[place :: len(opened)], load.each)
            ready.register(each, selectors.EVENT_READ, caller)
            caller.ask()
        while ready.get_map():
            for key, _ in ready.select():
                caller = key.data
                took = caller.take(buffer[: caller.opened.recv_into(buffer)])
                if took is None:
                    continue
                latencies.append(took)
                if caller.left:
                    caller.ask()
                else:
                    ready.unregister(caller.opened)
    return Told(began, time.time(), latencies)


def run_stream(load: Load, opened: Sequence[socket.socket]) -> Told:
    """Follow on every connection until each has seen all changes."""
    buffer, began = memoryview(bytearray(BUFFER)), time.time()
    with selectors.DefaultSelector() as ready:
        for each in opened:
            ready.register(each, selectors.EVENT_READ, Follower(each))
        while ready.get_map():
            for key, _ in ready.select():
                follower = key.data
                size = follower.opened.recv_into(buffer)
                if not size:
                    raise ConnectionError(f"the stream ended after {follower.seen} changes")
                follower.take(buffer[:size])
                if follower.seen >= load.changes:
                    ready.unregister(follower.opened)
    return Told(began, time.time())


def main(load: Load) -> None:
    """Connect, say so, begin when told to, and tell what came of it."""
    opened = [dial(load.address) for _ in range(load.connections)]
    if load.changes:
        for each in opened:
            each.sendall(requests_of(load)[0])
            while b"\n: at " not in each.recv(4096):
                pass
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    told = run_stream(load, opened) if load.changes else run_pages(load, opened)
    sys.stdout.buffer.write(msgspec.json.encode(told))


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Load))
