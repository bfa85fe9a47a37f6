"""What collectors call through: metered, checked, limited to what each of them declares.

A session belongs to one reach. It makes one client per service, on first use, and closes them
all at the end: a client of every service, region and account would take 8 GB in a large estate.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from apiscape.collectors.aws.calls import Calls, Page
from apiscape.collectors.aws.errors import INTERNAL, Ended, not_signed_in
from apiscape.collectors.aws.metering import Meter
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.operations import whereabouts
from apiscape.collectors.aws.outward import is_nameless
from apiscape.collectors.aws.picking import Item
from apiscape.collectors.aws.regions import list_regions
from apiscape.collectors.aws.settings import AwsSettings, TagSettings
from apiscape.collectors.aws.sharing import SharedListing
from apiscape.collectors.aws.signin import SignIn, call_client
from apiscape.collectors.contract import (
    Budget,
    CollectorError,
    Permission,
    Unreachable,
    Unsupported,
)
from apiscape.model.run import Reach

Owned = tuple[str, str | None, str]
"""An account and a region, and a product that is visited there."""


class AwsSession:
    """A signed-in reach.

    Args:
        sign_in: Makes the identity, anew where temporary credentials ended before their time.
        reach: Account and region.
        budget: Taken from before every attempt.
        shared: Listings that other sessions of the reach may have read, by operation.
        visited: Accounts and regions that the source visits, as far as they are planned.
        elsewhere: What other sources visit, with their names.
    """

    def __init__(
        self,
        sign_in: Callable[[], SignIn],
        reach: Reach,
        budget: Budget,
        shared: Mapping[str, SharedListing] | None = None,
        *,
        visited: frozenset[tuple[str, str | None]] = frozenset(),
        elsewhere: Mapping[Owned, str] | None = None,
    ) -> None:
        self._renew = sign_in
        self._sign_in = sign_in()
        self._reach = reach
        self._budget = budget
        self._shared = shared or {}
        self._visited = visited
        self._elsewhere = elsewhere or {}
        self._takers: list[tuple[SharedListing, str]] = []
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._renewals = 0
        partition = self._sign_in.partition(reach.region or self._sign_in.home_regions[0])
        region = reach.region or partition.home
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

    def offers(self, service: str) -> bool | None:
        """Say whether a service is in this region, as the SDK knows; `None` where it knows none of its regions."""
        known = self._sign_in.regions_of(service, self.place.partition)
        return self.place.region in known if known else None

    def left_to(self, owner: Place, product: str) -> str | None:
        """Return why what another account shares is not told here: its owner is visited in this region.

        By this source, or by another one, which saw that account's objects of the product whole the last time.
        """
        if owner.account == self.place.account:
            return None
        if (owner.account, owner.region) in self._visited:
            return f"shared by account {owner.account}, which is visited"
        source = self._elsewhere.get((owner.account, owner.region, product))
        if source is None:
            return None
        return f"shared by account {owner.account}, which source {source} visits"

    def calls(self, permissions: tuple[Permission, ...]) -> Calls:
        """Return a way to call the operations that these permissions name, and no others."""
        return Calls(self, permissions)

    def endpoint(self, operation: str) -> str:
        """Return where the calls of an operation's service go."""
        return str(self._client(operation).meta.endpoint_url)

    def shared_pages(
        self,
        operation: str,
        taker: str,
        read: Callable[[], Iterable[Page]],
        check: Callable[[], None],
    ) -> Iterable[Page]:
        """Return the pages of a listing that several collectors of the reach need (`SharedListing.pages`)."""
        listing = self._shared.get(operation)
        if listing is None:
            return read()
        self._takers.append((listing, taker))
        return listing.pages(taker, read, check)

    def call(self, operation: str, permission: str | None, parameters: dict[str, object]) -> Item:
        """Make a call; once more where temporary credentials ended before their time.

        Raises:
            CollectorError: it failed.
        """
        renewals = self._renewals
        try:
            try:
                return self._ask(operation, permission, parameters)
            except Ended:
                self._start_anew(renewals)
                return self._ask(operation, permission, parameters)
        except Unreachable as error:
            raise self._lacks(error, operation) if is_nameless(error) else error from None
        except INTERNAL as error:
            raise self._resolve(error) from None

    def accepts(self, operation: str, member: str) -> bool:
        """Say whether the SDK knows a parameter of a call; where it does not, asking with it fails.

        Raises:
            CollectorError: the SDK knows no such call.
        """
        shape = self._shapes(operation).input_shape
        return shape is not None and member in shape.members

    def reads(self, operation: str, *members: str) -> bool:
        """Say whether the SDK passes on a nested member of an answer: an older one drops what it does not know.

        Raises:
            CollectorError: the SDK knows no such call.
        """
        shape = self._shapes(operation).output_shape
        for member in members:
            while shape is not None and shape.type_name == "list":
                shape = shape.member
            shape = getattr(shape, "members", {}).get(member)
        return shape is not None

    def close(self) -> None:
        """Close every client, and keep no listing for others; the session may be used again."""
        while self._takers:
            listing, taker = self._takers.pop()
            listing.forget(taker)
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

    def _ask(self, operation: str, permission: str | None, parameters: dict[str, object]) -> Item:
        where = whereabouts(operation, self._reach.account, self.place.region)
        client = self._client(operation)
        return call_client(client, operation, permission, parameters, where=where)

    def _shapes(self, operation: str) -> Any:  # noqa: ANN401 - the SDK's own type
        """Return the SDK's model of a call."""
        model = self._client(operation).meta.service_model
        return model.operation_model(operation.partition(":")[2])

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
                self._sign_in.forget()
                self._sign_in = self._renew()
                self._clients = {}
                self._renewals += 1

    def _lacks(self, error: CollectorError, operation: str) -> CollectorError:
        """Return that a service is not offered, where its host is not found and the SDK's data knows none either."""
        offered = self._sign_in.offers(operation.partition(":")[0], self.place.region)
        return error if offered else Unsupported(error.message, operation=error.operation)

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
        absent = Unsupported(
            f"region {self.place.region} is not enabled for account {self.place.account}",
            operation=error.operation,
        )
        absent.next_step = "take it out of `regions`, or enable it for the account"
        return absent
