"""Where routes of a VirtualService send requests: Services, or hosts outside that a ServiceEntry knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apiscape.collectors.kubernetes.exposed import Condition, Target
from apiscape.collectors.kubernetes.istio.kinds import Destination, RouteDestination
from apiscape.collectors.kubernetes.istio.resources import (
    CLUSTER_SUFFIX,
    ENTRIES,
    OF_HOST,
    RULES,
    full_host,
)
from apiscape.collectors.kubernetes.resource import Look

UNKNOWN_HOST = "HostNotFound"
"""Why nothing is sent to a host that neither a Service nor a ServiceEntry has."""


def targets_of(
    destinations: Iterable[RouteDestination], namespace: str, look: Look
) -> tuple[Target, ...]:
    """Return where requests are sent, each with its share; those that state none share alike."""
    told = list(destinations)
    is_stated = any(each.weight for each in told)
    return tuple(
        target_of(each.destination, namespace, (each.weight or 0) if is_stated else 1, look)
        for each in told
    )


def target_of(destination: Destination, namespace: str, weight: int, look: Look) -> Target:
    """Return where a destination is.

    Args:
        destination: As a route names it.
        namespace: In which names without dots are meant.
        weight: Its share.
        look: What is looked at.
    """
    host = full_host(destination.host, namespace)
    number = destination.port.number if destination.port else None
    port = str(number) if number else None
    service = service_of(host)
    tls = secured(host, destination.subset, look)
    if service is not None:
        space, name = service
        return Target(name=name, namespace=space, port=port, weight=weight, secured=tls)
    denied = None if _is_known(host, look) else UNKNOWN_HOST
    return Target(kind="http", name=host, port=port, weight=weight, denied=denied, secured=tls)


TLS_MODES = {"SIMPLE": "tls", "MUTUAL": "mtls", "ISTIO_MUTUAL": "mtls"}


def secured(host: str, subset: str | None, look: Look) -> str | None:
    """Return how TLS is spoken with a host, where a DestinationRule says so: of the subset first, else of the host."""
    for rule in look.those(RULES, OF_HOST, host):
        named = (each for each in rule.spec.subsets or () if each.name == subset)
        policies = (*(each.traffic_policy for each in named), rule.spec.traffic_policy)
        modes = [each.tls.mode for each in policies if each is not None and each.tls is not None]
        if modes:
            return TLS_MODES.get(modes[0])
    return None


def service_of(host: str) -> tuple[str, str] | None:
    """Return the namespace and name of the Service that a full host is of, if it is of one."""
    if not host.endswith(CLUSTER_SUFFIX):
        return None
    name, _, space = host.removesuffix(CLUSTER_SUFFIX).partition(".")
    return (space, name) if name and space and "." not in space else None


def _is_known(host: str, look: Look) -> bool:
    """Say whether a ServiceEntry may have a host: itself, or a wildcard above it."""
    if not look.sees(ENTRIES):
        return True
    above = host.split(".")
    wildcards = (f"*.{'.'.join(above[at:])}" for at in range(1, len(above)))
    return any(next(iter(look.those(ENTRIES, OF_HOST, each)), None) for each in (host, *wildcards))


def troubles(destinations: Iterable[tuple[Destination, str]], look: Look) -> Iterator[Condition]:
    """Yield that subsets are sent to which no DestinationRule has; each destination comes with its namespace."""
    if not look.sees(RULES):
        return
    missing = dict.fromkeys(
        f"{each.subset} of {full_host(each.host, space)}"
        for each, space in destinations
        if each.subset and each.subset not in _subsets(full_host(each.host, space), look)
    )
    if missing:
        why = f"SubsetNotFound: {', '.join(missing)}"
        yield Condition(name="ResolvedRefs", holds=False, reason=why)


def _subsets(host: str, look: Look) -> set[str]:
    return {
        subset.name
        for rule in look.those(RULES, OF_HOST, host)
        for subset in rule.spec.subsets or ()
    }
