"""Policies that change a proxy in ways that are not read: where one is attached, nobody knows what is asked."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.attaching import attached, sees_at
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.policies.securing import named, unknown
from apiscape.collectors.kubernetes.policies.targets import (
    PolicyStatus,
    Targeted,
    attachable,
)
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import Security

MADE_BY_KUADRANT = "kuadrant.io/managed"


class OpaquePolicy(Thing):
    """A policy of which only what it is for is read."""

    spec: Targeted = msgspec.field(default_factory=Targeted)
    status: PolicyStatus | None = None


def opaque(group: str, plural: str, kind: str, *versions: str) -> Resource:
    """Return the resource of such policies."""
    reveals = "whether a gateway is changed in ways that policies do not say"
    return attachable(f"{plural}.{group}", kind, OpaquePolicy, *versions, reveals=reveals)


def disturbances(resources: tuple[Resource, ...], point: Point, look: Look) -> Iterator[Security]:
    """Yield why nobody can tell what is asked at a point, for each such policy, and for what could not be read."""
    for resource in resources:
        if not sees_at(resource, point, look):
            yield unseen(resource)
        for each in attached(resource, point, look):
            if MADE_BY_KUADRANT in (each.policy.metadata.labels or {}):
                continue  # what it is made of is read itself
            yield unknown(f"{named(resource.kind, each.policy)} may ask for more")


def unseen(resource: Resource) -> Security:
    """Return that nobody can tell, as policies of a kind could not be read."""
    return unknown(f"{resource.kind} could not be read")
