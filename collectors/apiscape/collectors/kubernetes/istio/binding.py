"""Under which hosts a VirtualService is served by the servers of a Gateway. Pure.

After Istio's Gateway: a host of a server may begin with the namespace that VirtualServices are taken of
(`*` any, `.` the Gateway's own).
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from apiscape.collectors.kubernetes.gatewayapi.hosts import ANY, common_hosts
from apiscape.collectors.kubernetes.istio.kinds import Gateway, Server, VirtualService
from apiscape.collectors.kubernetes.istio.serving import HTTP, TCP, TLS, kind_of


class Binding(msgspec.Struct, frozen=True):
    """A VirtualService at one server.

    Attributes:
        hosts: That they have in common; an empty one stands for any.
        kind: Of which kind the routes are that it takes.
    """

    server: Server
    hosts: tuple[str, ...]
    kind: str


def bindings(service: VirtualService, gateway: Gateway) -> Iterator[Binding]:
    """Yield the servers that take a VirtualService, and have routes of it to take."""
    own = service.metadata.namespace
    asked = _asked(service)
    for server in gateway.spec.servers or ():
        kind = kind_of(server)
        told = asked[kind]
        hosts = dict.fromkeys(
            host
            for each in server.hosts or ()
            for host in common_hosts(_plain(each.rpartition("/")[2]), () if ANY in told else told)
            if _takes(each, own, gateway.metadata.namespace)
        )
        if told and hosts:
            yield Binding(server, tuple(hosts), kind)


def _asked(service: VirtualService) -> dict[str, list[str]]:
    """Return the hosts that routes of each kind ask for; none where there are no such routes."""
    spec = service.spec
    hosts = [_plain(each) for each in spec.hosts or ()]
    names = [
        _plain(name)
        for route in spec.tls or ()
        for match in route.match or ()
        for name in match.sni_hosts or ()
    ]
    return {
        HTTP: hosts if spec.http else [],
        TLS: names or hosts if spec.tls else [],
        TCP: hosts if spec.tcp else [],
    }


def _plain(host: str) -> str:
    return ANY if host == "*" else host.lower()


def _takes(host: str, own: str, of_gateway: str) -> bool:
    space, slash, _ = host.rpartition("/")
    if not slash or space == "*":
        return True
    return own == (of_gateway if space == "." else space)
