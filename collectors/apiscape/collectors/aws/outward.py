"""The way out of the SDK: every client by the configured proxy and certificates, those it signs in with too.

The SDK makes clients of its own (SSO, roles of a profile, web identities), from the same session.
They are told nothing by whoever asks for credentials, so that the session itself has to know.
Where the configuration says nothing, the SDK's own variables stay in force.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from apiscape.collectors.contract import CollectorError, Unreachable
from apiscape.network.connect import ASKED_STEP, ASKS, DOWN_STEP, ISSUER_STEP, TURNED_STEP
from apiscape.network.ways import Network, is_direct, read_ways

_SCHEMES = ("http", "https")
_NAMELESS = "its name is not found"


def lead_out(session: Any, network: Network) -> None:  # noqa: ANN401 - the SDK's own type
    """Have a session make every client by the way out that a configuration says.

    Raises:
        SettingsError: The proxy is none that can be used.
    """
    if network != Network():
        session.create_client = _Outward(session.create_client, network)


class _Outward:
    """Makes clients; takes the place of a session's own method."""

    def __init__(self, make: Callable[..., Any], network: Network) -> None:
        self._make = make
        self._ways = read_ways(network)
        self._says_proxies = bool(network.proxy or network.no_proxy)
        self._ca_bundle = network.ca_bundle

    def __call__(self, service_name: str, region_name: str | None = None, **named: Any) -> Any:  # noqa: ANN401 - the SDK's own
        """Return a client; where its endpoint is reached directly it is made once more, for only it knows that."""
        if self._ca_bundle is not None and named.get("verify") is None:
            named["verify"] = self._ca_bundle
        if not self._says_proxies:
            return self._make(service_name, region_name, **named)
        client = self._make(service_name, region_name, **_by(named, self._proxies()))
        if not is_direct(urlsplit(client.meta.endpoint_url).hostname or "", self._ways.direct):
            return client
        client.close()
        return self._make(service_name, region_name, **_by(named, {}))

    def _proxies(self) -> dict[str, str]:
        """Return the proxies as the SDK has them, whatever is reached directly."""
        ways = msgspec.structs.replace(self._ways, direct=())
        found = {scheme: ways.to(f"{scheme}://any").proxy for scheme in _SCHEMES}
        return {scheme: proxy.url for scheme, proxy in found.items() if proxy is not None}


def _by(named: dict[str, Any], proxies: dict[str, str]) -> dict[str, Any]:
    """Return arguments of a client with these proxies; none at all also keeps the variables from being asked."""
    from botocore.config import Config

    own = Config(proxies=proxies)
    given = named.get("config")
    return named | {"config": own if given is None else given.merge(own)}


# ── What is said where it leads nowhere ──────────────────────────────────────


def blocked(error: Exception, where: str, operation: str) -> Unreachable | None:
    """Return what an error of the SDK says of the way, in our words; nothing where it says nothing of it.

    Args:
        error: From the SDK; its text may repeat credentials of a proxy, so that only its address is taken.
        where: The call, in words.
        operation: The call.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    said: dict[str, object] = getattr(error, "kwargs", {})
    why = str(said.get("error", ""))
    if "ProxyConnectionError" in names:
        return _by_proxy(str(said.get("proxy_url", "")), why, where, operation)
    if type(said.get("error")).__name__ == "NameResolutionError":
        return Unreachable(f"no host answers for {where}: {_NAMELESS}", operation=operation)
    if "SSLError" in names and "CERTIFICATE_VERIFY_FAILED" in why:
        text = f"the certificate that answered for {where} is not trusted"
        return _no_way(text, ISSUER_STEP, operation)
    return None


def is_nameless(error: CollectorError) -> bool:
    """Say whether an endpoint's name was not found: the region lacks the service, or the way there is broken."""
    return isinstance(error, Unreachable) and error.message.endswith(_NAMELESS)


def watch_proxy(client: Any, network: Network) -> None:  # noqa: ANN401 - the SDK's own type
    """Have a client know an answer of the proxy in place of the service's, which only 407 surely is."""

    def refuse(response_dict: dict[str, Any], event_name: str, **_: object) -> None:
        if response_dict["status_code"] == ASKS:
            proxy = read_ways(network).to(client.meta.endpoint_url).proxy
            raise _asks(f"the proxy {proxy}", event_name.rpartition(".")[2])

    client.meta.events.register("before-parse.*", refuse)


def _by_proxy(url: str, why: str, where: str, operation: str) -> Unreachable:
    parts = urlsplit(url)
    proxy = f"the proxy {parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    if f" {ASKS} " in why:
        return _asks(proxy, operation)
    if "CERTIFICATE_VERIFY_FAILED" in why:
        return _no_way(f"the certificate of {proxy} is not trusted", ISSUER_STEP, operation)
    if "Tunnel connection failed" in why:
        status = why.partition("Tunnel connection failed: ")[2][:3]
        said = f"{proxy} does not let {where} through ({status})"
        return _no_way(said, TURNED_STEP, operation)
    return _no_way(f"{proxy} does not answer", DOWN_STEP, operation)


def _asks(proxy: str, operation: str) -> Unreachable:
    return _no_way(f"{proxy} asks for credentials ({ASKS})", ASKED_STEP, operation)


def _no_way(message: str, next_step: str, operation: str) -> Unreachable:
    error = Unreachable(message, operation=operation)
    error.next_step = next_step
    return error
