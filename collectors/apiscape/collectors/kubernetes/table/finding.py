"""Finds what objects of the table refer to, and notes what is not there or could not be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from apiscape.collectors.kubernetes.exposed import Condition
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.table.parts import Refs
from apiscape.collectors.kubernetes.table.schema import Entry
from apiscape.collectors.kubernetes.table.sketch import Ref, Sketch

MAX_DEPTH = 8
OF, LABELLED, OWNED = "of", "labelled", "owned"
"""Indexes: of what attaches to something by what that is, of objects by each of their labels, of objects by owner."""

EVERYTHING = "*"
"""What is attached to all there is."""


class Known(NamedTuple):
    """An object of the table, and how it is read."""

    entry: Entry
    sketch: Sketch

    @property
    def words(self) -> str:
        """What it is called for people: `Middleware shop/auth`."""
        return f"{self.entry.resource.kind} {self.sketch.key}"

    @property
    def incomplete(self) -> tuple[str, ...]:
        """What may change what it says, with what it is called."""
        return tuple(f"{self.words}: {each}" for each in self.sketch.incomplete)


class Finder:
    """Finds other objects for one.

    Args:
        entries: By the resource that they are of.
        look: What is looked by.
    """

    def __init__(self, entries: Mapping[str, Entry], look: Look) -> None:
        self.entries = entries
        self.look = look
        self.missing: dict[str, None] = {}
        """What is referred to and is not there."""
        self.unseen: dict[str, None] = {}
        """What is referred to and could not be looked at."""
        self.odd: dict[str, None] = {}
        """What is left out, and why."""

    def get(self, resource: str, namespace: str, name: str, kind: str = "") -> Known | None:
        """Return an object by its name, or note that it is missing or unseen."""
        entry = self.entries.get(resource)
        words = f"{kind or (entry.resource.kind if entry else resource)} {key_of(namespace, name)}"
        if entry is None:
            self.unseen[words] = None
            return None
        key = key_of(namespace if entry.resource.namespaced else "", name)
        groups = [each for each in (resource, entry.resource.twin) if each in self.entries]
        for each in groups:
            found = self.look.get(each, key)
            if isinstance(found, Sketch):
                return Known(self.entries[each], found)
        sees = all(self.look.sees(each) for each in groups)
        (self.missing if sees else self.unseen)[words] = None
        return None

    def refer(self, refs: Refs, ref: Ref, namespace: str) -> Known | None:
        """Return what a reference refers to; `None` where it is of a kind that is not read, which is noted."""
        resource = refs.kinds.get(ref.kind) or refs.kinds.get("*")
        space = ref.namespace or namespace
        if resource is None:
            self.unseen[f"{ref.kind or 'object'} {key_of(space, ref.name)}"] = None
            return None
        return self.get(resource, space, ref.name, ref.kind)

    def attached(self, resource: str, path: str, key: str) -> Iterator[Known]:
        """Yield what is attached to an object, or to all; where nobody can tell, that is noted."""
        entry = self.entries.get(resource)
        if entry is None or not self.look.sees(resource):
            self.unseen[f"every {entry.resource.kind if entry else resource}"] = None
        if entry is None:
            return
        for value in (EVERYTHING, f"{path}:{key}"):
            for found in self.look.those(resource, OF, value):
                if isinstance(found, Sketch):
                    yield Known(entry, found)

    def labelled(self, resource: str, labels: Mapping[str, str], namespace: str) -> Iterator[Known]:
        """Yield the objects with all of some labels; in a namespace, or in any (`*`)."""
        entry = self.entries.get(resource)
        if entry is None:
            return
        if not self.look.sees(resource):
            self.unseen[f"every {entry.resource.kind}"] = None
        first = next(iter(sorted(labels.items())))
        for found in self.look.those(resource, LABELLED, "=".join(first)):
            own = found.metadata.labels or {}
            fits = all(own.get(key) == value for key, value in labels.items())
            if fits and namespace in {"*", found.metadata.namespace}:
                yield Known(entry, found)

    def take(self, other: Finder) -> None:
        """Take over what another one noted."""
        self.missing |= other.missing
        self.unseen |= other.unseen
        self.odd |= other.odd

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why what was not found may be there all the same, or something else in its place."""
        return (
            *(f"{words} could not be looked at" for words in self.unseen),
            *(f"{words} is not there" for words in self.missing),
            *self.odd,
        )

    def holds(self, policy: Known) -> bool:
        """Say whether a policy is in force; one that is not is noted, one that is switched off is none."""
        fault = policy.sketch.fault
        if policy.sketch.is_served and fault is not None:
            self.odd[f"{policy.words} is not in force: {fault}"] = None
        return policy.sketch.is_served and fault is None

    def problems(self) -> Iterator[Condition]:
        """Yield what is wrong with what is referred to."""
        for words in self.missing:
            yield Condition(name="ResolvedRefs", holds=False, reason=f"{words} is not there")
