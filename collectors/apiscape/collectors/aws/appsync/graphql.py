"""Normalise a GraphQL or merged API: pure, from what `ListGraphqlApis` and its schema say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from apiscape.collectors.aws.appsync import modes, naming
from apiscape.collectors.aws.appsync.framing import frame, protections
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, count, is_set, part, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.sdl import MEDIA_TYPE, Directive, RootField, parse_sdl
from apiscape.collectors.specs import clean_address, describe
from apiscape.model.deployment import Backend, Deployment, Endpoint, Operation, Spec
from apiscape.model.identity import deployment_uid
from apiscape.model.security import Security
from apiscape.model.surroundings import Relation, Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Style, Switch

KIND = "aws.appsync.graphql"
MERGED_KIND = "aws.appsync.merged"
MERGED = "MERGED"
DEPENDS_ON = "depends_on"

INTROSPECTION = "graphql.introspection"
DEPTH_LIMIT = "graphql.query_depth_limit"
RESOLVER_LIMIT = "graphql.resolver_count_limit"

_EXPOSURES = {"GLOBAL": Exposure.INTERNET, "PRIVATE": Exposure.PRIVATE}
_ADDRESSES = (("GRAPHQL", "https"), ("REALTIME", "wss"))
_LIMITS = ((DEPTH_LIMIT, "queryDepthLimit"), (RESOLVER_LIMIT, "resolverCountLimit"))
_DIRECTIVES = {
    "aws_api_key": modes.KEY,
    "aws_iam": modes.SIGNED,
    "aws_oidc": modes.OIDC,
    "aws_cognito_user_pools": modes.POOL,
    "aws_lambda": modes.FUNCTION,
}
_NO_TYPE = "no authentication type"
_GROUPED = "aws_auth"
"""Names groups of the user pool; counts only where that is the one way in."""

GROUPS = "cognito_groups"


class Detail(msgspec.Struct, frozen=True, gc=False):
    """What a schema and data sources taught of an API; unknown where they could not be seen."""

    operations: tuple[Operation, ...] | Unknown = UNKNOWN
    backends: tuple[Backend, ...] | Unknown = UNKNOWN
    specs: tuple[Spec, ...] | Unknown = UNKNOWN


UNSEEN = Detail()


class WaysIn(msgspec.Struct, frozen=True, gc=False):
    """What callers may be let in by, where a field says nothing else.

    Attributes:
        providers: The modes of an API, the first of which is its default.
        default: What says that the default holds.
    """

    providers: modes.Providers
    default: str


class SchemaAsked(msgspec.Struct, frozen=True, gc=False):
    """What has to be known beside a schema to read it.

    Attributes:
        source_uri: Where it is.
    """

    source_uri: str
    ways_in: WaysIn


class SchemaRead(msgspec.Struct, frozen=True, gc=False):
    """What a schema taught, and what is kept of it.

    Attributes:
        types: Names of the types whose fields are operations, by verb.
        documents: The contract by hash, where it is small enough.
    """

    operations: tuple[Operation, ...]
    types: dict[str, str]
    spec: Spec
    documents: dict[str, bytes]


SDL_AT_ONCE_BYTES = 4096
"""Schemas up to this size are read in the scan's own thread: the worst of them takes 60 ms."""


def is_merged(api: Item) -> bool:
    """Say whether an API is made of others."""
    return text(api, "apiType") == MERGED


