"""The three doors, opened and closed inside a loop that is somebody else's."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

import uvicorn

from apiscape.client.wire import MSGPACK, PACKED
from apiscape.errors import UnreachableError
from apiscape.serve.http.app import Kitchen, have_ready, make_app
from apiscape.serve.http.attempts import Attempts
from apiscape.serve.http.audit import Audit
from apiscape.serve.http.door import Bearers, Door, local_principal
from apiscape.serve.http.files import allow_files
from apiscape.serve.http.limits import DEFAULT_LIMITS, Limits
from apiscape.serve.http.listen import (
    BACKLOG,
    ApiDoor,
    Listen,
    bind,
    bind_socket,
    check_door,
)
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.probe import Probe
from apiscape.serve.http.protocol import Room, connection_class
from apiscape.serve.http.ready import Ready
from apiscape.serve.http.sending import Sending
from apiscape.serve.http.tls import Renewing
from apiscape.serve.http.tokens import Tokens


class _Server(uvicorn.Server):
    """A server that leaves signals to the process that it is in."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.opened = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.opened.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Open:
    """One open door."""

    def __init__(self, name: str, bound: socket.socket, server: _Server) -> None:
        self.bound = bound
        self.server = server
        self.task = asyncio.create_task(server.serve([bound]), name=f"door {name}")


class Doors:
    """The HTTP API of an agent: `start` it, later `stop` it, or use it in an `async with`.

    Attributes:
        unix: The socket's address (`unix:PATH`), `None` without one.
        url: The API's (`http://HOST:PORT`); `probe_url`: the probe's.
    """

    def __init__(
        self,
        offer: Offer,
        listen: Listen,
        *,
        tokens: Tokens | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Offer an inventory at some doors; nothing is opened yet.

        Raises:
            UsageError: A door would speak in clear to a network.
        """
        if listen.api is not None:
            check_door(listen.api)
        self.unix: str | None = None
        self.url: str | None = None
        self.probe_url: str | None = None
        self._offer = offer
        self._listen = listen
        self._tokens = tokens or Tokens()
        self._limits = limits
        self._open: list[_Open] = []
        self._kitchen: Kitchen | None = None
        self._probe: Probe | None = None

    async def start(self) -> None:
        """Open the doors; return when all are open.

        Raises:
            UsageError: An address is in use.
            SettingsError: The certificate cannot be read.
            StoreError: The socket cannot be made.
        """
        open_ = False
        try:
            self._open_all()
            for door in self._open:
                opened = asyncio.create_task(door.server.opened.wait())
                await asyncio.wait({door.task, opened}, return_when=asyncio.FIRST_COMPLETED)
                opened.cancel()
            if any(door.task.done() for door in self._open):
                raise UnreachableError("a door of the HTTP API did not open")
            for door in self._open:
                door.bound.listen(BACKLOG)  # more may wait than are taken in at once
            self._have_ready()
            open_ = True
        finally:
            if not open_:
                await self.stop()

    async def stop(self) -> None:
        """Close the doors: no new request, those under way have a few seconds."""
        if self._kitchen is not None:
            self._kitchen.feed.close()
        for door in self._open:
            door.server.should_exit = True
        await asyncio.gather(*(door.task for door in self._open), return_exceptions=True)
        for door in self._open:
            door.bound.close()
        self._open.clear()
        if self._listen.socket is not None and self.unix is not None:
            self._listen.socket.unlink(missing_ok=True)
        for each in (self._kitchen, self._probe):
            if each is not None:
                each.close()

    @property
    def subscribers(self) -> int:
        """How many follow the stream of changes."""
        return 0 if self._kitchen is None else self._kitchen.feed.listeners

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    def _have_ready(self) -> None:
        """Have snapshots ready in the forms that clients at the open doors take."""
        near, far = self._listen.socket is not None, self._listen.api is not None
        forms = [MSGPACK] * near + [PACKED] * far
        if self._kitchen is not None:
            have_ready(self._kitchen, forms)

    def _open_all(self) -> None:
        audit = Audit()
        self._kitchen = Kitchen(self._offer, audit, self._limits)
        app = Ready(
            make_app(self._kitchen), self._kitchen.answers, Sending(self._limits.sent_bytes)
        )
        listen = self._listen
        doors = sum(each is not None for each in (listen.socket, listen.api, listen.probe))
        self._limits = allow_files(self._limits, doors)
        if listen.socket is not None:
            door = Door(app, local_principal, frozenset(), self._limits, self._offer.answered)
            self._serve("socket", bind_socket(listen.socket), door)
            self.unix = f"unix:{listen.socket}"
        if listen.api is not None:
            self._open_api(listen.api, app, audit)
        if listen.probe is not None:
            self._probe = Probe(self._offer)
            bound = bind(listen.probe)
            self._serve("probe", bound, self._probe)
            self.probe_url = _url("http", bound)

    def _open_api(self, api: ApiDoor, app: Any, audit: Audit) -> None:  # noqa: ANN401 - an ASGI application
        tls = Renewing(api.tls) if api.tls else None
        attempts = Attempts(self._limits)
        bearers = Bearers(self._tokens, audit, attempts, behind_proxy=api.behind_proxy)
        hosts = frozenset(name.lower() for name in api.hosts)
        bound = bind(api.address)
        door = Door(app, bearers, hosts, self._limits, self._offer.answered)
        self._serve("api", bound, door, tls)
        self.url = _url("https" if tls else "http", bound)

    def _serve(
        self,
        name: str,
        bound: socket.socket,
        app: Any,  # noqa: ANN401 - an ASGI application
        tls: Renewing | None = None,
    ) -> None:
        config = uvicorn.Config(
            app,
            http=connection_class(Room(self._limits)),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=self._limits.head_bytes,
            timeout_graceful_shutdown=self._limits.stop_s,
            backlog=self._limits.accepted,
        )
        config.load()
        if tls is not None:
            config.ssl = tls.context
        self._open.append(_Open(name, bound, _Server(config)))


def _url(scheme: str, bound: socket.socket) -> str:
    host, port, *_ = bound.getsockname()
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
