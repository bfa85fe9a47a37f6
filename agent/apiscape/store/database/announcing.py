"""Where the only agent of a PostgreSQL store answers on its own machine: a row beside the data.

It counts only as long as the connection that it names has the agent's lock (`alone`). So nobody has to take it
back: what an agent that was killed left there is no address.
"""

from __future__ import annotations

import socket
from os import getpid

import msgspec
import sqlalchemy as sa
from sqlalchemy import Connection

from apiscape.store.database.alone import holding_name
from apiscape.store.schema import meta

_KEY = "agent"


class Announced(msgspec.Struct, frozen=True):
    """What an agent said.

    Attributes:
        name: That of its connection.
        host: Its machine; `pid` is of that.
        address: For callers there.
    """

    name: str
    host: str
    pid: int
    address: str


def announce(connection: Connection, name: str, address: str) -> None:
    """Write that this process, whose connection has that name, answers at an address of this machine."""
    told = Announced(name=name, host=socket.gethostname(), pid=getpid(), address=address)
    connection.execute(sa.delete(meta).where(meta.c.key == _KEY))
    row = {"key": _KEY, "value": msgspec.json.encode(told).decode()}
    connection.execute(sa.insert(meta), row)


def find_announced(connection: Connection) -> Announced | None:
    """Return what the only agent of a store said, `None` where there is none, or none on this machine that says it."""
    name = holding_name(connection.connection.driver_connection)
    if name is None:
        return None
    value = connection.execute(sa.select(meta.c.value).where(meta.c.key == _KEY)).scalar()
    try:
        told = msgspec.json.decode(value or "", type=Announced)
    except msgspec.DecodeError:
        return None
    return told if (told.name, told.host) == (name, socket.gethostname()) else None
