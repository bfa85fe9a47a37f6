"""A deployment: one API served by one gateway in one environment. The row of the inventory."""

from __future__ import annotations

from datetime import datetime

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.limits import RateLimits
from apiscape.model.provenance import Claim
from apiscape.model.security import UNKNOWN_SECURITY, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import (
    Environment,
    Exposure,
    Lifecycle,
    PathMatch,
    Status,
    Style,
    Switch,
    TlsMode,
)


class Endpoint(Entity, frozen=True):
    """An address a caller types.

    Attributes:
        url: Normalised: lower-case scheme and host, no default port, no trailing slash, no userinfo, no query.
        exposure: A word of `Exposure`, with the evidence for it.
        generated_host: True where the gateway made the host name itself.
        enabled: False where the gateway was told not to serve it.
        tls_min: Lowest protocol version accepted (`TLS_1_2`), if the gateway says.
        mtls: A word of `Switch`: whether a client certificate is required.
        tls_mode: A word of `TlsMode`: who ends TLS, if callers speak it at all.
    """

    url: str
    exposure: str = Exposure.UNKNOWN
    evidence: str | None = None
    generated_host: bool | Unknown = UNKNOWN
    enabled: bool | Unknown = UNKNOWN
    tls_min: str | Unknown | None = UNKNOWN
    mtls: str = Switch.UNKNOWN
    tls_mode: str = TlsMode.UNKNOWN


class Backend(Entity, frozen=True):
    """Where a gateway sends a request on.

    Attributes:
        key: Short name, unique in its deployment; operations point at it.
        kind: `lambda`, `http`, `service`, `aws`, `mock`, `queue`, ….
        address: URL without userinfo and query, or the native id (ARN, namespace/name).
        via: Private connection it goes through (VPC link id), if any.
    """

    key: str
    kind: str
    address: str | Unknown | None = UNKNOWN
    via: str | None = None


class Operation(Entity, frozen=True):
    """One thing a caller can ask for.

    Attributes:
        verb: `GET`, `ANY`, `QUERY`, `$connect`, `call`, …: the gateway's own word.
        template: Path with parameters in braces, GraphQL field, method or channel name.
        operation_id: Name given by the API's author.
        security: What the gateway asks of a caller of this operation.
        backend: `Backend.key` of the deployment.
        preflight: True for a CORS preflight answered by the gateway itself; never counted as unprotected.
        match: A word of `PathMatch`: how a request's path is compared with the template's.
        rate_limits: Those that are known to hold; empty where somebody looked and there is none.
    """

    verb: str
    template: str
    operation_id: str | None = None
    security: Security = UNKNOWN_SECURITY
    backend: str | Unknown | None = UNKNOWN
    deprecated: bool | Unknown = UNKNOWN
    preflight: bool = False
    match: str = PathMatch.UNKNOWN
    rate_limits: RateLimits | Unknown = UNKNOWN


class Spec(Entity, frozen=True):
    """A contract document, kept by content.

    Attributes:
        format: `openapi`, `swagger`, `asyncapi`, `graphql`, `wsdl`, `proto`, `mcp` (tools), `smithy`, ….
        format_version: As written in the document (`3.0.1`).
        source_sha256: Hash of the bytes as fetched.
        contract_sha256: Hash of the sanitised contract; equal hashes are equal contracts.
        size_bytes: Size as fetched.
        source_uri: Where it was fetched.
        not_kept: Why the document itself is not stored (too large, not parseable), if so.
    """

    format: str
    format_version: str | None = None
    media_type: str | None = None
    source_sha256: str | None = None
    contract_sha256: str | None = None
    size_bytes: int | None = None
    source_uri: str | None = None
    not_kept: str | None = None


class Protections(Entity, frozen=True):
    """What stands between callers and the backend; each a word of `Switch`.

    Attributes:
        rate_limit: What `Operation.rate_limits` come to (`limits.summarise_limits`), where there are operations.
    """

    rate_limit: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    request_validation: str = Switch.UNKNOWN
    cors: str = Switch.UNKNOWN
    access_log: str = Switch.UNKNOWN
    tracing: str = Switch.UNKNOWN
    mtls: str = Switch.UNKNOWN


