"""A Gateway of Istio as it serves: by which workloads, from where they can be reached, how they speak TLS.

Pods are not read: Services that select by the labels of a Gateway say where its workloads are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.core import OF_SELECTED, SERVICES, Service
from apiscape.collectors.kubernetes.exposed import Address, Condition, Reached, Served
from apiscape.collectors.kubernetes.istio.kinds import Gateway, IstioStatus, Server, ServerTls
from apiscape.collectors.kubernetes.istio.workloads import Workload
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.reaching import WIDTH, reach
from apiscape.collectors.kubernetes.resource import Look
from apiscape.collectors.kubernetes.standing import read_conditions
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Switch, TlsMode

HTTP, TLS, TCP = "http", "tls", "tcp"
"""Which routes of a VirtualService a server takes."""

_PROTOCOLS = {
    "HTTP": HTTP,
    "HTTP2": HTTP,
    "GRPC": HTTP,
    "GRPC-WEB": HTTP,
    "HTTPS": HTTP,
    "HTTP_PROXY": HTTP,
    "TLS": TCP,
}
_THROUGH = frozenset({"PASSTHROUGH", "AUTO_PASSTHROUGH"})
_ENDS = frozenset({"SIMPLE", "MUTUAL", "ISTIO_MUTUAL", "OPTIONAL_MUTUAL"})
_ASKS = frozenset({"MUTUAL", "ISTIO_MUTUAL"})
_NAMED_ELSEWHERE = "kubernetes-gateway://"


class Front(msgspec.Struct, frozen=True):
    """What stands before the workloads of a Gateway.

    Attributes:
        services: That select by its labels.
        workload: What enforces policies for it.
    """

    services: tuple[Service, ...]
    workload: Workload

    @property
    def namespace(self) -> str | None:
        """Where the workloads are; `None` where nobody can tell, or where they are in several."""
        told = self.workload.namespaces or ()
        return told[0] if len(told) == 1 else None


def front_of(gateway: Gateway, look: Look) -> Front:
    """Return what stands before the workloads of a Gateway, as far as Services say it."""
    selector = gateway.spec.selector or {}
    services = tuple(_selecting(selector, look))
    spaces = tuple(dict.fromkeys(each.metadata.namespace for each in services))
    labels = dict(selector)
    if len(services) == 1:
        labels |= services[0].spec.selector or {}
    is_whole = bool(services) and look.sees(SERVICES)
    return Front(services, Workload(spaces if is_whole else None, labels))


def _selecting(selector: dict[str, str], look: Look) -> Iterator[Service]:
    for name, value in list(selector.items())[:1]:
        for service in look.those(SERVICES, OF_SELECTED, f"{name}={value}"):
            if selector.items() <= (service.spec.selector or {}).items():
                yield service


def reached_by(front: Front) -> Reached:
    """Return from where a Gateway can be reached: the widest of what its Services say."""
    told = [_reached(each) for each in front.services]
    if not told:
        return Reached(evidence="no Service selects by the labels of the Gateway")
    order = (*WIDTH, Exposure.UNKNOWN)
    widest = min(told, key=lambda each: order.index(each.exposure))
    addresses = dict.fromkeys(address for each in told for address in each.addresses)
    return msgspec.structs.replace(widest, addresses=tuple(addresses))


def _reached(service: Service) -> Reached:
    balancer = service.status.load_balancer if service.status else None
    told = [
        address
        for each in (balancer.ingress if balancer else None) or ()
        for address in (each.ip, each.hostname)
        if address
    ]
    said = {**(service.metadata.labels or {}), **(service.metadata.annotations or {})}
    found = reach(told, said, service.spec.type)
    words = f"Service {service.key}"
    evidence = f"{words}: {found.evidence}" if found.evidence else words
    return msgspec.structs.replace(found, evidence=evidence)


def kind_of(server: Server) -> str:
    """Return which routes a server takes."""
    if _mode(server) in _THROUGH:
        return TLS
    return _PROTOCOLS.get(server.port.protocol.upper(), TCP)


def _mode(server: Server) -> str:
    return (server.tls.mode if server.tls else None) or ""


def address_at(server: Server, host: str, front: Front) -> Address | None:
    """Return where callers reach a host at a server; `None` where they are only sent elsewhere."""
    if server.tls is not None and server.tls.https_redirect and not _mode(server):
        return None
    speaks_tls = bool(_mode(server))
    ends_tls = speaks_tls and _mode(server) not in _THROUGH
    return Address(
        host=host,
        scheme=_scheme(server, speaks_tls=speaks_tls),
        port=_port(server, front),
        tls_min=_tls_min(server.tls) if ends_tls else (UNKNOWN if speaks_tls else None),
        certificate=certificate_of(server, front) if ends_tls else None,
        mtls=mtls_of(server),
        tls_mode=_tls_mode(server),
    )


def _tls_mode(server: Server) -> str:
    """Return who ends TLS at a server; of one that does not say, nobody can tell."""
    mode = _mode(server)
    if mode in _THROUGH:
        return TlsMode.PASSTHROUGH
    return TlsMode.TERMINATE if mode in _ENDS else TlsMode.UNKNOWN


def _scheme(server: Server, *, speaks_tls: bool) -> str:
    protocol = server.port.protocol.upper()
    if protocol == "HTTPS" or _PROTOCOLS.get(protocol) == HTTP:
        return "https" if speaks_tls or protocol == "HTTPS" else "http"
    return "tls" if speaks_tls or protocol == "TLS" else "tcp"


def _port(server: Server, front: Front) -> int | None:
    """Return the port that callers type: of the Service that leads to the server's, where one does."""
    number = server.port.number
    ports = [each for service in front.services for each in service.spec.ports or ()]
    for each in ports:
        if each.target_port == number:
            return each.port
    if not ports or any(each.port == number for each in ports):
        return number or None
    return None


