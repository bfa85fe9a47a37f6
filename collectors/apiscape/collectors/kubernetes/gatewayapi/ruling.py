"""Rules of routes: which requests they are for, and where those are sent on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    PathMatch,
    Route,
    StreamRule,
)
from apiscape.collectors.kubernetes.resource import Look

AnyRule = HttpRule | GrpcRule | StreamRule

_PATH_TYPES = {
    "Exact": PathType.EXACT,
    "PathPrefix": PathType.PREFIX,
    "RegularExpression": PathType.REGEX,
}
_OWN_TYPE = PathType.OWN
_ANY_PATH = PathMatch()
_EVERYTHING = (Match(),)
_EVERY_CALL = (Match(method="POST", path="/"),)
_EVERY_CONNECTION = (Match(method="CONNECT", path="", path_type=PathType.EXACT),)


def matches_of(rule: AnyRule) -> tuple[Match, ...]:
    """Return which requests a rule is for: all of them where it says nothing."""
    if isinstance(rule, HttpRule):
        return _http(rule.matches, rule.name) if rule.matches else _EVERYTHING
    if isinstance(rule, GrpcRule):
        return tuple([_grpc(each, rule.name) for each in rule.matches or ()]) or _EVERY_CALL
    return _EVERY_CONNECTION


def _http(matches: Iterable[HttpMatch], name: str | None) -> tuple[Match, ...]:
    found: list[Match] = []
    for each in matches:
        path = each.path or _ANY_PATH
        match = Match(
            method=each.method or "ANY",
            path=path.value,
            path_type=_PATH_TYPES.get(path.type, _OWN_TYPE),
            operation_id=name,
        )
        found.append(match)
    return tuple(found)


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
    refs: Sequence[BackendRef], route: Route, kind: str, look: Look, known: Known
) -> tuple[Target, ...]:
    """Return where a rule sends requests on.

    Args:
        refs: Backends as the rule refers to them.
        route: Which has the rule.
        kind: Of the route.
        look: What is looked at.
        known: Targets of the route's other rules: most of them lead to the same. Added to.
    """
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


def extensions_of(filters: Iterable[Filter]) -> tuple[tuple[str, str, str], ...]:
    """Return what filters of a rule refer to: group, kind, name."""
    refs = [each.extension_ref for each in filters if each.extension_ref is not None]
    return tuple([(each.group, each.kind, each.name) for each in refs])


def has_cors(rules: Sequence[AnyRule]) -> bool:
    """Say whether all rules answer browsers from other sites by themselves."""
    return bool(rules) and all(map(_has_cors, rules))


def _has_cors(rule: AnyRule) -> bool:
    return bool(rule.filters) and any(each.type == "CORS" for each in rule.filters or ())
