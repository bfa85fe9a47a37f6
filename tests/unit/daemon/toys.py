"""A real agent of toys: real store, doors, threads and clock; no provider but the scripted one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from apiscape.client.address import Address
from apiscape.client.http import HttpAgent
from apiscape.collect.scan import Tools
from apiscape.collectors.contract import Observation, Plan, Visit
from apiscape.daemon.configured import Configured
from apiscape.daemon.process import Agent, Place
from apiscape.errors import Exit
from apiscape.model.run import Scope
from apiscape.serve.http import listen
from apiscape.serve.http.listen import Listen, socket_path
from apiscape.serve.http.tokens import Tokens
from apiscape.store import open_store
from tests.unit.collect.scanning import QUICK, Toys, reach, whole
from tests.unit.collect.toy import SOURCE, Script, scripted

PATIENCE_S = 30.0


class Bench:
    """What an agent of toys is made of.

    Attributes:
        configured: What the next reading of the configuration gives; an error is raised.
    """

    def __init__(self, folder: Path) -> None:
        self.file = folder / "store.db"
        self.said: list[str] = []
        self.script: Script = whole
        self.toys = Toys(collectors={"toy.api": scripted(self._script)})
        self.toys.source.planned = Plan(reaches=(reach("1/r"), reach("2/r")))
        self.configured: Configured | Exception = Configured(sources=(SOURCE,))
        self.probe = listen.Address(host="127.0.0.1", port=0)
        self.config = folder / "config.yaml"
        self.agent: Any = None
        self.code: Exit | None = None

    def _script(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        return self.script(scope, visit)

    def load(self) -> Configured:
        if isinstance(self.configured, Exception):
            raise self.configured
        return self.configured

    @property
    def unix(self) -> Address:
        return Address(f"unix:{socket_path(self.file)}", timeout_s=PATIENCE_S)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Agent]:
        """Run an agent in this loop, for the time of a `with`; then it is told to stop."""
        with open_store(str(self.file), write=True) as store:
            place = Place(
                listen=Listen(socket=socket_path(self.file), probe=self.probe),
                tokens=Tokens(),
                config=self.config,
            )
            tools = Tools(plug_ins=self.toys, limits=QUICK)
            agent = Agent(store, self.load(), self.load, place, say=self.said.append, tools=tools)
            task = asyncio.create_task(agent.run())
            await until(lambda: bool(self.said) or task.done())
            try:
                yield agent
            finally:
                agent.stop()
                self.code = await task
                assert agent.is_quiet

    async def ask(self, question: Callable[[HttpAgent], Any]) -> Any:
        """Ask the agent at its socket."""
        inventory = HttpAgent(self.unix)
        try:
            return await asyncio.to_thread(question, inventory)
        finally:
            inventory.close()


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something holds."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not holds():
        assert loop.time() < end, "it never came to that"
        await asyncio.sleep(0.005)
