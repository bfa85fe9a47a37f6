"""What a watch over a cluster goes by: the clock of its reflectors, and how far the list of a resource is."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from apiscape.collectors.contract import Cancelled, CollectorError
from apiscape.collectors.kubernetes.discovering import Served
from apiscape.collectors.kubernetes.reflector import Listing
from apiscape.collectors.kubernetes.resource import Resource

PATIENCE_S = 300.0
"""How long a resource that fails is tried again and again."""


class Beat:
    """The clock of the reflectors (`reflector.Rhythm`), which stops when the watch does."""

    patience_s = PATIENCE_S

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Let every one of them end."""
        self._stopped.set()

    def monotonic(self) -> float:
        """Return seconds since some fixed moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            Cancelled: The watch ends.
        """
        self._stopped.wait(seconds)
        self.check()

    def check(self) -> None:
        """Go on.

        Raises:
            Cancelled: The watch ends.
        """
        if self._stopped.is_set():
            raise Cancelled("the watch ends")


class Followed:
    """One resource: its reflectors, and how far their lists are.

    Args:
        resource: It.
        served: The version that it is read in.
        namespaces: In which it is followed; one, empty, stands for all of them.

    Attributes:
        beat: The clock of its reflectors, which stops when it is followed no more.
        trouble: Why it could not be followed for a moment, until it is listed to its end.
    """

    def __init__(self, resource: Resource, served: Served, namespaces: Sequence[str]) -> None:
        self.resource = resource
        self.served = served
        self.namespaces = tuple(namespaces)
        self.beat = Beat()
        self.trouble: CollectorError | None = None
        self._pages: dict[str, list[str]] = {}
        self._listed: dict[str, list[str]] = {}

    @property
    def is_whole(self) -> bool:
        """Whether every namespace has been listed to its end."""
        return len(self._listed) == len(self.namespaces)

    def take(self, namespace: str, page: Listing[Any]) -> bool:
        """Take up a page, and say whether a list came to its end."""
        if page.is_first:
            self._pages[namespace] = []
        keys = self._pages[namespace]
        keys += [each.key for each in (*page.items, *page.odd)]
        if page.is_last:
            self._listed[namespace] = self._pages.pop(namespace)
        return page.is_last

    def keys(self, namespace: str) -> list[str]:
        """Return what the newest list of a namespace had."""
        return self._listed[namespace]
