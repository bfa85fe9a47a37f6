"""What routes find at the listeners that take them is worked out for all of them, and each finds its own."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.kubernetes.exposed import Exposed
from apiscape.collectors.kubernetes.world import Subject, World
from tests.collectors.kubernetes.estate import gateway, gateway_class, listener, route, said
from tests.collectors.kubernetes.gatewayapi.room import SPACES, conditions, urls
from tests.collectors.kubernetes.worlds import READS, apis, put, resource_of, world_of

A, B = listener("a", hostname="a.example"), listener("b", hostname="b.example", port=8443)
AT_A, AT_B = route("at-a", hostnames=["a.example"]), route("at-b", hostnames=["b.example"])
AT_BOTH = route("at-both")
BROKEN = {
    "conditions": said(Programmed="True"),
    "listeners": [{"name": "a", "conditions": said(Programmed="False")}],
}


def one(world: World, manifest: Any) -> Exposed:
    (found,) = apis(world, manifest).values()
    return found


def followed(world: World, manifest: Any) -> list[tuple[str, str, int | None]]:
    """Return where a route is reached, and have remembered what that was found by."""
    resource = resource_of(manifest)
    key = "shop/" + manifest["metadata"]["name"]
    look = world.look(Subject(resource.name, key))
    family = READS.owner(resource)
    assert family is not None
    (found,) = family.expose(resource, world.find(resource.name, key), look)
    look.done()
    assert isinstance(found, Exposed)
    return urls(found)


def test_routes_of_one_gateway_find_what_their_own_listeners_have() -> None:
    edge = gateway(A, B, status=BROKEN)
    world = world_of(*SPACES, gateway_class(), edge, AT_A, AT_B, AT_BOTH)
    assert conditions(one(world, AT_A)) == {"Accepted": None, "Programmed": False}
    assert conditions(one(world, AT_B)) == {"Accepted": None}
    assert conditions(one(world, AT_BOTH)) == {"Accepted": None, "ListenerProgrammed": False}
    assert urls(one(world, AT_A)) == [("https", "a.example", 443)]
    assert urls(one(world, AT_B)) == [("https", "b.example", 8443)]


def test_what_routes_find_follows_the_listeners_of_a_gateway() -> None:
    world = world_of(*SPACES, gateway_class(), gateway(A, B), AT_BOTH)
    at_b = ("https", "b.example", 8443)
    assert followed(world, AT_BOTH) == [("https", "a.example", 443), at_b]
    put(world, gateway(B))
    assert Subject(resource_of(AT_BOTH).name, "shop/at-both") in world.stale
    assert followed(world, AT_BOTH) == [at_b]
    put(world, gateway(B, status=BROKEN | {"conditions": said(Programmed="False")}))
    assert Subject(resource_of(AT_BOTH).name, "shop/at-both") in world.stale
    assert conditions(one(world, AT_BOTH)) == {"Accepted": None, "Programmed": False}
