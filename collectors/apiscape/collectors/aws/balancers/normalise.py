"""Normalise an application load balancer: the APIs that its rules lead to, and itself as their gateway. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

from apiscape.collectors.aws.balancers.grouping import (
    SPLIT,
    Group,
    confidence,
    group_name,
    operations_of,
)
from apiscape.collectors.aws.balancers.rules import Door
from apiscape.collectors.aws.balancers.targets import Fitness
from apiscape.collectors.aws.names import CONSOLES, Place
from apiscape.collectors.aws.picking import Item, labels, moment, part, text
from apiscape.collectors.aws.settings import BalancerSettings, TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.collectors.aws.tags import read_told
from apiscape.model.deployment import Backend, Deployment, Endpoint, Protections
from apiscape.model.identity import aws_native_id, deployment_uid
from apiscape.model.provenance import Claim
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, ProvenanceMethod, Status, Style, Switch

KIND = "aws.alb"
TAGS = "tags"
PRODUCT_WORD = "elasticloadbalancing"

LOGS = "access_logs.s3.enabled"


_EXPOSURES = {"internet-facing": Exposure.INTERNET, "internal": Exposure.PRIVATE}
_STATES = {
    "active": Status.ACTIVE,
    "active_impaired": Status.ACTIVE,
    "provisioning": Status.INACTIVE,
    "failed": Status.FAILED,
}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE = "-_.~!$&'()+,;=:@"
_GRPC = "GRPC"


class Balancer(msgspec.Struct, frozen=True, gc=False):
    """A load balancer, with all that was read of it.

    Attributes:
        item: Of `DescribeLoadBalancers`, its tags among its members where they could be read.
        doors: Its listeners.
        attributes: By key; unknown where they may not be read.
        waf: A word of `Switch`.
        groups: Target groups by ARN, as far as they are known; `fitness`: how their targets fare.
    """

    item: Item
    doors: tuple[Door, ...]
    attributes: Mapping[str, str] | Unknown
    waf: str
    groups: Mapping[str, Item]
    fitness: Mapping[str, Fitness]

    @property
    def tags(self) -> dict[str, str] | Unknown:
        """Its tags; unknown where they may not be read."""
        return labels(self.item, TAGS) if TAGS in self.item else UNKNOWN

    @property
    def name(self) -> str:
        """What people call it."""
        return text(self.item, "LoadBalancerName") or text(self.item, "LoadBalancerArn") or ""

    def native_id(self, place: Place) -> str:
        """Its canonical id; those of its APIs begin with it."""
        arn = text(self.item, "LoadBalancerArn") or ""
        resource = arn.partition(":loadbalancer/")[2] or arn
        return aws_native_id(place.partition, place.account, place.region, PRODUCT_WORD, resource)


def normalise(
    balancer: Balancer, group: Group, place: Place, keys: TagSettings, settings: BalancerSettings
) -> Deployment:
    """Return the deployment of one API of a load balancer, as its rules, its tags and the settings have it."""
    own, tags = balancer.native_id(place) + group.key.resource, balancer.tags
    told = read_told(tags or {}, keys, stage=None, account_title=place.title)
    exposure, evidence = reached(balancer)
    status, reason = status_of(balancer.item)
    claim = _guess(balancer, group, settings)
    return Deployment(
        uid=deployment_uid(own),
        native_id=own,
        native_api_id=own,
        native_kind=KIND,
        native_url=_console_url(balancer.item, place),
        provider="aws",
        product=KIND,
        account=place.account,
        region=place.region,
        name=(group.key.host or balancer.name) + group.key.path,
        title=None,
        description=None,
        style=claim.value,
        gateway=balancer.name,
        environment=told.environment,
        environment_raw=told.environment_raw,
        version=told.version,
        status=status,
        status_reason=reason,
        lifecycle=told.lifecycle,
        endpoints=_endpoints(balancer, group),
        exposure=exposure,
        exposure_evidence=evidence,
        operations=operations_of(group),
        backends=_backends(balancer, group),
        protections=_protections(balancer, group),
        owners=told.owners if tags is not UNKNOWN else UNKNOWN,
        specs=(),
        consumers=None,
        labels=tags,
        created_at=moment(balancer.item, "CreatedTime") or UNKNOWN,
        updated_at=None,
        provenance={**told.provenance, "style": (claim,)},
    )


def _guess(balancer: Balancer, group: Group, settings: BalancerSettings) -> Claim:
    """Return the claim that a group is an API, and of which style: how sure that is, and why."""
    sure, why = confidence(group, balancer.tags, settings)
    style = _style(group, balancer.groups)
    return Claim(style, ProvenanceMethod.INFERRED, "listener rules", sure, note=why)


def status_of(item: Item) -> tuple[str, str | None]:
    """Return how a load balancer stands, and why where it does not just serve."""
    state = part(item, "State")
    code = text(state, "Code") or ""
    reason = text(state, "Reason")
    if reason is None and code != "active":
        reason = f"the load balancer is {code.replace('_', ' ')}" if code else None
    return _STATES.get(code, Status.UNKNOWN), reason


def reached(balancer: Balancer) -> tuple[str, str]:
    """Return from where a load balancer is reached; that some are shut out is not seen."""
    scheme = text(balancer.item, "Scheme")
    exposure = _EXPOSURES.get(scheme or "", Exposure.UNKNOWN)
    return exposure, f"scheme {scheme or 'not given'}; security groups are not read"


def _style(group: Group, known: Mapping[str, Item]) -> str:
    """Return gRPC where all targets speak it; unknown where a target group could not be seen."""
    if any(arn not in known for arn in group.targets):
        return Style.UNKNOWN
    spoken = {text(known[arn], "ProtocolVersion") for arn in group.targets}
    return Style.GRPC if spoken == {_GRPC} else Style.HTTP


def _endpoints(balancer: Balancer, group: Group) -> tuple[Endpoint, ...] | Unknown:
    """Return the addresses of an API; of a host that stands for many nobody knows them all."""
    own = not group.key.host
    host = text(balancer.item, "DNSName") if own else group.key.host
    if not host or not (own or group.key.typed):
        return UNKNOWN
    exposure, evidence = reached(balancer)
    serving = status_of(balancer.item)[0] == Status.ACTIVE
    found = (
        Endpoint(
            url=_url(door, host.casefold(), group.key.segment),
            exposure=exposure,
            evidence=evidence,
            generated_host=own,
            enabled=serving or UNKNOWN,
            tls_min=door.tls_min,
            mtls=door.mtls,
        )
        for door in group.doors
    )
    return tuple({endpoint.url: endpoint for endpoint in found}.values())


def _url(door: Door, host: str, segment: str) -> str:
    scheme = door.scheme
    plain = door.port is None or door.port == _DEFAULT_PORTS.get(scheme)
    port = "" if plain else f":{door.port}"
    path = f"/{quote(segment, safe=_SAFE)}" if segment else ""
    return f"{scheme}://{quote(host, safe=_SAFE)}{port}{path}"


def _backends(balancer: Balancer, group: Group) -> tuple[Backend, ...]:
    """Return the target groups that requests are sent to; a function in the place of its group."""
    every = dict.fromkeys(arn for way in group.ways for arn, _ in way.targets)
    plain = (_backend(arn, balancer) for arn in every)
    divided = (
        Backend(key=str(way.backend), kind=SPLIT, address=_shares(way.targets))
        for way in group.splits
    )
    return (*plain, *divided)


def _backend(arn: str, balancer: Balancer) -> Backend:
    fitness = balancer.fitness.get(arn)
    if fitness is not None and fitness.functions:
        return Backend(key=group_name(arn), kind="lambda", address=fitness.functions[0])
    return Backend(key=group_name(arn), kind="target_group", address=arn)


def _shares(targets: Sequence[tuple[str, int]]) -> str:
    total = sum(weight for _, weight in targets) or 1
    return ", ".join(f"{group_name(arn)} {100 * weight / total:.0f} %" for arn, weight in targets)


def _protections(balancer: Balancer, group: Group) -> Protections:
    """Return what stands before an API; what a load balancer has not is off, and what it may add is not read."""
    known = balancer.attributes
    logs = None if known is UNKNOWN else {"true": True, "false": False}.get(known.get(LOGS, ""))
    asked = {door.mtls for door in group.doors}
    return Protections(
        rate_limit=Switch.DISABLED,
        waf=balancer.waf,
        request_validation=Switch.DISABLED,
        access_log=switch(logs),
        tracing=Switch.DISABLED,
        mtls=asked.pop() if len(asked) == 1 else of_several(asked),
    )


def of_several(asked: set[str]) -> str:
    """Return whether all listeners ask for a certificate: one that asks for none lets everybody in."""
    return Switch.DISABLED if Switch.DISABLED in asked else Switch.UNKNOWN


def _console_url(item: Item, place: Place) -> str | None:
    host, arn = CONSOLES.get(place.partition), text(item, "LoadBalancerArn")
    if host is None or arn is None:
        return None
    shown = f"home?region={place.region}#LoadBalancer:loadBalancerArn={quote(arn, safe=':/')}"
    return f"https://{place.region}.{host}/ec2/{shown}"
