"""Policies of Istio at gateways of Gateway API."""

from __future__ import annotations

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.istio.asking import agreed, doubts, rules_for
from apiscape.collectors.kubernetes.istio.authorizing import Rules, security_of
from apiscape.collectors.kubernetes.istio.matching import Request
from apiscape.collectors.kubernetes.istio.security import SECURITY_RESOURCES
from apiscape.collectors.kubernetes.istio.workloads import gateway_workload
from apiscape.collectors.kubernetes.policies.attaching import gateway_class_of
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.securing import together
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN

RESOURCES: tuple[Resource, ...] = SECURITY_RESOURCES


def holds(point: Point, look: Look) -> Part:
    """Return what policies of Istio say of a point: what holds of all that its rule is for."""
    rules, beside = _at_gateway(point, look)
    requests = [Request(match, point.hosts) for match in point.matches or (Match(),)]
    told = list(dict.fromkeys(security_of(each, rules) for each in requests))
    return Part(security=together([agreed(told), *beside]), rate_limits=UNKNOWN)


def _at_gateway(point: Point, look: Look) -> tuple[Rules, tuple[Security, ...]]:
    """Return the policies that are for a gateway, and why nobody can tell more; once for all of its routes."""
    gateway, labels = point.gateway or "", point.gateway_labels

    def work(look: Look) -> tuple[Rules, tuple[Security, ...]]:
        workload = gateway_workload(gateway, labels, gateway_class_of(point, look))
        return rules_for(workload, look), tuple(doubts(workload, look))

    key = f"{gateway} {point.gateway_class} {sorted(labels.items())}"
    return look.once("policies.istio", key, work)
