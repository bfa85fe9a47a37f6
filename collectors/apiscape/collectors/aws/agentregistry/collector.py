"""AWS Agent Registry: what its records declare, linked to the deployments that they were detected from.

Calls: one `ListRegistries` per 100, and one `ListRegistryRecords` per 100 records of each. What a
record holds beside its summary is not read. Records are a part of their own, so that each that is left
out is counted; where those of one registry cannot be read, the part is not complete.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.agentregistry.records import KIND, normalise, read_surroundings
from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.operations import unpublished_quota
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Parameters, Recipes, Told, try_each
from apiscape.collectors.contract import (
    CollectorError,
    Gone,
    Listed,
    Malformed,
    Observation,
    PartFailed,
    Permission,
    Quota,
    Recorded,
    Unseen,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope

PART = "ListRegistries"
RECORDS_PART = "ListRegistryRecords"
SERVICE = "agent-registry-control"
REGISTRIES, RECORDS = f"{SERVICE}:ListRegistries", f"{SERVICE}:ListRegistryRecords"
MEMBERS = Members("registryId", "name", tags=None)
RECORD_MEMBERS = Members("listedId", "name", "tags")


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
    parts: ClassVar[tuple[str, ...]] = (PART, RECORDS_PART)
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
        desk = _Reading(calls)
        for said in walk(PART, calls.pages(REGISTRIES), MEMBERS, visit, desk.read):
            yield said
            if isinstance(said, Recorded):
                yield from _declare(desk.take(said.native_id), session, visit)
        if desk.error is None:
            yield Listed(RECORDS_PART, (), last=True)
        else:
            yield PartFailed(RECORDS_PART, desk.error.record())


class _Registry(msgspec.Struct, frozen=True):
    """A registry, and what it declares."""

    item: Item
    records: tuple[Item, ...]


class _Reading:
    """Reads what registries declare, and keeps it until its turn.

    Attributes:
        error: Why the records of some registry could not be read.
    """

    def __init__(self, calls: Calls) -> None:
        self.error: CollectorError | None = None
        self._calls = calls
        self._read: dict[str, _Registry] = {}

    def read(self, key: str, registry: Item) -> list[Observation]:
        """Return a registry as recorded, with the records that nobody can tell apart.

        Raises:
            CollectorError: what it declares could not be read.
        """
        try:
            found = self._calls.everything(RECORDS, registryId=key)
        except Gone:
            raise
        except ONE_OBJECT as error:
            self.error = error
            raise
        listed = tuple(
            {**each, RECORD_MEMBERS.id: f"{key}/{identifier}"}
            for each in found
            if (identifier := text(each, "recordId"))
        )
        self._read[key] = _Registry(registry, listed)
        if len(listed) == len(found):
            return [Recorded(key)]
        nameless = Malformed(f"{len(found) - len(listed)} records have no id", native_id=key)
        return [Unseen(key, "a record", nameless.record()), Recorded(key)]

    def take(self, key: str) -> _Registry:
        """Return a registry that was read."""
        return self._read.pop(key)


def _declare(registry: _Registry, session: AwsSession, visit: Visit) -> Iterator[Observation]:
    """Yield each record of a registry, those that the source leaves out by name among them."""
    if not registry.records:
        return

    def look(listed: str, record: Item) -> list[Observation]:
        declared = normalise(record, registry.item, session.place)
        around = read_surroundings(record, declared, visit.now())
        return [Recorded(listed, entities=(declared, *around))]

    pages = (Page(registry.records, last=False),)
    yield from walk(RECORDS_PART, pages, RECORD_MEMBERS, visit, look)


def _nothing(_told: Told) -> Parameters:
    return {}


def _registry(told: Told) -> Parameters:
    return {"registryId": text(told.first(REGISTRIES), "registryId") or ""}


_RECIPES: Recipes = {REGISTRIES: _nothing, RECORDS: _registry}
