"""The readers of a process: few, started when the first document needs one, and replaced as they end."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from typing import TypeVar

import msgspec

from apiscape.collectors.apart.reader import Ended, Reader
from apiscape.collectors.apart.wire import (
    DEEP,
    UNREAD,
    Broken,
    Confines,
    Request,
    kinds,
    name_of,
    pack,
    unpack,
)
from apiscape.collectors.contract import Malformed

Given = TypeVar("Given")
Found = TypeVar("Found")


class Limits(msgspec.Struct, frozen=True):
    """What reading may take.

    Attributes:
        memory_bytes: Of one reader.
        document_s: Seconds of the processor for one document.
        readers: Processes at once.
        documents: As many are read before a process is replaced.
    """

    memory_bytes: int = 512 * 1024 * 1024
    document_s: float = 15.0
    readers: int = 2
    documents: int = 1000


class Readers:
    """Reads documents in processes of their own, as many at once as there are readers; others wait.

    Used by any number of threads, and has none of its own.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._room = threading.BoundedSemaphore(self._limits.readers)
        self._lock = threading.Lock()
        self._idle: list[Reader] = []
        self._begun = False

    @property
    def limits(self) -> Limits:
        """What reading may take."""
        return self._limits

    def bound(self, limits: Limits) -> None:
        """Have readers that start from now on keep other limits."""
        if limits == self._limits:
            return
        self.close()
        self._limits = limits
        self._room = threading.BoundedSemaphore(limits.readers)

    def read(
        self, function: Callable[[bytes, Given], Found], document: bytes, given: Given
    ) -> Found:
        """Return what a function finds in a document.

        Args:
            function: Of a module, with its types; what it is given and finds are structs or plain values.
            document: As it came.
            given: What else the function needs.

        Raises:
            Malformed: the function says so, or reading takes more time or memory than there is.
        """
        request = Request(name_of(function), document, pack(given))
        try:
            found: Found = unpack(self._found(request), kinds(function)[1])
        except Broken:
            raise Malformed(f"{UNREAD}: its reader cannot be understood") from None
        except Ended as error:
            raise Malformed(f"{UNREAD}: {error}") from None
        return found

    def close(self) -> None:
        """End what is idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for reader in idle:
            reader.end()

    def _found(self, request: Request) -> bytes:
        """Return what a reader found, encoded.

        Raises:
            Malformed: the function says so.
            Ended: the reader ended at it.
        """
        with self._room:
            reader = self._warm()
            answer = reader.ask(request)
            self._put_back(reader, spent=answer.spent)
        if answer.found is None:
            raise Malformed(answer.error)
        return answer.found

    def _put_back(self, reader: Reader, *, spent: bool) -> None:
        """Keep a reader for the next document, unless it has read enough or others are wanted by now."""
        with self._lock:
            stays = reader.documents < self._limits.documents and reader.confines == self._confines
            if stays and not spent:
                self._idle.append(reader)
                return
        reader.end()

    @property
    def _confines(self) -> Confines:
        return Confines(self._limits.memory_bytes, self._limits.document_s)

    def _warm(self) -> Reader:
        """Return a reader that can be asked, a new one where none is idle."""
        while True:
            with self._lock:
                reader = self._idle.pop() if self._idle else None
                if not self._begun:
                    self._begun = True
                    atexit.register(self.close)
            if reader is None:
                return Reader(self._confines)
            if reader.alive:
                return reader
            reader.end()


READERS = Readers()
"""Those of this process."""


def read_apart(
    function: Callable[[bytes, Given], Found], document: bytes, given: Given, *, at_once_bytes: int
) -> Found:
    """Return what a function finds in a document: here where it is small, and in a reader where it is not.

    Args:
        function: As of `Readers.read`.
        document: As it came.
        given: What else the function needs.
        at_once_bytes: Up to this size nothing in a document can take long, which was measured.

    Raises:
        Malformed: the function says so, or reading takes more time or memory than there is.
    """
    if len(document) > at_once_bytes:
        return READERS.read(function, document, given)
    try:
        return function(document, given)
    except RecursionError:
        raise Malformed(DEEP) from None
