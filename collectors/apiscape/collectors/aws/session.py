"""What collectors call through: metered, checked, limited to what each of them declares.

A session belongs to one reach. It makes one client per service, on first use, and closes them
all at the end: a client of every service, region and account would take 8 GB in a large estate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

import msgspec

from apiscape.collectors.aws.errors import INTERNAL, Ended, Refused, not_signed_in
from apiscape.collectors.aws.metering import Meter
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import needed_permission
from apiscape.collectors.aws.picking import Item, items, text
from apiscape.collectors.aws.regions import list_regions
from apiscape.collectors.aws.settings import AwsSettings, TagSettings
from apiscape.collectors.aws.signin import SignIn, call_client
from apiscape.collectors.contract import (
    Budget,
    CollectorError,
    Malformed,
    Permission,
    Unreachable,
    Unsupported,
)
from apiscape.model.run import Reach

T = TypeVar("T")

PIECE_BYTES = 65_536
IDLE_PAGES = 5
"""Pages in a row that bring nothing new before a listing is taken to have no end."""


class Paging(msgspec.Struct, frozen=True, gc=False):
    """How a service pages: token members, size member with its value, and the list's member."""

    token_in: str
    token_out: str
    size: dict[str, object]
    listed: str


PAGING = {
    "apigateway": Paging("position", "position", {"limit": 500}, "items"),
    "apigatewayv2": Paging("NextToken", "NextToken", {"MaxResults": "500"}, "Items"),
}
"""Largest pages. For v2 none is documented: where ours is refused, the service's default is taken."""


class Page(msgspec.Struct, frozen=True, gc=False):
    """A page of a listing; `last` only where the service said that there is no other."""

    items: tuple[Item, ...]
    last: bool


class AwsSession:
    """A signed-in reach.

    Args:
        sign_in: Makes the identity, anew where temporary credentials ended before their time.
        reach: Account and region.
        budget: Taken from before every attempt.
    """

    def __init__(self, sign_in: Callable[[], SignIn], reach: Reach, budget: Budget) -> None:
        self._renew = sign_in
        self._sign_in = sign_in()
        self._reach = reach
        self._budget = budget
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._renewals = 0
        region = reach.region or self._sign_in.home_regions[0]
        partition = self._sign_in.partition(region)
        self.place = Place(
            partition=partition.name,
            account=reach.account,
            region=region,
            dns_suffix=partition.dns_suffix,
            title=reach.title,
        )

    @property
    def settings(self) -> AwsSettings:
        """The source's settings."""
        return self._sign_in.settings

    @property
    def tags(self) -> TagSettings:
        """Which tags say what."""
        return self.settings.tags

    def calls(self, permissions: tuple[Permission, ...]) -> Calls:
        """Return a way to call the operations that these permissions name, and no others."""
        return Calls(self, permissions)

    def call(self, operation: str, permission: str | None, parameters: dict[str, object]) -> Item:
        """Make a call; once more where temporary credentials ended before their time.

        Raises:
            CollectorError: it failed.
        """
        renewals = self._renewals
        try:
            try:
                return call_client(self._client(operation), operation, permission, parameters)
            except Ended:
                self._start_anew(renewals)
                return call_client(self._client(operation), operation, permission, parameters)
        except INTERNAL as error:
            raise self._resolve(error) from None

    def close(self) -> None:
        """Close every client; the session may be used again."""
        with self._lock:
            clients, self._clients = list(self._clients.values()), {}
        for client in clients:
            client.close()

    def __enter__(self) -> Self:
        """Return itself, to be closed at the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every client."""
        self.close()

    def _client(self, operation: str) -> Any:  # noqa: ANN401 - made at run time
        service = operation.partition(":")[0]
        with self._lock:
            if service not in self._clients:
                client = self._sign_in.client(service, self.place.region)
                meter = Meter(self._budget, service, self._reach.account, self.place.region)
                meter.attach(client)
                self._clients[service] = client
            return self._clients[service]

    def _start_anew(self, renewals: int) -> None:
        """Sign in again, unless another thread already did."""
        with self._lock:
            if renewals == self._renewals:
                self._sign_in = self._renew()
                self._clients = {}
                self._renewals += 1

    def _resolve(self, error: CollectorError) -> CollectorError:
        """Tell a region that is not enabled from credentials that are wrong, by asking the account."""
        wrong = not_signed_in(error)
        if isinstance(error, Ended):
            return wrong
        try:
            enabled = list_regions(self._sign_in)
        except CollectorError:
            return wrong
        if self.place.region in enabled:
            return wrong
        return Unsupported(
            f"region {self.place.region} is not enabled for account {self.place.account}",
            operation=error.operation,
        )


class Calls:
    """The calls of one collector: those that it declares, each with the permission it needs."""

    def __init__(self, session: AwsSession, permissions: tuple[Permission, ...]) -> None:
        self._session = session
        self._permissions = permissions
        self._allowed = {name for permission in permissions for name in permission.operations}
        self._answered: set[str] = set()
        self._given_up: dict[str, str] = {}

    def call(self, operation: str, **parameters: object) -> Item:
        """Call `service:Operation`.

        Raises:
            Refused: it was given up in this visit.
            CollectorError: it is not declared, or it failed.
        """
        if operation not in self._allowed:
            raise CollectorError(f"{operation} is not declared", operation=operation)
        if operation in self._given_up:
            raise Refused(self._given_up[operation], operation=operation)
        permission = needed_permission(operation, self._permissions)
        return self._session.call(operation, permission, parameters)

    def trust(self, operation: str) -> None:
        """Say that an operation gave what it was asked for: it is never given up."""
        self._answered.add(operation)

    def give_up(self, operation: str, reason: str) -> None:
        """Make no more calls of an operation that the endpoint does not offer, unless it once did."""
        if operation not in self._answered:
            self._given_up[operation] = reason

    def pages(self, operation: str, **parameters: object) -> Iterator[Page]:
        """Yield the pages of a listing to its end.

        Raises:
            Malformed: the listing turns in a circle, or has no end.
            CollectorError: a call failed.
        """
        paging = PAGING[operation.partition(":")[0]]
        answer, size = self._first_page(operation, paging, parameters)
        seen: set[str] = set()
        known: set[str] = set()
        idle = 0
        while True:
            token = text(answer, paging.token_out)
            page = items(answer, paging.listed)
            yield Page(page, last=token is None)
            if token is None:
                return
            fresh = {repr(item) for item in page} - known
            idle = 0 if fresh else idle + 1
            if token in seen or idle >= IDLE_PAGES:
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
        stream = self.call(operation, **parameters)["body"]
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
