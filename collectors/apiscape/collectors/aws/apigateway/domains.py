"""Normalise a custom domain name: pure, from what `GetDomainNames` and its mappings say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from apiscape.collectors.aws.apigateway.exposure import PRIVATE, read_exposure, read_tls
from apiscape.collectors.aws.framing import frame_door
from apiscape.collectors.aws.hosts import read_host
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_set, labels, part, text, texts
from apiscape.collectors.aws.surface import switch
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute, Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch, TlsMode

KIND = "aws.apigateway.domain"
PRODUCT = "aws.apigateway.domains"
TRUSTSTORE_WARNINGS = "mtls.truststore_warnings"
LONGEST_REASON = 500

_SERVING = {
    "AVAILABLE": True,
    "UPDATING": True,
    "PENDING": False,
    "PENDING_CERTIFICATE_REIMPORT": False,
    "PENDING_OWNERSHIP_VERIFICATION": False,
    "FAILED": False,
}
_TLS_MODES = {None: TlsMode.UNKNOWN, False: TlsMode.TERMINATE, True: TlsMode.MUTUAL}
_ROOT = "(none)"
_RULES = "ROUTING_RULE"
_MAPPINGS = "MAPPING"


def listed_id(domain: Item) -> str | None:
    """Return an id that is unique in its region: several private domains may have one name."""
    name, identifier = text(domain, "domainName"), text(domain, "domainNameId")
    return f"{name}+{identifier}" if name and identifier else name


def is_private(domain: Item) -> bool:
    """Say whether a domain is private: only the first generation knows its mappings."""
    return PRIVATE in texts(part(domain, "endpointConfiguration"), "types")


def says_who_decides(domain: Item) -> bool:
    """Say whether it can be told if rules or mappings decide: a mode that is no text tells neither."""
    return is_set(domain, "routingMode") is not None


def has_rules(domain: Item) -> bool:
    """Say whether routing rules decide, alone or first."""
    return (text(domain, "routingMode") or "").startswith(_RULES)


def has_mappings(domain: Item) -> bool:
    """Say whether mappings decide, alone or last; so it is where nothing is said."""
    mode = text(domain, "routingMode")
    return mode is None or _MAPPINGS in mode or not mode.startswith(_RULES)


def normalise(
    domain: Item, routes: tuple[FrontDoorRoute, ...] | Unknown, place: Place
) -> FrontDoor:
    """Return the front door that a custom domain name is.

    Args:
        domain: Item of `GetDomainNames`.
        routes: Where it leads, unknown where that could not be read.
        place: Where the answers come from.
    """
    native_id = place.native_id(f"domainnames/{listed_id(domain)}")
    door = frame_door(KIND, native_id, text(domain, "domainName") or "", place)
    reached = read_exposure(domain)
    mutual = is_set(domain, "mutualTlsAuthentication", "truststoreUri")
    return msgspec.structs.replace(
        door,
        endpoint=msgspec.structs.replace(
            door.endpoint,
            exposure=reached.exposure,
            evidence=reached.evidence,
            enabled=_SERVING.get(text(domain, "domainNameStatus") or "", UNKNOWN),
            tls_min=read_tls(text(domain, "securityPolicy")) or UNKNOWN,
            mtls=switch(mutual),
            tls_mode=_TLS_MODES[mutual],
        ),
        routes=routes,
        certificate=_certificate(domain),
        waf=Switch.DISABLED,
        answers_at=_answers_at(domain),
        labels=labels(domain, "tags"),
    )


def read_api_mappings(mappings: Iterable[Item], place: Place) -> tuple[FrontDoorRoute, ...]:
    """Return the routes of mappings of the second generation; an empty key is the root."""
    routes = (
        _route(text(item, "ApiMappingKey"), text(item, "ApiId"), text(item, "Stage"), place)
        for item in mappings
    )
    return tuple(sorted(routes, key=lambda route: route.base_path))


def read_base_path_mappings(mappings: Iterable[Item], place: Place) -> tuple[FrontDoorRoute, ...]:
    """Return the routes of mappings of the first generation; `(none)` is the root."""
    routes = (
        _route(text(item, "basePath"), text(item, "restApiId"), text(item, "stage"), place)
        for item in mappings
    )
    return tuple(sorted(routes, key=lambda route: route.base_path))


def read_truststore(domain: Item, front_door: FrontDoor, now: datetime) -> Iterator[Signal]:
    """Yield how many warnings there are on the certificates that callers are checked against."""
    given = part(domain, "mutualTlsAuthentication")
    if text(given, "truststoreUri") is None:
        return
    warnings = texts(given, "truststoreWarnings")
    yield Signal(
        subject_uid=front_door.uid,
        name=TRUSTSTORE_WARNINGS,
        value=float(len(warnings)),
        observed_at=now,
        source=PRODUCT,
        threshold=0.0,
        reason="; ".join(warnings)[:LONGEST_REASON] or None,
    )


def _certificate(domain: Item) -> str | Unknown:
    """Return the ARN of the certificate that callers are shown; what ends when is not said here."""
    found = (text(domain, name) for name in ("regionalCertificateArn", "certificateArn"))
    return next((arn for arn in found if arn), UNKNOWN)


def _answers_at(domain: Item) -> tuple[str, ...]:
    """Return the hosts that API Gateway made for the domain: what names in DNS point at."""
    found = (text(domain, name) for name in ("regionalDomainName", "distributionDomainName"))
    return tuple(host for host in map(read_host, found) if host)


def _route(key: str | None, api_id: str | None, stage: str | None, place: Place) -> FrontDoorRoute:
    path = "" if key in {None, _ROOT} else str(key).strip("/")
    return FrontDoorRoute(
        base_path=f"/{path}",
        native_api_id=place.native_id(api_id) if api_id else None,
        stage=stage,
    )
