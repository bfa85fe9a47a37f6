"""The process of a reader: takes one document after the other, and ends with whoever started it.

It is confined before it sees the first: so much memory, so much time for each document, no file to write,
no process to start. What goes on longer is ended by the system, also within a library written in C.
Nothing is printed: what it says goes by the line, and is never the text of a document.
"""

from __future__ import annotations

import contextlib
import gc
import resource
import signal
import socket
import sys
from collections.abc import Iterator

import msgspec

from apiscape.collectors.apart.wire import (
    DEEP,
    LARGE,
    Answer,
    Broken,
    Confines,
    Request,
    function_named,
    kinds,
    pack,
    receive,
    send,
    unpack,
)
from apiscape.collectors.contract import Malformed

READY = Answer()
"""Said once, when all is loaded."""

MOST_FILES = 64
LOOK_FOR_GARBAGE_BYTES = 1_000_000

_NONE = ("RLIMIT_CORE", "RLIMIT_FSIZE", "RLIMIT_NPROC")
"""What a reader has none of: a core would hold the document."""


def main(arguments: list[str], descriptor: int = 0) -> None:
    """Read documents from a socket, which is this process's standard input, until it ends."""
    confines = msgspec.json.decode(arguments[0], type=Confines)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a person's Ctrl-C is for whoever started this
    confine(confines)
    gc.disable()  # what a document becomes has no circles, and looking for some takes half of the time
    with socket.socket(fileno=descriptor) as line:
        serve(line, confines)


def confine(confines: Confines) -> None:
    """Give up what reading does not need, for good."""
    _limit("RLIMIT_AS", confines.memory_bytes)
    _limit("RLIMIT_NOFILE", MOST_FILES)
    for name in _NONE:
        _limit(name, 0)


def serve(line: socket.socket, confines: Confines) -> None:
    """Answer every document on a line; end with the line."""
    with contextlib.suppress(Broken):
        send(line, READY)
        while (content := receive(line)) is not None:
            send(line, answer(unpack(content, Request), confines.document_s))
            if len(content) > LOOK_FOR_GARBAGE_BYTES:
                gc.collect()


def answer(request: Request, document_s: float) -> Answer:
    """Return what a document holds; an error that nobody foresees ends the process."""
    function = function_named(request.function)
    kind, _ = kinds(function)
    given = unpack(request.given, kind)
    try:
        with _at_most(document_s):
            return Answer(found=pack(function(request.document, given)))
    except Malformed as error:
        return Answer(error=error.message)
    except RecursionError:
        return Answer(error=DEEP)
    except MemoryError:
        return Answer(error=LARGE, spent=True)


@contextlib.contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    """Have the system end this process when it has worked for so long."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _limit(name: str, most: int) -> None:
    """Set a limit for good; a system that has no such limit goes without."""
    kind = getattr(resource, name, None)
    if kind is not None:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


if __name__ == "__main__":
    main(sys.argv[1:])
