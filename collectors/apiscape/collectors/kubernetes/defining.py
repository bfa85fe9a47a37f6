"""Notices that kinds are installed, taken away or served in other versions: by the definitions of kinds, followed.

Nothing of a definition but its metadata is asked for. Whoever may not follow them finds the same out by looking
at what is served, once in a while.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from apiscape.collectors.contract import CollectorError, Permission
from apiscape.collectors.kubernetes.access import right
from apiscape.collectors.kubernetes.beat import Beat
from apiscape.collectors.kubernetes.discovering import Catalogue
from apiscape.collectors.kubernetes.listing import Where
from apiscape.collectors.kubernetes.objects import Decoder, Thing
from apiscape.collectors.kubernetes.reflector import Happening, Reflector, Trouble
from apiscape.collectors.kubernetes.wire import Wire

GROUP, PLURAL, VERSIONS = "apiextensions.k8s.io", "customresourcedefinitions", ("v1",)

PERMISSION: Permission = right(
    f"{PLURAL}.{GROUP}",
    "that kinds are installed, taken away or served otherwise: at once, not within five minutes",
    verbs=("list", "watch"),
    optional=True,
)

SETTLED_S = (1.0, 10.0)
"""How long after a definition changed it is looked at what is served: that follows a while later."""


class Definitions:
    """Follows the definitions of kinds in a thread of its own.

    Args:
        wire: The cluster.
        defect: Told what is no answer of a cluster.
    """

    def __init__(self, wire: Wire, defect: Callable[[BaseException], None]) -> None:
        self._wire = wire
        self._defect = defect
        self._beat = Beat()
        self._lock = threading.Lock()
        self._is_followed = False
        self._changed_at = 0.0

    def follow(self, catalogue: Catalogue) -> None:
        """Begin to follow them, if they are served and not followed yet; where that ended, it is tried again."""
        served = catalogue.find(GROUP, PLURAL, VERSIONS)
        with self._lock:
            if served is None or self._is_followed:
                return
            self._is_followed = True
        where = Where(served, is_bare=True)
        reflector = Reflector(self._wire, where, Decoder(Thing), self._beat, self._put)
        name = f"kubernetes definitions {served.name}"
        threading.Thread(target=self._run, args=(reflector,), name=name, daemon=True).start()

    def _run(self, reflector: Reflector[Any]) -> None:
        with ExitStack() as stack:
            stack.push(self._ended)
            while True:  # until it is over, which is raised
                reflector.turn()

    def _ended(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> bool:
        """Let whatever ended it end here: a defect is told, what a cluster refused is tried again later."""
        self._is_followed = False
        if error is not None and not isinstance(error, CollectorError):
            self._defect(error)
        return True

    def _put(self, what: Happening[Thing]) -> None:
        if not isinstance(what, Trouble):
            self._changed_at = time.monotonic()

    def is_due(self, looked_at: float, now: float) -> bool:
        """Say whether what is served may be another than it was when that was last looked at."""
        return any(looked_at < self._changed_at + each <= now for each in SETTLED_S)

    def stop(self) -> None:
        """Follow them no more."""
        self._beat.stop()
