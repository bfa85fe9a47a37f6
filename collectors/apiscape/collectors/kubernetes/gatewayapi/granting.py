"""References from one namespace into another: allowed by a grant in the other one alone.

After the specification of Gateway API (`ReferenceGrant`).
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.kinds import ReferenceGrant
from apiscape.collectors.kubernetes.gatewayapi.resources import GRANTS, OF_NAMESPACE
from apiscape.collectors.kubernetes.resource import Look

NOT_PERMITTED = "RefNotPermitted"


class Reference(msgspec.Struct, frozen=True, gc=False):
    """Something that refers to something."""

    from_group: str
    from_kind: str
    from_namespace: str
    group: str
    kind: str
    namespace: str
    name: str


def is_granted(reference: Reference, grants: Iterable[ReferenceGrant]) -> bool:
    """Say whether a reference is allowed: within a namespace always, across them by a grant in the other one."""
    if reference.from_namespace == reference.namespace:
        return True
    return any(_grants(each, reference) for each in grants)


def denied(reference: Reference, look: Look) -> str | None:
    """Return why a reference is not allowed; nothing where it is, or where nobody can tell."""
    if reference.from_namespace == reference.namespace:
        return None
    grants = look.those(GRANTS, OF_NAMESPACE, reference.namespace)
    if is_granted(reference, grants) or not look.sees(GRANTS, reference.namespace):
        return None
    return NOT_PERMITTED


def _grants(grant: ReferenceGrant, reference: Reference) -> bool:
    if grant.metadata.namespace != reference.namespace:
        return False
    who = (reference.from_group, reference.from_kind, reference.from_namespace)
    if who not in {(each.group, each.kind, each.namespace) for each in grant.spec.origins}:
        return False
    return any(
        (each.group, each.kind) == (reference.group, reference.kind)
        and each.name in {None, reference.name}
        for each in grant.spec.targets
    )
