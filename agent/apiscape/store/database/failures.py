"""What a database's own errors mean to the person who runs the agent."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

from apiscape.errors import ApiscapeError, StoreError, StoreFull, StoreLocked

_MAKE_ROOM = "free some space, or move the store with --store; nothing written so far is lost"
_MAY_WRITE = "check who may write the file, its directory and its disk; nothing was changed"
_TRY_AGAIN = "end the other process, or wait for it"
_REACH = "check the store's address, the network, and that its server runs"
_RESTORE = "restore a backup with `apiscape restore`, or name another store with --store"

_SQLITE = (
    ("SQLITE_FULL", StoreFull, "no space is left for the store", _MAKE_ROOM),
    ("SQLITE_IOERR_WRITE", StoreFull, "the store's disk refuses a write", _MAKE_ROOM),
    ("SQLITE_IOERR_SHMSIZE", StoreFull, "the store's disk refuses a write", _MAKE_ROOM),
    ("SQLITE_IOERR_FSYNC", StoreFull, "the store's disk refuses a write", _MAKE_ROOM),
    ("SQLITE_READONLY", StoreFull, "the store may not be written", _MAY_WRITE),
    ("SQLITE_CANTOPEN", StoreError, "the store cannot be opened", _MAY_WRITE),
    ("SQLITE_BUSY", StoreLocked, "another process is writing to the store", _TRY_AGAIN),
    ("SQLITE_NOTADB", StoreError, "the file is not a store of apiscape", _RESTORE),
    ("SQLITE_CORRUPT", StoreError, "the store is damaged", _RESTORE),
)
"""SQLite's names of errors, longest match first where one is the beginning of another."""

_POSTGRESQL = (
    ("53100", StoreFull, "the database server has no space left", _MAKE_ROOM),
    ("25006", StoreFull, "the database may not be written", "connect to the primary server"),
    ("42501", StoreFull, "the database's role may not write", "grant the role its privileges"),
    ("55P03", StoreLocked, "another process is writing to the store", _TRY_AGAIN),
)
"""PostgreSQL's SQLSTATE codes."""


_UNANSWERED = ("08", "57P")
"""Beginnings of the SQLSTATE codes of a connection that is lost or refused, a shutdown's included."""

_AGAIN = (
    "see that it runs, can be reached and lets you in, then try again; what was committed is kept"
)


def explain(error: SQLAlchemyError) -> ApiscapeError:
    """Return the error to show for one of the database: its kind, a sentence and the next step."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    name, table = _name(cause)
    for code, kind, message, hint in table:
        if name.startswith(code):
            return kind(f"{message} ({_first_line(cause or error)})", hint=hint)
    if isinstance(error, OperationalError | InterfaceError) and _is_unanswered(cause):
        return StoreError(
            f"the database server does not answer: {_first_line(cause or error)}", hint=_AGAIN
        )
    return StoreError(f"the store does not answer: {_first_line(cause or error)}", hint=_REACH)


def _is_unanswered(cause: BaseException | None) -> bool:
    """Say whether the connection failed, rather than what was asked over it: such errors have no code."""
    code = getattr(cause, "sqlstate", None)
    return not isinstance(cause, sqlite3.Error) and (code is None or code.startswith(_UNANSWERED))


def _name(
    cause: BaseException | None,
) -> tuple[str, tuple[tuple[str, type[ApiscapeError], str, str], ...]]:
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorname", None) or "", _SQLITE
    return getattr(cause, "sqlstate", None) or "", _POSTGRESQL


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
