"""The HTTP API at work in a thread of this process, or as a process of its own.

`python -m tests.unit.serve.http.harness STORE` opens a store to write, answers at its socket and
says so in its lock, as an agent does; it ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apiscape.client.collected import Collected, CollectedSource, Collection
from apiscape.client.inventory import Inventory
from apiscape.client.standing import (
    ConclusionStanding,
    ConfigurationStanding,
    ScheduleStanding,
    Standing,
    StoreStanding,
)
from apiscape.client.wire import CollectRequest, Paused
from apiscape.errors import Busy, NotFound
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.listen import Address, ApiDoor, Listen, socket_path
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import TokenEntry, Tokens, hash_token
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store

LOOPBACK = Address(host="127.0.0.1", port=0)
READER, OPERATOR, TAX = "reader-token", "operator-token", "tax-token"

STANDING = Standing(
    version="1.2.3",
    pid=4711,
    started_at=datetime(2026, 9, 30, 12, tzinfo=UTC),
    configuration=ConfigurationStanding(
        is_valid=False,
        since=datetime(2026, 9, 30, 13, tzinfo=UTC),
        file="/etc/apiscape/config.yaml",
        error="unknown key 'bogus'",
        path="config.yaml",
        line=3,
        next_step="take it out",
    ),
    schedule=ScheduleStanding(queued=2, running=1),
    conclusions=ConclusionStanding(behind=0),
    store=StoreStanding("sqlite", "0003", 2_500_000),
)
"""An agent whose newest configuration cannot be used."""

QUICK = Limits(batch_s=0.01, stop_s=1)
"""Limits for tests: streams say at once what is new."""


def entry(token: str, *scopes: Any, **more: Any) -> TokenEntry:
    """Return the entry of a token that is called what it is."""
    values: dict[str, Any] = {"name": token.partition("-")[0], "sha256": hash_token(token)}
    values["scopes"] = scopes or ("read",)
    return TokenEntry(**(values | more))


TOKENS = (
    entry(READER),
    entry(OPERATOR, "read", "operate"),
    entry(TAX, "read", "operate", view='name:"payments-1"'),
)


class Pretended:
    """A schedule that visits at once what it is told to, and finds what it was given."""

    def __init__(self, result: Collected | None = None) -> None:
        self.result = result or Collected()
        self.asked: list[object] = []
        self.paused: set[str] = set()
        self.looks = 0

    def collect(self, asked: CollectRequest) -> Collection:
        if "busy" in asked.sources:
            raise Busy("a collection is under way", hint="wait for it")
        self.asked.append(asked)
        self.looks = 0
        return Collection(number="7", planned=2)

    def collection(self, number: str) -> Collection:
        if number != "7":
            raise NotFound(f"no collection {number}")
        self.looks += 1
        over = self.looks > 2
        result = self.result if over else None
        return Collection(number="7", planned=2, ended=min(self.looks, 2), result=result)

    def pause(self, sources: tuple[str, ...], *, by: str) -> Paused:
        self.asked.append((by, sources))
        self.paused |= set(sources)
        return Paused(sources=tuple(sorted(self.paused)))

    def resume(self, sources: tuple[str, ...], *, by: str) -> Paused:
        self.paused -= set(sources)
        return Paused(sources=tuple(sorted(self.paused)))


@contextmanager
def serving(
    inventory: Inventory,
    folder: Path,
    *,
    tokens: Tokens | None = None,
    limits: Limits = QUICK,
    api: ApiDoor | None = None,
    **offer: Any,
) -> Iterator[Doors]:
    """Open all three doors in a thread, for the time of a `with`."""
    doors = Doors(
        Offer(inventory, version=getattr(inventory, "version", lambda: None), **offer),
        Listen(
            socket=socket_path(folder / "store.db"),
            api=api or ApiDoor(address=LOOPBACK),
            probe=LOOPBACK,
        ),
        tokens=tokens or Tokens(own=TOKENS),
        limits=limits,
    )
    with in_thread(doors):
        yield doors


@contextmanager
def in_thread(doors: Doors) -> Iterator[None]:
    """Run a loop with open doors in a thread."""
    opened, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    failures: list[Exception] = []

    async def run() -> None:
        try:
            await doors.start()
        except Exception as error:  # noqa: BLE001 - handed to the test
            failures.append(error)
            opened.set()
            return
        opened.set()
        await stop.wait()
        await doors.stop()

    def work() -> None:
        loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=work, name="doors")
    thread.start()
    opened.wait()
    try:
        if failures:
            raise failures[0]
        yield
    finally:
        if not failures:
            loop.call_soon_threadsafe(stop.set)
        thread.join()


def collected(inventory: Inventory) -> Collected:
    """Return what a collection finds that finds everything as it was."""
    runs = tuple(status.last_run for status in inventory.scopes() if status.last_run)
    source = CollectedSource(name="prod", provider="aws", accounts=1, regions=1)
    return Collected(runs=runs, sources=(source,), exit_code=2)


def main(path: Path) -> None:
    """Be an agent until standard input ends."""
    with open_store(str(path), write=True) as store:
        inventory = LocalInventory(store)
        offer = Offer(inventory, visits=Pretended(collected(inventory)))
        doors = Doors(offer, Listen(socket=socket_path(path)))
        with in_thread(doors):
            store.announce(doors.unix)
            sys.stdout.write(f"{doors.unix}\n")
            sys.stdout.flush()
            sys.stdin.read()
            store.announce(None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
