"""Front doors that know what they lead to by its address only: a network of caches, a name in DNS. Pure.

The address leads to whatever deployment answers at its host, in whatever account or cloud that is; or to
another front door, and through it to what that one leads to. Only names that mean the same to everybody
are followed: a name of a private network may be another machine's in the next one.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.projection import below, beyond, host_of
from apiscape.model.surroundings import FrontDoor
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
        sends: Names of headers that the front door adds.
        asks_address: Whether the front door asks another address, and is none of the API's gateway itself.
    """

    door: FrontDoor
    url: str | None
    provider: str
    account: str
    native_api_id: str | None = None
    stage: str | None = None
    origin: str | None = None
    sends: tuple[str, ...] = ()
    asks_address: bool = False


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
        for host in dict.fromkeys((host_of(door.endpoint.url), *door.answers_at)):
            by_host.setdefault(host, []).append(door)
    for door in held:
        yield from _leads(door, by_host, _Way(host_of(door.endpoint.url)))


class _Way(Entity, frozen=True):
    """How far a way has come: the host that its request names, and the front doors that it passed."""

    host: str
    passed: frozenset[str] = frozenset()


def _leads(door: FrontDoor, by_host: dict[str, list[FrontDoor]], way: _Way) -> Iterator[Lead]:
    if not is_known(door.routes) or door.endpoint.enabled is False:
        return
    for route in door.routes:
        url = below(door.endpoint.url, route.base_path) if route.condition is None else None
        if route.native_api_id is not None:
            yield Lead(
                door, url, door.provider, door.account, route.native_api_id, stage=route.stage
            )
        elif route.origin is not None and is_public_name(host_of(route.origin)):
            here = Lead(
                door,
                url,
                door.provider,
                door.account,
                origin=route.origin,
                sends=route.sends,
                asks_address=True,
            )
            yield here
            if len(way.passed) < LONGEST_CHAIN:
                yield from _through(here, by_host, way)


def _through(here: Lead, by_host: dict[str, list[FrontDoor]], way: _Way) -> Iterator[Lead]:
    """Yield the ways that go on through the front doors which a route asks."""
    origin, door = here.origin or "", here.door
    asked = way.host if door.is_name else host_of(origin)
    passed = way.passed | {door.uid}
    for other in by_host.get(host_of(origin), ()):
        if other.uid in passed or not (other.is_name or _takes(other, (asked, way.host))):
            continue
        for lead in _leads(other, by_host, _Way(asked, passed)):
            added = "" if lead.url is None else beyond(origin, _at(lead.url, host_of(origin)))
            if added is None:
                continue
            typed = None if here.url is None or lead.url is None else below(here.url, added)
            yield msgspec.structs.replace(
                lead, door=door, url=typed, sends=here.sends, asks_address=True
            )


def _takes(door: FrontDoor, hosts: Iterable[str]) -> bool:
    """Say whether a front door takes requests that name one of some hosts; a star stands for one label."""
    own = host_of(door.endpoint.url)
    return any(own in {host, f"*.{host.partition('.')[2]}"} for host in hosts)


def _at(url: str, host: str) -> str:
    """Return an address at another host."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{host}/{rest.partition('/')[2]}"
