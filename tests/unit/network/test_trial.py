"""What is in the way is found by going it, and said without a credential."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from apiscape.network.trial import Fault, find_fault
from apiscape.network.ways import Proxy, Way
from tests.ports import deaf_port
from tests.proxies import LOOPBACK, encrypted, listening, proxying
from tests.unit.health.probing.servers import certificate

NAME = "hook.gateway.test"
PASSWORD = "c4nary-pass-word"


def silent(near: socket.socket) -> None:
    near.recv(1)


def fault(url: str, proxy: str | None, ca_bundle: Path | None = None) -> Fault | None:
    way = Way(
        None if proxy is None else Proxy("http", LOOPBACK, int(proxy), "agent", PASSWORD),
        None if ca_bundle is None else str(ca_bundle),
    )
    return find_fault(url, way)


def test_a_way_that_leads_there_has_no_fault(tmp_path: Path) -> None:
    file = certificate(tmp_path, name=NAME)
    with (
        listening(silent) as plain,
        encrypted(plain, file) as port,
        proxying({NAME: port}, credentials=f"agent:{PASSWORD}") as proxy,
    ):
        assert fault(f"https://{NAME}/x", str(proxy.port), file) is None
        assert fault(f"http://{NAME}/x", str(proxy.port)) is None
        assert fault(f"http://{LOOPBACK}:{plain}", None) is None
    assert {each.target for each in proxy.passed} == {f"{NAME}:443", f"{NAME}:80"}


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    file = certificate(tmp_path, name="localhost")
    with listening(silent) as plain, encrypted(plain, file) as port:
        found = fault(f"https://127.0.0.1:{port}", None)
    assert found is not None
    assert found.message.startswith("the certificate of 127.0.0.1 is not trusted (self")
    assert "network.ca_bundle" in str(found)


def test_a_host_that_does_not_answer_is_left_to_whoever_asked() -> None:
    with deaf_port() as port:
        assert fault(f"http://127.0.0.1:{port}", None) is None
    assert fault("http://127.0.0.1:99999", None) is None


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"credentials": "other:x"}, "asks for credentials (407)"),
        ({"refuses": 403}, f"does not let {NAME}:443 through (403)"),
        ({}, f"does not let {NAME}:443 through (502)"),
    ],
)
def test_a_proxy_that_does_not_let_through(how: dict[str, str], said: str) -> None:
    with proxying({}, **how) as proxy:  # type: ignore[arg-type]
        found = fault(f"https://{NAME}", str(proxy.port))
        assert found is not None
        assert found.message == f"the proxy {proxy.url} {said}"
        assert PASSWORD not in str(found)


@pytest.mark.parametrize("reply", [b"", b"220 smtp\r\n\r\n", b"HTTP/1.1 no\r\n\r\n"])
def test_what_speaks_no_http_is_no_proxy(reply: bytes) -> None:
    def serve(near: socket.socket) -> None:
        near.recv(4096)
        near.sendall(reply)

    with listening(serve) as port:
        found = fault("https://[::1]:8443/", str(port))
    assert found is not None
    assert found.message == f"the proxy http://{LOOPBACK}:{port} does not answer"


def test_a_proxy_that_is_down_is_named() -> None:
    with deaf_port() as port:
        found = fault("https://x.test", str(port))
    assert found is not None
    assert found.message == f"the proxy http://{LOOPBACK}:{port} does not answer"
    assert found.next_step.startswith("check `network.proxy`")


def test_a_proxy_that_is_silent_does_not_answer() -> None:
    with listening(silent) as port:
        way = Way(Proxy("http", LOOPBACK, port))
        found = find_fault("https://x.test", way, timeout_s=0.05)
    assert found is not None
    assert "does not answer" in found.message


def test_a_proxy_that_is_spoken_to_by_tls(tmp_path: Path) -> None:
    file = certificate(tmp_path, name="localhost")
    with (
        listening(silent) as target,
        proxying({NAME: target}) as proxy,
        encrypted(proxy.port, file) as port,
    ):
        by_tls = Proxy("https", "127.0.0.1", port)
        assert find_fault(f"http://{NAME}", Way(by_tls, str(file))) is None
        found = find_fault(f"http://{NAME}", Way(by_tls))
    assert found is not None
    assert found.message.startswith(f"the certificate of the proxy {by_tls} is not trusted")
