"""Routes of Gateway API as they are decoded (see `kinds`)."""

from __future__ import annotations

from typing import ClassVar

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.gatewayapi.kinds import (
    BackendRef,
    Condition,
    ObjectRef,
    ParentRef,
)
from apiscape.collectors.kubernetes.objects import Thing


class HeaderMatch(Field):
    """A header that a request must have; its value is not read."""

    name: str


class PathMatch(Field):
    """The path of a request."""

    type: str = "PathPrefix"
    value: str = "/"


class HttpMatch(Field):
    """Which requests a rule is for."""

    path: PathMatch | None = None
    method: str | None = None
    headers: list[HeaderMatch] | None = None
    query_params: list[HeaderMatch] | None = None


class GrpcMethodMatch(Field):
    """The method of a call."""

    type: str = "Exact"
    service: str | None = None
    method: str | None = None


class GrpcMatch(Field):
    """Which calls a rule is for."""

    method: GrpcMethodMatch | None = None
    headers: list[HeaderMatch] | None = None


class Filter(Field):
    """What is done to a request; of what is named elsewhere, its name."""

    type: str
    extension_ref: ObjectRef | None = None


class HttpRule(Field):
    """Requests, and where they are sent on."""

    name: str | None = None
    matches: list[HttpMatch] | None = None
    filters: list[Filter] | None = None
    backend_refs: list[BackendRef] | None = None


class GrpcRule(Field):
    """Calls, and where they are sent on."""

    name: str | None = None
    matches: list[GrpcMatch] | None = None
    filters: list[Filter] | None = None
    backend_refs: list[BackendRef] | None = None


class StreamRule(Field):
    """Connections, and where they are sent on."""

    filters: ClassVar[None] = None
    name: str | None = None
    backend_refs: list[BackendRef] | None = None


class RouteParentStatus(Field):
    """What one controller says of a route at one parent."""

    parent_ref: ParentRef
    controller_name: str = ""
    conditions: list[Condition] | None = None


class RouteStatus(Field):
    """What controllers say of a route."""

    parents: list[RouteParentStatus] | None = None


class HttpRouteSpec(Field):
    """What an HTTPRoute asks for."""

    parent_refs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[HttpRule] | None = None


class GrpcRouteSpec(Field):
    """What a GRPCRoute asks for."""

    parent_refs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[GrpcRule] | None = None


class StreamRouteSpec(Field):
    """What a TLSRoute, TCPRoute or UDPRoute asks for."""

    parent_refs: list[ParentRef] | None = None
    hostnames: list[str] | None = None
    rules: list[StreamRule] | None = None


class HttpRoute(Thing):
    """An HTTPRoute."""

    spec: HttpRouteSpec
    status: RouteStatus | None = None


class GrpcRoute(Thing):
    """A GRPCRoute."""

    spec: GrpcRouteSpec
    status: RouteStatus | None = None


class StreamRoute(Thing):
    """A TLSRoute, TCPRoute or UDPRoute."""

    spec: StreamRouteSpec
    status: RouteStatus | None = None


Route = HttpRoute | GrpcRoute | StreamRoute
