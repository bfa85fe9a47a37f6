"""GraphQL and merged APIs of AWS AppSync.

Calls: one `ListGraphqlApis` per 25 APIs; per API one `GetIntrospectionSchema` and one `ListDataSources`
per 25 of them, at first, where something of the API itself changed, and once a day: AppSync says
nowhere when a schema was changed. Where the source asks for resolvers, one `ListResolvers` per root type
and 25 of its fields, and one `ListFunctions` per 25 where a field is served by several, as often. Per
merged API one `ListSourceApiAssociations` each time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.apart.readers import read_apart
from apiscape.collectors.aws.again import LooksAgainCollector
from apiscape.collectors.aws.appsync import again, graphql, naming, resolving
from apiscape.collectors.aws.appsync.counting import FIGURES, GRAPHQL, by_id
from apiscape.collectors.aws.appsync.days import token_of
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.appsync.trying import GRAPHQL_RECIPES, LIST_GRAPHQL, MERGED_RECIPES
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Look, LookCollector, Near
from apiscape.collectors.aws.picking import Item, part, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes
from apiscape.collectors.changing import Change, Touched
from apiscape.collectors.contract import (
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.collectors.sdl import LARGEST_SDL_BYTES
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.surroundings import Relation, Signal
from apiscape.model.values import is_known

PART = "ListGraphqlApis"
MEMBERS = Members("apiId", "name", "tags")

RESOLVED = "+resolvers"
"""Ends the token of an API whose resolvers were read: one that was read without them does not stand."""

_LIST = naming.right(
    "ListGraphqlApis", "which GraphQL and merged APIs exist, and their default way in"
)
_SCHEMA = naming.right(
    "GetIntrospectionSchema", "operations, who may call them, and the contract", optional=True
)
_SOURCES = naming.right("ListDataSources", "backends", optional=True)
_RESOLVERS = naming.right(
    "ListResolvers",
    "which data source serves which field, only where the source has `appsync.resolvers`; code is dropped unread",
    optional=True,
)
_FUNCTIONS = naming.right(
    "ListFunctions",
    "which data sources serve a field one after the other; code is dropped unread",
    optional=True,
)
_ASSOCIATIONS = naming.right(
    "ListSourceApiAssociations", "which APIs a merged API is made of", optional=True
)
_AGAIN = naming.right(
    "GetGraphqlApi",
    "what became of an API that a change names, without listing all of them",
    optional=True,
)


class _Collector(LooksAgainCollector, LookCollector):
    """Lists the APIs of one type."""

    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    listing: ClassVar[str] = LIST_GRAPHQL
    members: ClassVar[Members] = MEMBERS
    service: ClassVar[str | None] = naming.SERVICE
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price
    topics: ClassVar[tuple[str, ...]] = again.TOPICS
    again_permissions: ClassVar[tuple[Permission, ...]] = (_AGAIN,)
    looks_anew: ClassVar[bool] = True
    tried_with: ClassVar[Recipes]

    @abstractmethod
    def takes(self, listed: Item) -> bool:
        """Say whether an API of the listing is of this product."""

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by id."""
        del visit  # nobody has to be asked
        return by_id(GRAPHQL, deployments)

    def recipes(self, session: AwsSession) -> Recipes:
        """Return what each call is asked with to try the right to it."""
        del session  # nothing depends on the place
        return self.tried_with

    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one API."""
        return _Look(near, key, listed).observe()

    def touched(self, change: Change) -> tuple[str, ...]:
        """Return the API that a change names: of either type, for its id does not say which."""
        return again.named(change, event=False)

    def find(self, near: Near, touched: Touched) -> Item:
        """Return an API as the listing would have it."""
        answer = near.calls.call("appsync:GetGraphqlApi", apiId=touched.native_id)
        return part(answer, "graphqlApi")


class GraphqlCollector(_Collector, CountedByCloudWatch):
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


class MergedCollector(_Collector, CountedByCloudWatch):
    """Lists merged APIs, and what they are made of."""

    product: ClassVar[str] = graphql.MERGED_KIND
    title: ClassVar[str] = "AppSync merged APIs"
    noun: ClassVar[str] = "merged API"
    asked: ClassVar[Mapping[str, object]] = {"apiType": graphql.MERGED}
    tried_with: ClassVar[Recipes] = MERGED_RECIPES
    permissions: ClassVar[tuple[Permission, ...]] = (_LIST, _SCHEMA, _SOURCES, _ASSOCIATIONS)

    def takes(self, listed: Item) -> bool:
        """Take merged APIs, also where the endpoint lists all the same."""
        return graphql.is_merged(listed)


class _Look(Look):
    """A look at one API."""

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        super().__init__(near, key, listed)
        self.place = near.session.place.owning(text(listed, "arn"))
        self._is_merged = graphql.is_merged(listed)
        self._resolves = near.session.settings.appsync.resolvers and not self._is_merged
        self._types: dict[str, str] = {}
        self._documents: dict[str, bytes] = {}

    def observe(self) -> list[Observation]:
        """Return the API as recorded, and its gaps.

        Raises:
            CollectorError: what fails the API as a whole.
        """
        elsewhere = self.session.left_to(self.place)
        if elsewhere:
            return [Skipped(self.key, elsewhere)]
        now = self.visit.now()
        plain = graphql.normalise(self.listed, graphql.UNSEEN, self.place, self.keys)
        token = token_of(self.key, self.listed, now) + (RESOLVED if self._resolves else "")
        stands = self.remembered.get(plain.uid) == token
        beside: tuple[Relation | Signal, ...] = (
            *graphql.read_limits(self.listed, plain, now),
            *(self._relations() if self._is_merged else ()),
        )
        fresh = () if stands else (self._fresh(),)
        return self.with_gaps(
            Recorded(
                self.key,
                entities=(*fresh, *beside),
                unchanged=(plain,) if stands else (),
                tokens={plain.uid: token},
                documents=self._documents,
            )
        )

    def _fresh(self) -> Deployment:
        detail = self.gaps.attempt("contract", self._contract) or graphql.UNSEEN
        backends = self.gaps.attempt("data sources", self._backends)
        if backends is not None:
            detail = msgspec.structs.replace(detail, backends=backends)
        if self._resolves and is_known(detail.operations):
            operations, found = resolving.resolve(
                detail.operations, self._served(), detail.backends
            )
            detail = msgspec.structs.replace(detail, operations=operations, backends=found)
        return graphql.normalise(self.listed, detail, self.place, self.keys)

    def _contract(self) -> graphql.Detail:
        """Return operations and contract.

        Raises:
            CollectorError: there is no schema to be had, or it cannot be read.
        """
        source = self.calls.read(
            "appsync:GetIntrospectionSchema",
            limit_bytes=LARGEST_SDL_BYTES,
            apiId=self.key,
            format="SDL",
            includeDirectives=True,
        )
        asked = graphql.SchemaAsked(f"/v1/apis/{self.key}/schema", graphql.ways_in(self.listed))
        read = read_apart(
            graphql.read_schema, source, asked, at_once_bytes=graphql.SDL_AT_ONCE_BYTES
        )
        self._documents.update(read.documents)
        self._types = read.types
        return graphql.Detail(operations=read.operations, specs=(read.spec,))

    def _served(self) -> dict[str, dict[str, resolving.Sources]]:
        """Return the data sources of the fields of each root type whose resolvers can be read, by verb."""
        asked = {
            verb: self.list_apart(
                f"resolvers of {name}", "appsync:ListResolvers", apiId=self.key, typeName=name
            )
            for verb, name in self._types.items()
        }
        listed = {verb: found for verb, found in asked.items() if found is not None}
        functions: tuple[Item, ...] | None = ()
        if any(map(resolving.is_pipeline, (each for found in listed.values() for each in found))):
            functions = self.list_apart("functions", "appsync:ListFunctions", apiId=self.key)
        return {verb: resolving.read_resolvers(found, functions) for verb, found in listed.items()}

    def _backends(self) -> tuple[Backend, ...]:
        return read_data_sources(self.calls.everything("appsync:ListDataSources", apiId=self.key))

    def _relations(self) -> tuple[Relation, ...]:
        merged = graphql.normalise(self.listed, graphql.UNSEEN, self.place, self.keys)
        return (
            self.gaps.attempt(
                "source APIs", lambda: graphql.read_sources(self._associations(), merged)
            )
            or ()
        )

    def _associations(self) -> tuple[Item, ...]:
        return self.calls.everything("appsync:ListSourceApiAssociations", apiId=self.key)
