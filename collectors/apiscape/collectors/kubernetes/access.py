"""Trying a right of a collector by a list of one object: a read, where a review of rights would be a create."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from apiscape.collectors.contract import Permission, Quota
from apiscape.collectors.kubernetes.discovering import Served
from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.wire import FAMILY, Wire
from apiscape.collectors.trying import Grant, Tried, attempt

QUOTA = Quota(
    family=FAMILY,
    rate_per_s=10.0,
    burst=20,
    scope="account",
    source="no limit is published; API servers share theirs out by priority and fairness",
)
"""What is asked of one cluster at most, of which half is taken by default."""

VERBS = ("get", "list", "watch")


def right(
    name: str, reveals: str, *, verbs: Sequence[str] = VERBS, optional: bool = False
) -> Permission:
    """Return the right to read a resource: `get,list,watch httproutes.gateway.networking.k8s.io`.

    Args:
        name: Plural and group; the plural alone where it is of the core.
        reveals: What is hidden without it.
        verbs: All, unless it is never watched.
        optional: Whether only a detail is lost without it.
    """
    return Permission(
        action=f"{','.join(verbs)} {name}",
        operations=tuple(f"{verb} {name}" for verb in verbs),
        reveals=reveals,
        optional=optional,
    )


def try_list(
    wire: Wire, permission: Permission, served: Served | None, namespaces: Sequence[str] = ()
) -> Tried:
    """Return what a list of one object tells of a right; `watch` and `get` are not tried.

    Args:
        wire: The cluster.
        permission: As it is declared.
        served: The resource; none where the cluster does not serve it.
        namespaces: That are looked into: the first is tried. None for the whole cluster.

    Raises:
        CredentialsInvalid: Nobody is signed in.
        Cancelled: It should stop.
    """
    if served is None:
        return Tried(permission, Grant.NOT_NEEDED, "the cluster does not serve it")
    namespace = namespaces[0] if namespaces and served.is_namespaced else ""
    asked = Where(served, namespace).asked("list", limit="1")
    tried = attempt(permission, f"list {served.name}", lambda: wire.get(asked))
    others = len(namespaces) - 1 if namespace else 0
    if tried.grant != Grant.GRANTED or not others:
        return tried
    reason = f"tried in namespace {namespace}, not in {others} more"
    return msgspec.structs.replace(tried, reason=reason)
