"""Clusters by the command line: which are visited, which are not and why, and no credential anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.demo.kubernetes.access import EVERYTHING
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.kubeconfigs import CANARY, cluster, kubeconfig, write
from tests.e2e.commands import Result, run_cli

USERS: dict[str, Any] = {
    "shop": {"token": CANARY},
    "again": {"token": CANARY},
    "program": {"exec": {"command": "sign-in", "args": [CANARY], "apiVersion": CANARY}},
    "other": {"token": CANARY},
}


@pytest.fixture
def server() -> Iterator[KubernetesServer]:
    guarded = Cluster(takes_anonymous=False)
    guarded.access.grant("agent", CANARY, [EVERYTHING])
    with KubernetesServer(guarded) as running:
        yield running


@pytest.fixture
def store(tmp_path: Path, server: KubernetesServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    clusters = dict.fromkeys(USERS, cluster(server.url))
    file = write(tmp_path / "kubeconfig", kubeconfig(clusters, USERS, current="shop"))
    source = {
        "name": "clusters",
        "provider": "kubernetes",
        "kubeconfig": str(file),
        "contexts": ["shop", "again", "program"],
    }
    told = tmp_path / "apiscape.yaml"
    told.write_text(yaml.safe_dump({"sources": [source]}), "utf-8")
    monkeypatch.setenv("APISCAPE_CONFIG", str(told))
    monkeypatch.setenv("APISCAPE_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    return tmp_path / "store.db"


def check(result: Result, code: int) -> Result:
    assert result.code == code, result.err
    assert CANARY not in result.out + result.err
    return result


def test_a_scan_says_what_became_of_every_context(store: Path) -> None:
    scanned = run_cli("scan", "--json")
    assert CANARY not in scanned.out + scanned.err
    estate = {each["key"]: each for each in scanned.document["estate"]}
    assert {key: each.get("state", "visited") for key, each in estate.items()} == {
        "shop": "visited",
        "program": "visited",
        "again": "excluded",
        "other": "not_configured",
    }
    assert estate["program"]["reason"] == "context program has sign-in run to sign in"
    assert estate["again"]["reason"] == "the same cluster as shop, which is visited"
    assert "reason" not in estate["shop"]
    for file in store.parent.glob("store.db*"):
        assert CANARY.encode() not in file.read_bytes()


def test_commands_say_no_credential(store: Path) -> None:
    check(run_cli("sources", "validate"), 0)
    for form in ("table", "json", "yaml"):
        check(run_cli("sources", "-o", form), 0)
        check(run_cli("permissions", "clusters", "-o", form), 2)


def test_the_smallest_rules_are_printed_without_a_call(
    store: Path, server: KubernetesServer
) -> None:
    printed = check(run_cli("permissions", "clusters", "--format", "rbac"), 0)
    kinds = [each["kind"] for each in yaml.safe_load_all(printed.out)]
    assert kinds == ["ClusterRole", "ClusterRoleBinding"]
    assert server.calls == []
    file = store.parent / "apiscape.yaml"
    told = yaml.safe_load(file.read_text("utf-8"))
    told["sources"][0]["entries"] = str(store.parent / "own.yaml")
    file.write_text(yaml.safe_dump(told), "utf-8")
    wrong = check(run_cli("permissions", "clusters", "--format", "rbac"), 3)
    assert "source clusters: own.yaml: cannot be read" in wrong.err
    refused = check(run_cli("permissions", "clusters", "--format", "terraform"), 3)
    assert "forms of kubernetes: policy, rbac, iam" in refused.err
