"""Policies that are for gateways themselves: what they name outside of the cluster, and whether they are in force."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.kubernetes.exposed import Served
from apiscape.collectors.kubernetes.policies.fronts import RESOURCES
from tests.collectors.kubernetes.estate import gateway, gateway_class, listener, route
from tests.collectors.kubernetes.gatewayapi.room import SPACES, at_edge, condition, conditions
from tests.collectors.kubernetes.worlds import exposed, world_of

Json = dict[str, Any]
CANARY = "canary-header"
IN_FORCE = {"Accepted": "True", "Enforced": "True"}


def policy(
    kind: str, name: str = "p", section: str | None = None, *, age: str = "1", **spec: Any
) -> Json:
    """Return a policy for the Gateway `edge`; `said` holds its conditions."""
    said = spec.pop("said", {"Attached": "True"} if kind == "GCPGatewayPolicy" else IN_FORCE)
    checks = spec.pop("checks", {})
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
    target |= {"sectionName": section} if section else {}
    group = "networking.gke.io" if kind == "GCPGatewayPolicy" else "kuadrant.io"
    status = {"conditions": listed(said)} | (
        {"healthCheck": {"conditions": listed(checks)}} if checks else {}
    )
    metadata = {"name": name, "namespace": "infra", "generation": 1}
    metadata |= {"creationTimestamp": f"2026-01-0{age}T00:00:00Z"}
    spec = {"targetRef": target} | spec
    return {
        "apiVersion": f"{group}/v1",
        "kind": kind,
        "metadata": metadata,
        "spec": spec,
        "status": status,
    }


def listed(said: dict[str, str]) -> list[Json]:
    return [{"type": name, "status": each, "reason": "Why"} for name, each in said.items()]


def served(*policies: Json, edge: Json | None = None) -> Served:
    made = edge or gateway()
    (found,) = exposed(world_of(*SPACES, gateway_class(), made, *policies), made)
    assert isinstance(found, Served)
    return found


DNS = policy(
    "DNSPolicy", healthCheck={"path": "/live?token=canary", "additionalHeadersRef": CANARY}
)
TLS = policy(
    "TLSPolicy", issuerRef={"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "acme"}
)
NAMED = {
    "names in DNS": (DNS, {"kuadrant.dns.check.path": "/live"}),
    "certificates": (TLS, {"kuadrant.tls.issuer": "ClusterIssuer acme"}),
    "an issuer of its own": (
        policy("TLSPolicy", issuerRef={"name": "acme"}),
        {"kuadrant.tls.issuer": "Issuer acme"},
    ),
    "versions of TLS": (
        policy("GCPGatewayPolicy", default={"sslPolicy": "modern", "allowGlobalAccess": True}),
        {"networking.gke.io/ssl-policy": "modern", "networking.gke.io/allow-global-access": "true"},
    ),
    "nothing": (policy("GCPGatewayPolicy"), {}),
    "no check": (policy("DNSPolicy"), {}),
    "no issuer": (policy("TLSPolicy"), {}),
}


@pytest.mark.parametrize(("told", "links"), NAMED.values(), ids=NAMED.keys())
def test_what_a_policy_of_a_gateway_names_is_kept_with_it_and_with_its_routes(
    told: Json, links: dict[str, str]
) -> None:
    assert served(told).links == links
    assert at_edge(route(), gateway(), told).links == links


def test_a_policy_of_another_gateway_says_nothing_of_this_one() -> None:
    other = policy("DNSPolicy", healthCheck={"path": "/live"})
    other["spec"]["targetRef"]["name"] = "other"
    assert served(other).links == {}
    assert at_edge(route(), gateway(), other).links == {}


@pytest.mark.parametrize("kind", ["DNSPolicy", "TLSPolicy"])
def test_a_policy_that_is_not_carried_out_is_said_of_the_gateway_and_of_its_routes(
    kind: str,
) -> None:
    refused = policy(
        kind,
        issuerRef={"name": "acme"},
        healthCheck={"path": "/live"},
        said={"Accepted": "True", "Enforced": "False"},
    )
    told = served(refused)
    holds = {each.name: each.holds for each in told.conditions}
    assert (holds[f"{kind}Accepted"], holds[f"{kind}Enforced"]) == (True, False)
    assert told.links == {}
    api = at_edge(route(), gateway(), refused)
    assert condition(api, f"{kind}Enforced").reason == f"{kind} infra/p: Why"
    assert f"{kind}Accepted" not in conditions(api)


def test_names_whose_checks_fail_are_said_of_the_routes() -> None:
    ill = policy("DNSPolicy", checks={"Healthy": "False"})
    assert condition(at_edge(route(), gateway(), ill), "DNSPolicyHealthy").holds is False


def test_a_policy_that_nobody_has_answered_is_pending_and_names_nothing() -> None:
    silent = policy("TLSPolicy", issuerRef={"name": "acme"}, said={})
    told = served(silent)
    (pending,) = [each for each in told.conditions if each.name.startswith("TLSPolicy")]
    assert (pending.name, pending.holds) == ("TLSPolicyEnforced", None)
    assert told.links == {}


def test_a_policy_of_a_listener_takes_the_place_of_that_of_its_gateway() -> None:
    wide = policy("DNSPolicy", "wide", healthCheck={"path": "/wide"})
    near = policy("DNSPolicy", "near", "web", healthCheck={"path": "/near"})
    edge = gateway(listener(), listener("more", port=8443, hostname="more.example"))
    assert at_edge(route(hostnames=["a.example"]), edge, wide, near).links == {
        "kuadrant.dns.check.path": "/near"
    }
    assert at_edge(route(hostnames=["more.example"]), edge, wide, near).links == {
        "kuadrant.dns.check.path": "/near, /wide"
    }


def test_a_policy_that_is_rejected_leaves_the_place_to_the_wider_one() -> None:
    wide = policy("DNSPolicy", "wide", healthCheck={"path": "/wide"})
    near = policy(
        "DNSPolicy", "near", "web", healthCheck={"path": "/near"}, said={"Accepted": "False"}
    )
    api = at_edge(route(), gateway(), wide, near)
    assert api.links == {"kuadrant.dns.check.path": "/wide"}
    assert not [name for name in conditions(api) if name.startswith("DNSPolicy")]


def test_of_two_policies_of_a_gateway_the_older_one_holds() -> None:
    younger = policy("GCPGatewayPolicy", "a", age="2", default={"sslPolicy": "new"})
    older = policy("GCPGatewayPolicy", "b", age="1", default={"sslPolicy": "old"})
    assert served(younger, older).links == {"networking.gke.io/ssl-policy": "old"}


def test_nothing_that_is_sent_along_with_a_check_is_read() -> None:
    world = world_of(DNS)
    (found,) = [world.find(each.name, "infra/p") for each in RESOURCES if each.kind == "DNSPolicy"]
    assert found is not None
    assert CANARY not in repr(found)
    assert "canary" not in repr(served(DNS).links)
