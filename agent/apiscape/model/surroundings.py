"""What stands around deployments: gateways, front doors, consumers, catalogue records, relations, signals."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from apiscape.model.deployment import Endpoint
from apiscape.model.entity import Entity
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Bypass, Dangling, RelationState, Switch


class Gateway(Entity, frozen=True):
    """What serves APIs: an API Management service, an Apigee environment, a Kubernetes Gateway."""

    uid: str
    native_id: str
    native_kind: str
    provider: str
    account: str
    name: str
    region: str | None = None
    hostnames: tuple[str, ...] | Unknown = UNKNOWN
    tls_min: str | Unknown | None = UNKNOWN
    waf: str = Switch.UNKNOWN
    labels: dict[str, str] | Unknown = UNKNOWN


class FrontDoorRoute(Entity, frozen=True):
    """Where a front door leads for one base path.

    Attributes:
        base_path: As a caller types it, `/` for the root.
        native_api_id, stage: What it leads to, in the deployments' own ids; both `None` where the
            target is not an API that is read, or is known by its address only.
        sends: Names of headers that the front door adds for it, by which it may tell that it was
            asked by way of this front door; never their values.
        plain_http: Whether callers are served without TLS; `None` where not said.
        origin: Address that the front door asks for it, host and path, normalised like an endpoint's;
            what has that address is what it leads to, whoever runs it.
        target: Native words for the target.
        condition: What a request must show besides its path, without any value; `None` where
            nothing. Where there is one, the address alone does not lead there.
        strips_base_path: Whether the API sees the path without the base path; `None` where not said.
        priority: Of a rule: the lowest is tried first. `None` where only the path decides.
    """

    base_path: str
    native_api_id: str | None = None
    stage: str | None = None
    target: str | None = None
    condition: str | None = None
    strips_base_path: bool | None = None
    priority: int | None = None
    origin: str | None = None
    sends: tuple[str, ...] = ()
    plain_http: bool | None = None


class FrontDoor(Entity, frozen=True):
    """What stands before a gateway: a custom domain, a CDN, a DNS name, a load balancer.

    Attributes:
        certificate: Native id of the certificate that it shows, as its own service calls it.
        certificate_not_after: When that ends; unknown where only the service of certificates says it.
        waf: Whether a firewall looks at requests at the front door itself.
        is_name: True of what is no more than a name in DNS: it passes callers on, and asks nothing of them.
        answers_at: Further hosts by which a name in DNS gets to it.
    """

    uid: str
    native_id: str
    native_kind: str
    provider: str
    account: str
    name: str
    endpoint: Endpoint
    region: str | None = None
    routes: tuple[FrontDoorRoute, ...] | Unknown = UNKNOWN
    certificate: str | Unknown | None = UNKNOWN
    certificate_not_after: datetime | Unknown | None = UNKNOWN
    waf: str = Switch.UNKNOWN
    is_name: bool = False
    answers_at: tuple[str, ...] = ()
    labels: dict[str, str] | Unknown = UNKNOWN


class Consumer(Entity, frozen=True):
    """An application, product or team that is let in. Never its key.

    Attributes:
        admits: `(native_api_id, stage)` pairs that it is let in to.
        rate_limit_per_s, burst, quota: What it is allowed; `quota` in the native words (`1000/DAY`).
        members: How many clients it stands for, if that can be counted.
        clients: Their names, where the operator has them listed; never what they show to be let in.
    """

    uid: str
    native_id: str
    native_kind: str
    provider: str
    account: str
    name: str
    region: str | None = None
    admits: tuple[tuple[str, str], ...] | Unknown = UNKNOWN
    rate_limit_per_s: float | Unknown | None = UNKNOWN
    burst: int | Unknown | None = UNKNOWN
    quota: str | Unknown | None = UNKNOWN
    members: int | Unknown = UNKNOWN
    clients: tuple[str, ...] | Unknown = UNKNOWN
    labels: dict[str, str] | Unknown = UNKNOWN


UNTOLD = "nobody told what it leads to"


class CatalogueRecord(Entity, frozen=True):
    """An API as some catalogue declares it: linked to deployments, never counted as one.

    Attributes:
        catalogue: What the catalogue is called that holds it; its own name where it is one itself.
        untold: Why it may lead to more than its relations say; `None` where they say all.
    """

    uid: str
    native_id: str
    native_kind: str
    provider: str
    account: str
    name: str
    title: str | None = None
    description: str | None = None
    style: str | None = None
    version: str | None = None
    lifecycle: str | None = None
    urls: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    catalogue: str | None = None
    untold: str | None = UNTOLD


class Whereabouts(Entity, frozen=True):
    """Where a deployment would be that something names, whether it is there or not.

    Attributes:
        native_id: Canonical, of the deployment.
        product, account, region: What would list it.
    """

    native_id: str
    product: str
    account: str
    region: str | None = None


class Relation(Entity, frozen=True):
    """A directed link between two uids, with what speaks for it.

    Attributes:
        whereabouts: Of the deployment that it leads to, where that is told.
    """

    type: str
    from_uid: str
    to_uid: str
    evidence: tuple[str, ...] = ()
    confidence: float = 1.0
    state: str = RelationState.VALIDATED
    whereabouts: Whereabouts | None = None


class Signal(Entity, frozen=True):
    """One measured fact; outside every content hash."""

    subject_uid: str
    name: str
    value: float | str | bool | None
    observed_at: datetime
    source: str
    unit: str | None = None
    threshold: float | None = None
    reason: str | None = None


CERTIFICATE_NOT_AFTER = "certificate.not_after"
"""Name of the signal that says when a certificate ends."""

STACK = "ingress.k8s.aws/stack"
"""Label by which cluster and cloud call the load balancer that a controller made: `namespace/name`, or a group's."""

