"""One post to a target: signed, guarded at the socket, no redirect; everything that can go wrong is an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from urllib.parse import urlsplit

import aiohttp

from apiscape.health.probing.asking import by_proxy, describe, describe_through, open_session
from apiscape.health.probing.guard import Guard
from apiscape.health.probing.tunnel import turned_away
from apiscape.model.entity import Entity
from apiscape.network.connect import ASKS
from apiscape.network.ways import Ways
from apiscape.notify.events import Message
from apiscape.notify.signing import read_secrets, sign
from apiscape.settings.schema import Notify

USER_AGENT = f"apiscape/{version('apiscape')} (webhook)"
_PORTS = {"http": 80, "https": 443}
_TAKEN = range(200, 300)
_REDIRECTS = range(300, 400)


class Answer(Entity, frozen=True):
    """What came of a post.

    Attributes:
        status: Of the answer, `None` where there was none.
        failure: Why it was not taken, in words that hold nothing of what was sent nor the address.
        retry_after_s: How long the target asked to wait.
        took_s: How long it took.
    """

    status: int | None = None
    failure: str | None = None
    retry_after_s: float | None = None
    took_s: float = 0.0

    @property
    def is_taken(self) -> bool:
        """Whether the target has it."""
        return self.status in _TAKEN


class Poster:
    """Posts to one target.

    Args:
        target: Where to, and by which secrets.
        environment: Where `env:NAME` is looked up.
        now: Gives the aware time that is signed.
        ways: The ways out: a proxy, and whose certificates are trusted; directly, and the system's, without it.

    Raises:
        SettingsError: The certificates to trust cannot be read.
    """

    def __init__(
        self,
        target: Notify,
        environment: Mapping[str, str],
        now: Callable[[], datetime],
        ways: Ways | None = None,
    ) -> None:
        self._target = target
        self._environment = environment
        self._now = now
        ways = ways or Ways()
        self._trust = ways.trust()
        self._proxy = ways.to(target.url).proxy
        self._address = urlsplit(target.url)
        # A name that only the proxy knows may be what a person wrote down, where what is sent is encrypted.
        clear = self._address.scheme == "http"
        self._guard = Guard(
            target.allow, key="notify.allow", only_allowed=clear, proxy_resolves=not clear
        )

    async def post(self, message: Message) -> Answer:
        """Return what came of a post.

        Raises:
            UsageError: A secret cannot be read.
        """
        headers = self._headers(message)
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._target.timeout_s):
                return await self._send(headers, message.body, began)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            told = describe_through(self._proxy, error) if self._proxy else describe(error)
            return Answer(failure=told.refused or told.failure, took_s=time.monotonic() - began)

    async def _send(self, headers: dict[str, str], body: bytes, began: float) -> Answer:
        """Post, directly or through the proxy, which is asked for no name that leads where it must not."""
        if self._proxy is not None:
            host = self._address.hostname or ""
            await self._guard.check_name(host, self._address.port or _PORTS[self._address.scheme])
        asked = by_proxy(self._proxy, self._target.url, headers)
        guard = None if self._proxy else self._guard
        async with (
            open_session(guard, self._trust, self._target.timeout_s) as session,
            session.post(self._target.url, data=body, allow_redirects=False, **asked) as response,
        ):
            return Answer(
                status=response.status,
                failure=self._failure(response.status),
                retry_after_s=self._retry_after(response.headers.get("Retry-After")),
                took_s=time.monotonic() - began,
            )

    def _failure(self, status: int) -> str | None:
        if status in _TAKEN:
            return None
        if self._proxy is not None and status == ASKS:
            return turned_away(self._proxy, status).refused
        if status in _REDIRECTS:
            return f"the answer was {status}: redirects are not followed"
        return f"the answer was {status}"

    def _headers(self, message: Message) -> dict[str, str]:
        secrets = read_secrets(self._target.secrets, self._environment)
        timestamp = int(self._now().timestamp())
        return {
            "Content-Type": message.media,
            "User-Agent": USER_AGENT,
            "webhook-id": message.ident,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(secrets, message.ident, timestamp, message.body),
        }

    def _retry_after(self, told: str | None) -> float | None:
        """Return seconds: a target says them, or a date."""
        if told is None:
            return None
        if told.isascii() and told.isdecimal():
            return float(told[:9])
        try:
            moment = parsedate_to_datetime(told)
        except ValueError:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - self._now()).total_seconds())
