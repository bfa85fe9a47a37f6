"""From the SDK's errors to the contract's: named by what the operator should do.

Messages are our own words. What AWS or the SDK wrote is looked at, never passed on: it may
hold signed headers, tokens, proxy addresses with passwords, or anything a gateway echoes.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import ParseError

import msgspec

from apiscape.collectors.aws.clocks import clock_error
from apiscape.collectors.aws.denials import RoleRefused, denied
from apiscape.collectors.aws.errors import (
    CHECK_KEYS,
    SIGN_IN,
    Ended,
    NotOffered,
    Refused,
    RegionDoubt,
    Unexplained,
)
from apiscape.collectors.aws.outward import blocked
from apiscape.collectors.aws.picking import count, part, retry_after_s, text
from apiscape.collectors.contract import (
    AccessDenied,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Throttled,
    Unreachable,
    Unsupported,
)


class Site(msgspec.Struct, frozen=True, gc=False):
    """Which call, where, and the right that it needs."""

    operation: str
    region: str | None
    permission: str | None = None

    @property
    def where(self) -> str:
        """The call in words: `apigateway:GetStages in eu-west-1`."""
        return f"{self.operation} in {self.region}" if self.region else self.operation


_HTTP_NOT_FOUND = 404
_HTTP_TOO_MANY = 429
_HTTP_SERVER_ERROR = 500

_NO_SUCH_ROUTE = "the requested url was not found"
"""What web servers say of a path that none of their routes knows."""


def translate(error: Exception, site: Site) -> CollectorError:
    """Return one of the contract's errors for whatever a call raised.

    Args:
        error: From the SDK, from the run (passed through), or from reading a hostile answer.
        site: The call that raised it.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    if isinstance(error, CollectorError):
        return error
    if isinstance(error.__context__, ParseError):  # of XML that stops before its end
        said = f"the answer to {site.where} was cut short or replaced on its way"
        return Unreachable(said, operation=site.operation)
    if isinstance(error, ClientError):
        return _of_answer(error.response, error.operation_name, site)
    if not isinstance(error, BotoCoreError):
        text_of_it = f"the answer to {site.where} could not be understood"
        return Malformed(text_of_it, operation=site.operation)
    return blocked(error, site.where, site.operation) or _of_sdk(error, site)


def _of_sdk(error: Exception, site: Site) -> CollectorError:
    """Return the error that one of the SDK's own stands for."""
    names = [kind.__name__ for kind in type(error).__mro__]
    kind, said = next((_BY_SDK_ERROR[name] for name in names if name in _BY_SDK_ERROR), _UNKNOWN)
    found = kind(f"{said.format(where=site.where)} ({names[0]})", operation=site.operation)
    if kind is CredentialsInvalid:
        found.next_step = SIGN_IN
    return found


def _of_answer(response: Any, called: str, site: Site) -> CollectorError:  # noqa: ANN401 - the SDK's dict
    """Return the error that a refusing answer stands for."""
    code = text(part(response, "Error"), "Code") or ""
    metadata = part(response, "ResponseMetadata")
    status = count(metadata, "HTTPStatusCode") or 0
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status) or Refused
    if kind is Unexplained and _names_no_route(response):
        kind = NotOffered
    if kind is Refused and status >= _HTTP_SERVER_ERROR:
        kind = Unreachable
    if kind is Throttled:
        wait_s = retry_after_s(part(metadata, "HTTPHeaders"))
        said = f"{site.where} was refused for rate, and kept being refused"
        return Throttled(said, retry_after_s=wait_s, operation=site.operation)
    off = clock_error(code, _message(response), site.where, site.operation)
    if off is None and called == "AssumeRole" and kind not in _OF_THE_HUB:
        off = RoleRefused(code)
    if off is not None:
        return off
    if kind is AccessDenied:
        needs = site.permission or site.operation
        return denied(_message(response), needs, site.region, site.operation)
    found = kind(
        _SAID[kind].format(where=site.where, code=code or status), operation=site.operation
    )
    if kind is CredentialsInvalid:
        found.next_step = CHECK_KEYS
    return found


def _message(response: Any) -> str:  # noqa: ANN401 - the SDK's dict
    return (text(part(response, "Error"), "Message") or "").casefold()


def _names_no_route(response: Any) -> bool:  # noqa: ANN401 - the SDK's dict
    """Say whether an answer is a web server's, to which the path means nothing."""
    return _NO_SUCH_ROUTE in _message(response)


