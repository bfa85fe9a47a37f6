"""Domain names of AWS AppSync: front doors, and the API that each leads to.

Calls: one `ListDomainNames` per 25; one `GetApiAssociation` for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.appsync import naming
from apiscape.collectors.aws.appsync.trying import DOMAIN_RECIPES, LIST_DOMAINS
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, labels, part, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import (
    Gone,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Endpoint
from apiscape.model.identity import entity_uid
from apiscape.model.run import Scope
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Switch

PART = "ListDomainNames"
KIND = "aws.appsync.domain"

_FAILED = "FAILED"


class DomainNameCollector:
    """Lists the domain names of AppSync."""

    product: ClassVar[str] = "aws.appsync.domains"
    title: ClassVar[str] = "AppSync domain names"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        naming.right("ListDomainNames", "domain names of AppSync"),
        naming.right("GetApiAssociation", "which API each domain name leads to", optional=True),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    tells_front_doors: ClassVar[bool] = True
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="domain name", recipes=DOMAIN_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every domain name of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        said = walk(
            PART,
            calls.pages(LIST_DOMAINS),
            Members("domainName", "domainName", "tags"),
            visit,
            lambda name, domain: _look(session.place, calls, name, domain),
        )
        yield from where_offered(PART, naming.SERVICE, session, said)


def _look(place: Place, calls: Calls, name: str, domain: Item) -> list[Observation]:
    """Return a domain name as recorded, and whether it could not be seen where it leads."""
    try:
        answer = calls.call("appsync:GetApiAssociation", domainName=name)
    except Gone:  # also said of one that leads nowhere
        return [Recorded(name, entities=(normalise(domain, {}, place),))]
    except ONE_DETAIL as error:
        door = normalise(domain, UNKNOWN, place)
        return [Recorded(name, entities=(door,)), Unseen(name, "association", error.record())]
    return [Recorded(name, entities=(normalise(domain, part(answer, "apiAssociation"), place),))]


def normalise(domain: Item, association: Item | Unknown, place: Place) -> FrontDoor:
    """Return the front door that a domain name is.

    Args:
        domain: Item of `ListDomainNames`.
        association: Of `GetApiAssociation`, empty where there is none, unknown where it may not be read.
        place: Where the answers come from.
    """
    name = text(domain, "domainName") or ""
    resource = f"domainnames/{name}"
    native_id = naming.native_id(place, resource)
    return FrontDoor(
        uid=entity_uid("front_door", native_id),
        native_id=native_id,
        native_kind=KIND,
        provider="aws",
        account=place.account,
        region=place.region,
        name=name,
        endpoint=Endpoint(
            url=f"https://{name.casefold()}",
            exposure=Exposure.INTERNET,
            evidence="domain names of AppSync are served by CloudFront",
            generated_host=False,
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
