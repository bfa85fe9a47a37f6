"""A release lives through its days on an API server: what Helm asks of one, it gets, and the store's volume stays."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helm.charting import Chart, RefusedError, case
from tests.helm.cluster import Installed, installable
from tests.helm.protobuf import MAGIC, fields, secret

NAME = "demo-apiscape"


@pytest.fixture
def installed(chart: Chart, tmp_path: Path) -> Iterator[Installed]:
    with installable(chart, tmp_path) as found:
        yield found


def test_what_is_installed_is_there(installed: Installed) -> None:
    assert "apiscape scopes" in installed.install({})
    assert set(installed.named("apps", "deployments")) == {NAME}
    assert set(installed.named("", "persistentvolumeclaims")) == {NAME}
    assert set(installed.named("rbac.authorization.k8s.io", "clusterroles")) == {f"apis-{NAME}"}
    assert set(installed.named("", "secrets")) == {"sh.helm.release.v1.demo.v1"}
    assert '"status":"deployed"' in installed.helm("list", "--output", "json")


def test_kubectl_finds_what_helm_installed(installed: Installed) -> None:
    installed.install({})
    found = installed.kubectl("get", "deployments,persistentvolumeclaims,roles", "--output", "name")
    assert found.split() == [f"deployment.apps/{NAME}", f"persistentvolumeclaim/{NAME}"]
    path = "jsonpath={.spec.template.spec.volumes[0].persistentVolumeClaim.claimName}"
    assert installed.kubectl("get", "deployment", NAME, "--output", path) == NAME


def test_the_volume_and_the_selector_stay_over_upgrade_and_rollback(installed: Installed) -> None:
    installed.install({})
    claim = installed.named("", "persistentvolumeclaims")[NAME]
    before = installed.named("apps", "deployments")[NAME]

    much = case("everything")
    much["api"].pop("httpRoute")  # this cluster has no Gateway API
    installed.upgrade({**much, "fullnameOverride": "", "config": {"retention_days": 30}})
    assert installed.configuration()["retention_days"] == 30
    after = installed.named("apps", "deployments")[NAME]
    assert after["spec"]["template"] != before["spec"]["template"]
    assert after["spec"]["selector"] == before["spec"]["selector"]
    assert after["metadata"]["uid"] == before["metadata"]["uid"]

    installed.helm("rollback", "demo", "1")
    assert "retention_days" not in installed.configuration()
    assert (
        installed.named("", "persistentvolumeclaims")[NAME]["metadata"]["uid"]
        == claim["metadata"]["uid"]
    )
    assert '"description":"Rollback to 1"' in installed.helm("history", "demo", "--output", "json")


def test_what_is_switched_off_is_not_granted_any_more(installed: Installed) -> None:
    installed.install({})
    installed.upgrade({"kubernetes": {"resources": {"kong": False}}})
    (role,) = installed.named("rbac.authorization.k8s.io", "clusterroles").values()
    groups = {group for rule in role["rules"] for group in rule["apiGroups"]}
    assert "configuration.konghq.com" not in groups
    assert "gateway.networking.k8s.io" in groups


def test_from_the_whole_cluster_to_some_namespaces_the_role_of_the_cluster_goes(
    installed: Installed,
) -> None:
    installed.install({})
    installed.upgrade({"kubernetes": {"namespaces": ["default"]}})
    rbac = "rbac.authorization.k8s.io"
    (role,) = installed.named(rbac, "clusterroles").values()
    assert [rule["resourceNames"] for rule in role["rules"]] == [["kube-system"]]
    stated = {"namespaces": ["default"], "uid": "6f1c0000-0000-0000-0000-000000000001"}
    installed.upgrade({"kubernetes": stated})
    assert (
        installed.named(rbac, "clusterroles") == installed.named(rbac, "clusterrolebindings") == {}
    )
    assert len(installed.named(rbac, "roles")) == len(installed.named(rbac, "rolebindings")) == 1


def test_an_upgrade_that_is_refused_changes_nothing(installed: Installed) -> None:
    installed.install({})
    before = installed.named("apps", "deployments")
    with pytest.raises(RefusedError, match="an agent holds its store alone"):
        installed.upgrade({"replicas": 3})
    assert installed.named("apps", "deployments") == before
    assert set(installed.named("", "secrets")) == {"sh.helm.release.v1.demo.v1"}


def test_the_history_outlives_the_release_and_a_new_one_finds_it(installed: Installed) -> None:
    installed.install({})
    claim = installed.named("", "persistentvolumeclaims")[NAME]
    installed.helm("uninstall", "demo")
    assert installed.named("apps", "deployments") == {}
    assert installed.named("rbac.authorization.k8s.io", "clusterroles") == {}
    assert set(installed.named("", "persistentvolumeclaims")) == {NAME}
    installed.install({})
    found = installed.named("", "persistentvolumeclaims")[NAME]
    assert found["metadata"]["uid"] == claim["metadata"]["uid"]


def test_a_secret_is_read_as_it_was_sent() -> None:
    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    def pair(name: bytes, value: bytes) -> bytes:
        return field(1, name) + field(2, value)

    metadata = field(1, b"kept") + field(3, b"apis") + field(11, pair(b"owner", b"helm"))
    held = (
        field(1, metadata)
        + field(2, pair(b"release", b"\x00\xff"))
        + field(3, b"helm.sh/release.v1")
    )
    body = MAGIC + field(1, field(1, b"v1") + field(2, b"Secret")) + field(2, held)
    assert secret(body) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "kept", "namespace": "apis", "labels": {"owner": "helm"}},
        "type": "helm.sh/release.v1",
        "data": {"release": base64.b64encode(b"\x00\xff").decode()},
    }


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{}", "not an object of Kubernetes"),
        (MAGIC + b"\x0a\x05\x12\x03Pod\x12\x00", "not a Secret but a Pod"),
    ],
)
def test_what_is_no_secret_is_not_taken_for_one(body: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        secret(body)


def test_a_field_of_a_kind_that_secrets_do_not_have_is_refused() -> None:
    assert fields(b"\x08\x96\x01") == {1: [150]}
    with pytest.raises(ValueError, match="field 1 is of kind 5"):
        fields(b"\x0d\x01\x00\x00\x00")