# ── Which error stands for what ──────────────────────────────────────────────

_BY_CODE: dict[str, type[CollectorError]] = {
    **dict.fromkeys(
        (
            *(
                "BandwidthLimitExceeded",
                "LimitExceededException",
                "PriorRequestNotComplete",
                "RequestLimitExceeded",
            ),
            *("RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException"),
            *("Throttling", "ThrottlingException", "TooManyRequestsException"),
        ),
        Throttled,
    ),
    **dict.fromkeys(("ExpiredToken", "ExpiredTokenException", "RequestExpired"), Ended),
    **dict.fromkeys(("UnrecognizedClientException", "InvalidClientTokenId"), RegionDoubt),
    **dict.fromkeys(
        (
            *("AuthFailure", "IncompleteSignature", "IncompleteSignatureException"),
            *("InvalidAccessKeyId", "InvalidSignatureException", "MissingAuthenticationToken"),
            *("MissingAuthenticationTokenException", "SignatureDoesNotMatch"),
        ),
        CredentialsInvalid,
    ),
    **dict.fromkeys(("OptInRequired", "SubscriptionRequiredException"), Unsupported),
    **dict.fromkeys(
        (
            "AccessDenied",
            "AccessDeniedException",
            "NotAuthorized",
            "UnauthorizedException",
            "UnauthorizedOperation",
        ),
        AccessDenied,
    ),
    **dict.fromkeys(("NoSuchHostedZone", "NotFoundException", "ResourceNotFoundException"), Gone),
    **dict.fromkeys(("ListenerNotFound", "LoadBalancerNotFound", "TargetGroupNotFound"), Gone),
    "WAFNonexistentItemException": Gone,
    **dict.fromkeys(("InvalidAction", "NotImplemented", "UnknownOperationException"), NotOffered),
}
_BY_STATUS: dict[int, type[CollectorError]] = {
    401: CredentialsInvalid,
    403: AccessDenied,
    _HTTP_NOT_FOUND: Unexplained,
    405: NotOffered,
    _HTTP_TOO_MANY: Throttled,
    501: NotOffered,
}
_SAID: dict[type[CollectorError], str] = {
    Ended: "the credentials have expired ({code})",
    RegionDoubt: "the credentials are not known to {where} ({code})",
    CredentialsInvalid: "the credentials are wrong ({code})",
    Unsupported: "{where} is not offered to this account ({code})",
    Gone: "{where} answered that it does not exist",
    Unreachable: "{where} failed at AWS ({code})",
    Refused: "{where} was refused ({code})",
    NotOffered: "{where} is not known to the endpoint ({code})",
    Unexplained: "{where} was answered without a word of why ({code})",
}

_OF_THE_HUB = frozenset({Unreachable, Ended, RegionDoubt, CredentialsInvalid})
"""What is wrong with whoever takes a role on, not with the role."""

_NOBODY = (CredentialsInvalid, "nobody is signed in")
_NOT_HERE = (Unsupported, "the SDK knows no {where}")
_UNKNOWN: tuple[type[CollectorError], str] = (Unreachable, "{where} failed in the SDK")
_BY_SDK_ERROR: dict[str, tuple[type[CollectorError], str]] = {
    "HTTPClientError": (Unreachable, "no whole answer to {where}"),
    "ParamValidationError": (Refused, "{where} cannot be asked that way"),
    **dict.fromkeys(
        (
            "ConfigNotFound",
            "ConfigParseError",
            "CredentialRetrievalError",
            "InfiniteLoopConfigError",
            "InvalidConfigError",
            "LoginError",
            "MetadataRetrievalError",
            "NoCredentialsError",
            "PartialCredentialsError",
            "ProfileNotFound",
            "RefreshWithMFAUnsupportedError",
            "SSOError",
            "TokenRetrievalError",
            "UnknownCredentialError",
        ),
        _NOBODY,
    ),
    **dict.fromkeys(
        (
            "DataNotFoundError",
            "EndpointProviderError",
            "InvalidRegionError",
            "NoRegionError",
            "UnknownEndpointError",
            "UnknownRegionError",
            "UnknownServiceError",
        ),
        _NOT_HERE,
    ),
}
"""By the name of the SDK's error or of one it derives from: names, so that the SDK need not be loaded."""
