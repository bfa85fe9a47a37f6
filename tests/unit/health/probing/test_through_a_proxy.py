"""Probes through a proxy: nothing goes beside it, and nothing is asked of it that may not be probed."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from apiscape.health.probing.answers import CERTIFICATE_TRUSTED
from apiscape.health.probing.guard import Guard
from apiscape.health.probing.prober import Prober, Target
from apiscape.health.probing.tunnel import open_tunnel
from apiscape.health.signals import SignalName
from apiscape.model.surroundings import Signal
from apiscape.network.ways import Network, Proxy, read_ways
from tests.ports import deaf_port
from tests.proxies import RecordingProxy, encrypted, lead_only_through, listening, proxying
from tests.unit.health.evidence import NOW
from tests.unit.health.probing.servers import ENDS, Heard, certificate, serving
from tests.unit.health.probing.test_prober import QUICK, reason, values

NAME = "api.tax.test"
PUBLIC = "203.0.114.7"
PASSWORD = "c4nary-pass-word"


class Names:
    """What is known here of names, and nowhere else."""

    def __init__(self, **addresses: str) -> None:
        self.addresses = {name.replace("_", "."): at for name, at in addresses.items()}
        self._look_up = socket.getaddrinfo

    def __call__(self, host: Any, port: Any, *given: Any, **named: Any) -> Any:
        if host == "long.test":
            raise UnicodeError("label too long")
        at: str = self.addresses.get(host) or host
        if not at[0].isdigit() and ":" not in at:
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return self._look_up(at, port, *given, **named)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(api_tax_test=PUBLIC)


@asynccontextmanager
async def behind(
    names: Names, environment: pytest.MonkeyPatch, **how: Any
) -> AsyncIterator[tuple[Heard, RecordingProxy]]:
    """Serve under a name that leads nowhere from here; nothing but the proxy is reached."""
    async with serving() as heard:
        with proxying({NAME: heard.port, PUBLIC: heard.port}, **how) as proxy:
            lead_only_through(proxy, environment)
            environment.setattr(socket, "getaddrinfo", names)
            yield heard, proxy


async def probe(
    url: str, proxy: str, *, guard: Guard | None = None, **network: Any
) -> tuple[Signal, ...]:
    environment = {"HTTPS_PROXY": network.pop("variable")} if "variable" in network else {}
    ways = read_ways(Network(proxy=proxy, **network), environment)
    prober = Prober(QUICK, guard or Guard(), ways.trust(), ways)
    return await prober.look([Target(uid="d", url=url)], NOW)


def words(found: Iterable[Signal]) -> tuple[object, str]:
    found = tuple(found)
    return values(found)[SignalName.ANSWERS], str(reason(found, SignalName.ANSWERS))


async def test_a_plain_address_is_asked_for_by_its_whole_url(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind(names, monkeypatch) as (heard, proxy):
        found = await probe(f"http://{NAME}/v1?token=abc", proxy.url)
    assert [(each.method, each.target) for each in proxy.passed] == [("HEAD", f"http://{NAME}/v1")]
    assert heard.requests[0][0] == "HEAD /v1 HTTP/1.1"
    assert values(found)[SignalName.ANSWERS] is True
    assert values(found)[SignalName.RESOLVES] is True


async def over_tls(
    folder: Path, names: Names, environment: pytest.MonkeyPatch, bundle: str | None, **how: Any
) -> tuple[tuple[Signal, ...], RecordingProxy]:
    async with serving(b"HTTP/1.1 204 X\r\n\r\n") as heard:
        file = certificate(folder, name=NAME)
        with (
            encrypted(heard.port, file) as port,
            proxying({NAME: port}, **how) as proxy,
        ):
            lead_only_through(proxy, environment)
            environment.setattr(socket, "getaddrinfo", names)
            own = str(file) if bundle else None
            return await probe(f"https://{NAME}", proxy.url, ca_bundle=own), proxy


async def test_one_over_tls_is_reached_by_connect_and_its_certificate_is_seen(
    tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, proxy = await over_tls(tmp_path, names, monkeypatch, "own")
    assert {(each.method, each.target) for each in proxy.passed} == {("CONNECT", f"{NAME}:443")}
    assert values(found)[SignalName.ANSWERS] is True
    assert values(found)[SignalName.CERTIFICATE_NOT_AFTER] == ENDS.isoformat()
    assert values(found)[CERTIFICATE_TRUSTED] is True


async def test_without_the_bundle_it_says_certificate_and_names_the_key(
    tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = await over_tls(tmp_path, names, monkeypatch, None)
    assert words(found) == (
        False,
        "certificate not trusted: its issuer is not known (`network.ca_bundle`)",
    )
    assert values(found)[CERTIFICATE_TRUSTED] is False
    assert values(found)[SignalName.CERTIFICATE_NOT_AFTER] == ENDS.isoformat()


async def test_what_no_proxy_names_is_asked_directly(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving() as heard:
        with proxying({}) as proxy:
            guard = Guard(["127.0.0.0/8"])
            found = await probe(heard.url, proxy.url, guard=guard, no_proxy=("127.0.0.0/8",))
    assert values(found)[SignalName.ANSWERS] is True
    assert proxy.passed == []


# What is not asked of a proxy.


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://169.254.169.254/latest", "169.254.169.254 is never connected to"),
        ("http://10.0.0.5/", "10.0.0.5 is not a public address"),
        ("http://inside.test/", "192.168.1.9 is not a public address"),
        ("https://[::ffff:169.254.169.254]/", " is not a public address"),
    ],
)
async def test_the_guard_holds_before_a_proxy_as_well(
    url: str, why: str, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.addresses["inside.test"] = "192.168.1.9"
    async with behind(names, monkeypatch) as (_, proxy):
        answers, said = words(await probe(url, proxy.url))
    assert answers is None
    assert why in said
    assert proxy.passed == []


async def test_what_is_allowed_is_asked_through_the_proxy(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.addresses[NAME] = "10.0.0.5"
    async with behind(names, monkeypatch) as (_, proxy):
        found = await probe(f"http://{NAME}/", proxy.url, guard=Guard(["10.0.0.0/8"]))
    assert values(found)[SignalName.ANSWERS] is True


@pytest.mark.parametrize("name", [NAME, "long.test"])
async def test_a_name_that_is_not_known_here_is_not_asked_for_unless_that_is_allowed(
    name: str, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    names.addresses.clear()
    async with behind(names, monkeypatch) as (heard, proxy):
        answers, said = words(await probe(f"http://{name}/", proxy.url))
        assert answers is None
        assert "`probes.proxy_resolves`" in said
        assert proxy.passed == []
        left = await probe(f"http://{NAME}/", proxy.url, guard=Guard(proxy_resolves=True))
        assert values(left)[SignalName.ANSWERS] is True
        assert SignalName.RESOLVES not in values(left)
        never = Guard(proxy_resolves=True)
        assert words(await probe("http://169.254.169.254/", proxy.url, guard=never))[0] is None
    assert len(heard.requests) == 1


# A proxy that is in the way says nothing of the API.


async def test_a_proxy_that_asks_for_credentials_is_named_without_any(
    names: Names, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    how = {"credentials": f"agent:{PASSWORD}"}
    async with behind(names, monkeypatch, **how) as (_, proxy):
        for scheme in ("http", "https"):
            answers, said = words(await probe(f"{scheme}://{NAME}/", proxy.url))
            assert answers is None
            assert said.startswith(f"the proxy {proxy.url} asks for credentials (407)")
            assert "HTTPS_PROXY" in said
        told = proxy.url.replace("//", f"//agent:{PASSWORD}@")
        found = await probe(f"http://{NAME}/", proxy.url, variable=told)
        assert values(found)[SignalName.ANSWERS] is True
        assert PASSWORD not in repr(found)


async def test_credentials_open_a_tunnel(
    names: Names, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with serving(b"HTTP/1.1 204 X\r\n\r\n") as heard:
        file = certificate(tmp_path, name=NAME)
        with (
            encrypted(heard.port, file) as port,
            proxying({NAME: port}, credentials="a:b") as proxy,
        ):
            monkeypatch.setattr(socket, "getaddrinfo", names)
            told = proxy.url.replace("//", "//a:b@")
            url, bundle = f"https://{NAME}", str(file)
            found = await probe(url, proxy.url, variable=told, ca_bundle=bundle)
    assert values(found)[CERTIFICATE_TRUSTED] is True
    assert {each.status for each in proxy.passed} == {0}


@pytest.mark.parametrize(
    ("status", "answers", "said"),
    [
        (403, None, "does not let it through (403); `network.no_proxy` would go without it"),
        (502, False, "got no connection (502)"),
    ],
)
async def test_what_the_proxy_answers_itself_is_told_apart(
    status: int, answers: object, said: str, names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with behind(names, monkeypatch, refuses=status) as (_, proxy):
        found = await probe(f"https://{NAME}/", proxy.url)
    assert words(found) == (answers, f"the proxy {proxy.url} {said}")


async def test_a_proxy_that_is_down_is_named_and_the_api_is_unknown(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", names)
    with deaf_port() as port:
        down = f"http://127.0.0.1:{port}"
        told = down.replace("//", f"//agent:{PASSWORD}@")
        for scheme in ("http", "https"):
            found = await probe(f"{scheme}://{NAME}/", down, variable=told)
            said = f"the proxy {down} does not answer; check `network.proxy`"
            assert words(found) == (None, said)
            assert PASSWORD not in repr(found)
    unknown = await probe(f"http://{NAME}/", "http://proxy.test:3128")
    assert "the proxy http://proxy.test:3128 does not answer" in words(unknown)[1]


async def test_a_connection_that_breaks_behind_the_proxy_is_the_hosts(
    names: Names, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(b"") as heard:
        with proxying({NAME: heard.port}) as proxy:
            monkeypatch.setattr(socket, "getaddrinfo", names)
            found = await probe(f"http://{NAME}/", proxy.url)
    assert words(found) == (False, "connection closed without an answer")


@pytest.mark.parametrize(
    "reply",
    [b"HTTP/1.1 502 No\r\n\r\n", b"", b"220 ready\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"x" * 20_000],
)
async def test_a_tunnel_is_one_or_an_error(reply: bytes) -> None:
    def serve(near: socket.socket) -> None:
        near.recv(4096)
        near.sendall(reply)
        near.shutdown(socket.SHUT_WR)
        near.recv(1)

    with listening(serve) as port:
        proxy = Proxy("http", "127.0.0.1", port)
        with pytest.raises(OSError, match="the proxy"):
            await open_tunnel(proxy, "::1", 443, ssl.create_default_context())


async def test_a_proxy_that_is_spoken_to_by_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []

    def serve(near: socket.socket) -> None:
        heard.append(near.recv(4096).decode())
        near.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    file = certificate(tmp_path)
    with listening(serve) as plain, encrypted(plain, file) as port:
        proxy = Proxy("https", "127.0.0.1", port)
        trust = ssl.create_default_context(cafile=str(file))
        _, writer = await asyncio.wait_for(open_tunnel(proxy, "bücher.test", 443, trust), 60)
        writer.transport.abort()
    assert heard[0].splitlines()[0] == "CONNECT xn--bcher-kva.test:443 HTTP/1.1"
