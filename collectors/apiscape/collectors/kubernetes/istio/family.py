"""VirtualServices of Istio: one API for each gateway that they are bound to, and one within the mesh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from apiscape.collectors.kubernetes.exposed import (
    Address,
    Condition,
    Exposed,
    Reached,
    Served,
)
from apiscape.collectors.kubernetes.istio.asking import at_gateway, in_mesh
from apiscape.collectors.kubernetes.istio.binding import Binding, bindings
from apiscape.collectors.kubernetes.istio.kinds import Gateway, VirtualService
from apiscape.collectors.kubernetes.istio.resources import (
    ENTRIES,
    GATEWAYS,
    OF_HOST,
    RESOURCES,
    full_host,
)
from apiscape.collectors.kubernetes.istio.routing import MESH, Bound, bound_to, is_exported
from apiscape.collectors.kubernetes.istio.ruling import Ruling, ports_of
from apiscape.collectors.kubernetes.istio.serving import (
    HTTP,
    TCP,
    TLS,
    address_at,
    front_of,
    reached_by,
    serve,
    standing,
)
from apiscape.collectors.kubernetes.istio.speaking import style_of
from apiscape.collectors.kubernetes.resource import Look, Resource, Role
from apiscape.model.vocabulary import Exposure, Style, Switch

IN_MESH = Reached(exposure=Exposure.CLUSTER, evidence="bound to the mesh alone")


class Istio:
    """Reads Istio."""

    name = "istio"
    resources: tuple[Resource, ...] = RESOURCES

    def expose(self, resource: Resource, thing: Any, look: Look) -> Iterator[Exposed | Served]:  # noqa: ANN401 - of the resource's own type
        """Yield what a VirtualService exposes at each of its gateways, or how a Gateway serves.

        One without hosts is a part of others: nothing by itself. One for hosts outside alone is of APIs that
        the mesh calls, not of any that it exposes.
        """
        if resource.role is Role.GATEWAY:
            yield from serve(thing, look)
            return
        service: VirtualService = thing
        for key in bound_to(service) if service.spec.hosts else ():
            if key != MESH:
                yield _at_gateway(service, key, look)
            elif not _is_outside(service, look):
                yield _in_mesh(service, look)


def _exposed(service: VirtualService, parent: str, conditions: Iterable[Condition]) -> Exposed:
    spec = service.spec
    return Exposed(
        metadata=service.metadata,
        style=Style.HTTP if spec.http else Style.TCP,
        parent=parent,
        gateway=parent,
        conditions=(*standing(service.status, service.metadata.generation), *conditions),
    )


# At a gateway.


def _at_gateway(service: VirtualService, key: str, look: Look) -> Exposed:
    gateway: Gateway | None = look.get(GATEWAYS, key)
    if gateway is None:
        return _unbound(service, key, look)
    front = front_of(gateway, look)
    exported = is_exported(service, front.workload.namespaces)
    bound = list(bindings(service, gateway)) if exported is not False else []
    told = [(each, address_at(each.server, host, front)) for each in bound for host in each.hosts]
    addresses = tuple(address for _, address in told if address is not None)
    mtls = _together(each.mtls for each in addresses)
    routed = Ruling(service, Bound(key, ports_of(bound)), look)
    rules = routed.at_gateway(bound, at_gateway(front.workload, key, mtls, look))
    why = _why_not(exported=exported, bound=bound, key=key)
    return msgspec.structs.replace(
        _exposed(service, key, (*why, *routed.troubles())),
        style=style_of(rules, look) if service.spec.http else Style.TCP,
        addresses=addresses if exported is not None or not bound else None,
        reached=reached_by(front),
        rules=rules,
        cors=routed.cors(),
        mtls=mtls,
        incomplete=tuple(routed.odd),
    )


def _unbound(service: VirtualService, key: str, look: Look) -> Exposed:
    """Return a VirtualService at a gateway that is not there, or that nobody could see."""
    sees = look.sees(GATEWAYS, key.rpartition("/")[0])
    why = f"there is no Gateway {key}" if sees else f"Gateway {key} could not be read"
    routed = Ruling(service, Bound(key), look)
    told = _exposed(
        service, key, (Condition(name="Accepted", holds=False if sees else None, reason=why),)
    )
    return msgspec.structs.replace(
        told,
        addresses=() if sees else None,
        rules=routed.of_kinds((HTTP, TLS, TCP), (), ()),
        incomplete=tuple(routed.odd),
    )


def _why_not(*, exported: bool | None, bound: list[Binding], key: str) -> Iterator[Condition]:
    if exported is False:
        why = f"it is not exported to the namespaces of Gateway {key}"
        yield Condition(name="Accepted", holds=False, reason=why)
    elif not bound:
        why = f"no server of Gateway {key} has a host of it, for a route that it takes"
        yield Condition(name="Accepted", holds=False, reason=why)
    elif exported is None:
        why = (
            f"nobody knows where the workloads of Gateway {key} are, and it is not exported to all"
        )
        yield Condition(name="Accepted", holds=None, reason=why)


def _together(told: Iterable[str]) -> str:
    """Return what several addresses all say of certificates; off where one of them asks for none."""
    words = set(told)
    if Switch.DISABLED in words:
        return Switch.DISABLED
    return words.pop() if len(words) == 1 else Switch.UNKNOWN


# Within the mesh.


def _is_outside(service: VirtualService, look: Look) -> bool:
    """Say whether all hosts are outside the mesh: those of ServiceEntries that say so."""
    own = service.metadata.namespace
    hosts = [full_host(each, own) for each in service.spec.hosts or ()]
    return all(_is_of_entry(each, look) for each in hosts)


def _is_of_entry(host: str, look: Look) -> bool:
    found = list(look.those(ENTRIES, OF_HOST, host))
    return bool(found) and all(each.spec.location != "MESH_INTERNAL" for each in found)


def _in_mesh(service: VirtualService, look: Look) -> Exposed:
    own = service.metadata.namespace
    hosts = tuple(dict.fromkeys(full_host(each, own) for each in service.spec.hosts or ()))
    routed = Ruling(service, Bound(MESH), look)
    rules = routed.in_mesh(hosts)
    targets = [target for rule in rules for target in rule.targets]
    enforcers = [enforcer for each in targets if (enforcer := in_mesh(each, look)) is not None]
    scheme = "http" if service.spec.http else "tcp"
    return msgspec.structs.replace(
        _exposed(service, MESH, routed.troubles()),
        style=style_of(rules, look) if service.spec.http else Style.TCP,
        addresses=tuple(Address(host=each, scheme=scheme) for each in hosts),
        reached=IN_MESH,
        rules=rules,
        cors=routed.cors(),
        mtls=_together(each.mtls for each in enforcers),
        incomplete=tuple(routed.odd),
    )
