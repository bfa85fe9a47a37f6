"""Whether a policy is in force: what controllers say of it, and of which generation. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from apiscape.collectors.kubernetes.gatewayapi.kinds import Condition
from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.collectors.kubernetes.policies.point import Point
from apiscape.collectors.kubernetes.policies.targets import PolicyStatus


class Standing(StrEnum):
    """Whether a policy is in force."""

    HOLDS = "holds"
    REJECTED = "rejected"
    PENDING = "pending"


def stands(
    status: PolicyStatus | None, metadata: Metadata, point: Point, needs: Iterable[str]
) -> tuple[Standing, str]:
    """Say whether a policy is in force at a point, and if not why not.

    What its controller says of it at the point's gateway counts; what it says of it at other gateways does not.
    """
    return verdict(_conditions(status, metadata, point), needs, metadata.generation)


def verdict(
    told: list[list[Condition]], needs: Iterable[str], generation: int
) -> tuple[Standing, str]:
    """Say whether all of some conditions hold, and if not why not."""
    held = [said(told, name, generation) for name in needs]
    for holds, why in held:
        if holds is False:
            return Standing.REJECTED, why
    for holds, why in held:
        if holds is None:
            return Standing.PENDING, why
    return Standing.HOLDS, ""


def _conditions(
    status: PolicyStatus | None, metadata: Metadata, point: Point
) -> list[list[Condition]]:
    if status is None:
        return []
    entries = [
        each for each in status.ancestors or () if point.controller in {None, each.controller_name}
    ]
    own = metadata.namespace
    at = [each for each in entries if each.ancestor_ref.kind == "Gateway"]
    here = [
        each
        for each in at
        if key_of(each.ancestor_ref.namespace or own, each.ancestor_ref.name) == point.gateway
        and point.listener in {None, each.ancestor_ref.section_name or point.listener}
    ]
    elsewhere = [each for each in entries if each not in at]
    told = [each.conditions or [] for each in here or elsewhere]
    return told or ([status.conditions] if status.conditions else [])


def said(told: list[list[Condition]], name: str, generation: int) -> tuple[bool | None, str]:
    """Say whether a condition holds wherever it is said, and if not why not; `None` where nobody knows yet."""
    found = [each for one in told for each in one if each.type == name]
    if not found:
        return None, "pending: no status"
    current = [each for each in found if (each.observed_generation or generation) >= generation]
    for each in current:
        if each.status == "False":
            return False, each.reason or name
    if len(current) < len(found):
        return None, f"stale: {found[0].reason or name}"
    for each in current:
        if each.status != "True":
            return None, f"pending: {each.reason or name}"
    return True, ""
