"""Who may call: from what is attached to a method or route, never from what merely exists.

In API Gateway a method has at most one authorizer and may ask for an API key besides; all of
it is enforced together. A definition that nothing points at protects nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from apiscape.collectors.aws.picking import Item, is_set, items, part, text, texts
from apiscape.model.security import ANONYMOUS, Scheme, Security
from apiscape.model.vocabulary import Requirement, SchemeKind

API_KEY = Scheme(kind=SchemeKind.API_KEY, location="header:x-api-key")
IAM = Scheme(kind=SchemeKind.IAM, location="header:Authorization")

ANYBODY = "NONE"
SIGNED = "AWS_IAM"

_AUTH = "x-amazon-apigateway-auth"
_KINDS = {
    "jwt": SchemeKind.JWT,
    "cognito_user_pools": SchemeKind.JWT,
    "token": SchemeKind.CUSTOM,
    "request": SchemeKind.CUSTOM,
}
"""Kind of scheme by an authorizer's type; a Lambda function's check is `custom`."""

_BY_AUTHORIZATION_TYPE = {
    "CUSTOM": SchemeKind.CUSTOM,
    "COGNITO_USER_POOLS": SchemeKind.JWT,
    "JWT": SchemeKind.JWT,
}
_BY_SCHEME_TYPE = {"oauth2": SchemeKind.OAUTH2, "openidconnect": SchemeKind.OIDC}
_PLACES = {"header": "header", "querystring": "query"}


def security_of_type(
    authorization: str | None,
    authorizer: Scheme | None,
    *,
    api_key: bool | None,
    scopes: tuple[str, ...],
    evidence: str,
) -> Security:
    """Return what an authorization type asks for, as methods and routes of the working copy have it.

    Args:
        authorization: `NONE`, `AWS_IAM`, `CUSTOM`, `COGNITO_USER_POOLS`, `JWT`, or a word of a later year.
        authorizer: The authorizer that is attached, as far as it is known.
        api_key: Whether an API key is asked for besides; `None` where that cannot be read.
        scopes: Scopes asked for.
        evidence: Where this was read.
    """
    if authorization is None:
        return Security(evidence=f"{evidence}: no authorization type")
    schemes: tuple[Scheme, ...] = ()
    if authorization == SIGNED:
        schemes = (IAM,)
    elif authorization != ANYBODY:
        kind = _BY_AUTHORIZATION_TYPE.get(authorization, SchemeKind.CUSTOM)
        known = authorizer or Scheme(kind=kind)
        schemes = (
            Scheme(
                kind=known.kind,
                location=known.location,
                issuer=known.issuer,
                scopes=scopes,
                native_id=known.native_id,
            ),
        )
    if api_key is None and not schemes:
        return Security(evidence=f"{evidence}: {authorization}, an API key perhaps")
    if api_key:
        schemes = (*schemes, API_KEY)
    return _asked(schemes, f"{evidence}: {authorization}" + (" and API key" if api_key else ""))


def security_of_export(operation: Item, schemes: Item, *, inherits: bool) -> Security:
    """Return what an exported operation asks for.

    Args:
        operation: Operation object of the export.
        schemes: `components.securitySchemes` of the export.
        inherits: Whether the document has security at its root. API Gateway never writes it, so
            what an operation without its own would mean is not known.
    """
    if is_set(operation, _AUTH, "type") is None:
        return Security(evidence="export: an authorization type that cannot be read")
    authorization = (text(part(operation, _AUTH), "type") or "").upper()
    named = [
        (str(name), texts(requirement, name))
        for requirement in items(operation, "security")
        for name in requirement
    ]
    given = operation.get("security")
    readable = isinstance(given, list) and all(isinstance(each, Mapping) for each in given)
    if given is not None and not readable:
        return Security(evidence="export: security that cannot be read")
    asked = tuple(_named_scheme(name, scopes, part(schemes, name)) for name, scopes in named)
    if authorization == SIGNED and all(scheme.kind != SchemeKind.IAM for scheme in asked):
        asked = (IAM, *asked)
    if not asked and authorization not in {"", ANYBODY, SIGNED}:
        asked = (Scheme(kind=_BY_AUTHORIZATION_TYPE.get(authorization, SchemeKind.CUSTOM)),)
    if not asked and given is None and inherits and authorization != ANYBODY:
        return Security(evidence="export: security at the root of the document")
    words = ", ".join(name for name, _ in named) or authorization
    return _asked(asked, f"export: {words}" if words else "export: no security")


def authorizer_of_v2(item: Item) -> Scheme:
    """Return the scheme of an authorizer of an HTTP or WebSocket API."""
    return Scheme(
        kind=_KINDS.get((text(item, "AuthorizerType") or "").casefold(), SchemeKind.CUSTOM),
        location=_locations(texts(item, "IdentitySource")),
        issuer=text(part(item, "JwtConfiguration"), "Issuer"),
        native_id=text(item, "AuthorizerId"),
    )


def _asked(schemes: tuple[Scheme, ...], evidence: str) -> Security:
    if not schemes:
        return Security(requirement=ANONYMOUS.requirement, evidence=evidence)
    return Security(requirement=Requirement.REQUIRED, schemes=schemes, evidence=evidence)


def _named_scheme(name: str, scopes: tuple[str, ...], definition: Item) -> Scheme:
    """Return the scheme that an operation names; one that is not defined asks for something all the same."""
    authorizer = part(definition, "x-amazon-apigateway-authorizer")
    kind_word = (text(authorizer, "type") or "").casefold()
    auth_type = (text(definition, "x-amazon-apigateway-authtype") or "").casefold()
    if auth_type == "awssigv4" or (not definition and name == "sigv4"):
        return IAM
    if authorizer or auth_type:
        return Scheme(
            kind=_KINDS.get(kind_word) or _KINDS.get(auth_type, SchemeKind.CUSTOM),
            location=_locations((text(authorizer, "identitySource") or "").split(","))
            or _location(definition),
            issuer=_issuer(authorizer),
            scopes=scopes,
            native_id=name,
        )
    return _plain_scheme(name, scopes, definition)


def _plain_scheme(name: str, scopes: tuple[str, ...], definition: Item) -> Scheme:
    kind_word = (text(definition, "type") or "").casefold()
    if kind_word == "apikey" or (not definition and name == "api_key"):
        return Scheme(kind=SchemeKind.API_KEY, location=_location(definition) or API_KEY.location)
    kind = _BY_SCHEME_TYPE.get(kind_word, SchemeKind.CUSTOM)
    return Scheme(kind=kind, scopes=scopes, native_id=name)


def _issuer(authorizer: Item) -> str | None:
    """Return the token issuer, or the user pool that stands for it."""
    configuration = part(authorizer, "jwtConfiguration")
    named = text(configuration, "issuer") or next(iter(texts(configuration, "issuers")), None)
    listed = next((text(issuer, "issuer") for issuer in items(configuration, "issuers")), None)
    return named or listed or next(iter(texts(authorizer, "providerARNs")), None)


def _location(definition: Item) -> str | None:
    place, name = text(definition, "in"), text(definition, "name")
    return f"{place}:{name}" if place and name else None


def _locations(sources: tuple[str, ...] | list[str]) -> str | None:
    """Return `header:Authorization` of `method.request.header.Authorization` or `$request.header.…`."""
    found = []
    for source in sources:
        _, _, place_and_name = source.strip().partition("request.")
        place, _, name = place_and_name.partition(".")
        if name and place in _PLACES:
            found.append(f"{_PLACES[place]}:{name}")
    return ", ".join(found) or None
