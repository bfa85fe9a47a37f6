"""Normalise a distribution: pure, from what `ListDistributions` and `ListDistributionTenants` say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from apiscape.collectors.aws.cloudfront.behaviours import read_routes
from apiscape.collectors.aws.hosts import read_host
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, entries, flag, is_set, items, part, text
from apiscape.collectors.changing import EVERY, Change
from apiscape.model.deployment import Endpoint
from apiscape.model.identity import aws_native_id, entity_uid
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Switch

KIND = "aws.cloudfront.distribution"
TENANT_KIND = "aws.cloudfront.tenant"
PRODUCT = "aws.cloudfront.distributions"
TENANTS_ONLY = "tenant-only"

TOPIC = "cloudfront.amazonaws.com"
"""Event source of distributions; its events are those of the region that stands for the whole partition."""

_MOVES_NAMES = re.compile(r"(AssociateAlias|UpdateDomainAssociation).*")
_OURS = re.compile(rf"(?!.*(Streaming|Invalidation)).*Distribution.*|{_MOVES_NAMES.pattern}")
_NAMED = (
    *("id", "made.in.id", "stagingDistributionId", "targetDistributionId"),
    *("in.distributionId", "in.distributionTenantId"),
)

_TLS = re.compile(r"TLSv1(?:\.(\d))?(?:_\d{4})?")


class Front(msgspec.Struct, frozen=True, gc=False):
    """What holds for all names of a distribution.

    Attributes:
        certificate: That callers are shown; `None` for CloudFront's own.
        said: Words for the evidence of its names.
    """

    said: str
    routes: tuple[FrontDoorRoute, ...] | Unknown = UNKNOWN
    enabled: bool | Unknown = UNKNOWN
    tls_min: str | Unknown = UNKNOWN
    mtls: str = Switch.UNKNOWN
    waf: str = Switch.UNKNOWN
    certificate: str | Unknown | None = UNKNOWN


UNSEEN = Front("a distribution that was not listed")


def named(change: Change) -> tuple[str, ...]:
    """Return the distributions and tenants that a change is of; a name that is moved is taken from any of them."""
    if not _OURS.fullmatch(change.name):
        return ()
    said = change.subjects
    found = tuple(dict.fromkeys(said[member] for member in _NAMED if member in said))
    return (*found, EVERY) if _MOVES_NAMES.fullmatch(change.name) else found


def has_tenants(distribution: Item) -> bool:
    """Say whether a distribution serves by the names of its tenants, and by none of its own."""
    return text(distribution, "ConnectionMode") == TENANTS_ONLY


def first_name(distribution: Item) -> str | None:
    """Return what people know a distribution by: the first of its names, else CloudFront's."""
    return next(aliases(distribution), None) or read_host(text(distribution, "DomainName"))


def aliases(distribution: Item) -> Iterator[str]:
    """Yield the names that a distribution was given."""
    for name in entries(part(distribution, "Aliases"), "Items"):
        host = read_host(name) if isinstance(name, str) else None
        if host:
            yield host


def unread_names(item: Item) -> str | None:
    """Return in words that some names of a distribution or tenant cannot be read, if so."""
    aliases_given = entries(part(item, "Aliases"), "Items")
    given = [name if isinstance(name, str) else None for name in aliases_given]
    given += [text(each, "Domain") for each in entries(item, "Domains")]
    odd = sum(read_host(name) is None for name in given)
    return f"{odd} of {len(given)} names cannot be read" if odd else None


def read_front(distribution: Item, *, tells_mtls: bool) -> Front:
    """Return what holds for all names of a distribution.

    Args:
        distribution: Item of `ListDistributions`.
        tells_mtls: Whether the SDK passes on what is asked of callers' certificates: where it does
            not, that nothing is said of it says nothing.
    """
    staging = flag(distribution, "Staging") is True
    enabled = flag(distribution, "Enabled")
    shown = part(distribution, "ViewerCertificate")
    return Front(
        said=f"{'staging ' if staging else ''}distribution {text(distribution, 'Id') or '?'}",
        routes=read_routes(distribution, staging=staging),
        enabled=UNKNOWN if enabled is None else enabled,
        tls_min=_tls(text(shown, "MinimumProtocolVersion")),
        mtls=_mtls(distribution, tells_mtls=tells_mtls),
        waf=_waf(distribution),
        certificate=_certificate(shown),
    )


def front_doors(distribution: Item, front: Front, place: Place) -> Iterator[FrontDoor]:
    """Yield a front door for each name of a distribution, CloudFront's own last."""
    if has_tenants(distribution):
        return
    resource = f"distribution/{text(distribution, 'Id')}"
    own = read_host(text(distribution, "DomainName"))
    for name in dict.fromkeys(aliases(distribution)):
        door = _door(KIND, resource, name, front, place)
        yield msgspec.structs.replace(door, answers_at=(own,) if own else ())
    if own:
        door = _door(KIND, resource, own, _by_own_name(front), place)
        endpoint = msgspec.structs.replace(door.endpoint, generated_host=True)
        yield msgspec.structs.replace(door, endpoint=endpoint)


