from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest

from apiscape.health.probing.answers import CERTIFICATE_TRUSTED, Answer, signals_of
from apiscape.health.probing.asking import USER_AGENT, describe
from apiscape.health.probing.certificates import Look, look_at_certificate, read_certificate
from apiscape.health.probing.guard import Guard, Refused
from apiscape.health.probing.prober import Manner, Prober, Target
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Signal
from tests.unit.health.evidence import NOW
from tests.unit.health.probing.servers import (
    ENDS,
    LOOPBACK,
    Heard,
    certificate,
    serving,
    showing,
)

QUICK = Manner(timeout_s=60.0, pause_s=0.0)


def prober(manner: Manner = QUICK, trust: ssl.SSLContext | None = None) -> Prober:
    return Prober(manner, Guard([LOOPBACK]), trust or ssl.create_default_context())


def values(signals: Iterable[Signal], uid: str = "d") -> dict[str, object]:
    return {each.name: each.value for each in signals if each.subject_uid == uid}


def reason(signals: Iterable[Signal], name: str) -> str | None:
    return next(each.reason for each in signals if each.name == name)


async def look(heard: Heard, path: str = "", manner: Manner = QUICK) -> tuple[Signal, ...]:
    return await prober(manner).look([Target(uid="d", url=heard.url + path)], NOW)


def test_a_probe_says_who_it_is_and_carries_nothing_else() -> None:
    async def probe() -> Heard:
        async with serving() as heard:
            await look(heard, "/v1?token=abc#top")
        return heard

    heard = asyncio.run(probe())
    lines = heard.requests[0]
    assert lines[0] == "HEAD /v1 HTTP/1.1"
    assert heard.header("user-agent") == [USER_AGENT]
    names = {line.partition(":")[0].lower() for line in lines[1:]}
    assert names <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


@pytest.mark.parametrize(
    ("manner", "line"),
    [
        (QUICK, "HEAD /base HTTP/1.1"),
        (Manner(method="OPTIONS", pause_s=0.0), "OPTIONS /base HTTP/1.1"),
        (Manner(path="/healthz", pause_s=0.0), "GET /healthz HTTP/1.1"),
    ],
)
def test_get_is_sent_to_a_declared_path_alone(manner: Manner, line: str) -> None:
    async def probe() -> Heard:
        async with serving() as heard:
            await look(heard, "/base", manner)
        return heard

    assert asyncio.run(probe()).requests[0][0] == line


@pytest.mark.parametrize(
    ("status", "good"),
    [(200, True), (301, True), (401, True), (404, True), (500, False), (503, False)],
)
def test_any_answer_but_a_servers_error_is_good(status: int, good: bool) -> None:
    async def probe() -> tuple[Signal, ...]:
        async with serving(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()) as heard:
            return await look(heard)

    found = asyncio.run(probe())
    assert values(found)[SignalName.ANSWERS] is good
    assert values(found)[SignalName.PROBE_FAILURES] == (0.0 if good else 1.0)
    assert values(found)[SignalName.RESOLVES] is True
    assert str(reason(found, SignalName.ANSWERS)).startswith(f"{status} in ")


def test_redirects_are_not_followed() -> None:
    async def probe() -> tuple[tuple[Signal, ...], int]:
        async with serving() as other:
            away = (
                f"HTTP/1.1 302 Found\r\nLocation: {other.url}/secret\r\nContent-Length: 0\r\n\r\n"
            )
            async with serving(away.encode()) as heard:
                found = await look(heard)
            return found, other.connections

    found, followed = asyncio.run(probe())
    assert values(found)[SignalName.ANSWERS] is True
    assert followed == 0


def test_cookies_are_not_kept() -> None:
    async def probe() -> Heard:
        reply = b"HTTP/1.1 204 X\r\nSet-Cookie: session=abc; Path=/\r\n\r\n"
        async with serving(reply) as heard:
            targets = [Target(uid=uid, url=heard.url) for uid in ("a", "b")]
            await prober().look(targets, NOW)
        return heard

    heard = asyncio.run(probe())
    assert len(heard.requests) == 2
    assert heard.header("cookie") == []


def test_failures_in_a_row_are_counted_until_one_is_good() -> None:
    statuses = iter([503, 503, 200, 503])

    def reply(_line: str) -> bytes:
        return f"HTTP/1.1 {next(statuses)} X\r\nContent-Length: 0\r\n\r\n".encode()

    async def probe() -> list[object]:
        mine = prober()
        async with serving(reply) as heard:
            target = Target(uid="d", url=heard.url)
            rounds = [await mine.look([target], NOW) for _ in range(4)]
        return [values(each)[SignalName.PROBE_FAILURES] for each in rounds]

    assert asyncio.run(probe()) == [1.0, 2.0, 0.0, 1.0]


