"""What holds for one rule of a route at one listener, whichever policies say so."""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.resource import Look, Resource
from apiscape.model.security import UNKNOWN_SECURITY, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where policies are attached, from the widest to the narrowest.

    Attributes:
        controller: Of the GatewayClass (`gateway.envoyproxy.io/gatewayclass-controller`); `None` where nobody can tell.
        gateway: `namespace/name`; `None` for what is attached to none.
        listener: Its name.
        gateway_labels: Labels that workloads of the gateway are known to have (Istio's selectors go by them).
        route: Metadata of the route, with its group and kind.
        rule: Its name, where it has one.
        extensions: `(group, kind, name)` of what filters of the rule refer to, in the route's namespace.
        services: `namespace/name` of the Services that the rule sends to.
        paths: That the rule is for, with the methods, as `(method, path)`; for policies that go by them.
    """

    controller: str | None = None
    gateway: str | None = None
    listener: str | None = None
    gateway_labels: dict[str, str] = msgspec.field(default_factory=dict)
    route: Metadata | None = None
    route_group: str = ""
    route_kind: str = ""
    rule: str | None = None
    extensions: tuple[tuple[str, str, str], ...] = ()
    services: tuple[str, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """What holds at a point; each switch unknown where nobody can tell."""

    security: Security = UNKNOWN_SECURITY
    rate_limit: str = Switch.UNKNOWN
    cors: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    mtls: str = Switch.UNKNOWN
    tls_min: str | Unknown | None = UNKNOWN


POLICIES: tuple[Resource, ...] = ()
"""What is read for it."""


def effective(point: Point, look: Look) -> Effective:
    """Return what holds at a point.

    Unknown is what nobody can tell: a policy that could not be read, a controller whose policies are not known.
    """
    del point, look
    return Effective()
