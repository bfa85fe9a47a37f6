"""What Istio asks of callers, as it is decoded: RequestAuthentication, AuthorizationPolicy, PeerAuthentication.

Field for field after the CustomResourceDefinitions of istio/istio; keys of issuers (`jwks`) are not read.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collectors.kubernetes.core import Field
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Resource, declared

GROUP = "security.istio.io"
BY_NAMESPACE = "namespace"
"""Index: policies by their namespace, as one in the root namespace is for all."""


class Selector(Field):
    """Workloads by their labels."""

    match_labels: dict[str, str] | None = None


class TargetRef(Field):
    """A gateway or Service that a policy is for."""

    kind: str
    name: str
    group: str = ""


class Chosen(msgspec.Struct, rename="camel"):
    """Base of what policies ask for: of which workloads; of all in the namespace where nothing is said."""

    selector: Selector | None = None
    target_ref: TargetRef | None = None
    target_refs: list[TargetRef] | None = None

    def targets(self) -> list[TargetRef]:
        """Return what is named; the older single form stands beside the list."""
        return [*([self.target_ref] if self.target_ref else []), *(self.target_refs or ())]


class HeaderPlace(Field):
    """A header that a token travels in."""

    name: str


class JwtRule(Field):
    """Tokens of an issuer."""

    issuer: str | None = None
    from_headers: list[HeaderPlace] | None = None
    from_params: list[str] | None = None
    from_cookies: list[str] | None = None
    presence: str | None = None


class RequestAuthenticationSpec(Chosen):
    """Tokens that are looked at where there are any."""

    jwt_rules: list[JwtRule] | None = None


class RequestAuthentication(Thing):
    """A RequestAuthentication."""

    spec: RequestAuthenticationSpec = msgspec.field(default_factory=RequestAuthenticationSpec)


class Source(Field):
    """Who calls."""

    principals: list[str] | None = None
    not_principals: list[str] | None = None
    request_principals: list[str] | None = None
    not_request_principals: list[str] | None = None
    namespaces: list[str] | None = None
    not_namespaces: list[str] | None = None
    service_accounts: list[str] | None = None
    not_service_accounts: list[str] | None = None
    trust_domains: list[str] | None = None
    not_trust_domains: list[str] | None = None
    ip_blocks: list[str] | None = None
    not_ip_blocks: list[str] | None = None
    remote_ip_blocks: list[str] | None = None
    not_remote_ip_blocks: list[str] | None = None


class From(Field):
    """Who calls."""

    source: Source | None = None


class OperationOf(Field):
    """What is called."""

    hosts: list[str] | None = None
    not_hosts: list[str] | None = None
    ports: list[str] | None = None
    not_ports: list[str] | None = None
    methods: list[str] | None = None
    not_methods: list[str] | None = None
    paths: list[str] | None = None
    not_paths: list[str] | None = None


class To(Field):
    """What is called."""

    operation: OperationOf | None = None


class When(Field):
    """What else holds of a request; values may be credentials, and are never kept.

    Attributes:
        is_given: Whether one of some values is asked for.
    """

    key: str
    values: list[str] | None = None
    is_given: bool = False

    def __post_init__(self) -> None:
        """Drop the values."""
        self.is_given, self.values = bool(self.values), None


class AuthorizationRule(Field):
    """Requests: from any of some callers, to any of some operations, where everything else holds."""

    origins: list[From] | None = msgspec.field(default=None, name="from")
    to: list[To] | None = None
    when: list[When] | None = None


class Provider(Field):
    """Who is asked whether a request may pass."""

    name: str


class AuthorizationPolicySpec(Chosen):
    """Which requests may pass, or may not."""

    action: str | None = None
    provider: Provider | None = None
    rules: list[AuthorizationRule] | None = None


class AuthorizationPolicy(Thing):
    """An AuthorizationPolicy."""

    spec: AuthorizationPolicySpec = msgspec.field(default_factory=AuthorizationPolicySpec)


class Mtls(Field):
    """Whether callers of a mesh show certificates."""

    mode: str | None = None


class PeerAuthenticationSpec(Chosen):
    """Whether callers of a mesh show certificates."""

    mtls: Mtls | None = None
    port_level_mtls: dict[str, Mtls] | None = None


class PeerAuthentication(Thing):
    """A PeerAuthentication."""

    spec: PeerAuthenticationSpec = msgspec.field(default_factory=PeerAuthenticationSpec)


class WorkloadSelector(Field):
    """Workloads by their labels, as older kinds write it."""

    labels: dict[str, str] | None = None


class WorkloadPolicySpec(Chosen):
    """What workloads are changed by; of how nothing is read."""

    workload_selector: WorkloadSelector | None = None


class WorkloadPolicy(Thing):
    """An EnvoyFilter or a WasmPlugin."""

    spec: WorkloadPolicySpec = msgspec.field(default_factory=WorkloadPolicySpec)


def namespace_of(thing: Thing) -> Iterable[str]:
    """Return where a policy is found in the index."""
    return (thing.metadata.namespace,)


def _resource(
    plural: str, kind: str, of: type[Thing], reveals: str, group: str = GROUP
) -> Resource:
    older = {"networking.istio.io": ("v1alpha3",), "extensions.istio.io": ("v1alpha1",)}
    versions = older.get(group, ("v1", "v1beta1"))
    indexes = {BY_NAMESPACE: namespace_of}
    return declared(f"{plural}.{group}", kind, of, *versions, indexes=indexes, reveals=reveals)


REQUESTS = _resource(
    "requestauthentications", "RequestAuthentication", RequestAuthentication, "tokens of callers"
)
AUTHORIZATIONS = _resource(
    "authorizationpolicies", "AuthorizationPolicy", AuthorizationPolicy, "who may call"
)
PEERS = _resource(
    "peerauthentications", "PeerAuthentication", PeerAuthentication, "certificates within a mesh"
)
FILTERS = _resource(
    "envoyfilters",
    "EnvoyFilter",
    WorkloadPolicy,
    "whether gateways are changed in ways that policies do not say",
    "networking.istio.io",
)
PLUGINS = _resource(
    "wasmplugins",
    "WasmPlugin",
    WorkloadPolicy,
    "whether gateways are changed in ways that policies do not say",
    "extensions.istio.io",
)
SECURITY_RESOURCES: tuple[Resource, ...] = (REQUESTS, AUTHORIZATIONS, PEERS, FILTERS, PLUGINS)
"""Read for gateways of Gateway API too."""
