"""No credential of an object is kept: not in what is picked, not in what is exposed, not in what is said of errors."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.kubernetes.objects import Decoder
from tests.collectors.kubernetes.table.room import Room, gate, route
from tests.collectors.kubernetes.table.test_samples import SAMPLES, elsewhere, sample

KEY = "-----BEGIN PRIVATE KEY----- canary"


def planted(value: Any) -> int:
    """Count the canaries in an object."""
    return str(value).count("canary")


@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_of_what_is_planted_in_a_sample_is_kept(name: str) -> None:
    told = sample(name)
    room = Room(told["objects"], others=[elsewhere(**each) for each in told.get("others", ())])
    kept = [thing for _, thing in room.put]
    said = [list(room.told(resource, thing)) for resource, thing in room.put]
    assert "canary" not in repr(kept)
    assert "canary" not in repr(room.exposed())
    assert "canary" not in repr(said)
    assert b"canary" not in msgspec.json.encode(kept)


def test_samples_hold_what_is_looked_for() -> None:
    assert sum(planted(sample(name)["objects"]) for name in SAMPLES) >= 25


@pytest.mark.parametrize(
    ("version", "kind", "body"),
    [
        (
            "route.openshift.io/v1",
            "Route",
            {
                "spec": {
                    "host": "a",
                    "to": {"name": "a"},
                    "tls": {"key": KEY, "certificate": KEY, "caCertificate": KEY},
                }
            },
        ),
        (
            "configuration.konghq.com/v1",
            "KongPlugin",
            {
                "plugin": "hmac-auth",
                "config": {"issuer": KEY, "secret": KEY, "redis": {"password": KEY}},
            },
        ),
        (
            "configuration.konghq.com/v1",
            "KongClusterPlugin",
            {"plugin": KEY, "config": {"anonymous": KEY}},
        ),
        (
            "apisix.apache.org/v2",
            "ApisixRoute",
            {
                "spec": {
                    "http": [
                        {
                            "match": {"paths": ["/"]},
                            "plugins": [
                                {
                                    "name": "key-auth",
                                    "enable": True,
                                    "config": {"key": KEY},
                                    "secretRef": KEY,
                                }
                            ],
                        }
                    ]
                }
            },
        ),
        (
            "gravitee.io/v1alpha1",
            "Subscription",
            {"spec": {"api": {"name": "a"}, "apiKeys": [{"key": KEY}]}},
        ),
        (
            "gravitee.io/v1alpha1",
            "ApiV4Definition",
            {
                "spec": {
                    "endpointGroups": [
                        {
                            "endpoints": [
                                {
                                    "configuration": {"target": "http://canary:canary@a/?canary"},
                                    "sharedConfiguration": {
                                        "ssl": {
                                            "keyStore": {
                                                "password": KEY,
                                                "content": KEY,
                                                "keyContent": KEY,
                                            }
                                        }
                                    },
                                }
                            ],
                            "headers": [{"value": KEY}],
                        }
                    ],
                    "resources": [{"configuration": {"clientSecret": KEY}}],
                    "properties": [{"value": KEY}],
                    "listeners": [{"type": "HTTP", "paths": [{"path": "/"}]}],
                }
            },
        ),
        (
            "capabilities.3scale.net/v1beta1",
            "OpenAPI",
            {
                "spec": {
                    "privateAPISecretToken": KEY,
                    "openapiRef": {"url": "https://canary:canary@a/b?canary"},
                }
            },
        ),
        (
            "capabilities.3scale.net/v1beta1",
            "Product",
            {
                "spec": {
                    "deployment": {
                        "apicastHosted": {
                            "authentication": {
                                "oidc": {"issuerEndpoint": "https://canary:canary@a/b"}
                            }
                        }
                    },
                    "mappingRules": [{"httpMethod": "GET", "pattern": "/"}],
                }
            },
        ),
        (
            "traefik.io/v1alpha1",
            "Middleware",
            {
                "spec": {
                    "plugin": {"jwt": {"signingSecret": KEY}},
                    "headers": {"customRequestHeaders": {"a": KEY}},
                    "forwardAuth": {"address": "http://canary:canary@a"},
                }
            },
        ),
        (
            "hub.traefik.io/v1alpha1",
            "API",
            {
                "spec": {
                    "title": "a",
                    "openApiSpec": {"url": "https://canary:canary@a/b?canary#canary"},
                }
            },
        ),
        (
            "tyk.tyk.io/v1alpha1",
            "ApiDefinition",
            {
                "spec": {
                    "proxy": {
                        "target_url": "http://canary:canary@a.example/x?canary",
                        "listen_path": "/",
                    },
                    "enable_jwt": True,
                    "jwt_source": KEY,
                    "auth_configs": {"a": {"signature": {"secret": KEY}}},
                }
            },
        ),
        (
            "projectcontour.io/v1",
            "HTTPProxy",
            {
                "spec": {
                    "virtualhost": {
                        "fqdn": "a",
                        "jwtProviders": [
                            {
                                "name": "a",
                                "issuer": "https://canary:canary@a/?canary",
                                "localJWKS": {"key": KEY},
                            }
                        ],
                    },
                    "routes": [{"requestHeadersPolicy": {"set": [{"name": "a", "value": KEY}]}}],
                }
            },
        ),
        (
            "k8s.nginx.org/v1",
            "Policy",
            {
                "spec": {
                    "oidc": {"clientID": KEY, "clientSecret": KEY, "authExtraArgs": [KEY]},
                    "jwt": {"jwksURI": KEY},
                }
            },
        ),
        (
            "k8s.nginx.org/v1",
            "VirtualServer",
            {
                "spec": {
                    "host": "a",
                    "server-snippets": KEY,
                    "http-snippets": KEY,
                    "routes": [
                        {"path": "/", "location-snippets": KEY, "action": {"return": {"body": KEY}}}
                    ],
                }
            },
        ),
        ("apigatewayv2.services.k8s.aws/v1alpha1", "API", {"spec": {"name": "a", "body": KEY}}),
    ],
)
def test_a_credential_in_an_object_is_in_nothing_that_is_made_of_it(
    version: str, kind: str, body: dict[str, Any]
) -> None:
    made = {"apiVersion": version, "kind": kind, "metadata": {"name": "a", "namespace": "b"}} | body
    room = Room([made])
    assert planted(made) > 0
    assert "canary" not in repr(room.put[0][1])
    assert "canary" not in repr(room.exposed())


def test_what_was_applied_last_is_not_kept() -> None:
    annotations = {"kubectl.kubernetes.io/last-applied-configuration": KEY}
    room = Room(
        [
            sample("openshift")["objects"][0]
            | {"metadata": {"name": "a", "namespace": "b", "annotations": annotations}}
        ]
    )
    assert "canary" not in repr(room.put[0][1])


def test_an_error_of_an_expression_never_says_the_value() -> None:
    room = route("  title: \"join(',', spec.password)\"\n", spec={"password": 7357_7357})
    assert "73577357" not in repr(room.put[0][1])
    assert room.one().incomplete == ("title could not be read",)


def test_what_does_not_fit_a_slot_is_left_out_and_named_by_the_slot_alone() -> None:
    text = "  rules:\n    - targets: spec.to\n"
    room = route(text, spec={"to": [{"name": "a", "password": "canary"}, {"name": "b"}]})
    assert [each.name for each in (room.one().rules or ())[0].targets] == ["b"]
    assert room.one().incomplete == ("rules[0].targets could not be read",)
    assert "canary" not in repr(room.put[0][1])


def test_an_odd_object_says_nothing_of_its_values() -> None:
    room = Room()
    resource = room.kinds[("route.openshift.io", "Route")]
    odd = {
        "metadata": {"name": "a", "namespace": "b", "labels": {"a": ["canary"]}},
        "spec": "canary",
    }
    page: Any = Decoder(resource.type).page(
        msgspec.json.encode({"metadata": {}, "items": [odd, gate()]}), "list"
    )
    assert (len(page.items), len(page.odd)) == (1, 1)
    assert "canary" not in repr(page.odd)
