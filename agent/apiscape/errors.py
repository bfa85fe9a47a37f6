"""Errors that a person can do something about, and the exit codes they end a command with.

All stand directly below `ApiscapeError`, which has a message for people and the next step:

    UsageError         wrong flag, or something that cannot be                 exit 3
    QueryError         a view that cannot be read; points at the column        exit 3
    SettingsError      a configuration that cannot be read; names the line     exit 3
    NotKept            asked for a time before the horizon                     exit 3
    NotFound           no such deployment, scope or source                     exit 3
    UnreachableError   an agent or provider that does not answer               exit 4
    Refused            who asks an agent may not                               exit 4
    Busy               what was asked for is under way already                 exit 4
    StoreError         the store cannot be opened, written or understood       exit 4
    StoreLocked        another process writes it                               exit 4
    StoreFull          no space left, or it may not be written                 exit 4
    StoreTooNew        written by a newer version                              exit 4
    Fenced             a newer run of the scope took over                      exit 4

What goes wrong while collecting is not here: it is data (`model.run.ErrorRecord`), raised inside
a collector as one of `collectors.contract`'s errors and caught at the run's edge.
"""

from __future__ import annotations

import os
import unicodedata
from enum import IntEnum


def in_words(error: Exception) -> str:
    """Return what went wrong without its code: in the system's words, with the file that it is about."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error) or type(error).__name__
    about = f": {os.fsdecode(error.filename)}" if isinstance(error.filename, str | bytes) else ""
    return f"{error.strerror}{about}"


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


class QueryError(ApiscapeError):
    """A view that cannot be read.

    Attributes:
        text: The view as typed.
        column: Where it goes wrong, counted from 1.
    """

    exit_code = Exit.USAGE

    def __init__(self, message: str, *, text: str, column: int, hint: str | None = None) -> None:
        """Keep the text and the column for `pointer`."""
        super().__init__(message, hint=hint)
        self.text = text
        self.column = column

    def pointer(self) -> str:
        """Return the view on one line with a caret below the place, two lines."""
        shown = "".join(letter if letter.isprintable() else " " for letter in self.text)
        before = shown[: self.column - 1]
        wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in before)
        return f"{shown}\n{' ' * (len(before) + wide)}^"


class SettingsError(ApiscapeError):
    """A configuration that cannot be read.

    Attributes:
        path: The file, or the environment variable.
        line: Where in the file, counted from 1, if known.
        column: Where in the line, counted from 1, if known.
    """

    exit_code = Exit.USAGE

    def __init__(
        self,
        message: str,
        *,
        path: str,
        line: int | None = None,
        column: int | None = None,
        hint: str | None = None,
    ) -> None:
        """Keep the place."""
        super().__init__(message, hint=hint)
        self.path = path
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """The place as compilers write it: `FILE:LINE:COLUMN`, as far as it is known."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part)


class NotFound(ApiscapeError):
    """No such deployment, scope or source."""

    exit_code = Exit.USAGE


class NotKept(ApiscapeError):
    """A time was asked for that lies before the horizon of what is kept."""

    exit_code = Exit.USAGE


class UnreachableError(ApiscapeError):
    """A store, an agent or a provider does not answer."""


class Refused(ApiscapeError):
    """Who asks is not known to the agent, or may not do this."""


class Busy(ApiscapeError):
    """What was asked for is under way already."""


class StoreError(ApiscapeError):
    """The store cannot be opened, written or understood."""


class StoreLocked(ApiscapeError):
    """Another process writes to the store.

    Attributes:
        address: Where that process answers, if it does.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, address: str | None = None
    ) -> None:
        """Keep where to ask instead."""
        super().__init__(message, hint=hint)
        self.address = address


class StoreFull(ApiscapeError):
    """The store has no space left, or may not be written."""


class Fenced(ApiscapeError):
    """A newer run of the scope took over; what this one still has to say is refused."""


class StoreTooNew(ApiscapeError):
    """The store was written by a newer version."""
