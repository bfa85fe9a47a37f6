"""The samples of Gateway API's own documentation, on a server with its own definitions and their defaults."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.surroundings import Signal
from tests.collectors.kubernetes.visiting import Session, Told, read

FOLDER = Path(os.environ.get("APISCAPE_FIXTURES", "")) / "kubernetes" / "gateway-api"

pytestmark = pytest.mark.skipif(
    "APISCAPE_FIXTURES" not in os.environ or not FOLDER.is_dir(),
    reason="APISCAPE_FIXTURES names no folder with Gateway API in it",
)


def documents(name: str) -> Iterator[Any]:
    for path in sorted(FOLDER.glob(name)):
        yield from yaml.safe_load_all(path.read_text("utf-8"))


@pytest.fixture(scope="module")
def told() -> Told:
    cluster = Cluster()
    cluster.add(*documents("crds/*.yaml"))
    known: set[tuple[str, str]] = set()
    for each in documents("samples/*.yaml"):
        named = (each["kind"], each["metadata"]["name"])
        if named not in known:
            cluster.add(each)
        known.add(named)
    with KubernetesServer(cluster) as server:
        return read(Session(server))


def test_every_sample_is_read(told: Told) -> None:
    assert told.closes()
    assert not told.broken
    assert {name.partition("@")[0] for name in told.deployments} == {
        "default/bar-route",
        "default/cors-allow-credentials",
        "default/example-route",
        "default/foo-route",
        "default/grpc-app-1",
        "default/http-app-1",
        "site-ns/home",
        "site-ns/login",
    }
    assert told.gateways.keys() == {
        "default/example-gateway",
        "default/my-gateway",
        "infra-ns/shared-gateway",
    }


def test_a_route_of_another_namespace_is_taken_by_its_labels(told: Told) -> None:
    login = told.deployments["site-ns/login@infra-ns/shared-gateway"]
    assert [each.url for each in login.endpoints] == ["https://foo.example.com"]
    assert [(each.verb, each.template) for each in login.operations] == [("ANY", "/login/*")]
    assert [each.key for each in login.backends] == [
        "site-ns/login-v1:8080",
        "site-ns/login-v2:8080",
        "site-ns/login-v1:8080=90 + site-ns/login-v2:8080=10",
    ]


def test_what_the_definitions_fill_in_is_no_answer_of_a_controller(told: Told) -> None:
    signals = told.signals("site-ns/login@infra-ns/shared-gateway")
    assert signals["condition.Accepted"].value is None
    edge = told.gateways["infra-ns/shared-gateway"]
    states = {
        each.name: each.value for each in told.entities(Signal) if each.subject_uid == edge.uid
    }
    assert states["condition.Programmed"] is None


def test_calls_of_grpc_are_operations(told: Told) -> None:
    made = told.deployments["default/grpc-app-1@default/my-gateway"]
    assert made.style == "grpc"
    assert ("POST", "/com.example.User/Login") in {
        (each.verb, each.template) for each in made.operations
    }


def test_what_is_attached_to_nothing_that_is_there_is_reached_nowhere(told: Told) -> None:
    made = told.deployments["default/cors-allow-credentials@default/same-namespace"]
    assert made.endpoints == ()
    assert made.protections.cors == "enabled"
