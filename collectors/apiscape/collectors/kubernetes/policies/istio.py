"""Policies of Istio at gateways of Gateway API."""

from __future__ import annotations

from collections.abc import Iterator

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.istio.authorizing import Rules, security_of
from apiscape.collectors.kubernetes.istio.matching import Request
from apiscape.collectors.kubernetes.istio.security import (
    AUTHORIZATIONS,
    FILTERS,
    PLUGINS,
    REQUESTS,
    SECURITY_RESOURCES,
)
from apiscape.collectors.kubernetes.istio.workloads import (
    Workload,
    gateway_workload,
    policies_for,
)
from apiscape.collectors.kubernetes.policies.attaching import gateway_class_of
from apiscape.collectors.kubernetes.policies.opaque import MADE_BY_KUADRANT, unseen
from apiscape.collectors.kubernetes.policies.point import Part, Point
from apiscape.collectors.kubernetes.policies.securing import named, together, unknown
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Security
from apiscape.model.vocabulary import Requirement, Switch

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
        security=together([_agreed(told), *doubts(workload, look)]), rate_limit=Switch.UNKNOWN
    )


def rules_for(workload: Workload, look: Look) -> Rules:
    """Return the policies that are for a workload."""
    return Rules(
        tuple(policies_for(REQUESTS, workload, look)),
        tuple(policies_for(AUTHORIZATIONS, workload, look)),
    )


def doubts(workload: Workload, look: Look) -> Iterator[Security]:
    """Yield why nobody can tell what is asked: what could not be read, and what changes proxies unsaid."""
    for resource in (REQUESTS, AUTHORIZATIONS, FILTERS, PLUGINS):
        if not look.sees(resource.name):
            yield unseen(resource)
    for resource in (FILTERS, PLUGINS):
        for policy, _ in policies_for(resource, workload, look):
            if MADE_BY_KUADRANT not in (policy.metadata.labels or {}):
                yield unknown(f"{named(resource.kind, policy)} may ask for more")


def _agreed(told: list[Security]) -> Security:
    """Return what is asked of all requests of a rule; where they differ, nobody can say one thing of them."""
    if len({each.requirement for each in told}) == 1:
        return told[0] if told[0].requirement == Requirement.NONE else together(told)
    evidence = dict.fromkeys(each.evidence for each in told if each.evidence)
    return unknown("some of it: " + "; ".join(evidence))
