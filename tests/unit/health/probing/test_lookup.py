"""That a name is not there is told apart from that nobody could look: the latter is unknown, and no failure."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

import pytest

from apiscape.health.probing.guard import Guard
from apiscape.health.probing.prober import BLIND, Manner, Prober, Target
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Signal
from tests.unit.health.evidence import NOW
from tests.unit.health.probing.servers import LOOPBACK, serving

NAME = "api.example"
REAL = socket.getaddrinfo

Answering = Callable[..., Any]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answering], None]:
    """Have somebody else say where a name leads; addresses are read as ever."""

    def answer_by(answering: Answering) -> None:
        def find(host: str, *given: Any, **named: Any) -> Any:
            return answering() if host == NAME else REAL(host, *given, **named)

        monkeypatch.setattr(socket, "getaddrinfo", find)

    return answer_by


def failing(code: int) -> Answering:
    def fail() -> Any:
        raise socket.gaierror(code, os.strerror(errno.EIO))

    return fail


def look(url: str = f"http://{NAME}/", *, is_public: bool = True) -> tuple[Signal, ...]:
    manner = Manner(timeout_s=60.0, pause_s=0.0)
    prober = Prober(manner, Guard([LOOPBACK]), ssl.create_default_context())
    target = Target(uid="d", url=url, is_public=is_public)
    return asyncio.run(prober.look([target], NOW))


def values(signals: tuple[Signal, ...]) -> dict[str, object]:
    return {each.name: each.value for each in signals}


def why(signals: tuple[Signal, ...]) -> str:
    return next(str(each.reason) for each in signals if each.name == SignalName.ANSWERS)


def test_a_name_that_is_not_there_is_a_failure(names: Callable[[Answering], None]) -> None:
    names(failing(socket.EAI_NONAME))
    found = look()
    assert values(found)[SignalName.RESOLVES] is False
    assert values(found)[SignalName.PROBE_FAILURES] == 1.0
    assert why(found) == "name not found"


def test_a_name_of_a_private_api_need_not_be_known_here(
    names: Callable[[Answering], None],
) -> None:
    names(failing(socket.EAI_NONAME))
    found = look(is_public=False)
    assert values(found) == {SignalName.ANSWERS: None}
    assert why(found) == "its name is not known here, and it is not on the internet"


@pytest.mark.parametrize("number", [4, 5])
def test_where_no_name_at_all_is_found_it_is_rather_here_that_none_is_known(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(host: str, *given: Any, **named: Any) -> Any:
        if host.endswith(".example"):
            raise socket.gaierror(socket.EAI_NONAME, "none")
        return REAL(host, *given, **named)

    async def probe() -> tuple[Signal, ...]:
        async with serving() as heard:
            urls = [f"http://{n}.example" for n in range(number)]
            urls += [f"http://0.example:{port}" for port in (81, 82) if number > 4]
            targets = [Target(uid=url, url=url) for url in (*urls, heard.url, "ftp://a.example")]
            prober = Prober(Manner(), Guard([LOOPBACK]), ssl.create_default_context())
            return await prober.look(targets, NOW)

    monkeypatch.setattr(socket, "getaddrinfo", find)
    found = asyncio.run(probe())
    said = {each.reason for each in found if ".example" in each.subject_uid and each.reason}
    if number < BLIND:
        assert said == {"name not found", "not an address that can be asked"}
    else:
        words = "none of 5 names is known here: names may not be looked up"
        assert said == {words, "not an address that can be asked"}
    assert True in {each.value for each in found}, "an address is asked all the same"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM])
def test_a_name_server_that_does_not_answer_says_nothing_of_a_name(
    code: int, scheme: str, names: Callable[[Answering], None]
) -> None:
    names(failing(code))
    found = look(f"{scheme}://{NAME}/")
    assert values(found) == {SignalName.ANSWERS: None}
    assert why(found) == "its name could not be looked up: input/output error"


def test_a_lookup_without_an_end_is_unknown_and_holds_up_nothing_else(
    names: Callable[[Answering], None],
) -> None:
    end = threading.Event()

    def hang() -> Any:
        end.wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "late")

    async def probe() -> tuple[tuple[Signal, ...], int]:
        manner = Manner(timeout_s=6.0, pause_s=0.0, hosts_at_once=100)
        prober = Prober(manner, Guard([LOOPBACK]), ssl.create_default_context())
        targets = [Target(uid=f"{port}", url=f"http://{NAME}:{port}") for port in range(1, 61)]
        looking = asyncio.create_task(prober.look(targets, NOW))
        await asyncio.sleep(0)
        found = await looking
        return found, await asyncio.wait_for(asyncio.to_thread(lambda: 42), 30)

    names(hang)
    try:
        found, other = asyncio.run(probe())
    finally:
        end.set()
    assert {(each.name, each.value) for each in found} == {(SignalName.ANSWERS, None)}
    assert {each.reason for each in found} == {"its name could not be looked up in time"}
    assert (len(found), other) == (60, 42)


def test_what_is_no_name_is_not_looked_up() -> None:
    found = look(f"http://{'a' * 70}.example/")
    assert values(found) == {SignalName.ANSWERS: None}
    assert why(found) == "its name is none that can be looked up"


def test_where_a_name_leads_is_asked_and_guarded(names: Callable[[Answering], None]) -> None:
    async def probe(guard: Guard) -> tuple[Signal, ...]:
        async with serving() as heard:
            leads = REAL("127.0.0.1", heard.port, type=socket.SOCK_STREAM)
            names(lambda: leads)
            prober = Prober(Manner(pause_s=0.0), guard, ssl.create_default_context())
            return await prober.look([Target(uid="d", url=f"http://{NAME}:{heard.port}")], NOW)

    assert values(asyncio.run(probe(Guard([LOOPBACK]))))[SignalName.ANSWERS] is True
    refused = asyncio.run(probe(Guard()))
    assert values(refused) == {SignalName.ANSWERS: None}
    assert "is not a public address" in why(refused)


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this machine make no connection."""

    async def connect(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENETUNREACH, "of the system")

    monkeypatch.setattr("aiohappyeyeballs.start_connection", connect)


@pytest.mark.usefixtures("no_way_out")
def test_where_this_machine_has_no_way_nothing_is_said_of_the_other() -> None:
    found = look("http://127.0.0.1:9/")
    assert values(found) == {SignalName.ANSWERS: None}
    assert why(found) == "this machine makes no connection there: network is unreachable"