def normalise(api: Item, detail: Detail, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment of an API.

    Args:
        api: Item of `ListGraphqlApis`.
        detail: What its schema and data sources taught.
        place: Of whoever owns it.
        keys: Which tags say what.
    """
    visibility = text(api, "visibility")
    exposure = _EXPOSURES.get(visibility or "", Exposure.UNKNOWN)
    evidence = f"visibility {visibility or 'not given'}"
    return msgspec.structs.replace(
        frame(api, MERGED_KIND if is_merged(api) else KIND, place, keys),
        style=Style.GRAPHQL,
        exposure=exposure,
        exposure_evidence=evidence,
        endpoints=_endpoints(api, exposure, evidence),
        operations=detail.operations,
        backends=detail.backends,
        specs=detail.specs,
        protections=msgspec.structs.replace(
            protections(api, logs=is_set(api, "logConfig", kind=Mapping)),
            request_validation=Switch.ENABLED,  # every request is checked against the schema
        ),
    )


def read_schema(source: bytes, asked: SchemaAsked) -> SchemaRead:
    """Return what a schema says.

    Raises:
        Malformed: it is none, or too large, too long or nested too deeply to be read.
    """
    schema = parse_sdl(source)
    spec, documents = describe(
        source, schema.contract(), source_uri=asked.source_uri, media_type=MEDIA_TYPE
    )
    operations = read_operations(schema.root_fields(), asked.ways_in)
    return SchemaRead(operations, schema.root_types(), spec, documents)


def ways_in(api: Item) -> WaysIn:
    """Return what callers may be let in by, as an item of `ListGraphqlApis` says it."""
    action = text(part(api, "userPoolConfig"), "defaultAction")
    default = f"default (default action {action})" if action else "default"
    return WaysIn(modes.read_graphql(api), default)


def read_operations(fields: Iterable[RootField], ways: WaysIn) -> tuple[Operation, ...]:
    """Return what callers can ask for, and what each asks of them: by the field, its type, or the default.

    Args:
        fields: Of the schema's root types.
        ways: What the API lets callers in by.
    """
    return tuple(
        Operation(
            verb=field.verb,
            template=field.name,
            security=_security(field, ways.providers, ways.default),
            deprecated=field.deprecated or UNKNOWN,
            rate_limits=(),
        )
        for field in fields
    )


def read_limits(api: Item, deployment: Deployment, now: datetime) -> Iterator[Signal]:
    """Yield what an API refuses for its size, zero being no limit, and whether it explains itself to anybody."""
    said: list[tuple[str, float | str | None]] = [(INTROSPECTION, text(api, "introspectionConfig"))]
    said += [(name, count(api, member)) for name, member in _LIMITS]
    for name, value in said:
        if value is not None:
            yield Signal(
                subject_uid=deployment.uid,
                name=name,
                value=value.casefold() if isinstance(value, str) else float(value),
                observed_at=now,
                source=deployment.native_kind,
            )


def read_sources(associations: Iterable[Item], merged: Deployment) -> tuple[Relation, ...]:
    """Return which APIs a merged one is made of, of whichever account."""
    found = {}
    for item in associations:
        native_id = naming.native_id_of_arn(text(item, "sourceApiArn") or "")
        if native_id:
            found[native_id] = Relation(
                type=DEPENDS_ON,
                from_uid=merged.uid,
                to_uid=deployment_uid(native_id),
                evidence=(f"source API association {text(item, 'associationId') or '?'}",),
            )
    return tuple(found[native_id] for native_id in sorted(found))


def _endpoints(api: Item, exposure: str, evidence: str) -> tuple[Endpoint, ...] | Unknown:
    """Return the generated addresses: of requests, and of subscriptions."""
    given = part(api, "uris")
    found = tuple(
        Endpoint(
            url=address,
            exposure=exposure,
            evidence=evidence,
            generated_host=True,
            enabled=True,
            mtls=Switch.DISABLED,
        )
        for name, scheme in _ADDRESSES
        if (address := _address(text(given, name), scheme))
    )
    return found or UNKNOWN


def _address(uri: str | None, scheme: str) -> str | None:
    if uri is None:
        return None
    host, slash, path = clean_address(uri).partition("://")[2].partition("/")
    return f"{scheme}://{host.casefold()}{slash}{path}".rstrip("/") if host else None


def _security(field: RootField, providers: modes.Providers, default: str) -> Security:
    if not providers.known:
        return Security(evidence=_NO_TYPE)
    for directives, where in ((field.own, "field"), (field.inherited, "type")):
        named = [one for one in directives if _mode(one, providers)]
        if named:
            found = tuple(dict.fromkeys(filter(None, (_mode(one, providers) for one in named))))
            security = modes.asked(found, providers, f"directives of the {where}")
            return _grouped(security, [group for one in named for group in one.texts(GROUPS)])
    if providers.default is None:
        return Security(evidence=_NO_TYPE)
    return modes.asked((providers.default,), providers, default)


def _mode(directive: Directive, providers: modes.Providers) -> str | None:
    """Return the way in that a directive names, if it is one that does."""
    if directive.name == _GROUPED:
        return modes.POOL if providers.only == modes.POOL else None
    return _DIRECTIVES.get(directive.name)


def _grouped(security: Security, groups: list[str]) -> Security:
    """Return a security with the groups that a token must name one of, where a user pool is the one way in."""
    if not groups or len(security.schemes) != 1:
        return security
    (scheme,) = security.schemes
    if scheme.location != modes.HEADER:
        return security
    scopes = tuple(dict.fromkeys(f"cognito:groups={group}" for group in groups))
    return msgspec.structs.replace(
        security, schemes=(msgspec.structs.replace(scheme, scopes=scopes),)
    )
