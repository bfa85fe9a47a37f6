"""Real samples: what is exposed of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

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
