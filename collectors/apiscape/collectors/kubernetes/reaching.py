"""From where a load balancer or gateway can be reached: by its addresses, and by what it was asked to be. Pure.

A public IP address proves the internet, a private one that it is not; a host name proves nothing. An
annotation says what was asked for. Of what contradicts itself the widest is taken, and named first.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice

import msgspec

from apiscape.collectors.kubernetes.core import OF_ADDRESS, SERVICES
from apiscape.collectors.kubernetes.exposed import Reached
from apiscape.collectors.kubernetes.resource import Look
from apiscape.model.vocabulary import Exposure

WIDTH: tuple[str, ...] = (Exposure.INTERNET, Exposure.PRIVATE, Exposure.CLUSTER)
"""Widest first."""

CLASS_KEY = "gatewayClassName"
"""By which the name of a GatewayClass may stand among what was asked for."""
CLASS_SCHEME_KEY = "spec.scheme of the IngressClassParams"
"""By which the scheme of a whole class may stand there."""
PARAMETERS_SCHEME_KEY = "spec.scheme of the LoadBalancerConfiguration"
"""By which the scheme of a Gateway's parameters may stand there."""

NAMED = 3
"""Addresses and annotations that evidence names; the others are counted."""

_INTERNAL = {"true": Exposure.PRIVATE}
_SCHEME = {"internal": Exposure.PRIVATE, "internet-facing": Exposure.INTERNET}

ASKED: Mapping[str, Mapping[str, str]] = {
    "alb.ingress.kubernetes.io/scheme": _SCHEME,
    CLASS_SCHEME_KEY: _SCHEME,
    PARAMETERS_SCHEME_KEY: _SCHEME,
    "service.beta.kubernetes.io/aws-load-balancer-scheme": _SCHEME,
    "service.beta.kubernetes.io/aws-load-balancer-internal": {
        "true": Exposure.PRIVATE,
        "0.0.0.0/0": Exposure.PRIVATE,
    },
    "service.beta.kubernetes.io/azure-load-balancer-internal": _INTERNAL,
    "appgw.ingress.kubernetes.io/use-private-ip": _INTERNAL,
    "kubernetes.io/ingress.class": {"gce-internal": Exposure.PRIVATE},
    "networking.gke.io/load-balancer-type": {"internal": Exposure.PRIVATE},
    "cloud.google.com/load-balancer-type": {"internal": Exposure.PRIVATE},
    "service.beta.kubernetes.io/oci-load-balancer-internal": _INTERNAL,
    "service.beta.kubernetes.io/openstack-internal-load-balancer": _INTERNAL,
    "service.beta.kubernetes.io/do-loadbalancer-network": {
        "internal": Exposure.PRIVATE,
        "external": Exposure.INTERNET,
    },
    "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type": {
        "intranet": Exposure.PRIVATE,
        "internet": Exposure.INTERNET,
    },
    "service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type": {
        "private": Exposure.PRIVATE,
        "public": Exposure.INTERNET,
    },
    "load-balancer.hetzner.cloud/disable-public-network": _INTERNAL,
    "networking.knative.dev/visibility": {"cluster-local": Exposure.CLUSTER},
    CLASS_KEY: {
        "gke-l7-rilb": Exposure.PRIVATE,
        "gke-l7-rilb-mc": Exposure.PRIVATE,
        "gke-l7-cross-regional-internal-managed-mc": Exposure.PRIVATE,
        "gke-l7-gxlb": Exposure.INTERNET,
        "gke-l7-gxlb-mc": Exposure.INTERNET,
        "gke-l7-global-external-managed": Exposure.INTERNET,
        "gke-l7-global-external-managed-mc": Exposure.INTERNET,
        "gke-l7-regional-external-managed": Exposure.INTERNET,
        "gke-l7-regional-external-managed-mc": Exposure.INTERNET,
    },
}
"""What was asked for by annotation, label or class: what each value means, in small letters.

That something is not to be internal is its default, on which the makers differ: it says nothing.
"""

EVERYBODY = frozenset({"0.0.0.0/0", "::/0"})
"""Networks that everybody is of."""

_CLUSTER_SUFFIX = ".svc.cluster.local"
_INTERNAL_ELB = ("internal-", ".elb.amazonaws.com")
"""How AWS calls internal load balancers; it refuses to others names that begin so."""

