"""All that is read of a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.contract import Permission
from apiscape.collectors.kubernetes.core import CORE
from apiscape.collectors.kubernetes.gatewayapi.family import GatewayApi
from apiscape.collectors.kubernetes.policies.effective import POLICIES
from apiscape.collectors.kubernetes.resource import Family, Resource, Role

FAMILIES: tuple[Family, ...] = (GatewayApi(),)

_ORDER = (Role.SUPPORT, Role.GATEWAY, Role.ROUTE)


class Reads:
    """What is read, and by whom.

    Args:
        families: Beside what every family leans on.
    """

    def __init__(self, families: Iterable[Family]) -> None:
        self._owners: dict[str, Family] = {}
        found: dict[str, Resource] = {each.name: each for each in (*CORE, *POLICIES)}
        for family in families:
            for each in family.resources:
                found.setdefault(each.name, each)
                self._owners.setdefault(each.name, family)
        self.resources: tuple[Resource, ...] = tuple(
            sorted(found.values(), key=lambda each: _ORDER.index(each.role))
        )

    def owner(self, resource: Resource) -> Family | None:
        """Return who says what objects of a resource expose; nobody does of what is read for others."""
        return None if resource.role is Role.SUPPORT else self._owners[resource.name]


def permissions(resources: Iterable[Resource]) -> Iterator[Permission]:
    """Yield what is asked for: to list and to watch, and nothing else."""
    for each in resources:
        yield Permission(
            action=f"list,watch {each.name}",
            operations=(f"list {each.name}", f"watch {each.name}"),
            reveals=each.reveals,
            optional=each.role is Role.SUPPORT,
        )