class Owner(Entity, frozen=True):
    """A party that answers for a deployment, in one role."""

    name: str
    role: str = "owner"
    contact: str | None = None


class Traffic(Entity, frozen=True):
    """What the gateway measured in a window; a `None` figure was not measured, a zero was.

    Attributes:
        window_s, until: Over how long, and when that ended.
        p50_ms, p95_ms, p99_ms: Percentiles of the time until a caller was answered, what is behind the
            gateway included; of no request there is none.
        integration_p50_ms: Median of the time that what is behind the gateway took of it.
        source: Who counted.
    """

    window_s: int
    until: datetime
    requests: int | None = None
    errors_4xx: int | None = None
    errors_5xx: int | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    integration_p50_ms: float | None = None
    source: str | None = None

    @property
    def overhead_ms(self) -> float | None:
        """What the gateway itself takes of a usual answer: the difference of the medians.

        Not known where either was not measured, or where they contradict each other.
        """
        whole, behind = self.p50_ms, self.integration_p50_ms
        if whole is None or behind is None or behind > whole:
            return None
        return whole - behind


class Deployment(Entity, frozen=True):
    """One API served by one gateway in one environment, as the gateway itself states it.

    Facts only: what front doors, correlation or people add stands beside it, never over it.

    Attributes:
        uid: `identity.deployment_uid(native_kind, native_id)`.
        native_id: Canonical native id (see `identity`); never shown names, revisions or times.
        native_api_id: Id of the API at its gateway, without the stage; deployments of one account
            with the same one are one Api.
        native_kind: The product's own kind (`aws.apigateway.rest`).
        native_url: Console link.
        status, status_reason: What the gateway says of it.
        endpoints, operations, backends: Unknown where nobody could look; empty where there are none.
        consumers: How many applications are let in, where the gateway itself counts them; absent
            where the product knows none.
        labels: Native tags.
        provenance: For each field that more than one source spoke for: deviations and losers.
        updated_at: The gateway's own time of the last change.
    """

    uid: str
    native_id: str
    native_api_id: str
    native_kind: str
    provider: str
    product: str
    account: str
    name: str
    region: str | None = None
    native_url: str | None = None
    title: str | Unknown | None = UNKNOWN
    description: str | Unknown | None = UNKNOWN
    style: str = Style.UNKNOWN
    gateway: str | Unknown | None = UNKNOWN
    environment: str = Environment.UNKNOWN
    environment_raw: str | None = None
    stage: str | None = None
    revision: str | None = None
    version: str | Unknown | None = UNKNOWN
    status: str = Status.UNKNOWN
    status_reason: str | None = None
    lifecycle: str = Lifecycle.UNKNOWN
    endpoints: tuple[Endpoint, ...] | Unknown = UNKNOWN
    exposure: str = Exposure.UNKNOWN
    exposure_evidence: str | None = None
    operations: tuple[Operation, ...] | Unknown = UNKNOWN
    backends: tuple[Backend, ...] | Unknown = UNKNOWN
    protections: Protections = Protections()
    owners: tuple[Owner, ...] | Unknown = UNKNOWN
    specs: tuple[Spec, ...] | Unknown = UNKNOWN
    consumers: int | Unknown | None = UNKNOWN
    labels: dict[str, str] | Unknown = UNKNOWN
    created_at: datetime | Unknown | None = UNKNOWN
    updated_at: datetime | Unknown | None = UNKNOWN
    provenance: dict[str, tuple[Claim, ...]] = msgspec.field(default_factory=dict)


DETAIL_FIELDS = ("operations", "backends", "specs")
"""Fields that cost a detail call; an unchanged token says that they stand as stored."""

VOLATILE_FIELDS = ("created_at", "updated_at", "provenance")
"""Fields outside the content hash: times change without a change of substance."""
