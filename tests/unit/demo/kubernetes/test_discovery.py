"""What a cluster says that it serves, all at once and piece by piece; what is down; and who may ask for what."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.demo.kubernetes.access import Rule
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.kinds import priority
from tests.unit.demo.kubernetes.widgets import EVERYWHERE, GROUP, HERE, definition, version, widget
from tests.unit.demo.kubernetes.wire import Wire

AT_ONCE = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
ALL_AT_ONCE = f"{AT_ONCE.format('v2')}, {AT_ONCE.format('v2beta1')}, application/json"
REVIEWS = "/apis/authorization.k8s.io/v1"


@pytest.fixture(autouse=True)
def _widgets(cluster: Cluster) -> None:
    cluster.add(definition(version("v1beta1", storage=False), version()))


def versions(body: Any, group: str = GROUP) -> list[dict[str, Any]]:
    return next(
        each["versions"] for each in body["items"] if each["metadata"].get("name", "") == group
    )


def test_all_groups_are_told_at_once(wire: Wire) -> None:
    told = wire.ask("GET", "/apis", Accept=ALL_AT_ONCE)
    assert told.body["apiVersion"] == "apidiscovery.k8s.io/v2"
    assert "v=v2;" in told.headers["content-type"]
    found = versions(told.body)
    assert [each["version"] for each in found] == ["v1", "v1beta1"]
    (resource,) = found[0]["resources"]
    assert (resource["resource"], resource["scope"]) == ("widgets", "Namespaced")
    assert resource["responseKind"] == {"group": GROUP, "version": "v1", "kind": "Widget"}
    assert {"list", "watch"} <= set(resource["verbs"])
    core = versions(wire.ask("GET", "/api", Accept=ALL_AT_ONCE).body, "")
    assert {"services", "namespaces"} <= {each["resource"] for each in core[0]["resources"]}


def test_whoever_knows_them_is_not_told_them_again(cluster: Cluster, wire: Wire) -> None:
    mark = wire.ask("GET", "/apis", Accept=ALL_AT_ONCE).headers["etag"]
    again = wire.ask("GET", "/apis", Accept=ALL_AT_ONCE, If_None_Match=mark)
    assert (again.status, again.body) == (304, b"")
    assert "content-type" not in again.headers  # what was told before keeps its own
    cluster.remove(definition())
    anew = wire.ask("GET", "/apis", Accept=ALL_AT_ONCE, If_None_Match=mark)
    assert anew.status == 200
    assert anew.headers["etag"] != mark


def test_an_older_form_is_told_to_who_takes_only_that(wire: Wire) -> None:
    told = wire.ask("GET", "/apis", Accept=AT_ONCE.format("v2beta1"))
    assert told.body["apiVersion"] == "apidiscovery.k8s.io/v2beta1"


@pytest.mark.parametrize("aggregates", [True, False])
def test_a_server_that_does_not_tell_them_at_once_lists_its_groups(
    cluster: Cluster, wire: Wire, aggregates: bool
) -> None:
    cluster.aggregates = aggregates
    told = wire.ask("GET", "/apis", Accept="application/json" if aggregates else ALL_AT_ONCE).body
    assert told["kind"] == "APIGroupList"
    (group,) = (each for each in told["groups"] if each["name"] == GROUP)
    assert group["preferredVersion"]["version"] == "v1"
    assert wire.get(f"/apis/{GROUP}").body["versions"] == group["versions"]
    listed = wire.get(f"/apis/{GROUP}/v1").body["resources"]
    assert [each["name"] for each in listed] == ["widgets", "widgets/status"]
    assert wire.get("/api").body["versions"] == ["v1"]
    assert "services" in {each["name"] for each in wire.get("/api/v1").body["resources"]}


def test_what_is_down_hides_nothing_else(cluster: Cluster, wire: Wire) -> None:
    cluster.take_down("metrics.k8s.io", "v1beta1")
    told = wire.ask("GET", "/apis", Accept=ALL_AT_ONCE).body
    assert versions(told, "metrics.k8s.io") == [{"version": "v1beta1", "freshness": "Stale"}]
    assert versions(told)[0]["freshness"] == "Current"
    assert wire.get("/apis/metrics.k8s.io/v1beta1").status == 503
    assert "apis/metrics.k8s.io/v1beta1" not in wire.get("/openapi/v3").body["paths"]


def test_a_document_of_openapi_has_an_address_that_changes_with_it(
    cluster: Cluster, wire: Wire
) -> None:
    place = f"apis/{GROUP}/v1"
    address = wire.get("/openapi/v3").body["paths"][place]["serverRelativeURL"]
    told = wire.ask("GET", address)
    assert "immutable" in told.headers["cache-control"]
    assert "com.example.probe.v1.Widget" in told.body["components"]["schemas"]
    assert "cache-control" not in wire.get(f"/openapi/v3/{place}").headers
    cluster.change(definition(version(schema={"openAPIV3Schema": {"type": "object"}})))
    assert wire.get("/openapi/v3").body["paths"][place]["serverRelativeURL"] != address
    assert "api/v1" in wire.get("/openapi/v3").body["paths"]
    assert wire.get("/openapi/v3/api/v1").status == 200


@pytest.mark.parametrize(
    "path", ["/apis/none", f"/apis/{GROUP}/v9", "/openapi/v3/apis/none/v1", "/openapi/v3/none"]
)
def test_a_document_that_there_is_none_of(wire: Wire, path: str) -> None:
    assert (wire.get(path).status, wire.get(path).body) == (404, b"404 page not found\n")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz"])
def test_it_says_that_it_lives(wire: Wire, path: str) -> None:
    assert (wire.get(path).status, wire.get(path).body) == (200, b"ok")


def test_stable_versions_come_before_others_and_newer_ones_before_older_ones() -> None:
    told = ["foo10", "v1alpha1", "v2beta1", "v1", "v11beta2", "v10", "v3beta1", "foo1", "vbeta"]
    ordered = "v10 v1 v11beta2 v3beta1 v2beta1 v1alpha1 foo1 foo10 vbeta"
    assert sorted(told, key=priority) == ordered.split()


# ── Access ───────────────────────────────────────────────────────────────────


def test_who_asks_is_known_by_a_token_until_it_is_taken_back(cluster: Cluster, wire: Wire) -> None:
    cluster.access.grant("agent", "t", [Rule((GROUP,), ("widgets",))])
    wire.headers = {"Authorization": "Bearer t"}
    assert wire.get(EVERYWHERE).status == 200
    assert wire.get("/api/v1/services").status == 403
    assert wire.ask("POST", HERE, widget("a")).status == 403
    assert wire.get("/apis").status == 200
    assert {call.user for call in cluster.calls} == {"agent"}
    cluster.access.revoke("t")
    assert wire.get(EVERYWHERE).status == 401


def test_without_a_token_nobody_is_let_in_where_one_is_needed(cluster: Cluster, wire: Wire) -> None:
    cluster.access.takes_anonymous = False
    assert wire.get("/apis").status == 401


def test_a_role_of_a_namespace_holds_for_that_alone(cluster: Cluster, wire: Wire) -> None:
    cluster.access.grant("agent", "t", [Rule((GROUP,), ("widgets",), namespace="default")])
    wire.headers = {"Authorization": "Bearer t"}
    assert wire.get(HERE).status == 200
    refused = wire.get(EVERYWHERE)
    assert (refused.status, "at the cluster scope" in refused.body["message"]) == (403, True)
    elsewhere = wire.get(HERE.replace("default", "kube-system"))
    assert 'in the namespace "kube-system"' in elsewhere.body["message"]


def test_only_who_may_takes_somebody_elses_place(cluster: Cluster, wire: Wire) -> None:
    cluster.access.grant("agent", "t", [Rule((GROUP,), ("widgets",))])
    wire.headers = {"Authorization": "Bearer t", "Impersonate-User": "kubernetes-admin"}
    assert wire.get("/api/v1/services").status == 403


def test_whoever_asks_is_told_what_they_may(cluster: Cluster, wire: Wire) -> None:
    cluster.access.grant("agent", "t", [Rule((GROUP,), ("widgets",), namespace="default")])
    wire.headers = {"Authorization": "Bearer t"}

    def review(kind: str, **spec: Any) -> Any:
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        return wire.ask("POST", f"{REVIEWS}/{kind.lower()}s", body).body["status"]

    def may(resource: str, namespace: str) -> bool:
        asked = {"verb": "list", "group": GROUP, "resource": resource, "namespace": namespace}
        return bool(review("SelfSubjectAccessReview", resourceAttributes=asked)["allowed"])

    assert may("widgets", "default")
    assert not may("widgets", "")
    assert not may("gadgets", "default")
    here = review("SelfSubjectRulesReview", namespace="default")
    assert here["resourceRules"][0]["resources"] == ["widgets"]
    there = review("SelfSubjectRulesReview", namespace="kube-system")
    assert len(there["resourceRules"]) == len(here["resourceRules"]) - 1


def test_a_cluster_is_known_by_the_uid_of_a_namespace(cluster: Cluster, wire: Wire) -> None:
    told = wire.get("/api/v1/namespaces/kube-system").body["metadata"]["uid"]
    assert cluster.uid == told
    assert Cluster().uid != told
