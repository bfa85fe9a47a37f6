"""How an agent itself fares, as it says over its API: what it goes by, what it has to do, what it lacks."""

from __future__ import annotations

from datetime import datetime

from apiscape.model.entity import Entity


class ConfigurationStanding(Entity, frozen=True):
    """Whether the newest configuration is the one in use.

    Attributes:
        is_valid: Whether it is; where not, the one before stands.
        since: Since when that is so.
        file: The file that is watched.
        error: Why it is not used, at `path` and `line` where those are known; `next_step` mends it.
    """

    is_valid: bool
    since: datetime
    file: str | None = None
    error: str | None = None
    path: str | None = None
    line: int | None = None
    next_step: str | None = None


def place_of(standing: ConfigurationStanding) -> str:
    """Return where a configuration cannot be used, `config.yaml line 3`; nothing where that is not known."""
    line = f" line {standing.line}" if standing.line is not None else ""
    return f"{standing.path or standing.file or ''}{line}".strip()


class ScheduleStanding(Entity, frozen=True):
    """What the schedule has to do.

    Attributes:
        queued, running, failing: Jobs that wait, are at work, or wait after a failure.
        oldest_s: How long the oldest one waits, `None` where none does.
        paused: Sources of which no visit begins until somebody resumes them.
        unplanned: Sources that could not be planned the last time.
        unheard: Reaches of which the changes between visits could not be read the last time.
        left_behind: Threads that did not return in time; what they looked at is not looked at.
    """

    queued: int
    running: int
    failing: int = 0
    oldest_s: float | None = None
    paused: tuple[str, ...] = ()
    unplanned: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    left_behind: int = 0


class ConclusionStanding(Entity, frozen=True):
    """How far conclusions are.

    Attributes:
        behind: Changes of which none were drawn yet, `None` where the store does not say.
        failures: Tries in a row that failed, for `error`.
    """

    behind: int | None
    failures: int = 0
    error: str | None = None


class StoreStanding(Entity, frozen=True):
    """The store that it writes; `error` says why it cannot be, or why it does not answer.

    Attributes:
        kind: `sqlite` or `postgresql`.
        kept_since: Since when history is kept, `None` where all of it is.
    """

    kind: str
    revision: str | None = None
    size_bytes: int | None = None
    kept_since: datetime | None = None
    error: str | None = None


class MemoryStanding(Entity, frozen=True):
    """What an agent and its parts may take.

    Attributes:
        limit_bytes: Of all; `None` where neither the configuration nor the kernel says.
        readers: Processes that read other people's documents, at most; `reader_bytes` of each.
        kept_bytes: Of answers that are kept.
    """

    limit_bytes: int | None
    readers: int
    reader_bytes: int
    kept_bytes: int


class Standing(Entity, frozen=True):
    """An agent as it stands.

    Attributes:
        lacking: What it needs to be ready, in a word or two each.
        subscribers: How many follow the stream of changes.
        memory: What it may take; not said by older agents.
    """

    version: str
    pid: int
    started_at: datetime
    configuration: ConfigurationStanding
    schedule: ScheduleStanding
    conclusions: ConclusionStanding
    store: StoreStanding
    lacking: tuple[str, ...] = ()
    subscribers: int = 0
    memory: MemoryStanding | None = None
