"""Normalise a function URL: pure, from what `ListFunctions`, `ListFunctionUrlConfigs` and `GetPolicy` say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote

import msgspec

from apiscape.collectors.aws.authorizers import ANYBODY, IAM, SIGNED
from apiscape.collectors.aws.framing import Subject, frame
from apiscape.collectors.aws.inviting import invites
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_set, part, text
from apiscape.collectors.aws.policies import tell_policy
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.collectors.specs import clean_address
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Protections
from apiscape.model.security import Security
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Requirement, Status, Style, Switch

KIND = "aws.lambda.url"
WORD = "lambda"
LATEST = "$LATEST"
INVOKE = "lambda:InvokeFunctionUrl"
INVOKE_TOO = "lambda:InvokeFunction"
"""What callers of URLs that were made since October 2025 need besides ("Control access to Lambda function URLs")."""

EVERYTHING = "/{proxy+}"
RUNTIME, INVOKE_MODE = "lambda.runtime", "lambda.invoke_mode"

_OPEN = "function URLs answer on the internet: they have no private kind"
_STATES = {
    "Active": (Status.ACTIVE, None),
    "Inactive": (Status.ACTIVE, "idle: the next call wakes it"),
    "Failed": (Status.FAILED, "the function failed"),
    "Deactivated": (Status.INACTIVE, "the function is deactivated"),
}


class FoundUrl(msgspec.Struct, frozen=True, gc=False):
    """All that is said of one URL.

    Attributes:
        function: Item of `ListFunctions`.
        config: Item of `ListFunctionUrlConfigs`.
        policy: Resource policy of what the URL is of: `None` where there is none, unknown where
            nobody could look.
        tags: Of the function.
    """

    function: Item
    config: Item
    policy: Item | Unknown | None = UNKNOWN
    tags: dict[str, str] | Unknown = UNKNOWN

    @property
    def qualifier(self) -> str | None:
        """The alias that the URL is of; `None` for the function itself."""
        return qualifier_of(self.config)

    @property
    def subject(self) -> Subject:
        """What the URL is, in words of identity."""
        name = text(self.function, "FunctionName") or ""
        return Subject(
            kind=KIND,
            word=WORD,
            resource=name,
            stage=self.qualifier or LATEST,
            name=name,
            gateway="Lambda",
            tags=self.tags,
            console=f"lambda/home#/functions/{quote(name, safe='')}",
        )


def qualifier_of(config: Item) -> str | None:
    """Return the alias in a URL's ARN: what follows the function's name."""
    _, _, qualified = (text(config, "FunctionArn") or "").partition(":function:")
    return qualified.partition(":")[2] or None


def normalise(found: FoundUrl, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that a function URL is.

    Args:
        found: All that is said of it.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    function, config = found.function, found.config
    state = text(function, "State") or ""
    status, reason = _STATES.get(state, (Status.UNKNOWN, state or "the listing says no state"))
    backend = Backend(
        key=f"lambda:{found.subject.name}", kind="lambda", address=text(config, "FunctionArn")
    )
    operation = Operation(
        verb="ANY", template=EVERYTHING, security=_security(found), backend=backend.key
    )
    url = text(config, "FunctionUrl")
    return msgspec.structs.replace(
        frame(found.subject, place, keys),
        description=text(function, "Description"),
        style=Style.HTTP,
        revision=text(function, "RevisionId"),
        status=status,
        status_reason=reason,
        endpoints=(_endpoint(url),) if url else UNKNOWN,
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        operations=(operation,),
        backends=(backend,),
        protections=Protections(
            waf=Switch.DISABLED,
            request_validation=Switch.DISABLED,
            cors=switch(is_set(config, "Cors", kind=Mapping)),
            tracing=_tracing(function),
            mtls=Switch.DISABLED,
        ),
        created_at=_written(config, "CreationTime"),
        updated_at=_written(config, "LastModifiedTime"),
    )


def read_signals(found: FoundUrl, uid: str, now: datetime) -> tuple[Signal, ...]:
    """Return what is told of a URL beside its facts: the runtime behind it, and how it answers."""
    said = {
        RUNTIME: text(found.function, "Runtime"),
        INVOKE_MODE: text(found.config, "InvokeMode"),
    }
    return tuple(
        Signal(subject_uid=uid, name=name, value=value, observed_at=now, source=KIND)
        for name, value in said.items()
        if value is not None
    )


def _endpoint(url: str) -> Endpoint:
    return Endpoint(
        url=clean_address(url).rstrip("/"),
        exposure=Exposure.INTERNET,
        evidence=_OPEN,
        generated_host=True,
        enabled=True,
        mtls=Switch.DISABLED,
    )


def _security(found: FoundUrl) -> Security:
    """Return what a caller is asked for: a URL without authentication is open only if the policy says so too."""
    auth = text(found.config, "AuthType")
    told = f"function URL AuthType={auth or 'not given'}"
    if auth == SIGNED:
        return Security(requirement=Requirement.REQUIRED, schemes=(IAM,), evidence=told)
    if auth != ANYBODY:
        return Security(evidence=told)
    if found.policy is UNKNOWN:
        return Security(evidence=f"{told}; the resource policy is not known")
    policy = found.policy or {}
    invited = invites(policy, INVOKE, ANYBODY)
    told = f"{told}; resource policy {tell_policy(policy)}" if policy else f"{told}; no policy"
    if invited is None:
        return Security(evidence=f"{told}: who comes through is not known")
    if invited:
        if invites(policy, INVOKE_TOO, ANYBODY) is not True:
            told = f"{told}; not {INVOKE_TOO}, without which no URL made since October 2025 answers"
        return Security(requirement=Requirement.NONE, evidence=told)
    return Security(
        requirement=Requirement.REQUIRED, evidence=f"{told}: nobody is let in by the URL"
    )


def _tracing(function: Item) -> str:
    mode = text(part(function, "TracingConfig"), "Mode")
    return switch(None if mode is None else mode == "Active")


def _written(config: Item, key: str) -> datetime | Unknown:
    """Return a time that is written as text."""
    try:
        when = datetime.fromisoformat((text(config, key) or "").replace("+0000", "+00:00"))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return UNKNOWN
