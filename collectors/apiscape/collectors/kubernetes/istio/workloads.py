"""Which workloads policies of Istio are for. Pure but for what is looked at.

Pods are not read: of a workload it is known where it may be and some of its labels. A policy that selects by
labels which nobody knows may be for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP as GATEWAY_GROUP
from apiscape.collectors.kubernetes.istio.matching import Sure
from apiscape.collectors.kubernetes.istio.security import (
    BY_NAMESPACE,
    Chosen,
    Selector,
    WorkloadPolicySpec,
)
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look, Resource

ROOT = "istio-system"
"""The namespace whose policies are for the whole mesh, unless the mesh is told otherwise."""

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
"""The label that Istio gives to workloads that it makes for a Gateway of Gateway API."""


class Workload(msgspec.Struct, frozen=True):
    """What enforces policies.

    Attributes:
        namespaces: Where it is: more than one where it is in several; `None` where nobody can tell.
        labels: Those that are known.
        has_all_labels: Whether it has no others that a selector may name.
        named: What policies may name it by, as `(group, kind, namespace/name)`.
    """

    namespaces: tuple[str, ...] | None
    labels: Mapping[str, str] = msgspec.field(default_factory=dict)
    has_all_labels: bool = False
    named: tuple[tuple[str, str, str], ...] = ()


def gateway_workload(key: str, labels: Mapping[str, str], gateway_class: str | None) -> Workload:
    """Return what enforces policies for a Gateway of Gateway API: a workload beside it that is made for it."""
    namespace, _, name = key.partition("/")
    named = [(GATEWAY_GROUP, "Gateway", key)]
    if gateway_class:
        named.append((GATEWAY_GROUP, "GatewayClass", key_of(ROOT, gateway_class)))
    return Workload((namespace,), {**labels, GATEWAY_NAME: name}, named=tuple(named))


def policies_for(resource: Resource, workload: Workload, look: Look) -> Iterator[tuple[Any, bool]]:
    """Yield the policies of a resource that are for a workload, each with whether that is certain."""
    if workload.namespaces is None:
        found = list(look.all(resource.name))
    else:
        spaces = dict.fromkeys((*workload.namespaces, ROOT))
        found = [
            each for space in spaces for each in look.those(resource.name, BY_NAMESPACE, space)
        ]
    for policy in found:
        chosen = is_for(policy.spec, policy.metadata.namespace, workload)
        if chosen is not False:
            yield policy, chosen is True


def sees_for(resource: Resource, workload: Workload, look: Look) -> bool:
    """Say whether all policies of a resource that may be for a workload were read."""
    spaces = None if workload.namespaces is None else (*workload.namespaces, ROOT)
    return all(look.sees(resource.name, each) for each in spaces or (None,))


def is_for(spec: Chosen, namespace: str, workload: Workload) -> Sure:
    """Say whether a policy is for a workload; `None` where nobody can tell."""
    targets = spec.targets()
    if targets:
        told = {(each.group, each.kind, key_of(namespace, each.name)) for each in targets}
        return bool(told & set(workload.named))
    near = _is_near(namespace, workload)
    chosen = _selects(_labels(spec), workload)
    if near is False or chosen is False:
        return False
    return None if near is None or chosen is None else True


def _labels(spec: Chosen) -> Mapping[str, str]:
    if isinstance(spec, WorkloadPolicySpec) and spec.workload_selector is not None:
        return spec.workload_selector.labels or {}
    return (spec.selector or Selector()).match_labels or {}


def _is_near(namespace: str, workload: Workload) -> Sure:
    if namespace == ROOT:
        return True
    if workload.namespaces is None:
        return None
    if namespace not in workload.namespaces:
        return False
    return True if len(workload.namespaces) == 1 else None


def _selects(selector: Mapping[str, str], workload: Workload) -> Sure:
    told: Sure = True
    for name, value in selector.items():
        held = workload.labels.get(name)
        if held is None and not workload.has_all_labels:
            told = None
        elif held != value:
            return False
    return told
