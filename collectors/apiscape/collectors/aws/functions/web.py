"""Normalise an endpoint of a web function: pure, from what its listings and its resource policy say."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from apiscape.collectors.aws.authorizers import IAM
from apiscape.collectors.aws.framing import Subject, frame
from apiscape.collectors.aws.memos import make_mark
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import (
    Item,
    count,
    is_missing,
    is_set,
    items,
    moment,
    number,
    part,
    text,
    texts,
)
from apiscape.collectors.aws.policies import tell_policy
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Protections
from apiscape.model.limits import RateLimit, RateLimits, limited
from apiscape.model.security import Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Requirement, Status, Style, Switch

KIND = "aws.lambda.web"
WORD = "lambda-web"
EVERYTHING = "/{proxy+}"

_OPEN = "web functions answer on the internet: their endpoints have no private kind"
_BY_APPLICATION = "the application itself answers for who may call, and what it asks is not known"
_STATUSES = {
    "Active": Status.ACTIVE,
    "Pending": Status.INACTIVE,
    "Deleting": Status.INACTIVE,
    "Failed": Status.FAILED,
}


class FoundEndpoint(msgspec.Struct, frozen=True, gc=False):
    """All that is said of one endpoint.

    Attributes:
        function: Item of `ListWebFunctions`.
        endpoint: Item of `ListWebFunctionEndpoints`.
        policy: Resource policy of the function: `None` where there is none, unknown where nobody
            could look.
        tags: Of the function.
    """

    function: Item
    endpoint: Item
    policy: Item | Unknown | None = UNKNOWN
    tags: dict[str, str] | Unknown = UNKNOWN

    @property
    def subject(self) -> Subject:
        """What the endpoint is, in words of identity."""
        name = text(self.function, "functionName") or ""
        return Subject(
            kind=KIND,
            word=WORD,
            resource=name,
            stage=text(self.endpoint, "endpointName"),
            name=name,
            gateway="Lambda web functions",
            tags=self.tags,
        )


def mark_of(function: Item, endpoint: Item) -> str | None:
    """Return what changes whenever an endpoint or its function does; `None` where that is not said."""
    times = [moment(each, "updatedAt") for each in (function, endpoint)]
    return None if None in times else make_mark(times)


def normalise(found: FoundEndpoint, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that an endpoint of a web function is.

    Args:
        found: All that is said of it.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    endpoint = found.endpoint
    status, reason = _status(found.function, endpoint)
    backend = Backend(
        key=f"lambda:{found.subject.name}",
        kind="lambda",
        address=text(found.function, "functionArn") or UNKNOWN,
    )
    host = text(endpoint, "domainName")
    limits = _limits(endpoint)
    return msgspec.structs.replace(
        frame(found.subject, place, keys),
        description=text(endpoint, "description"),
        style=Style.HTTP,
        revision=_revision(endpoint),
        status=status,
        status_reason=reason,
        endpoints=(_address(host, endpoint),) if host else UNKNOWN,
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        operations=(
            Operation(
                verb="ANY",
                template=EVERYTHING,
                security=_security(found),
                backend=backend.key,
                rate_limits=limits,
            ),
        ),
        backends=(backend,),
        protections=Protections(
            rate_limit=limited(limits),
            mtls=Switch.DISABLED,
        ),
        created_at=moment(endpoint, "createdAt") or UNKNOWN,
        updated_at=moment(endpoint, "updatedAt") or UNKNOWN,
    )


def _status(function: Item, endpoint: Item) -> tuple[str, str | None]:
    """Return how an endpoint stands: as its function does, where that is worse."""
    for what, item in (("web function", function), ("endpoint", endpoint)):
        state = text(item, "state")
        status = _STATUSES.get(state or "", Status.UNKNOWN)
        if status != Status.ACTIVE:
            why = text(item, "stateReason")
            said = f"{what} {state or 'without a state'}"
            return status, f"{said}: {why}" if why else said
    if text(endpoint, "updateStatus") == "Failed":
        why = text(endpoint, "updateStatusReason")
        return Status.ACTIVE, "the last update failed" + (f": {why}" if why else "")
    return Status.ACTIVE, None


def _address(host: str, endpoint: Item) -> Endpoint:
    regions = ", ".join(texts(endpoint, "regions"))
    kind = text(endpoint, "endpointType") or "not given"
    where = f" in {regions}" if regions else ""
    return Endpoint(
        url=f"https://{host.casefold()}",
        exposure=Exposure.INTERNET,
        evidence=f"{_OPEN}; endpoint type {kind}{where}",
        generated_host=True,
        enabled=True,
        mtls=Switch.DISABLED,
    )


def _limits(endpoint: Item) -> RateLimits | Unknown:
    """Return how often callers of an endpoint may come; unknown where that cannot be read."""
    if is_set(endpoint, "throttleConfig", kind=Mapping) is None:
        return UNKNOWN
    given = part(endpoint, "throttleConfig")
    if is_missing(given, "rateLimit"):
        return ()
    rate = number(given, "rateLimit")
    if rate is None:
        return UNKNOWN
    limit = RateLimit(
        requests=rate,
        per_s=1.0,
        by=(),
        shared=True,
        evidence="throttleConfig",
        native_id=f"endpoint {text(endpoint, 'endpointName')}",
    )
    return (limit,)


def _security(found: FoundEndpoint) -> Security:
    """Return what the gateway asks of a caller; what the application asks is beyond its sight."""
    auth = text(found.endpoint, "authType")
    told = f"endpoint authType={auth or 'not given'}"
    if auth == "ApplicationManaged":
        return Security(evidence=f"{told}: {_BY_APPLICATION}")
    if auth != "IamAuth":
        return Security(evidence=told)
    if found.policy is UNKNOWN:
        told = f"{told}; the resource policy is not known"
    elif found.policy:
        told = f"{told}; resource policy {tell_policy(found.policy)}"
    return Security(requirement=Requirement.REQUIRED, schemes=(IAM,), evidence=told)


def _revision(endpoint: Item) -> str | None:
    """Return the revisions that an endpoint serves, with their weights where there are several."""
    served = [
        (name, count(each, "weight"))
        for each in items(endpoint, "revisionWeights")
        if (name := text(each, "revisionId"))
    ]
    if len(served) == 1:
        return served[0][0]
    return ", ".join(f"{name} ({weight}%)" for name, weight in served) or None
