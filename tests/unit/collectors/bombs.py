"""What may happen while a document is read: functions that a reader finds by their names."""

from __future__ import annotations

import os
import re
import resource
import signal
import sys
import time

from apiscape.collectors.apart.wire import LARGEST_MESSAGE_BYTES
from apiscape.collectors.aws.apigateway.exports import Exported, read_export
from apiscape.collectors.contract import Malformed

BOMB = b"BOMB"


def size(source: bytes, given: str) -> tuple[str, int, int]:
    """Return what was given, how long the document is, and who read it."""
    return given, len(source), os.getpid()


def work_forever(source: bytes, given: None) -> None:
    while True:
        pass


def sleep_forever(source: bytes, given: None) -> None:
    time.sleep(3600)


def backtrack(source: bytes, given: None) -> bool:
    """Lean on a pattern that tries every way: in C, where no other thread is let in."""
    return bool(re.match(r"(a+)+$", source.decode()))


def swell(source: bytes, given: None) -> int:
    held = []
    while True:
        held.append(source * 1000)


def recurse(source: bytes, given: None) -> None:
    recurse(source, given)


def end(source: bytes, given: int) -> None:
    """End the process by a signal."""
    os.kill(os.getpid(), given)
    signal.pause()


def confess(source: bytes, given: None) -> None:
    sys.stdout.write(source.decode())
    raise RuntimeError(source)


def refuse(source: bytes, given: None) -> None:
    raise Malformed("it is refused")


def lie(source: bytes, given: None) -> int:
    """Return something else than it says."""
    return "no number"  # type: ignore[return-value]


def overflow(source: bytes, given: None) -> bytes:
    return bytes(LARGEST_MESSAGE_BYTES)


def surroundings(source: bytes, given: None) -> tuple[list[str], int, int, int]:
    """Return the names of the environment, and how much may be written, dumped and forked."""
    kinds = (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC)
    written, dumped, forked = (resource.getrlimit(kind)[1] for kind in kinds)
    return sorted(os.environ), written, dumped, forked


def read_or_end(source: bytes, source_uri: str) -> Exported | None:
    """Read an export, or end at one that has the word in it."""
    if BOMB in source:
        os.kill(os.getpid(), signal.SIGSEGV)
    return read_export(source, source_uri)
