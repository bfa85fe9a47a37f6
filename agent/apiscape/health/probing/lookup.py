"""Names looked up for probes and posts: that a name is not there is told apart from that nobody could look.

A name server that does not answer says nothing of any name. Lookups that hang have threads of their own, so
that they hold up nothing else of the process.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aiohttp.abc import AbstractResolver, ResolveResult

from apiscape.health.probing.guard import AddressInfo, Refused

NOT_THERE = frozenset(
    number
    for number in (getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA"))
    if number is not None
)
"""Errors that say of a name that it is not there; every other one says that it could not be looked up."""

LOOKUPS_AT_ONCE = 20
_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class Lookup(AbstractResolver):
    """Looks names up as the system does, for so long at most.

    Args:
        patience_s: Longest that one may take.
    """

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return where a name leads.

        Raises:
            OSError: It is not there.
            Refused: Nobody says whether it is.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._patience_s):
                found = await loop.run_in_executor(self._threads, _find, host, port, family)
        except UnicodeError:
            raise Refused("its name is none that can be looked up") from None
        except TimeoutError:
            raise Refused("its name could not be looked up in time") from None
        except socket.gaierror as error:
            if error.errno in NOT_THERE:
                raise
            raise Refused(
                f"its name could not be looked up: {str(error.strerror).lower()}"
            ) from None
        return [
            ResolveResult(
                hostname=host,
                host=str(where[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=_NUMERIC,
            )
            for kind, _, protocol, _, where in found
        ]

    async def close(self) -> None:
        """Wait for nobody: what hangs ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _find(host: str, port: int, family: int) -> Sequence[AddressInfo]:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
