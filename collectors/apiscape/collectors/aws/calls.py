"""The calls of one collector: only what it declares, listings to their end, documents whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any, Protocol

import msgspec

from apiscape.collectors.aws.errors import GivenUp, Refused
from apiscape.collectors.aws.operations import needed_permission
from apiscape.collectors.aws.paging import Paging, listed_of, paging_of
from apiscape.collectors.aws.picking import Item, flag, text
from apiscape.collectors.contract import CollectorError, Malformed, Permission, Unreachable

DOCUMENTS = {"appsync:GetIntrospectionSchema": "schema"}
"""What an answer calls its document, where that is not `body`."""

PIECE_BYTES = 65_536
"""How much of a document is read at a time."""

IDLE_PAGES = 5
"""Pages in a row that bring nothing new before a listing is taken to have no end."""


class Page(msgspec.Struct, frozen=True, gc=False):
    """A page of a listing; `last` only where the service said that there is no other."""

    items: tuple[Item, ...]
    last: bool


class Session(Protocol):
    """As much of a session as calls go through."""

    def call(self, operation: str, permission: str | None, parameters: dict[str, object]) -> Item:
        """Make a call."""
        ...


class Calls:
    """The calls of one collector: those that it declares, each with the permission it needs."""

    def __init__(self, session: Session, permissions: tuple[Permission, ...]) -> None:
        self._session = session
        self._permissions = permissions
        self._allowed = {name for permission in permissions for name in permission.operations}
        self._answered: set[str] = set()
        self._given_up: dict[str, str] = {}
        self._tried: set[str] = set()
        self._trying = threading.Lock()

    def call(self, operation: str, **parameters: object) -> Item:
        """Call `service:Operation`.

        Raises:
            GivenUp: it was given up in this visit.
            CollectorError: it is not declared, or it failed.
        """
        if operation not in self._allowed:
            raise CollectorError(f"{operation} is not declared", operation=operation)
        if operation in self._given_up:
            raise GivenUp(self._given_up[operation], operation=operation)
        permission = needed_permission(operation, self._permissions)
        return self._session.call(operation, permission, parameters)

    @contextmanager
    def first_alone(self, operation: str) -> Iterator[None]:
        """Let the first attempt at an operation end before any other begins: it may give it up for all."""
        if operation not in self._tried:
            with self._trying:
                if operation not in self._tried:
                    try:
                        yield
                    finally:
                        self._tried.add(operation)
                    return
        yield

    def trust(self, operation: str) -> None:
        """Say that an operation gave what it was asked for: it is never given up."""
        self._answered.add(operation)

    def give_up(self, operation: str, reason: str) -> bool:
        """Make no more calls of an operation that the endpoint does not offer, unless it once did.

        Returns:
            Whether it is given up now.
        """
        if operation not in self._answered:
            self._given_up[operation] = reason
        return operation in self._given_up

    def pages(self, operation: str, **parameters: object) -> Iterator[Page]:
        """Yield the pages of a listing to its end.

        Raises:
            Malformed: the listing turns in a circle, has no end, does not say where it goes on, or is
                none at all.
            CollectorError: a call failed.
        """
        paging = paging_of(operation)
        answer, size = self._first_page(operation, paging, parameters)
        seen: set[str] = set()
        known: set[str] = set()
        idle = 0
        while True:
            held = paging.page_of(answer)
            token = text(held, paging.token_out)
            page = paging.items_of(held, operation)
            ends = token is None and not flag(held, "IsTruncated")
            yield Page(page, last=ends)
            if ends:
                return
            fresh = {repr(item) for item in page} - known
            idle = 0 if fresh else idle + 1
            if token is None or token in seen or idle >= IDLE_PAGES:
                raise Malformed(f"the listing of {operation} has no end", operation=operation)
            seen.add(token)
            known |= fresh
            answer = self.call(operation, **parameters, **size, **{paging.token_in: token})

    def everything(self, operation: str, **parameters: object) -> tuple[Item, ...]:
        """Return all items of a listing.

        Raises:
            CollectorError: it could not be read to its end.
        """
        return tuple(item for page in self.pages(operation, **parameters) for item in page.items)

    def listed(self, operation: str, member: str, **parameters: object) -> tuple[Item, ...]:
        """Return the items of a listing that has no pages.

        Raises:
            Malformed: the answer has no such list.
            CollectorError: the call failed.
        """
        return listed_of(self.call(operation, **parameters), member, operation)

    def read(self, operation: str, *, limit_bytes: int, **parameters: object) -> bytes:
        """Return the document that a call answers with.

        It is asked for once more where it breaks off: the SDK repeats calls, but no bodies.

        Raises:
            Refused: it is larger than the limit.
            Unreachable: it broke off both times.
            CollectorError: the call failed.
        """
        body = self._read_once(operation, limit_bytes, parameters)
        if body is None:
            body = self._read_once(operation, limit_bytes, parameters)
        if body is None:
            raise Unreachable(f"the document of {operation} broke off", operation=operation)
        if len(body) > limit_bytes:
            raise Refused(
                f"the document of {operation} is larger than {limit_bytes} bytes",
                operation=operation,
            )
        return body

    def _read_once(
        self, operation: str, limit_bytes: int, parameters: dict[str, object]
    ) -> bytes | None:
        """Return the document, a little more than its limit at most, or `None` where it breaks off."""
        member = DOCUMENTS.get(operation, "body")
        with closing(self.call(operation, **parameters)[member]) as stream:
            try:
                return _read_whole(stream, limit_bytes)
            except _body_errors():
                return None

    def _first_page(
        self, operation: str, paging: Paging, parameters: dict[str, object]
    ) -> tuple[Item, dict[str, object]]:
        try:
            return self.call(operation, **parameters, **paging.size), paging.size
        except Refused:
            return self.call(operation, **parameters), {}


def _read_whole(stream: Any, limit_bytes: int) -> bytes:  # noqa: ANN401 - the SDK's own type
    """Return a document, or a little more than the limit of it.

    Piecewise, for only at its end the SDK says whether it broke off.
    """
    pieces: list[bytes] = []
    size = 0
    while size <= limit_bytes:
        piece = stream.read(PIECE_BYTES)
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _body_errors() -> tuple[type[Exception], ...]:
    from botocore.exceptions import BotoCoreError

    return (BotoCoreError, OSError)
