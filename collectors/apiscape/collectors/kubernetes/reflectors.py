"""Reflectors at work, each in a thread of its own; what they say comes out at one place, in order."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import msgspec

from apiscape.collectors.contract import CollectorError
from apiscape.collectors.kubernetes.beat import Beat
from apiscape.collectors.kubernetes.discovering import Catalogue, Discovery, Served
from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.objects import Decoder
from apiscape.collectors.kubernetes.reflector import Happening, Reflector
from apiscape.collectors.kubernetes.resource import Resource
from apiscape.collectors.kubernetes.wire import Wire

MOST_THREADS = 1_000

REDISCOVER_S = 300.0
"""How often it is looked for resources that could not be followed before."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """What came of a resource in one namespace, or in all of them: something happened, or why it ended."""

    resource: Resource
    namespace: str
    what: Happening[Any] | BaseException


class Reflectors:
    """Follows resources side by side.

    Args:
        wire: The cluster.
        discovery: What it serves.
        namespaces: The only ones that may be read; none for all of them.
    """

    def __init__(self, wire: Wire, discovery: Discovery, namespaces: Sequence[str]) -> None:
        self._wire = wire
        self._discovery = discovery
        self._namespaces = tuple(namespaces) or ("",)
        self._inbox: queue.SimpleQueue[Said | Catalogue | None] = queue.SimpleQueue()
        self._beat = Beat()
        self._threads = ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="kubernetes-watch")
        self._looked_at = time.monotonic()

    def look(self) -> Catalogue:
        """Return what the cluster serves now.

        Raises:
            CollectorError: The cluster does not say.
        """
        self._looked_at = time.monotonic()
        return self._discovery.look()

    def look_again(self) -> None:
        """Ask, once in a while and in a thread, what is served by now; it comes like everything else."""
        if time.monotonic() - self._looked_at >= REDISCOVER_S:
            self._looked_at = time.monotonic()
            self._threads.submit(self._look)

    def _look(self) -> None:
        try:
            self._inbox.put(self._discovery.look())
        except CollectorError:
            self._inbox.put(None)  # who follows finds out by themselves, and say it

    def follow(self, resource: Resource, served: Served) -> None:
        """Begin to follow a resource."""
        for namespace in self._namespaces:
            put = self._putter(resource, namespace)
            decoder: Decoder[Any] = Decoder(resource.type)
            where = Where(served, namespace)
            reflector = Reflector(self._wire, where, decoder, self._beat, put)
            ended = self._threads.submit(reflector.run)
            ended.add_done_callback(self._ender(resource, namespace))

    def _putter(self, resource: Resource, namespace: str) -> Callable[[Happening[Any]], None]:
        return lambda what: self._inbox.put(Said(resource, namespace, what))

    def _ender(self, resource: Resource, namespace: str) -> Callable[[Future[None]], None]:
        def ended(future: Future[None]) -> None:
            error = None if future.cancelled() else future.exception()
            if error is not None:
                self._inbox.put(Said(resource, namespace, error))

        return ended

    def next(self, wait_s: float) -> Said | Catalogue | None:
        """Return what came next; `None` where nothing did in time."""
        try:
            return self._inbox.get(timeout=wait_s)
        except queue.Empty:
            return None

    def stop(self) -> None:
        """Let every one of them end, now."""
        self._beat.stop()
        self._wire.hang_up()
        self._threads.shutdown(wait=False, cancel_futures=True)
