"""Read routes of HTTP and WebSocket APIs: the configuration as it is edited, not as it is deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from apiscape.collectors.aws.apigateway.matching import match_of
from apiscape.collectors.aws.authorizers import authorizer_of_v2, security_of_type
from apiscape.collectors.aws.backends import Backends, Integration
from apiscape.collectors.aws.picking import Item, is_set, opted, text, texts
from apiscape.collectors.aws.surface import Surface, switch
from apiscape.model.deployment import Operation
from apiscape.model.security import ANONYMOUS, Scheme, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import SchemeKind

CONNECT = "$connect"
MESSAGE = "message"
_EVIDENCE = "routes"
_TARGET = "integrations/"
_CHECKED = frozenset({"CUSTOM", "JWT"})


class Routes(msgspec.Struct, frozen=True, gc=False):
    """What is configured of an API; `integrations` and `authorizers` are `None` where they could not be read."""

    routes: Sequence[Item]
    integrations: Sequence[Item] | None
    authorizers: Sequence[Item] | None

    def authorizer(self, route: Item) -> Scheme | None:
        """Return the authorizer that a route points at, as far as it is known."""
        identifier = text(route, "AuthorizerId")
        for item in self.authorizers or ():
            if text(item, "AuthorizerId") == identifier:
                return authorizer_of_v2(item)
        kind = SchemeKind.JWT if text(route, "AuthorizationType") == "JWT" else SchemeKind.CUSTOM
        return Scheme(kind=kind, native_id=identifier) if identifier else None


def needs_authorizers(routes: Sequence[Item]) -> bool:
    """Say whether any route points at an authorizer, so that a call for them pays."""
    return any(text(route, "AuthorizationType") in _CHECKED for route in routes)


def needs_integrations(routes: Sequence[Item]) -> bool:
    """Say whether any route leads to an integration, so that a call for them pays."""
    return any((text(route, "Target") or "").startswith(_TARGET) for route in routes)


def read_http_routes(configured: Routes) -> Surface:
    """Return operations and backends of an HTTP API's routes."""
    backends, keys = _backends(configured.integrations)
    operations = []
    for route in configured.routes:
        verb, _, path = (text(route, "RouteKey") or "").partition(" ")
        operations.append(
            Operation(
                verb=verb if path else "ANY",
                template=path or verb or "?",
                operation_id=text(route, "OperationName"),
                security=_security(route, configured),
                backend=_backend(route, keys, configured.integrations),
                match=match_of(path or verb),
            )
        )
    return _surface(operations, backends, configured.integrations)


def read_websocket_routes(configured: Routes) -> Surface:
    """Return operations and backends of a WebSocket API's routes.

    Whoever may connect may send: what `$connect` asks for guards every message, and where there
    is no such route anybody may connect.
    """
    backends, keys = _backends(configured.integrations)
    guard = Security(requirement=ANONYMOUS.requirement, evidence=f"no {CONNECT} route")
    if any(is_set(route, "RouteKey") is None for route in configured.routes):
        guard = Security(evidence=f"no {CONNECT} route, and one whose key cannot be read")
    for route in configured.routes:
        if text(route, "RouteKey") == CONNECT:
            guard = _security(route, configured)
    guarded = Security(guard.requirement, guard.schemes, f"{CONNECT}: {guard.evidence}")
    operations = []
    for route in configured.routes:
        key = text(route, "RouteKey") or "?"
        operations.append(
            Operation(
                verb=key if key.startswith("$") else MESSAGE,
                template=key,
                operation_id=text(route, "OperationName"),
                security=guard if key == CONNECT else guarded,
                backend=_backend(route, keys, configured.integrations),
                match=match_of(key),
            )
        )
    surface = _surface(operations, backends, configured.integrations)
    return msgspec.structs.replace(surface, validation=switch(_validates(configured.routes)))


def _validates(routes: Sequence[Item]) -> bool | None:
    """Say whether messages of any route are held to a model, which an expression chooses; `None` where one is odd."""
    said = [is_set(route, "ModelSelectionExpression") for route in routes]
    return True if True in said else None if None in said else False


def _security(route: Item, configured: Routes) -> Security:
    return security_of_type(
        text(route, "AuthorizationType"),
        configured.authorizer(route),
        api_key=opted(route, "ApiKeyRequired"),
        scopes=texts(route, "AuthorizationScopes"),
        evidence=_EVIDENCE,
    )


def _backends(integrations: Sequence[Item] | None) -> tuple[Backends, Mapping[str, str | None]]:
    """Return the backends, and their keys by the id of the integration."""
    backends = Backends()
    keys: dict[str, str | None] = {}
    for item in integrations or ():
        kind = text(item, "IntegrationType")
        keys[text(item, "IntegrationId") or ""] = backends.add(
            Integration(
                type=kind.upper() if kind else None,
                uri=text(item, "IntegrationUri"),
                connection=text(item, "ConnectionId"),
                subtype=text(item, "IntegrationSubtype"),
            )
        )
    return backends, keys


def _backend(
    route: Item, keys: Mapping[str, str | None], integrations: Sequence[Item] | None
) -> str | Unknown | None:
    target = (text(route, "Target") or "").removeprefix(_TARGET)
    return UNKNOWN if integrations is None else keys.get(target)


def _surface(
    operations: Sequence[Operation], backends: Backends, integrations: Sequence[Item] | None
) -> Surface:
    return Surface(
        operations=tuple(sorted(operations, key=lambda one: (one.template, one.verb))),
        backends=UNKNOWN if integrations is None else backends.all(),
    )
