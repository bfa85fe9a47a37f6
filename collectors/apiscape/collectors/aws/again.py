"""Looking at single objects between visits: what a product says of it, and what is the same for all.

What the listing said of an object may be noted in memory. A change that moves only what is beneath that needs no
call for it; any other does, an unknown one too.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.calls import Page
from apiscape.collectors.aws.errors import ONE_OBJECT
from apiscape.collectors.aws.listing import Members
from apiscape.collectors.aws.looking import Near
from apiscape.collectors.aws.picking import Item, text
from apiscape.collectors.changing import Change, KeepsNotes, Touched
from apiscape.collectors.contract import (
    Failed,
    Listed,
    Observation,
    Permission,
    Recorded,
    Skipped,
    Unseen,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope

FIREWALLS = "wafv2.amazonaws.com"
"""Event source of firewalls: what one is put before, or taken from, is named by its ARN."""


class LooksAgainCollector(ABC):
    """The part of a `LookCollector` that looks at single objects again: named after it among the bases.

    A product says whom a change names, and how one object is found.

    Attributes:
        topics: Event sources of CloudTrail that tell of its objects.
        again_permissions: What finding an object needs beyond what visits need.
        looks_anew: Whether what is remembered of an object counts for nothing, once a change named it.
    """

    topics: ClassVar[tuple[str, ...]]
    again_permissions: ClassVar[tuple[Permission, ...]] = ()
    looks_anew: ClassVar[bool] = False
    permissions: ClassVar[tuple[Permission, ...]]
    members: ClassVar[Members]

    @abstractmethod
    def touched(self, change: Change) -> Iterable[str]:
        """Return the listed ids of the objects that a change names."""

    @abstractmethod
    def find(self, near: Near, touched: Touched) -> Item | None:
        """Return an object as its listing would have it, `None` where nothing is to be said of it.

        Raises:
            CollectorError: it cannot be found, or is gone.
        """

    @abstractmethod
    def walk(self, near: Near, pages: Iterable[Page]) -> Iterator[Observation]:
        """Yield pages, and what their objects give; a `LookCollector` does."""

    @abstractmethod
    def try_rights(self, visit: Visit, permissions: tuple[Permission, ...]) -> Iterator[Tried]:
        """Yield what came of trying permissions; a `LookCollector` does."""

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some objects are now; what fails of one fails it alone.

        Raises:
            CollectorError: what ends it.
        """
        del scope  # the session knows its place
        calls = visit.session.calls((*self.permissions, *self.again_permissions))
        anew = frozenset(each.native_id for each in objects) if self.looks_anew else frozenset()
        near = Near(visit.session, calls, visit, anew)
        found: list[Item] = []
        for each in visit.concurrently(lambda touched: self._try_find(near, touched), objects):
            if isinstance(each, Failed):
                forget(visit, each.native_id)
                yield each
            elif each is not None:
                found.append(each)
        for said in self.walk(near, (Page(tuple(found), last=True),)):
            if isinstance(said, Failed):
                forget(visit, said.native_id)
            if not isinstance(said, Listed):
                yield said

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying to find one object."""
        del scope  # the session knows its place
        return self.try_rights(visit, (self.permissions[0], *self.again_permissions))

    def _try_find(self, near: Near, touched: Touched) -> Item | Failed | None:
        """Return an object by the id that it was asked for by, or why it cannot be found."""
        try:
            found = self.find(near, touched)
        except ONE_OBJECT as error:
            return Failed(touched.native_id, error.record())
        return None if found is None else {**found, self.members.id: touched.native_id}


class LooksByListing(ABC):
    """The part of a collector that looks at single objects again by its own listing: it has a right to no less.

    Of an object that is listed no more nothing is said: that it is gone is for a whole visit to tell.

    Attributes:
        topics: Event sources of CloudTrail that tell of its objects.
    """

    topics: ClassVar[tuple[str, ...]]
    again_permissions: ClassVar[tuple[Permission, ...]] = ()

    @abstractmethod
    def touched(self, change: Change) -> Iterable[str]:
        """Return the listed ids of the objects that a change names."""

    @abstractmethod
    def read(self, visit: Visit, wanted: frozenset[str] | None = None) -> Iterator[Observation]:
        """Yield every object of the scope, or of its listing those that are wanted.

        Raises:
            CollectorError: the listing could not be read to its end.
        """

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every object of the scope.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        return self.read(visit)

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        """Yield what some objects are now, each with the part that lists it.

        Raises:
            CollectorError: what ends it.
        """
        del scope
        part: str | None = None
        for said in self.read(visit, frozenset(each.native_id for each in objects)):
            if isinstance(said, Listed):
                part = said.part
            elif isinstance(said, Recorded | Skipped | Failed):
                yield msgspec.structs.replace(said, part=part)
            elif isinstance(said, Unseen):
                yield said

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield nothing: it asks what visits ask."""
        del scope, visit
        return iter(())


def only(page: Page, member: str, wanted: frozenset[str] | None) -> Page:
    """Return a page with the objects alone that are wanted, by the member that identifies them; or all of it."""
    if wanted is None:
        return page
    return Page(tuple(item for item in page.items if text(item, member) in wanted), page.last)


def note(visit: Visit, native_id: str, item: Item) -> None:
    """Keep what the listing said of an object, in memory, where somebody looks again."""
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    if notes is None:
        return
    try:
        fields = {name: value for name, value in item.items() if name != "ResponseMetadata"}
        notes[native_id] = msgspec.msgpack.encode(fields)
    except (TypeError, ValueError, OverflowError):  # no answer of the SDK's that could be kept
        notes.pop(native_id, None)


def recall(visit: Visit, native_id: str) -> Item | None:
    """Return what the listing last said of an object, if that was noted."""
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    held = None if notes is None else notes.get(native_id)
    item: Item | None = None if held is None else msgspec.msgpack.decode(held)
    return item


def forget(visit: Visit, native_id: str) -> None:
    """Keep nothing of an object."""
    notes = visit.notes if isinstance(visit, KeepsNotes) else None
    if notes is not None:
        notes.pop(native_id, None)
