"""Where an object of the table is served: its own addresses, with the hosts of its rules and what gateways add."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from apiscape.collectors.kubernetes.exposed import Address
from apiscape.collectors.kubernetes.objects import key_of
from apiscape.collectors.kubernetes.table.finding import Finder, Known
from apiscape.collectors.kubernetes.table.functions import take_apart
from apiscape.collectors.kubernetes.table.schema import EntryRole
from apiscape.collectors.kubernetes.table.sketch import Sketch, Spot
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Switch, TlsMode

MAX_ADDRESSES = 500
MAX_GATEWAYS = 3
"""That are named of those that serve one object."""
ANY = "*"

_EVERY = frozenset({ANY, "0.0.0.0", "::"})  # noqa: S104 - names of any host, nothing is bound
_TLS = re.compile(r"1[._]?([0-3])\b")


def addresses_of(known: Known, hosts: Iterable[str], finder: Finder) -> tuple[Address, ...]:
    """Return where an object is served, each address once."""
    own = known.sketch.addresses or ((Spot(),) if known.entry.addresses is None else ())
    named = tuple(hosts)
    space = known.sketch.metadata.namespace
    spots = [(space, each) for spot in own for each in _named(spot, named)]
    joined = [
        (gateway.sketch.metadata.namespace, spot) for gateway, spot in _joining(known, finder)
    ]
    found = dict.fromkeys(
        address for namespace, spot in spots for address in _addresses(namespace, spot, joined)
    )
    if len(found) > MAX_ADDRESSES:
        finder.odd[f"only the first {MAX_ADDRESSES} addresses are read"] = None
    return tuple(found)[:MAX_ADDRESSES]


def _named(spot: Spot, hosts: tuple[str, ...]) -> Iterator[Spot]:
    """Yield a spot for each host of the rules, where it has none itself."""
    named = spot.hosts or hosts
    if spot.host or spot.url or not named:
        yield spot
        return
    for host in named:
        yield msgspec.structs.replace(spot, host=host)


def gateways_of(known: Known, hosts: Iterable[str], finder: Finder) -> str | None:
    """Return what the gateways are called that serve an object; nothing where it is none's, or none can be seen."""
    named = tuple(hosts)
    own = [each.host for spot in known.sketch.addresses for each in _named(spot, named)]
    keys = dict.fromkeys(
        gateway.sketch.key
        for gateway, spot in _joining(known, finder)
        if gateway.entry.role is EntryRole.GATEWAY
        and any(host_fits(each, spot.host) for each in own)
    )
    shown = list(keys)[:MAX_GATEWAYS]
    more = len(keys) - len(shown)
    return ", ".join(shown + ([f"{more} more"] if more else [])) or None


def _joining(known: Known, finder: Finder) -> Iterator[tuple[Known, Spot]]:
    """Yield the gateways that take an object, with each of their spots."""
    labels = known.sketch.metadata.labels or {}
    for resource in known.entry.addresses_from:
        if not finder.look.sees(resource):
            finder.unseen[f"every {resource}"] = None
        for found in finder.look.all(resource):
            if isinstance(found, Sketch) and _takes(found, labels):
                for spot in found.addresses:
                    gateway = Known(finder.entries[resource], found)
                    yield from ((gateway, each) for each in _named(spot, ()))


def _takes(gateway: Sketch, labels: dict[str, str]) -> bool:
    wanted = [ref.labels for ref in gateway.attaches if ref.labels]
    return all(labels.get(key) == value for each in wanted for key, value in each.items())


def _addresses(namespace: str, spot: Spot, joined: list[tuple[str, Spot]]) -> Iterator[Address]:
    fits = [(space, each) for space, each in joined if host_fits(spot.host, each.host)]
    if not fits:
        yield address_of(namespace, spot)
    for space, each in fits:
        host = (
            spot.host
            if spot.host not in {"", ANY} and not _is_wider(spot.host, each.host)
            else each.host
        )
        yield address_of(
            space if each.secret else namespace,
            msgspec.structs.replace(
                spot,
                host=host,
                scheme=spot.scheme or each.scheme,
                port=spot.port or each.port,
                secret=each.secret or spot.secret,
                tls_min=each.tls_min or spot.tls_min,
                mtls=spot.mtls if each.mtls is None else each.mtls,
            ),
        )


def _is_wider(host: str, other: str) -> bool:
    return host.startswith("*.") and not other.startswith("*") and bool(other)


def host_fits(one: str, other: str) -> bool:
    """Say whether two hosts, each perhaps with a wildcard before it, have names in common."""
    if one in {"", ANY} or other in {"", ANY} or one == other:
        return True
    return any(
        wide.startswith("*.") and narrow.endswith(wide[1:])
        for wide, narrow in ((one, other), (other, one))
    )


def address_of(namespace: str, spot: Spot) -> Address:
    """Return an address as callers type it."""
    host, scheme, port, path = spot.host, spot.scheme, spot.port, spot.path
    parts = take_apart(spot.url if "//" in spot.url else f"//{spot.url}") if spot.url else None
    if parts:
        host, scheme, port = parts["host"], parts["scheme"] or scheme, parts["port"]
        path = parts["path"] or path
    secret = spot.secret
    return Address(
        host="" if host in _EVERY else host,
        scheme=scheme or ("https" if secret else "http"),
        port=port,
        path=path.rstrip("/"),
        tls_min=tls_word(spot.tls_min) if spot.tls_min else UNKNOWN,
        certificate=(secret if "/" in secret else key_of(namespace, secret)) if secret else None,
        mtls=Switch.UNKNOWN
        if spot.mtls is None
        else Switch.ENABLED
        if spot.mtls
        else Switch.DISABLED,
        is_generated=spot.is_generated,
        tls_mode=spot.tls_mode or (TlsMode.TERMINATE if secret else TlsMode.UNKNOWN),
    )


def tls_word(text: str) -> str:
    """Return a version of TLS in the words of endpoints: `1.2`, `VersionTLS12` and `TLSv1.2` are `TLS_1_2`."""
    found = _TLS.search(text)
    return f"TLS_1_{found[1]}" if found else text
