"""An agent elsewhere is asked through the proxy of the environment, with its credentials, and no other way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apiscape.client.address import Address, open_connection
from apiscape.client.http import HttpAgent
from apiscape.errors import SettingsError, UnreachableError
from tests.proxies import (
    RecordingProxy,
    encrypted,
    forget_variables,
    lead_only_through,
    proxying,
)
from tests.unit.client.test_http import SUMMARY, Told, told
from tests.unit.demo.kubernetes.wire import eventually
from tests.unit.health.probing.servers import certificate

__all__ = ["told"]

NAME = "agent.example"
CREDENTIALS = "ada:s3cret-of-the-proxy"

Place = tuple[RecordingProxy, Address, type[Told]]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    forget_variables(monkeypatch)
    return monkeypatch


@pytest.fixture
def behind(
    told: tuple[type[Told], str], tmp_path: Path, environment: pytest.MonkeyPatch
) -> Iterator[Place]:
    """Give an agent by TLS that only a proxy leads to, which asks for credentials."""
    handler, url = told
    handler.answer = (200, {}, SUMMARY)
    file = certificate(tmp_path, name=NAME)
    with (
        encrypted(urlsplit(url).port or 0, file) as port,
        proxying({NAME: port}, credentials=CREDENTIALS) as proxy,
        environment.context() as patched,
    ):
        lead_only_through(proxy, patched)
        yield proxy, Address(f"https://{NAME}", token="t0ken", ca_file=file), handler


def named(proxy: RecordingProxy, who: str = "") -> str:
    return f"http://{who}127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("variable", ["https_proxy", "ALL_PROXY"])
def test_it_is_asked_through_it_and_each_has_its_own_credentials(
    variable: str, behind: Place, environment: pytest.MonkeyPatch
) -> None:
    proxy, address, handler = behind
    environment.setenv(variable, named(proxy, f"{CREDENTIALS}@"))
    with closing(HttpAgent(address)) as agent:
        assert agent.summary().deployments == 1
    assert proxy.targets() == {f"{NAME}:443"}
    ((_, headers),) = handler.asked
    assert headers["Authorization"] == "Bearer t0ken"
    assert "Proxy-Authorization" not in headers


def test_a_proxy_that_asks_for_credentials_is_named_without_any(
    behind: Place, environment: pytest.MonkeyPatch
) -> None:
    proxy, address, _ = behind
    environment.setenv("https_proxy", named(proxy, "ada:wr0ng-one@"))
    with (
        closing(HttpAgent(address)) as agent,
        pytest.raises(UnreachableError, match="407") as caught,
    ):
        agent.summary()
    assert f"the proxy http://127.0.0.1:{proxy.port} lets through" in str(caught.value.hint)
    assert "wr0ng" not in f"{caught.value.message} {caught.value.hint}"


def test_certificates_are_those_that_the_environment_names_where_the_context_names_none(
    behind: Place, environment: pytest.MonkeyPatch
) -> None:
    proxy, address, _ = behind
    environment.setenv("https_proxy", named(proxy, f"{CREDENTIALS}@"))
    plain = Address(address.url, token="t0ken")
    with (
        closing(HttpAgent(plain)) as agent,
        pytest.raises(UnreachableError, match="certificate verify failed"),
    ):
        agent.summary()
    environment.setenv("REQUESTS_CA_BUNDLE", str(address.ca_file))
    with closing(HttpAgent(plain)) as agent:
        assert agent.summary().deployments == 1
    environment.setenv("REQUESTS_CA_BUNDLE", "/none.pem")
    with closing(HttpAgent(plain)) as agent, pytest.raises(SettingsError) as caught:
        agent.summary()
    assert "REQUESTS_CA_BUNDLE" in str(caught.value.hint)


def test_a_proxy_that_cannot_be_used_is_said_and_nobody_is_asked_past_it(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("https_proxy", "socks5://127.0.0.1:9")
    with pytest.raises(SettingsError):
        open_connection(Address(f"https://{NAME}"))


@pytest.fixture
def within(
    behind: Place, environment: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[tuple[Place, str]]:
    """Give the same agent, and the place of its proxy where that is spoken to by TLS."""
    proxy, address, _ = behind
    other = tmp_path / "proxy"
    other.mkdir()
    file = certificate(other)
    both = tmp_path / "both.pem"
    both.write_bytes(file.read_bytes() + Path(str(address.ca_file)).read_bytes())
    with encrypted(proxy.port, file) as port, environment.context() as patched:
        lead_only_through(replace(proxy, port=port), patched)
        patched.setenv("REQUESTS_CA_BUNDLE", str(both))
        yield behind, f"127.0.0.1:{port}"


def test_a_proxy_that_is_spoken_to_by_tls_leads_to_an_agent(
    within: tuple[Place, str], environment: pytest.MonkeyPatch
) -> None:
    (proxy, address, handler), place = within
    environment.setenv("https_proxy", f"https://{CREDENTIALS}@{place}")
    handler.answer = (200, {}, SUMMARY)
    with closing(HttpAgent(address)) as agent:
        for _ in range(3):
            assert agent.summary().deployments == 1
        handler.answer = (200, {}, b" " * 3_000_000 + SUMMARY)
        assert agent.summary().deployments == 1
    assert proxy.targets() == {f"{NAME}:443"}
    assert len(proxy.passed) == 1, "the connection is kept"
    assert {headers["Authorization"] for _, headers in handler.asked} == {"Bearer t0ken"}
    assert not any("Proxy-Authorization" in headers for _, headers in handler.asked)
    assert eventually(lambda: not [each for each in threading.enumerate() if each.name == "tunnel"])


@pytest.mark.parametrize(
    ("who", "bundle", "words"),
    [
        ("ada:wr0ng-one", True, "407"),
        (CREDENTIALS, False, "certificate verify failed"),
    ],
)
def test_one_by_tls_that_does_not_let_through_is_named_without_credentials(
    who: str,
    bundle: bool,
    words: str,
    within: tuple[Place, str],
    environment: pytest.MonkeyPatch,
) -> None:
    (_, address, handler), place = within
    environment.setenv("https_proxy", f"https://{who}@{place}")
    if not bundle:
        environment.delenv("REQUESTS_CA_BUNDLE")
    with (
        closing(HttpAgent(address)) as agent,
        pytest.raises(UnreachableError, match=words) as caught,
    ):
        agent.summary()
    assert f"the proxy https://{place} lets through" in str(caught.value.hint)
    assert who not in f"{caught.value.message} {caught.value.hint}"
    assert handler.asked == []


def test_what_no_proxy_names_is_asked_directly(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", "https://127.0.0.1:9")
    environment.setenv("no_proxy", ".example,192.0.2.0/24")
    for host in (NAME, "192.0.2.7"):
        assert open_connection(Address(f"https://{host}")).host == host
