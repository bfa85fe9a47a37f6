"""Secrets planted wherever objects of a cluster may hold one: none is stored, shown, logged or asked for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.collectors.kubernetes.families import reads
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.seeds.definitions import definition
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.kubeconfigs import cluster as place
from tests.collectors.kubernetes.kubeconfigs import kubeconfig, write
from tests.collectors.kubernetes.table.test_canaries import PLANTED
from tests.e2e.commands import Result, run_cli
from tests.e2e.kept import kept_in

MARK = "canary"
Json = dict[str, Any]

NEVER_READ: tuple[tuple[str, str, str], ...] = (
    ("apisix.apache.org/v2", "apisixconsumers", "ApisixConsumer"),
    ("configuration.konghq.com/v1", "kongcredentials", "KongCredential"),
    ("gravitee.io/v1alpha1", "managementcontexts", "ManagementContext"),
    ("konnect.konghq.com/v1alpha1", "konnectapiauthconfigurations", "KonnectAPIAuthConfiguration"),
    ("tyk.tyk.io/v1alpha1", "operatorcontexts", "OperatorContext"),
)
"""Kinds that hold hardly anything else."""

LAST = {"kubectl.kubernetes.io/last-applied-configuration": f'{{"spec": {{"key": "{MARK}"}}}}'}

MORE: tuple[Json, ...] = (
    *(
        {"apiVersion": version, "kind": kind, "spec": {"token": MARK, "auth": {"key": MARK}}}
        for version, _, kind in NEVER_READ
    ),
    {"apiVersion": "v1", "kind": "Secret", "data": {"tls.key": MARK}},
    {
        "apiVersion": "networking.istio.io/v1",
        "kind": "Gateway",
        "spec": {
            "selector": {"istio": "edge"},
            "servers": [
                {
                    "port": {"number": 443, "name": "https", "protocol": "HTTPS"},
                    "hosts": ["a.example.com"],
                    "tls": {
                        "mode": "SIMPLE",
                        "privateKey": MARK,
                        "tlsCertificates": [{"privateKey": MARK}],
                    },
                }
            ],
        },
    },
    {
        "apiVersion": "hub.traefik.io/v1alpha1",
        "kind": "AccessControlPolicy",
        "spec": {
            "jwt": {"signingSecret": MARK, "jwksUrl": f"https://u:{MARK}@a.example.com/?k={MARK}"},
            "apiKey": {"keySource": {"header": "x-key"}, "keys": [{"id": "a", "value": MARK}]},
            "basicAuth": {"users": [MARK]},
        },
    },
    {
        "apiVersion": "networking.gke.io/v1",
        "kind": "GCPBackendPolicy",
        "spec": {
            "targetRef": {"group": "", "kind": "Service", "name": "a"},
            "default": {"iap": {"enabled": True, "oauth2ClientSecret": {"name": MARK}}},
        },
    },
    {
        "apiVersion": "agentgateway.dev/v1alpha1",
        "kind": "AgentgatewayBackend",
        "spec": {"ai": {"provider": {"openai": {}}}, "policies": {"auth": {"key": MARK}}},
    },
    {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "spec": {
            "hostnames": ["a.example.com"],
            "parentRefs": [{"name": "edge"}],
            "rules": [
                {
                    "matches": [{"headers": [{"name": "x-key", "value": MARK}]}],
                    "filters": [
                        {
                            "type": "RequestHeaderModifier",
                            "requestHeaderModifier": {"set": [{"name": "x-key", "value": MARK}]},
                        }
                    ],
                    "backendRefs": [{"name": "a", "port": 80}],
                }
            ],
        },
    },
    {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {
            "annotations": {
                "nginx.ingress.kubernetes.io/auth-url": f"https://u:{MARK}@a.example.com/?k={MARK}",
                "nginx.ingress.kubernetes.io/configuration-snippet": f"set $key {MARK};",
                "apiscape.io/openapi-url": f"https://u:{MARK}@a.example.com/o?key={MARK}",
            }
        },
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "b.example.com"}]},
    },
)
"""Objects with a credential wherever their kinds can hold one, beside those of the table."""


def planted() -> Cluster:
    """Return a cluster with everything installed that is read, and more, and a credential in every object."""
    made = Cluster()
    served = made.kinds.of_kind
    for each in reads().resources:
        if each.group and served(f"{each.group}/{each.versions[0]}", each.kind) is None:
            named = (each.group, each.plural, each.kind, each.versions)
            made.add(definition(*named, namespaced=each.is_namespaced))
    for version, plural, kind in NEVER_READ:
        group, _, name = version.partition("/")
        made.add(definition(group, plural, kind, [name]))
    for number, told in enumerate((*PLANTED, *MORE)):
        metadata = told.get("metadata", {})
        annotations = {**metadata.get("annotations", {}), **LAST}
        metadata = {"name": f"a{number}", "namespace": "default", "annotations": annotations}
        made.add({**told, "metadata": metadata})
    return made


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    with KubernetesServer(planted()) as running:
        yield running


@pytest.fixture
def store(
    server: KubernetesServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Path]:
    """Give where the inventory of the cluster is kept; nothing may be logged either."""
    file = write(tmp_path / "kubeconfig", kubeconfig({"all": place(server.url)}))
    source = {"name": "k", "provider": "kubernetes", "kubeconfig": str(file), "contexts": ["all"]}
    told = tmp_path / "apiscape.yaml"
    told.write_text(yaml.safe_dump({"sources": [source]}), "utf-8")
    monkeypatch.setenv("APISCAPE_CONFIG", str(told))
    monkeypatch.setenv("APISCAPE_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    caplog.set_level(logging.DEBUG)
    yield tmp_path / "store.db"
    assert MARK not in caplog.text


def check(result: Result) -> Result:
    assert MARK not in result.out + result.err
    return result


def test_no_credential_of_an_object_is_stored_shown_or_logged(
    store: Path, server: KubernetesServer
) -> None:
    scanned = check(run_cli("scan", "--json"))
    assert scanned.code == 0, scanned.err
    rows = check(run_cli("list", "-o", "json")).lines
    assert len(rows) >= 12
    for form in ("table", "wide", "json", "yaml"):
        for command in ("list", "changes", "runs"):
            check(run_cli(command, "-o", form))
    for row in rows:
        check(run_cli("show", row["uid"], "-o", "json"))
    for form in ("jsonl", "csv"):
        check(run_cli("export", "--format", form))
    kept = [each.value for each in kept_in(store)]
    assert any(b"b.example.com" in each for each in kept)
    assert not [each[:80] for each in kept if MARK.encode() in each]
    for file in store.parent.glob("store.db*"):
        if file.is_file():
            assert MARK.encode() not in file.read_bytes()
    asked = {call.resource for call in server.calls}
    assert asked.isdisjoint({"secrets", *(plural for _, plural, _ in NEVER_READ)})
    assert {"httproutes", "kongplugins", "accesscontrolpolicies"} <= asked
