"""What Ingresses name is read by the table: an Ingress asks of callers what that says of each object."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.table.loading import load
from apiscape.collectors.kubernetes.table.sketch import Sketch
from tests.collectors.kubernetes.worlds import apis, look, world_of

ENTRIES = {each.resource.name: each for each in load()}
CLASSES = {
    "kong": "ingress-controllers.konghq.com/kong",
    "traefik": "traefik.io/ingress-controller",
    "nginx": "nginx.org/ingress-controller",
}
KEYS = {
    "kong": ("konghq.com/plugins", "p"),
    "traefik": ("traefik.ingress.kubernetes.io/router.middlewares", "shop-p@kubernetescrd"),
    "nginx": ("nginx.org/policies", "p"),
}


def kinds_of(resource: str) -> dict[str, str]:
    """Return what the table knows to ask callers who they are, and how."""
    auth = ENTRIES[resource].auth
    assert auth is not None
    return auth.kinds


def made(version: str, kind: str, **body: Any) -> dict[str, Any]:
    metadata = {"name": "p", "namespace": "shop"}
    return {"apiVersion": version, "kind": kind, "metadata": metadata} | body


def ingress(cls: str) -> dict[str, Any]:
    key, value = KEYS[cls]
    metadata = {"name": "i", "namespace": "shop", "annotations": {key: value}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web"}}}
    spec = {
        "ingressClassName": cls,
        "tls": [{"secretName": "t"}],
        "rules": [{"host": "a.example", "http": {"paths": [path]}}],
    }
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": spec,
    }


def of_class(cls: str) -> dict[str, Any]:
    spec = {"controller": CLASSES[cls]}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IngressClass",
        "metadata": {"name": cls},
        "spec": spec,
    }


def by_ingress(cls: str, told: dict[str, Any]) -> set[str]:
    """Return what an Ingress that names an object asks of callers."""
    one = ingress(cls)
    (found,) = apis(world_of(of_class(cls), told, one), one).values()
    (rule,) = list(found.rules or ())
    return {each.kind for each in rule.security.schemes}


def by_table(resource: str, told: dict[str, Any]) -> set[str]:
    """Return what the table says that an object asks of callers."""
    entry = ENTRIES[resource]
    sketch = look(world_of(told)).get(resource, "shop/p")
    assert isinstance(sketch, Sketch)
    assert entry.auth is not None
    return {entry.auth.kinds[each.kind] for each in sketch.auth}


KONG, TRAEFIK, NGINX = "configuration.konghq.com/v1", "traefik.io/v1alpha1", "k8s.nginx.org/v1"
NAMED = {
    **{
        f"kong {plugin}": ("kong", "kongplugins", made(KONG, "KongPlugin", plugin=plugin))
        for plugin in kinds_of("kongplugins.configuration.konghq.com")
    },
    **{
        f"traefik {name}": ("traefik", "middlewares", made(TRAEFIK, "Middleware", spec={name: {}}))
        for name in ("basicAuth", "digestAuth", "forwardAuth", "headers")
    },
    **{
        f"nginx {name}": ("nginx", "policies", made(NGINX, "Policy", spec={name: told}))
        for name, told in (
            ("jwt", {"secret": "s"}),
            ("oidc", {"clientID": "c"}),
            ("basicAuth", {"secret": "s"}),
            ("apiKey", {"clientSecret": "s"}),
            ("externalAuth", {"authURI": "/a"}),
            ("ingressMTLS", {"clientCertSecret": "s"}),
            ("accessControl", {"allow": ["10.0.0.0/8"]}),
        )
    },
}


@pytest.mark.parametrize(("cls", "plural", "told"), NAMED.values(), ids=NAMED.keys())
def test_an_ingress_asks_what_the_table_says_that_an_object_asks(
    cls: str, plural: str, told: dict[str, Any]
) -> None:
    resource = f"{plural}.{told['apiVersion'].partition('/')[0]}"
    assert by_ingress(cls, told) == by_table(resource, told)


def test_what_a_plugin_of_a_namespace_asks_one_of_the_cluster_asks_too() -> None:
    own = kinds_of("kongplugins.configuration.konghq.com")
    assert kinds_of("kongclusterplugins.configuration.konghq.com") == own


def test_a_plugin_with_an_odd_configuration_asks_all_the_same() -> None:
    told = made(KONG, "KongPlugin", plugin="openid-connect", config={"issuer": 7})
    assert by_ingress("kong", told) == by_table("kongplugins.configuration.konghq.com", told)
    assert by_ingress("kong", told) == {"oidc"}


@pytest.mark.parametrize("plugin", ["file-log", "kafka-log", "loggly"])
def test_an_ingress_has_the_protections_that_the_table_knows_of_a_plugin(plugin: str) -> None:
    one = ingress("kong")
    told = made(KONG, "KongPlugin", plugin=plugin)
    (found,) = apis(world_of(of_class("kong"), told, one), one).values()
    assert (found.access_log, found.cors) == ("enabled", "disabled")
