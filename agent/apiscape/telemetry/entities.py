"""Deployments as entity events: told when they change, and all of them in turn, slowly.

A receiver forgets an entity that is not told again, so the whole inventory goes round once per
`every_s`, a share at each turn rather than all at once. What was not taken is told again: events
may come twice, and say the same then.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from apiscape.client.inventory import ChangePage, Page
from apiscape.errors import ApiscapeError, NotKept
from apiscape.model.identity import kubernetes_namespace
from apiscape.model.row import Row
from apiscape.model.values import is_known
from apiscape.store.reading.counts import GONE
from apiscape.telemetry.catalogue import DROPPED, PRODUCT, PROVIDER, UID
from apiscape.telemetry.identity import this_agent, this_library
from apiscape.telemetry.recorder import Recorder

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord

TYPE = "apiscape.deployment"
STATE, DELETE = "entity.state", "entity.delete"

TURN_S = 15.0
"""How often it is looked for what is new."""

MOST_IN_TURN = 2_000
CHUNK = 200
"""Uids that are looked up at a time, and events of a request."""

_NAMES = {
    "name": "apiscape.name",
    "title": "apiscape.title",
    "provider": PROVIDER,
    "product": PRODUCT,
    "account": "cloud.account.id",
    "region": "cloud.region",
    "native_id": "cloud.resource_id",
    "environment": "deployment.environment.name",
    "stage": "apiscape.stage",
    "version": "apiscape.version",
    "style": "apiscape.style",
    "status": "apiscape.status",
    "lifecycle": "apiscape.lifecycle",
    "exposure": "apiscape.exposure",
    "bypass": "apiscape.bypass",
    "dangling": "apiscape.dangling",
    "confirmation": "apiscape.owners.confirmation",
    "audience": "apiscape.audience",
    "classification": "apiscape.classification",
    "auth": "apiscape.auth",
    "schemes": "apiscape.schemes",
    "owners": "apiscape.owners",
    "operations": "apiscape.operations",
    "unauthenticated": "apiscape.operations.unauthenticated",
    "health": "apiscape.health",
    "basis": "apiscape.basis",
    "presence": "apiscape.presence",
    "freshness": "apiscape.freshness",
}
"""What is told of a deployment: aggregates and words, never an address nor anything that could be a secret."""

_NAMED_OTHERWISE = {"kubernetes": {**_NAMES, "account": "k8s.cluster.uid"}}
_NAMESPACES = {"kubernetes": kubernetes_namespace}
"""By provider: what accounts are called where they are none of a cloud, and what tells the namespace."""

logger = logging.getLogger("apiscape.telemetry")


class Told(msgspec.Struct, frozen=True):
    """One event, before it is a log record."""

    name: str
    attributes: dict[str, Any]


class Following(Protocol):
    """As much of a store's reader as is needed here."""

    def page(self, view: str, *, limit: int = 50, after: str | None = None) -> Page:
        """Return one page of a view."""
        ...

    def changes(self, *, after: int = 0, limit: int = 1000, view: str = "") -> ChangePage:
        """Return changes after a sequence number."""
        ...

    def last_seq(self) -> int:
        """Return where the log ends."""
        ...


def state_of(row: Row, every_s: float) -> Told:
    """Return the event that tells a deployment; what nobody knows of it is left out."""
    description = {
        name: list(value) if isinstance(value, tuple) else value
        for field, name in _NAMED_OTHERWISE.get(row.provider, _NAMES).items()
        if is_known(value := getattr(row, field)) and value is not None
    }
    namespace = _NAMESPACES.get(row.provider, _no_namespace)(row.native_id)
    if namespace is not None:
        description["k8s.namespace.name"] = namespace
    return Told(
        STATE,
        {
            "entity.type": TYPE,
            "entity.id": {UID: row.uid},
            "entity.description": description,
            "entity.report.interval": math.ceil(every_s),
        },
    )


