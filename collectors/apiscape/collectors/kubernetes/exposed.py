"""What an object of a cluster exposes, in one form for all kinds of them: what deployments are made of.

Whoever reads a kind says what it states. Readiness, certificates, owners and exposure follow from it in
one place for all (`deploying`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from apiscape.collectors.kubernetes.objects import Metadata, key_of
from apiscape.model.deployment import Spec
from apiscape.model.limits import RateLimits, summarise_limits
from apiscape.model.provenance import Claim
from apiscape.model.security import UNKNOWN_SECURITY, Security
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Lifecycle, Status, Style, Switch, TlsMode


class PathType(StrEnum):
    """How a path is compared."""

    EXACT = "exact"
    PREFIX = "prefix"
    REGEX = "regex"
    OWN = "own"
    """In a manner that only the controller knows (`ImplementationSpecific`)."""


class Match(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which requests.

    Attributes:
        method: `ANY` where it does not matter.
        path: With a slash before it; of gRPC `/service/method`, `*` for any of them.
        operation_id: What the author calls it.
    """

    path: str = "/"
    path_type: str = PathType.PREFIX
    method: str = "ANY"
    operation_id: str | None = None


class Target(msgspec.Struct, frozen=True, kw_only=True, gc=False, cache_hash=True):
    """Where requests are sent on.

    Attributes:
        kind: `service`, `http` for an address outside, or the kind of the object that stands for it, in small letters.
        stands: Group and kind of that object, as it is referred to, where another one may say where it leads.
        name: Of the Service or object; of an address outside, its URL or host.
        port: Number or name, as stated.
        weight: Its share; with none of them stated, one each. Nothing is sent to one of zero.
        denied: Why it may not be referred to, if so (`RefNotPermitted`).
        doubted: Why nobody can tell whether it may, if so.
        secured: `tls` or `mtls` where something says that the gateway speaks it with the target.
    """

    name: str
    kind: str = "service"
    stands: tuple[str, str] | None = None
    namespace: str = ""
    port: str | None = None
    weight: int = 1
    denied: str | None = None
    doubted: str | None = None
    secured: str | None = None


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Requests, where they are sent on, and what is asked of them."""

    matches: tuple[Match, ...] = (Match(),)
    targets: tuple[Target, ...] = ()
    security: Security = UNKNOWN_SECURITY
    rate_limits: RateLimits | Unknown = UNKNOWN


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """An address that callers type.

    Attributes:
        host: Empty for any: then the gateway's own addresses stand for it.
        scheme: `http`, `https`, `tls`, `tcp`, `udp`, `ws`.
        port: `None` where nobody says which.
        path: That all of its paths begin with.
        tls_min: In the words of `Endpoint` (`TLS_1_2`).
        certificate: `namespace/name` of the Secret that it is kept in, which is never read.
        mtls: A word of `Switch`.
        is_generated: Whether the host was made by the gateway.
        tls_mode: A word of `TlsMode`, as far as the object says more than the scheme does.
    """

    host: str = ""
    scheme: str = "https"
    port: int | None = None
    path: str = ""
    tls_min: str | Unknown | None = UNKNOWN
    certificate: str | None = None
    mtls: str = Switch.UNKNOWN
    is_generated: bool | Unknown = UNKNOWN
    tls_mode: str = TlsMode.UNKNOWN


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """From where something can be reached, and what says so.

    Attributes:
        addresses: Of the load balancer or gateway: IP addresses and host names.
    """

    exposure: str = Exposure.UNKNOWN
    evidence: str | None = None
    addresses: tuple[str, ...] = ()


class Condition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a controller says.

    Attributes:
        name: One that is well when it holds (`Accepted`); of the other kind (`Conflicted`) only that
            it is not well is said, as not holding.
        holds: `None` where it is pending, stale, or where nobody has said anything yet (`reason` says which).
    """

    name: str
    holds: bool | None
    reason: str | None = None


def services_of(targets: Iterable[Target]) -> tuple[str, ...]:
    """Return the keys (`namespace/name`) of the Services among targets, each once."""
    keys = [key_of(each.namespace, each.name) for each in targets if each.kind == "service"]
    return tuple(dict.fromkeys(keys))