def test_what_is_no_longer_probed_is_forgotten() -> None:
    async def probe() -> object:
        mine = prober()
        async with serving(b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n") as heard:
            target = Target(uid="d", url=heard.url)
            await mine.look([target], NOW)
            await mine.look([], NOW)
            return values(await mine.look([target], NOW))[SignalName.PROBE_FAILURES]

    assert asyncio.run(probe()) == 1.0


def test_what_may_not_be_asked_is_unknown_and_counts_as_no_failure() -> None:
    async def probe() -> tuple[Signal, ...]:
        async with serving() as heard:
            guarded = Prober(QUICK, Guard(), ssl.create_default_context())
            return await guarded.look([Target(uid="d", url=heard.url)], NOW)

    found = asyncio.run(probe())
    assert values(found) == {SignalName.ANSWERS: None}
    assert reason(found, SignalName.ANSWERS) == (
        "127.0.0.1 is not a public address; `probes.allow` would allow it"
    )


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://a.example", "not an address", "http://", "http://a:b/"),
        *("https://*.shop.example/v1", "https://{tenant}.shop.example"),
    ],
)
def test_an_address_that_cannot_be_asked_is_said_to_be_so(url: str) -> None:
    found = asyncio.run(prober().look([Target(uid="d", url=url)], NOW))
    assert values(found) == {SignalName.ANSWERS: None}
    assert reason(found, SignalName.ANSWERS) == "not an address that can be asked"


def test_one_that_does_not_answer_does_not_hold_up_the_others() -> None:
    async def probe() -> tuple[Signal, ...]:
        async with serving(b"") as closed, serving() as well:
            targets = [Target(uid="shut", url=closed.url), Target(uid="well", url=well.url)]
            return await prober().look(targets, NOW)

    found = asyncio.run(probe())
    assert values(found, "shut")[SignalName.ANSWERS] is False
    assert values(found, "well")[SignalName.ANSWERS] is True
    assert "connection closed without an answer" in {each.reason for each in found}


def test_one_host_is_asked_one_thing_at_a_time_and_rests_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rested: list[tuple[float, int]] = []
    turn = asyncio.sleep

    async def probe() -> None:
        async with serving() as heard, serving() as beside:

            async def rest(seconds: float) -> None:
                if seconds:
                    rested.append((seconds, len(heard.requests)))
                await turn(0)

            monkeypatch.setattr(asyncio, "sleep", rest)
            targets = [Target(uid=f"{n}", url=f"{heard.url}/{n}") for n in range(3)]
            one = Target(uid="one", url=beside.url)
            await prober(Manner(timeout_s=60.0)).look([*targets, one], NOW)
            assert [lines[0].split()[1] for lines in heard.requests] == ["/0", "/1", "/2"]
            assert len(beside.requests) == 1

    asyncio.run(probe())
    assert rested == [(1.0, 1), (1.0, 2)], "a second, after each answer but the last"


