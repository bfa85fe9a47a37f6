"""Front doors that know what they lead to by its address only: a network of caches, a name in DNS. Pure.

The address leads to whatever deployment answers at its host, in whatever account or cloud that is; or to
another front door, and through it to what that one leads to. Only names that mean the same to everybody
are followed: a name of a private network may be another machine's in the next one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

from apiscape.model.entity import Entity
from apiscape.model.projection import below, beyond, host_of
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import is_known

LONGEST_CHAIN = 5
"""Front doors behind each other that are followed: a name, a cache, a domain, and some to spare."""

_OF_ONE_NETWORK = frozenset(
    {"internal", "local", "localhost", "svc", "test", "lan", "home", "corp"}
)


class Lead(Entity, frozen=True):
    """Where one way through a front door ends: a stage of a native API, or an address.

    Attributes:
        door: The front door that it begins at.
        url: What a caller types there; `None` where the address alone does not lead through.
        native_api_id, stage: What it ends at, in the words of `account` and `provider`.
        origin: The address that it ends at, where nothing more is known of its end.
    """

    door: FrontDoor
    url: str | None
    provider: str
    account: str
    native_api_id: str | None = None
    stage: str | None = None
    origin: str | None = None


def is_public_name(host: str) -> bool:
    """Say whether a host means the same machine to everybody: a name of the public DNS."""
    name = host.partition(":")[0].rstrip(".")
    if "." not in name or name.rpartition(".")[2] in _OF_ONE_NETWORK:
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return True
    return False


def leads(doors: Iterable[FrontDoor]) -> Iterator[Lead]:
    """Yield every way through front doors: to its end, and through the doors behind each other."""
    held = tuple(doors)
    by_host: dict[str, list[FrontDoor]] = {}
    for door in held:
        by_host.setdefault(host_of(door.endpoint.url), []).append(door)
    for door in held:
        yield from _leads(door, by_host, frozenset())


def _leads(
    door: FrontDoor, by_host: dict[str, list[FrontDoor]], passed: frozenset[str]
) -> Iterator[Lead]:
    if not is_known(door.routes) or door.endpoint.enabled is False:
        return
    for route in door.routes:
        url = below(door.endpoint.url, route.base_path) if route.condition is None else None
        if route.native_api_id is not None:
            yield Lead(
                door, url, door.provider, door.account, route.native_api_id, stage=route.stage
            )
        elif route.origin is not None and is_public_name(host_of(route.origin)):
            yield Lead(door, url, door.provider, door.account, origin=route.origin)
            if len(passed) < LONGEST_CHAIN:
                yield from _through(door, route, url, by_host, passed | {door.uid})


def _through(
    door: FrontDoor,
    route: FrontDoorRoute,
    url: str | None,
    by_host: dict[str, list[FrontDoor]],
    passed: frozenset[str],
) -> Iterator[Lead]:
    """Yield the ways that go on through the front doors which a route asks."""
    origin = route.origin or ""
    for other in by_host.get(host_of(origin), ()):
        if other.uid in passed:
            continue
        for lead in _leads(other, by_host, passed):
            added = "" if lead.url is None else beyond(origin, lead.url)
            if added is None:
                continue
            typed = None if url is None or lead.url is None else below(url, added)
            yield Lead(
                door,
                typed,
                lead.provider,
                lead.account,
                lead.native_api_id,
                stage=lead.stage,
                origin=lead.origin,
            )
