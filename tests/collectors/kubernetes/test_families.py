"""What is read of a cluster is listed once, whoever reads it, and found by all that anybody looks for it by."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.ingress.plugins import (
    CLUSTER_PLUGINS,
    MIDDLEWARES,
    PLUGINS,
    POLICIES,
)
from apiscape.collectors.kubernetes.world import World

BY_NAME = {each.name: each for each in reads().resources}


def test_every_resource_is_listed_once_whoever_reads_it() -> None:
    names = [each.name for each in reads().resources]
    assert len(names) == len(set(names))


def test_routes_that_others_make_are_found_by_who_made_them() -> None:
    made = {"metadata": {"name": "w", "namespace": "shop"}}
    made["metadata"]["ownerReferences"] = [  # type: ignore[assignment]
        {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": "hello", "uid": "u"}
    ]
    resource = BY_NAME["httproutes.gateway.networking.k8s.io"]
    world = World(BY_NAME.values())
    world.put(resource.name, msgspec.convert({**made, "spec": {}}, resource.type))
    owner = "Service.serving.knative.dev:shop/hello"
    assert list(world.indexed((resource.name, "owned", owner))) == ["shop/w"]


@pytest.mark.parametrize("name", [PLUGINS, CLUSTER_PLUGINS, *MIDDLEWARES, POLICIES])
def test_what_ingresses_name_of_their_controllers_is_read_by_the_table(name: str) -> None:
    assert BY_NAME[name].pick is not None


def test_plugins_for_everything_are_found_as_what_is_of_all() -> None:
    resource = BY_NAME[CLUSTER_PLUGINS]
    world = World(BY_NAME.values())
    for name, labels in (("wide", {"global": "true"}), ("narrow", {})):
        body = {"metadata": {"name": name, "labels": labels}, "plugin": "jwt"}
        assert resource.pick is not None
        world.put(CLUSTER_PLUGINS, resource.pick(msgspec.convert(body, resource.type)))
    assert list(world.indexed((CLUSTER_PLUGINS, "of", "*"))) == ["wide"]
