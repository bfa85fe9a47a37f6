"""Routes and gateways in tests of Gateway API: what a route exposes at the one gateway that it names."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.exposed import Condition, Exposed, Rule
from apiscape.collectors.kubernetes.gatewayapi.kinds import EARLY_GROUP, HOLDERS
from tests.collectors.kubernetes.estate import (
    gateway_class,
    namespace,
    parent,
    thing,
)
from tests.collectors.kubernetes.worlds import apis, world_of

EDGE = "infra/edge"
SPACES = (namespace("infra"), namespace("shop"))
TAKES_SETS = {"allowedListeners": {"namespaces": {"from": "All"}}}


def urls(api: Exposed) -> list[tuple[str, str, int | None]]:
    return [(each.scheme, each.host, each.port) for each in api.addresses or ()]


def at_edge(manifest: Any, *others: Any, **given: Any) -> Exposed:
    """Return what a route exposes at the one gateway that it names."""
    world = world_of(*SPACES, gateway_class(), manifest, *others, **given)
    (api,) = apis(world, manifest).values()
    return api


def the_rule(api: Exposed) -> Rule:
    """Return the only rule of an API."""
    assert api.rules is not None
    (told,) = api.rules
    return told


def conditions(api: Exposed) -> dict[str, bool | None]:
    return {each.name: each.holds for each in api.conditions}


def condition(api: Exposed, name: str) -> Condition:
    (found,) = (each for each in api.conditions if each.name == name)
    return found


def listener_set(*listeners: Any, kind: str = "ListenerSet", **given: Any) -> Any:
    spec = {"parentRef": parent(), "listeners": list(listeners)}
    if kind == "XListenerSet":
        given |= {"apiVersion": f"{EARLY_GROUP}/v1alpha1"}
    return thing(kind, "more", "shop", spec, **given)


def at_set(kind: str = "ListenerSet") -> list[Any]:
    """Return the parents of a route that names such a set alone."""
    return [parent("more", "shop", group=HOLDERS[kind], kind=kind)]
