"""Where a probe may connect, decided on the address of the socket itself.

A name may resolve to anything, and an address has many spellings (decimal, IPv4 inside IPv6 in four
ways); all of them end as the address that a socket is made for. `ipaddress.is_global` alone calls
several clouds' own services global, so that those are listed here.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
AddressInfo: TypeAlias = tuple[int, int, int, str, tuple[object, ...]]
"""Family, kind, protocol, canonical name and socket address, as `socket.getaddrinfo` gives them."""

NEVER: tuple[Network, ...] = (
    ip_network(
        "169.254.0.0/16"
    ),  # link-local: the metadata services of AWS, Azure and Google Cloud
    ip_network("fe80::/10"),  # link-local
    ip_network("fd00:ec2::/32"),  # AWS: metadata, name server, time
    ip_network("168.63.129.16/32"),  # Azure: the host's own services
    ip_network("192.0.0.0/24"),  # protocol assignments; Oracle's metadata at 192.0.0.192
    ip_network("100.100.100.200/32"),  # Alibaba: metadata
    ip_network("0.0.0.0/8"),  # this host
    ip_network("224.0.0.0/4"),  # multicast
    ip_network("ff00::/8"),  # multicast
)
"""Networks that no configuration opens: what answers there gives credentials, or is everybody."""

REMEMBERED = 4_096
"""Addresses whose verdict is remembered: it follows from the address and the configuration alone."""

_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_COMPATIBLE = ip_network("::/96")


class Refused(OSError):
    """A probe was about to connect where it may not."""


class Guard:
    """Decides for every address, and makes the sockets of those that are allowed.

    Args:
        allowed: Networks in CIDR form that are not global and may be connected to all the same.
        key: Of the configuration, by which a network is allowed.
        only_allowed: Whether no other network may be connected to, for what is sent goes in clear.
        proxy_resolves: Whether a name that only a proxy knows may be left to it.

    Raises:
        ValueError: one of them is not a network.
    """

    def __init__(
        self,
        allowed: Iterable[str] = (),
        *,
        key: str = "probes.allow",
        only_allowed: bool = False,
        proxy_resolves: bool = False,
    ) -> None:
        self._key = key
        self._only_allowed = only_allowed
        self._allowed: Sequence[Network] = tuple(ip_network(each) for each in allowed)
        self._proxy_resolves = proxy_resolves
        self._refusal = lru_cache(maxsize=REMEMBERED)(self._judge)

    def check(self, host: str) -> None:
        """Let an address pass, or refuse it.

        Raises:
            Refused: It is not to be connected to; the message says which, and what would allow it.
        """
        refusal = self._refusal(host)
        if refusal is not None:
            raise Refused(refusal)

    def _judge(self, host: str) -> str | None:
        """Return why an address is refused; nothing where it may be connected to."""
        address = ip_address(host.partition("%")[0])
        for meant in meanings(address):
            if _lies_in(meant, NEVER):
                return f"{address} is never connected to"
            if _lies_in(meant, self._allowed):
                continue
            if not meant.is_global:
                return f"{address} is not a public address; `{self._key}` would allow it"
            if self._only_allowed:
                return f"{address} is reached by https only; `{self._key}` would allow http"
        return None

    async def check_name(self, host: str, port: int) -> bool:
        """Let a proxy be asked for a name, or refuse it: every address that it has here must pass.

        A proxy looks names up itself, so that no socket of ours can be checked.

        Returns:
            Whether the name is known here.

        Raises:
            Refused: One of its addresses is not to be probed, or it has none here to check.
        """
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError):
            if self._proxy_resolves:
                return False
            if self._only_allowed:
                words = (
                    f"its name is not known here, so that nobody knows whether `{self._key}` holds"
                )
            else:
                words = "its name is not known here; `probes.proxy_resolves` would leave it to the proxy"
            raise Refused(words) from None
        for info in found:
            self.check(str(info[4][0]))
        return True

    def socket(self, info: AddressInfo) -> socket.socket:
        """Return a non-blocking socket for an address, as `aiohttp.TCPConnector` asks for one.

        Raises:
            Refused: The address is not to be probed.
        """
        family, kind, protocol, _, where = info
        self.check(str(where[0]))
        made = socket.socket(family, kind, protocol)
        made.settimeout(0)  # non-blocking
        return made


def meanings(address: Address) -> Iterator[Address]:
    """Yield an address and every one that is embedded in it: mapped, compatible, NAT64, 6to4, Teredo."""
    yield address
    if isinstance(address, IPv4Address):
        return
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    if _lies_in(address, (*_NAT64, _COMPATIBLE)):
        yield IPv4Address(int(address) & 0xFFFF_FFFF)


def _lies_in(address: Address, networks: Iterable[Network]) -> bool:
    return any(address.version == each.version and address in each for each in networks)
