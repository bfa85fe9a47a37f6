"""Policies of Istio at gateways of Gateway API."""

from __future__ import annotations

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.istio.asking import agreed, doubts, rules_for
from apiscape.collectors.kubernetes.istio.authorizing import security_of
from apiscape.collectors.kubernetes.istio.matching import Request
from apiscape.collectors.kubernetes.istio.security import SECURITY_RESOURCES
from apiscape.collectors.kubernetes.istio.workloads import gateway_workload
from apiscape.collectors.kubernetes.policies.attaching import gateway_class_of
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.securing import together
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.vocabulary import Switch

RESOURCES: tuple[Resource, ...] = SECURITY_RESOURCES


def holds(point: Point, look: Look) -> Part:
    """Return what policies of Istio say of a point: what holds of all that its rule is for."""
    workload = gateway_workload(
        point.gateway or "", point.gateway_labels, gateway_class_of(point, look)
    )
    rules = rules_for(workload, look)
    requests = [Request(match, point.hosts) for match in point.matches or (Match(),)]
    told = list(dict.fromkeys(security_of(each, rules) for each in requests))
    return Part(
        security=together([agreed(told), *doubts(workload, look)]), rate_limit=Switch.UNKNOWN
    )
