"""Domain names of AWS AppSync: front doors, and the API that each leads to.

Calls: one `ListDomainNames` per 25; one `GetApiAssociation` for each.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.appsync import again, naming
from apiscape.collectors.aws.appsync.trying import DOMAIN_RECIPES, LIST_DOMAINS
from apiscape.collectors.aws.framing import frame_door
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, labels, part, text
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Gone,
    Observation,
    Permission,
    Quota,
    Recorded,
)
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Switch

PART = "ListDomainNames"
KIND = "aws.appsync.domain"

_FAILED = "FAILED"


class DomainNameCollector(LookCollector, LooksAgainCollector):
    """Lists the domain names of AppSync."""

    product: ClassVar[str] = "aws.appsync.domains"
    title: ClassVar[str] = "AppSync domain names"
    permissions: ClassVar[tuple[Permission, ...]] = (
        naming.right("ListDomainNames", "domain names of AppSync"),
        naming.right("GetApiAssociation", "which API each domain name leads to", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LIST_DOMAINS
    members: ClassVar[Members] = Members("domainName", "domainName", "tags")
    noun: ClassVar[str] = "domain name"
    tried_with: ClassVar[Recipes] = DOMAIN_RECIPES
    service: ClassVar[str | None] = naming.SERVICE
    tells_front_doors: ClassVar[bool] = True
    leads_only_to: ClassVar[tuple[str, ...]] = (
        "aws.appsync.graphql",
        "aws.appsync.merged",
        "aws.appsync.event",
    )
    door_kind: ClassVar[str] = KIND
    normaliser_version: ClassVar[int] = 1
    topics: ClassVar[tuple[str, ...]] = (again.TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        naming.right(
            "GetDomainName",
            "what became of a domain name that a change names, without listing all of them",
            optional=True,
        ),
    )

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one domain name."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the domain name that a change names."""
        return again.named_domain(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a domain name as the listing would have it."""
        answer = near.calls.call("appsync:GetDomainName", domainName=touched.native_id)
        return part(answer, "domainNameConfig")


class _Look(Look):
    """A look at one domain name."""

    def observe(self) -> list[Observation]:
        """Return the domain name as recorded, and whether it could not be seen where it leads.

        Raises:
            CollectorError: it may be readable the next time.
        """
        door = normalise(self.listed, self._association(), self.place)
        return self.with_gaps(Recorded(self.key, entities=(door,)))

    def _association(self) -> Item | Unknown:
        try:
            answer = self.ask("association", "appsync:GetApiAssociation", domainName=self.key)
        except Gone:  # also said of one that leads nowhere
            return {}
        return UNKNOWN if answer is None else part(answer, "apiAssociation")


def normalise(domain: Item, association: Item | Unknown, place: Place) -> FrontDoor:
    """Return the front door that a domain name is.

    Args:
        domain: Item of `ListDomainNames`.
        association: Of `GetApiAssociation`, empty where there is none, unknown where it may not be read.
        place: Where the answers come from.
    """
    name = text(domain, "domainName") or ""
    door = frame_door(KIND, naming.native_id(place, f"domainnames/{name}"), name, place)
    return msgspec.structs.replace(
        door,
        endpoint=msgspec.structs.replace(
            door.endpoint,
            exposure=Exposure.INTERNET,
            evidence="domain names of AppSync are served by CloudFront",
            enabled=True,
            mtls=Switch.DISABLED,
        ),
        routes=UNKNOWN if association is UNKNOWN else _routes(association, place),
        certificate=text(domain, "certificateArn") or UNKNOWN,
        labels=labels(domain, "tags"),
    )


def _routes(association: Item, place: Place) -> tuple[FrontDoorRoute, ...]:
    api_id = text(association, "apiId")
    if api_id is None or text(association, "associationStatus") == _FAILED:
        return ()
    return (FrontDoorRoute(base_path="/", native_api_id=naming.native_id(place, api_id)),)
