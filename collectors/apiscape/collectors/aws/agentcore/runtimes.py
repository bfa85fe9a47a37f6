"""Normalise an endpoint of an AgentCore runtime: pure, from what its listings and its version say."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

import msgspec

from apiscape.collectors.aws.agentcore.arns import RUNTIME, WORD
from apiscape.collectors.aws.agentcore.asking import read_runtime_security
from apiscape.collectors.aws.backends import clean_uri
from apiscape.collectors.aws.framing import Subject, frame
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_set, moment, part, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Protections
from apiscape.model.security import UNKNOWN_SECURITY
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Status, Style, Switch

KIND = RUNTIME
READY = "condition.Ready"
INVOKE = "/invocations"

_STYLES = {"MCP": Style.MCP, "A2A": Style.A2A, "HTTP": Style.HTTP}
_STATUSES: dict[str, tuple[str, bool | None]] = {
    "READY": (Status.ACTIVE, True),
    "UPDATING": (Status.ACTIVE, None),
    "UPDATE_FAILED": (Status.ACTIVE, True),
    "CREATING": (Status.INACTIVE, None),
    "DELETING": (Status.INACTIVE, None),
    "CREATE_FAILED": (Status.FAILED, False),
    "DELETE_FAILED": (Status.FAILED, False),
}


class FoundEndpoint(msgspec.Struct, frozen=True, gc=False):
    """All that is said of one endpoint.

    Attributes:
        listed: Item of `ListAgentRuntimes`.
        endpoint: Item of `ListAgentRuntimeEndpoints`.
        version: What `GetAgentRuntime` says of the version that the endpoint serves; `None` where
            nobody could look.
        tags: Of the runtime.
    """

    listed: Item
    endpoint: Item
    version: Item | None = None
    tags: dict[str, str] | Unknown = UNKNOWN

    @property
    def subject(self) -> Subject:
        """What the endpoint is, in words of identity."""
        key = text(self.listed, "agentRuntimeId") or ""
        return Subject(
            kind=KIND,
            word=WORD,
            resource=f"runtime/{key}",
            stage=text(self.endpoint, "name"),
            name=text(self.listed, "agentRuntimeName") or key,
            gateway="AgentCore",
            tags=self.tags,
        )


def normalise(found: FoundEndpoint, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that an endpoint of a runtime is.

    Args:
        found: All that is said of it.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    endpoint, version = found.endpoint, found.version
    status, reason = _status(endpoint)
    backend = None if version is None else _backend(version)
    security = UNKNOWN_SECURITY if version is None else read_runtime_security(version)
    operation = Operation(
        verb="POST",
        template=INVOKE,
        security=security,
        backend=UNKNOWN if version is None else backend.key if backend else None,
    )
    return msgspec.structs.replace(
        frame(found.subject, place, keys),
        description=text(endpoint, "description") or text(found.listed, "description"),
        style=_style(version),
        revision=text(endpoint, "liveVersion"),
        status=status,
        status_reason=reason,
        endpoints=_endpoints(found, status, place),
        exposure=Exposure.INTERNET,
        exposure_evidence=_evidence(version),
        operations=UNKNOWN if version is None else (operation,),
        backends=UNKNOWN if version is None else ((backend,) if backend else ()),
        protections=Protections(waf=Switch.DISABLED, mtls=Switch.DISABLED),
        created_at=moment(endpoint, "createdAt") or UNKNOWN,
        updated_at=moment(endpoint, "lastUpdatedAt") or UNKNOWN,
    )


def read_health(endpoint: Item, uid: str, now: datetime) -> Signal:
    """Return whether an endpoint is ready, as its status has it."""
    word = text(endpoint, "status") or ""
    _, ready = _STATUSES.get(word, (Status.UNKNOWN, None))
    return Signal(
        subject_uid=uid, name=READY, value=ready, observed_at=now, source=KIND, reason=word or None
    )


def _style(version: Item | None) -> str:
    """Return how callers speak to a version; one without a protocol of its own speaks HTTP."""
    if version is None:
        return Style.UNKNOWN
    if is_set(version, "protocolConfiguration", "serverProtocol") is None:
        return Style.UNKNOWN
    spoken = text(part(version, "protocolConfiguration"), "serverProtocol") or "HTTP"
    return _STYLES.get(spoken, spoken.casefold())


def _evidence(version: Item | None) -> str:
    mode = text(part(version or {}, "networkConfiguration"), "networkMode")
    told = "runtimes are invoked at a public address of the service"
    return f"{told}; network mode {mode}" if mode else told


def _status(endpoint: Item) -> tuple[str, str | None]:
    word = text(endpoint, "status") or ""
    status, _ = _STATUSES.get(word, (Status.UNKNOWN, None))
    return status, None if word == "READY" else word or "no status is given"


def _backend(version: Item) -> Backend | None:
    """Return what a version runs; its environment is not looked at."""
    artifact = part(version, "agentRuntimeArtifact")
    image = text(part(artifact, "containerConfiguration"), "containerUri")
    if image:
        return Backend(key="container", kind="container", address=clean_uri(image))
    source = part(part(part(artifact, "codeConfiguration"), "code"), "s3")
    bucket, prefix = text(source, "bucket"), text(source, "prefix")
    if bucket is None:
        return None
    return Backend(key="code", kind="code", address=clean_uri(f"s3://{bucket}/{prefix or ''}"))


def _endpoints(found: FoundEndpoint, status: str, place: Place) -> tuple[Endpoint, ...] | Unknown:
    arn = text(found.listed, "agentRuntimeArn")
    if arn is None:
        return UNKNOWN
    host = f"bedrock-agentcore.{place.region}.{place.dns_suffix}"
    serving = {Status.ACTIVE: True, Status.INACTIVE: False}
    told = f"{_evidence(found.version)}; qualifier {found.subject.stage}"
    return (
        Endpoint(
            url=f"https://{host}/runtimes/{quote(arn, safe='')}{INVOKE}",
            exposure=Exposure.INTERNET,
            evidence=told,
            generated_host=True,
            enabled=serving.get(Status(status), UNKNOWN),
            mtls=Switch.DISABLED,
        ),
    )
