"""What AWS answers instead of a result: codes, texts and statuses as the services word them.

The wording of authorisation errors follows the IAM user guide ("Troubleshoot access denied error
messages"); the bodies per protocol are written by `wire`.
"""

from __future__ import annotations

#: Services that answer in XML.
XML_SERVICES = frozenset({"cloudfront", "elbv2", "route53", "sts"})


class Refusal(Exception):
    """An error answer of a service.

    Args:
        code: The exception's name as the SDK shows it, for instance `NotFoundException`.
        message: The text for a person.
        status: The HTTP status.
        headers: Further response headers, for instance `Retry-After`.
    """

    def __init__(
        self, code: str, message: str, *, status: int = 400, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.headers = headers or {}


def bad_request(message: str) -> Refusal:
    """Refuse a request that cannot be understood."""
    return Refusal("BadRequestException", message)


def not_found(message: str) -> Refusal:
    """Refuse because the thing asked for does not exist."""
    return Refusal("NotFoundException", message, status=404)


def no_such_item() -> Refusal:
    """Refuse, in the firewall's words, because there is no such firewall or nothing that it could stand before."""
    text = "AWS WAF couldn't perform the operation because your resource doesn't exist."
    return Refusal("WAFNonexistentItemException", text)


#: What services answer at their limits, by their SDK names: code and status, as their models have
#: them; the others' is IAM's common error.
_THROTTLED = {
    **dict.fromkeys(("apigateway", "apigatewayv2"), ("TooManyRequestsException", 429)),
    **dict.fromkeys(("account", "lambda"), ("TooManyRequestsException", 429)),
    "organizations": ("TooManyRequestsException", 400),
    "cloudtrail": ("ThrottlingException", 400),
    **dict.fromkeys(("vpc-lattice", "bedrock-agentcore-control"), ("ThrottlingException", 429)),
    **dict.fromkeys(("agent-registry-control", "lambda-web"), ("ThrottlingException", 429)),
}


def throttled(retry_after_s: float | None = None, *, service: str = "apigateway") -> Refusal:
    """Refuse because the account's request quota is used up; many services have 400 for it."""
    headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
    code, status = _THROTTLED.get(service, ("Throttling", 400))
    text = "Rate exceeded" if code == "Throttling" else "Too Many Requests"
    return Refusal(code, text, status=status, headers=headers)


def internal_failure() -> Refusal:
    """Fail as a service does that cannot say why."""
    return Refusal("InternalFailure", "Internal server error", status=500)


def denied(
    caller: str, action: str, resource: str, *, service: str = "apigateway", scp: bool = False
) -> Refusal:
    """Refuse for want of permission, in IAM's words; the protocols of XML have a code of their own.

    Args:
        caller: ARN of the identity that asked.
        action: IAM action, for instance `apigateway:GET`.
        resource: ARN that was asked for.
        service: SDK name of the service that was asked.
        scp: Say that an organisation's service control policy forbids it.
    """
    reason = (
        "with an explicit deny in a service control policy"
        if scp
        else f"because no identity-based policy allows the {action} action"
    )
    text = f"User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}"
    code = "AccessDenied" if service in XML_SERVICES else "AccessDeniedException"
    return Refusal(code, text, status=403)


def role_denied(caller: str, role_arn: str) -> Refusal:
    """Refuse to hand out a role; STS does not say whether role, trust or external id is wrong."""
    text = f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    return Refusal("AccessDenied", text, status=403)


def expired_token(service: str) -> Refusal:
    """Refuse temporary credentials past their time; the protocols of XML have a code of their own."""
    code = "ExpiredToken" if service in XML_SERVICES else "ExpiredTokenException"
    return Refusal(code, "The security token included in the request is expired", status=403)


_UNLIKE = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret "
    "Access Key and signing method. Consult the service documentation for details."
)
_OTHER_TIME = "Signature expired: 20260105T083000Z is now earlier than 20260105T085500Z (20260105T090000Z - 5 min.)"


def bad_signature(service: str, *, skewed: bool = False) -> Refusal:
    """Refuse a signature made with another secret, or at another time: the code is the same for both."""
    code = "SignatureDoesNotMatch" if service in XML_SERVICES else "InvalidSignatureException"
    return Refusal(code, _OTHER_TIME if skewed else _UNLIKE, status=403)


def unknown_key(service: str) -> Refusal:
    """Refuse an unknown access key; also what a region answers that is not enabled."""
    code = "InvalidClientTokenId" if service in XML_SERVICES else "UnrecognizedClientException"
    return Refusal(code, "The security token included in the request is invalid.", status=403)


def not_signed() -> Refusal:
    """Refuse a request without a signature."""
    text = "Request is missing Authentication Token"
    return Refusal("MissingAuthenticationTokenException", text, status=403)


def not_allowed(operation: str) -> Refusal:
    """Refuse an operation outside the read allow-list; such a call is also held against the test."""
    text = f"{operation} is not on the read allow-list of this emulated estate"
    return Refusal("ReadOnlyViolation", text, status=405)
