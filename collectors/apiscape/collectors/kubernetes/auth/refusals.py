"""What refusals of AWS and errors of its SDK mean, by name: the SDK need not be loaded for it."""

from __future__ import annotations

from collections.abc import Mapping

from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Throttled,
    Unreachable,
)
from apiscape.collectors.kubernetes.refusing import no_way, unusable

SIGN_IN_STEP = "sign in to AWS again: profile, variables or role of the agent's user"


def refused(code: str, operation: str) -> CollectorError:
    """Return what a refusal means, by its code."""
    kind = _BY_CODE.get(code)
    if kind is AccessDenied or (kind is None and "Denied" in code):
        return AccessDenied(f"needs {operation}", permission=operation, operation=operation)
    if kind is CredentialsInvalid:
        return unusable(
            f"AWS does not take the credentials ({code})", SIGN_IN_STEP, operation=operation
        )
    if kind is not None:
        return kind(f"AWS refused {operation} ({code})", operation=operation)
    return Unreachable(f"AWS refused {operation} ({code or 'for no reason'})", operation=operation)


def unreadable(operation: str) -> Unreachable:
    """Return the error of an answer that is none."""
    return no_way("AWS gave no answer that can be read", _WAY, operation=operation)


def failed(kind: type[Exception], operation: str) -> CollectorError:
    """Return what an error of the SDK means, by its type."""
    if _NOBODY & {each.__name__ for each in kind.__mro__}:
        return unusable("nobody is signed in to AWS", SIGN_IN_STEP, operation=operation)
    return no_way(f"no answer of AWS to {operation} ({kind.__name__})", _WAY, operation=operation)


_WAY = "check the region, the network and the proxy"
_BY_CODE: Mapping[str, type[CollectorError]] = {
    **dict.fromkeys(("AccessDenied", "AccessDeniedException"), AccessDenied),
    **dict.fromkeys(("Throttling", "ThrottlingException", "TooManyRequestsException"), Throttled),
    **dict.fromkeys(
        (
            *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"),
            *("InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature"),
            *("UnrecognizedClientException", "AuthFailure", "MissingAuthenticationToken"),
        ),
        CredentialsInvalid,
    ),
    "ResourceNotFoundException": Gone,
}
_NOBODY = frozenset(
    {
        *("NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"),
        *("ProfileNotFound", "ConfigNotFound", "ConfigParseError", "InvalidConfigError"),
        *("TokenRetrievalError", "SSOError", "LoginError", "MetadataRetrievalError"),
    }
)
"""By name of the SDK's errors, or of one that they derive from."""
