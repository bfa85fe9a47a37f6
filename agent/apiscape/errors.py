"""The tree of apiscape's errors, and the exit codes they end a command with.

    ApiscapeError                 has a message for people, and what to do next
    ├── UsageError                wrong flag, wrong view text, wrong configuration       exit 3
    │   ├── QueryError            a view that cannot be read; points at the column
    │   └── SettingsError         a configuration that cannot be read; points at the line
    ├── UnreachableError          store, agent or provider that does not answer          exit 4
    │   └── StoreError            the store cannot be opened, written or understood
    │       ├── StoreLocked       another process writes it
    │       ├── StoreFull         no space, or read-only
    │       ├── Fenced            a newer run of the scope took over
    │       └── StoreTooNew       written by a newer version
    ├── NotKept                   asked for a time before the horizon                    exit 3
    └── NotFound                  no such deployment, scope or source                    exit 3

What goes wrong while collecting is not here: it is data (`model.run.ErrorRecord`), raised inside
a collector as one of `collectors.contract`'s errors and caught at the run's edge.
"""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of every command; incomplete beats findings."""

    COMPLETE = 0
    FINDINGS = 1
    INCOMPLETE = 2
    USAGE = 3
    UNREACHABLE = 4


class ApiscapeError(Exception):
    """Something a person can do something about.

    Attributes:
        message: What is wrong, in a sentence.
        hint: The next step, if there is one.
    """

    exit_code: Exit = Exit.UNREACHABLE

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        """Keep the message and the next step."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ApiscapeError):
    """The person asked for something that cannot be."""

    exit_code = Exit.USAGE


class QueryError(UsageError):
    """A view that cannot be read.

    Attributes:
        text: The view as typed.
        column: Where it goes wrong, counted from 1.
    """

    def __init__(self, message: str, *, text: str, column: int, hint: str | None = None) -> None:
        """Keep the text and the column for `pointer`."""
        super().__init__(message, hint=hint)
        self.text = text
        self.column = column

    def pointer(self) -> str:
        """Return the view with a caret below the place, two lines."""
        return f"{self.text}\n{' ' * (self.column - 1)}^"


class SettingsError(UsageError):
    """A configuration that cannot be read.

    Attributes:
        path: The file, or the environment variable.
        line: Where in the file, counted from 1, if known.
    """

    def __init__(
        self, message: str, *, path: str, line: int | None = None, hint: str | None = None
    ) -> None:
        """Keep the place."""
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line


class NotFound(UsageError):
    """No such deployment, scope or source."""


class NotKept(UsageError):
    """A time was asked for that lies before the horizon of what is kept."""


class UnreachableError(ApiscapeError):
    """A store, an agent or a provider does not answer."""


class StoreError(UnreachableError):
    """The store cannot be opened, written or understood."""


class StoreLocked(StoreError):
    """Another process writes to the store."""


class StoreFull(StoreError):
    """The store has no space left, or may not be written."""


class Fenced(StoreError):
    """A newer run of the scope took over; what this one still has to say is refused."""


class StoreTooNew(StoreError):
    """The store was written by a newer version."""
