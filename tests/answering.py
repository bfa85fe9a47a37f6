"""A server on this machine that answers as a function says, for the time of a `with`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec


class Asked(msgspec.Struct):
    """A request."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(msgspec.Struct):
    """What is answered.

    Attributes:
        breaks: Whether the connection ends within the body.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = {}
    breaks: bool = False


@contextmanager
def answering(answer: Callable[[Asked], Answer]) -> Iterator[str]:
    """Give the address of a server, until the end."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            told = answer(Asked(self.command, self.path, dict(self.headers), body))
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body)))
            self.end_headers()
            self.wfile.write(told.body[: len(told.body) // 2] if told.breaks else told.body)

        do_GET = do_POST = _serve  # noqa: N815 - the parent's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its parent
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
