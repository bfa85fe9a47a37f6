"""GraphQL and merged APIs of AWS AppSync.

Calls: one `ListGraphqlApis` per 25 APIs; per API one `GetIntrospectionSchema` and one `ListDataSources`
per 25 of them, at first, where something of the API itself changed, and once a day: AppSync says
nowhere when a schema was changed. Where the source asks for resolvers, one `ListResolvers` per root type
and 25 of its fields, and one `ListFunctions` per 25 where a field is served by several, as often. Per
merged API one `ListSourceApiAssociations` each time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.apart.readers import read_apart
from apiscape.collectors.aws.appsync import graphql, naming, resolving
from apiscape.collectors.aws.appsync.counting import FIGURES, GRAPHQL, by_id
from apiscape.collectors.aws.appsync.days import token_of
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.appsync.trying import GRAPHQL_RECIPES, LIST_GRAPHQL, MERGED_RECIPES
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.traffic import CountedByCloudWatch, Figures, Found
from apiscape.collectors.aws.trials import Recipes, try_each
from apiscape.collectors.contract import (
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.measuring import Price
from apiscape.collectors.sdl import LARGEST_SDL_BYTES
from apiscape.collectors.trying import Tried
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.run import Scope
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


class _Collector(ABC):
    """Lists the APIs of one type."""

    provider: ClassVar[str] = "aws"
    quotas: ClassVar[tuple[Quota, ...]] = (naming.QUOTA,)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1
    figures: ClassVar[Figures] = FIGURES
    traffic_price: ClassVar[Price | None] = FIGURES.price
    permissions: ClassVar[tuple[Permission, ...]]
    product: ClassVar[str]
    noun: ClassVar[str]
    asked: ClassVar[dict[str, object]]
    recipes: ClassVar[Recipes]

    @abstractmethod
    def takes(self, api: Item) -> bool:
        """Say whether an API of the listing is of this product."""

    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Tell APIs apart by id."""
        del visit  # nobody has to be asked
        return by_id(GRAPHQL, deployments)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(
            calls, self.permissions, noun=self.noun, takes=self.takes, recipes=self.recipes
        )

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every API of the type in an account's region.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        pages = (
            Page(tuple(api for api in page.items if self.takes(api)), page.last)
            for page in calls.pages(LIST_GRAPHQL, **self.asked)
        )
        said = walk(
            PART,
            pages,
            MEMBERS,
            visit,
            lambda api_id, api: _Look(session, calls, visit, api_id, api).observe(),
        )
        yield from where_offered(PART, naming.SERVICE, session, said)


class GraphqlCollector(_Collector, CountedByCloudWatch):
    """Lists GraphQL APIs, and those of whatever type a later year brings: one that nobody takes would be missed."""

    product: ClassVar[str] = graphql.KIND
    title: ClassVar[str] = "AppSync GraphQL"
    noun: ClassVar[str] = "GraphQL API"
    asked: ClassVar[dict[str, object]] = {}
    recipes: ClassVar[Recipes] = GRAPHQL_RECIPES
    permissions: ClassVar[tuple[Permission, ...]] = (
        _LIST,
        _SCHEMA,
        _SOURCES,
        _RESOLVERS,
        _FUNCTIONS,
    )

    def takes(self, api: Item) -> bool:
        """Take all but merged APIs."""
        return not graphql.is_merged(api)


class MergedCollector(_Collector, CountedByCloudWatch):
    """Lists merged APIs, and what they are made of."""

    product: ClassVar[str] = graphql.MERGED_KIND
    title: ClassVar[str] = "AppSync merged APIs"
    noun: ClassVar[str] = "merged API"
    asked: ClassVar[dict[str, object]] = {"apiType": graphql.MERGED}
    recipes: ClassVar[Recipes] = MERGED_RECIPES
    permissions: ClassVar[tuple[Permission, ...]] = (_LIST, _SCHEMA, _SOURCES, _ASSOCIATIONS)

    def takes(self, api: Item) -> bool:
        """Take merged APIs, also where the endpoint lists all the same."""
        return graphql.is_merged(api)


