"""Reflectors at work side by side; what they say comes out at one place, in order."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import msgspec

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.beat import Followed
from apiscape.collectors.kubernetes.crew import Crew, Turn
from apiscape.collectors.kubernetes.defining import Definitions
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery
from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.reflector import Happening, Reflector
from apiscape.collectors.kubernetes.wire import Wire

MOST_THREADS = 400
"""Threads of a cluster: kinds times the namespaces that it is read by may be thousands of streams."""

TURN_S = (10, 20)
"""Between which times a watch is ended where more streams than threads take turns."""

REDISCOVER_S = 300.0
"""How often it is looked for resources that could not be followed before."""


class Said(msgspec.Struct, frozen=True):
    """What came of a resource in one namespace, or in all of them: something happened, or why it ended."""

    followed: Followed
    namespace: str
    what: Happening[Any] | BaseException


Inbox = queue.SimpleQueue[Said | Catalogue | BaseException | None]


class Reflectors:
    """Follows resources side by side; where they are more streams than threads, in turns.

    A stream that waits for its turn misses nothing: it is watched on from where it was, or listed anew.

    Args:
        wire: The cluster.
        discovery: What it serves.
    """

    def __init__(self, wire: Wire, discovery: Discovery) -> None:
        self._wire = wire
        self._discovery = discovery
        self._inbox: Inbox = queue.SimpleQueue()
        self._at_work: set[Followed] = set()
        self._crew = Crew(MOST_THREADS, "kubernetes watch")
        self._looked_at = time.monotonic()
        self._definitions = Definitions(wire, self._inbox.put)

    def look(self) -> Catalogue:
        """Return what the cluster serves now.

        Raises:
            CollectorError: The cluster does not say.
        """
        self._looked_at = time.monotonic()
        found = self._discovery.look()
        self._definitions.follow(found)
        return found

    def look_again(self) -> None:
        """Ask in a thread what is served by now, once in a while and as kinds come and go; it comes as all does."""
        now = time.monotonic()
        is_old = now - self._looked_at >= REDISCOVER_S
        if is_old or self._definitions.is_due(self._looked_at, now):
            self._looked_at = now
            threading.Thread(target=self._look, name="kubernetes discovery", daemon=True).start()

    def _look(self) -> None:
        try:
            found = self._discovery.look()
            self._definitions.follow(found)
            self._inbox.put(found)
        except CollectorError:
            self._inbox.put(None)  # who follows finds out by themselves, and say it

    def follow(self, resources: Sequence[Followed]) -> None:
        """Begin to follow resources."""
        self._at_work.update(resources)
        streams = sum(len(each.namespaces) for each in self._at_work)
        watch_s = None if streams <= MOST_THREADS else TURN_S
        for followed in resources:
            for namespace in followed.namespaces:
                decoder: Decoder[Any] = Decoder(followed.resource.type)
                where = Where(followed.served, namespace)
                put = self._putter(followed, namespace)
                reflector = Reflector(
                    self._wire, where, decoder, followed.beat, put, watch_s=watch_s
                )
                self._crew.take_on(self._turn(followed, namespace, reflector))

    def _putter(self, followed: Followed, namespace: str) -> Callable[[Happening[Any]], None]:
        return lambda what: self._inbox.put(Said(followed, namespace, what))

    def _turn(self, followed: Followed, namespace: str, reflector: Reflector[Any]) -> Turn:
        def turn() -> bool:
            with _Hand(self._inbox, followed, namespace):
                reflector.turn()
                return True
            return False

        return turn

    def next(self, wait_s: float) -> Said | Catalogue | None:
        """Return what came next; `None` where nothing did in time.

        Raises:
            BaseException: A defect, of what is not about one resource alone.
        """
        try:
            came = self._inbox.get(timeout=wait_s)
        except queue.Empty:
            return None
        if isinstance(came, BaseException):
            raise came
        return came

    def leave(self, followed: Followed) -> None:
        """Follow a resource no more."""
        self._at_work.discard(followed)
        followed.beat.stop()

    def stop(self) -> None:
        """Let every one of them end, now."""
        self._definitions.stop()
        for followed in tuple(self._at_work):
            self.leave(followed)
        self._wire.hang_up()


class _Hand:
    """Hands over why a reflector ended, whatever it was; it ends there, not in the thread."""

    def __init__(self, inbox: Inbox, followed: Followed, namespace: str) -> None:
        self._inbox = inbox
        self._followed = followed
        self._namespace = namespace

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self._inbox.put(Said(self._followed, self._namespace, error))
        return True
