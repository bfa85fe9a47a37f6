"""AWS Agent Registry: what its records declare, linked to the deployments that they were detected from.

Calls: one `ListRegistries` per 100, and one `ListRegistryRecords` per 100 records of each. What a
record holds beside its summary is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from apiscape.collectors.aws.agentregistry.records import KIND, normalise, read_surroundings
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
from apiscape.collectors.contract import (
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
from apiscape.model.surroundings import Observable

PART = "ListRegistries"
SERVICE = "agent-registry-control"
REGISTRIES, RECORDS = f"{SERVICE}:ListRegistries", f"{SERVICE}:ListRegistryRecords"
MEMBERS = Members("registryId", "name", tags=None)


def _permission(operation: str, reveals: str) -> Permission:
    name = f"{SERVICE}:{operation}"
    return Permission(action=f"agent-registry:{operation}", operations=(name,), reveals=reveals)


class AgentRegistryCollector:
    """Lists the records of registries."""

    product: ClassVar[str] = KIND
    title: ClassVar[str] = "Agent Registry"
    provider: ClassVar[str] = "aws"
    permissions: ClassVar[tuple[Permission, ...]] = (
        _permission("ListRegistries", "which registries of agents and tools exist"),
        _permission("ListRegistryRecords", "which agents and tools a registry declares"),
    )
    quotas: ClassVar[tuple[Quota, ...]] = (unpublished_quota(SERVICE),)
    parts: ClassVar[tuple[str, ...]] = (PART,)
    stability: ClassVar[str] = "beta"
    normaliser_version: ClassVar[int] = 1

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        calls = visit.session.calls(self.permissions)
        return try_each(calls, self.permissions, noun="registry", recipes=_RECIPES)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every registry of an account's region, with its records.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        yield from walk(
            PART,
            calls.pages(REGISTRIES),
            MEMBERS,
            visit,
            lambda key, registry: _look(session, calls, visit, key, registry),
        )


def _look(
    session: AwsSession, calls: Calls, visit: Visit, key: str, registry: Item
) -> list[Observation]:
    """Return what a registry declares, but for records that the source leaves out by name."""
    records = calls.everything(RECORDS, registryId=key)
    named = [each for each in records if text(each, "recordId")]
    entities: list[Observable] = []
    for each in named:
        if visit.includes(text(each, "name") or "", {}):
            continue
        declared = normalise(each, registry, session.place)
        entities.append(declared)
        entities.extend(read_surroundings(each, declared, visit.now()))
    recorded = Recorded(key, entities=tuple(entities))
    if len(named) == len(records):
        return [recorded]
    nameless = Malformed("a record has no id", native_id=key)
    return [recorded, Unseen(key, "a record", nameless.record())]


def _nothing(_told: Told) -> Parameters:
    return {}


def _registry(told: Told) -> Parameters:
    return {"registryId": text(told.first(REGISTRIES), "registryId") or ""}


_RECIPES: Recipes = {REGISTRIES: _nothing, RECORDS: _registry}
