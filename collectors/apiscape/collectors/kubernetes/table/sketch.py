"""What is kept of an object: what its entry extracts, and nothing else."""

from __future__ import annotations

from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.model.deployment import Spec
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Counted, Exposure, SchemeKind, Switch, TlsMode


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what an expression finds: its keys are the attributes; nulls are left out."""


class Ref(Found, frozen=True, kw_only=True):
    """A reference to another object; by name, or by labels."""

    name: str = ""
    namespace: str = ""
    kind: str = ""
    labels: dict[str, str] = {}


class Spot(Found, frozen=True, kw_only=True):
    """Where something is served.

    Attributes:
        host: Empty for any; those of the rules take its place where they have some.
        hosts: Several of them, instead.
        scheme: `None` where it is as the object says that it joins.
        url: Instead of scheme, host, port and path.
        secret: Name of the Secret of its certificate, in the object's namespace; `namespace/name` for another.
        tls_min: In the gateway's words.
        mtls: Whether a client certificate is asked for; `None` where nobody can tell.
        is_generated: Whether the gateway made the host.
        tls_mode: Who ends TLS, where the object says so; the gateway does where there is a certificate.
    """

    host: str = ""
    hosts: tuple[str, ...] = ()
    scheme: str | None = None
    port: int | None = None
    path: str = ""
    url: str | None = None
    secret: str | None = None
    tls_min: str | None = None
    mtls: bool | None = None
    is_generated: bool | Unknown = UNKNOWN
    tls_mode: TlsMode | None = None


class Reach(Found, frozen=True, kw_only=True):
    """From where something can be reached."""

    exposure: str = Exposure.UNKNOWN
    evidence: str | None = None
    addresses: tuple[str, ...] = ()


class Asking(Found, frozen=True, kw_only=True):
    """Which requests.

    Attributes:
        host: That they are for, where the rule says so of each.
        method, methods: Those it is for; of any without.
        narrowed: Whether more is asked of them than can be said.
    """

    path: str = "/"
    type: str = "prefix"
    method: str | None = None
    methods: tuple[str, ...] = ()
    operation_id: str | None = None
    host: str | None = None
    narrowed: bool = False


class Way(Found, frozen=True, kw_only=True):
    """Where requests are sent.

    Attributes:
        via: The id of one of the object's `upstreams`, which says where.
        id: By which rules name it.
        url: Instead of kind, name and port: an address outside.
    """

    via: str | None = None
    id: str | None = None
    kind: str = "Service"
    name: str = ""
    namespace: str = ""
    port: int | str | None = None
    weight: int = 1
    url: str | None = None


class Asked(Found, frozen=True, kw_only=True):
    """Something that is asked of callers.

    Attributes:
        kind: In the gateway's words.
        means: That in a word of `SchemeKind`, as the entry translates it.
        id: What it is called in the object.
        optional: Whether callers without it are let in.
        by_name: Whether it holds only for rules that name it.
    """

    kind: str
    means: str = SchemeKind.CUSTOM
    id: str = ""
    issuer: str | None = None
    location: str | None = None
    scopes: tuple[str, ...] = ()
    optional: bool = False
    by_name: bool = False


class Paper(Found, frozen=True, kw_only=True):
    """Where a contract is."""

    url: str
    format: str = "openapi"


class Allowance(Found, frozen=True, kw_only=True):
    """How often somebody may call.

    Attributes:
        rate: Requests in `per_s` seconds; one that is not above zero is no limit.
        quota: Requests in `renewed_s` seconds, likewise.
    """

    rate: float | None = None
    per_s: float | None = None
    quota: int | None = None
    renewed_s: int | None = None


ALL_TOGETHER = "all"
"""In the place of what callers are told apart by: they are counted together."""


class Limit(Found, frozen=True, kw_only=True):
    """How often callers may, as somebody wrote it: figures may be texts.

    Attributes:
        requests: As many in `per`; several where both are lists.
        per: A unit (`minute`), a duration (`1m30s`), or a number of seconds.
        windows: How many by unit, instead.
        rate: As NGINX writes it (`10r/s`), instead.
        at_once: Whether it is as many at a time, in no window.
        burst: As many at once.
        by: What callers are told apart by, `all` where they are counted together; unknown without.
        key: The variables of NGINX that say so, instead.
        shared: Whether all instances of the gateway count together.
        counts: A word of `Counted`.
        condition: For which requests it holds, in words.
        setting: That says so.
    """

    requests: Any = None
    per: Any = None
    windows: dict[str, Any] = {}
    rate: str | None = None
    at_once: bool = False
    burst: Any = None
    by: tuple[str, ...] | None = None
    key: str | None = None
    shared: bool | None = None
    counts: str = Counted.REQUESTS
    condition: str | None = None
    setting: str | None = None


class Party(Found, frozen=True, kw_only=True):
    """Who answers for something, and which field says so."""

    name: str
    field: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A rule, as it was found (`schema.Scope`)."""

    matches: tuple[Asking, ...] = ()
    hosts: tuple[str, ...] = ()
    targets: tuple[Way, ...] = ()
    policies: tuple[Ref, ...] = ()
    auth: tuple[Asked, ...] = ()
    auth_by_name: tuple[str, ...] = ()
    auth_without: tuple[str, ...] = ()
    include: tuple[Ref, ...] = ()
    limits: tuple[Limit, ...] = ()
    switches: frozenset[str] = frozenset()


class Sketch(Thing, kw_only=True):
    """What is kept of an object of the table (`schema.Entry`).

    Attributes:
        is_root: Whether it is an API of its own.
        is_served: Whether it is served at all.
        switches: The protections that are on for all of it.
        incomplete: What may change what is said, and what could not be read.
        sort: Of a policy, which sort it is: of two of a sort the nearer one holds.
    """

    is_root: bool = True
    is_served: bool = True
    gateway: str | None = None
    title: str | None = None
    description: str | None = None
    version: str | None = None
    style: str = ""
    status: str = ""
    status_reason: str | None = None
    lifecycle: str = ""
    addresses: tuple[Spot, ...] = ()
    reach: Reach = Reach()
    upstreams: tuple[Way, ...] = ()
    rules: tuple[Line, ...] = ()
    targets: tuple[Way, ...] = ()
    parents: tuple[Ref, ...] = ()
    auth: tuple[Asked, ...] = ()
    policies: tuple[Ref, ...] = ()
    attaches: tuple[Ref, ...] = ()
    switches: frozenset[str] = frozenset()
    limits: tuple[Limit, ...] = ()
    allows: tuple[Allowance, ...] = ()
    owners: tuple[Party, ...] = ()
    documents: tuple[Spec, ...] = ()
    links: dict[str, str] = msgspec.field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
    incomplete: tuple[str, ...] = ()
    sort: str | None = None

    @property
    def fault(self) -> str | None:
        """Why its controller does not carry it out, if it says so."""
        said = (each for each in self.conditions if each.holds is False)
        return next((each.reason or each.name for each in said), None)


LIMITED = "rate_limit"
"""The protection that is of each rule: what is on is a limit, with figures where the entry finds them."""

SWITCHES = ("cors", "waf", "request_validation", "access_log", "tracing")
"""Protections of the whole of an API that an entry may find, each a `Switch`."""


def switch_of(*, is_on: bool, is_known: bool) -> str:
    """Return the word for a protection: off only where that is known."""
    if is_on:
        return Switch.ENABLED
    return Switch.DISABLED if is_known else Switch.UNKNOWN
