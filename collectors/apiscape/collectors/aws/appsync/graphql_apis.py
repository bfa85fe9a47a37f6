"""GraphQL and merged APIs of AWS AppSync.

Calls: one `ListGraphqlApis` per 25 APIs; per API one `GetIntrospectionSchema` and one `ListDataSources`
per 25 of them, at first, where something of the API itself changed, and once a day: AppSync says
nowhere when a schema was changed. Where the source asks for resolvers, one `ListResolvers` per root type
and 25 of its fields, and one `ListFunctions` per 25 where a field is served by several, as often. Per
merged API one `ListSourceApiAssociations` each time; there resolvers are those of each of its source APIs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.appsync import again, graphql, naming
from apiscape.collectors.aws.appsync.counting import FIGURES, GRAPHQL, by_id
from apiscape.collectors.aws.appsync.graphql_looking import GraphqlLook
from apiscape.collectors.aws.appsync.trying import GRAPHQL_RECIPES, LIST_GRAPHQL, MERGED_RECIPES
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import LookCollector, Near
from apiscape.collectors.aws.picking import Item, part
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Observation,
    Permission,
    Quota,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.model.deployment import Deployment

PART = "ListGraphqlApis"
MEMBERS = Members("apiId", "name", "tags")

_LIST = naming.right(
    "ListGraphqlApis", "which GraphQL and merged APIs exist, and their default way in"
)
_SCHEMA = naming.right(
    "GetIntrospectionSchema", "operations, who may call them, and the contract", optional=True
)
_SOURCES = naming.right("ListDataSources", "backends", optional=True)
_RESOLVERS = naming.right(
    "ListResolvers",
    "which data source serves which field; code is dropped unread",
    optional=True,
    asked_where="appsync.resolvers",
)
_FUNCTIONS = naming.right(
    "ListFunctions",
    "which data sources serve a field one after the other; code is dropped unread",
    optional=True,
    asked_where="appsync.resolvers",
)
_ASSOCIATIONS = naming.right(
    "ListSourceApiAssociations", "which APIs a merged API is made of", optional=True
)
_AGAIN = naming.right(
    "GetGraphqlApi",
    "what became of an API that a change names, without listing all of them",
    optional=True,
)


class OfGraphql:
    """What the collectors of both types have in common."""

    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LIST_GRAPHQL
    members: ClassVar[Members] = MEMBERS
    service: ClassVar[str | None] = naming.SERVICE
    normaliser_version: ClassVar[int] = 2
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price
    topics: ClassVar[tuple[str, ...]] = again.TOPICS
    again_permissions: ClassVar[tuple[Permission, ...]] = (_AGAIN,)
    looks_anew: ClassVar[bool] = True

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by id."""
        del visit  # nobody has to be asked
        return by_id(GRAPHQL, deployments)

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one API."""
        return GraphqlLook(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the API that a change names: of either type, for its id does not say which."""
        return again.named(change, event=False)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return an API as the listing would have it."""
        answer = near.calls.call("appsync:GetGraphqlApi", apiId=touched.native_id)
        return part(answer, "graphqlApi")


class GraphqlCollector(OfGraphql, LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists GraphQL APIs, and those of whatever type a later year brings: one that nobody takes would be missed."""

    product: ClassVar[str] = graphql.KIND
    title: ClassVar[str] = "AppSync GraphQL"
    noun: ClassVar[str] = "GraphQL API"
    tried_with: ClassVar[Recipes] = GRAPHQL_RECIPES
    permissions: ClassVar[tuple[Permission, ...]] = (
        _LIST,
        _SCHEMA,
        _SOURCES,
        _RESOLVERS,
        _FUNCTIONS,
    )

    def takes(self, listed: Item) -> bool:
        """Take all but merged APIs."""
        return not graphql.is_merged(listed)


class MergedCollector(OfGraphql, LookCollector, LooksAgainCollector, CountedByCloudWatch):
    """Lists merged APIs, and what they are made of."""

    product: ClassVar[str] = graphql.MERGED_KIND
    title: ClassVar[str] = "AppSync merged APIs"
    noun: ClassVar[str] = "merged API"
    asked: ClassVar[Mapping[str, object]] = {"apiType": graphql.MERGED}
    tried_with: ClassVar[Recipes] = MERGED_RECIPES
    permissions: ClassVar[tuple[Permission, ...]] = (
        _LIST,
        _SCHEMA,
        _SOURCES,
        _RESOLVERS,
        _ASSOCIATIONS,
    )

    def takes(self, listed: Item) -> bool:
        """Take merged APIs, also where the endpoint lists all the same."""
        return graphql.is_merged(listed)
