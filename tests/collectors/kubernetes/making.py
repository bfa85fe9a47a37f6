"""Objects for clusters in tests."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def service(name: str, *, namespace: str = "default", **metadata: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace} | metadata,
        "spec": {"ports": [{"port": 80}]},
    }


def namespace(name: str, **labels: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels},
    }
