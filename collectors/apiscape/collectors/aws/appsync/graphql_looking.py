"""A look at one GraphQL or merged API: what of it is read, and what could not be seen."""

from __future__ import annotations

import msgspec

from apiscape.collectors.apart.readers import read_apart
from apiscape.collectors.aws.appsync import graphql, merging, resolving
from apiscape.collectors.aws.appsync.days import token_of
from apiscape.collectors.aws.appsync.sources import read_data_sources
from apiscape.collectors.aws.looking import Look, Near
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.contract import Observation, Recorded, Skipped
from apiscape.collectors.sdl import LARGEST_SDL_BYTES
from apiscape.model.deployment import Backend, Deployment
from apiscape.model.surroundings import Relation, Signal
from apiscape.model.values import is_known

RESOLVED = "+resolvers"
"""Ends the token of an API whose resolvers were read: one that was read without them does not stand."""


class GraphqlLook(Look):
    """A look at one API."""

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        super().__init__(near, key, listed)
        self.place = near.session.place.owning(text(listed, "arn"))
        self._is_merged = graphql.is_merged(listed)
        self._resolves = near.session.settings.appsync.resolvers
        self._types: dict[str, str] = {}
        self._merged: tuple[merging.SourceApi, ...] = ()
        self._documents: dict[str, bytes] = {}

    def observe(self) -> list[Observation]:
        """Return the API as recorded, and its gaps.

        Raises:
            CollectorError: what fails the API as a whole.
        """
        kind = graphql.MERGED_KIND if self._is_merged else graphql.KIND
        elsewhere = self.session.left_to(self.place, kind)
        if elsewhere:
            return [Skipped(self.key, elsewhere)]
        now = self.visit.now()
        plain = graphql.normalise(self.listed, graphql.UNSEEN, self.place, self.keys)
        relations = self._relations(plain) if self._is_merged else ()
        token = token_of(self.key, self.listed, now) + self._resolved_token()
        stands = self.remembered.get(plain.uid) == token
        beside: tuple[Relation | Signal, ...] = (
            *graphql.read_limits(self.listed, plain, now),
            *relations,
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
        if self._is_merged:
            return self._of_sources(detail)
        if self._resolves and is_known(detail.operations):
            operations, found = resolving.resolve(
                detail.operations, self._served(), detail.backends
            )
            detail = msgspec.structs.replace(detail, operations=operations, backends=found)
        return graphql.normalise(self.listed, detail, self.place, self.keys)

    def _resolved_token(self) -> str:
        """Return what the token of an API ends with whose resolvers are read: of a merged one with its sources."""
        if not self._resolves:
            return ""
        return RESOLVED + "".join(f" {each.arn}" for each in self._merged)

    def _of_sources(self, detail: graphql.Detail) -> Deployment:
        """Return a merged API with the source API that serves each field, where the source asks for that."""
        if not (self._resolves and self._merged and is_known(detail.operations)):
            return graphql.normalise(self.listed, detail, self.place, self.keys)
        served = {each.id: self._served_by(each) for each in self._merged}
        sources = merging.backends(self._merged)
        own = detail.backends if is_known(detail.backends) else ()
        detail = msgspec.structs.replace(
            detail,
            operations=merging.resolve(detail.operations, served, self._types),
            backends=(*sources, *(each for each in own if each.key not in served)),
        )
        found = graphql.normalise(self.listed, detail, self.place, self.keys)
        claims = {"backends": (merging.claim(self._merged, served),)}
        return msgspec.structs.replace(found, provenance={**found.provenance, **claims})

    def _served_by(self, source: merging.SourceApi) -> merging.Served | None:
        """Return the fields that a source API resolves, `None` where not all of its resolvers could be read."""
        if not source.is_near:
            return None
        asked = {
            verb: self.list_apart(
                f"resolvers of {name} of source API {source.id}",
                "appsync:ListResolvers",
                apiId=source.id,
                typeName=name,
            )
            for verb, name in self._types.items()
        }
        if any(found is None for found in asked.values()):
            return None
        return {verb: resolving.read_resolvers(found or (), ()) for verb, found in asked.items()}

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

    def _relations(self, merged: Deployment) -> tuple[Relation, ...]:
        """Return what a merged API is made of, and note it."""
        associations = self.gaps.attempt("source APIs", self._associations) or ()
        self._merged = merging.read_source_apis(associations, self.session.place)
        return graphql.read_sources(associations, merged)

    def _associations(self) -> tuple[Item, ...]:
        return self.calls.everything("appsync:ListSourceApiAssociations", apiId=self.key)
