"""A kind of our own to try a server with."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

GROUP = "probe.example.com"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
HERE = f"/apis/{GROUP}/v1/namespaces/default/widgets"
EVERYWHERE = f"/apis/{GROUP}/v1/widgets"

SCHEMA: Json = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "required": ["host"],
            "properties": {
                "host": {"type": "string"},
                "port": {"type": "integer", "default": 443},
            },
        },
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}


def version(name: str = "v1", *, storage: bool = True, **given: Any) -> Json:
    return {
        "name": name,
        "served": True,
        "storage": storage,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": SCHEMA},
    } | given


def definition(*versions: Json, **spec: Any) -> Json:
    names = {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": names,
            "versions": list(versions) or [version()],
        }
        | spec,
    }


def widget(name: str, *, metadata: Json | None = None, **spec: Any) -> Json:
    return {
        "apiVersion": f"{GROUP}/v1",
        "kind": "Widget",
        "metadata": {"name": name, "labels": {"n": name}} | (metadata or {}),
        "spec": {"host": "a.example"} | spec,
    }