def targets_in(rules: Sequence[Rule]) -> Sequence[tuple[Target, ...]]:
    """Return where rules send to, in their order: what several of them have in common, once."""
    for each in rules:
        if each.targets is not rules[0].targets:
            return list({id(each.targets): each.targets for each in rules}.values())
    return [rules[0].targets] if rules else ()


_SOME = 2
"""Targets of which two may be the same."""


class Exposed(msgspec.Struct, frozen=True, kw_only=True):
    """One API at one gateway, as an object states it.

    Attributes:
        metadata: Of the object.
        parent: Part of the identity: the gateway that it is attached to (`namespace/name`; another kind's
            with that before it, `service:namespace/name`), where the kind can be attached to several.
        host: Part of the identity, where each host is an API of its own (Ingress).
        gateway: What the gateway is called for people.
        addresses: `None` where nobody could see which; none where it is attached to nothing.
        rules: `None` where nobody could see them.
        conditions: What controllers say of it here.
        owners: Claims on who answers for it, beside those of labels, annotations and the namespace.
        claims: Claims on `title`, `lifecycle`, `version`, `environment`, likewise.
        documents: Where its contract is said to be; never fetched here.
        certificates: Ends of validity that the object itself states.
        secrets: `namespace/name` of Secrets of certificates beside those of its addresses.
        links: What the object is called elsewhere (a cloud's own id, by name); kept as labels.
        incomplete: What may add to it or take from it in ways that no object shows (snippets, scripts).
    """

    metadata: Metadata
    style: str = Style.HTTP
    parent: str | None = None
    host: str | None = None
    gateway: str | Unknown | None = UNKNOWN
    title: str | None = None
    description: str | None = None
    version: str | None = None
    status: str = Status.UNKNOWN
    status_reason: str | None = None
    lifecycle: str = Lifecycle.UNKNOWN
    addresses: tuple[Address, ...] | None = ()
    reached: Reached = Reached()
    rules: tuple[Rule, ...] | None = ()
    conditions: tuple[Condition, ...] = ()
    cors: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    mtls: str = Switch.UNKNOWN
    request_validation: str = Switch.UNKNOWN
    access_log: str = Switch.UNKNOWN
    tracing: str = Switch.UNKNOWN
    owners: tuple[Claim, ...] = ()
    claims: dict[str, tuple[Claim, ...]] = msgspec.field(default_factory=dict)
    documents: tuple[Spec, ...] = ()
    certificates: tuple[datetime, ...] = ()
    secrets: tuple[str, ...] = ()
    links: dict[str, str] = msgspec.field(default_factory=dict)
    incomplete: tuple[str, ...] = ()
    consumers: int | None = None

    @property
    def rate_limit(self) -> str:
        """Whether callers are limited: what its rules come to, as a word of `Switch`."""
        return summarise_limits(each.rate_limits for each in self.rules or ())

    def targets(self) -> tuple[Target, ...]:
        """Return all that its rules send requests to, each once, in their order."""
        several = targets_in(self.rules or ())
        if len(several) == 1 and len(several[0]) < _SOME:
            return several[0]
        return tuple(dict.fromkeys([each for targets in several for each in targets]))


class Called(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who calls, as an object states it. Never a key.

    Attributes:
        name: What people call them; empty where the object alone has a name.
        admits: Paths of resources and keys of the objects that they are let in to; unknown where nobody says.
        rate_limit_per_s, quota: What they are allowed, as of a `Consumer`.
    """

    metadata: Metadata
    name: str = ""
    admits: tuple[tuple[str, str], ...] | Unknown = UNKNOWN
    rate_limit_per_s: float | Unknown | None = UNKNOWN
    quota: str | Unknown | None = UNKNOWN


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A gateway, as an object states it.

    Attributes:
        hosts: That it serves; empty for any.
        links: What it is called elsewhere, and what it names there; kept as labels.
    """

    metadata: Metadata
    hosts: tuple[str, ...] = ()
    reached: Reached = Reached()
    tls_min: str | Unknown | None = UNKNOWN
    waf: str = Switch.UNKNOWN
    conditions: tuple[Condition, ...] = ()
    certificates: tuple[str, ...] = ()
    links: dict[str, str] = {}


Stated = Exposed | Served | Called
"""What an object states: an API, a gateway, or somebody who calls."""
