"""Gateway API as it is decoded: of every kind the fields that attachment, exposure and health are read from.

Field for field after the CustomResourceDefinitions of sigs.k8s.io/gateway-api v1.4. What a version leaves
out is absent here; what it adds is not decoded.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing

GROUP = "gateway.networking.k8s.io"
EARLY_GROUP = "gateway.networking.x-k8s.io"
"""Of what the project tries out: XListenerSet, which became ListenerSet."""
HOLDERS: Mapping[str, str] = {
    "Gateway": GROUP,
    "ListenerSet": GROUP,
    "XListenerSet": EARLY_GROUP,
}
"""Kinds of what has listeners, each with its group."""
CLASSES = f"gatewayclasses.{GROUP}"


class LabelRequirement(Field):
    """One line of a selector."""

    key: str
    operator: str
    values: list[str] = msgspec.field(default_factory=list)


class LabelSelector(Field):
    """Selects by labels; an empty one selects everything."""

    match_labels: dict[str, str] | None = None
    match_expressions: list[LabelRequirement] | None = None


class Condition(Field):
    """What a controller says of an object, and of which generation of it."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int | None = None


class ParentRef(Field):
    """What a route wants to be attached to."""

    name: str
    group: str = GROUP
    kind: str = "Gateway"
    namespace: str | None = None
    section_name: str | None = None
    port: int | None = None


class ObjectRef(Field):
    """Another object, in the same namespace where none is named."""

    name: str
    group: str = ""
    kind: str = "Secret"
    namespace: str | None = None


class BackendRef(Field):
    """Where requests are sent on."""

    name: str
    group: str = ""
    kind: str = "Service"
    namespace: str | None = None
    port: int | None = None
    weight: int = 1


class RouteNamespaces(Field):
    """Of which namespaces routes, or sets of listeners, are taken."""

    origin: str | None = msgspec.field(default=None, name="from")
    selector: LabelSelector | None = None


class RouteGroupKind(Field):
    """A kind of route."""

    kind: str
    group: str = GROUP


class AllowedRoutes(Field):
    """Which routes a listener takes."""

    namespaces: RouteNamespaces | None = None
    kinds: list[RouteGroupKind] | None = None


class ListenerTls(Field):
    """How a listener ends TLS, or does not."""

    mode: str = "Terminate"
    certificate_refs: list[ObjectRef] | None = None
    options: dict[str, str] | None = None


class Listener(Field):
    """One address, port and protocol of a Gateway or a ListenerSet."""

    name: str
    protocol: str
    port: int = 0
    hostname: str | None = None
    tls: ListenerTls | None = None
    allowed_routes: AllowedRoutes | None = None


class AllowedListeners(Field):
    """Which sets of listeners a Gateway takes; none unless it says so."""

    namespaces: RouteNamespaces | None = None


class ParametersRef(Field):
    """An object that says more: in the namespace of the Gateway, or where a GatewayClass says that it is."""

    name: str
    group: str = ""
    kind: str = ""
    namespace: str | None = None


class GatewayInfrastructure(Field):
    """What is said to whatever a Gateway is made of."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    parameters_ref: ParametersRef | None = None


class FrontendValidation(Field):
    """Whether callers show a certificate, and what happens where it is not good."""

    mode: str = "AllowValidOnly"
    ca_certificate_refs: list[ObjectRef] | None = None


class FrontendTls(Field):
    """What is asked of callers' certificates."""

    validation: FrontendValidation | None = None


class FrontendPort(Field):
    """What is asked of callers' certificates at one port."""

    port: int
    tls: FrontendTls | None = None


class Frontend(Field):
    """What is asked of callers' certificates, by port."""

    default: FrontendTls | None = None
    per_port: list[FrontendPort] | None = None


class GatewayTls(Field):
    """How a Gateway speaks TLS with callers."""

    frontend: Frontend | None = None


class GatewaySpec(Field):
    """What a Gateway is asked to be."""

    gateway_class_name: str
    listeners: list[Listener] | None = None
    allowed_listeners: AllowedListeners | None = None
    infrastructure: GatewayInfrastructure | None = None
    tls: GatewayTls | None = None


class GatewayAddress(Field):
    """Where a Gateway can be reached."""

    value: str = ""
    type: str = "IPAddress"


class ListenerStatus(Field):
    """What a controller says of a listener; not how many routes it has, which changes with each of them."""

    name: str
    conditions: list[Condition] | None = None


class GatewayStatus(Field):
    """What a controller says of a Gateway."""

    addresses: list[GatewayAddress] | None = None
    conditions: list[Condition] | None = None
    listeners: list[ListenerStatus] | None = None


class Gateway(Thing):
    """A Gateway."""

    spec: GatewaySpec
    status: GatewayStatus | None = None


class ListenerSetSpec(Field):
    """More listeners for a Gateway."""

    parent_ref: ParentRef
    listeners: list[Listener] | None = None


class ListenerSet(Thing):
    """A ListenerSet, or an XListenerSet, which has the same fields."""

    spec: ListenerSetSpec
    status: GatewayStatus | None = None


class GatewayClassSpec(Field):
    """Who looks after the Gateways of a class."""

    controller_name: str
    parameters_ref: ParametersRef | None = None


class Feature(Field):
    """Something that a controller says that it can do."""

    name: str


class GatewayClassStatus(Field):
    """What a controller says of a class; older ones name features by a text each."""

    supported_features: list[Feature | str] | None = None


class GatewayClass(Thing):
    """A GatewayClass."""

    spec: GatewayClassSpec
    status: GatewayClassStatus | None = None

    @property
    def features(self) -> frozenset[str]:
        """What its controller says that it can do; empty where it does not say."""
        told = (self.status.supported_features if self.status else None) or ()
        return frozenset(each if isinstance(each, str) else each.name for each in told)


class GrantFrom(Field):
    """Who may refer."""

    kind: str
    namespace: str
    group: str = ""


class GrantTo(Field):
    """What may be referred to; all of a kind where none is named."""

    kind: str
    group: str = ""
    name: str | None = None


class ReferenceGrantSpec(Field):
    """Who may refer to what from another namespace."""

    origins: list[GrantFrom] = msgspec.field(name="from", default_factory=list)
    targets: list[GrantTo] = msgspec.field(name="to", default_factory=list)


class ReferenceGrant(Thing):
    """A ReferenceGrant, in the namespace of what is referred to."""

    spec: ReferenceGrantSpec