@pytest.mark.parametrize("at_once", [1, 2])
def test_no_more_hosts_are_asked_at_once_than_allowed(at_once: int) -> None:
    async def probe() -> int:
        busy, most = 0, 0

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal busy, most
            await reader.readuntil(b"\r\n\r\n")
            busy += 1
            most = max(most, busy)
            for _ in range(50):
                await asyncio.sleep(0)
            busy -= 1
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            writer.close()

        async with AsyncExitStack() as held:
            urls = []
            for _ in range(6):
                server = await asyncio.start_server(answer, "127.0.0.1", 0)
                await held.enter_async_context(server)
                urls.append(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            manner = Manner(timeout_s=60.0, hosts_at_once=at_once)
            await prober(manner).look([Target(uid=url, url=url) for url in urls], NOW)
        return most

    assert asyncio.run(probe()) <= at_once


def test_a_port_where_nobody_listens_is_a_failure_in_words() -> None:
    async def probe() -> tuple[Signal, ...]:
        async with serving() as heard:
            port = heard.port
        return await prober().look([Target(uid="d", url=f"http://127.0.0.1:{port}")], NOW)

    found = asyncio.run(probe())
    assert values(found)[SignalName.ANSWERS] is False
    assert "refused" in str(reason(found, SignalName.ANSWERS))


def test_silence_ends_at_the_time_limit() -> None:
    async def probe() -> tuple[Signal, ...]:
        async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(mute, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            manner = Manner(timeout_s=0.05, pause_s=0.0)
            url = f"http://127.0.0.1:{port}"
            return await prober(manner).look([Target(uid="d", url=url)], NOW)

    assert reason(asyncio.run(probe()), SignalName.ANSWERS) == "no answer in time"


# ── Certificates ─────────────────────────────────────────────────────────────


def _over_tls(file: Path, trust: ssl.SSLContext, scheme: str = "https") -> tuple[Signal, ...]:
    async def probe() -> tuple[Signal, ...]:
        async with serving(context=showing(file)) as heard:
            url = f"{scheme}://localhost:{heard.port}"
            return await prober(trust=trust).look([Target(uid="d", url=url)], NOW)

    return asyncio.run(probe())


@pytest.mark.parametrize("scheme", ["https", "wss"])
def test_a_trusted_certificate_says_when_it_ends(tmp_path: Path, scheme: str) -> None:
    file = certificate(tmp_path)
    found = _over_tls(file, ssl.create_default_context(cafile=str(file)), scheme)
    assert values(found)[SignalName.CERTIFICATE_NOT_AFTER] == ENDS.isoformat()
    assert values(found)[CERTIFICATE_TRUSTED] is True
    assert values(found)[SignalName.ANSWERS] is True


def test_one_that_nobody_trusts_says_when_it_ends_all_the_same(tmp_path: Path) -> None:
    found = _over_tls(certificate(tmp_path), ssl.create_default_context())
    assert values(found)[SignalName.CERTIFICATE_NOT_AFTER] == ENDS.isoformat()
    assert values(found)[CERTIFICATE_TRUSTED] is False
    assert "self-signed" in str(reason(found, CERTIFICATE_TRUSTED)).replace(
        "self signed", "self-signed"
    )
    assert values(found)[SignalName.ANSWERS] is False
    said = "certificate not trusted: its issuer is not known (`network.ca_bundle`)"
    assert reason(found, SignalName.ANSWERS) == said


def test_one_that_has_ended_says_so(tmp_path: Path) -> None:
    ended = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)
    file = certificate(tmp_path, ends=ended)
    found = _over_tls(file, ssl.create_default_context(cafile=str(file)))
    assert values(found)[SignalName.CERTIFICATE_NOT_AFTER] == ended.isoformat()
    assert "expired" in str(reason(found, CERTIFICATE_TRUSTED))


def test_a_certificate_is_not_looked_at_where_the_guard_forbids(tmp_path: Path) -> None:
    async def look_at() -> int:
        async with serving(context=showing(certificate(tmp_path))) as heard:
            way = Look(Guard(), ssl.create_default_context(), 2.0)
            with pytest.raises(Refused):
                await look_at_certificate("localhost", heard.port, way)
            return heard.connections

    assert asyncio.run(look_at()) == 0


def test_a_server_without_tls_shows_no_certificate() -> None:
    async def probe() -> tuple[Signal, ...]:
        async with serving() as heard:
            url = f"https://127.0.0.1:{heard.port}"
            silent = Manner(timeout_s=0.2, pause_s=0.0)  # it waits for the end of a line
            return await prober(silent).look([Target(uid="d", url=url)], NOW)

    found = values(asyncio.run(probe()))
    assert SignalName.CERTIFICATE_NOT_AFTER not in found
    assert CERTIFICATE_TRUSTED not in found
    assert found[SignalName.ANSWERS] is False


def test_a_certificate_that_cannot_be_read_is_not_trusted() -> None:
    answer = read_certificate(b"junk", trusted=True, fault=None)
    assert (answer.certificate_trusted, answer.certificate_fault) == (False, "cannot be read")
    assert answer.certificate_not_after is None


def test_a_host_that_refuses_shows_no_certificate() -> None:
    async def look_at() -> None:
        async with serving() as heard:
            port = heard.port
        way = Look(Guard([LOOPBACK]), ssl.create_default_context(), 2.0)
        await look_at_certificate("127.0.0.1", port, way)

    with pytest.raises(ConnectionRefusedError):
        asyncio.run(look_at())


# ── Words ────────────────────────────────────────────────────────────────────


def test_errors_are_words_that_hold_nothing_of_what_was_sent() -> None:
    odd = describe(ValueError("https://user:secret@host/path?token=abc"))
    assert odd == Answer(failure="no usable answer (ValueError)", resolves=True)
    assert describe(aiohttp.InvalidURL("x")).refused == "not an address that can be asked"
    assert describe(TimeoutError()).failure == "no answer in time"


def test_a_refusal_is_found_behind_what_wraps_it() -> None:
    inner = Refused("10.0.0.1 is not a public address")
    outer = OSError("outer")
    outer.__cause__ = inner
    assert describe(outer).refused == "10.0.0.1 is not a public address"
    outer.__cause__ = None
    outer.__context__ = outer
    assert describe(outer).refused is None


def test_signals_are_about_the_deployment_and_of_their_time() -> None:
    found = signals_of("d", Answer(status=204, latency_ms=12.4), 0, 3, NOW)
    assert {(each.subject_uid, each.observed_at, each.source) for each in found} == {
        ("d", NOW, "probe")
    }
    assert [each.name for each in found] == [
        SignalName.ANSWERS,
        SignalName.PROBE_FAILURES,
        SignalName.PROBE_LATENCY_MS,
    ]
    assert found[0].reason == "204 in 12 ms"
    assert (found[1].threshold, found[1].reason) == (3.0, None)
    assert found[2].unit == "ms"
