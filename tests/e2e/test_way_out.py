"""A whole scan through a proxy that asks for credentials: nothing goes beside it, and none of them is kept or said."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.commands import run_cli
from tests.e2e.conftest import REST
from tests.e2e.world import World
from tests.proxies import RecordingProxy, forget_variables, lead_only_through, proxying

NAME = "aws.gateway.test"
PASSWORD = "c4nary-pass-word"


@pytest.fixture
def proxy(server: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordingProxy]:
    forget_variables(monkeypatch)
    port = int(server.url.rpartition(":")[2])
    with proxying({NAME: port}, credentials=f"agent:{PASSWORD}") as proxy:
        yield proxy


@pytest.fixture
def world(
    proxy: RecordingProxy, server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    world = World(server, tmp_path, monkeypatch)
    world.configure(products=REST, endpoint_url=f"http://{NAME}")
    written = world.config.read_text()
    world.config.write_text(f"{written}network:\n  proxy: {proxy.url}\n")
    lead_only_through(proxy, monkeypatch)
    return world


def test_a_scan_goes_through_the_proxy_and_keeps_nothing_of_it(
    world: World,
    proxy: RecordingProxy,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", f"//agent:{PASSWORD}@"))
    scanned = world.scan()
    assert scanned.code == 0
    assert len(proxy.passed) == len(list(world.server.calls)) > 0
    told = [scanned, run_cli("export"), run_cli("runs", "-o", "json"), run_cli("sources")]
    for text in (*(each.out + each.err for each in told), caplog.text):
        assert PASSWORD not in text
    assert PASSWORD.encode() not in world.path.read_bytes()


def test_a_scan_without_the_credentials_says_what_to_do(
    world: World, proxy: RecordingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy.url.replace("//", "//agent:n0t-the-word@"))
    said = run_cli("scan")
    assert said.code in {2, 4}
    assert f"the proxy {proxy.url} asks for credentials (407)" in said.out + said.err
    assert "n0t-the-word" not in said.out + said.err
    assert list(world.server.calls) == []
