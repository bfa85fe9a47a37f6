"""A proxy that writes down what went through it, and a machine on which nothing else leads out."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"
CONNECT = socket.socket.connect
"""As it was before any test took the way out from it: the proxy's own."""

HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Passed:
    """A request as the proxy saw it.

    Attributes:
        method: `CONNECT`, or that of the request.
        target: `host:port`, or the whole URL.
        status: What the proxy answered; 0 where the target did.
    """

    method: str
    target: str
    status: int = 0


@dataclass
class RecordingProxy:
    """A proxy on loopback, for CONNECT and for whole URLs.

    Attributes:
        names: Ports on loopback of the names that it alone knows.
        credentials: `user:password` that it asks for, if it does.
        refuses: The status with which it turns everything away, if it does.
        passed: What went through, and what did not.
    """

    names: Mapping[str, int]
    credentials: str | None = None
    refuses: int | None = None
    port: int = 0
    passed: list[Passed] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def targets(self) -> set[str]:
        """Return what was let through."""
        return {each.target for each in self.passed if each.status == 0}

    def serve(self, near: socket.socket) -> None:
        """Serve one connection."""
        head, rest = read_head(near)
        if not head:
            return
        method, target, _ = head[0].split(" ", 2)
        body = read_body(near, head, rest)  # to its end: who closes before may take the answer back
        status = self._verdict(head, target)
        self.passed.append(Passed(method, target, status))
        if status:
            near.sendall(f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode())
            return
        with socket.socket() as far:
            CONNECT(far, (LOOPBACK, self.names[host_of(target)]))
            if method == "CONNECT":
                near.sendall(b"HTTP/1.1 200 Established\r\n\r\n")
                far.sendall(rest)
                pump_both(near, far)
            else:
                near.sendall(ask(far, head, body))

    def _verdict(self, head: list[str], target: str) -> int:
        if self.credentials is not None:
            wanted = f"basic {base64.b64encode(self.credentials.encode()).decode()}"
            lines = [line.lower() for line in head]
            if f"proxy-authorization: {wanted.lower()}" not in lines:
                return 407
        if self.refuses is not None:
            return self.refuses
        return 0 if host_of(target) in self.names else 502


def host_of(target: str) -> str:
    """Return the host of a request's target."""
    place = target.partition("://")[2].partition("/")[0] if "://" in target else target
    return place.rpartition(":")[0] or place


def read_head(near: socket.socket) -> tuple[list[str], bytes]:
    """Return the lines of a head, and what came behind it; nothing where the connection ended."""
    data = b""
    while b"\r\n\r\n" not in data and len(data) < HEAD_BYTES:
        some = near.recv(4096)
        if not some:
            return [], b""
        data += some
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode("latin-1").split("\r\n"), rest


def read_body(near: socket.socket, head: list[str], rest: bytes) -> bytes:
    """Return a request's body, as long as its head says."""
    lengths = [int(line[15:]) for line in head if line.lower().startswith("content-length:")]
    while lengths and len(rest) < lengths[0]:
        some = near.recv(65_536)
        if not some:
            break
        rest += some
    return rest


def ask(far: socket.socket, head: list[str], body: bytes) -> bytes:
    """Send a request on by its path alone, and return the answer; the connection ends with it."""
    method, target, _ = head[0].split(" ", 2)
    asking = http.client.HTTPConnection(LOOPBACK)
    asking.sock = far
    path = "/" + target.partition("://")[2].partition("/")[2]
    asking.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for line in head[1:]:
        if not line.lower().startswith(("proxy-", "connection:")):
            asking.putheader(*line.split(": ", 1))
    asking.endheaders(body)
    answer = asking.getresponse()
    got = answer.read()
    lengthy = {"content-length", "transfer-encoding", "connection"}
    kept = [f"{k}: {v}" for k, v in answer.getheaders() if k.lower() not in lengthy]
    lines = [f"HTTP/1.1 {answer.status} {answer.reason}", *kept, f"Content-Length: {len(got)}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + got


def pump_both(near: socket.socket, far: socket.socket) -> None:
    """Pass bytes on both ways until one side has ended."""
    back = threading.Thread(target=pump, args=(far, near), daemon=True)
    back.start()
    pump(near, far)
    back.join()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(65_536):
            sink.sendall(some)
    for each in (source, sink):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """Serve connections to a port on loopback, each in a thread; give the port."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        open_ones: list[socket.socket] = []

        def one(near: socket.socket) -> None:
            with near, contextlib.suppress(OSError, http.client.HTTPException):
                serve(near)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    near, _ = listener.accept()
                    open_ones.append(near)
                    threading.Thread(target=one, args=(near,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
            for near in open_ones:
                with contextlib.suppress(OSError):
                    near.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxying(
    names: Mapping[str, int], *, credentials: str | None = None, refuses: int | None = None
) -> Iterator[RecordingProxy]:
    """Run a proxy that knows these names."""
    proxy = RecordingProxy(names, credentials, refuses)
    with listening(proxy.serve) as proxy.port:
        yield proxy


@contextmanager
def encrypted(port: int, certificate: Path) -> Iterator[int]:
    """Serve a plain server on loopback by TLS as well; give the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def serve(near: socket.socket) -> None:
        with context.wrap_socket(near, server_side=True) as inside, socket.socket() as far:
            CONNECT(far, (LOOPBACK, port))
            pump_both(inside, far)

    with listening(serve) as shown:
        yield shown


def lead_only_through(proxy: RecordingProxy, environment: pytest.MonkeyPatch) -> None:
    """Take every way out of this process but the proxy: no other connection, and no name."""

    def connect(this: socket.socket, address: tuple[str, int]) -> None:
        if this.family != socket.AF_UNIX and tuple(address[:2]) != (LOOPBACK, proxy.port):
            message = f"a direct connection to {address}"
            raise ConnectionRefusedError(111, message)
        CONNECT(this, address)

    look_up = socket.getaddrinfo

    def find(host: str | bytes | None, *given: object, **named: object) -> object:
        if host not in {LOOPBACK, LOOPBACK.encode(), "localhost", None}:
            raise socket.gaierror(socket.EAI_NONAME, "no name is known here")
        return look_up(host, *given, **named)  # type: ignore[arg-type]

    environment.setattr(socket.socket, "connect", connect)
    environment.setattr(socket.socket, "connect_ex", refuse_silently)
    environment.setattr(socket, "getaddrinfo", find)


def refuse_silently(this: socket.socket, address: object) -> int:
    """Refuse the other call that connects."""
    return 111


def forget_variables(environment: pytest.MonkeyPatch) -> None:
    """Have no variable say anything of a way out."""
    for scheme in ("http", "https", "all", "grpc", "no", "no_grpc"):
        for name in (f"{scheme}_proxy", f"{scheme}_proxy".upper()):
            environment.delenv(name, raising=False)
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        environment.delenv(name, raising=False)
