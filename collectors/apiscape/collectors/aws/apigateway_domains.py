"""Custom domain names of Amazon API Gateway: front doors, and the stages they lead to.

Read through the first generation, which knows private domains and every security policy; their
mappings through the second, which alone knows paths of several levels. Private domains have
mappings in the first only. Calls: one `GetDomainNames` per 500, one for mappings per domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws import domains
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import (
    CollectorError,
    Gone,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Unsupported,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown

PART = "GetDomainNames"
MEMBERS = Members("listedId", "domainName", "tags")


class DomainCollector:
    """Lists custom domain names."""

    product: ClassVar[str] = domains.PRODUCT
    title: ClassVar[str] = "API Gateway domains"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/domainnames",),
            operations=("apigateway:GetDomainNames",),
            reveals="custom domains: names, TLS policies, client certificates asked for",
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/domainnames/*/apimappings",),
            operations=("apigatewayv2:GetApiMappings",),
            reveals="which API and stage each domain leads to",
            optional=True,
        ),
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/domainnames/*/basepathmappings",),
            operations=("apigateway:GetBasePathMappings",),
            reveals="which API and stage each private domain leads to",
            optional=True,
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="domain")

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every custom domain of an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        pages = (
            Page(
                tuple({**item, MEMBERS.id: domains.listed_id(item)} for item in page.items),
                page.last,
            )
            for page in calls.pages("apigateway:GetDomainNames")
        )
        yield from walk(
            PART,
            pages,
            MEMBERS,
            visit,
            lambda listed, domain: _look(session, calls, visit, listed, domain),
        )


def _look(
    session: AwsSession, calls: Calls, visit: Visit, listed: str, domain: Item
) -> list[Observation]:
    """Return a domain as recorded, and what of its routes could not be seen."""
    unseen: dict[str, CollectorError] = {}
    routes: tuple[FrontDoorRoute, ...] | Unknown = UNKNOWN
    if domains.has_mappings(domain):
        try:
            routes = _read_routes(session, calls, domain)
        except Gone:
            raise
        except ONE_DETAIL as error:
            unseen["mappings"] = error
    if domains.has_rules(domain):
        unseen["routing rules"] = Unsupported("routing rules are not read yet")
    front_door = domains.normalise(domain, routes, session.place)
    signals = domains.read_truststore(domain, front_door, visit.now())
    recorded = Recorded(listed, entities=(front_door, *signals))
    return [recorded, *(Unseen(listed, what, error.record()) for what, error in unseen.items())]


def _read_routes(session: AwsSession, calls: Calls, domain: Item) -> tuple[FrontDoorRoute, ...]:
    name = text(domain, "domainName") or ""
    if not domains.is_private(domain):
        mappings = calls.everything("apigatewayv2:GetApiMappings", DomainName=name)
        return domains.read_api_mappings(mappings, session.place)
    identifier = text(domain, "domainNameId")
    mappings = calls.everything(
        "apigateway:GetBasePathMappings",
        domainName=name,
        **({"domainNameId": identifier} if identifier else {}),
    )
    return domains.read_base_path_mappings(mappings, session.place)
