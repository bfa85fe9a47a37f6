"""Addresses that callers type, as endpoints. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from apiscape.collectors.kubernetes.exposed import Address, Exposed
from apiscape.model.deployment import Endpoint
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch, TlsMode

PLAIN_SCHEMES = frozenset({"http", "ws"})
"""Of callers who do not speak TLS; a stream of bytes may be of TLS all the same."""

DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


def endpoints_of(exposed: Exposed) -> tuple[Endpoint, ...] | Unknown:
    """Return the endpoints of what is exposed; unknown where it is reached by addresses that nobody has said."""
    if exposed.addresses is None:
        return UNKNOWN
    found: dict[str, Endpoint] = {}
    for address in exposed.addresses:
        hosts = (address.host,) if address.host else exposed.reached.addresses
        for host in hosts:
            endpoint = _endpoint(address, host, exposed)
            found.setdefault(endpoint.url, endpoint)
    if exposed.addresses and not found:
        return UNKNOWN
    return tuple(found.values())


def _endpoint(address: Address, host: str, exposed: Exposed) -> Endpoint:
    return Endpoint(
        url=url_of(address, host),
        exposure=exposed.reached.exposure,
        evidence=exposed.reached.evidence,
        generated_host=address.is_generated if address.host else True,
        enabled=True,
        tls_min=address.tls_min,
        mtls=address.mtls,
        tls_mode=_tls_mode(address),
    )


def _tls_mode(address: Address) -> str:
    """Return who ends TLS: nobody where callers do not speak it; who says so, where they may."""
    if address.scheme in PLAIN_SCHEMES:
        return TlsMode.PLAIN
    is_mutual = address.tls_mode == TlsMode.TERMINATE and address.mtls == Switch.ENABLED
    return TlsMode.MUTUAL if is_mutual else address.tls_mode


def url_of(address: Address, host: str) -> str:
    """Return an address as it is typed: without a port that goes without saying."""
    bare = host.strip("[]").lower()
    name = f"[{bare}]" if ":" in bare else bare
    spoken = address.port is not None and address.port != DEFAULT_PORTS.get(address.scheme)
    port = f":{address.port}" if spoken else ""
    return f"{address.scheme}://{name}{port}{address.path.rstrip('/')}"


def certificates_of(addresses: Iterable[Address] | None) -> tuple[str, ...]:
    """Return the Secrets that the certificates of addresses are kept in."""
    found = [each.certificate for each in addresses or () if each.certificate is not None]
    return tuple(dict.fromkeys(found))
