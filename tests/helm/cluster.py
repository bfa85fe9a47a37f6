"""The emulated API server with what a chart installs, and Helm at work on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import yaml

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.exchange import JSON, Answer, Request
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.helm.charting import CHART, NAMESPACE, RELEASE, Chart, Json
from tests.helm.protobuf import MEDIA, secret

RBAC = "rbac.authorization.k8s.io"
SERVED = (
    ("", "persistentvolumeclaims", "PersistentVolumeClaim", "Namespaced"),
    ("", "serviceaccounts", "ServiceAccount", "Namespaced"),
    ("apps", "deployments", "Deployment", "Namespaced"),
    ("networking.k8s.io", "networkpolicies", "NetworkPolicy", "Namespaced"),
    (RBAC, "clusterrolebindings", "ClusterRoleBinding", "Cluster"),
    (RBAC, "clusterroles", "ClusterRole", "Cluster"),
    (RBAC, "rolebindings", "RoleBinding", "Namespaced"),
    (RBAC, "roles", "Role", "Namespaced"),
)
"""Group, plural, kind and scope of what the chart makes beside what the server has anyway."""


class Installed:
    """A cluster that a release is installed in."""

    def __init__(self, chart: Chart, cluster: Cluster, kubeconfig: Path) -> None:
        self._chart = chart
        self._cluster = cluster
        self._where = ("--namespace", NAMESPACE, "--kubeconfig", str(kubeconfig))

    def install(self, values: Json) -> str:
        """Install the release."""
        return self._apply("install", values)

    def upgrade(self, values: Json) -> str:
        """Give the release other values."""
        return self._apply("upgrade", values)

    def helm(self, *words: str, given: str = "") -> str:
        """Return what Helm says of the cluster."""
        return self._chart.run(*words, *self._where, given=given)

    def kubectl(self, *words: str) -> str:
        """Return what kubectl says of the cluster."""
        return self._chart.run(*words, *self._where, program=self._chart.kubectl)

    def named(self, group: str, plural: str) -> dict[str, Json]:
        """Return the objects of a resource by name."""
        held = self._cluster.storage.every((group, plural))
        return {place[1]: thing.body for place, thing in held}

    def configuration(self) -> Json:
        """Return the configuration that the agent would read."""
        return dict(
            json.loads(self.named("", "configmaps")[f"{RELEASE}-apiscape"]["data"]["config.yaml"])
        )

    def _apply(self, verb: str, values: Json) -> str:
        # The emulated server has no OpenAPI document of built-in kinds; other tests hold them to their schemas.
        words = (verb, RELEASE, str(CHART), "--disable-openapi-validation", "--values", "-")
        return self.helm(*words, given=yaml.safe_dump(values))


@contextmanager
def installable(chart: Chart, folder: Path) -> Iterator[Installed]:
    """Run an empty cluster with a namespace for the release."""
    cluster = Cluster()
    for group, plural, kind, scope in SERVED:
        version = {"name": "v1", "served": True, "storage": True}
        names = {"plural": plural, "kind": kind}
        spec = {"group": group, "names": names, "scope": scope, "versions": [version]}
        cluster.kinds.define({"spec": spec})
    cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    with KubernetesServer(cluster) as server:
        take_protobuf(server)
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(json.dumps(pointing_at(server.url)), "utf-8")
        yield Installed(chart, cluster, kubeconfig)


def take_protobuf(server: KubernetesServer) -> None:
    """Have a server take the Secrets that Helm sends, which are in protobuf."""
    answering = server._listener.answering
    answer = answering.answer

    def answer_json(request: Request) -> Answer:
        if request.headers.get("content-type") == MEDIA and request.method in {"POST", "PUT"}:
            request = msgspec.structs.replace(
                request,
                headers={**request.headers, "content-type": JSON},
                body=msgspec.json.encode(secret(request.body)),
            )
        return answer(request)

    answering.answer = answer_json  # type: ignore[method-assign]


def pointing_at(url: str) -> Json:
    """Return a kubeconfig for a server that lets everybody in."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "emulated",
        "contexts": [{"name": "emulated", "context": {"cluster": "emulated", "user": "nobody"}}],
        "clusters": [{"name": "emulated", "cluster": {"server": url}}],
        "users": [{"name": "nobody", "user": {}}],
    }
