"""Normalise a Lattice service: pure, from what it, its listeners and its networks say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from apiscape.collectors.aws import framing
from apiscape.collectors.aws.framing import Subject, frame
from apiscape.collectors.aws.lattice.networks import Network
from apiscape.collectors.aws.lattice.rules import Leading
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, count, labels, moment, part, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Status, Style, Switch

KIND = "aws.lattice.service"
SERVICE = "vpc-lattice"
PASSTHROUGH = "TLS_PASSTHROUGH"
MOST_NAMED = 5
"""Networks, and VPCs of each, that evidence names; the rest is counted."""

_SCHEMES = {"HTTP": ("http", 80), "HTTPS": ("https", 443), PASSTHROUGH: ("tls", None)}
_STATUSES = {
    "ACTIVE": Status.ACTIVE,
    "CREATE_IN_PROGRESS": Status.INACTIVE,
    "DELETE_IN_PROGRESS": Status.INACTIVE,
    "CREATE_FAILED": Status.FAILED,
    "DELETE_FAILED": Status.FAILED,
}


class Seen(msgspec.Struct, frozen=True):
    """What is known of a service beside itself.

    Attributes:
        tags: Its tags, as `{"tags": …}`; `None` where they could not be read.
        listeners: `None` where they could not be read.
        networks: Those that reach it, `None` where that could not be read.
        logs: Whether it logs who calls itself, `None` where that could not be read.
        leading: Operations and backends, `None` where they stand as stored or could not be read.
    """

    tags: Item | None
    listeners: Sequence[Item] | None
    networks: Sequence[Network] | None
    logs: bool | None
    leading: Leading | None = None


def native_id(place: Place, service_id: str) -> str:
    """Return the canonical id of a service."""
    return framing.native_id(place, SERVICE, service_id)


def normalise(service: Item, seen: Seen, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that a service is.

    Args:
        service: Of `ListServices` and `GetService`.
        seen: What is known beside it.
        place: Of whoever owns it.
        keys: Which tags say what.
    """
    service_id = text(service, "id") or ""
    subject = Subject(
        kind=KIND,
        word=SERVICE,
        resource=service_id,
        name=text(service, "name") or service_id,
        gateway="VPC Lattice",
        tags=UNKNOWN if seen.tags is None else labels(seen.tags, "tags"),
    )
    evidence = _evidence(seen.networks)
    return msgspec.structs.replace(
        frame(subject, place, keys),
        description=None,
        style=_style(seen.listeners),
        status=_STATUSES.get(text(service, "status") or "", Status.UNKNOWN),
        status_reason=_reason(service),
        endpoints=_endpoints(service, seen.listeners, evidence),
        exposure=Exposure.PRIVATE,
        exposure_evidence=evidence,
        operations=seen.leading.operations if seen.leading else UNKNOWN,
        backends=seen.leading.backends if seen.leading else UNKNOWN,
        protections=_protections(seen),
        created_at=moment(service, "createdAt") or UNKNOWN,
        updated_at=moment(service, "lastUpdatedAt") or UNKNOWN,
    )


def speaks_http(listener: Item) -> bool:
    """Say whether a listener looks into requests: one that passes TLS on has no rules of paths."""
    return text(listener, "protocol") != PASSTHROUGH


def _ends_tls(listener: Item) -> bool:
    """Say whether it is known that a listener asks for no client certificate that others would check."""
    return text(listener, "protocol") in {"HTTP", "HTTPS"}


def _style(listeners: Sequence[Item] | None) -> str:
    if not listeners:
        return Style.UNKNOWN
    return Style.HTTP if any(map(speaks_http, listeners)) else Style.TCP


def _reason(service: Item) -> str | None:
    """Return why a service is not active, in its own words for it."""
    status = text(service, "status")
    if status in {None, "ACTIVE"}:
        return None
    return ": ".join(filter(None, (status, text(service, "failureCode"))))


def _evidence(networks: Sequence[Network] | None) -> str:
    """Return from where a service is reached: never from the internet."""
    if networks is None:
        return "reached through service networks only, which could not be read"
    if not networks:
        return "in no service network"
    told = [f"{each.name} ({_vpcs(each.vpcs)})" for each in networks]
    return f"reached through service networks only: {_some(told)}"


def _vpcs(vpcs: tuple[str, ...] | None) -> str:
    if vpcs is None:
        return "VPCs not known"
    return _some(list(vpcs)) if vpcs else "no VPC"


def _some(names: list[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED] + ([f"and {rest} more"] if rest > 0 else []))


def _endpoints(
    service: Item, listeners: Sequence[Item] | None, evidence: str
) -> tuple[Endpoint, ...] | Unknown:
    """Return the addresses: each listener's port at the generated name, and at the custom one."""
    if listeners is None or not all(text(each, "protocol") in _SCHEMES for each in listeners):
        return UNKNOWN
    generated = text(part(service, "dnsEntry"), "domainName")
    named = text(service, "customDomainName")
    hosts = [(host, made) for host, made in ((generated, True), (named, False)) if host]
    return tuple(
        Endpoint(
            url=url,
            exposure=Exposure.PRIVATE,
            evidence=evidence,
            generated_host=made,
            enabled=True,
            tls_min=None if text(listener, "protocol") == "HTTP" else UNKNOWN,
            mtls=Switch.UNKNOWN if not speaks_http(listener) else Switch.DISABLED,
        )
        for listener in listeners
        for host, made in hosts
        for url in _urls(listener, host)
    )


def _urls(listener: Item, host: str) -> Iterator[str]:
    scheme, usual = _SCHEMES.get(text(listener, "protocol") or "", (None, None))
    port = count(listener, "port")
    if scheme:
        yield f"{scheme}://{host.casefold()}" + ("" if port in {None, usual} else f":{port}")


def _protections(seen: Seen) -> Protections:
    """Return the protections; Lattice offers neither firewall nor limits of rate, nor checks or traces requests."""
    logs = [seen.logs, *(each.logs for each in seen.networks or ())]
    logged = True if any(logs) else None if None in logs or seen.networks is None else False
    passes_on = any(not _ends_tls(each) for each in seen.listeners or ())
    return Protections(
        rate_limit=Switch.DISABLED,
        waf=Switch.DISABLED,
        request_validation=Switch.DISABLED,
        cors=Switch.DISABLED,
        access_log=switch(logged),
        tracing=Switch.DISABLED,
        mtls=Switch.UNKNOWN if passes_on or seen.listeners is None else Switch.DISABLED,
    )