ALB_STACK, NLB_STACK = "gateway.k8s.aws.alb/stack", "gateway.k8s.aws.nlb/stack"
"""The same of a load balancer that was made for a Gateway: its `namespace/name`."""

STACKS = (STACK, ALB_STACK, NLB_STACK)
"""All labels by which cluster and cloud call such a load balancer."""

BALANCER_HOST = "apiscape.io/load-balancer-host"
"""Label of what a cluster serves: the host of the load balancer that serves it, as the cloud made it."""

POINTS_TO = "dns.points_to"
"""Name of the signal that says at which lent hosts a name in DNS points: with a blank between them."""

DANGLES = "dns.dangles"
"""Name of the verdict on such a name: true where one of the hosts has nobody any more, no value where nobody knows."""

CERTIFICATES = "certificates"
"""Source of what a service of certificates says of one, so that there is one signal of each name."""


class Health(Entity, frozen=True):
    """How a deployment fares, what that rests on, and why."""

    state: str
    basis: str
    reasons: tuple[str, ...] = ()
    since: datetime | None = None


class Access(Entity, frozen=True):
    """What callers must show in truth: by the weakest of all names that a deployment is reached by.

    Attributes:
        mtls: A word of `Switch`: whether every name asks for a client certificate.
        bypass: A word of `Bypass`: whether a name lacks what a front door has; `None` where no front
            door has anything that another name could lack, and where all were looked at and none leads here.
        reasons: What makes it so, in words: which name, and what it lacks or may lack.
        dangling: A word of `Dangling`: whether a name in DNS that leads here points at what is gone.
        dangling_reasons: Which name points at what, and who had that.
    """

    mtls: str = Switch.UNKNOWN
    bypass: str | None = Bypass.UNKNOWN
    reasons: tuple[str, ...] = ()
    dangling: str = Dangling.UNKNOWN
    dangling_reasons: tuple[str, ...] = ()


class Party(Entity, frozen=True):
    """A team or organisation that answers for an API; a person only as its contact."""

    uid: str
    name: str
    kind: str = "team"
    contact: str | None = None


class Finding(Entity, frozen=True):
    """Result of one rule on one subject."""

    rule: str
    subject_uid: str
    result: str
    severity: str
    evidence: tuple[str, ...] = ()
    first_seen_at: datetime | None = None
    last_seen_at: datetime | None = None


class Waiver(Entity, frozen=True):
    """An accepted finding or gap: by whom, why and until when."""

    subject: str
    reason: str
    accepted_by: str
    until: datetime | None = None


class ApiVersion(Entity, frozen=True):
    """A version of an Api, as written."""

    label: str
    major: int | None = None
    lifecycle: str | None = None


class Api(Entity, frozen=True):
    """The logical API that deployments are concluded to be.

    Attributes:
        uid: `identity.api_uid` of the explicit id, else of the founding deployment.
        members: Deployment uids, sorted.
        redirects: Uids of Apis that were merged into this one; the older uid is kept.
    """

    uid: str
    title: str
    explicit_id: str | None = None
    members: tuple[str, ...] = ()
    versions: tuple[ApiVersion, ...] = ()
    redirects: tuple[str, ...] = ()


Observable = Gateway | FrontDoor | Consumer | CatalogueRecord | Relation | Signal
"""What a collector may see besides deployments."""

JsonValue = Any
