"""The emulated API server on a local port, for real clients: `with KubernetesServer() as server: …`."""

from __future__ import annotations

import gzip
import select
import socket
import ssl
import threading
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from urllib.parse import parse_qsl, urlsplit

import msgspec

from apiscape.demo.kubernetes.answering import Answering
from apiscape.demo.kubernetes.cluster import Cluster
from apiscape.demo.kubernetes.exchange import JSON, NO_ROUTE, Answer, Call, Request, refuse
from apiscape.demo.kubernetes.faults import Fault, FaultKind
from apiscape.demo.kubernetes.refusals import (
    PlainRefusal,
    Refusal,
    expired,
    forbidden,
    unauthorized,
)
from apiscape.demo.kubernetes.routing import target_of

Json = dict[str, Any]

SMALLEST_PACKED = 128 * 1024
"""Bytes of a body from which on it is packed for who takes that, as the real server does."""

_FROZEN_S = 600.0

GONE = getattr(select, "POLLRDHUP", 0) | select.POLLHUP | select.POLLERR
"""What a connection says once either end has closed it; the first on Linux alone."""


class KubernetesServer:
    """An HTTP(S) server over a cluster; bound to 127.0.0.1 on a free port. The cluster may be changed meanwhile.

    Args:
        cluster: What there is; an empty one without it.
        certificate: PEM file with a certificate and its key, to be spoken to by TLS.
    """

    def __init__(self, cluster: Cluster | None = None, *, certificate: Path | None = None) -> None:
        self.cluster = cluster or Cluster()
        self._listener = _Listener(self.cluster)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._listener.socket = context.wrap_socket(
                self._listener.socket, server_side=True, do_handshake_on_connect=False
            )
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.server_port}"
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="emulated-kubernetes",
            daemon=True,
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close every connection and end; safe to call again."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.hang_up()

    def hang_up(self) -> None:
        """Close every connection, as a server does that is replaced by another."""
        self._listener.hang_up()

    def inject(self, fault: Fault) -> Fault:
        """Set a fault; the first rule that fits a request decides."""
        with self._listener.lock:
            self.cluster.faults.inject(fault)
        return fault

    def clear_faults(self) -> None:
        """Take every fault away, and let go on what is frozen."""
        with self._listener.lock:
            self.cluster.faults.clear()
        self._listener.thaw()

    @property
    def calls(self) -> list[Call]:
        """Every request so far."""
        return self.cluster.calls


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.answering = Answering(cluster)
        self.lock = threading.Lock()
        self.frozen = threading.Event()
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the parent's
        with self.lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the parent's
        with self.lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the parent's
        """Say nothing of clients that went away."""

    def hang_up(self) -> None:
        with self.lock:
            opened = list(self._open)
        for each in opened:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self.thaw()

    def thaw(self) -> None:
        before, self.frozen = self.frozen, threading.Event()
        before.set()

    def strike(self, verb: str, resource: str) -> Fault | None:
        with self.lock:
            return self.cluster.faults.strike(verb, resource)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _listener(self) -> _Listener:
        return cast("_Listener", self.server)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Log nothing: the cluster keeps every call."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(length),
        )
        verb, resource = _asked(request)
        fault = self._listener.strike(verb, resource)
        kind = None if fault is None else fault.kind
        if kind is FaultKind.RESET or (kind is FaultKind.FREEZE and verb != "watch"):
            self._go_silent(freeze=kind is FaultKind.FREEZE)
            return
        refused = _refused(fault, verb, resource)
        answer = refused or self._listener.answering.answer(request)
        if answer.lines is not None:
            self._stream(answer.lines, fault)
        else:
            self._send(answer, fault)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815 - the parent's names

    def _go_silent(self, *, freeze: bool = False) -> None:
        """Close the connection, at once or once the server thaws."""
        if freeze:
            self._listener.frozen.wait(_FROZEN_S)
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        body, headers = answer.body, dict(answer.headers)
        kind = fault.kind if fault is not None else None
        if kind is FaultKind.TRUNCATE:
            body = body[: len(body) // 2]
        if _takes_gzip(self.headers.get("Accept-Encoding") or "") and len(body) >= SMALLEST_PACKED:
            body = gzip.compress(body, 1)
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
        self.send_response(answer.status)
        if answer.status != HTTPStatus.NOT_MODIFIED:  # or a cache would take this for what it keeps
            headers = {"Content-Type": answer.media, "Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if kind is FaultKind.CUT:
            self.wfile.write(body[: len(body) // 2])
            self._go_silent()
        else:
            self.wfile.write(body)

    def _stream(self, lines: Iterable[bytes], fault: Fault | None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", JSON)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        sent = 0
        try:
            for line in chain([b""], lines):
                if line:
                    self._chunk(line)
                    sent += 1
                elif self._is_left():
                    self.close_connection = True
                    return
                if fault is not None and sent == fault.keep:
                    if self._spoil(fault):
                        return
                    fault = None
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True

    def _is_left(self) -> bool:
        """Say whether the other end has gone, or this one has hung up: nothing that is written would say so."""
        look = select.poll()
        look.register(self.connection, GONE)
        return bool(look.poll(0))

    def _spoil(self, fault: Fault) -> bool:
        """Do what a fault does to a watch; return whether it is over."""
        if fault.kind is FaultKind.GARBLED:
            self._chunk(b'{"type":"ADDED","object":{"meta\n')
            return False
        if fault.kind is FaultKind.GONE_EVENT:
            status = expired("too old resource version").status()
            self._chunk(msgspec.json.encode({"type": "ERROR", "object": status}) + b"\n")
            self.wfile.write(b"0\r\n\r\n")
            return True
        if fault.kind in {FaultKind.CUT, FaultKind.FREEZE}:
            self._go_silent(freeze=fault.kind is FaultKind.FREEZE)
            return True
        return False

    def _chunk(self, line: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
        self.wfile.flush()


def _asked(request: Request) -> tuple[str, str]:
    """Return the verb and the resource of a request, as faults name them."""
    try:
        target = target_of(request.path)
        if target is None:
            return "discover", ""
        return target.verb(request.method, request.query), target.plural
    except (PlainRefusal, Refusal):
        return "", ""


def _refused(fault: Fault | None, verb: str, resource: str) -> Answer | None:
    """Return the answer that a fault gives in place of the cluster's."""
    if fault is None:
        return None
    again = {"Retry-After": str(fault.seconds)}
    refusals = {
        FaultKind.THROTTLE: Refusal(429, "TooManyRequests", "Too many requests", headers=again),
        FaultKind.UNAVAILABLE: Refusal(503, "ServiceUnavailable", "not now", headers=again),
        FaultKind.ERROR: Refusal(500, "InternalError", "Internal error occurred"),
        FaultKind.DENY: forbidden("somebody", verb, resource, "", ""),
        FaultKind.UNAUTHORIZED: unauthorized(),
        FaultKind.GONE: expired("The resourceVersion for the provided watch is too old."),
        FaultKind.NO_STREAMING: Refusal(
            500, "InternalError", "required storage feature RequestWatchProgress is disabled"
        ),
    }
    refusal = refusals.get(fault.kind)
    if refusal is not None:
        return refuse(refusal)
    if fault.kind is FaultKind.NO_ROUTE:
        return NO_ROUTE
    if fault.kind is FaultKind.WRONG_TYPE:
        return Answer(body=b"<html><body>Sign in</body></html>", media="text/html")
    return None


def _takes_gzip(told: str) -> bool:
    return any(each.strip().partition(";")[0] == "gzip" for each in told.split(","))
