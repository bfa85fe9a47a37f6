"""Optional parts of what providers and collectors are: their reaches, and the products that span them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol, runtime_checkable

from apiscape.model.run import Scope


@runtime_checkable
class CountsReaches(Protocol):
    """A provider whose reaches are not of accounts: in its own word (`cluster`, `subscription`)."""

    unit: ClassVar[str]


@runtime_checkable
class LeavesToOwners(Protocol):
    """A provider of whose objects some are shown in a reach that another one owns: its owner's scope tells them.

    `shared_products` are the products that have such objects.
    """

    shared_products: ClassVar[tuple[str, ...]]

    def leave_to(self, visited: Iterable[Scope]) -> None:
        """Know which scopes of these products other sources visit, and saw whole the last time."""
        ...


@runtime_checkable
class SpansReaches(Protocol):
    """A collector whose product belongs to an account, not to one of its reaches.

    Where `once_per_account` is true, it is visited in one scope an account, whose reach has no region.
    """

    once_per_account: ClassVar[bool]


@runtime_checkable
class LeadsToApis(Protocol):
    """A collector of front doors, each of which asks callers for something, or for less than another does.

    Where `tells_front_doors` is true, nobody can say that APIs are reached by no other name as long as
    its listing was not read whole.
    """

    tells_front_doors: ClassVar[bool]


@runtime_checkable
class LeadsWithinReach(Protocol):
    """A collector of front doors that lead to nothing but APIs of the reach in which they are listed.

    `leads_only_to` are the products of those APIs, `door_kind` the native kind of the front doors. Of others
    any may lead to any address, so that one listing of those that falls short leaves everything open.
    """

    leads_only_to: ClassVar[tuple[str, ...]]
    door_kind: ClassVar[str]


@runtime_checkable
class MakesHosts(Protocol):
    """A collector of what its service makes hosts for, of a form that no other service's have.

    `generated_hosts` are expressions for a whole host in lower case, with the group `region` where it
    names its region and `native` where it names the last piece of a native API's id. Who has none of
    them in a region was not made there, or was let go.
    """

    generated_hosts: ClassVar[tuple[str, ...]]
