"""Rules of routes: which requests they are for, and where those are sent on."""

from __future__ import annotations

from collections.abc import Sequence

from apiscape.collectors.kubernetes.exposed import Match, PathType, Target
from apiscape.collectors.kubernetes.gatewayapi.backend_tls import secured
from apiscape.collectors.kubernetes.gatewayapi.granting import GIVEN, Reference, leave_of
from apiscape.collectors.kubernetes.gatewayapi.kinds import GROUP, BackendRef
from apiscape.collectors.kubernetes.gatewayapi.routes import (
    Filter,
    GrpcMatch,
    GrpcRule,
    HttpMatch,
    HttpRule,
    Route,
    StreamRule,
)
from apiscape.collectors.kubernetes.resource import Look

AnyRule = HttpRule | GrpcRule | StreamRule

_PATH_TYPES = {"Exact": PathType.EXACT, "PathPrefix": PathType.PREFIX}
_REGEX = "RegularExpression"
_EVERYTHING = (Match(),)
_EVERY_CALL = (Match(method="POST", path="/"),)
_EVERY_CONNECTION = (Match(method="CONNECT", path="", path_type=PathType.EXACT),)


def matches_of(rule: AnyRule) -> tuple[Match, ...]:
    """Return which requests a rule is for: all of them where it says nothing."""
    if isinstance(rule, HttpRule):
        return tuple([_http(each, rule.name) for each in rule.matches or ()]) or _EVERYTHING
    if isinstance(rule, GrpcRule):
        return tuple([_grpc(each, rule.name) for each in rule.matches or ()]) or _EVERY_CALL
    return _EVERY_CONNECTION


def _http(match: HttpMatch, name: str | None) -> Match:
    path = match.path
    kind = path.type if path else "PathPrefix"
    return Match(
        method=match.method or "ANY",
        path=path.value if path else "/",
        path_type=_PATH_TYPES.get(kind, PathType.REGEX if kind == _REGEX else PathType.OWN),
        operation_id=name,
    )


def _grpc(match: GrpcMatch, name: str | None) -> Match:
    """Return which calls: a service without a method is a prefix, as gRPC's paths are `/service/method`."""
    told = match.method
    if told is None or (told.service is None and told.method is None):
        return Match(method="POST", path="/", operation_id=name)
    is_exact = told.type == "Exact"
    if is_exact and told.method is None:
        return Match(method="POST", path=f"/{told.service}", operation_id=name)
    if is_exact and told.service is not None:
        path, kind = f"/{told.service}/{told.method}", PathType.EXACT
    else:
        any_one = "[^/]+"
        path = f"/{told.service or any_one}/{told.method or any_one}"
        kind = PathType.REGEX
    return Match(method="POST", path=path, path_type=kind, operation_id=name)


Referred = tuple[tuple[str, str, str | None, str, int | None, int], ...]
"""Backends as a rule refers to them."""

Known = dict[Referred, tuple[Target, ...]]
"""Where rules send requests on that refer to the same."""


def targets_of(
    rule: AnyRule, route: Route, kind: str, look: Look, known: Known
) -> tuple[Target, ...]:
    """Return where a rule sends requests on.

    Args:
        rule: The rule.
        route: Which has it.
        kind: Of the route.
        look: What is looked at.
        known: Targets of the route's other rules: most of them lead to the same. Added to.
    """
    refs = rule.backend_refs or ()
    referred = tuple(
        [
            (each.group, each.kind, each.namespace, each.name, each.port, each.weight)
            for each in refs
        ]
    )
    found = known.get(referred)
    if found is None:
        found = known[referred] = tuple(_target(each, route, kind, look) for each in refs)
    return found


def _target(ref: BackendRef, route: Route, kind: str, look: Look) -> Target:
    own = route.metadata.namespace
    namespace = ref.namespace or own
    is_service = ref.kind == "Service" and ref.group in {"", "core"}
    leave = GIVEN
    if namespace != own:
        leave = leave_of(
            Reference(GROUP, kind, own, ref.group, ref.kind, namespace, ref.name), look
        )
    return Target(
        name=ref.name,
        kind="service" if is_service else ref.kind.lower(),
        stands=None if is_service else (ref.group, ref.kind),
        namespace=namespace,
        port=None if ref.port is None else str(ref.port),
        weight=ref.weight,
        denied=leave.why if leave.holds is False else None,
        doubted=leave.why if leave.holds is None else None,
        secured=secured(namespace, ref.name, ref.port, look) if is_service else None,
    )


_NO_FILTERS: tuple[Filter, ...] = ()


def filters_of(rule: AnyRule) -> Sequence[Filter]:
    """Return what is done to requests on their way."""
    return _NO_FILTERS if isinstance(rule, StreamRule) else rule.filters or _NO_FILTERS


def extensions_of(rule: AnyRule) -> tuple[tuple[str, str, str], ...]:
    """Return what filters of a rule refer to: group, kind, name."""
    if isinstance(rule, StreamRule) or not rule.filters:
        return ()
    refs = [each.extension_ref for each in rule.filters if each.extension_ref is not None]
    return tuple([(each.group, each.kind, each.name) for each in refs])


def has_cors(rules: Sequence[AnyRule]) -> bool:
    """Say whether all rules answer browsers from other sites by themselves."""
    return bool(rules) and all(
        any(each.type == "CORS" for each in filters_of(rule)) for rule in rules
    )
