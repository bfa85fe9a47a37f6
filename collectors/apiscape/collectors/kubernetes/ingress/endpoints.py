"""Under which addresses a host of an Ingress is served: with TLS or without, and where plain requests end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from apiscape.collectors.kubernetes.exposed import Address
from apiscape.collectors.kubernetes.ingress.dialects import Dialect, redirected
from apiscape.collectors.kubernetes.ingress.kinds import ANY_HOST, Ingress, IngressTls
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Switch, TlsMode


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """How TLS is ended for a host.

    Attributes:
        certificate: `namespace/name` of the Secret; `None` where it is one of the controller, or of a cloud.
        words: What says so.
        is_passed: Whether it is not ended here at all.
    """

    certificate: str | None = None
    words: str = ""
    is_passed: bool = False


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of a host.

    Attributes:
        plain: Why plain requests do not reach it, if they do not.
    """

    addresses: tuple[Address, ...]
    tls: Tls | None = None
    plain: str | None = None


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Ports that are listened on, where the Ingress says which."""

    http: tuple[int, ...] = ()
    https: tuple[int, ...] = ()


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """How requests are taken, as far as more than an annotation says it.

    Attributes:
        ports: Where it is known which are listened on, and with that whether TLS is.
        tls_min: Lowest version of TLS.
        mtls: Whether a certificate is asked of callers.
        away: Why plain requests do not reach it.
    """

    ports: Ports | None = None
    tls_min: str | Unknown | None = UNKNOWN
    mtls: str = Switch.UNKNOWN
    away: str | None = None


def serve(
    host: str, holders: Iterable[Ingress], dialect: Dialect, said: Mapping[str, str], how: Taken
) -> Hosted:
    """Return the addresses of a host.

    Args:
        host: `ANY_HOST` for any.
        holders: The Ingress itself first, then others that say something of the same host.
        dialect: What their annotations mean.
        said: What the controller is told for it.
        how: What else is known of how requests are taken.
    """
    ports = how.ports
    tls = tls_of(host, holders, dialect)
    if ports is not None:
        tls = Tls(words="its ports") if ports.https else None
    plain = how.away or redirected(dialect, said, has_tls=tls is not None)
    if plain is not None and tls is None and ports is None:
        tls = Tls(words=plain)
    found: list[Address] = []
    name = "" if host == ANY_HOST else host
    if tls is not None:
        for each in _server_names(name, dialect, said):
            secure = Address(
                host=each,
                certificate=tls.certificate,
                tls_min=how.tls_min,
                mtls=how.mtls,
                is_generated=False,
                tls_mode=TlsMode.PASSTHROUGH if tls.is_passed else TlsMode.TERMINATE,
            )
            at = ports.https if ports else dialect.ports(said, dialect.secure_ports)
            found += _at(secure, at)
    if plain is None and (ports is None or ports.http):
        bare = Address(host=name, scheme="http", mtls=Switch.DISABLED, is_generated=False)
        found += _at(bare, ports.http if ports else dialect.ports(said, dialect.plain_ports))
    return Hosted(addresses=tuple(found), tls=tls, plain=plain)


def _server_names(host: str, dialect: Dialect, said: Mapping[str, str]) -> list[str]:
    """Return under which names TLS reaches a host: none where it is not one of those that alone are taken."""
    taken = [each.lower() for each in dialect.words(said, dialect.server_names)]
    if not taken or host in taken:
        return [host]
    return [] if host else taken


def tls_min_of(dialect: Dialect, said: Mapping[str, str]) -> str | Unknown:
    """Return the lowest version of TLS that an annotation names."""
    found = dialect.find(said, dialect.tls_min) if dialect.tls_min else None
    version = found[1] if found else ""
    return f"TLS_{version.replace('.', '_')}" if version in TLS_VERSIONS else UNKNOWN


TLS_VERSIONS = frozenset({"1.0", "1.1", "1.2", "1.3"})


def _at(address: Address, ports: Iterable[int]) -> list[Address]:
    """Return an address at each port; as it is where nobody says at which."""
    told = list(dict.fromkeys(ports))
    return [msgspec.structs.replace(address, port=port) for port in told] or [address]


def tls_of(host: str, holders: Iterable[Ingress], dialect: Dialect) -> Tls | None:
    """Return how TLS is ended for a host; nothing where none of those who say something of it mentions it."""
    for ingress in holders:
        passed = dialect.holds(ingress.said, dialect.passthrough)
        if passed:
            return Tls(words=passed, is_passed=True)
        stated = _stated(host, ingress)
        if stated is not None:
            return stated
        for key in dialect.tls:
            found = dialect.find(ingress.said, key)
            if found is not None and found[1].casefold() not in {"", "false"}:
                return Tls(words=found[0])
    return None


def _stated(host: str, ingress: Ingress) -> Tls | None:
    entries = ingress.spec.tls or []
    exact = next((each for each in entries if host in _hosts(each)), None)
    wide = next(
        (each for each in entries if any(_covers(name, host) for name in _hosts(each))), None
    )
    usual = next((each for each in entries if not each.hosts), None)
    entry = exact or wide or usual
    if entry is None:
        return None
    secret = entry.secret_name
    certificate = key_of(ingress.metadata.namespace, secret) if secret else None
    return Tls(certificate=certificate, words="spec.tls")


def _hosts(entry: IngressTls) -> list[str]:
    return [host.lower() for host in entry.hosts or ()]


def _covers(wide: str, host: str) -> bool:
    """Say whether a certificate's name stands for a host: `*.a.b` for `x.a.b`, not for `x.y.a.b`."""
    return wide.startswith("*.") and host.partition(".")[2] == wide[2:]


def links_of(dialect: Dialect, said: Mapping[str, str]) -> dict[str, str]:
    """Return what things are called elsewhere, by the full keys that say so."""
    found = (dialect.find(said, key) for key in (*dialect.links, *dialect.tls))
    return {key: value for key, value in filter(None, found) if value and len(value) <= LINK_SIZE}


LINK_SIZE = 1_024
"""What is longer is no name."""
