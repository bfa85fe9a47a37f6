"""What an agent and its readers say to each other: frames on a socket, each a length and a message."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any, get_type_hints

import msgspec

from apiscape.model.codec import ready

DEEP = "the contract is nested too deeply"
UNREAD = "the contract could not be read"
LARGE = f"{UNREAD}: it takes more memory than its reader may have"

LARGEST_MESSAGE_BYTES = 128_000_000
"""More than any document that is read, and than anything that is made of one."""

_LENGTH = struct.Struct("!Q")


class Confines(msgspec.Struct, frozen=True):
    """What a reader may take.

    Attributes:
        memory_bytes: Addresses of the process, all it has loaded included.
        document_s: Seconds of the processor for one document.
    """

    memory_bytes: int
    document_s: float


class Request(msgspec.Struct, frozen=True, gc=False):
    """A document to be read.

    Attributes:
        function: `module:name` of what reads it.
        given: What the function is given beside it, encoded.
    """

    function: str
    document: bytes
    given: bytes


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What came of it: either `found`, encoded, or why there is nothing.

    Attributes:
        spent: Whether the reader is not to be asked again.
    """

    found: bytes | None = None
    error: str = ""
    spent: bool = False


class Broken(Exception):
    """The other side is gone, or does not speak this language."""


def send(line: socket.socket, message: Request | Answer) -> None:
    """Send a message whole.

    Raises:
        Broken: nobody is there.
        TimeoutError: nobody takes it.
    """
    content = pack(message)
    try:
        line.sendall(_LENGTH.pack(len(content)))
        line.sendall(content)
    except TimeoutError:
        raise
    except OSError as error:
        raise Broken from error


def receive(line: socket.socket) -> bytes | None:
    """Return the next message, or `None` where the other side ended after the one before it.

    Raises:
        Broken: it ended within a message, or the message is larger than any.
        TimeoutError: it says nothing.
    """
    head = _read(line, _LENGTH.size)
    if not head:
        return None
    if len(head) < _LENGTH.size:
        raise Broken
    (size,) = _LENGTH.unpack(head)
    if size > LARGEST_MESSAGE_BYTES:
        raise Broken
    content = _read(line, size)
    if len(content) < size:
        raise Broken
    return bytes(content)


def pack(value: object) -> bytes:
    """Return a value encoded."""
    return msgspec.msgpack.encode(value)


def unpack(content: bytes, kind: Any) -> Any:  # noqa: ANN401 - a type that only a signature names
    """Return a value of a type.

    Raises:
        Broken: it is none.
    """
    try:
        return msgspec.msgpack.decode(content, type=ready(kind))
    except msgspec.DecodeError as error:
        raise Broken from error


@cache
def kinds(function: Callable[..., Any]) -> tuple[Any, Any]:
    """Return the types of what a function is given beside a document, and of what it finds."""
    _, given, found = get_type_hints(function).values()
    return given, found


def name_of(function: Callable[..., Any]) -> str:
    """Return by what name another process finds a function."""
    return f"{function.__module__}:{function.__qualname__}"


@cache
def function_named(name: str) -> Callable[..., Any]:
    """Return the function of a name."""
    module, _, attribute = name.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), attribute)
    return function


def _read(line: socket.socket, size: int) -> bytearray:
    """Return so many bytes, fewer where the other side ends before."""
    content = bytearray(size)
    view = memoryview(content)
    got = 0
    while got < size:
        try:
            count = line.recv_into(view[got:])
        except TimeoutError:
            raise
        except OSError as error:
            raise Broken from error
        if not count:
            break
        got += count
    view.release()
    return content[:got]