def mtls_of(server: Server) -> str:
    """Return whether callers have to show a certificate at a server."""
    mode = _mode(server)
    if mode in _THROUGH:
        return Switch.UNKNOWN
    if mode in {"", "SIMPLE", "OPTIONAL_MUTUAL"}:
        return Switch.DISABLED
    return Switch.ENABLED if mode in _ASKS else Switch.UNKNOWN


def certificate_of(server: Server, front: Front) -> str | None:
    """Return the Secret of a server's certificate: in the namespace of the workloads, where that is known."""
    name = server.tls.credential_name if server.tls else None
    if not name:
        return None
    if name.startswith(_NAMED_ELSEWHERE):
        return name.removeprefix(_NAMED_ELSEWHERE)
    plain = name.removeprefix("kubernetes://")
    if "://" in plain or front.namespace is None:
        return None
    return key_of(front.namespace, plain)


def _tls_min(tls: ServerTls | None) -> str | Unknown:
    """Return the lowest version of TLS, where it is said (`TLSV1_2`)."""
    told = (tls.min_protocol_version if tls else None) or ""
    return f"TLS_{told.removeprefix('TLSV')}" if told.startswith("TLSV") else UNKNOWN


def serve(gateway: Gateway, look: Look) -> Iterator[Served]:
    """Yield a Gateway."""
    front = front_of(gateway, look)
    servers = gateway.spec.servers or []
    ending = [each for each in servers if _mode(each) and _mode(each) not in _THROUGH]
    lowest = {_tls_min(each.tls) for each in ending}
    certificates = (certificate_of(each, front) for each in ending)
    known = sorted(each for each in lowest if isinstance(each, str))
    yield Served(
        metadata=gateway.metadata,
        hosts=_hosts(servers),
        reached=reached_by(front),
        tls_min=known[0] if known and len(known) == len(lowest) else UNKNOWN,
        conditions=tuple(standing(gateway.status, gateway.metadata.generation)),
        certificates=tuple(dict.fromkeys(each for each in certificates if each)),
    )


def _hosts(servers: Iterable[Server]) -> tuple[str, ...]:
    hosts = [host.rpartition("/")[2].lower() for each in servers for host in each.hosts or ()]
    return () if "*" in hosts else tuple(dict.fromkeys(hosts))


def standing(status: IstioStatus | None, generation: int) -> Iterator[Condition]:
    """Yield what the control plane says; it says nothing unless it is told to."""
    conditions = (status.conditions if status else None) or []
    yield from read_conditions(conditions, generation)
    if not any(each.type == "Reconciled" for each in conditions):
        yield Condition(name="Reconciled", holds=None, reason="pending: no status is written")
    for each in (status.validation_messages if status else None) or ():
        if each.level == "ERROR":
            told = each.type
            why = f"{told.code} {told.name}".strip() if told else ""
            yield Condition(name="Valid", holds=False, reason=why or "no reason is given")
