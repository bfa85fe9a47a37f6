"""A load balancer itself: the gateway of its APIs, the front door of a cluster, and how it treats requests. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from apiscape.collectors.aws.balancers.normalise import (
    KIND,
    Balancer,
    of_several,
    reached,
    status_of,
)
from apiscape.collectors.aws.balancers.shadowing import Shadow
from apiscape.collectors.aws.balancers.tls import lowest
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import text
from apiscape.model.deployment import Endpoint
from apiscape.model.identity import entity_uid
from apiscape.model.surroundings import STACKS, FrontDoor, Gateway, Signal
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Status

TOLD_ATTRIBUTES = (
    "deletion_protection.enabled",
    "routing.http.desync_mitigation_mode",
    "routing.http.drop_invalid_header_fields.enabled",
)
"""Attributes that are told of the gateway, as signals."""

_SCHEMES = ("https", "http", "tls", "tcp", "udp")
"""Of the address of a load balancer whose listeners speak several: the first of these."""

SHADOWED = "alb.rules_shadowed"
MOST_SHADOWS = 10
"""Shadowed rules that are told; the others are counted."""


def serve(balancer: Balancer, place: Place) -> Gateway:
    """Return the gateway that a load balancer is."""
    native_id = balancer.native_id(place)
    host = text(balancer.item, "DNSName")
    return Gateway(
        uid=entity_uid("gateway", native_id),
        native_id=native_id,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        region=place.region,
        name=balancer.name,
        hostnames=(host.casefold(),) if host else UNKNOWN,
        tls_min=lowest(door.tls_min for door in balancer.doors),
        waf=balancer.waf,
        labels=balancer.tags,
    )


def stand_before_a_cluster(balancer: Balancer, place: Place) -> FrontDoor | None:
    """Return the front door that a load balancer is for the cluster whose controller made it, if one did.

    What it leads to there is only known by what the cluster says of it.
    """
    tags, host = balancer.tags, text(balancer.item, "DNSName")
    if tags is UNKNOWN or not host or not any(label in tags for label in STACKS):
        return None
    native_id = balancer.native_id(place)
    exposure, evidence = reached(balancer)
    asked = {door.mtls for door in balancer.doors}
    spoken = {door.scheme for door in balancer.doors}
    return FrontDoor(
        uid=entity_uid("front_door", native_id),
        native_id=native_id,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        region=place.region,
        name=balancer.name,
        endpoint=Endpoint(
            url=f"{next((each for each in _SCHEMES if each in spoken), 'http')}://{host.casefold()}",
            exposure=exposure,
            evidence=evidence,
            generated_host=True,
            enabled=status_of(balancer.item)[0] == Status.ACTIVE or UNKNOWN,
            tls_min=lowest(door.tls_min for door in balancer.doors),
            mtls=asked.pop() if len(asked) == 1 else of_several(asked),
        ),
        routes=(),
        waf=balancer.waf,
        labels=tags,
    )


def attribute_signals(balancer: Balancer, gateway: Gateway, now: datetime) -> Iterator[Signal]:
    """Yield how a load balancer treats odd requests, and whether it can be deleted by mistake."""
    if balancer.attributes is UNKNOWN:
        return
    for key in TOLD_ATTRIBUTES:
        value = balancer.attributes.get(key)
        if value is not None:
            said = {"true": True, "false": False}.get(value, value)
            yield Signal(gateway.uid, f"attribute.{key}", said, now, KIND)


def shadow_signal(shadows: Sequence[Shadow], gateway: Gateway, now: datetime) -> Signal:
    """Return on how many hosts and paths a rule is never reached, for an earlier one takes them."""
    told = [each.words for each in shadows[:MOST_SHADOWS]]
    more = len(shadows) - MOST_SHADOWS
    return Signal(
        subject_uid=gateway.uid,
        name=SHADOWED,
        value=float(len(shadows)),
        observed_at=now,
        source=KIND,
        reason="; ".join([*told, *([f"and {more} more"] if more > 0 else [])]) or None,
    )