def _no_namespace(_native_id: str) -> str | None:
    return None


def deletion_of(uid: str, reason: str) -> Told:
    """Return the event that tells that a deployment is gone."""
    known = {"entity.type": TYPE, "entity.id": {UID: uid}}
    return Told(DELETE, known | {"entity.delete.reason": reason})


class Entities:
    """Tells deployments; `turn` is called every `TURN_S`, from one thread.

    Args:
        reader: The inventory, and its log.
        take: Pushes events, and says whether they were taken.
        recorder: Told what was not taken.
        every_s: How often each deployment is told, whether it changed or not.
    """

    def __init__(
        self,
        reader: Following,
        take: Callable[[Sequence[Told]], bool],
        recorder: Recorder,
        every_s: float,
    ) -> None:
        self._reader = reader
        self._take = take
        self._recorder = recorder
        self._every_s = every_s
        self._seq: int | None = None
        self._cursor: str | None = None

    def turn(self) -> None:
        """Tell what changed, and the next share of all."""
        try:
            if self._follow():
                self._walk()
        except ApiscapeError as error:
            logger.warning("the inventory cannot be told: %s", error)

    def _follow(self) -> bool:
        """Tell what changed since the last time; say whether it was taken."""
        if self._seq is None:
            self._seq = self._reader.last_seq()
            return True
        try:
            page = self._reader.changes(after=self._seq, limit=MOST_IN_TURN)
        except NotKept:
            self._seq, self._cursor = self._reader.last_seq(), None  # all of them come round anyway
            return True
        gone = {each.uid: each.kind for each in page.items if each.kind in _ENDS}
        changed = list(dict.fromkeys(each.uid for each in page.items))
        told = [state_of(row, self._every_s) for row in self._rows(changed)]
        standing = {each.attributes["entity.id"][UID] for each in told}
        told += [deletion_of(uid, kind) for uid, kind in gone.items() if uid not in standing]
        if not self._tell(told):
            return False
        self._seq = page.last_seq
        return True

    def _walk(self) -> None:
        """Tell the next share of all, so that the last is told when `every_s` has passed."""
        size = self._reader.page("", limit=1).matched
        share = max(CHUNK, math.ceil(size * TURN_S / self._every_s))
        page = self._reader.page("", limit=min(share, MOST_IN_TURN), after=self._cursor)
        standing = [row for row in page.items if row.presence not in GONE]
        if self._tell([state_of(row, self._every_s) for row in standing]):
            self._cursor = page.next

    def _rows(self, uids: Sequence[str]) -> Iterable[Row]:
        for start in range(0, len(uids), CHUNK):
            asked = ",".join(uids[start : start + CHUNK])
            page = self._reader.page(f"uid:{asked}", limit=CHUNK)
            yield from (row for row in page.items if row.presence not in GONE)

    def _tell(self, told: Sequence[Told]) -> bool:
        for start in range(0, len(told), CHUNK):
            if not self._take(told[start : start + CHUNK]):
                self._recorder.add(DROPPED, len(told) - start, "entities", "export")
                return False
        return True


_ENDS = frozenset({*GONE, "forgotten"})


class Records:
    """Makes log records of events."""

    def __init__(self) -> None:
        self._resource = this_agent()
        self._library = this_library()

    def make(self, told: Iterable[Told], now_ns: int) -> list[ReadableLogRecord]:
        """Return events as OpenTelemetry has them."""
        from opentelemetry._logs import LogRecord, SeverityNumber
        from opentelemetry.sdk._logs import ReadableLogRecord

        return [
            ReadableLogRecord(
                LogRecord(
                    timestamp=now_ns,
                    observed_timestamp=now_ns,
                    severity_number=SeverityNumber.INFO,
                    event_name=each.name,
                    attributes=each.attributes,
                ),
                self._resource,
                self._library,
            )
            for each in told
        ]
