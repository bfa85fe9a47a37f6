"""From a deployment to its row: the flat facts that lists, views and screens are made of. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.model.deployment import Deployment, Operation
from apiscape.model.row import Deep, Row
from apiscape.model.run import Scope
from apiscape.model.security import Security, summarise_requirement
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN, Unknown, is_known
from apiscape.model.vocabulary import Requirement, TlsMode


def project(item: Deployment, scope: Scope) -> Row:
    """Return the row of a deployment: its facts, without presence, freshness and conclusions."""
    counted = guarded(item.operations)
    asked = _securities(counted) if is_known(counted) else UNKNOWN
    return Row(
        uid=item.uid,
        name=item.name,
        title=item.title,
        style=item.style,
        provider=item.provider,
        product=item.product,
        source=scope.source,
        scope=scope.key,
        account=item.account,
        region=item.region,
        gateway=item.gateway,
        environment=item.environment,
        stage=item.stage,
        version=item.version,
        status=item.status,
        native_id=item.native_id,
        endpoints=addresses(item),
        operations=len(item.operations) if is_known(item.operations) else UNKNOWN,
        unauthenticated=count_unauthenticated(counted),
        auth=summarise_requirement(asked) if is_known(asked) else Requirement.UNKNOWN,
        schemes=_schemes(asked) if is_known(asked) else UNKNOWN,
        exposure=item.exposure,
        lifecycle=item.lifecycle,
        owners=tuple(owner.name for owner in item.owners) if is_known(item.owners) else UNKNOWN,
        spec=_spec(item),
        consumers=item.consumers,
        rate_limit=item.protections.rate_limit,
        tls=_tls(item),
    )


def deepen(item: Deployment) -> Deep:
    """Return what only the store is asked for: paths, backends and tags of a deployment."""
    return Deep(
        paths=_distinct([operation.template for operation in item.operations])
        if is_known(item.operations)
        else UNKNOWN,
        backends=_distinct(
            [each.address for each in item.backends if isinstance(each.address, str)]
        )
        if is_known(item.backends)
        else UNKNOWN,
        labels=tuple([f"{key}={value}" for key, value in sorted(item.labels.items())])
        if is_known(item.labels)
        else UNKNOWN,
    )


def guarded(operations: tuple[Operation, ...] | Unknown) -> tuple[Operation, ...] | Unknown:
    """Return the operations whose protection counts: all but preflights that the gateway answers itself."""
    if not is_known(operations):
        return UNKNOWN
    return tuple([operation for operation in operations if not operation.preflight])


def count_unauthenticated(operations: tuple[Operation, ...] | Unknown) -> int | Unknown:
    """Return how many operations ask a caller for nothing; unknown as soon as one of them is unknown."""
    if not is_known(operations):
        return UNKNOWN
    words = [operation.security.requirement for operation in operations]
    return UNKNOWN if Requirement.UNKNOWN in words else words.count(Requirement.NONE)


def addresses(item: Deployment) -> tuple[str, ...] | Unknown:
    """Return the URLs that a deployment answers at itself; those it was told not to serve are left out."""
    if not is_known(item.endpoints):
        return UNKNOWN
    return tuple([each.url for each in item.endpoints if each.enabled is not False])


def _tls(item: Deployment) -> tuple[str, ...] | Unknown:
    """Return who ends TLS at the addresses that are served; unknown as soon as it is of one of them."""
    if not is_known(item.endpoints):
        return UNKNOWN
    modes = {endpoint.tls_mode for endpoint in item.endpoints if endpoint.enabled is not False}
    return UNKNOWN if TlsMode.UNKNOWN in modes else _distinct(modes)


def routes_to(door: FrontDoor, item: Deployment) -> tuple[FrontDoorRoute, ...]:
    """Return the routes of a front door that lead to a deployment, as far as they are known.

    By its id, or by an address that it answers at itself; through no other front door.
    """
    if not is_known(door.routes):
        return ()
    return tuple(route for route in door.routes if _leads_to(route, door, item))


def _leads_to(route: FrontDoorRoute, door: FrontDoor, item: Deployment) -> bool:
    if route.native_api_id is not None:
        same = door.account == item.account and route.native_api_id == item.native_api_id
        return same and route.stage in {None, item.stage}
    own, origin = addresses(item), route.origin
    if origin is None or not is_known(own):
        return False
    return any(beyond(origin, url) is not None for url in own)


def below(url: str, base_path: str) -> str:
    """Return an address below another: `https://api.example` and `/v1/` give `https://api.example/v1`."""
    path = base_path.strip("/")
    return f"{url.rstrip('/')}/{path}" if path else url


def host_of(url: str) -> str:
    """Return the host and port of a normalised address."""
    return url.partition("://")[2].partition("/")[0]


def beyond(origin: str, url: str) -> str | None:
    """Return what a caller adds behind an address that a front door asks to get at another one.

    `https://h/api` and `https://h/api/v1` give `/v1`, the other way round nothing is added. `None`
    where one has nothing to do with the other: another host, or paths that part.
    """
    if host_of(origin) != host_of(url):
        return None
    asked, own = (
        f"/{each.partition('://')[2].partition('/')[2]}".rstrip("/") for each in (origin, url)
    )
    if f"{own}/".startswith(f"{asked}/"):
        return own[len(asked) :]
    return "" if f"{asked}/".startswith(f"{own}/") else None


def _schemes(asked: Iterable[Security]) -> tuple[str, ...]:
    return _distinct([scheme.kind for security in asked for scheme in security.schemes])


def _securities(operations: tuple[Operation, ...]) -> tuple[Security, ...]:
    """Return what operations ask of a caller; an object that several of them have counts once."""
    return tuple({id(item.security): item.security for item in operations}.values())


def _spec(item: Deployment) -> str | Unknown | None:
    if not is_known(item.specs):
        return UNKNOWN
    if not item.specs:
        return None
    first = item.specs[0]
    return f"{first.format} {first.format_version}" if first.format_version else first.format


def _distinct(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))
