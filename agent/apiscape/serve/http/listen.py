"""Where the doors are, and whether they may be there: nothing is offered in clear to a network."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from pathlib import Path

from apiscape.client.sockets import socket_address
from apiscape.errors import StoreError, UsageError, in_words
from apiscape.model.entity import Entity

BACKLOG = 1024
_LARGEST_PORT = 65_535


class Address(Entity, frozen=True):
    """A host and a port; 0 lets the operating system choose one."""

    host: str
    port: int


class Tls(Entity, frozen=True):
    """Files with the certificate chain and its key, read anew when they change."""

    certificate: Path
    key: Path


class ApiDoor(Entity, frozen=True):
    """The door for tokens.

    Attributes:
        tls: Speaks TLS itself.
        behind_proxy: Something before it does, and nothing else can reach it.
        hosts: Names that callers know it by, beside `localhost` and addresses.
    """

    address: Address
    tls: Tls | None = None
    behind_proxy: bool = False
    hosts: tuple[str, ...] = ()


class Listen(Entity, frozen=True):
    """The doors that are to be opened.

    Attributes:
        socket: For the same user.
        api: For tokens.
        probe: For whoever looks after the process.
    """

    socket: Path | None = None
    api: ApiDoor | None = None
    probe: Address | None = None


def parse_address(text: str) -> Address:
    """Return the address that `HOST:PORT`, `[::1]:PORT` or `:PORT` (of this machine) means.

    Raises:
        UsageError: It is none.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not colon or not port.isdecimal() or int(port) > _LARGEST_PORT:
        raise UsageError(f"not an address to listen at: {text}", hint="HOST:PORT, such as :8080")
    return Address(host=host or "127.0.0.1", port=int(port))


def check_door(door: ApiDoor) -> None:
    """Refuse to offer tokens and answers in clear to a network.

    Raises:
        UsageError: It would.
    """
    if door.tls is None and not door.behind_proxy and not is_loopback(door.address.host):
        raise UsageError(
            f"{door.address.host} can be reached from other machines, and nothing encrypts",
            hint="give a certificate and a key, or say that a proxy before it does TLS",
        )


def is_loopback(host: str) -> bool:
    """Say whether only this machine reaches an address; of a name only `localhost` is known to."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bind(address: Address) -> socket.socket:
    """Return a socket that is bound to an address.

    Raises:
        UsageError: It is in use, or not of this machine.
    """
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # no answer's end waits for an ack
    try:
        opened.bind((address.host, address.port))
    except OSError as error:
        opened.close()
        where = f"{address.host}:{address.port}"
        hint = "choose another address, or end what listens there"
        raise UsageError(f"cannot listen at {where}: {error.strerror}", hint=hint) from error
    return opened


def socket_path(store: Path) -> Path:
    """Return where the socket of the same user is beside a store: in a directory of its own."""
    return store.with_name(store.name + ".agent") / "agent.sock"


def bind_socket(path: Path) -> socket.socket:
    """Return a socket at a path, that its owner alone may open; one that a dead agent left is replaced.

    Raises:
        StoreError: Another agent answers there, or something else is in the way.
    """
    opened = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.parent.chmod(0o700)
        _make_room(path)
        fresh = path.with_name(f"{os.getpid()}.sock")
        fresh.unlink(missing_ok=True)
        with socket_address(fresh) as address:
            opened.bind(address)
        fresh.chmod(0o600)
        fresh.rename(path)
    except OSError as error:
        opened.close()
        hint = "look who owns the directory"
        raise StoreError(
            f"the agent's socket cannot be made: {in_words(error)}", hint=hint
        ) from error
    except StoreError:
        opened.close()
        raise
    return opened


def _make_room(path: Path) -> None:
    """See that nobody answers at a path, and that what lies there is a socket of ours.

    Raises:
        StoreError: Somebody does, or it is not.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != os.geteuid():
        raise StoreError(f"{path} is in the way", hint="move it away; it is no socket of this user")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked,
        socket_address(path) as address,
    ):
        if asked.connect_ex(address) == 0:
            raise StoreError(f"another agent answers at {path}", hint="ask it, or end it")
