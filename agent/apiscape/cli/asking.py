"""Asking an agent instead of opening the store: which one, and how to wait for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

import msgspec

from apiscape.cli.output import say
from apiscape.client.address import UNIX, Address
from apiscape.client.collected import Collected, Collection
from apiscape.client.contexts import (
    Context,
    address_of,
    read_contexts,
    read_token,
)
from apiscape.client.wire import CollectRequest
from apiscape.errors import ApiscapeError, StoreError, StoreLocked, UnreachableError

if TYPE_CHECKING:
    from apiscape.store.database.lock import Holder

T = TypeVar("T")

LOOK_EVERY_S = 0.5

ANSWER_S = 5.0
"""How long an agent that a database named may take to say that it is the one."""


class Collecting(Protocol):
    """An agent that visits scopes when it is told to."""

    def collect(self, asked: CollectRequest) -> Collection:
        """Begin to visit scopes."""
        ...

    def collection(self, number: str) -> Collection:
        """Return how far it is."""
        ...


def chosen_agent(url: str | None, context: str | None, contexts: Path) -> Address | None:
    """Return the agent that options or the user's contexts choose, `None` for the store of this machine.

    Raises:
        NotFound: No context is called so.
        SettingsError: The contexts cannot be read.
        UsageError: The token's file cannot be read.
    """
    if url is not None:
        return address_of(Context(url))
    held = read_contexts(contexts)
    name = context or held.current
    return address_of(held.named(name)) if name else None


def agent_in(error: StoreLocked, location: str) -> Address:
    """Return the agent that holds the store at a location.

    Raises:
        StoreLocked: The error itself, where its holder answers nowhere.
    """
    if error.address is None:
        raise error
    return _beside(error.address, location)


def living_agent(location: str) -> Address | None:
    """Return the agent that holds the store at a location, `None` where none does, or none that answers here.

    Raises:
        StoreError: It is no location of a store, or its server does not answer.
        UsageError: The agent's token cannot be read.
    """
    file = _file_of(location)
    if file is None:
        return _on_this_machine(location)
    holder = _holder(file)
    return _beside(holder.address, location) if holder and holder.address else None


def is_kept(location: str) -> bool:
    """Say whether anybody writes to the store at a location at this moment; of a database, whether an agent has it.

    Of one whose server does not answer nobody can tell, so that somebody may.
    """
    file = _file_of(location)
    return _has_agent(location) if file is None else _holder(file) is not None


def _has_agent(location: str) -> bool:
    from apiscape.store.database.engine import Database, parse_url

    with suppress(StoreError), closing(Database(parse_url(location), write=False)) as database:
        return database.who_is_alone() is not None
    return True


def seldom(look: Callable[[], T], every_s: float) -> Callable[[], T]:
    """Return what gives the answer of before until so many seconds have passed: a database is asked over a new line."""
    held: list[tuple[float, T]] = []

    def answer() -> T:
        now = time.monotonic()
        if not held or now - held[0][0] >= every_s:
            held[:] = [(now, look())]
        return held[0][1]

    return answer


def _file_of(location: str) -> Path | None:
    """Return the file of a store, `None` where it is in a database."""
    from apiscape.store.database.engine import parse_url

    url = parse_url(location)
    return Path(url.database or "").absolute() if url.get_backend_name() == "sqlite" else None


def _on_this_machine(location: str) -> Address | None:
    """Return the agent that has a store in a database, where it says that it answers here, and does.

    No token is sent to an address that a database told.

    Raises:
        StoreError: The server does not answer.
    """
    from apiscape.client.http import HttpAgent
    from apiscape.store.database.announcing import find_announced
    from apiscape.store.database.engine import Database, parse_url

    with closing(Database(parse_url(location), write=False)) as database, database.read() as held:
        told = find_announced(held)
    if told is None or not told.address.startswith(UNIX):
        return None
    address = Address(told.address)
    with (
        suppress(ApiscapeError),
        closing(HttpAgent(msgspec.structs.replace(address, timeout_s=ANSWER_S))) as agent,
    ):
        if agent.standing().pid == told.pid:
            return address
    return None


def _holder(file: Path) -> Holder | None:
    from apiscape.store.database.lock import read_holder

    return read_holder(file)


def _beside(address: str, location: str) -> Address:
    """Return an agent's address with the token that lies beside its store, where one is needed."""
    if address.startswith(UNIX):
        return Address(address)
    return Address(address, token=read_token(Path(location.removeprefix("sqlite:///") + ".token")))


def collect_and_wait(
    agent: Collecting,
    asked: CollectRequest,
    *,
    told: Callable[[Collection], None],
    pause: Callable[[float], None] = time.sleep,
) -> Collected:
    """Let an agent visit scopes, and return what came of it.

    Args:
        agent: Who visits.
        asked: What.
        told: Is given every look at how far it is.
        pause: Waits between two looks.

    Raises:
        Busy: Another collection is under way.
        UnreachableError: Nothing came of it.
    """
    state = agent.collect(asked)
    while True:
        told(state)
        if state.result is not None:
            return state.result
        if state.failure is not None:
            step = state.failure.next_step
            raise UnreachableError(f"nothing was visited: {state.failure.message}", hint=step)
        pause(LOOK_EVERY_S)
        state = agent.collection(state.number)


def say_who(address: Address) -> None:
    """Say on stderr that an agent does it."""
    say(f"The agent at {address.url} does it.")
