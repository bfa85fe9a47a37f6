"""A whole agent over a scripted estate, for benches and tests: `python -m tests.bench.agent_child STORE APIS`.

It says where it answers on standard output as soon as it does, and ends when standard input does.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from apiscape.collect.memory import keep_within
from apiscape.collect.scan import Tools
from apiscape.collect.source import SourcePlan
from apiscape.collectors.contract import Collector, Provider, ProviderSettings
from apiscape.daemon.configured import Configured
from apiscape.daemon.process import Agent, Place
from apiscape.serve.http.limits import Limits
from apiscape.serve.http.listen import Address, ApiDoor, Listen, socket_path
from apiscape.serve.http.tokens import TokenEntry, Tokens, hash_token
from apiscape.store import open_store
from tests.bench.scripted import PRODUCT, Script, ScriptedCollector, ScriptedProvider

TOKEN = "reader-token"
"""Opens the door for tokens."""

SEND_S = 2.0
"""How long a caller may take to read on: soon, so that nobody waits long for its end."""


class Scripted:
    """Plug-ins of the scripted provider alone."""

    def __init__(self, script: Script) -> None:
        self._provider = ScriptedProvider(script)
        self._collector = ScriptedCollector(script)

    def provider(self, name: str) -> Provider:
        return self._provider

    def collector(self, product: str) -> Collector:
        return self._collector

    def products(self, provider: str) -> tuple[str, ...]:
        return (PRODUCT,)

    def version(self, product: str) -> str | None:
        return "scripted 1"


async def serve(store_file: Path, apis: int) -> None:
    """Be an agent until standard input ends."""
    keep_within(None)
    script = Script(scopes=min(20, apis), apis=apis)
    source = SourcePlan(name="script", provider="scripted", settings=ProviderSettings())
    configured = Configured(sources=(source,))
    limits = Limits(send_s=SEND_S)
    nearby = Address(host="127.0.0.1", port=0)
    doors = Listen(socket=socket_path(store_file), api=ApiDoor(address=nearby), probe=nearby)
    entry = TokenEntry(name="reader", sha256=hash_token(TOKEN), scopes=("read",))
    place = Place(listen=doors, tokens=Tokens(own=(entry,)), limits=limits)

    def say(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    with open_store(str(store_file), write=True) as store:
        agent = Agent(
            store,
            configured,
            lambda: configured,
            place,
            say=say,
            tools=Tools(plug_ins=Scripted(script)),
        )
        running = asyncio.create_task(agent.run())
        await asyncio.to_thread(sys.stdin.read)
        agent.stop()
        await running


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
