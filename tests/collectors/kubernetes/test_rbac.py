"""The rules that are asked for: get, list and watch of named resources, in the smallest form."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from apiscape.collectors.contract import CollectorError, Permission
from apiscape.collectors.kubernetes.access import QUOTA, right, try_list
from apiscape.collectors.kubernetes.discovering import Discovery, Served
from apiscape.collectors.kubernetes.provider import KubernetesProvider
from apiscape.collectors.kubernetes.rbac import FORMS, READING
from apiscape.collectors.kubernetes.settings import (
    ContextSettings,
    EksSettings,
    KubernetesSettings,
)
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.collectors.trying import Grant
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.server import KubernetesServer
from tests.collectors.kubernetes.bench import Purse

Json = dict[str, Any]
ROUTES = "httproutes.gateway.networking.k8s.io"
CLASSES = "gatewayclasses.gateway.networking.k8s.io"
RIGHTS = (
    right(ROUTES, "routes"),
    right("gateways.gateway.networking.k8s.io", "gateways"),
    right(CLASSES, "classes"),
    right("services", "backends"),
    right("namespaces", "owners", optional=True),
    right("apiservices.apiregistration.k8s.io", "other APIs", verbs=("get", "list")),
    right("services", "the same again"),
)


def written(*permissions: Permission, form: str = "rbac", **fields: Any) -> str:
    return KubernetesProvider().write_policy(form, KubernetesSettings(**fields), permissions)


def documents(text: str) -> list[Json]:
    return list(yaml.safe_load_all(text))


def rules_of(text: str) -> list[Json]:
    return [rule for each in documents(text) for rule in each.get("rules", ())]


def test_a_role_of_the_cluster_and_its_binding() -> None:
    role, binding = documents(written(*RIGHTS))
    everything = ["get", "list", "watch"]
    assert role == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "apiscape"},
        "rules": [
            {"apiGroups": [""], "resources": ["namespaces", "services"], "verbs": everything},
            {
                "apiGroups": ["apiregistration.k8s.io"],
                "resources": ["apiservices"],
                "verbs": ["get", "list"],
            },
            {
                "apiGroups": ["gateway.networking.k8s.io"],
                "resources": ["gatewayclasses", "gateways", "httproutes"],
                "verbs": everything,
            },
        ],
    }
    assert binding == {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "apiscape"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "apiscape",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "apiscape", "namespace": "apiscape"}],
    }


OWN = """
- id: mine
  role: support
  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}
- id: contour-httpproxy
  role: route
  resource: {group: projectcontour.io, plural: httpproxies, kind: HTTPProxy, versions: [v2]}
