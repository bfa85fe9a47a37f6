"""The calls a server saw, as they were on the wire."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call: `index` counts from 0 over all calls of the server; `status` is the HTTP status.

    `status` is 0 where the connection was closed instead of an answer.
    """

    index: int
    account: str
    region: str
    service: str
    operation: str
    path: str
    status: int

    @property
    def name(self) -> str:
        """Qualified operation, for instance `apigateway:GetRestApis`."""
        return f"{self.service}:{self.operation}"


class CallLog:
    """Every call in the order of arrival, with the sums that tests ask for."""

    def __init__(self) -> None:
        self._calls: list[Call] = []

    def __iter__(self) -> Iterator[Call]:
        return iter(list(self._calls))

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, position: int) -> Call:
        return self._calls[position]

    def add(self, call: Call) -> None:
        """Keep a call."""
        self._calls.append(call)

    def clear(self) -> None:
        """Forget the calls so far; indexes go on."""
        self._calls.clear()

    def where(
        self,
        name: str | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
        status: int | None = None,
    ) -> list[Call]:
        """Give the calls that fit every given selector; `name` is `service:Operation` or `service`."""
        return [
            call
            for call in self
            if name in {None, call.name, call.service}
            and account in {None, call.account}
            and region in {None, call.region}
            and status in {None, call.status}
        ]

    def count(
        self,
        name: str | None = None,
        *,
        account: str | None = None,
        region: str | None = None,
        status: int | None = None,
    ) -> int:
        """Count the calls that fit every given selector."""
        return len(self.where(name, account=account, region=region, status=status))

    def by_operation(self) -> dict[str, int]:
        """Count calls by qualified operation."""
        return dict(Counter(call.name for call in self))

    @property
    def throttled(self) -> int:
        """Number of calls answered 429."""
        return self.count(status=429)
