"""What the table reads and code reads too is listed once and known to both."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from apiscape.collectors.contract import Malformed
from apiscape.collectors.kubernetes.families import reads
from apiscape.collectors.kubernetes.ingress.named import (
    CLUSTER_PLUGINS,
    GLOBAL,
    JOINED,
    MIDDLEWARES,
    PLUGINS,
    POLICIES,
    KongPlugin,
    Middleware,
    Policy,
)
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.table.sketch import Sketch
from apiscape.collectors.kubernetes.twofold import as_a
from apiscape.collectors.kubernetes.world import World

Json = dict[str, Any]
BY_NAME = {each.name: each for each in reads().resources}


def kept(resource: Resource, body: Json) -> Thing:
    assert resource.pick is not None
    return resource.pick(msgspec.convert(body, resource.type))


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        (PLUGINS, KongPlugin, {"plugin": "key-auth", "config": {"key_names": ["CANARY"]}}),
        (CLUSTER_PLUGINS, KongPlugin, {"plugin": "jwt"}),
        (MIDDLEWARES, Middleware, {"spec": {"basicAuth": {"secret": "users"}}}),
        (POLICIES, Policy, {"spec": {"jwt": {"secret": "keys"}}}),
    ],
)
def test_an_object_is_known_to_the_table_and_to_code(
    name: str, kind: type[Thing], body: Json
) -> None:
    thing = kept(BY_NAME[name], {"metadata": {"name": "a", "namespace": "shop"}} | body)
    assert isinstance(thing, Sketch)
    assert [each.kind for each in thing.auth] != []
    lean = as_a(kind, thing)
    assert lean is not None
    assert lean.key == "shop/a"
    assert "CANARY" not in repr((thing, lean))


def test_what_code_reads_alone_is_itself_and_another_thing_is_none() -> None:
    plugin = msgspec.convert({"metadata": {"name": "a"}}, KongPlugin)
    assert as_a(KongPlugin, plugin) is plugin
    assert as_a(Middleware, plugin) is None
    assert as_a(Middleware, None) is None


def test_one_that_code_cannot_read_is_malformed() -> None:
    odd = {"metadata": {"name": "a", "namespace": "shop"}, "spec": {"chain": 7}}
    with pytest.raises(Malformed):
        kept(BY_NAME[MIDDLEWARES], odd)


def test_it_is_found_by_the_indexes_of_both() -> None:
    world = World(BY_NAME.values())
    middleware = kept(BY_NAME[MIDDLEWARES], {"metadata": {"name": "b", "namespace": "a"}})
    world.put(MIDDLEWARES, middleware)
    wide = {"metadata": {"name": "w", "labels": {"global": "true"}}, "plugin": "jwt"}
    world.put(CLUSTER_PLUGINS, kept(BY_NAME[CLUSTER_PLUGINS], wide))
    assert list(world.indexed((MIDDLEWARES, JOINED, "a-b"))) == ["a/b"]
    assert list(world.indexed((CLUSTER_PLUGINS, GLOBAL, "true"))) == ["w"]


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
