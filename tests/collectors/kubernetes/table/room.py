"""A cluster's objects in tests of the table: decoded and picked as a collector would, then asked what they expose."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from apiscape.collectors.kubernetes.exposed import Exposed, Rule, Stated
from apiscape.collectors.kubernetes.objects import Decoder, Thing
from apiscape.collectors.kubernetes.resource import Resource, Role
from apiscape.collectors.kubernetes.table.describing import Told
from apiscape.collectors.kubernetes.table.family import TableFamily
from apiscape.collectors.kubernetes.table.finding import OWNED
from apiscape.collectors.kubernetes.table.indexing import owners_of
from apiscape.collectors.kubernetes.table.loading import load, read
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.world import Subject, World, WorldLook

Json = dict[str, Any]
ENTRIES = load()
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
UNCHECKED = {"metadata", "gc"}


class Elsewhere(Thing):
    """An object of another family."""


def elsewhere(group: str, plural: str, kind: str) -> Resource:
    """Return a resource that another family reads, found by its owners as those of the table are."""
    return Resource(
        group=group,
        plural=plural,
        kind=kind,
        versions=("v1",),
        type=Elsewhere,
        role=Role.ROUTE,
        indexes={OWNED: owners_of},
    )


class Room:
    """A cluster with objects of the table, and of some kinds that are not of it."""

    def __init__(
        self,
        objects: Iterable[Json] = (),
        *,
        entries: Iterable[Entry] = ENTRIES,
        others: Iterable[Resource] = (),
        unseen: Iterable[str] = (),
    ) -> None:
        self.family = TableFamily(entries)
        resources = (*self.family.resources, *others)
        self.kinds = {(each.group, each.kind): each for each in resources}
        self.world = World(resources)
        for each in resources:
            self.world.see(each.name, whole=each.name not in set(unseen))
        self.put = [self.add(each) for each in objects]

    def add(self, made: Json) -> tuple[Resource, Thing]:
        """Decode, pick and put an object as a server gives it."""
        resource = self.kinds[(made["apiVersion"].rpartition("/")[0], made["kind"])]
        body = msgspec.json.encode({"metadata": {}, "items": [made]})
        page: Any = Decoder(resource.type).page(body, "list")
        assert not page.odd, page.odd
        thing = resource.pick(page.items[0]) if resource.pick else page.items[0]
        self.world.put(resource.name, thing)
        return resource, thing

    def exposed(self) -> dict[str, list[Stated]]:
        """Return what each object exposes or serves, or who it is that calls, of those that do."""
        found = {
            f"{resource.kind} {thing.key}": list(
                self.family.expose(
                    resource, thing, self.world.look(Subject(resource.name, thing.key))
                )
            )
            for resource, thing in self.put
            if resource.role is not Role.SUPPORT
        }
        return {name: each for name, each in found.items() if each}

    def behind(self) -> dict[str, list[Told]]:
        """Return what is said by what Services behind APIs name, of those of which anything is."""
        found = {
            name: list(self.family.behind(each, self.look()))
            for name, held in self.exposed().items()
            for each in held
            if isinstance(each, Exposed)
        }
        return {f"behind {name}": told for name, told in found.items() if told}

    def look(self) -> WorldLook:
        """Return what somebody in particular looks by."""
        return self.world.look(Subject("gates.x.example", "shop/looker"))

    def one(self) -> Exposed:
        """Return the only thing that is exposed."""
        ((each,),) = self.exposed().values()
        assert isinstance(each, Exposed)
        return each

    def told(self, resource: Resource, thing: Thing) -> list[Told]:
        """Return what is said of an object."""
        look = self.world.look(Subject(resource.name, thing.key))
        return list(self.family.describing(resource, thing.metadata, look))


def entry_of(text: str) -> tuple[Entry, ...]:
    """Return the entries of a text."""
    return read(text, "test.yaml")


def route(text: str, **spec: Any) -> Room:
    """Return a room with one object of one entry, a route of the kind `Gate`."""
    head = (
        "- id: gate\n  role: route\n"
        "  resource: {group: x.example, plural: gates, kind: Gate, versions: [v1]}\n"
    )
    return Room([gate(**spec)], entries=entry_of(head + text))


def loaded(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.load(path.read_text("utf-8"), LOADER)  # noqa: S506 - a safe one, in C where it is there


def gate(name: str = "a", kind: str = "Gate", **body: Any) -> Json:
    """Return an object of a kind that tests make up."""
    metadata = {"name": name, "namespace": "shop", "generation": 2} | body.pop("metadata", {})
    return {"apiVersion": "x.example/v1", "kind": kind, "metadata": metadata} | body


def rules(exposed: Exposed) -> tuple[Rule, ...]:
    """Return the rules of what is exposed, which are known."""
    assert exposed.rules is not None
    return exposed.rules


def trimmed(value: Any) -> Any:
    """Return a struct as plain values, without what is as it is by default, and without metadata."""
    if isinstance(value, msgspec.Struct):
        return dict(_fields(value))
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple | list):
        return [trimmed(each) for each in value]
    if isinstance(value, Mapping):
        return {key: trimmed(each) for key, each in value.items()}
    return str(value) if isinstance(value, str) else value


def _fields(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for field in msgspec.structs.fields(type(value)):
        held = getattr(value, field.name)
        default = (
            field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
        )
        if field.name not in UNCHECKED and held != default and held is not msgspec.UNSET:
            yield field.name, trimmed(held)
