"""What the agent may: get, list and watch of the kinds that are switched on, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.helm.charting import CASES, CHART, Chart, Json, case, of_kind, only

KNOWN = yaml.safe_load((CHART / "files/resources.yaml").read_text("utf-8"))
FAMILIES = sorted(KNOWN["families"])
READING = {"get", "list", "watch"}
NEVER = {
    *("configmaps", "events", "leases", "nodes", "pods", "secrets", "serviceaccounts"),
    *("deployments", "roles", "clusterroles", "rolebindings", "tokenreviews"),
}
ALWAYS = {
    ("", "namespaces"),
    ("", "services"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apiregistration.k8s.io", "apiservices"),
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


def switched(**families: bool) -> Json:
    return {"kubernetes": {"resources": dict.fromkeys(FAMILIES, False) | families}}


@pytest.mark.parametrize("name", CASES)
def test_nothing_writes_and_nothing_is_a_wildcard(chart: Chart, name: str) -> None:
    for role in roles(chart.objects(case(name))):
        for rule in role["rules"]:
            assert set(rule) == {"apiGroups", "resources", "verbs"}
            assert set(rule["verbs"]) <= READING
            words = {*rule["apiGroups"], *rule["resources"]}
            assert not {each for each in words if "*" in each or "/" in each}
            assert rule["apiGroups"] != [""] or not set(rule["resources"]) & NEVER
            assert not {each for each in rule["apiGroups"] if each.startswith("rbac")}


def test_by_default_all_that_is_known_is_read(chart: Chart) -> None:
    every = KNOWN["always"] + [rule for rules in KNOWN["families"].values() for rule in rules]
    assert granted(only(chart.objects({}), "ClusterRole")) == told(every)


def test_what_is_always_read_is_little(chart: Chart) -> None:
    rights = granted(only(chart.objects(switched()), "ClusterRole"))
    assert {(group, resource) for group, resource, _ in rights} == ALWAYS
    assert ("apiregistration.k8s.io", "apiservices", "watch") not in rights


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_brings_its_own_rules_and_no_other(chart: Chart, family: str) -> None:
    alone = granted(only(chart.objects(switched(**{family: True})), "ClusterRole"))
    assert alone == told(KNOWN["always"]) | told(KNOWN["families"][family])
    assert alone > told(KNOWN["always"])


def test_every_family_is_a_switch_and_every_switch_a_family() -> None:
    values = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
    assert sorted(values["kubernetes"]["resources"]) == FAMILIES


def test_rules_are_written_alike() -> None:
    every = [KNOWN["always"], *KNOWN["families"].values()]
    for rules in every:
        for rule in rules:
            assert set(rule) <= {"group", "resources", "cluster", "verbs"}
            assert rule["resources"] == sorted(rule["resources"])
    named = [
        (rule["group"], resource)
        for rules in every
        for rule in rules
        for resource in rule["resources"]
    ]
    assert len(set(named)) == len(named)


def test_in_some_namespaces_there_is_a_role_in_each_and_none_of_the_cluster(chart: Chart) -> None:
    objects = chart.objects(case("namespaced"))
    kinds = {each["kind"] for each in objects}
    assert not {"ClusterRole", "ClusterRoleBinding"} & kinds
    for kind in ("Role", "RoleBinding"):
        places = [each["metadata"]["namespace"] for each in of_kind(objects, kind)]
        assert places == ["payments", "permits"]
    every = KNOWN["always"] + [rule for rules in KNOWN["families"].values() for rule in rules]
    for role in of_kind(objects, "Role"):
        assert granted(role) == told(every, cluster=False)
        assert ("", "namespaces", "list") not in granted(role)


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