_PRIVATE_NETWORKS = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
        *("100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)


class _Sign(msgspec.Struct, frozen=True, gc=False):
    """What one address or annotation says."""

    exposure: str
    words: str


def reach(
    addresses: Iterable[str], said: Mapping[str, str], service_type: str | None = None
) -> Reached:
    """Return from where something can be reached.

    Args:
        addresses: IP addresses and host names of the load balancer or gateway.
        said: Annotations and labels of whatever says what it is to be; a GatewayClass by `CLASS_KEY`.
        service_type: Of the Service, where it is one: a ClusterIP answers in the cluster alone.
    """
    told = tuple(dict.fromkeys(each for each in addresses if each))
    asked = list(_asked(said))
    proven = [_proven(each) for each in told]
    signs = [*proven, *asked]
    if not told and service_type == "ClusterIP" and not asked:
        return Reached(exposure=Exposure.CLUSTER, evidence="a ClusterIP")
    exposure = _widest(sign.exposure for sign in signs)
    hidden = any(sign.exposure == Exposure.UNKNOWN for sign in proven)
    if hidden and exposure != Exposure.INTERNET and not asked:
        exposure = Exposure.UNKNOWN
    return Reached(exposure=exposure, evidence=_evidence(signs, service_type), addresses=told)


def reach_through(addresses: Iterable[str], said: Mapping[str, str], look: Look) -> Reached:
    """Return from where something can be reached, where need be by the Service whose load balancer it shares.

    A controller says no more than the address of its own Service; what that was asked to be stands there.

    Args:
        addresses: As of `reach`.
        said: As of `reach`.
        look: By which the Service is found.
    """
    found = reach(addresses, said)
    if found.exposure != Exposure.UNKNOWN:
        return found
    for address in found.addresses[:NAMED]:
        for service in islice(look.those(SERVICES, OF_ADDRESS, address), NAMED):
            told = reach(found.addresses, {**(service.metadata.annotations or {}), **said})
            if told.exposure != Exposure.UNKNOWN:
                evidence = f"{told.evidence}; Service {service.key} has the same address"
                return msgspec.structs.replace(told, evidence=evidence)
    return found


def limited(reached: Reached, networks: Iterable[str], by: str) -> Reached:
    """Return from where something can be reached, with who alone is let in as evidence.

    From where it can be reached stays: networks are no proof of where their callers are.

    Args:
        reached: What is known without it.
        networks: Who is let in; with everybody among them nothing is limited.
        by: What says so.
    """
    told = list(dict.fromkeys(each.strip() for each in networks if each.strip()))
    if not told or not EVERYBODY.isdisjoint(told):
        return reached
    more = len(told) - NAMED
    words = f"{by} lets in {', '.join(told[:NAMED])}{f' and {more} more' if more > 0 else ''} alone"
    evidence = "; ".join(filter(None, (reached.evidence, words)))
    return msgspec.structs.replace(reached, evidence=evidence)


def _asked(said: Mapping[str, str]) -> Iterator[_Sign]:
    for key, values in ASKED.items():
        value = said.get(key)
        exposure = values.get(value.strip().casefold()) if value else None
        if exposure is not None:
            yield _Sign(exposure, f"{key} is {value.strip() if value else value}")


@lru_cache(maxsize=1_024)
def _proven(address: str) -> _Sign:
    """Return what an address proves."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return _named(address)
    plain = getattr(ip, "ipv4_mapped", None) or ip
    if any(plain in network for network in _PRIVATE_NETWORKS if network.version == plain.version):
        return _Sign(Exposure.PRIVATE, f"address {address} is private")
    if plain.is_unspecified or plain.is_multicast or plain.is_reserved:
        return _Sign(Exposure.UNKNOWN, f"address {address} is nobody's")
    return _Sign(Exposure.INTERNET, f"address {address} is public")


def _named(host: str) -> _Sign:
    plain = host.casefold().rstrip(".")
    if plain.endswith(_CLUSTER_SUFFIX):
        return _Sign(Exposure.CLUSTER, f"{host} is a name of the cluster")
    start, end = _INTERNAL_ELB
    if plain.startswith(start) and plain.endswith(end):
        return _Sign(Exposure.PRIVATE, f"{host} is an internal load balancer's name")
    return _Sign(Exposure.UNKNOWN, f"the name {host} does not say from where")


def _widest(exposures: Iterable[str]) -> str:
    known = set(exposures)
    return next((word for word in WIDTH if word in known), Exposure.UNKNOWN)


def _evidence(signs: list[_Sign], service_type: str | None) -> str | None:
    """Return what says so, the widest first."""
    order = (*WIDTH, Exposure.UNKNOWN)
    words = [sign.words for sign in sorted(signs, key=lambda sign: order.index(sign.exposure))]
    if not words:
        return f"no address of the {service_type}" if service_type else None
    more = len(words) - NAMED
    return "; ".join(words[:NAMED]) + (f"; and {more} more" if more > 0 else "")
