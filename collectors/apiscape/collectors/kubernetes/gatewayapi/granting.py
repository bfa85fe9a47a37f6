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
UNSEEN = "ReferenceGrants could not be read"


class Reference(msgspec.Struct, frozen=True, gc=False):
    """Something that refers to something."""

    from_group: str
    from_kind: str
    from_namespace: str
    group: str
    kind: str
    namespace: str
    name: str


class Leave(msgspec.Struct, frozen=True, gc=False):
    """Whether something may be referred to: `None` where nobody can tell. And why, unless it may."""

    holds: bool | None = True
    why: str | None = None


GIVEN = Leave()


def is_granted(reference: Reference, grants: Iterable[ReferenceGrant]) -> bool:
    """Say whether a reference is allowed: within a namespace always, across them by a grant in the other one."""
    if reference.from_namespace == reference.namespace:
        return True
    return any(_grants(each, reference) for each in grants)


def leave_of(reference: Reference, look: Look) -> Leave:
    """Return whether a reference is allowed, as far as the grants in the other namespace could be read."""
    if reference.from_namespace == reference.namespace:
        return GIVEN
    grants = look.those(GRANTS, OF_NAMESPACE, reference.namespace)
    if is_granted(reference, grants):
        return GIVEN
    sees = look.sees(GRANTS, reference.namespace)
    return Leave(holds=False, why=NOT_PERMITTED) if sees else Leave(holds=None, why=UNSEEN)


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
