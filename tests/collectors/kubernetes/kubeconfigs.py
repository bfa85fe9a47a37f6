"""Kubeconfigs for tests, written as files that the agent reads."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from apiscape.collectors.kubernetes.settings import ContextSettings, KubernetesSettings

CANARY = "c4nary-cr3dential"
"""Stands in every place of a kubeconfig that may hold a credential."""

Json = dict[str, Any]


def cluster(server: str, **more: Any) -> Json:
    return {"server": server, **more}


def kubeconfig(
    clusters: Mapping[str, Json],
    users: Mapping[str, Json] | None = None,
    *,
    current: str = "",
    contexts: Mapping[str, Json] | None = None,
) -> Json:
    """Return a kubeconfig; without contexts there is one for each cluster, with the user of its name."""
    users = users or {}
    told = contexts or {
        name: {"cluster": name} | ({"user": name} if name in users else {}) for name in clusters
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": name, "cluster": each} for name, each in clusters.items()],
        "users": [{"name": name, "user": each} for name, each in users.items()],
        "contexts": [{"name": name, "context": each} for name, each in told.items()],
    }


def write(file: Path, told: Json) -> Path:
    file.write_text(yaml.safe_dump(told), "utf-8")
    return file


def settings(file: Path, *contexts: str | ContextSettings, **more: Any) -> KubernetesSettings:
    return KubernetesSettings(kubeconfig=str(file), contexts=contexts, **more)


def in_base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode()