def tenant_doors(tenant: Item, front: Front, place: Place) -> Iterator[FrontDoor]:
    """Yield a front door for each name of a tenant, which leads where its distribution does.

    Args:
        tenant: Item of `ListDistributionTenants`.
        front: Of its distribution.
        place: Where the answers come from.
    """
    own = _customised(tenant, front)
    for domain in items(tenant, "Domains"):
        name = read_host(text(domain, "Domain"))
        if name is None:
            continue
        serves = own.enabled
        if text(domain, "Status") == "inactive":
            serves = False
        shape = msgspec.structs.replace(own, enabled=serves)
        yield _door(TENANT_KIND, f"distribution-tenant/{text(tenant, 'Id')}", name, shape, place)


def _customised(tenant: Item, front: Front) -> Front:
    """Return what holds for a tenant: its distribution's, and its own in place of it."""
    given = part(tenant, "Customizations")
    action = text(part(given, "WebAcl"), "Action") or ""
    otherwise = Switch.UNKNOWN if _is_customised(tenant, "WebAcl", "Action") else front.waf
    waf = {"override": Switch.ENABLED, "disable": Switch.DISABLED}.get(action, otherwise)
    shown = UNKNOWN if _is_customised(tenant, "Certificate", "Arn") else front.certificate
    enabled: bool | Unknown = front.enabled
    switched = flag(tenant, "Enabled")
    if switched is False:
        enabled = False
    elif switched is None and enabled is not False:
        enabled = UNKNOWN
    return msgspec.structs.replace(
        front,
        said=f"tenant {text(tenant, 'Name') or '?'} of {front.said}",
        enabled=enabled,
        waf=str(waf),
        certificate=text(part(given, "Certificate"), "Arn") or shown,
    )


def _is_customised(tenant: Item, *path: str) -> bool:
    """Say whether a tenant has something of its own in place of its distribution's, readable or not."""
    return is_set(tenant, "Customizations", *path) is not False


def _by_own_name(front: Front) -> Front:
    """Return what holds at CloudFront's own name: there it shows a certificate of its own.

    What it asks of callers by that name is said only where nothing else was set up.
    """
    if front.certificate is None:
        return front
    mtls = Switch.UNKNOWN if front.mtls == Switch.ENABLED else front.mtls
    return msgspec.structs.replace(front, tls_min=UNKNOWN, mtls=str(mtls), certificate=None)


def _door(kind: str, resource: str, name: str, front: Front, place: Place) -> FrontDoor:
    native_id = aws_native_id(
        place.partition, place.account, "", "cloudfront", f"{resource}#{name}"
    )
    return FrontDoor(
        uid=entity_uid("front_door", native_id),
        native_id=native_id,
        native_kind=kind,
        provider="aws",
        account=place.account,
        name=name,
        endpoint=Endpoint(
            url=f"https://{name}",
            exposure=Exposure.INTERNET,
            evidence=front.said,
            generated_host=False,
            enabled=front.enabled,
            tls_min=front.tls_min,
            mtls=front.mtls,
        ),
        routes=front.routes,
        certificate=front.certificate,
        certificate_not_after=None if front.certificate is None else UNKNOWN,
        waf=front.waf,
    )


def _tls(version: str | None) -> str | Unknown:
    """Return the lowest protocol of a security policy: `TLS_1_2` of `TLSv1.2_2021`."""
    found = _TLS.fullmatch(version or "")
    if found:
        return f"TLS_1_{found[1] or 0}"
    return version or UNKNOWN


def _mtls(distribution: Item, *, tells_mtls: bool) -> str:
    """Return whether callers must show a certificate: `optional` and `passthrough` let in who has none."""
    mode = text(part(distribution, "ViewerMtlsConfig"), "Mode")
    if mode == "required":
        return Switch.ENABLED
    if mode in {"optional", "passthrough"}:
        return Switch.DISABLED
    nothing_set = tells_mtls and is_set(distribution, "ViewerMtlsConfig", kind=Mapping) is False
    return Switch.DISABLED if nothing_set else Switch.UNKNOWN


def _waf(distribution: Item) -> str:
    """Return whether a web ACL is attached; an empty id says that none is."""
    given = distribution.get("WebACLId")
    if not isinstance(given, str):
        return Switch.UNKNOWN
    return Switch.ENABLED if given else Switch.DISABLED


def _certificate(shown: Item) -> str | Unknown | None:
    """Return which certificate is shown: its ARN, or its id where IAM keeps it."""
    if flag(shown, "CloudFrontDefaultCertificate"):
        return None
    found = (text(shown, name) for name in ("ACMCertificateArn", "IAMCertificateId"))
    return next((each for each in found if each), UNKNOWN)
