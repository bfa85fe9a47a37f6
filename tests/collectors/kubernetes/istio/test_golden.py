"""Istio's own samples and schemas: what is decoded is there, and samples are read as their makers mean them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.collectors.kubernetes.exposed import Address, Exposed
from apiscape.collectors.kubernetes.istio.resources import GATEWAYS, VIRTUAL_SERVICES
from tests.collectors.kubernetes.istio.meshes import (
    RESOURCES,
    asked,
    front,
    mesh_of,
    paths,
    told_of,
    wrong,
)
from tests.collectors.kubernetes.policies.clusters import Json, decoded
from tests.tools.crd_paths import Schema, schema_of
from tests.tools.struct_fields import strange_fields

FOLDER = Path(os.environ.get("APISCAPE_FIXTURES", "/nonexistent")) / "kubernetes" / "istio"
needs_recordings = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="APISCAPE_FIXTURES names no folder with samples of Istio"
)


def schema(resource: str) -> Schema:
    told = yaml.safe_load((FOLDER / "crds" / f"{resource}.yaml").read_text("utf-8"))
    found = schema_of(told, "v1")
    assert found is not None
    return found


def sample(name: str) -> list[Json]:
    text = (FOLDER / "samples" / f"{name}.yaml").read_text("utf-8")
    told: list[Json] = [each for each in yaml.safe_load_all(text) if each]
    for each in told:
        each["metadata"].setdefault("namespace", "default")
    return told


def exposed(name: str, key: str, *more: Json) -> Any:
    (told,) = told_of(mesh_of(*sample(name), *more), VIRTUAL_SERVICES, key)
    assert isinstance(told, Exposed)
    return told


@needs_recordings
@pytest.mark.parametrize(
    "resource",
    [
        "gateways.networking.istio.io",
        "virtualservices.networking.istio.io",
        "authorizationpolicies.security.istio.io",
        "requestauthentications.security.istio.io",
    ],
)
def test_every_field_that_is_decoded_is_in_the_schema(resource: str) -> None:
    found = strange_fields(RESOURCES[resource].type, schema(resource))
    assert set(found) <= {"spec.rules[].when[].isGiven"}  # worked out, never read


@needs_recordings
def test_the_versions_that_are_asked_for_are_served() -> None:
    for file in (FOLDER / "crds").glob("*.yaml"):
        told = yaml.safe_load(file.read_text("utf-8"))
        served = {each["name"] for each in told["spec"]["versions"] if each["served"]}
        assert set(RESOURCES[file.stem].versions) >= served


@needs_recordings
def test_every_sample_is_decoded() -> None:
    for file in (FOLDER / "samples").glob("*.yaml"):
        for told in sample(file.stem):
            group = told["apiVersion"].partition("/")[0]
            resource = next(
                each
                for each in RESOURCES.values()
                if (each.group, each.kind) == (group, told["kind"])
            )
            assert decoded(told, resource).metadata.name == told["metadata"]["name"]


@needs_recordings
def test_the_gateway_of_the_books() -> None:
    told = exposed(
        "bookinfo-gateway", "default/bookinfo", front(ports=[{"port": 80, "targetPort": 8080}])
    )
    assert told.parent == "default/bookinfo-gateway"
    assert told.addresses == (Address(scheme="http", port=80, tls_min=None, mtls="disabled"),)
    assert paths(told) == [
        ("ANY", "/productpage", "exact"),
        ("ANY", "/static", "own"),
        ("ANY", "/login", "exact"),
        ("ANY", "/logout", "exact"),
        ("ANY", "/api/v1/products", "own"),
    ]
    assert asked(told) == ["none"]
    assert [(each.name, each.port) for each in told.rules[0].targets] == [("productpage", "9080")]
    assert wrong(told) == {}


@needs_recordings
def test_the_gateway_of_httpbin() -> None:
    told = exposed("httpbin-gateway", "default/httpbin")
    assert paths(told) == [("ANY", "/", "prefix")]
    assert [each.port for each in told.addresses] == [80]
    (serving,) = told_of(mesh_of(*sample("httpbin-gateway")), GATEWAYS, "default/httpbin-gateway")
    assert serving.hosts == ()


@needs_recordings
def test_reviews_are_split_within_the_mesh() -> None:
    told = exposed("virtual-service-reviews-80-20", "default/reviews")
    assert (told.parent, told.reached.exposure) == ("mesh", "cluster")
    assert [(each.name, each.weight) for each in told.rules[0].targets] == [
        ("reviews", 80),
        ("reviews", 20),
    ]
    host = "reviews.default.svc.cluster.local"
    why = f"SubsetNotFound: v1 of {host}, v2 of {host}"
    assert wrong(told) == {"ResolvedRefs": (False, why)}
