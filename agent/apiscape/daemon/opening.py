"""What an agent says at its start: what it serves and where, what it visits, and what is due when."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from importlib.metadata import version

from apiscape.client.inventory import ScopeStatus
from apiscape.client.words import count, duration
from apiscape.collect.source import SourcePlan
from apiscape.daemon.beside import in_thread
from apiscape.daemon.logs import tell
from apiscape.errors import StoreError
from apiscape.model.entity import Entity
from apiscape.schedule.due import first_delay_s, visited
from apiscape.store import Store


class Addresses(Entity, frozen=True):
    """Where an agent answers.

    Attributes:
        unix: For the same user. `api`: for tokens. `probe`: for whoever looks after the process.
        token: Where the token of the same user lies, if it was written.
    """

    unix: str | None = None
    api: str | None = None
    probe: str | None = None
    token: str | None = None


async def announce(store: Store, address: str | None) -> None:
    """Say in a store where its agent answers; whoever looks for it there finds none where that fails."""
    try:
        await in_thread(store.announce, address)
    except StoreError as error:
        tell("commands will not find this agent", logging.WARNING, why=error.message)


def opening_lines(
    where: Addresses, sources: Sequence[SourcePlan], scopes: Iterable[ScopeStatus], now: datetime
) -> list[str]:
    """Return the lines of a start."""
    token = f" (by token: {where.token})" if where.token else " (by token)"
    doors = (
        ("this user", where.unix, ""),
        ("api", where.api, token),
        ("probes", where.probe, " (/healthz /readyz /metrics)"),
    )
    served = [f"  {name:<9}  {address}{more}" for name, address, more in doors if address]
    return [
        f"apiscape {version('apiscape')} agent · {due_words(sources, scopes, now)}",
        *(served or ["  no door is open"]),
    ]


def due_words(sources: Sequence[SourcePlan], scopes: Iterable[ScopeStatus], now: datetime) -> str:
    """Return how many sources and scopes there are, and when what is due, as far as is known before planning."""
    intervals = {source.name: source.interval_s for source in sources}
    waits = sorted(
        first_delay_s(
            status.scope.key,
            visited(status.last_run) if status.last_run else None,
            intervals[status.scope.source],
            now,
        )
        for status in scopes
        if status.scope.source in intervals
    )
    words = [count(len(sources), "source")]
    if not waits:
        return f"{words[0]} · nothing was visited yet: everything is due"
    due = sum(wait <= 0 for wait in waits)
    words += [f"{count(len(waits), 'scope')} known", f"{due:,} due now"]
    later = [wait for wait in waits if wait > 0]
    if later:
        words.append(
            f"the next of the others in {duration(later[0])}, the last in {duration(later[-1])}"
        )
    return " · ".join(words)
