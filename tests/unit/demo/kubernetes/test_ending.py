"""A watch ends with whoever asked for it, or with the server: nothing stays behind and looks for events."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.unit.demo.kubernetes.widgets import EVERYWHERE, definition, widget
from tests.unit.demo.kubernetes.wire import Wire, eventually


@pytest.fixture(autouse=True)
def _widgets(cluster: Cluster) -> None:
    cluster.add(definition(), widget("a"))


def watchers() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if "process_request" in each.name}


@contextmanager
def watched(wire: Wire) -> Iterator[http.client.HTTPResponse]:
    """Begin a watch, and hear its first event."""
    with closing(wire.connect()) as connection:
        connection.request("GET", f"{EVERYWHERE}?watch=true")
        with connection.getresponse() as answer:
            assert b'"ADDED"' in answer.readline()
            yield answer


@pytest.fixture(params=["http", "https"])
def spoken(
    request: pytest.FixtureRequest, cluster: Cluster, pem: Path
) -> Iterator[KubernetesServer]:
    certificate = pem if request.param == "https" else None
    with KubernetesServer(cluster, certificate=certificate) as running:
        yield running


def wire_to(server: KubernetesServer, pem: Path) -> Wire:
    is_safe = server.url.startswith("https")
    return Wire(server.url, ssl.create_default_context(cafile=pem) if is_safe else None)


def test_whoever_leaves_takes_its_watch_along(spoken: KubernetesServer, pem: Path) -> None:
    others = watchers()
    with watched(wire_to(spoken, pem)):
        assert watchers() > others
    assert eventually(lambda: watchers() <= others, 10.0)


def test_a_watch_that_is_heard_goes_on(
    spoken: KubernetesServer, cluster: Cluster, pem: Path
) -> None:
    with watched(wire_to(spoken, pem)) as answer:
        threading.Event().wait(0.7)  # a few looks at whether somebody hears it
        cluster.add(widget("b"))
        assert b'"ADDED"' in answer.readline()


def test_a_server_that_ends_ends_its_watches(spoken: KubernetesServer, pem: Path) -> None:
    others = watchers()
    with watched(wire_to(spoken, pem)):
        spoken.stop()
        assert eventually(lambda: watchers() <= others, 10.0)
