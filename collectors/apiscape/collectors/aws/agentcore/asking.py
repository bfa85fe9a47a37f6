"""What gateways and runtimes of AgentCore ask of their callers."""

from __future__ import annotations

from collections.abc import Mapping

from apiscape.collectors.aws.authorizers import IAM
from apiscape.collectors.aws.picking import Item, part, text, texts
from apiscape.collectors.specs import clean_address
from apiscape.model.security import Scheme, Security
from apiscape.model.vocabulary import Requirement, SchemeKind

JWT = "customJWTAuthorizer"
_ANYBODY, _SIGNED, _BY_TOKEN, _KNOWN_ONLY = "NONE", "AWS_IAM", "CUSTOM_JWT", "AUTHENTICATE_ONLY"


def read_gateway_security(kind: str | None, configuration: Item) -> Security:
    """Return what a gateway asks of every caller.

    Args:
        kind: Its `authorizerType`.
        configuration: Its `authorizerConfiguration`, empty where it could not be read.
    """
    told = f"gateway authorizerType={kind or 'not given'}"
    if kind == _ANYBODY:
        return Security(requirement=Requirement.NONE, evidence=told)
    if kind == _SIGNED:
        return Security(requirement=Requirement.REQUIRED, schemes=(IAM,), evidence=told)
    if kind == _BY_TOKEN:
        token = _token(part(configuration, JWT))
        return Security(requirement=Requirement.REQUIRED, schemes=(token,), evidence=told)
    if kind == _KNOWN_ONLY:
        said = f"{told}: whoever proves who they are comes through"
        return Security(requirement=Requirement.REQUIRED, evidence=said)
    return Security(evidence=told)


def read_runtime_security(version: Item) -> Security:
    """Return what a runtime asks of every caller: a token where one is configured, a signature where nothing is."""
    given = version.get("authorizerConfiguration")
    if isinstance(given, Mapping) and JWT in given:
        told = f"runtime authorizerConfiguration={JWT}"
        token = _token(part(given, JWT))
        return Security(requirement=Requirement.REQUIRED, schemes=(token,), evidence=told)
    if given is None or given == {}:
        told = "runtime without an authorizer of its own: requests are signed"
        return Security(requirement=Requirement.REQUIRED, schemes=(IAM,), evidence=told)
    return Security(evidence="runtime authorizerConfiguration of another kind")


def _token(authorizer: Item) -> Scheme:
    issuer = text(authorizer, "discoveryUrl")
    return Scheme(
        kind=SchemeKind.JWT,
        location="header:Authorization",
        issuer=clean_address(issuer) if issuer else None,
        scopes=texts(authorizer, "allowedScopes"),
    )