"""


def test_kinds_of_a_table_of_ones_own_are_granted_too(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, "utf-8")
    rules = rules_of(written(*RIGHTS, entries=str(file)))
    (own,) = (each for each in rules if each["apiGroups"] == ["x.example"])
    assert own == {"apiGroups": ["x.example"], "resources": ["gates"], "verbs": ["list", "watch"]}
    assert [each for each in rules if each is not own] == rules_of(written(*RIGHTS))
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("- id: mine\n", "utf-8")
    with pytest.raises(CollectorError, match=r"wrong.yaml:1: mine"):
        written(*RIGHTS, entries=str(wrong))


def test_which_cluster_it_is_needs_one_namespace_alone() -> None:
    (rule,) = rules_of(written())
    assert rule == {
        "apiGroups": [""],
        "resources": ["namespaces"],
        "resourceNames": ["kube-system"],
        "verbs": ["get"],
    }


def test_a_role_for_each_namespace_and_what_none_can_hold_is_said() -> None:
    text = written(
        *RIGHTS,
        namespaces=("shop", "pay"),
        contexts=(ContextSettings(context="a", namespaces=("tax",)),),
    )
    told = [(each["kind"], each["metadata"].get("namespace")) for each in documents(text)]
    assert told == [
        ("ClusterRole", None),
        ("ClusterRoleBinding", None),
        *((kind, name) for name in ("pay", "shop", "tax") for kind in ("Role", "RoleBinding")),
    ]
    by_kind = {each["kind"]: each for each in documents(text)}
    assert by_kind["ClusterRole"]["rules"] == rules_of(written())
    held = {name for rule in by_kind["Role"]["rules"] for name in rule["resources"]}
    assert held == {"services", "gateways", "httproutes"}
    assert f"left out: namespaces, apiservices.apiregistration.k8s.io, {CLASSES}." in text


def test_where_the_source_states_which_cluster_it_is_nothing_of_the_cluster_is_asked() -> None:
    stated = ContextSettings(context="a", uid="u", namespaces=("tax",))
    kinds = [each["kind"] for each in documents(written(*RIGHTS, contexts=(stated,)))]
    assert kinds == ["Role", "RoleBinding"]


def test_no_form_asks_for_a_write_a_secret_or_everything() -> None:
    for rule in rules_of(written(*RIGHTS)) + rules_of(written(*RIGHTS, namespaces=("a",))):
        assert {*rule["verbs"]} <= READING
        assert not {"*", "secrets", "pods"} & {*rule["resources"], *rule["apiGroups"]}


@pytest.mark.parametrize(
    "action",
    [
        *(
            f"{verb} services"
            for verb in ("create", "update", "patch", "delete", "*", "deletecollection")
        ),
        *("get,list secrets", "get pods", "get *", "get *.apps", "get pods/log", "get ", "get"),
        "impersonate users",
    ],
)
def test_a_right_that_is_never_asked_for_is_refused_whoever_declares_it(action: str) -> None:
    with pytest.raises(ValueError, match="is no right that is ever asked for"):
        written(Permission(action=action, reveals="nothing"))


def test_forms() -> None:
    assert written(*RIGHTS, form="policy") == written(*RIGHTS, form="rbac")
    assert KubernetesProvider.policy_forms == FORMS
    with pytest.raises(ValueError, match="no form 'terraform'"):
        written(form="terraform")


def test_what_a_role_of_iam_needs_to_find_clusters() -> None:
    told = json.loads(written(*RIGHTS, form="iam", eks=EksSettings(regions=("eu-west-1",))))
    assert {each["Action"]: each["Resource"] for each in told["Statement"]} == {
        "eks:ListClusters": ["*"],
        "eks:DescribeCluster": ["arn:*:eks:*:*:cluster/*"],
        "sts:AssumeRole": ["*"],
    }


# ── Trying ───────────────────────────────────────────────────────────────────


def services(wire: Wire) -> Served:
    found = Discovery(wire).look().find("", "services", ["v1"])
    assert found is not None
    return found


def test_a_right_is_tried_by_a_list_of_one(
    wire: Wire, server: KubernetesServer, purse: Purse
) -> None:
    served, asked = services(wire), right("services", "backends")
    before = purse.taken
    tried = try_list(wire, asked, served)
    assert (tried.grant, tried.reason, tried.operation) == (Grant.GRANTED, None, "list services")
    call = server.calls[-1]
    assert (call.verb, dict(call.query)) == ("list", {"limit": "1"})
    assert purse.taken == before + 1


def test_what_came_of_trying_is_never_a_guess(
    wire: Wire, server: KubernetesServer, cluster: Cluster
) -> None:
    served, asked = services(wire), right("services", "backends")
    absent = try_list(wire, asked, None)
    assert (absent.grant, absent.reason) == (Grant.NOT_NEEDED, "the cluster does not serve it")
    within = try_list(wire, asked, served, ("default", "shop", "pay"))
    assert (within.grant, within.reason) == (
        Grant.GRANTED,
        "tried in namespace default, not in 2 more",
    )
    assert server.calls[-1].path == "/api/v1/namespaces/default/services"
    assert try_list(wire, asked, served, ("default",)).reason is None
    server.inject(Fault(kind=FaultKind.DENY, resource="services"))
    denied = try_list(wire, asked, served, ("default", "shop"))
    assert (denied.grant, denied.reason) == (
        Grant.DENIED,
        "needs list services in namespace default",
    )
    server.clear_faults()
    server.inject(Fault(kind=FaultKind.ERROR, resource="services"))
    assert try_list(wire, asked, served).grant == Grant.UNKNOWN


def test_the_quota_is_that_of_one_cluster() -> None:
    assert (QUOTA.family, QUOTA.rate_per_s, QUOTA.scope) == ("kubernetes", 10.0, "account")
