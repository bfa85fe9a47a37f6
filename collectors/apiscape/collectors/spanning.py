"""Products that know no regions."""

from __future__ import annotations

from typing import ClassVar, Protocol, runtime_checkable


@runtime_checkable
class SpansReaches(Protocol):
    """A collector whose product belongs to an account, not to one of its reaches.

    Where `once_per_account` is true, it is visited in one scope an account, whose reach has no region.
    """

    once_per_account: ClassVar[bool]
