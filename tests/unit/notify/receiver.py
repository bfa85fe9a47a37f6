"""A real receiver of webhooks on loopback, in a thread of its own, that checks every signature by itself."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-nine bytes").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of some bytes!").decode()
VARIABLE, OTHER_VARIABLE = "TEST_HOOK_KEY", "TEST_HOOK_KEY_OLD"


@dataclass
class Post:
    """One post as it came in."""

    headers: dict[str, str]
    body: bytes

    @property
    def ident(self) -> str:
        return self.headers["webhook-id"]

    @property
    def events(self) -> list[Any]:
        told = json.loads(self.body)
        return told if isinstance(told, list) else [told]

    def is_signed_by(self, secret: str) -> bool:
        """Check a signature as Standard Webhooks says, with nothing of ours."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.ident}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        given = [each.split(",", 1) for each in self.headers["webhook-signature"].split(" ")]
        return any(word == "v1" and hmac.compare_digest(value, wanted) for word, value in given)


Reply = Callable[["Receiver", Post], tuple[int, dict[str, str]]]


def take(_receiver: Receiver, _post: Post) -> tuple[int, dict[str, str]]:
    """Take everything."""
    return 204, {}


@dataclass
class Receiver:
    """What came in, and how it is answered."""

    reply: Reply = take
    port: int = 0
    posts: list[Post] = field(default_factory=list)
    taken: list[Post] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?key=hidden-in-the-address"

    def answer(self, *statuses: int, **headers: str) -> None:
        """Answer with these, one after the other, and take everything after that."""
        left = list(statuses)

        def reply(_receiver: Receiver, _post: Post) -> tuple[int, dict[str, str]]:
            return (left.pop(0), headers) if left else (204, {})

        self.reply = reply

    @property
    def kinds(self) -> list[str]:
        """The types of all events that were taken."""
        return [event["type"] for post in self.taken for event in post.events]

    async def _handle(self, request: web.Request) -> web.Response:
        post = Post({k.lower(): v for k, v in request.headers.items()}, await request.read())
        self.posts.append(post)
        status, headers = self.reply(self, post)
        if 200 <= status < 300:
            self.taken.append(post)
        return web.Response(status=status, headers=headers)


@contextmanager
def receiving(receiver: Receiver | None = None) -> Iterator[Receiver]:
    """Run a receiver for the time of a `with`; one that ran before comes back at its port."""
    held = receiver or Receiver()
    ready, ended = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        app = web.Application()
        app.router.add_post("/hook", held._handle)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", held.port, reuse_address=True)
        await site.start()
        held.port = runner.addresses[0][1]
        ready.set()
        await ended.wait()
        await runner.cleanup()

    def work() -> None:
        loop.run_until_complete(serve())
        loop.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        assert ready.wait(30)
        yield held
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(30)
