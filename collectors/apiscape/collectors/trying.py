"""Trying permissions before a visit: an optional part of what a provider and a collector are.

A collector that keeps `TriesPermissions` is asked by `apiscape permissions` which of its rights
it has. It makes at most one cheap read call for each, of an operation that the right declares,
and says what came of it: never a guess. What needs an object is tried on the first of a listing
that was tried before; where there is none, that is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from apiscape.collectors.contract import (
    AccessDenied,
    Budget,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Permission,
    Visit,
)
from apiscape.model.entity import Entity
from apiscape.model.run import Reach, Scope


class Grant(StrEnum):
    """What came of trying a permission; `unknown` counts as neither granted nor denied."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "unknown"
    NOT_NEEDED = "not_needed"


class Tried(Entity, frozen=True):
    """What came of trying one permission in one place.

    Attributes:
        permission: As it is declared.
        grant: A word of `Grant`.
        reason: In words: why it was denied, cannot be told, or is not needed.
        operation: The call that was made, `None` where none was.
        place: Account or scope; a collector leaves it out, for it knows one scope only.
    """

    permission: Permission
    grant: str
    reason: str | None = None
    operation: str | None = None
    place: str | None = None


@runtime_checkable
class TriesPermissions(Protocol):
    """A collector that can try what it declares."""

    def try_permissions(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of each declared permission, with at most one call of `visit.session` each.

        Raises:
            CollectorError: what leaves all the others unknown.
        """
        ...


@runtime_checkable
class TriesSignIn(Protocol):
    """A provider that can try what it declares itself: signing in, and asking what exists."""

    def try_sign_in(
        self,
        settings: Any,  # noqa: ANN401 - the provider's own settings type
        reaches: Sequence[Reach],
        budget: Budget,
    ) -> Iterator[Tried]:
        """Yield what came of each declared permission in each place where it is asked for.

        Raises:
            CollectorError: what leaves all the others unknown.
        """
        ...


def attempt(permission: Permission, operation: str, call: Callable[[], object]) -> Tried:
    """Make a call and return what it tells of a permission.

    Raises:
        CredentialsInvalid: nobody is signed in, so nothing else can be tried either.
        Cancelled: the visit should stop.
    """
    try:
        call()
    except (CredentialsInvalid, Cancelled):
        raise
    except AccessDenied as error:
        return Tried(permission, Grant.DENIED, error.message, operation)
    except CollectorError as error:
        return Tried(permission, Grant.UNKNOWN, error.message, operation)
    return Tried(permission, Grant.GRANTED, operation=operation)
