"""Where an API server is, by which way, and whose certificates are believed there. Checked before use."""

from __future__ import annotations

import ipaddress
import ssl
from urllib.parse import urlsplit

import msgspec

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.kubeconfig import Access
from apiscape.collectors.kubernetes.kubeconfig_entries import Cluster
from apiscape.collectors.kubernetes.refusing import no_way, shown, unusable
from apiscape.collectors.kubernetes.settings import KubernetesSettings
from apiscape.collectors.kubernetes.showing import pem_of
from apiscape.errors import SettingsError
from apiscape.network.ways import Network, Proxy, Ways, parse_proxy, read_ways

_SERVER = "correct `server` of the cluster in the kubeconfig"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """How to get to an API server.

    Attributes:
        url: Without a slash at the end.
        authority: Who issues its certificate, as PEM; the configured or the system's authorities without.
        server_name: What its certificate is for, where that is not its host.
        proxy: By which it is reached, if by one.
        is_verified: Whether its certificate is checked.
        ways: Of the configuration and its environment.
    """

    url: str
    authority: str | None = None
    server_name: str = ""
    proxy: Proxy | None = None
    is_verified: bool = True
    ways: Ways = Ways()

    @property
    def is_encrypted(self) -> bool:
        """Whether it is spoken to by TLS."""
        return self.url.startswith("https:")

    def trust(self) -> ssl.SSLContext:
        """Return what checks the server's certificate.

        Raises:
            CollectorError: The authorities cannot be read.
        """
        if not self.is_verified:
            return _unchecked()
        if self.authority is None:
            return _trusted(self.ways)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        try:
            context.load_verify_locations(cadata=self.authority)
        except (ssl.SSLError, ValueError):
            raise unusable(
                "the cluster's certificate authority in the kubeconfig is no certificate",
                "write `certificate-authority-data` anew",
            ) from None
        return context


def place_of(access: Access, settings: KubernetesSettings) -> Place:
    """Return how to get to the cluster of a context.

    Raises:
        CollectorError: It cannot be got to as it is written.
    """
    cluster, who = access.cluster, f"context {shown(access.context)}"
    url = _checked_url(cluster.server, who)
    if cluster.insecure_skip_tls_verify and not settings.unverified:
        step = "name its authority (`certificate-authority-data`), or say `unverified: true`"
        raise unusable(f"{who} does not have the server's certificate checked", step)
    authority = pem_of(
        cluster.certificate_authority_data,
        cluster.certificate_authority,
        access.folder,
        "certificate authority",
    )
    ways = read_network(settings.network)
    return Place(
        url=url,
        authority=None if authority is None else authority.decode("ascii", "ignore"),
        server_name=cluster.tls_server_name,
        proxy=_proxy(cluster, url, ways, who),
        is_verified=not cluster.insecure_skip_tls_verify,
        ways=ways,
    )


def read_network(network: Network) -> Ways:
    """Return the ways out (`network.ways.read_ways`).

    Raises:
        CollectorError: They cannot be used.
    """
    try:
        return read_ways(network)
    except SettingsError as error:
        raise no_way(f"{error.path}: {error.message}", error.hint or _SERVER) from None


def is_loopback(url: str) -> bool:
    """Say whether a URL leads to this machine, as that of `kubectl proxy` does."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _checked_url(server: str, who: str) -> str:
    try:
        parts = urlsplit(server)
        is_usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, is_usable = urlsplit(""), False
    if not is_usable or parts.scheme not in {"http", "https"}:
        raise no_way(f"the server of {who} is no URL of http or https", _SERVER)
    if parts.username or parts.password or parts.query or parts.fragment:
        raise no_way(f"the server of {who} holds more than an address", _SERVER)
    return server.rstrip("/")


def _proxy(cluster: Cluster, url: str, ways: Ways, who: str) -> Proxy | None:
    """Return the proxy of a cluster: its own, said of it alone, before that of the configuration."""
    if not cluster.proxy_url:
        return ways.to(url).proxy
    try:
        return parse_proxy(cluster.proxy_url, "proxy-url")
    except SettingsError as error:
        said = f"the `proxy-url` of {who} is {error.message}"
        raise no_way(said, error.hint or _SERVER) from None


def _trusted(ways: Ways) -> ssl.SSLContext:
    try:
        return ways.trust()
    except SettingsError as error:
        raise _unreadable(error) from None


def _unreadable(error: SettingsError) -> CollectorError:
    return no_way(f"{error.path}: {error.message}", error.hint or "correct `network.ca_bundle`")


def _unchecked() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
