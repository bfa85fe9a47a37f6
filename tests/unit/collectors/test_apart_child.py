"""The process of a reader, in this one: what it says to each document, and what it gives up before the first."""

from __future__ import annotations

import gc
import resource
import signal
import socket
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from apiscape.collectors.apart import child
from apiscape.collectors.apart.child import READY, answer, confine, main, serve
from apiscape.collectors.apart.wire import (
    LARGEST_MESSAGE_BYTES,
    Answer,
    Broken,
    Confines,
    Request,
    name_of,
    pack,
    receive,
    send,
    unpack,
)
from tests.unit.collectors import bombs

CONFINES = Confines(memory_bytes=1 << 30, document_s=60)


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def request(function: Any, document: bytes = b"x", given: Any = None) -> Request:
    return Request(name_of(function), document, pack(given))


def test_a_function_is_found_by_its_name_and_given_what_it_takes() -> None:
    said = answer(request(bombs.size, b"xyz", "g"), 60)
    assert unpack(said.found or b"", tuple[str, int, int])[:2] == ("g", 3)
    assert (said.error, said.spent) == ("", False)


def test_why_nothing_was_found_is_said_in_our_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answer(request(bombs.refuse), 60) == Answer(error="it is refused")
    assert "too deeply" in answer(request(bombs.recurse), 60).error

    def no_memory(*_: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr(child, "pack", no_memory)
    said = answer(request(bombs.size, b"x", "g"), 60)
    assert said.spent
    assert "memory" in said.error


def test_what_nobody_foresaw_ends_the_process() -> None:
    with pytest.raises(RuntimeError):
        answer(request(bombs.confess), 60)
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_documents_are_answered_in_turn_until_the_line_ends(
    line: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "LOOK_FOR_GARBAGE_BYTES", 1000)
    ours, theirs = line
    send(ours, request(bombs.size, b"x" * 2000, "first"))
    send(ours, request(bombs.refuse))
    ours.shutdown(socket.SHUT_WR)
    serve(theirs, CONFINES)
    theirs.shutdown(socket.SHUT_WR)
    said = [unpack(receive(ours) or b"", Answer) for _ in range(3)]
    assert said[0] == READY
    assert unpack(said[1].found, tuple[str, int, int])[:2] == ("first", 2000)
    assert said[2].error == "it is refused"
    assert receive(ours) is None


def test_a_line_that_breaks_ends_the_process_in_order(
    line: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = line
    ours.sendall(b"\0\0")
    ours.shutdown(socket.SHUT_WR)
    serve(theirs, CONFINES)
    theirs.close()
    assert unpack(receive(ours) or b"", Answer) == READY
    assert receive(ours) is None, "nothing is answered to half a line"


@pytest.mark.parametrize(
    "sent",
    [b"\0", b"\0\0\0\0\0\0\0\5abc", (LARGEST_MESSAGE_BYTES + 1).to_bytes(8, "big")],
)
def test_half_a_message_and_one_larger_than_any_are_none(
    line: tuple[socket.socket, socket.socket], sent: bytes
) -> None:
    ours, theirs = line
    ours.sendall(sent)
    ours.shutdown(socket.SHUT_WR)
    with pytest.raises(Broken):
        receive(theirs)


def test_nobody_there_and_nobody_listening_are_told_apart(
    line: tuple[socket.socket, socket.socket],
) -> None:
    ours, theirs = line
    ours.settimeout(0.01)
    with pytest.raises(TimeoutError):
        receive(ours)
    with pytest.raises(TimeoutError):
        send(ours, request(bombs.size, bytes(10_000_000), "x"))
    theirs.close()
    with pytest.raises(Broken):
        send(ours, READY)


def test_a_line_that_is_torn_is_broken(line: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = line
    send(ours, READY)
    theirs.close()  # with what was sent to it not read
    with pytest.raises(Broken):
        receive(ours)


def test_a_message_of_another_kind_is_none() -> None:
    with pytest.raises(Broken):
        unpack(b"\xff\xff", Answer)


def test_what_reading_does_not_need_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up: dict[int, tuple[int, int]] = {}
    monkeypatch.setattr(resource, "setrlimit", given_up.__setitem__)
    confine(CONFINES)
    assert given_up[resource.RLIMIT_AS] == (1 << 30, 1 << 30)
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
        assert given_up[kind] == (0, 0)


def test_a_system_without_a_limit_goes_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def refuse(kind: int, _: object) -> None:
        asked.append(kind)
        raise ValueError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.delattr(resource, "RLIMIT_NPROC")
    confine(CONFINES)
    assert len(asked) == 4, "each of the others is tried, whatever became of the one before"


def test_it_begins_confined_and_ends_with_its_line(
    line: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = line
    done: list[Confines] = []
    monkeypatch.setattr(child, "confine", done.append)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    ours.shutdown(socket.SHUT_WR)
    try:
        main([msgspec.json.encode(CONFINES).decode()], theirs.detach())
    finally:
        gc.enable()
    assert done == [CONFINES]
    assert unpack(receive(ours) or b"", Answer) == READY
