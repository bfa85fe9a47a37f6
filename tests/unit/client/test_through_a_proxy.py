"""An agent elsewhere is asked through the proxy of the environment, with its credentials, and no other way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from apiscape.client.address import Address, open_connection
from apiscape.client.http import HttpAgent
from apiscape.errors import SettingsError, UnreachableError, UsageError
from tests.proxies import (
    RecordingProxy,
    encrypted,
    forget_variables,
    lead_only_through,
    proxying,
)
from tests.unit.client.test_http import SUMMARY, Told, told
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


@pytest.mark.parametrize(
    ("proxy", "error"),
    [("https://127.0.0.1:9", UsageError), ("socks5://127.0.0.1:9", SettingsError)],
)
def test_a_proxy_that_cannot_be_used_is_said_and_nobody_is_asked_past_it(
    proxy: str, error: type[Exception], environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("https_proxy", proxy)
    with pytest.raises(error):
        open_connection(Address(f"https://{NAME}"))


def test_what_no_proxy_names_is_asked_directly(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("https_proxy", "https://127.0.0.1:9")
    environment.setenv("no_proxy", ".example,192.0.2.0/24")
    for host in (NAME, "192.0.2.7"):
        assert open_connection(Address(f"https://{host}")).host == host
