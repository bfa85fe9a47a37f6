"""The words of the model: open vocabularies.

Every enumeration is open. A field is typed `str`; the members here are the words this
version knows. A word written by a newer version, or by a gateway, is kept and shown as
it stands. Where a vocabulary has the word `unknown`, that word *is* the unknown value:
a view neither matches nor rules out a row that has it.
"""

from __future__ import annotations

from enum import StrEnum


class Style(StrEnum):
    """How callers speak to an API."""

    REST = "rest"
    GRAPHQL = "graphql"
    GRPC = "grpc"
    SOAP = "soap"
    ODATA = "odata"
    WEBSOCKET = "websocket"
    WEBHOOK = "webhook"
    EVENT = "event"
    MCP = "mcp"
    A2A = "a2a"
    HTTP = "http"
    TCP = "tcp"
    UNKNOWN = "unknown"


class Environment(StrEnum):
    """What a deployment is for; the first four are OpenTelemetry's stable values."""

    PRODUCTION = "production"
    STAGING = "staging"
    TEST = "test"
    DEVELOPMENT = "development"
    PREVIEW = "preview"
    SANDBOX = "sandbox"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What the gateway says of a deployment (Azure API Center's deployment states)."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Lifecycle(StrEnum):
    """Service phase of GOV.UK, with the retirement dates' words of Open Resource Discovery."""

    PLANNED = "planned"
    ALPHA = "alpha"
    BETA = "beta"
    LIVE = "live"
    DEPRECATED = "deprecated"
    RETIRED = "retired"
    UNKNOWN = "unknown"


class Exposure(StrEnum):
    """From where a caller can reach an address: measured from configuration."""

    INTERNET = "internet"
    PRIVATE = "private"
    CLUSTER = "cluster"
    UNKNOWN = "unknown"


class Audience(StrEnum):
    """For whom an API is meant: declared by people."""

    PUBLIC = "public"
    PARTNER = "partner"
    INTERNAL = "internal"
    PRIVATE = "private"
    UNKNOWN = "unknown"


class Requirement(StrEnum):
    """Whether a caller must say who it is. `mixed` is for a set of operations that differ."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"
    MIXED = "mixed"
    UNKNOWN = "unknown"


class SchemeKind(StrEnum):
    """How a caller proves who it is."""

    API_KEY = "api_key"
    BASIC = "basic"
    OAUTH2 = "oauth2"
    OIDC = "oidc"
    JWT = "jwt"
    MTLS = "mtls"
    IAM = "iam"
    SESSION = "session"
    CUSTOM = "custom"


class Switch(StrEnum):
    """State of a protection; `unknown` is never shown as `disabled`. `partial` is for operations that differ."""

    ENABLED = "enabled"
    PARTIAL = "partial"
    DISABLED = "disabled"
    UNKNOWN = "unknown"


class TlsMode(StrEnum):
    """Who ends TLS at an address (Gateway API's words, and two of our own).

    `plain` is for callers who speak without it, `mutual` for TLS that the gateway ends and that asks them
    for a certificate.
    """

    PLAIN = "plain"
    TERMINATE = "terminate"
    MUTUAL = "mutual"
    PASSTHROUGH = "passthrough"
    UNKNOWN = "unknown"


class PathMatch(StrEnum):
    """How a gateway compares a request's path with that of an operation.

    `template` is for a path with parameters, `own` for a manner that only its controller knows.
    """

    EXACT = "exact"
    PREFIX = "prefix"
    REGEX = "regex"
    TEMPLATE = "template"
    OWN = "own"
    UNKNOWN = "unknown"


class Counted(StrEnum):
    """What a limit counts."""

    REQUESTS = "requests"
    CONNECTIONS = "connections"


class Bypass(StrEnum):
    """Whether callers can go around what front doors ask for; absent where all were seen and none asks for more."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Dangling(StrEnum):
    """Whether a name in DNS points at a lent host that has nobody any more, so that somebody else may get it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Confirmed(StrEnum):
    """Whether whoever stands for the owners of a deployment was to say so again by now."""

    CONFIRMED = "confirmed"
    OVERDUE = "overdue"


class HealthState(StrEnum):
    """How a deployment fares."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    FAILING = "failing"
    IDLE = "idle"
    UNKNOWN = "unknown"


class Basis(StrEnum):
    """What a health verdict rests on, weakest first."""

    NONE = "none"
    CONFIGURED = "configured"
    REACHABLE = "reachable"
    SERVING = "serving"


class Presence(StrEnum):
    """Whether the gateway still has a deployment, as far as runs could see."""

    PRESENT = "present"
    MISSING = "missing"
    SUSPECT = "suspect"
    SUPERSEDED = "superseded"
    RETIRED = "retired"


class Freshness(StrEnum):
    """Whether the newest run over the deployment's part saw it."""

    CURRENT = "current"
    NOT_OBSERVED = "not_observed"


class Outcome(StrEnum):
    """How a visit of a part, and of a scope, ended. Ordered from best to worst."""

    COMPLETE = "complete"
    ABSENT = "absent"
    PARTIAL = "partial"
    FAILED = "failed"


class ReachState(StrEnum):
    """What became of a reach that the provider says exists."""

    VISITED = "visited"
    EXCLUDED = "excluded"
    NOT_CONFIGURED = "not_configured"
    LOST = "lost"
    UNSUPPORTED = "unsupported"


class ChangeKind(StrEnum):
    """What reconcile says of a deployment; `concluded` is for what follows from others.

    `health` is for a verdict that turned: the state that a deployment fares in is another one. The
    first verdict on a deployment is no such turn, nor that on one which its gateway no longer lists.
    """

    APPEARED = "appeared"
    CHANGED = "changed"
    MISSING = "missing"
    SUSPECT = "suspect"
    RETURNED = "returned"
    SUPERSEDED = "superseded"
    RETIRED = "retired"
    FORGOTTEN = "forgotten"
    HEALTH = "health"
    CONCLUDED = "concluded"


class ErrorKind(StrEnum):
    """Errors of collecting, named by what the operator should do."""

    ACCESS_DENIED = "access_denied"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    GONE = "gone"
    UNSUPPORTED = "unsupported"
    MALFORMED = "malformed"
    CREDENTIALS = "credentials"
    INTERRUPTED = "interrupted"
    DEADLINE = "deadline"
    DEFECT = "defect"


class ProvenanceMethod(StrEnum):
    """Who said a value; ordered from the most trusted (see `provenance.PRECEDENCE`)."""

    OVERLAY = "overlay"
    DECISION = "decision"
    SOURCE = "source"
    SPEC = "spec"
    TAG = "tag"
    INFERRED = "inferred"
    TRAFFIC = "traffic"


class RelationState(StrEnum):
    """How far a relation between two things is agreed (Google API hub's words)."""

    PROPOSED = "proposed"
    VALIDATED = "validated"
    REJECTED = "rejected"


class FindingResult(StrEnum):
    """Result of a rule on a subject; `unknown` never counts as a pass."""

    CONFORMANT = "conformant"
    NON_CONFORMANT = "non_conformant"
    NOT_APPLICABLE = "not_applicable"
    UNKNOWN = "unknown"
    ERROR = "error"
