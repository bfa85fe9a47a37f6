"""Webhooks through a proxy: nothing goes beside it, and what it is told stays with it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from apiscape.network.ways import Network, read_ways
from apiscape.notify.events import trial_message
from apiscape.notify.posting import Answer, Poster
from apiscape.settings.schema import Notify
from tests.ports import deaf_port
from tests.proxies import RecordingProxy, encrypted, lead_only_through, proxying
from tests.unit.health.probing.servers import certificate
from tests.unit.notify.bench import LOOPBACK
from tests.unit.notify.receiver import SECRET, VARIABLE, Receiver, receiving

NOW = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
NAME = "hooks.tax.test"
PASSWORD = "c4nary-pass-word"


async def post(url: str, network: Network, **variables: str) -> Answer:
    target = Notify(name="desk", url=url, secrets=(f"env:{VARIABLE}",), allow=(LOOPBACK,))
    poster = Poster(target, {VARIABLE: SECRET}, lambda: NOW, read_ways(network, variables))
    return await poster.post(trial_message("desk", NOW))


@contextmanager
def behind(
    folder: Path, environment: pytest.MonkeyPatch, leads_to: str | None = None, **how: Any
) -> Iterator[tuple[Receiver, RecordingProxy, str]]:
    """Receive by TLS under a name that the proxy alone knows; nothing else is reached."""
    file, real = certificate(folder, name=NAME), socket.getaddrinfo

    def find(_host: Any, *given: Any, **named: Any) -> Any:
        return real(leads_to, *given, **named)

    with (
        receiving() as receiver,
        encrypted(receiver.port, file) as port,
        proxying({NAME: port, "127.0.0.1": receiver.port}, **how) as proxy,
        environment.context() as patched,
    ):
        lead_only_through(proxy, patched)
        if leads_to is not None:
            patched.setattr(socket, "getaddrinfo", find)
        yield receiver, proxy, str(file)


async def test_a_post_goes_through_it_signed_and_trusting_a_private_authority(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch) as (receiver, proxy, bundle):
        network = Network(proxy=proxy.url, ca_bundle=bundle)
        answer = await post(f"https://{NAME}/hook", network)
    assert answer.is_taken, answer
    assert [(each.method, each.target) for each in proxy.passed] == [("CONNECT", f"{NAME}:443")]
    assert receiver.posts[0].is_signed_by(SECRET)


async def test_an_authority_that_nobody_named_is_said_with_the_key_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch) as (receiver, proxy, _):
        answer = await post(f"https://{NAME}/hook", Network(proxy=proxy.url))
    assert not answer.is_taken
    assert "certificate" in str(answer.failure)
    assert "network.ca_bundle" in str(answer.failure)
    assert receiver.posts == []


async def test_what_the_proxy_asks_for_reaches_it_alone_and_no_word_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch, credentials=f"agent:{PASSWORD}") as (receiver, proxy, own):
        given = proxy.url.replace("http://", f"http://agent:{PASSWORD}@")
        network = Network(ca_bundle=own)
        taken = await post(f"https://{NAME}/hook", network, HTTPS_PROXY=given)
        refused = await post(f"https://{NAME}/hook", Network(proxy=proxy.url, ca_bundle=own))
    assert taken.is_taken
    assert "proxy-authorization" not in receiver.posts[0].headers
    assert "127.0.0.1" in str(refused.failure)
    assert PASSWORD not in str(refused)


async def test_in_clear_it_is_asked_for_the_whole_address_and_says_itself_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch, credentials=f"agent:{PASSWORD}") as (receiver, proxy, _):
        given = proxy.url.replace("http://", f"http://agent:{PASSWORD}@")
        url = f"http://127.0.0.1:{receiver.port}/hook"
        taken = await post(url, Network(), HTTP_PROXY=given)
        refused = await post(url, Network(proxy=proxy.url))
    assert taken.is_taken
    assert "proxy-authorization" not in receiver.posts[0].headers
    assert proxy.targets() == {url}
    assert refused.status == 407
    assert proxy.url in str(refused.failure)


async def test_in_clear_a_name_that_nobody_here_knows_is_not_left_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch) as (receiver, proxy, _):
        answer = await post(f"http://{NAME}/hook", Network(proxy=proxy.url))
    assert "`notify.allow`" in str(answer.failure)
    assert (receiver.posts, proxy.passed) == ([], [])


async def test_a_name_that_leads_where_it_must_not_is_not_asked_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with behind(tmp_path, monkeypatch, "169.254.169.254") as (_, proxy, bundle):
        network = Network(proxy=proxy.url, ca_bundle=bundle)
        answer = await post(f"https://{NAME}/hook", network)
    assert "never connected to" in str(answer.failure)
    assert proxy.passed == []


async def test_a_proxy_that_is_not_there_is_named() -> None:
    with deaf_port() as port:
        gone = f"http://127.0.0.1:{port}"
        answer = await post(f"https://{NAME}/hook", Network(proxy=gone))
    assert gone in str(answer.failure)


async def test_what_no_proxy_names_is_posted_to_directly() -> None:
    with receiving() as receiver, proxying({}) as proxy:
        network = Network(proxy=proxy.url, no_proxy=("127.0.0.0/8",))
        answer = await post(receiver.url, network)
    assert answer.is_taken
    assert proxy.passed == []
