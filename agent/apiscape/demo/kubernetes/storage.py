"""Objects by resource, under one counter of versions, with the last events of each resource.

Like etcd behind the watch cache: what is stored is never changed in place, a listing is of one
version, and who goes on from a version that is not kept any more is told so.
"""

from __future__ import annotations

import copy
import threading
from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

Json = dict[str, Any]
Key = tuple[str, str]
"""Group and plural."""

Place = tuple[str, str]
"""Namespace, empty for what has none, and name."""

FIRST_VERSION = 1000
KEPT_EVENTS = 200
"""Events of a resource that are kept, fewer than the real server's in a busy cluster."""

KEPT_LISTINGS = 64


class Held(msgspec.Struct, frozen=True, gc=False):
    """An object as of one version; `raw`: as it is served, by the version of its resource that it is stored in."""

    body: Json
    version: int
    raw: bytes


class Event(msgspec.Struct, frozen=True, gc=False):
    """One change of an object.

    Attributes:
        kind: `ADDED`, `MODIFIED` or `DELETED`.
        held: The object after it; of a deletion the last state, at the version of the deletion.
        before: The object before it.
    """

    kind: str
    held: Held
    before: Held | None


class Storage:
    """All objects of a cluster. Every method may be called from any thread.

    Attributes:
        changed: Notified after every change; holds the lock of all of it.
    """

    def __init__(self, kept_events: int = KEPT_EVENTS) -> None:
        self.changed = threading.Condition(threading.RLock())
        self._version = self._compacted = FIRST_VERSION
        self._kept_events = kept_events
        self._objects: dict[Key, dict[Place, Held]] = {}
        self._events: dict[Key, deque[Event]] = {}
        self._forgotten: dict[Key, int] = {}
        self._listings: dict[tuple[Key, int], list[tuple[Place, Held]]] = {}

    @property
    def version(self) -> int:
        """The newest version of anything."""
        return self._version

    # Objects.

    def get(self, key: Key, place: Place) -> Held | None:
        """Return an object."""
        with self.changed:
            return self._objects.get(key, {}).get(place)

    def every(self, key: Key, namespace: str = "") -> list[tuple[Place, Held]]:
        """Return the objects of a resource in the order of their places, of one namespace or of all."""
        with self.changed:
            found = self._objects.get(key, {}).items()
            return sorted(each for each in found if namespace in {"", each[0][0]})

    def put(self, key: Key, place: Place, body: Json) -> Held:
        """Store an object, with a version of its own."""
        with self.changed:
            before = self._objects.setdefault(key, {}).get(place)
            held = self._held(body)
            self._objects[key][place] = held
            self._note(key, Event("ADDED" if before is None else "MODIFIED", held, before))
            return held

    def drop(self, key: Key, place: Place) -> Held:
        """Take an object away that is there; return its last state."""
        with self.changed:
            before = self._objects[key].pop(place)
            held = self._held(before.body)
            self._note(key, Event("DELETED", held, before))
            return held

    def forget(self, key: Key) -> None:
        """Take a whole resource away: whoever watches it finds out at the next look."""
        with self.changed:
            self._objects.pop(key, None)
            self._events.pop(key, None)
            self._forgotten.pop(key, None)
            self.changed.notify_all()

    def _held(self, body: Json) -> Held:
        self._version += 1
        fresh = copy.deepcopy(body)
        fresh["metadata"]["resourceVersion"] = str(self._version)
        return Held(fresh, self._version, msgspec.json.encode(fresh))

    # Events.

    def _note(self, key: Key, event: Event) -> None:
        kept = self._events.setdefault(key, deque())
        kept.append(event)
        if len(kept) > self._kept_events:
            self._forgotten[key] = kept.popleft().held.version
        self.changed.notify_all()

    def since(self, key: Key, version: int) -> list[Event] | None:
        """Return the events of a resource after a version; nothing where they are not all kept any more."""
        with self.changed:
            if version < max(self._compacted, self._forgotten.get(key, 0)):
                return None
            kept = self._events.get(key, ())
            return [event for event in kept if event.held.version > version]

    def compact(self) -> None:
        """Keep nothing to go on from before now: neither events nor listings."""
        with self.changed:
            self._compacted = self._version
            self._events.clear()
            self._listings.clear()
            self.changed.notify_all()

    # Listings that are read page by page.

    def keep_listing(self, key: Key, items: Iterable[tuple[Place, Held]]) -> int:
        """Keep a listing as it is now; return the version to ask for it by."""
        with self.changed:
            self._listings[key, self._version] = list(items)
            for old in list(self._listings)[:-KEPT_LISTINGS]:
                del self._listings[old]
            return self._version

    def kept_listing(self, key: Key, version: int) -> list[tuple[Place, Held]] | None:
        """Return a listing as it was; nothing where it is not kept any more."""
        with self.changed:
            return self._listings.get((key, version))
