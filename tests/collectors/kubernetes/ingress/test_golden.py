"""Real samples and real schemas: what is exposed of them, and that every field that is decoded exists."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from apiscape.collectors.kubernetes.ingress.named import KongPlugin, Middleware, Policy
from apiscape.collectors.kubernetes.ingress.plugin_rates import PluginConfig
from apiscape.collectors.kubernetes.objects import Metadata
from tests.collectors.kubernetes.ingress.room import Json, asked, ingress, one, only, urls

ROOT = os.environ.get("APISCAPE_FIXTURES")
FIXTURES = Path(ROOT or ".") / "kubernetes"

pytestmark = pytest.mark.skipif(
    ROOT is None or not FIXTURES.is_dir(),
    reason="APISCAPE_FIXTURES names no folder of recorded samples",
)


def read(name: str) -> list[Json]:
    """Return the objects of a sample, in a namespace as a server gives them."""
    told = [each for each in yaml.safe_load_all((FIXTURES / name).read_text()) if each]
    for each in told:
        each["metadata"].setdefault("namespace", "default")
    return told


def test_the_sample_of_kong() -> None:
    service, thing = read("kong/samples/ingress-http.yaml")
    found = one(thing, service)
    assert (found.host, found.gateway, found.style) == ("*", "kong", "http")
    assert urls(found) == ["http://"]
    assert asked(found) == [("none", [])]
    rule = only(found)
    assert [(m.method, m.path, m.path_type) for m in rule.matches] == [("ANY", "/", "prefix")]
    assert [(t.namespace, t.name, t.port) for t in rule.targets] == [
        ("default", "httpbin-deployment", "80")
    ]


def test_a_sample_of_a_policy_of_nginx_is_named_by_an_ingress() -> None:
    (policy,) = read("nginx/samples/rate-limit.yaml")
    said = {"nginx.org/policies": "rate-limit-policy"}
    found = one(ingress("f5", namespace="default", said=said), policy)
    assert (found.rate_limit, found.cors) == ("enabled", "disabled")
    assert asked(found) == [("none", [])]


def fields(kind: type[msgspec.Struct]) -> Iterator[tuple[str, ...]]:
    """Yield the paths of everything that is decoded of a kind, as it is written in objects."""
    for field in msgspec.structs.fields(kind):
        yield (field.encode_name,)
        for below in structs(field.type):
            if below is not Metadata:
                yield from ((field.encode_name, *path) for path in fields(below))


def structs(told: Any) -> Iterator[type[msgspec.Struct]]:
    """Yield the structs that a type is made of."""
    if isinstance(told, type) and issubclass(told, msgspec.Struct):
        yield told
    for part in getattr(told, "__args__", ()):
        yield from structs(part)


def has(schema: Json, path: tuple[str, ...]) -> bool:
    """Say whether a schema has a path; whatever lies below a list or a map is looked for in its values."""
    if not path:
        return True
    below = schema.get("items") or schema.get("additionalProperties")
    if isinstance(below, dict):
        return has(below, path)
    properties = schema.get("properties", {})
    return path[0] in properties and has(properties[path[0]], path[1:])


@pytest.mark.parametrize(
    ("kind", "name", "version"),
    [
        (KongPlugin, "kong/crds/kongplugins.configuration.konghq.com.yaml", "v1"),
        (Middleware, "traefik/crds/middlewares.traefik.io.yaml", "v1alpha1"),
        (Policy, "nginx/crds/policies.k8s.nginx.org.yaml", "v1"),
    ],
)
def test_every_field_that_is_decoded_exists(
    kind: type[msgspec.Struct], name: str, version: str
) -> None:
    (definition,) = yaml.safe_load_all((FIXTURES / name).read_text())
    versions = {each["name"]: each for each in definition["spec"]["versions"]}
    schema = versions[version]["schema"]["openAPIV3Schema"]
    free = {("config", each.encode_name) for each in msgspec.structs.fields(PluginConfig)}
    told = [path for path in fields(kind) if path not in free]
    assert len(told) > 3
    assert [path for path in told if not has(schema, path)] == []
    assert not has(schema, ("spec", "noSuchField"))
