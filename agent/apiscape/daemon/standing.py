"""How the agent fares, gathered from its parts; a part that does not answer says so and hides no other."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Self

from apiscape.client.standing import (
    ConclusionStanding,
    ConfigurationStanding,
    MemoryStanding,
    ScheduleStanding,
    Standing,
    StoreStanding,
)
from apiscape.collect.memory import Shares
from apiscape.daemon.concluding import Concluder
from apiscape.errors import ApiscapeError
from apiscape.schedule.queue import Depth
from apiscape.store import Store


class Taking:
    """Whether the newest configuration is the one in use, and since when; entered while a new one is read.

    Args:
        file: The one that is watched.
        now: Gives the aware time.
    """

    def __init__(self, file: Path | None, now: Callable[[], datetime]) -> None:
        self._file = None if file is None else str(file)
        self._now = now
        self.standing = ConfigurationStanding(is_valid=True, since=now(), file=self._file)

    def take(self) -> None:
        """Note that a new one is used from now on."""
        self.standing = ConfigurationStanding(is_valid=True, since=self._now(), file=self._file)

    def refuse(self, error: ApiscapeError) -> None:
        """Note that a new one cannot be used; the first of several in a row says since when."""
        self._refuse(
            error.message,
            path=getattr(error, "path", None),
            line=getattr(error, "line", None),
            next_step=error.hint,
        )

    def __enter__(self) -> Self:
        """Begin to read a new one."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Note that it failed as nobody foresaw, if it did; what it failed with may hold what nobody should see."""
        if isinstance(error, Exception):
            self._refuse(
                f"could not be read: {type(error).__name__}, which nobody foresaw; the one before stands",
                next_step="the agent's log says where; it is read again once it changes, or at SIGHUP",
            )

    def _refuse(
        self, error: str, *, next_step: str | None, path: str | None = None, line: int | None = None
    ) -> None:
        before = self.standing
        self.standing = ConfigurationStanding(
            is_valid=False,
            since=self._now() if before.is_valid else before.since,
            file=self._file,
            error=error,
            path=path,
            line=line,
            next_step=next_step,
        )


@dataclass(frozen=True)
class Parts:
    """What is looked at, each when somebody asks."""

    store: Store
    concluder: Concluder
    taking: Taking
    depth: Callable[[], Depth]
    paused: Callable[[], tuple[str, ...]]
    left_behind: Callable[[], Mapping[str, str]]
    unplanned: Callable[[], frozenset[str]]
    unheard: Callable[[], frozenset[str]]
    lacking: Callable[[], tuple[str, ...]]
    subscribers: Callable[[], int]
    started_at: datetime
    shares: Shares


def standing_of(parts: Parts) -> Standing:
    """Return how an agent fares; may be called from any thread."""
    depth = parts.depth()
    return Standing(
        version=version("apiscape"),
        pid=os.getpid(),
        started_at=parts.started_at,
        configuration=parts.taking.standing,
        schedule=ScheduleStanding(
            queued=depth.queued,
            running=depth.running,
            failing=depth.failing,
            oldest_s=depth.oldest_s,
            paused=parts.paused(),
            unplanned=tuple(sorted(parts.unplanned())),
            unheard=tuple(sorted(parts.unheard())),
            left_behind=len(parts.left_behind()),
        ),
        conclusions=_conclusions(parts),
        store=_store(parts.store),
        lacking=parts.lacking(),
        subscribers=parts.subscribers(),
        memory=_memory(parts.shares),
    )


def _memory(shares: Shares) -> MemoryStanding:
    return MemoryStanding(
        limit_bytes=shares.limit_bytes,
        readers=shares.readers,
        reader_bytes=shares.reader_bytes,
        kept_bytes=shares.kept_bytes,
    )


def _conclusions(parts: Parts) -> ConclusionStanding:
    store, concluder = parts.store, parts.concluder
    behind: int | None = None
    try:
        behind = max(store.changes.last_seq() - store.conclusions.cursor(), 0)
    except ApiscapeError as error:
        return ConclusionStanding(
            behind=None, failures=concluder.failures, error=concluder.failure or error.message
        )
    return ConclusionStanding(behind, concluder.failures, concluder.failure)


def _store(store: Store) -> StoreStanding:
    kind = "sqlite" if store.database.is_sqlite else "postgresql"
    try:
        status = store.status()
    except ApiscapeError as error:
        return StoreStanding(kind, error=error.message)
    said = (kind, status.revision, status.size_bytes, status.horizon)
    return StoreStanding(*said, error=store.database.refusal)
