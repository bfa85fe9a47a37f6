"""One cluster as a visit sees it: what is read of it, and what it gives to say."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from itertools import islice

from apiscape.collectors.contract import (
    Failed,
    Malformed,
    Observation,
    Recorded,
    Skipped,
    Visit,
)
from apiscape.collectors.kubernetes.deploying.calling import consumer_of
from apiscape.collectors.kubernetes.deploying.deployment import Place, deploy, serve
from apiscape.collectors.kubernetes.deploying.leading import led_on
from apiscape.collectors.kubernetes.deploying.stating import described
from apiscape.collectors.kubernetes.exposed import Called, Served
from apiscape.collectors.kubernetes.families import Reads
from apiscape.collectors.kubernetes.objects import Odd, Thing
from apiscape.collectors.kubernetes.resource import Family, Resource, Role
from apiscape.collectors.kubernetes.world import Subject, World
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import Observable


class Cluster:
    """What was read of a cluster, and what is to be said of it. Used by one thread at a time.

    Args:
        reads: What is read.
        place: Where that is.
        visit: The visit: its clock, and which objects are left out.
        remembers: Whether it is followed, so that who depends on what has to be remembered.
    """

    def __init__(self, reads: Reads, place: Place, visit: Visit, *, remembers: bool) -> None:
        self.reads = reads
        self.world = World(reads.resources, remembers=remembers)
        self._place = place
        self._visit = visit
        self._remembers = remembers
        self._by_name = {each.name: each for each in reads.resources}
        self._odd: dict[str, dict[str, str]] = {each.name: {} for each in reads.resources}
        self.giving: set[Subject] = set()
        """What gave something when it was last said, where the cluster is followed: most Services give nothing."""

    # What is read.

    def take(self, resource: Resource, item: Thing | Odd) -> bool:
        """Take up an object, and say whether it is to be said for itself, whoever looks at it.

        So is one that is odd, and of what is read for others one that is new, or odd no more: of all
        else the world knows whom it concerns.
        """
        odd = self._odd[resource.name]
        kept = item if isinstance(item, Odd) else self._pick(resource, item)
        if isinstance(kept, Odd):
            self.world.drop(resource.name, kept.key)
            self.world.doubt(resource.name, kept.key)
            odd[kept.key] = kept.why
            return True
        was_odd = bool(odd) and odd.pop(kept.key, None) is not None
        kept.metadata.resource_version = (
            ""  # says nothing of an object, and changes with all that is not read of it
        )
        is_new = self.world.put(resource.name, kept)
        return resource.role is Role.SUPPORT and (is_new or was_odd)

    def _pick(self, resource: Resource, item: Thing) -> Thing | Odd:
        if resource.pick is None:
            return item
        try:
            return resource.pick(item)
        except Malformed as error:
            return Odd(item.key, error.message, item.metadata.resource_version)

    def drop(self, resource: Resource, key: str) -> bool:
        """Take up that an object is gone, and say whether it was there."""
        was_odd = self._odd[resource.name].pop(key, None) is not None
        self.giving.discard(Subject(resource.name, key))
        return self.world.drop(resource.name, key) or was_odd

    def retain(self, resource: Resource, keys: Iterable[str]) -> None:
        """Take up that of a resource there is nothing but these."""
        for key in set(self.keys(resource)) - set(keys):
            self.drop(resource, key)

    def keys(self, resource: Resource) -> list[str]:
        """Return what the objects of a resource are called, in order."""
        return sorted(self.world.keys(resource.name) | self._odd[resource.name].keys())

    # What is said.

    def native_ids(self, resource: Resource, keys: Iterable[str]) -> tuple[str, ...]:
        """Return what objects of a resource are called in every cluster."""
        name = self._place.native_id
        path = resource.path
        return tuple([name(path, key) for key in keys])

    def within(self, resource: Resource, namespaces: Iterable[str]) -> tuple[str, ...]:
        """Return what objects of a resource are called that lie in some namespaces, up to their own names."""
        return self.native_ids(resource, (f"{each}/" for each in namespaces))

    def say_all(self, resource: Resource) -> Iterator[Observation]:
        """Yield every object of a resource."""
        for key in self.keys(resource):
            yield self.say(resource, key)

    def say_stale(self, most: int, parts: Container[str]) -> Iterator[Observation]:
        """Yield what may give other facts now than it did, up to so many, of some parts alone."""
        stale = (each for each in self.world.stale if each.resource in parts)
        for subject in list(islice(stale, most)):
            yield self.say(self._by_name[subject.resource], subject.key)

    def say(self, resource: Resource, key: str) -> Observation:
        """Return what became of one object."""
        native_id = self._place.native_id(resource.path, key)
        thing: Thing | None = self.world.find(resource.name, key)
        if thing is None:
            why = self._odd[resource.name].get(key, "it is not there")
            error = Malformed(f"not as a {resource.kind} has to be: {why}", native_id=native_id)
            self.world.stale.pop(Subject(resource.name, key), None)
            return Failed(native_id=native_id, error=error.record(), part=resource.name)
        family = self.reads.owner(resource)
        if family is None:
            return Recorded(native_id=native_id, part=resource.name)
        reason = self._visit.includes(key, _traits(thing))
        if reason is not None:
            self.world.stale.pop(Subject(resource.name, key), None)
            return Skipped(native_id=native_id, reason=reason, part=resource.name)
        subject = Subject(resource.name, key)
        entities = tuple(self._entities(subject, resource, thing, family))
        if self._remembers:
            (self.giving.add if entities else self.giving.discard)(subject)
        return Recorded(native_id=native_id, entities=entities, part=resource.name)

    def _entities(
        self, subject: Subject, resource: Resource, thing: Thing, family: Family
    ) -> list[Deployment | Observable]:
        """Return what an object gives; two that would be the same deployment give one."""
        look = self.world.look(subject)
        now = self._visit.now()
        found: list[Deployment | Observable] = []
        seen: set[tuple[str | None, str | None]] = set()
        for each in family.expose(resource, thing, look):
            if isinstance(each, Called):
                found.append(consumer_of(each, resource, self._place))
            elif isinstance(each, Served):
                found += serve(each, resource, self._place, look, now)
            elif (each.parent, each.host) not in seen:
                seen.add((each.parent, each.host))
                led = led_on(each, lambda target: self.reads.standing(target, look))
                whole = described(led, self.reads.describing(resource, thing, led, look))
                found += deploy(whole, resource, self._place, look, now)
        look.done()
        return found


def _traits(thing: Thing) -> dict[str, str]:
    """Return what include and exclude rules go by: labels, and the namespace among them."""
    return {**(thing.metadata.labels or {}), "namespace": thing.metadata.namespace}
