"""One agent per PostgreSQL store: a lock of the server's that the agent's writing connection holds.

It goes with the connection, however that ends, and comes back with the next one: a server that was
restarted is taken up again, unless another agent was quicker. Who holds it stands in the name that
the connection has on the server. A file of SQLite needs none of this (`lock`).
"""

from __future__ import annotations

import socket
from datetime import datetime
from typing import Any

from apiscape.errors import StoreLocked
from apiscape.store.database.lock import Holder

AGENT_LOCK = 0x6170697361676E74
"""Key of the advisory lock that an agent holds as long as it lives."""

PATIENCE_S = 3
"""How long a server may take to notice that the agent before is gone, where that ended in order."""

_NAME = "apiscape agent"
_LONGEST = 63
"""Bytes of a name that the server keeps."""

_KEEP_ALIVE = (
    "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
)
"""So that the server notices within a minute that the machine of an agent is gone."""

_WHO = """
    SELECT activity.application_name, activity.backend_start
    FROM pg_locks AS held JOIN pg_stat_activity AS activity USING (pid)
    WHERE held.locktype = 'advisory' AND held.granted AND held.objsubid = 1
        AND held.classid::bigint = %s AND held.objid::bigint = %s
        AND activity.datname = current_database()"""


def take(connection: Any, holder: Holder) -> None:  # noqa: ANN401 - the driver's own type
    """Make a connection the one of the store's only agent.

    Raises:
        StoreLocked: another agent has the store; the message names it.
    """
    from psycopg.errors import LockNotAvailable

    connection.execute(_KEEP_ALIVE)
    connection.execute("SELECT set_config('application_name', %s, false)", (name_of(holder),))
    connection.execute(f"SET lock_timeout = '{PATIENCE_S}s'")
    connection.commit()
    try:
        connection.execute("SELECT pg_advisory_lock(%s)", (AGENT_LOCK,))
    except LockNotAvailable:
        connection.rollback()
        refusal = _refusal(connection)
        connection.close()
        raise refusal from None
    connection.execute("RESET lock_timeout")
    connection.commit()


def name_of(holder: Holder) -> str:
    """Return what an agent's connection is called on the server: it names process, version and machine."""
    name = f"{_NAME} {holder.version} {holder.pid} {socket.gethostname()}"
    return name.encode("ascii", "replace")[:_LONGEST].decode()


def who_holds(connection: Any) -> str | None:  # noqa: ANN401 - the driver's own type
    """Return the only agent of a store in words, `None` where there is none.

    The server says since when to the same role, and to those that may read all statistics.
    """
    found = _holding(connection)
    if found is None:
        return None
    name, began = found
    if not name.startswith(_NAME):
        return "another agent"
    version, pid, host = (name.removeprefix(_NAME).split() + ["?"] * 3)[:3]
    since = "" if began is None else f" since {began.astimezone().isoformat(' ', 'minutes')}"
    return f"the agent on {host} (process {pid}, apiscape {version}{since})"


def holding_name(connection: Any) -> str | None:  # noqa: ANN401 - the driver's own type
    """Return the name of the connection that has the lock of a store's only agent, `None` where none has it."""
    found = _holding(connection)
    return None if found is None else found[0]


def _holding(connection: Any) -> tuple[str, datetime | None] | None:  # noqa: ANN401
    key = (AGENT_LOCK >> 32, AGENT_LOCK & 0xFFFFFFFF)
    found = connection.execute(_WHO, key).fetchone()
    return None if found is None else (str(found[0]), found[1])


def _refusal(connection: Any) -> StoreLocked:  # noqa: ANN401 - the driver's own type
    hint = "one agent serves a store: stop that one first, or ask it"
    return StoreLocked(f"{who_holds(connection) or 'another agent'} has this store", hint=hint)
