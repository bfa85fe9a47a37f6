"""Custom domain names of Amazon API Gateway: front doors, and the stages they lead to.

Read through the first generation, which knows private domains and every security policy; their
mappings through the second, which alone knows paths of several levels. Private domains have
mappings in the first only. Where a domain says that routing rules decide, these are read, and
mappings only if they count as well. Calls: one `GetDomainNames` per 500; per domain one for
mappings, one per 100 rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.apigateway import domains
from apiscape.collectors.aws.apigateway.again import TOPIC, named_domain
from apiscape.collectors.aws.apigateway.routing_rules import behind, read_rules
from apiscape.collectors.aws.apigateway.trying import DOMAINS, RECIPES
from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.hosts import DOMAIN_HOST
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.operations import CONTROL_PLANE_QUOTA
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import Malformed, Observation, Permission, Quota, Recorded
from apiscape.model.surroundings import FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown

PART = "GetDomainNames"


class DomainCollector(LookCollector, LooksAgainCollector):
    """Lists custom domain names."""

    product: ClassVar[str] = domains.PRODUCT
    title: ClassVar[str] = "API Gateway domains"
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
    listing: ClassVar[str] = DOMAINS
    members: ClassVar[Members] = Members("listedId", "domainName", "tags")
    noun: ClassVar[str] = "domain"
    tried_with: ClassVar[Recipes] = RECIPES
    generated_hosts: ClassVar[tuple[str, ...]] = (DOMAIN_HOST,)
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)
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
    leads_only_to: ClassVar[tuple[str, ...]] = (
        "aws.apigateway.rest",
        "aws.apigateway.http",
        "aws.apigateway.websocket",
    )
    door_kind: ClassVar[str] = domains.KIND
    normaliser_version: ClassVar[int] = 1

    def pages(self, near: Near) -> Iterator[Page]:
        """Yield the custom domains, each with an id of its own."""
        for page in super().pages(near):
            named = ({**item, self.members.id: domains.listed_id(item)} for item in page.items)
            yield Page(tuple(named), page.last)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one custom domain."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the domain that a change names."""
        return named_domain(change)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return a domain as the listing would have it."""
        name, _, identifier = touched.native_id.partition("+")
        more = {"domainNameId": identifier} if identifier else {}
        return near.calls.call("apigateway:GetDomainName", domainName=name, **more)


class _Look(Look):
    """A look at one custom domain."""

    def observe(self) -> list[Observation]:
        """Return the domain as recorded, and what of its routes could not be seen.

        Raises:
            CollectorError: it was deleted meanwhile, or may be readable the next time.
        """
        door = domains.normalise(self.listed, self._routes(), self.place)
        signals = domains.read_truststore(self.listed, door, self.visit.now())
        return self.with_gaps(Recorded(self.key, entities=(door, *signals)))

    @property
    def _names(self) -> dict[str, object]:
        """What the second generation calls the domain."""
        identifier = text(self.listed, "domainNameId")
        named = {"DomainName": text(self.listed, "domainName") or ""}
        return {**named, **({"DomainNameId": identifier} if identifier else {})}

    def _routes(self) -> tuple[FrontDoorRoute, ...] | Unknown:
        """Return where the domain leads; unknown as soon as something that decides it cannot be seen."""
        if not domains.says_who_decides(self.listed):
            self.gaps.note("routing mode", Malformed("the routing mode cannot be read"))
            return UNKNOWN
        rules: tuple[FrontDoorRoute, ...] | None = ()
        if domains.has_rules(self.listed):
            rules = self.gaps.attempt("routing rules", self._rules)
        mappings: tuple[FrontDoorRoute, ...] | None = ()
        if domains.has_mappings(self.listed):
            mappings = self.gaps.attempt("mappings", self._mappings)
        if rules is None or mappings is None:
            return UNKNOWN
        return (*rules, *behind(rules, mappings))

    def _rules(self) -> tuple[FrontDoorRoute, ...]:
        found = self.calls.everything("apigatewayv2:ListRoutingRules", **self._names)
        return read_rules(found, self.place)

    def _mappings(self) -> tuple[FrontDoorRoute, ...]:
        if not domains.is_private(self.listed):
            name = self._names["DomainName"]
            found = self.calls.everything("apigatewayv2:GetApiMappings", DomainName=name)
            return domains.read_api_mappings(found, self.place)
        names = {f"{key[0].lower()}{key[1:]}": value for key, value in self._names.items()}
        found = self.calls.everything("apigateway:GetBasePathMappings", **names)
        return domains.read_base_path_mappings(found, self.place)
