"""The emulated AWS on a local port, for the real SDK: `with AwsServer(estate) as server: …`."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Collection, Iterator
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import botocore.session
from botocore.config import Config

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.identities import Identities, TokenRule
from apiscape.demo.aws.refusing.quotas import Clock, Quota, Quotas
from apiscape.demo.aws.wire.calls import CallLog
from apiscape.demo.aws.wire.connection import Connection, Delivery
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST, Dispatcher
from apiscape.demo.aws.wire.routing import Request, model_loader, warm_up

_BACKLOG = 1024
_CLIENT_TIMEOUT_S = 5.0
_PATIENCE_S = 10.0


class AwsServer:
    """An HTTP server over an estate; bound to 127.0.0.1 on a free port.

    The estate may be changed while it runs: answers always show its present state. Where calls
    are under way at that moment, change it inside `with server.changing():`.

    Args:
        estate: What there is.
        quotas: Limits to keep, for instance `AWS_QUOTAS`; none by default.
        latency_s: Time that every answer takes; concurrent ones take it side by side.
        allowed: Qualified operations that may be called.
        clock: Seconds for quotas and tokens; a `VirtualClock` makes them independent of time.
        tokens: When temporary credentials end.
    """

    def __init__(
        self,
        estate: AwsEstate,
        *,
        quotas: tuple[Quota, ...] = (),
        latency_s: float = 0.0,
        allowed: Collection[str] = READ_ALLOW_LIST,
        clock: Clock = time.monotonic,
        tokens: TokenRule | None = None,
    ) -> None:
        self.estate = estate
        self.url = ""
        identities = Identities(estate, tokens or TokenRule(), clock)
        self._dispatcher = Dispatcher(estate, identities, Quotas(quotas, clock), allowed, latency_s)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[asyncio.Transport] = set()
        self._changing = threading.RLock()
        self._thread = threading.Thread(target=self._run, name="emulated-aws", daemon=True)
        self._listening = threading.Event()

    @cached_property
    def _session(self) -> botocore.session.Session:
        """What clients are made with; making it takes three times as long as all else of a server."""
        session = botocore.session.Session()
        session.register_component("data_loader", model_loader())
        return session

    # ── Running ──────────────────────────────────────────────────────────────

    def start(self) -> Self:
        """Listen; returns once requests are answered."""
        warm_up()
        self._thread.start()
        if not self._listening.wait(_PATIENCE_S):
            raise TimeoutError("The emulated AWS did not start")
        return self

    def stop(self) -> None:
        """Close every connection and end the thread; safe to call again."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_PATIENCE_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        loop = self._loop = asyncio.new_event_loop()
        listener = loop.run_until_complete(self._listen(loop))
        self.url = "http://{}:{}".format(*listener.sockets[0].getsockname())
        self._listening.set()
        loop.run_forever()
        listener.close()
        for transport in list(self._open):
            transport.abort()
        loop.run_until_complete(asyncio.sleep(0))  # lets the aborted connections end
        loop.close()

    async def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.Server:
        return await loop.create_server(
            lambda: Connection(self._respond, self._open), "127.0.0.1", 0, backlog=_BACKLOG
        )

    def _respond(self, request: Request) -> Delivery:
        with self._changing:
            return self._dispatcher.respond(request)

    @contextlib.contextmanager
    def changing(self) -> Iterator[AwsEstate]:
        """Hold back calls while the estate is changed; needed where calls are under way."""
        with self._changing:
            yield self.estate

    # ── Using ────────────────────────────────────────────────────────────────

    def credentials(self, account: str) -> dict[str, str]:
        """Give an account's lasting credentials as arguments of a boto3 session or client."""
        found = self.estate.accounts[account]
        return {
            "aws_access_key_id": found.access_key_id,
            "aws_secret_access_key": found.secret_access_key,
        }

    def environment(self, account: str, region: str = "eu-west-1") -> dict[str, str]:
        """Give the environment variables that point an SDK or a child process here."""
        keys = {name.upper(): value for name, value in self.credentials(account).items()}
        return keys | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }

    def client(
        self, service: str, account: str, region: str = "eu-west-1", *, attempts: int = 1
    ) -> Any:  # noqa: ANN401 - the SDK makes its clients at run time
        """Make a client of the real SDK of an account; it tries `attempts` times in all."""
        config = Config(
            retries={"mode": "standard", "total_max_attempts": attempts},
            connect_timeout=_CLIENT_TIMEOUT_S,
            read_timeout=_CLIENT_TIMEOUT_S,
        )
        found = self.estate.accounts[account]
        return self._session.create_client(
            service,
            region_name=region,
            endpoint_url=self.url,
            config=config,
            aws_access_key_id=found.access_key_id,
            aws_secret_access_key=found.secret_access_key,
        )

    def inject(self, fault: Fault) -> Fault:
        """Set a fault; the first rule that fits a call decides."""
        self._dispatcher.faults.inject(fault)
        return fault

    def clear_faults(self) -> None:
        """Take every fault away."""
        self._dispatcher.faults.clear()

    # ── Looking back ─────────────────────────────────────────────────────────

    @property
    def calls(self) -> CallLog:
        """Every call so far."""
        return self._dispatcher.calls

    @property
    def violations(self) -> list[str]:
        """Operations called that are not on the allow-list."""
        return self._dispatcher.violations

    @property
    def defects(self) -> list[str]:
        """What went wrong in the emulation itself."""
        return self._dispatcher.defects

    def assert_clean(self) -> None:
        """Fail if anything outside the allow-list was called or an answer broke its shape."""
        if self.violations or self.defects:
            raise AssertionError(f"violations: {self.violations}; defects: {self.defects}")
