"""All that is read of a cluster."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from apiscape.collectors.contract import BadFile, Permission
from apiscape.collectors.kubernetes.access import right
from apiscape.collectors.kubernetes.aggregated import Aggregated
from apiscape.collectors.kubernetes.core import CORE, SERVICES
from apiscape.collectors.kubernetes.exposed import Exposed, Target
from apiscape.collectors.kubernetes.gatewayapi.family import GatewayApi
from apiscape.collectors.kubernetes.ingress.family import IngressFamily
from apiscape.collectors.kubernetes.ingress.services import RESOURCE as EXPOSED_SERVICES
from apiscape.collectors.kubernetes.ingress.services import ServiceFamily
from apiscape.collectors.kubernetes.istio.family import Istio
from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.policies.effective import POLICIES
from apiscape.collectors.kubernetes.resource import Family, Look, Resource, Role
from apiscape.collectors.kubernetes.table.describing import Told
from apiscape.collectors.kubernetes.table.family import TableFamily
from apiscape.collectors.kubernetes.table.finding import OWNED
from apiscape.collectors.kubernetes.table.indexing import owners_of
from apiscape.collectors.kubernetes.table.loading import BadTable, combine, text_of
from apiscape.collectors.kubernetes.table.schema import Entry

_ORDER = (Role.SUPPORT, Role.CONSUMER, Role.GATEWAY, Role.ROUTE)


class Reads:
    """What is read, and by whom.

    Args:
        families: Beside what every family leans on; where two read one resource, the first one says what it exposes.
        table: The one whose objects may describe those of all others.
    """

    def __init__(self, families: Iterable[Family], table: TableFamily) -> None:
        self._table = table
        self._owners: dict[str, Family] = {}
        found: dict[str, Resource] = {each.name: each for each in (*CORE, *POLICIES)}
        found[SERVICES] = EXPOSED_SERVICES
        for family in (*families, table):
            for each in family.resources:
                found.setdefault(each.name, each)
                self._owners.setdefault(each.name, family)
        self.resources: tuple[Resource, ...] = tuple(
            sorted(
                (_by_maker(each, table.makes) for each in found.values()),
                key=lambda each: _ORDER.index(each.role),
            )
        )

    def owner(self, resource: Resource) -> Family | None:
        """Return who says what objects of a resource expose; nobody does of what is read for others."""
        return None if resource.role is Role.SUPPORT else self._owners[resource.name]

    def describing(
        self, resource: Resource, thing: Thing, exposed: Exposed, look: Look
    ) -> list[Told]:
        """Return what other objects say of what an object exposes, and of the Services that it sends to."""
        described = self._table.describing(resource, thing.metadata, look)
        return [*described, *self._table.behind(exposed, look)]

    def standing(self, target: Target, look: Look) -> Told | None:
        """Return what an object says that stands for a target; `None` where nobody can tell."""
        if target.stands is None:
            return None
        group, kind = target.stands
        return self._table.named(group, kind, target.namespace, target.name, look)


def _by_maker(resource: Resource, made: Container[str]) -> Resource:
    """Return a resource with an index of what its objects were made for, where objects of the table make some."""
    if resource.name not in made or OWNED in resource.indexes:
        return resource
    return msgspec.structs.replace(resource, indexes={**resource.indexes, OWNED: owners_of})


def reads(extra: str | None = None) -> Reads:
    """Return all that is read: by code, and by the table of the product and that of a user.

    Args:
        extra: File with the user's own entries: as it was when it was last taken.

    Raises:
        Unusable: The file cannot be used; it says where.
    """
    if extra is None:
        return _usual()
    return _taken[extra] if extra in _taken else take(extra).reads


class Taken(NamedTuple):
    """What came of a file of entries, and a digest of the file."""

    reads: Reads
    digest: str


def take(extra: str) -> Taken:
    """Read a user's own entries anew, and go by them from now on.

    Raises:
        Unusable: The file cannot be used; those that were taken before still hold.
    """
    file = Path(extra)
    try:
        text = text_of(file)
        made = _of(combine(text, file.name))
    except BadTable as error:
        line = error.line if error.line and error.name == file.name else None
        raise Unusable(str(error), path=extra, line=line, why=error.why) from None
    _taken[extra] = made
    return Taken(made, hashlib.sha256(text.encode()).hexdigest())


_taken: dict[str, Reads] = {}
"""By file, what is read with a user's own entries."""


@lru_cache(maxsize=1)
def _usual() -> Reads:
    return _of(combine())


def _of(entries: Iterable[Entry]) -> Reads:
    families = (GatewayApi(), IngressFamily(), ServiceFamily(), Istio(), Aggregated())
    return Reads(families, TableFamily(entries))


class Unusable(BadFile):
    """A file of entries is wrong."""

    next_step = "correct the file that `entries` of the source names"


def permissions(resources: Iterable[Resource]) -> Iterator[Permission]:
    """Yield what is asked for: to list and to watch, and nothing else."""
    for each in resources:
        yield right(
            each.name,
            each.reveals,
            verbs=("list", "watch"),
            optional=each.role in {Role.SUPPORT, Role.CONSUMER},
        )
