"""What is read of a cluster, and who reads it: resources and the families that they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol, TypeVar

import msgspec

from apiscape.collectors.kubernetes.exposed import Stated
from apiscape.collectors.kubernetes.objects import Thing

PROVIDER = "kubernetes"
PRODUCT = "kubernetes.gateways"

T = TypeVar("T")

Values = Callable[[Any], Iterable[str]]
"""Of an object, the values that it is found by in an index."""


class Role(StrEnum):
    """What objects of a resource are read for."""

    ROUTE = "route"
    """Each is one API, or several."""
    GATEWAY = "gateway"
    """Each serves APIs."""
    CONSUMER = "consumer"
    """Each is somebody who calls APIs."""
    SUPPORT = "support"
    """Read for what refers to it: a Service, a policy, a namespace."""


class Resource(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """A resource that is read.

    Attributes:
        group, plural: What it is called; never its kind, which several groups may have.
        kind: In the words of its group (`HTTPRoute`).
        versions: Those that can be read, the one to be asked for first before the others.
        is_namespaced: Whether its objects are in namespaces.
        type: What is decoded of an object.
        pick: Makes of a decoded object what is kept of it, at once, where that is not the same.
            What it is told of no more is not kept anywhere.
        indexes: By name, how objects are found by something else than what they are called.
        reveals: What nobody can say without it.
    """

    group: str
    plural: str
    kind: str
    versions: tuple[str, ...]
    type: type[Thing]
    role: Role = Role.SUPPORT
    is_namespaced: bool = True
    pick: Callable[[Any], Thing] | None = None
    indexes: Mapping[str, Values] = msgspec.field(default_factory=dict)
    reveals: str = ""

    @cached_property
    def name(self) -> str:
        """What its part is called: `httproutes.gateway.networking.k8s.io`, `services`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @cached_property
    def path(self) -> str:
        """What it is called in native ids: `gateway.networking.k8s.io/httproutes`, `services`."""
        return f"{self.group}/{self.plural}" if self.group else self.plural


def declared(
    name: str,
    kind: str,
    of: type[Thing],
    *versions: str,
    reveals: str,
    role: Role = Role.SUPPORT,
    is_namespaced: bool = True,
    indexes: Mapping[str, Values] | None = None,
) -> Resource:
    """Return a resource by its name: `httproutes.gateway.networking.k8s.io`, `services`."""
    plural, _, group = name.partition(".")
    return Resource(
        group=group,
        plural=plural,
        kind=kind,
        versions=versions,
        type=of,
        role=role,
        is_namespaced=is_namespaced,
        indexes=indexes or {},
        reveals=reveals,
    )


class Look(Protocol):
    """What somebody may look at to say what an object exposes; whatever changes of it, they are asked again."""

    def get(self, resource: str, key: str) -> Any | None:  # noqa: ANN401 - of the resource's own type
        """Return an object by its resource's name and its own key (`namespace/name`)."""
        ...

    def those(self, resource: str, index: str, value: str) -> Iterable[Any]:
        """Yield the objects that an index has under a value, in the order of their keys."""
        ...

    def all(self, resource: str) -> Iterable[Any]:
        """Yield every object of a resource, in the order of their keys; dear where there are many."""
        ...

    def has(self, resource: str) -> bool:
        """Say whether there is any object of a resource."""
        ...

    def once(self, name: str, key: str, work: Callable[[Look], T]) -> T:
        """Return what work gives that is the same for all who ask for it by this name and key.

        It is done anew once anything that it looked at has changed.
        """
        ...

    def sees(self, resource: str, namespace: str | None = None) -> bool:
        """Say whether all of it was read, or is known not to be installed; else nothing follows from absence.

        Where some namespaces alone may be read, all of it never was; of one of them, if it is named.
        """
        ...


class Family(Protocol):
    """Reads some resources: those of one gateway, or of one standard."""

    name: str
    resources: tuple[Resource, ...]

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Stated]:  # noqa: ANN401 - of the resource's own type
        """Yield what an object exposes, serves by, or who it is that calls; pure but for what it looks at.

        Asked of objects of its own resources that are read for themselves, not for what refers to them.
        """
        ...
