"""Worlds of a few objects, as a server gives them, and what they give."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from apiscape.collectors.kubernetes.deploying.deployment import Place, deploy, serve
from apiscape.collectors.kubernetes.exposed import Exposed, Served
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.objects import Decoder, Odd
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.world import Subject, World, WorldLook
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Signal
from tests.collectors.kubernetes.visiting import NOON

READS = reads()
PLACE = Place(cluster="cluster")
NOBODY = Subject("nobody", "")


def resource_of(manifest: dict[str, Any]) -> Resource:
    group = manifest["apiVersion"].rpartition("/")[0]
    return next(
        each for each in READS.resources if (each.group, each.kind) == (group, manifest["kind"])
    )


def put(world: World, *manifests: dict[str, Any]) -> None:
    for each in manifests:
        resource = resource_of(each)
        event = {"type": "ADDED", "object": each}
        item = Decoder(resource.type).event(json.dumps(event).encode(), "test").item
        assert item is not None
        assert not isinstance(item, Odd), item
        world.put(resource.name, resource.pick(item) if resource.pick else item)


def world_of(*manifests: dict[str, Any], unseen: Iterable[str] = ()) -> World:
    """Return a world in which everything was read but what is named by plural."""
    made = World(READS.resources)
    hidden = set(unseen)
    for each in reads().resources:
        made.see(each.name, whole=each.plural not in hidden)
    put(made, *manifests)
    return made


def look(world: World) -> WorldLook:
    return world.look(NOBODY)


def exposed(world: World, manifest: dict[str, Any]) -> list[Any]:
    """Return what an object exposes."""
    resource = resource_of(manifest)
    metadata = manifest["metadata"]
    key = "/".join(filter(None, (metadata.get("namespace"), metadata["name"])))
    family = READS.owner(resource)
    assert family is not None
    return list(family.expose(resource, world.find(resource.name, key), look(world)))


def apis(world: World, manifest: dict[str, Any]) -> dict[str | None, Exposed]:
    """Return what an object exposes, by the parent that it is attached to."""
    found = [each for each in exposed(world, manifest) if isinstance(each, Exposed)]
    assert len({each.parent for each in found}) == len(found)
    return {each.parent: each for each in found}


def deployed(world: World, manifest: dict[str, Any]) -> list[tuple[Deployment, dict[str, Signal]]]:
    """Return the deployments of an object, each with its signals by their names."""
    resource = resource_of(manifest)
    found: list[tuple[Deployment, dict[str, Signal]]] = []
    for each in exposed(world, manifest):
        assert isinstance(each, Exposed)
        made, *signals = deploy(each, resource, PLACE, look(world), NOON)
        assert isinstance(made, Deployment)
        found.append((made, {one.name: one for one in signals if isinstance(one, Signal)}))
    return found


def served(world: World, manifest: dict[str, Any]) -> list[Any]:
    """Return a gateway, and its signals."""
    resource = resource_of(manifest)
    (said,) = exposed(world, manifest)
    assert isinstance(said, Served)
    return list(serve(said, resource, PLACE, look(world), NOON))
