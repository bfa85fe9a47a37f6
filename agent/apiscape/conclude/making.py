"""Load balancers of a cloud that a cluster's controller made: which stands before what the cluster serves. Pure.

Both sides say a name (`STACKS`), which another cluster may give as well, and the host that the cloud made, which is one
load balancer's alone. Only where both agree is one known to stand before the other.
"""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.projection import host_of
from apiscape.model.surroundings import BALANCER_HOST, STACKS, FrontDoor
from apiscape.model.values import is_known


class Making(Entity, frozen=True):
    """The load balancers that stand before something in a cluster.

    Attributes:
        certain: Those of which the name and the host agree; `evidence`: on what that rests, in words.
        doubts: Why others may be, in words.
    """

    certain: tuple[FrontDoor, ...] = ()
    evidence: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


_NONE = Making()


def by_stack(doors: Iterable[FrontDoor]) -> dict[str, tuple[FrontDoor, ...]]:
    """Return the load balancers that controllers made, by what they are called in their clusters."""
    found: dict[str, list[FrontDoor]] = {}
    for door in doors:
        stack = stack_of(door)
        if stack is not None:
            found.setdefault(stack, []).append(door)
    return {stack: tuple(each) for stack, each in found.items()}


def stack_of(item: FrontDoor | Deployment) -> str | None:
    """Return what the load balancer of a cluster is called there, by its own labels or by those of what it serves.

    With the label that says it (`label=namespace/name`): an Ingress and a Gateway may be called alike.
    """
    labels = item.labels if is_known(item.labels) else {}
    return next((f"{label}={labels[label]}" for label in STACKS if labels.get(label)), None)


def read_making(item: Deployment, balancers: dict[str, tuple[FrontDoor, ...]]) -> Making:
    """Return which load balancers stand before something that a cluster serves."""
    if not balancers or not is_known(item.labels):
        return _NONE
    stack, host = stack_of(item), item.labels.get(BALANCER_HOST)
    named = balancers.get(stack, ()) if stack else ()
    others = [door for door in named if door.provider != item.provider]
    certain = tuple(door for door in others if host_of(door.endpoint.url) == host)
    if certain:
        words = (
            f"served by load balancer {door.name}: both say {host} and {_called(stack)}"
            for door in certain
        )
        return Making(certain=certain, evidence=tuple(words))
    return Making(doubts=tuple(_doubt(door, stack, host) for door in others))


def _doubt(door: FrontDoor, stack: str | None, host: str | None) -> str:
    why = "the cluster names no host" if host is None else f"the cluster names {host}"
    return f"load balancer {door.name} may stand before it: both say {_called(stack)}, but {why}"


def _called(stack: str | None) -> str:
    """Return what a load balancer is called, without the label that says it."""
    return (stack or "").partition("=")[2]
