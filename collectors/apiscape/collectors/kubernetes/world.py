"""What was read of one cluster, and who looked at what of it: whatever changes, only they are asked again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from apiscape.collectors.kubernetes.objects import Thing
from apiscape.collectors.kubernetes.resource import Look, Resource, Role

T = TypeVar("T")

Fact = tuple[str, ...]
"""What can be looked at.

`(resource, key)`, `(resource, index, value)`, `(resource,)` for all of it, `(resource, "")` for whether
all of it was read; `("", name, key)` for what was worked out once for all who ask.
"""

_SHARED = ""
"""In the place of a resource: what was worked out once."""


class Subject(msgspec.Struct, frozen=True, order=True, gc=False):
    """An object that exposes something or serves: what its facts were looked at for."""

    resource: str
    key: str


_NONE: set[str] = set()

NOT_YET = object()
"""In the place of what was not worked out yet."""


def _any_of(resource: str) -> Fact:
    """Return the fact that there is an object of a resource at all."""
    return (resource, "", "any")


class World:
    """Everything that was read of a cluster. Used by one thread at a time.

    Args:
        resources: What is read.
        remembers: Whether it is remembered who looked at what; without, nothing is ever stale.
    """

    def __init__(self, resources: Iterable[Resource], *, remembers: bool = True) -> None:
        self._resources: Mapping[str, Resource] = {each.name: each for each in resources}
        self._remembers = remembers
        self._things: dict[str, dict[str, Thing]] = {name: {} for name in self._resources}
        self._indexed: dict[Fact, set[str]] = {}
        self._seen: dict[str, tuple[str, ...] | None] = {}
        self._odd: dict[str, set[str]] = {}
        self._lookers: dict[Fact, set[Subject | Fact]] = {}
        self._looked: dict[Subject | Fact, tuple[Fact, ...]] = {}
        self.shared: dict[Fact, Any] = {}
        """What was worked out once for all who ask, and stands."""
        self._works: dict[Fact, Callable[[Look], Any]] = {}
        self.doubted: dict[Fact, Any] = {}
        """What was worked out, and may be another now."""
        self._stale: dict[Subject, None] = {}

    @property
    def stale(self) -> dict[Subject, None]:
        """Whose facts may be others now, in the order in which that came about."""
        self.settle()
        return self._stale

    # What changes.

    def put(self, resource: str, thing: Thing) -> bool:
        """Take up an object as it is now, and say whether it is new; one that is as it was changes nothing."""
        key = thing.key
        self._trust(resource, key)
        before = self._things[resource].get(key)
        if before == thing:
            return False
        is_first = not self._things[resource]
        self._things[resource][key] = thing
        self._reindex(resource, key, before, thing)
        self._touch((resource, key), (resource,), *([_any_of(resource)] if is_first else ()))
        if self._remembers and self._resources[resource].role is not Role.SUPPORT:
            self._stale[Subject(resource, key)] = None
        return before is None

    def drop(self, resource: str, key: str) -> bool:
        """Take up that an object is gone, and say whether it was there."""
        self._trust(resource, key)
        before = self._things[resource].pop(key, None)
        if before is None:
            return False
        self._reindex(resource, key, before, None)
        is_last = not self._things[resource]
        self._touch((resource, key), (resource,), *([_any_of(resource)] if is_last else ()))
        subject = Subject(resource, key)
        self._forget(subject)
        self._stale.pop(subject, None)
        return True

    def see(self, resource: str, *, whole: bool, namespaces: Sequence[str] = ()) -> None:
        """Take up whether all of a resource was read; of some namespaces alone, if they are named."""
        seen = tuple(namespaces) if whole else None
        if seen == self._seen.get(resource):
            return
        self._seen[resource] = seen
        self._touch((resource, ""))

    def doubt(self, resource: str, key: str) -> None:
        """Take up that there is an object that is not as its kind has to be.

        Until it is put or dropped not all of its namespace was read; of none, where nobody knows which that is.
        """
        odd = self._odd.setdefault(resource, set())
        if key not in odd:
            odd.add(key)
            self._touch((resource, ""))

    def _trust(self, resource: str, key: str) -> None:
        odd = self._odd.get(resource)
        if odd and key in odd:
            odd.discard(key)
            self._touch((resource, ""))

    # What there is.

    def keys(self, resource: str) -> set[str]:
        """Return what the objects of a resource are called."""
        return set(self._things[resource])

    def find(self, resource: str, key: str) -> Any | None:  # noqa: ANN401 - of the resource's own type
        """Return an object, for nobody in particular."""
        return self._things[resource].get(key)

    def look(self, subject: Subject) -> WorldLook:
        """Return what a subject looks by; once that is done, what it looked at before counts no more."""
        self._stale.pop(subject, None)
        return WorldLook(self, subject)

    def keep(self, looker: Subject | Fact, facts: Iterable[Fact]) -> None:
        """Remember what somebody looked at, in place of what they looked at before."""
        if not (self._remembers or isinstance(looker, tuple)):
            return
        if isinstance(looker, Subject):
            self._stale.pop(looker, None)  # all that was looked at was as it is now
        before = self._looked.get(looker, ())
        kept = tuple(facts)
        if kept == before:
            return
        self._looked[looker] = kept
        for fact in kept:
            self._lookers.setdefault(fact, set()).add(looker)
        for fact in set(before).difference(kept):
            self._look_away(looker, fact)

    def sees(self, resource: str, namespace: str | None = None) -> bool:
        """Say whether all of a resource was read; one that is not read at all is not seen."""
        seen = self._seen.get(resource)
        if seen is None or (seen and namespace not in seen):
            return False
        odd = self._odd.get(resource, ())
        return not any(not each or namespace in {None, each.rpartition("/")[0]} for each in odd)

    def held(self, resource: str) -> Mapping[str, Thing]:
        """Return the objects of a resource by their keys; none of one that is not read."""
        return self._things.get(resource, {})

    def indexed(self, fact: Fact) -> Iterable[str]:
        """Return the keys that an index has under a value, in order."""
        found = self._indexed.get(fact, _NONE)
        return sorted(found) if len(found) > 1 else found

    def share(self, fact: Fact, work: Callable[[Look], T]) -> T:
        """Return what work gives, and keep it until anything that it looks at has changed.

        Where it gives the same as before, nobody who asked for it is asked again.
        """
        before = self.doubted.pop(fact, NOT_YET)
        look = WorldLook(self, fact)
        found = work(look)
        look.done()
        self.shared[fact] = found
        self._works[fact] = work
        if before is not NOT_YET and before != found:
            self._touch(fact)
        return found

    def settle(self) -> None:
        """Work out anew what may be another than before, so that only those are stale whom that concerns."""
        while self.doubted:
            fact = next(iter(self.doubted))
            if fact in self._lookers:
                self.share(fact, self._works[fact])
            else:
                self._forget(fact)

    # How it is kept.

    def _reindex(self, resource: str, key: str, before: Thing | None, now: Thing | None) -> None:
        for name, values in self._resources[resource].indexes.items():
            old = _NONE if before is None else set(values(before))
            new = _NONE if now is None else set(values(now))
            for value in old - new:
                fact = (resource, name, value)
                self._indexed[fact].discard(key)
                if not self._indexed[fact]:
                    del self._indexed[fact]
            for value in new - old:
                self._indexed.setdefault((resource, name, value), set()).add(key)
            for value in new | old:
                self._touch((resource, name, value))

    def _touch(self, *facts: Fact) -> None:
        """Let everybody who looked at something be asked again, and doubt what was worked out of it."""
        if not self._lookers:
            return
        for looker in tuple(each for fact in facts for each in self._lookers.get(fact, ())):
            if not isinstance(looker, tuple):
                self._stale[looker] = None
            elif looker in self.shared:
                self.doubted[looker] = self.shared.pop(looker)

    def _forget(self, looker: Subject | Fact) -> None:
        if isinstance(looker, tuple):
            for kept in (self.shared, self._works, self.doubted):
                kept.pop(looker, None)
        for fact in self._looked.pop(looker, ()):
            self._look_away(looker, fact)

    def _look_away(self, looker: Subject | Fact, fact: Fact) -> None:
        """Take up that somebody does not look at something any more; what nobody asks for is not kept."""
        lookers = self._lookers[fact]
        lookers.discard(looker)
        if not lookers:
            del self._lookers[fact]
            if fact[0] == _SHARED:
                self._forget(fact)


class WorldLook:
    """What somebody looks by (`resource.Look`).

    Args:
        world: What is looked at.
        looker: Who looks; or what is worked out for all who will ask for the same.
    """

    def __init__(self, world: World, looker: Subject | Fact) -> None:
        self._world = world
        self._looker = looker
        self._facts: dict[Fact, None] = {}

    def get(self, resource: str, key: str) -> Any | None:  # noqa: ANN401 - of the resource's own type
        """Return an object by its resource's name and its own key."""
        self._facts[(resource, key)] = None
        return self._world.held(resource).get(key)

    def those(self, resource: str, index: str, value: str) -> Iterator[Any]:
        """Yield the objects that an index has under a value, in the order of their keys."""
        fact = (resource, index, value)
        self._facts[fact] = None
        held = self._world.held(resource)
        for key in self._world.indexed(fact):
            yield held[key]

    def all(self, resource: str) -> Iterator[Any]:
        """Yield every object of a resource, in the order of their keys."""
        self._facts[(resource,)] = None
        held = self._world.held(resource)
        for key in sorted(held):
            yield held[key]

    def has(self, resource: str) -> bool:
        """Say whether there is any object of a resource."""
        self._facts[_any_of(resource)] = None
        return bool(self._world.held(resource))

    def once(self, name: str, key: str, work: Callable[[Look], T]) -> T:
        """Return what work gives that is the same for all who ask for it by this name and key."""
        fact = (_SHARED, name, key)
        self._facts[fact] = None
        world = self._world
        if world.doubted:
            world.settle()
        held = world.shared.get(fact, NOT_YET)
        return world.share(fact, work) if held is NOT_YET else held

    def sees(self, resource: str, namespace: str | None = None) -> bool:
        """Say whether all of a resource was read, or is known not to be installed."""
        self._facts[(resource, "")] = None
        return self._world.sees(resource, namespace)

    def done(self) -> None:
        """Remember what was looked at."""
        self._world.keep(self._looker, self._facts)
