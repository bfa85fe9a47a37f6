"""Trying the rights of the AWS collectors: one cheap call each, of an operation that it declares.

What needs an object is tried on the first one of the listing's first page. A document is asked
for and not read. Nothing is tried twice, and no page but the first is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.paging import paging_of
from apiscape.collectors.aws.picking import Item, items, text
from apiscape.collectors.contract import Gone, Permission
from apiscape.collectors.trying import Grant, Tried, attempt

Takes = Callable[[Item], bool]
Parameters = dict[str, object]


def try_each(
    calls: Calls,
    permissions: tuple[Permission, ...],
    *,
    noun: str = "object",
    takes: Takes = bool,
    recipes: Recipes,
) -> Iterator[Tried]:
    """Yield what came of each permission, in the order in which they are declared: listings first.

    Args:
        calls: The collector's, of one scope.
        permissions: The collector's.
        noun: What its listing lists, in words.
        takes: Which objects of the listing are the collector's.
        recipes: What each call is asked with.

    Raises:
        CredentialsInvalid: nobody is signed in.
        Cancelled: the visit should stop.
    """
    told = Told(noun, takes)
    for permission in permissions:
        yield _try(calls, permission, told, recipes)


def _try(calls: Calls, permission: Permission, told: Told, recipes: Recipes) -> Tried:
    operation = next((name for name in permission.operations if name in recipes), None)
    if operation is None:
        return Tried(permission, Grant.UNKNOWN, "not tried: no cheap call for it is known")
    try:
        parameters = recipes[operation](told)
    except NothingToTry as nothing:
        return Tried(permission, Grant.UNKNOWN, str(nothing))
    return attempt(permission, operation, lambda: _ask(calls, operation, parameters, told))


def _ask(calls: Calls, operation: str, parameters: Parameters, told: Told) -> None:
    """Make a call; the service's own word that a thing does not exist is given only to whoever may look."""
    with suppress(Gone):
        told.keep(operation, calls.call(operation, **parameters))


Recipes = Mapping[str, Callable[["Told"], Parameters]]
"""What each call is asked with, by its name; an operation that is not here is not tried."""


class NothingToTry(Exception):
    """There is no object to try a permission on, for a reason in words."""


class Told:
    """What the calls so far have told: objects to try the next ones on.

    Args:
        noun: What the listing lists, in words.
        takes: Which of its objects are the collector's.
    """

    def __init__(self, noun: str, takes: Takes) -> None:
        self.noun = noun
        self._takes = takes
        self._answers: dict[str, Item] = {}

    def keep(self, operation: str, answer: Item) -> None:
        """Keep an answer; a document is left unread."""
        closing = [getattr(value, "close", None) for value in answer.values()]
        for close in filter(callable, closing):
            close()
        self._answers[operation] = answer

    def first(self, listing: str, noun: str | None = None, takes: Takes = bool) -> Item:
        """Return the first object of a listing's page that is the collector's.

        Raises:
            NothingToTry: the listing was not answered, or has no such object.
        """
        noun = noun or self.noun
        if listing not in self._answers:
            raise NothingToTry(f"no {noun} to try it on, for none could be listed")
        paging = paging_of(listing)
        answer = paging.page_of(self._answers[listing])
        found = next(
            filter(lambda each: self._takes(each) and takes(each), items(answer, paging.listed)),
            None,
        )
        if found is None:
            more = ", on the first page" if text(answer, paging.token_out) else ""
            raise NothingToTry(f"no {noun} to try it on{more}")
        return found

    def stages(self, operation: str, member: str) -> tuple[Item, ...] | None:
        """Return the stages of the first API, `None` where they are not known."""
        answer = self._answers.get(operation)
        return None if answer is None else items(answer, member)
