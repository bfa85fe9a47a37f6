"""Ports on loopback for whoever must be told one, and ports where nobody listens."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOPBACK = "127.0.0.1"
GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST, USUAL = 10_000, 32_768


def free_port() -> int:
    """Return a port for a program to listen at.

    It is none that the system gives out by itself, so that no socket of another test takes it meanwhile.
    """
    first = int(GIVEN_OUT.read_text("ascii").split()[0]) if GIVEN_OUT.exists() else USUAL
    # By chance, for whoever tests beside this process must not try the same ones in turn.
    candidates = random.SystemRandom().sample(range(LOWEST, max(first, LOWEST + 1000)), 100)
    for port in candidates:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            return port
    raise AssertionError(f"none of these is free: {candidates}")


@contextmanager
def deaf_port() -> Iterator[int]:
    """Give a port that refuses connections: it is held, so that nobody else comes to listen there."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]
