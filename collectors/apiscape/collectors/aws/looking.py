"""What all looks at a listed object have in common, and the collectors that list objects to look at.

A product says what it lists and how it looks at one object; that what may not be read is a gap, that
tags are asked for, and that the source's rules may leave an object out is the same for all of them.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import ClassVar, TypeVar

from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
from apiscape.collectors.aws.offering import where_offered
from apiscape.collectors.aws.picking import Item, told_labels
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
from apiscape.collectors.trying import Grant, Tried
from apiscape.model.run import Scope
from apiscape.model.values import UNKNOWN, Unknown, is_known

T = TypeVar("T")

Tags = dict[str, str] | Unknown
"""Tags of an object; unknown where nobody could look."""

TAGS_UNSAID = "the answer does not say the tags"


class Near:
    """What looks are taken by: the session of the reach, the collector's calls, and the visit.

    Args:
        session: Of the reach.
        calls: The collector's.
        visit: Of the run.
        anew: Objects that are looked at whole, whatever is remembered of them.
    """

    def __init__(
        self, session: AwsSession, calls: Calls, visit: Visit, anew: frozenset[str] = frozenset()
    ) -> None:
        self.session = session
        self.calls = calls
        self.visit = visit
        self.anew = anew
        self._held: dict[object, object] = {}
        self._lock = threading.Lock()

    def once(self, make: Callable[[Near], T]) -> T:
        """Return what is made once for all objects of the visit, by whoever needs it first."""
        with self._lock:
            if make not in self._held:
                self._held[make] = make(self)
            held: T = self._held[make]  # type: ignore[assignment]  # each was made by its own maker
            return held


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

    def read_tags(
        self,
        operation: str,
        member: str,
        *,
        read: Callable[[Item, str], dict[str, str] | None] = told_labels,
        **parameters: object,
    ) -> Tags:
        """Return the object's tags; an answer that does not say them is a gap.

        Raises:
            CollectorError: as `ask`.
        """
        answer = self.ask("tags", operation, **parameters)
        if answer is None:
            return UNKNOWN
        tags = read(answer, member)
        if tags is None:
            self.gaps.note("tags", Malformed(TAGS_UNSAID, operation=operation))
            return UNKNOWN
        return tags

    def left_out(self, name: str, tags: Tags) -> Skipped | None:
        """Return that the source's rules leave the object out, if they do."""
        reason = self.visit.includes(name, tags if is_known(tags) else {})
        return Skipped(self.key, reason) if reason else None

    def with_gaps(self, said: Observation) -> list[Observation]:
        """Return what is said of the object, and what of it could not be seen."""
        return [said, *self.gaps.said(self.key)]


class LookCollector(ABC):
    """Lists objects, and looks at each. A product says which, and how."""

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
    tried_with: ClassVar[Recipes]
    """What each call is asked with to try the right to it."""

    service: ClassVar[str | None] = None
    """What the SDK calls the service, where a region or endpoint may lack it."""

    @abstractmethod
    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one object.

        Raises:
            CollectorError: what fails it as a whole.
        """

    def recipes(self, session: AwsSession) -> Recipes:
        """Return what each call is asked with to try the right to it, where that depends on the place."""
        del session  # mostly nothing does
        return self.tried_with

    def takes(self, listed: Item) -> bool:
        """Say whether an object of the listing is of this product."""
        del listed  # all of them are
        return True

    def pages(self, near: Near) -> Iterable[Page]:
        """Return the pages of the listing, whatever product their objects are of."""
        return near.calls.pages(self.listing, **self.asked)

    def dress(self, near: Near, pages: Iterable[Page]) -> Iterable[Page]:
        """Return pages with what the source's rules look at, where the listing does not say it."""
        del near  # it says it
        return pages

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        return self.try_rights(visit, self.permissions)

    def try_rights(self, visit: Visit, permissions: tuple[Permission, ...]) -> Iterator[Tried]:
        """Yield what came of trying these permissions, the listing's first."""
        session: AwsSession = visit.session
        asked = tuple(each for each in permissions if each.is_asked(session.settings))
        for each in permissions:
            if each not in asked:
                reason = f"the source does not set `{each.asked_where}`"
                yield Tried(each, Grant.NOT_NEEDED, reason)
        yield from try_each(
            session.calls(asked),
            asked,
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
        """Yield pages, and what those of their objects give that the product takes."""
        taken = (Page(tuple(filter(self.takes, page.items)), page.last) for page in pages)
        dressed = self.dress(near, taken)
        look = partial(self.look, near)
        return walk(self.parts[0], dressed, self.members, near.visit, look)
