"""The family of all gateways of the table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import Exposed, Served, Stated
from apiscape.collectors.kubernetes.objects import Metadata
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.collectors.kubernetes.table.calling import called
from apiscape.collectors.kubernetes.table.describing import (
    Told,
    behind,
    describe,
    is_elsewhere,
    tell_named,
)
from apiscape.collectors.kubernetes.table.exposing import expose, reached_of
from apiscape.collectors.kubernetes.table.finding import Finder, Known
from apiscape.collectors.kubernetes.table.indexing import indexes_of
from apiscape.collectors.kubernetes.table.picking import loose_type, picker
from apiscape.collectors.kubernetes.table.schema import Entry, EntryRole
from apiscape.collectors.kubernetes.table.serving import addresses_of
from apiscape.collectors.kubernetes.table.sketch import Sketch
from apiscape.model.values import UNKNOWN

_ROLES = {
    EntryRole.ROUTE: Role.ROUTE,
    EntryRole.DESCRIPTION: Role.ROUTE,
    EntryRole.GATEWAY: Role.GATEWAY,
}


class TableFamily:
    """Reads what entries say is read (`resource.Family`).

    Args:
        entries: Of the table, as `loading.load` gives them.
    """

    name = "table"

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = {each.resource.name: each for each in entries}
        self.makes = frozenset(name for each in self._entries.values() for name in each.owns)
        """Resources of which objects of the table make some."""
        self.resources: tuple[Resource, ...] = tuple(
            resource_of(each, self._entries.values()) for each in self._entries.values()
        )

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Stated]:  # noqa: ANN401 - of any resource's type
        """Yield what an object exposes, serves by, or who it is that calls."""
        entry = self._entries.get(resource.name)
        if entry is None or not isinstance(thing, Sketch) or not thing.is_served:
            return
        known, finder = Known(entry, thing), Finder(self._entries, look)
        if entry.role is EntryRole.GATEWAY:
            yield _served(known, finder)
        elif resource.role is Role.CONSUMER:
            yield called(known)
        elif resource.role is Role.ROUTE and thing.is_root and not is_elsewhere(known, look):
            yield _attached(known, expose(known, finder), look)

    def describing(self, resource: Resource, metadata: Metadata, look: Look) -> list[Told]:
        """Return what objects of the table say of an object of another family, or of their own."""
        return describe(self._entries, resource.path, metadata, look)

    def behind(self, exposed: Exposed, look: Look) -> list[Told]:
        """Return what objects of the table say that Services behind an API name."""
        return behind(self._entries, exposed, look)

    def named(self, group: str, kind: str, namespace: str, name: str, look: Look) -> Told | None:
        """Return what is said by a policy or a backend of the table that an object of another family names.

        `None` where it is of no kind of the table, is not there, or could not be looked at.
        """
        return tell_named(self._entries, (group, kind), namespace, name, look)


def resource_of(entry: Entry, others: Iterable[Entry]) -> Resource:
    """Return the resource that an entry reads, found by whatever any entry looks for it by."""
    kind = entry.resource
    return Resource(
        group=kind.group,
        plural=kind.plural,
        kind=kind.kind,
        versions=kind.versions,
        type=loose_type(kind),
        role=_role(entry),
        is_namespaced=kind.namespaced,
        pick=picker(entry),
        indexes=indexes_of(entry, others),
        reveals=entry.reveals,
    )


def _role(entry: Entry) -> Role:
    """Return what objects are read for: a consumer without a title is only counted."""
    if entry.role is EntryRole.CONSUMER and entry.title is not None:
        return Role.CONSUMER
    return _ROLES.get(entry.role, Role.SUPPORT)


def _attached(known: Known, exposed: Exposed, look: Look) -> Exposed:
    """Return what a description exposes by itself: nothing of it is served, as far as anybody could look."""
    refs = known.entry.attaches
    if known.entry.role is not EntryRole.DESCRIPTION or refs is None:
        return exposed
    named = {refs.kinds.get(ref.kind) or refs.kinds.get("*") for ref in known.sketch.attaches}
    seen = all(each is not None and look.sees(each) for each in named)
    unserved = {"gateway": None, "addresses": ()} if seen else {"addresses": None}
    return msgspec.structs.replace(exposed, rules=None, **unserved)


def _served(known: Known, finder: Finder) -> Served:
    sketch = known.sketch
    addresses = addresses_of(known, (), finder)
    hosts = tuple(dict.fromkeys(each.host for each in addresses if each.host))
    versions = {each.tls_min for each in addresses if each.tls_min is not UNKNOWN}
    return Served(
        metadata=sketch.metadata,
        hosts=hosts if all(each.host for each in addresses) else (),
        reached=reached_of(sketch),
        tls_min=versions.pop() if len(versions) == 1 else UNKNOWN,
        conditions=sketch.conditions,
        certificates=tuple(
            dict.fromkeys(each.certificate for each in addresses if each.certificate)
        ),
    )
