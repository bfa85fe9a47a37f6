"""A mesh that is followed: whatever changes, what is said again is all that would be said anew."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.kubernetes.istio.resources import VIRTUAL_SERVICES
from apiscape.collectors.kubernetes.world import World
from tests.collectors.kubernetes.istio.meshes import RESOURCES, mesh_of, told_of
from tests.collectors.kubernetes.istio.test_odd_objects import MESH
from tests.collectors.kubernetes.policies.clusters import Json, decoded

KEYS = ("shop/web", "shop/more")


def place(told: Json) -> tuple[str, str]:
    """Return of which resource an object is, and its key."""
    group = told["apiVersion"].rpartition("/")[0]
    resource = next(
        each for each in RESOURCES.values() if (each.group, each.kind) == (group, told["kind"])
    )
    return resource.name, f"{told['metadata']['namespace']}/{told['metadata']['name']}"


def flip(world: World, told: Json) -> None:
    """Take an object away, or bring it back."""
    resource, key = place(told)
    if not world.drop(resource, key):
        world.put(resource, decoded(told, RESOURCES[resource]))


def said(world: World, key: str) -> list[Any]:
    """Return what a VirtualService exposes, if it is there."""
    if world.find(VIRTUAL_SERVICES, key) is None:
        return []
    return told_of(world, VIRTUAL_SERVICES, key)


@settings(max_examples=60)
@given(changes=st.lists(st.sampled_from(range(len(MESH))), max_size=6))
def test_what_is_asked_again_is_all_that_has_changed(changes: list[int]) -> None:
    world = mesh_of(*MESH)
    held = {key: said(world, key) for key in KEYS}
    there = set(range(len(MESH)))
    for at in changes:
        flip(world, MESH[at])
        there ^= {at}
        stale = {each.key for each in world.stale if each.resource == VIRTUAL_SERVICES}
        for key in KEYS:
            if key in stale or world.find(VIRTUAL_SERVICES, key) is None:
                held[key] = said(world, key)
    anew = mesh_of(*(MESH[at] for at in sorted(there)))
    assert held == {key: said(anew, key) for key in KEYS}
