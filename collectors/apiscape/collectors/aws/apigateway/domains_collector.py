"""Custom domain names of Amazon API Gateway: front doors, and the stages they lead to.

Read through the first generation, which knows private domains and every security policy; their
mappings through the second, which alone knows paths of several levels. Private domains have
mappings in the first only. Where a domain says that routing rules decide, these are read, and
mappings only if they count as well. Calls: one `GetDomainNames` per 500; per domain one for
mappings, one per 100 rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.apigateway import again, domains
from apiscape.collectors.aws.apigateway.routing_rules import behind, read_rules
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import ONE_DETAIL
from apiscape.collectors.aws.hosts import DOMAIN_HOST
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    CollectorError,
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Unseen,
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
        Permission(
            action="apigateway:ListRoutingRules",
            resources=("arn:{partition}:apigateway:*:*:/domainnames/*",),
            operations=("apigatewayv2:ListRoutingRules",),
            reveals="which API and stage each domain with routing rules leads to",
            optional=True,
        ),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (CONTROL_PLANE_QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    generated_hosts: ClassVar[tuple[str, ...]] = (DOMAIN_HOST,)
    topics: ClassVar[tuple[str, ...]] = (again.TOPIC,)
    again_permissions: ClassVar[tuple[Permission, ...]] = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/domainnames/*",),
            operations=("apigateway:GetDomainName",),
            reveals="what became of a domain that a change names, without listing all of them",
            optional=True,
        ),
    )
    tells_front_doors: ClassVar[bool] = True
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

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the domain that a change names."""
        return again.named_domain(change)

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some domains are now.

        Raises:
            CollectorError: what ends it.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls((*self.permissions, *self.again_permissions))

        def find(touched: Touched) -> Item:
            name, _, identifier = touched.native_id.partition("+")
            more = {"domainNameId": identifier} if identifier else {}
            return calls.call("apigateway:GetDomainName", domainName=name, **more)

        look = lambda *given: _look(session, calls, visit, *given)  # noqa: E731 - as in `discover`
        return again.look_at(visit, objects, MEMBERS, find, look)

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying to look at one domain."""
        del scope
        permissions = (self.permissions[0], *self.again_permissions)
        return try_each(visit.session.calls(permissions), permissions, noun="domain")


def _look(
    session: AwsSession, calls: Calls, visit: Visit, listed: str, domain: Item
) -> list[Observation]:
    """Return a domain as recorded, and what of its routes could not be seen."""
    unseen: dict[str, CollectorError] = {}
    routes = _read_routes(_Way(calls, session.place, domain), unseen)
    front_door = domains.normalise(domain, routes, session.place)
    signals = domains.read_truststore(domain, front_door, visit.now())
    recorded = Recorded(listed, entities=(front_door, *signals))
    return [recorded, *(Unseen(listed, what, error.record()) for what, error in unseen.items())]


class _Way(msgspec.Struct, frozen=True):
    """How the routes of one domain are read."""

    calls: Calls
    place: Place
    domain: Item

    @property
    def names(self) -> dict[str, object]:
        """What the second generation calls the domain."""
        identifier = text(self.domain, "domainNameId")
        named = {"DomainName": text(self.domain, "domainName") or ""}
        return {**named, **({"DomainNameId": identifier} if identifier else {})}

    def rules(self) -> tuple[FrontDoorRoute, ...]:
        found = self.calls.everything("apigatewayv2:ListRoutingRules", **self.names)
        return read_rules(found, self.place)

    def mappings(self) -> tuple[FrontDoorRoute, ...]:
        if not domains.is_private(self.domain):
            name = self.names["DomainName"]
            found = self.calls.everything("apigatewayv2:GetApiMappings", DomainName=name)
            return domains.read_api_mappings(found, self.place)
        names = {f"{key[0].lower()}{key[1:]}": value for key, value in self.names.items()}
        found = self.calls.everything("apigateway:GetBasePathMappings", **names)
        return domains.read_base_path_mappings(found, self.place)


def _read_routes(
    way: _Way, unseen: dict[str, CollectorError]
) -> tuple[FrontDoorRoute, ...] | Unknown:
    """Return where a domain leads; unknown as soon as something that decides it cannot be seen.

    Raises:
        Gone: the domain was deleted meanwhile.
        CollectorError: it may be readable the next time.
    """
    if not domains.says_who_decides(way.domain):
        unseen["routing mode"] = Malformed("the routing mode cannot be read")
        return UNKNOWN
    rules: tuple[FrontDoorRoute, ...] | None = ()
    if domains.has_rules(way.domain):
        rules = _try("routing rules", way.rules, unseen)
    mappings: tuple[FrontDoorRoute, ...] | None = ()
    if domains.has_mappings(way.domain):
        mappings = _try("mappings", way.mappings, unseen)
    if rules is None or mappings is None:
        return UNKNOWN
    return (*rules, *behind(rules, mappings))


def _try(
    what: str,
    read: Callable[[], tuple[FrontDoorRoute, ...]],
    unseen: dict[str, CollectorError],
) -> tuple[FrontDoorRoute, ...] | None:
    try:
        return read()
    except Gone:
        raise
    except ONE_DETAIL as error:
        unseen[what] = error
        return None
