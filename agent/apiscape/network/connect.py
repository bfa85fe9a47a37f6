"""What is said to a proxy and what it answers, and what to do where that is no."""

from __future__ import annotations

from apiscape.network.ways import Proxy

MOST_HEAD_BYTES = 16_384
"""Longest head that a proxy may answer with."""

OK, MULTIPLE, ASKS, SERVER_ERROR = 200, 300, 407, 500
"""Statuses that are told apart; from `OK` up to `MULTIPLE` a tunnel is open."""

ASKED_STEP = "set HTTPS_PROXY to the proxy's URL with user and password, in the environment"
DOWN_STEP = "check `network.proxy`, or HTTPS_PROXY where it is not set"
TURNED_STEP = "ask whoever runs the proxy, or name the host in `network.no_proxy`"
ISSUER_STEP = "put who issued it into the file that `network.ca_bundle` names"


def place_of(host: str, port: int) -> str:
    """Return host and port as they are written to a proxy.

    Raises:
        UnicodeError: It is no name of a host.
    """
    name = host if host.isascii() else host.encode("idna").decode()
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def connect_request(proxy: Proxy, host: str, port: int) -> bytes:
    """Return the request for a tunnel, with the proxy's credentials; never to be shown.

    Raises:
        UnicodeError: The host is none.
    """
    place = place_of(host, port)
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.authorization is not None:
        lines.append(f"Proxy-Authorization: {proxy.authorization}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def status_of(head: bytes) -> int | None:
    """Return the status of an answer's head; nothing where it is no head of HTTP."""
    words = head.split(b" ", 2)
    is_http = words[0].startswith(b"HTTP/") and len(words) > 1 and words[1].strip().isdigit()
    return int(words[1]) if is_http else None
