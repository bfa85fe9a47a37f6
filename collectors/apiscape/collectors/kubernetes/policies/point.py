"""Where policies are attached, and what they say there."""

from __future__ import annotations

import msgspec

from apiscape.collectors.kubernetes.exposed import Match
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.model.limits import RateLimits, limited
from apiscape.model.security import UNKNOWN_SECURITY, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where policies are attached, from the widest to the narrowest.

    Attributes:
        controller: Of the GatewayClass (`gateway.envoyproxy.io/gatewayclass-controller`); `None` where nobody can tell.
        gateway_class: Its name, where that is not to be looked up.
        gateway: `namespace/name`; `None` for what is attached to none.
        listener_set: The set that has the listener, where one has (`ListenerSet/namespace/name`).
        listener: Its name.
        gateway_labels: Labels that workloads of the gateway are known to have (Istio's selectors go by them).
        route: Metadata of the route, with its group and kind.
        rule: Its name, where it has one.
        extensions: `(group, kind, name)` of what filters of the rule refer to, in the route's namespace.
        services: `namespace/name` of the Services that the rule sends to.
        matches: Requests that the rule is for, for policies that go by them; all where none are told.
        hosts: That the rule is for, for policies that go by them; none where they are not known.
    """

    controller: str | None = None
    gateway_class: str | None = None
    gateway: str | None = None
    listener_set: str | None = None
    listener: str | None = None
    gateway_labels: dict[str, str] = msgspec.field(default_factory=dict)
    route: Metadata | None = None
    route_group: str = ""
    route_kind: str = ""
    rule: str | None = None
    extensions: tuple[tuple[str, str, str], ...] = ()
    services: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    hosts: tuple[str, ...] = ()


class Effective(msgspec.Struct, frozen=True, kw_only=True):
    """What holds at a point; each switch unknown where nobody can tell.

    Of CORS and mTLS, what policies say: filters of a route and fields of a gateway say the rest.
    """

    security: Security = UNKNOWN_SECURITY
    rate_limits: RateLimits | Unknown = UNKNOWN
    cors: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    mtls: str = Switch.UNKNOWN
    tls_min: str | Unknown | None = UNKNOWN

    @property
    def rate_limit(self) -> str:
        """Whether callers are limited, as a word of `Switch`."""
        return limited(self.rate_limits)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one family of policies says of a point; a switch is `None` where it is none of its business."""

    security: Security | None = None
    rate_limits: RateLimits | Unknown | None = None
    cors: str | None = None
    waf: str | None = None
    mtls: str | None = None
    tls_min: str | None = None
