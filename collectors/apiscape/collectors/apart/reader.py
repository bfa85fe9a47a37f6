"""One reader: a process that is asked for one document at a time, and does not outlive this one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys

import msgspec

from apiscape.collectors.apart.wire import Answer, Broken, Confines, Request, receive, send, unpack

PROGRAM = "apiscape.collectors.apart.child"
START_S = 60.0
"""How long a reader may take to load, on a machine however busy."""

PATIENCE = 4.0
"""How many times the processor's seconds of a document may pass by the clock."""

GRACE_S = 5.0
"""How long a reader that closed its line may take to be gone."""


class Ended(Exception):
    """A reader ended at a document; the message says why, in words that end a sentence."""


class Reader:
    """A process that reads documents.

    It is started afresh rather than forked, with nothing of this one's environment, memory or files.

    Args:
        confines: What it may take.

    Raises:
        Ended: it could not be started.
    """

    def __init__(self, confines: Confines) -> None:
        self.confines = confines
        self._line, theirs = socket.socketpair()
        try:
            with theirs:
                self.process = subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
                    _command(confines),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=_environment(),
                    start_new_session=True,
                )
        except OSError as error:
            self._line.close()
            raise Ended("its reader could not be started") from error
        self.documents = 0
        self._hear(START_S)

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self.process.poll() is None

    def ask(self, request: Request) -> Answer:
        """Return what comes of a document.

        Raises:
            Ended: the reader ended at it, and is no more.
        """
        self.documents += 1
        patience_s = self.confines.document_s * PATIENCE
        self._line.settimeout(patience_s)
        try:
            send(self._line, request)
        except TimeoutError:
            raise self._ended(late=True) from None
        except Broken:
            raise self._ended() from None
        return self._hear(patience_s)

    def end(self) -> None:
        """End the process, whatever it does."""
        self._line.close()
        self.process.kill()
        self.process.wait()

    def _hear(self, patience_s: float) -> Answer:
        """Return what the reader says next.

        Raises:
            Ended: nothing that could be understood.
        """
        self._line.settimeout(patience_s)
        try:
            content = receive(self._line)
            if content is None:
                raise self._ended()
            answer: Answer = unpack(content, Answer)
        except TimeoutError:
            raise self._ended(late=True) from None
        except Broken:
            raise self._ended() from None
        return answer

    def _ended(self, *, late: bool = False) -> Ended:
        """End what does not answer, and return why it does not."""
        if not late:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_S)
        code = self.process.poll()
        self.end()
        if not late and code != -signal.SIGPROF:
            return Ended(f"its reader ended at it ({_word(code)})")
        return Ended(f"it takes longer than {self.confines.document_s:g} s")


def _word(code: int | None) -> str:
    """Return how a process ended."""
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"code {code}"


def _command(confines: Confines) -> list[str]:
    """Return what starts a reader: without what a site or a user adds to the interpreter, writing no files."""
    told = msgspec.json.encode(confines).decode()
    return [sys.executable, "-S", "-s", "-P", "-B", "-m", PROGRAM, told]


def _environment() -> dict[str, str]:
    """Return a reader's environment: where modules are found, and nothing that could be a credential."""
    return {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