class _Look:
    """A look at one API."""

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, api_id: str, api: Item
    ) -> None:
        self._place = session.place.owning(text(api, "arn"))
        self._keys = session.tags
        self._elsewhere = session.left_to(self._place)
        self._resolves = session.settings.appsync.resolvers and not graphql.is_merged(api)
        self._types: dict[str, str] = {}
        self._calls = calls
        self._visit = visit
        self._api_id = api_id
        self._api = api
        self._gaps = Gaps()
        self._documents: dict[str, bytes] = {}

    def observe(self) -> list[Observation]:
        """Return the API as recorded, and its gaps.

        Raises:
            CollectorError: what fails the API as a whole.
        """
        if self._elsewhere:
            return [Skipped(self._api_id, self._elsewhere)]
        now = self._visit.now()
        plain = graphql.normalise(self._api, graphql.UNSEEN, self._place, self._keys)
        token = token_of(self._api_id, self._api, now) + (RESOLVED if self._resolves else "")
        stands = self._visit.tokens(self._api_id).get(plain.uid) == token
        beside: tuple[Relation | Signal, ...] = (
            *graphql.read_limits(self._api, plain, now),
            *(self._relations() if graphql.is_merged(self._api) else ()),
        )
        fresh = () if stands else (self._fresh(),)
        recorded = Recorded(
            self._api_id,
            entities=(*fresh, *beside),
            unchanged=(plain,) if stands else (),
            tokens={plain.uid: token},
            documents=self._documents,
        )
        return [recorded, *self._gaps.said(self._api_id)]

    def _fresh(self) -> Deployment:
        detail = self._gaps.attempt("contract", self._contract) or graphql.UNSEEN
        backends = self._gaps.attempt("data sources", self._backends)
        if backends is not None:
            detail = msgspec.structs.replace(detail, backends=backends)
        if self._resolves and is_known(detail.operations):
            operations, found = resolving.resolve(
                detail.operations, self._served(), detail.backends
            )
            detail = msgspec.structs.replace(detail, operations=operations, backends=found)
        return graphql.normalise(self._api, detail, self._place, self._keys)

    def _contract(self) -> graphql.Detail:
        """Return operations and contract.

        Raises:
            CollectorError: there is no schema to be had, or it cannot be read.
        """
        source = self._calls.read(
            "appsync:GetIntrospectionSchema",
            limit_bytes=LARGEST_SDL_BYTES,
            apiId=self._api_id,
            format="SDL",
            includeDirectives=True,
        )
        asked = graphql.SchemaAsked(f"/v1/apis/{self._api_id}/schema", graphql.ways_in(self._api))
        read = read_apart(
            graphql.read_schema, source, asked, at_once_bytes=graphql.SDL_AT_ONCE_BYTES
        )
        self._documents.update(read.documents)
        self._types = read.types
        return graphql.Detail(operations=read.operations, specs=(read.spec,))

    def _served(self) -> dict[str, dict[str, resolving.Sources]]:
        """Return the data sources of the fields of each root type whose resolvers can be read, by verb."""
        asked = {
            verb: self._apart(f"resolvers of {name}", "ListResolvers", typeName=name)
            for verb, name in self._types.items()
        }
        listed = {verb: found for verb, found in asked.items() if found is not None}
        functions: tuple[Item, ...] | None = ()
        if any(map(resolving.is_pipeline, (each for found in listed.values() for each in found))):
            functions = self._apart("functions", "ListFunctions")
        return {verb: resolving.read_resolvers(found, functions) for verb, found in listed.items()}

    def _apart(self, detail: str, operation: str, **where: object) -> tuple[Item, ...] | None:
        """Return a listing of the API, which stands where what is listed of it is said to be gone."""
        try:
            return self._gaps.attempt(
                detail,
                lambda: self._calls.everything(
                    f"{naming.SERVICE}:{operation}", apiId=self._api_id, **where
                ),
            )
        except Gone as error:
            self._gaps.note(detail, Malformed(error.message, operation=error.operation))
            return None

    def _backends(self) -> tuple[Backend, ...]:
        return read_data_sources(
            self._calls.everything("appsync:ListDataSources", apiId=self._api_id)
        )

    def _relations(self) -> tuple[Relation, ...]:
        merged = graphql.normalise(self._api, graphql.UNSEEN, self._place, self._keys)
        return (
            self._gaps.attempt(
                "source APIs", lambda: graphql.read_sources(self._associations(), merged)
            )
            or ()
        )

    def _associations(self) -> tuple[Item, ...]:
        return self._calls.everything("appsync:ListSourceApiAssociations", apiId=self._api_id)
