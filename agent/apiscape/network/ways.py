"""The way out: by which proxy a URL is reached, and whose certificates are trusted on the way.

One answer for everything that leaves this machine: SDKs, probes, what is pushed, webhooks. The
configuration says it key by key, and the environment where the configuration is silent:

    proxy      `network.proxy`, else `https_proxy`, `http_proxy`, `all_proxy` (in capitals as well)
    no_proxy   `network.no_proxy`, else `no_proxy`
    ca_bundle  `network.ca_bundle`, else `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE`

Credentials of a proxy come from the environment alone: those of a variable that names the same
host and port hold for `network.proxy` too. They are in no text of what stands here.
"""

from __future__ import annotations

import base64
import os
import re
import ssl
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import msgspec

from apiscape.errors import SettingsError

_PORTS = {"http": 80, "https": 443}
_WHO_PROXIES: Mapping[str, tuple[str, ...]] = {
    "http": ("http", "all"),
    "https": ("https", "all"),
    "grpc": ("grpc", "https", "http", "all"),  # as its library looks for one, whatever the channel
}
"""By the scheme of a URL, which variables name its proxy, the first that is set."""

_SCHEMES = ("http", "https", "grpc", "all")
"""Of variables; the general one last."""

_LIKE = {"ws": "http", "wss": "https"}
CA_KEY = "network.ca_bundle"
_BUNDLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_SEPARATORS = re.compile(r"[\s,]+")


