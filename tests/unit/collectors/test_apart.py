"""Documents read apart: what kills their reader is a gap, and the rest goes on."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from apiscape.collectors.apart import readers as module
from apiscape.collectors.apart.readers import Limits, Readers, read_apart
from apiscape.collectors.aws.apigateway.exports import read_export
from apiscape.collectors.contract import Malformed
from tests.unit.collectors import bombs

MEGABYTE = 1024 * 1024
PATIENT = Limits(document_s=60)
"""So much that a machine however busy is no reason to end."""

HASTY = Limits(document_s=0.2)


@pytest.fixture
def readers() -> Iterator[Readers]:
    made = Readers(PATIENT)
    yield made
    made.close()


def pid_of(readers: Readers) -> int:
    return readers.read(bombs.size, b"", "x")[2]


def failing(
    readers: Readers, function: Any, document: bytes = b"x", given: Any = None
) -> Malformed:
    with pytest.raises(Malformed) as caught:
        readers.read(function, document, given)
    return caught.value


# ── What is read ─────────────────────────────────────────────────────────────


def test_a_document_of_ten_megabytes_says_the_same_apart_as_at_hand(readers: Readers) -> None:
    paths = {f"/{n}": {"get": {"description": "d" * MEGABYTE}} for n in range(10)}
    source = json.dumps({"openapi": "3.0.1", "paths": paths}).encode()
    apart = readers.read(read_export, source, "/x")
    assert apart is not None
    assert apart == read_export(source, "/x")
    assert len(apart.surface.operations or ()) == 10
    assert apart.spec.not_kept is not None


def test_one_process_reads_one_document_after_the_other(readers: Readers) -> None:
    said = [readers.read(bombs.size, b"x" * n, str(n)) for n in range(5)]
    assert [(given, length) for given, length, _ in said] == [(str(n), n) for n in range(5)]
    assert len({pid for _, _, pid in said} - {os.getpid()}) == 1


def test_threads_side_by_side_get_their_own_answers_of_no_more_processes_than_allowed(
    readers: Readers,
) -> None:
    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda n: readers.read(bombs.size, b"x" * n, str(n)), range(40)))
    assert [(given, length) for given, length, _ in said] == [(str(n), n) for n in range(40)]
    assert 1 <= len({pid for _, _, pid in said}) <= PATIENT.readers


def test_a_process_is_replaced_after_so_many_documents() -> None:
    readers = Readers(Limits(document_s=60, documents=2))
    pids = [pid_of(readers) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    readers.close()


def test_other_limits_hold_from_the_next_document_on(readers: Readers) -> None:
    first = pid_of(readers)
    readers.bound(PATIENT)
    assert pid_of(readers) == first
    readers.bound(Limits(document_s=61, readers=1))
    assert pid_of(readers) != first
    assert readers.limits.readers == 1


def test_a_reader_that_was_lent_when_the_limits_changed_is_not_asked_again(
    readers: Readers,
) -> None:
    lent = readers._warm()
    readers.bound(Limits(document_s=61))
    readers._put_back(lent, spent=False)
    assert not lent.alive
    assert pid_of(readers) != lent.process.pid


def test_small_documents_are_read_where_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Readers(PATIENT)
    monkeypatch.setattr(module, "READERS", own)
    assert read_apart(bombs.size, b"xx", "a", at_once_bytes=2) == ("a", 2, os.getpid())
    given, length, pid = read_apart(bombs.size, b"xxx", "a", at_once_bytes=2)
    assert (given, length, pid == os.getpid()) == ("a", 3, False)
    with pytest.raises(Malformed, match="nested too deeply"):
        read_apart(bombs.recurse, b"xx", None, at_once_bytes=2)
    own.close()


# ── What is not ──────────────────────────────────────────────────────────────


def test_what_a_function_says_of_a_document_is_said(readers: Readers) -> None:
    pid = pid_of(readers)
    assert failing(readers, bombs.refuse).message == "it is refused"
    assert "nested too deeply" in failing(readers, bombs.recurse).message
    assert pid_of(readers) == pid


@pytest.mark.parametrize(
    "source",
    [
        b'{"openapi": "3.0.1", "a": ' + b"[" * 1_000_000,
        b'{"openapi": "3.0.1", "a": ' + b'{"a":' * 1_000_000,
        b'{"openapi": "3.0.1", "a": ' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"openapi": "3.0.1", "a": 1' + b"0" * 1_000_000 + b"}",
        b"a: &a [x, x]\n" + b"".join(b"a%d: &a%d [*a, *a]\n" % (n, n) for n in range(4000)),
        b"a: &a {x: 1}\n" + b"<<: [*a, *a, *a]\n" * 3000,
        b"\x1f\x8b" + b"\0" * 100_000,
    ],
    ids=["lists", "objects", "just too deep", "number", "aliases", "merges", "packed"],
)
def test_a_document_that_is_a_bomb_is_refused_and_its_reader_stands(
    readers: Readers, source: bytes
) -> None:
    pid = pid_of(readers)
    failing(readers, read_export, source, "/x")
    assert pid_of(readers) == pid


@pytest.mark.parametrize("bomb", [bombs.work_forever, bombs.backtrack])
def test_a_document_that_takes_too_long_is_ended_in_whatever_language(bomb: Any) -> None:
    readers = Readers(HASTY)
    error = failing(readers, bomb, b"a" * 60 + b"!")
    assert error.message == "the contract could not be read: it takes longer than 0.2 s"
    readers.bound(PATIENT)
    assert pid_of(readers) != os.getpid()
    readers.close()


def test_a_document_that_does_nothing_is_ended_by_the_clock() -> None:
    readers = Readers(HASTY)
    assert "longer than 0.2 s" in failing(readers, bombs.sleep_forever).message


def test_a_reader_that_takes_no_document_is_ended_by_the_clock() -> None:
    readers = Readers(HASTY)
    lent = readers._warm()
    os.kill(lent.process.pid, signal.SIGSTOP)
    readers._put_back(lent, spent=False)
    assert "longer than 0.2 s" in failing(readers, bombs.size, bytes(8 * MEGABYTE), "x").message
    assert not lent.alive


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold to the limit")
def test_a_document_that_takes_too_much_memory_is_refused_and_its_reader_replaced() -> None:
    readers = Readers(Limits(document_s=60, memory_bytes=128 * MEGABYTE))
    pid = pid_of(readers)
    assert "more memory" in failing(readers, bombs.swell, b"x" * 1000).message
    assert pid_of(readers) != pid
    readers.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_a_reader_that_ends_in_the_middle_costs_its_document_alone(
    readers: Readers, how: signal.Signals
) -> None:
    error = failing(readers, bombs.end, b"x", int(how))
    assert error.message == f"the contract could not be read: its reader ended at it ({how.name})"
    assert readers.read(bombs.size, b"xx", "next")[:2] == ("next", 2)


def test_a_reader_that_ended_while_nobody_asked_costs_nothing(readers: Readers) -> None:
    (idle,) = [readers._warm()]
    readers._put_back(idle, spent=False)
    idle.process.kill()
    idle.process.wait()
    assert readers.read(bombs.size, b"x", "next")[:2] == ("next", 1)


def test_an_answer_that_is_none_ends_its_reader(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "cannot be understood" in failing(readers, bombs.lie).message
    monkeypatch.setattr(
        "apiscape.collectors.apart.reader.PROGRAM", "tests.unit.collectors.babbling"
    )
    monkeypatch.setattr("apiscape.collectors.apart.reader.GRACE_S", 0.01)
    babbling = Readers(PATIENT)
    assert "ended at it" in failing(babbling, bombs.size, b"x", "x").message
    assert not babbling._idle


def test_a_document_larger_than_any_is_not_sent_whole(readers: Readers) -> None:
    assert "ended at it" in failing(readers, bombs.size, bytes(200 * MEGABYTE), "x").message
    assert pid_of(readers)


@pytest.mark.parametrize("interpreter", ["/nowhere/python", "/bin/false"])
def test_without_a_reader_nothing_is_read_and_that_is_said(
    readers: Readers, monkeypatch: pytest.MonkeyPatch, interpreter: str
) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    message = failing(readers, bombs.size, b"x", "x").message
    assert message.startswith("the contract could not be read: its reader ")
    monkeypatch.undo()
    assert pid_of(readers)


# ── What is let out, and what is left ────────────────────────────────────────


def test_nothing_of_a_document_is_printed_or_raised(
    readers: Readers, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for document in (b"CANARY", b'{"openapi": "3.0.1", "CANARY": CANARY}'):
        for function, given in ((bombs.confess, None), (read_export, "/x")):
            error = failing(readers, function, document, given)
            told = [*traceback.format_exception(error), *map(str, chain(error))]
            assert "CANARY" not in "".join(told)
    assert "CANARY" not in "".join(capfd.readouterr()) + caplog.text


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it was raised from, what is not shown as well."""
    known: BaseException | None = error
    while known is not None:
        yield known
        known = known.__cause__ or known.__context__


def test_a_reader_has_nothing_of_the_environment_and_may_write_and_start_nothing(
    readers: Readers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "CANARY")
    names, written, dumped, forked = readers.read(bombs.surroundings, b"x", None)
    assert set(names) <= {"PYTHONPATH", "LC_CTYPE"}
    assert (written, dumped, forked) == (0, 0, 0)


PARENT = """
import signal
from apiscape.collectors.apart.readers import READERS
from tests.unit.collectors import bombs
print(READERS.read(bombs.size, b"x", "x")[2], flush=True)
signal.pause()
"""


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="the system cannot wait for others")
def test_a_reader_ends_with_whoever_started_it_however_that_ends() -> None:
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, env=environment
    )
    assert parent.stdout is not None
    reader = os.pidfd_open(int(parent.stdout.readline()))
    ended = select.poll()
    ended.register(reader, select.POLLIN)
    assert not ended.poll(0)
    parent.kill()
    parent.communicate()
    assert ended.poll(60_000)
    os.close(reader)
