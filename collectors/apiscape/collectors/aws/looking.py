"""What all looks at a listed object have in common, and all collectors that list objects to look at.

A product says what it lists and how it looks at one object; that what may not be read is a gap, that
tags are asked for, and that the source's rules may leave an object out is the same for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import ClassVar, TypeVar

import msgspec

from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, is_set, labels
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.trials import Recipes, try_each
from apiscape.collectors.contract import (
    Gone,
    Malformed,
    Observation,
    Permission,
    Quota,
    Skipped,
    Visit,
)
from apiscape.collectors.trying import Tried
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, Unknown, is_known

T = TypeVar("T")

Tags = dict[str, str] | Unknown
"""Tags of an object; unknown where nobody could look."""

LookAt = Callable[[str, Item], list[Observation]]
"""Returns what one object gives, of its id and itself as listed."""


class Near(msgspec.Struct, frozen=True):
    """What a look is taken by: the session of the reach, the collector's calls, and the visit.

    Attributes:
        anew: Objects that are looked at whole, whatever is remembered of them.
    """

    session: AwsSession
    calls: Calls
    visit: Visit
    anew: frozenset[str] = frozenset()


class Look(ABC):
    """A look at one listed object.

    Args:
        near: What it is taken by.
        key: The object, as listed.
        listed: Item of the listing.

    Attributes:
        remembered: Change tokens of its deployments that count, by uid.
    """

    def __init__(self, near: Near, key: str, listed: Item) -> None:
        self.session = near.session
        self.place = near.session.place
        self.keys = near.session.tags
        self.calls = near.calls
        self.visit = near.visit
        self.key = key
        self.listed = listed
        self.gaps = Gaps()
        self.remembered: Mapping[str, str] = {} if key in near.anew else near.visit.tokens(key)

    @abstractmethod
    def observe(self) -> list[Observation]:
        """Return the object as recorded or left out, and its gaps.

        Raises:
            CollectorError: what fails it as a whole.
        """

    def ask(self, detail: str, operation: str, **parameters: object) -> Item | None:
        """Return an answer, or `None` and a gap where it may not be read.

        Raises:
            Gone: the object was deleted meanwhile.
            CollectorError: it may be readable the next time.
        """
        return self.gaps.attempt(detail, lambda: self.calls.call(operation, **parameters))

    def list_all(
        self, detail: str, operation: str, **parameters: object
    ) -> tuple[Item, ...] | None:
        """Return a listing to its end, or `None` and a gap where it may not be read.

        Raises:
            Gone: the object was deleted meanwhile.
            CollectorError: it may be readable the next time.
        """
        return self.gaps.attempt(detail, lambda: self.calls.everything(operation, **parameters))

    def ask_apart(self, detail: str, operation: str, **parameters: object) -> Item | None:
        """Return an answer on something of the object, which stands where that alone was deleted.

        Raises:
            CollectorError: it may be readable the next time.
        """
        return self._apart(detail, lambda: self.ask(detail, operation, **parameters))

    def list_apart(
        self, detail: str, operation: str, **parameters: object
    ) -> tuple[Item, ...] | None:
        """Return a listing of something of the object, which stands where that alone was deleted.

        Raises:
            CollectorError: it may be readable the next time.
        """
        return self._apart(detail, lambda: self.list_all(detail, operation, **parameters))

    def _apart(self, detail: str, read: Callable[[], T | None]) -> T | None:
        try:
            return read()
        except Gone as error:
            self.gaps.note(detail, Malformed(error.message, operation=error.operation))
            return None

    def read_tags(self, operation: str, member: str, **parameters: object) -> Tags:
        """Return the object's tags; those that are no map are a gap.

        Raises:
            CollectorError: as `ask`.
        """
        answer = self.ask("tags", operation, **parameters)
        if answer is None:
            return UNKNOWN
        if is_set(answer, member, kind=Mapping) is None:
            self.gaps.note("tags", Malformed("the tags cannot be read", operation=operation))
            return UNKNOWN
        return labels(answer, member)

    def left_out(self, name: str, tags: Tags) -> Skipped | None:
        """Return that the source's rules leave the object out, if they do."""
        reason = self.visit.includes(name, tags if is_known(tags) else {})
        return Skipped(self.key, reason) if reason else None

    def with_gaps(self, said: Observation) -> list[Observation]:
        """Return what is said of the object, and what of it could not be seen."""
        return [said, *self.gaps.said(self.key)]


class ListCollector(ABC):
    """Lists objects, and looks at each with what a visit reads once for all of them."""

    provider: ClassVar[str] = "aws"
    stability: ClassVar[str] = "beta"
    product: ClassVar[str]
    title: ClassVar[str]
    permissions: ClassVar[tuple[Permission, ...]]
    quotas: ClassVar[tuple[Quota, ...]]
    parts: ClassVar[tuple[str, ...]]
    listing: ClassVar[str]
    """The operation that lists the objects, which are the first part."""

    asked: ClassVar[Mapping[str, object]] = {}
    """What it is asked with."""

    members: ClassVar[Members]
    noun: ClassVar[str]
    service: ClassVar[str | None] = None
    """What the SDK calls the service, where a region or endpoint may lack it."""

    @abstractmethod
    def recipes(self, session: AwsSession) -> Recipes:
        """Return what each call is asked with to try the right to it."""

    @abstractmethod
    def prepare(self, near: Near, pages: Iterable[Page]) -> tuple[Iterable[Page], LookAt]:
        """Return pages with what their items are looked at by, and how one of them is looked at."""

    def takes(self, listed: Item) -> bool:
        """Say whether an object of the listing is of this product."""
        del listed  # all of them are
        return True

    def pages(self, near: Near) -> Iterator[Page]:
        """Yield the pages of the listing, of which only what the product takes."""
        for page in near.calls.pages(self.listing, **self.asked):
            yield self.taken(page)

    def taken(self, page: Page) -> Page:
        """Return a page of what the product takes."""
        return Page(tuple(filter(self.takes, page.items)), page.last)

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        return self.try_rights(visit, self.permissions)

    def try_rights(self, visit: Visit, permissions: tuple[Permission, ...]) -> Iterator[Tried]:
        """Yield what came of trying these permissions, the listing's first."""
        session: AwsSession = visit.session
        return try_each(
            session.calls(permissions),
            permissions,
            noun=self.noun,
            takes=self.takes,
            recipes=self.recipes(session),
        )

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every object of the scope.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        near = Near(session, session.calls(self.permissions), visit)
        said = self.walk(near, self.pages(near))
        if self.service is not None:
            said = where_offered(self.parts[0], self.service, session, said)
        yield from said

    def walk(self, near: Near, pages: Iterable[Page]) -> Iterator[Observation]:
        """Yield pages and what their objects give."""
        prepared, look = self.prepare(near, pages)
        return walk(self.parts[0], prepared, self.members, near.visit, look)


class LookCollector(ListCollector):
    """Lists objects, and looks at each by itself. A product says which, and how."""

    @abstractmethod
    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one object.

        Raises:
            CollectorError: what fails it as a whole.
        """

    def prepare(self, near: Near, pages: Iterable[Page]) -> tuple[Iterable[Page], LookAt]:
        """Return the pages as they are: nothing is read for several objects."""
        return pages, partial(self.look, near)
