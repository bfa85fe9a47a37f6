"""The probe door: is the agent alive, is it ready, how does it fare. No names, no token, no cloud."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from litestar.types import HTTPScope, Receive, Send

from apiscape.serve.http.answering import answer
from apiscape.serve.http.ports import Offer

PLAIN = "text/plain; charset=utf-8"
METRICS = "text/plain; version=0.0.4; charset=utf-8"

Told = tuple[int, str, str]


class Probe:
    """Answers `/healthz` at once, `/readyz` and `/metrics` from a thread of its own.

    What the clouds say is in the metrics: a restart of the agent would not mend it.
    """

    def __init__(self, offer: Offer) -> None:
        """Tell of an offer."""
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="http-probe")
        self._paths: dict[str, Callable[[], Told]] = {
            "/readyz": lambda: _readiness(offer),
            "/metrics": lambda: (200, METRICS, offer.metrics()),
        }

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Answer a probe."""
        status, media, text = await self._tell(str(scope["path"]), scope["method"])
        body = b"" if scope["method"] == "HEAD" else text.encode()
        headers = {
            "Content-Type": media,
            "Content-Length": str(len(text.encode())),
            "Cache-Control": "no-store",
        }
        await answer(send, status, headers, body)

    async def _tell(self, path: str, method: str) -> Told:
        if method not in {"GET", "HEAD"}:
            return 405, PLAIN, "only read\n"
        if path == "/healthz":
            return 200, PLAIN, "alive\n"
        if path not in self._paths:
            return 404, PLAIN, "probes are /healthz, /readyz and /metrics\n"
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._paths[path])

    def close(self) -> None:
        """Begin no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _readiness(offer: Offer) -> Told:
    lacking = offer.ready()
    if lacking:
        return 503, PLAIN, "".join(f"not ready: {word}\n" for word in lacking)
    return 200, PLAIN, "ready\n"
