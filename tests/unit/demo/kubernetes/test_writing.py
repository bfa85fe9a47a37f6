"""What becomes of objects: what is refused, what the server sets itself, and what goes with what."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.patches import apply_operations, merge
from apiscape.demo.kubernetes.refusals import Refusal
from apiscape.demo.kubernetes.schema import faults, shaped
from tests.unit.demo.kubernetes.widgets import (
    CRDS,
    EVERYWHERE,
    HERE,
    SCHEMA,
    Json,
    definition,
    version,
    widget,
)
from tests.unit.demo.kubernetes.wire import JSON_PATCH, MERGE, Wire

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "tax"}}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "pay", "namespace": "tax"},
    "spec": {"rules": [{"host": "pay.example"}]},
    "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
}


@pytest.fixture(autouse=True)
def _widgets(cluster: Cluster) -> None:
    cluster.add(definition())


def test_whoever_makes_a_cluster_up_gives_objects_their_status(
    cluster: Cluster, wire: Wire
) -> None:
    cluster.add(NAMESPACE, INGRESS)
    place = "/apis/networking.k8s.io/v1/namespaces/tax/ingresses/pay"
    assert wire.get(place).body["status"] == INGRESS["status"]
    cluster.change(INGRESS | {"status": {"loadBalancer": {}}, "spec": {"rules": []}})
    held = wire.get(place).body
    assert (held["status"], held["spec"]) == ({"loadBalancer": {}}, {"rules": []})
    assert held["metadata"]["generation"] == 2


def test_over_the_wire_an_object_is_created_without_status(wire: Wire) -> None:
    told = wire.ask("POST", HERE, widget("a") | {"status": {"ok": True}})
    assert "status" not in told.body
    put = wire.ask("PUT", f"{HERE}/a", told.body | {"status": {"ok": True}})
    assert "status" not in put.body
    assert wire.ask("PUT", f"{HERE}/a/status", told.body | {"status": {"ok": 1}}).status == 200
    assert wire.get(f"{HERE}/a").body["status"] == {"ok": 1}


def test_what_the_server_sets_nobody_else_sets(wire: Wire) -> None:
    own = wire.ask("POST", HERE, widget("a", metadata={"uid": "x", "generation": 7})).body
    assert own["metadata"]["generation"] == 1
    assert own["metadata"]["uid"] != "x"
    forged = {"metadata": {"uid": "y", "creationTimestamp": "2000-01-01T00:00:00Z"}}
    after = wire.ask("PATCH", f"{HERE}/a", forged, media=MERGE).body
    assert after["metadata"] == own["metadata"]


def test_a_name_may_be_made_up_by_the_server(wire: Wire) -> None:
    body: Json = widget("") | {"metadata": {"generateName": "pay-"}}
    names = {wire.ask("POST", HERE, body).body["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("pay-") and len(name) == 9 for name in names)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (widget("a") | {"kind": "Gadget"}, 400),
        (widget("a") | {"metadata": []}, 400),
        (widget("a", metadata={"namespace": "other"}), 400),
        (widget("") | {"metadata": {}}, 422),
        (widget("a" * 254), 422),
        (widget("a") | {"spec": {}}, 422),
        (["no object"], 400),
    ],
)
def test_what_is_no_such_object_is_refused(wire: Wire, body: Any, status: int) -> None:
    assert wire.ask("POST", HERE, body).status == status


def test_an_object_needs_a_namespace_that_there_is(cluster: Cluster, wire: Wire) -> None:
    place = HERE.replace("default", "nowhere")
    told = wire.ask("POST", place, widget("a"))
    assert (told.status, told.body["details"]["kind"]) == (404, "namespaces")
    with pytest.raises(Refusal, match="no matches for kind"):
        cluster.add({"apiVersion": "x/v1", "kind": "Nothing", "metadata": {"name": "a"}})


def test_a_namespace_takes_along_what_is_in_it(cluster: Cluster, wire: Wire) -> None:
    cluster.add(NAMESPACE, INGRESS, widget("a", metadata={"namespace": "tax"}), widget("b"))
    told = wire.ask("DELETE", "/api/v1/namespaces/tax")
    assert (told.status, told.body["status"]) == (200, "Success")
    assert wire.get("/apis/networking.k8s.io/v1/ingresses").body["items"] == []
    assert [each["metadata"]["name"] for each in wire.get(EVERYWHERE).body["items"]] == ["b"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", f"{HERE}/none", 404),
        ("PATCH", f"{HERE}/none", 404),
        ("DELETE", HERE, 405),
        ("PUT", HERE, 405),
        ("POST", f"{HERE}/a", 405),
        ("POST", "/version", 405),
        ("GET", f"{HERE}/a/scale", 404),
        ("GET", f"{HERE}/a/status/more", 404),
        ("GET", "/api/v1/namespaces/default/namespaces/x", 404),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
        ("GET", "/nothing", 404),
    ],
)
def test_what_is_not_to_be_had_is_refused(
    cluster: Cluster, wire: Wire, method: str, path: str, status: int
) -> None:
    cluster.add(widget("a"))
    body: Json | None = {} if method in {"POST", "PUT", "PATCH"} else None
    assert wire.ask(method, path, body, media=MERGE).status == status


def test_a_patch_is_of_a_kind_and_may_name_the_version_that_it_is_for(
    cluster: Cluster, wire: Wire
) -> None:
    cluster.add(widget("a"))
    assert wire.ask("PATCH", f"{HERE}/a", {}, media="text/plain").status == 415
    assert wire.ask("PATCH", f"{HERE}/a", {}, media="application/apply-patch+yaml").status == 400
    stale = {"metadata": {"resourceVersion": "1"}, "spec": {"host": "b"}}
    assert wire.ask("PATCH", f"{HERE}/a", stale, media=MERGE).status == 409
    wrong = [{"op": "replace", "path": "/spec/nothing", "value": 1}]
    assert wire.ask("PATCH", f"{HERE}/a", wrong, media=JSON_PATCH).status == 422


def test_a_definition_has_one_version_that_is_stored(wire: Wire, cluster: Cluster) -> None:
    told = wire.get(f"{CRDS}/widgets.probe.example.com").body["status"]
    assert {each["type"]: each["status"] for each in told["conditions"]} == {
        "Established": "True",
        "NamesAccepted": "True",
    }
    cluster.remove(definition())
    two = definition(version("v1"), version("v2"))
    assert wire.ask("POST", CRDS, two).status == 422


def test_a_definition_that_changes_changes_what_is_served(cluster: Cluster, wire: Wire) -> None:
    cluster.add(widget("a"))
    cluster.change(definition(version("v2")))
    assert wire.get(EVERYWHERE).status == 404
    assert len(wire.get(EVERYWHERE.replace("v1", "v2")).body["items"]) == 1


# ── Patches ──────────────────────────────────────────────────────────────────


def test_a_merge_patch_lays_over_and_takes_away() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": [1], "e": 3}
    after = merge(before, {"a": {"b": None, "x": 9}, "d": [2], "e": {"f": 1}})
    assert after == {"a": {"c": 2, "x": 9}, "d": [2], "e": {"f": 1}}
    assert before["a"] == {"b": 1, "c": 2}


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        ({"op": "add", "path": "/l/1", "value": 9}, {"l": [1, 9, 2], "m": {"a/b": 0}}),
        ({"op": "add", "path": "/l/-", "value": 9}, {"l": [1, 2, 9], "m": {"a/b": 0}}),
        ({"op": "add", "path": "/n", "value": 9}, {"l": [1, 2], "m": {"a/b": 0}, "n": 9}),
        ({"op": "remove", "path": "/l/0"}, {"l": [2], "m": {"a/b": 0}}),
        ({"op": "remove", "path": "/m/a~1b"}, {"l": [1, 2], "m": {}}),
        ({"op": "replace", "path": "/l/0", "value": 9}, {"l": [9, 2], "m": {"a/b": 0}}),
        ({"op": "replace", "path": "", "value": 9}, 9),
        ({"op": "move", "from": "/l", "path": "/k"}, {"k": [1, 2], "m": {"a/b": 0}}),
        ({"op": "copy", "from": "/l/0", "path": "/k"}, {"k": 1, "l": [1, 2], "m": {"a/b": 0}}),
        ({"op": "test", "path": "/l/0", "value": 1}, {"l": [1, 2], "m": {"a/b": 0}}),
    ],
)
def test_an_operation_of_a_json_patch(operation: dict[str, Any], after: Any) -> None:
    before = {"l": [1, 2], "m": {"a/b": 0}}
    assert apply_operations(before, [operation]) == after
    assert before == {"l": [1, 2], "m": {"a/b": 0}}


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "test", "path": "/l/0", "value": 2},
        {"op": "replace", "path": "/x", "value": 2},
        {"op": "remove", "path": "/l/7"},
        {"op": "swap", "path": "/l"},
        {"op": "add", "path": "l", "value": 2},
        "nothing",
    ],
)
def test_an_operation_that_cannot_be_carried_out(operation: Any) -> None:
    with pytest.raises(Refusal):
        apply_operations({"l": [1, 2]}, [operation])
    with pytest.raises(Refusal):
        apply_operations({"l": [1, 2]}, operation)


# ── Schemas ──────────────────────────────────────────────────────────────────


def schema(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


@pytest.mark.parametrize(
    ("told", "value", "wrong"),
    [
        ({"type": "string"}, 1, "must be of type string"),
        ({"type": "integer"}, True, "must be of type integer"),
        ({"type": "number"}, 1, None),
        ({"type": "number"}, "1", "must be of type number"),
        ({"type": "array"}, {}, "must be of type array"),
        ({"type": "string", "nullable": True}, None, None),
        ({"type": "string"}, None, "must be of type string"),
        ({"x-kubernetes-int-or-string": True}, "80", None),
        ({"x-kubernetes-int-or-string": True}, 80, None),
        ({"x-kubernetes-int-or-string": True}, False, "must be an integer or a string"),
        ({"type": "string", "enum": ["a"]}, "b", "Unsupported value"),
        ({"type": "string", "pattern": "^a+$"}, "b", "should match"),
        ({"type": "string", "pattern": "^a+$"}, "aa", None),
        ({"type": "string", "minLength": 2}, "b", "minLength"),
        ({"type": "array", "maxItems": 1}, [1, 2], "maxItems"),
        ({"type": "integer", "minimum": 1, "maximum": 5}, 0, "minimum"),
        ({"type": "integer", "maximum": 5}, 6, "maximum"),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], "spec.x[1]"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"k": 1}, "spec.x.k"),
        ({"type": "object", "required": ["k"]}, {}, "spec.x.k: Required value"),
    ],
)
def test_what_breaks_a_schema_is_named(told: Any, value: Any, wrong: str | None) -> None:
    found = faults({"spec": {"x": value}}, schema(x=told))
    assert bool(found) is bool(wrong)
    assert wrong is None or wrong in found[0]


@pytest.mark.parametrize(
    ("told", "value", "kept"),
    [
        ({"type": "object"}, {"a": 1}, {}),
        ({"type": "object", "x-kubernetes-preserve-unknown-fields": True}, {"a": 1}, {"a": 1}),
        ({"type": "object", "additionalProperties": True}, {"a": 1}, {"a": 1}),
        (
            {"type": "object", "additionalProperties": {"type": "object"}},
            {"a": {"b": 1}},
            {"a": {}},
        ),
        (
            {"type": "object", "x-kubernetes-embedded-resource": True},
            {"kind": "X", "metadata": {"name": "x"}, "spec": 1},
            {"kind": "X", "metadata": {"name": "x"}},
        ),
        ({"type": "array", "items": {"type": "object"}}, [{"a": 1}, 2], [{}, 2]),
        (
            {"type": "object", "properties": {"a": {"default": 3}, "b": {"default": {}}}},
            {},
            {"a": 3, "b": {}},
        ),
        (
            {"type": "object", "properties": {"a": {"default": 3, "nullable": True}}},
            {"a": None},
            {"a": None},
        ),
    ],
)
def test_what_a_schema_makes_of_a_value(told: Any, value: Any, kept: Any) -> None:
    item = {"kind": "K", "metadata": {"x": 1}, "spec": {"x": value}, "other": 1}
    assert shaped(item, schema(x=told)) == {
        "kind": "K",
        "metadata": {"x": 1},
        "spec": {"x": kept},
    }


def test_our_own_schema_is_met_by_our_own_widgets() -> None:
    assert faults(widget("a"), SCHEMA) == []
