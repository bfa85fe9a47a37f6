"""What is said of a cluster that is followed, in short."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.contract import (
    Recorded,
)
from tests.collectors.kubernetes.estate import (
    KINDS,
)
from tests.collectors.kubernetes.visiting import Told

GROUP = "gateway.networking.k8s.io"
ROUTES, GATEWAYS, SETS = f"httproutes.{GROUP}", f"gateways.{GROUP}", f"listenersets.{GROUP}"
ORDERS = "shop/orders@infra/edge"
SERVED = {"namespaces", "services", "endpointslices.discovery.k8s.io"} | {
    f"{plural}.{GROUP}" for plural in KINDS
}


def is_synced(told: Told) -> bool:
    return told.synced >= SERVED


def short(said: list[Any], kind: type[Any] = Recorded) -> list[str]:
    """Return the objects that are said in some way: `httproutes shop/orders`, each once and in order."""
    found: dict[str, None] = {}
    for each in said:
        if isinstance(each, kind):
            _, resource, key = each.native_id.split(":", 2)
            found[f"{resource.rpartition('/')[2]} {key}"] = None
    return list(found)
