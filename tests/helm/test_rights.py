"""What the agent may: list and watch the kinds that are switched on, and nothing else."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest
import yaml

from tests.helm.charting import CASES, CHART, Chart, Json, case, of_kind, only

KNOWN = yaml.safe_load((CHART / "files/resources.yaml").read_text("utf-8"))
FAMILIES = sorted(KNOWN["families"])
READING = {"list", "watch"}
IDENTITY = ("", "namespaces", "get")
"""What says which cluster it is; of one namespace alone."""
NEVER = {
    *("configmaps", "events", "leases", "nodes", "pods", "secrets", "serviceaccounts"),
    *("deployments", "roles", "clusterroles", "rolebindings", "tokenreviews"),
}
ALWAYS = {
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
    ("", "namespaces"),
    ("", "services"),
    ("discovery.k8s.io", "endpointslices"),
    ("networking.k8s.io", "ingressclasses"),
    ("networking.k8s.io", "ingresses"),
}


def roles(objects: list[Json]) -> list[Json]:
    return [*of_kind(objects, "ClusterRole"), *of_kind(objects, "Role")]


def granted(role: Json) -> set[tuple[str, str, str]]:
    return {
        (group, resource, verb)
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def told(rules: list[Json], *, cluster: bool = True) -> set[tuple[str, str, str]]:
    return {
        (rule["group"], resource, verb)
        for rule in rules
        for resource in rule["resources"]
        for verb in rule.get("verbs", READING)
        if cluster or not rule.get("cluster")
    }


def everything() -> list[Json]:
    families = [rule for rules in KNOWN["families"].values() for rule in rules]
    return [*KNOWN["identity"], *KNOWN["always"], *families]


def switched(**families: bool) -> Json:
    return {"kubernetes": {"resources": dict.fromkeys(FAMILIES, False) | families}}


@pytest.mark.parametrize("name", CASES)
def test_nothing_writes_and_nothing_is_a_wildcard(chart: Chart, name: str) -> None:
    for role in roles(chart.objects(case(name))):
        for rule in role["rules"]:
            assert set(rule) - {"resourceNames"} == {"apiGroups", "resources", "verbs"}
            assert set(rule["verbs"]) <= {"get", *READING}
            assert ("get" in rule["verbs"]) is (rule.get("resourceNames") == ["kube-system"])
            words = {*rule["apiGroups"], *rule["resources"]}
            assert not {each for each in words if "*" in each or "/" in each}
            assert rule["apiGroups"] != [""] or not set(rule["resources"]) & NEVER
            assert not {each for each in rule["apiGroups"] if each.startswith("rbac")}


def test_by_default_all_that_is_known_is_read(chart: Chart) -> None:
    assert granted(only(chart.objects({}), "ClusterRole")) == told(everything())


def test_what_is_always_read_is_little(chart: Chart) -> None:
    rights = granted(only(chart.objects(switched()), "ClusterRole"))
    assert {(group, resource) for group, resource, _ in rights} == ALWAYS
    assert {right for right in rights if right[2] == "get"} == {IDENTITY}


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_brings_its_own_rules_and_no_other(chart: Chart, family: str) -> None:
    alone = granted(only(chart.objects(switched(**{family: True})), "ClusterRole"))
    assert alone == {IDENTITY} | told(KNOWN["always"]) | told(KNOWN["families"][family])
    assert alone > told(KNOWN["always"])


def test_every_family_is_a_switch_and_every_switch_a_family() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert sorted(values["kubernetes"]["resources"]) == FAMILIES


def test_rules_are_written_alike() -> None:
    every = [KNOWN["identity"], KNOWN["always"], *KNOWN["families"].values()]
    for rules in every:
        for rule in rules:
            assert set(rule) <= {"cluster", "group", "names", "resources", "verbs"}
            assert rule["resources"] == sorted(rule["resources"])
    named = [
        (rule["group"], resource)
        for rules in every
        for rule in rules
        for resource in rule["resources"]
        if not rule.get("names")
    ]
    assert len(set(named)) == len(named)


def test_in_some_namespaces_there_is_a_role_in_each(chart: Chart) -> None:
    objects = chart.objects(case("namespaced"))
    for kind in ("Role", "RoleBinding"):
        places = [each["metadata"]["namespace"] for each in of_kind(objects, kind)]
        assert places == ["payments", "permits"]
    for role in of_kind(objects, "Role"):
        assert granted(role) == told(everything(), cluster=False)
        assert ("", "namespaces", "list") not in granted(role)


def test_of_the_cluster_there_is_then_only_which_one_it_is(chart: Chart) -> None:
    assert granted(only(chart.objects(case("namespaced")), "ClusterRole")) == {IDENTITY}
    stated = {"namespaces": ["tax"], "uid": "6f1c0000-0000-0000-0000-000000000001"}
    objects = chart.objects({"kubernetes": stated})
    assert not [each for each in objects if each["kind"].startswith("ClusterRole")]
    assert len(of_kind(objects, "Role")) == 1
    whole = chart.objects({"kubernetes": {"uid": stated["uid"]}})
    assert granted(only(whole, "ClusterRole")) == told(everything())


def test_kinds_of_ones_own_may_be_read_as_well(chart: Chart) -> None:
    gate = {"group": "gates.example", "plural": "gates", "kind": "Gate", "versions": ["v1"]}
    entries = [
        {"id": "gate", "resource": gate},
        {"id": "fence", "resource": {**gate, "plural": "fences", "namespaced": False}},
    ]
    known = granted(only(chart.objects({}), "ClusterRole"))
    whole = granted(only(chart.objects({"kubernetes": {"entries": entries}}), "ClusterRole"))
    own = {("gates.example", plural, verb) for plural in ("gates", "fences") for verb in READING}
    assert whole == known | own
    within = chart.objects({"kubernetes": {"entries": entries, "namespaces": ["tax"]}})
    rights = granted(only(within, "Role"))
    assert {plural for group, plural, _ in rights if group == "gates.example"} == {"gates"}


def test_what_is_granted_is_what_the_collectors_ask_for(chart: Chart) -> None:
    if find_spec("apiscape.collectors.kubernetes.families") is None:
        pytest.skip("not written yet: what the collectors of Kubernetes read")
    read = import_module("apiscape.collectors.kubernetes.families").reads().resources
    defining = import_module("apiscape.collectors.kubernetes.defining")
    asked = {
        (each.group, each.plural, verb, each.is_namespaced) for each in read for verb in READING
    } | {(defining.GROUP, defining.PLURAL, verb, False) for verb in READING}
    assert {right[:3] for right in asked} | {IDENTITY} == told(everything())
    within = {right[:3] for right in asked if right[3]}
    assert within == told(everything(), cluster=False)


@pytest.mark.parametrize("name", ["default", "everything", "job", "namespaced"])
def test_a_role_is_bound_to_whom_the_pod_runs_as(chart: Chart, name: str) -> None:
    objects = chart.objects(case(name))
    account = only(objects, "ServiceAccount")["metadata"]
    bindings = [*of_kind(objects, "ClusterRoleBinding"), *of_kind(objects, "RoleBinding")]
    known = {
        (role["kind"], role["metadata"]["name"], role["metadata"].get("namespace"))
        for role in roles(objects)
    }
    assert len(bindings) == len(known)
    for binding in bindings:
        (subject,) = binding["subjects"]
        assert (subject["name"], subject["namespace"]) == (account["name"], account["namespace"])
        ref = binding["roleRef"]
        assert (ref["kind"], ref["name"], binding["metadata"].get("namespace")) in known


@pytest.mark.parametrize(
    "values", [case("elsewhere"), case("fleeting")], ids=["clouds", "by others"]
)
def test_where_no_role_is_asked_for_there_is_none(chart: Chart, values: Any) -> None:
    assert not [each for each in chart.objects(values) if "Role" in each["kind"]]


def test_two_releases_of_a_cluster_have_roles_of_their_own(chart: Chart) -> None:
    names = {
        only(chart.objects({"namespaceOverride": place}), "ClusterRole")["metadata"]["name"]
        for place in ("one", "two")
    }
    assert len(names) == 2