class Network(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """How to get out: holds for every SDK, probe, push and webhook; what is left out is as variables say.

    Attributes:
        proxy: URL of the proxy; credentials in it are refused, they belong into the environment.
        no_proxy: Hosts reached without it: names with all below them, addresses, networks (`10.0.0.0/8`), or `*`.
        ca_bundle: File with the certificates to trust, in place of the system's.
    """

    proxy: str | None = None
    no_proxy: tuple[str, ...] = ()
    ca_bundle: str | None = None


class Proxy(msgspec.Struct, frozen=True, gc=False):
    """A proxy. As text it is its address, without credentials.

    Attributes:
        scheme: `http` or `https`: how the proxy itself is spoken to.
        user, password: What it asks for, if anything.
    """

    scheme: str
    host: str
    port: int
    user: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return self.address

    __str__ = __repr__

    @property
    def address(self) -> str:
        """The URL for people: without credentials."""
        return f"{self.scheme}://{self._place}"

    @property
    def url(self) -> str:
        """The URL for libraries: with credentials, never to be shown."""
        if self.user is None:
            return self.address
        who = quote(self.user, safe="")
        if self.password is not None:
            who += f":{quote(self.password, safe='')}"
        return f"{self.scheme}://{who}@{self._place}"

    @property
    def authorization(self) -> str | None:
        """The value of `Proxy-Authorization`, never to be shown; none without credentials."""
        if self.user is None:
            return None
        pair = f"{self.user}:{self.password or ''}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def _place(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Way(msgspec.Struct, frozen=True, gc=False):
    """How one URL is reached.

    Attributes:
        proxy: The proxy to ask; none where it is reached directly.
        ca_bundle: File with the certificates to trust; none for the system's.
    """

    proxy: Proxy | None = None
    ca_bundle: str | None = None


class Ways(msgspec.Struct, frozen=True):
    """The ways out of a configuration in its environment, as `read_ways` gives them.

    Attributes:
        proxies: By a variable's scheme (`http`, `https`, `grpc`, `all`).
        direct: What is reached without any of them.
        ca_bundle: File with the certificates to trust; none for the system's.
        ca_named_by: The key or variable that names it.
    """

    proxies: Mapping[str, Proxy] = msgspec.field(default_factory=dict)
    direct: tuple[str, ...] = ()
    ca_bundle: str | None = None
    ca_named_by: str = CA_KEY

    def to(self, url: str) -> Way:
        """Return the way to a URL of `http`, `https`, `ws`, `wss` or `grpc`; any other is reached directly."""
        parts = urlsplit(url)
        names = _WHO_PROXIES.get(_LIKE.get(parts.scheme, parts.scheme), ())
        proxy = next((self.proxies[name] for name in names if name in self.proxies), None)
        if proxy is not None and is_direct(parts.hostname or "", self.direct):
            proxy = None
        return Way(proxy, self.ca_bundle)

    def trust(self) -> ssl.SSLContext:
        """Return what checks the certificates of servers.

        Raises:
            SettingsError: The bundle cannot be read.
        """
        told = self.ca_bundle
        try:
            if told is not None and Path(told).is_dir():
                return ssl.create_default_context(capath=told)
            return ssl.create_default_context(cafile=told)
        except (OSError, ssl.SSLError) as error:
            why = error.strerror or "it holds no certificate"
            raise SettingsError(
                f"cannot be read: {why}",
                path=self.ca_bundle or "the system's certificates",
                hint=f"`{self.ca_named_by}` names a file of certificates in PEM",
            ) from error


def checked_ways(network: Network, environment: Mapping[str, str] = os.environ) -> Ways:
    """Return the ways out, their certificates read: what cannot be read is said now, not at its first use.

    Raises:
        SettingsError: As of `read_ways`; or the bundle, whoever names it, cannot be read.
    """
    ways = read_ways(network, environment)
    if ways.ca_bundle is not None:
        ways.trust()
    return ways


def read_ways(network: Network, environment: Mapping[str, str] = os.environ) -> Ways:
    """Return the ways out that a configuration and its environment say.

    Raises:
        SettingsError: A proxy is none that can be used; the message holds no credential.
    """
    named = {} if network.proxy else _of_environment(environment)
    told = network.no_proxy or _split(_variable(environment, "no_proxy"))
    bundles = {name: environment.get(name) for name in _BUNDLES}
    named_by, bundle = next(
        ((name, file) for name, file in {CA_KEY: network.ca_bundle, **bundles}.items() if file),
        (CA_KEY, None),
    )
    return Ways(
        proxies={"all": _own(network.proxy, environment)} if network.proxy else named,
        direct=tuple(told),
        ca_bundle=bundle,
        ca_named_by=named_by,
    )


def parse_proxy(url: str, place: str) -> Proxy:
    """Return the proxy of a URL; `host:port` alone is spoken to by `http`.

    Args:
        url: As it was written.
        place: The key or variable that it stands in.

    Raises:
        SettingsError: It is no URL of a proxy that can be used; the message does not repeat it.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        port = parts.port
    except ValueError:
        raise _unusable("not the URL of a proxy", place) from None
    if parts.scheme not in _PORTS:
        raise _unusable(f"a proxy by {parts.scheme}", place)
    if not parts.hostname:
        raise _unusable("not the URL of a proxy", place)
    user, password = parts.username, parts.password
    return Proxy(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(user) if user else None,
        password=unquote(password) if user and password else None,
    )


def is_direct(host: str, entries: Iterable[str]) -> bool:
    """Say whether a host is reached without a proxy, by the rules of curl.

    A name stands for itself and for all below it, with or without a dot before it; an address or
    a network for addresses; `*` for everything.
    """
    name = host.strip("[]").rstrip(".").lower()
    address = _address(name)
    for entry in entries:
        told = entry.strip().strip("[]").lower()
        if told == "*":
            return True
        if address is not None:
            if _holds(told, address):
                return True
        elif f".{name}".endswith(f".{told.strip('.')}") and told.strip("."):
            return True
    return False


def _unusable(what: str, place: str) -> SettingsError:
    hint = "a proxy is written http://HOST:PORT or https://HOST:PORT"
    return SettingsError(what, path=place, hint=hint)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _holds(entry: str, address: IPv4Address | IPv6Address) -> bool:
    try:
        network = ip_network(entry.replace("]", ""), strict=False)
    except ValueError:
        return False
    return address in network


def _variable(environment: Mapping[str, str], name: str) -> str:
    """Return a variable in small letters or in capitals; the small ones win, as everywhere."""
    return environment.get(name) or environment.get(name.upper()) or ""


def _split(text: str) -> tuple[str, ...]:
    return tuple(entry for entry in _SEPARATORS.split(text) if entry)


def _of_environment(environment: Mapping[str, str]) -> dict[str, Proxy]:
    """Return the proxies of variables, by scheme; what nobody would be reached by is not looked at.

    Raises:
        SettingsError: One of them cannot be used.
    """
    found: dict[str, Proxy] = {}
    for scheme in _SCHEMES:
        told = _variable(environment, f"{scheme}_proxy")
        if told and not (scheme == "all" and {"http", "https"} <= found.keys()):
            found[scheme] = parse_proxy(told, f"{scheme}_proxy".upper())
    return found


def _own(url: str, environment: Mapping[str, str]) -> Proxy:
    """Return the configured proxy, with the credentials by which a variable names the same one."""
    own = parse_proxy(url, "network.proxy")
    for scheme in _SCHEMES:
        told = _variable(environment, f"{scheme}_proxy")
        with suppress(SettingsError):  # what is in none of our ways need not be usable
            other = parse_proxy(told, scheme)
            if (other.host, other.port) == (own.host, own.port) and other.user is not None:
                return msgspec.structs.replace(own, user=other.user, password=other.password)
    return own
