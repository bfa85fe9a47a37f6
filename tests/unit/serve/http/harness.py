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
from pathlib import Path
from typing import Any

from apiscape.client.inventory import Inventory
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.listen import Address, ApiDoor, Listen, socket_path
from apiscape.serve.http.ports import Offer
from apiscape.serve.http.server import Doors
from apiscape.serve.http.tokens import TokenEntry, Tokens, hash_token
from apiscape.serve.local import LocalInventory
from apiscape.store import open_store

LOOPBACK = Address(host="127.0.0.1", port=0)
READER, OPERATOR, TAX = "reader-token", "operator-token", "tax-token"

QUICK = Limits(batch_s=0.01, stop_s=1)
"""Limits for tests: streams say at once what is new."""


def entry(token: str, *scopes: Any, **more: Any) -> TokenEntry:
    """Return the entry of a token that is called what it is."""
    values: dict[str, Any] = {"name": token.partition("-")[0], "sha256": hash_token(token)}
    return TokenEntry(**(values | {"scopes": scopes or ("read",)} | more))


TOKENS = (
    entry(READER),
    entry(OPERATOR, "read", "operate"),
    entry(TAX, "read", "operate", view='name:"payments-1"'),
)


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
        Offer(inventory, **offer),
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


def main(path: Path) -> None:
    """Be an agent until standard input ends."""
    with open_store(str(path), write=True) as store:
        inventory = LocalInventory(store)
        doors = Doors(Offer(inventory), Listen(socket=socket_path(path)))
        with in_thread(doors):
            store.announce(doors.unix)
            sys.stdout.write(f"{doors.unix}\n")
            sys.stdout.flush()
            sys.stdin.read()
            store.announce(None)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
