"""Asking an agent instead of opening the store: which one, and how to wait for what it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

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
from apiscape.errors import StoreLocked, UnreachableError

if TYPE_CHECKING:
    from apiscape.store.database.lock import Holder

LOOK_EVERY_S = 0.5


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
    """Return the agent that holds the store at a location, `None` where none does, or none that answers.

    Raises:
        StoreError: It is no location of a store.
        UsageError: The agent's token cannot be read.
    """
    file = _file_of(location)
    holder = _holder(file) if file else None
    return _beside(holder.address, location) if holder and holder.address else None


def is_kept(location: str) -> bool:
    """Say whether anybody writes to the store at a location at this moment, as far as this machine can tell.

    Of a database that others reach as well it cannot, so that somebody may.
    """
    file = _file_of(location)
    return file is None or _holder(file) is not None


def _file_of(location: str) -> Path | None:
    """Return the file of a store, `None` where it is in a database."""
    from apiscape.store.database.engine import parse_url

    url = parse_url(location)
    return Path(url.database or "").absolute() if url.get_backend_name() == "sqlite" else None


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
