"""What all looks at a listed object have in common, and the collectors that list objects to look at.

A product says what it lists and how it looks at one object; that what may not be read is a gap, that
tags are asked for, and that the source's rules may leave an object out is the same for all of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.gaps import Gaps
from apiscape.collectors.aws.listing import Members, walk
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

Tags = dict[str, str] | Unknown
"""Tags of an object; unknown where nobody could look."""


class Near(msgspec.Struct, frozen=True):
    """What a look is taken by: the session of the reach, the collector's calls, and the visit."""

    session: AwsSession
    calls: Calls
    visit: Visit


class Look(ABC):
    """A look at one listed object.

    Args:
        near: What it is taken by.
        key: The object, as listed.
        listed: Item of the listing.
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

    def ask_apart(self, detail: str, operation: str, **parameters: object) -> Item | None:
        """Return an answer on something of the object, which stands where that alone was deleted.

        Raises:
            CollectorError: it may be readable the next time.
        """
        try:
            return self.ask(detail, operation, **parameters)
        except Gone as error:
            self.gaps.note(detail, Malformed(error.message, operation=error.operation))
            return None

    def list_all(
        self, detail: str, operation: str, **parameters: object
    ) -> tuple[Item, ...] | None:
        """Return a listing to its end, or `None` and a gap where it may not be read.

        Raises:
            Gone: the object was deleted meanwhile.
            CollectorError: it may be readable the next time.
        """
        return self.gaps.attempt(detail, lambda: self.calls.everything(operation, **parameters))

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

    members: ClassVar[Members]
    noun: ClassVar[str]

    @abstractmethod
    def recipes(self, session: AwsSession) -> Recipes:
        """Return what each call is asked with to try the right to it."""

    @abstractmethod
    def look(self, near: Near, key: str, listed: Item) -> list[Observation]:
        """Return what is said of one object.

        Raises:
            CollectorError: what fails it as a whole.
        """

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of trying each permission."""
        del scope  # the session knows its place
        session: AwsSession = visit.session
        calls = session.calls(self.permissions)
        recipes = self.recipes(session)
        return try_each(calls, self.permissions, noun=self.noun, recipes=recipes)

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        """Yield every object of the scope.

        Raises:
            CollectorError: the listing could not be read to its end.
        """
        del scope  # the session knows its place
        session: AwsSession = visit.session
        near = Near(session, session.calls(self.permissions), visit)
        yield from walk(
            self.parts[0],
            near.calls.pages(self.listing),
            self.members,
            visit,
            lambda key, listed: self.look(near, key, listed),
        )
