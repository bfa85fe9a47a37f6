"""How the demo's cluster is reached."""

from __future__ import annotations

import json

TOKEN = "of-the-emulated-cluster"  # noqa: S105 - opens nothing but an emulated cluster
OTHER = "https://kubernetes.test.department.example"
"""A cluster that is known and not visited."""


def kubeconfig(url: str) -> str:
    """Return a kubeconfig with the cluster and with one that is not visited; JSON, which is YAML too."""
    places = {"department": url, "department-test": OTHER}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "department",
            "clusters": [
                {"name": name, "cluster": {"server": server}} for name, server in places.items()
            ],
            "users": [{"name": "reader", "user": {"token": TOKEN}}],
            "contexts": [
                {"name": name, "context": {"cluster": name, "user": "reader"}} for name in places
            ],
        }
    )
