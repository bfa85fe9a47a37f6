"""Visits of an emulated cluster: one that reads it once, and one that follows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from apiscape.collectors.contract import (
    Absent,
    Cancelled,
    CollectorError,
    Failed,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Synced,
)
from apiscape.collectors.kubernetes.discovering import Discovery
from apiscape.collectors.kubernetes.gateways import GatewaysCollector
from apiscape.collectors.kubernetes.session import ClusterSession
from apiscape.collectors.kubernetes.settings import USUAL
from apiscape.collectors.kubernetes.wire import Wire
from apiscape.demo.kubernetes.server import KubernetesServer
from apiscape.model.deployment import Deployment
from apiscape.model.run import Reach, Scope
from apiscape.model.surroundings import Gateway, Signal
from tests.collectors.kubernetes.bench import Line, Purse

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
SCOPE = Scope(
    source="clusters",
    provider="kubernetes",
    product="kubernetes.gateways",
    reach=Reach(key="cluster", account="cluster"),
)
PATIENCE_S = 120.0


class Session:
    """A cluster that is signed in to."""

    def __init__(
        self, server: KubernetesServer | str, namespaces: Sequence[str] = (), token: str = ""
    ) -> None:
        url = server if isinstance(server, str) else server.url
        self._line = Line(url, *([token] if token else []))
        self.wire = Wire(self._line, Purse())
        self.catalogue = Discovery(self.wire)
        self.namespaces = tuple(namespaces)
        self.entries: str | None = None
        self.keys = USUAL

    def close(self) -> None:
        """Close what is open; it may be used again."""
        self._line.pool().clear()


SignedIn = Session | ClusterSession


class Visit:
    """What a run lends to a collector.

    Attributes:
        excluded: Why objects are left out, by name.
    """

    def __init__(self, session: SignedIn) -> None:
        self.session: Any = session
        self.options: Mapping[str, Any] = {}
        self.excluded: dict[str, str] = {}
        self.traits: dict[str, Mapping[str, str]] = {}
        self.is_over = False

    def now(self) -> datetime:
        return NOON

    def check(self) -> None:
        if self.is_over:
            raise Cancelled("told to stop")

    def tokens(self, native_id: str) -> Mapping[str, str]:
        return {}

    def includes(self, name: str, labels: Mapping[str, str]) -> str | None:
        self.traits[name] = labels
        return self.excluded.get(name)

    def concurrently(self, work: Any, items: Sequence[Any]) -> Iterator[Any]:
        yield from map(work, items)


class Told:
    """What a collector said, taken up as a run would.

    Attributes:
        said: All of it, in order.
        objects: What became of every listed object, by part and native id; nothing of what is absent.
        broken, missing: Why parts failed or are absent, by part.
        accepted: Why nobody expects parts that failed, by part.
    """

    def __init__(self, said: Iterable[Observation] = ()) -> None:
        self.said: list[Observation] = []
        self.objects: dict[tuple[str, str], Recorded | Skipped | Failed | None] = {}
        self.whole: set[str] = set()
        self.synced: set[str] = set()
        self.broken: dict[str, str] = {}
        self.missing: dict[str, str] = {}
        self.accepted: dict[str, str] = {}
        self.take(said)

    def take(self, said: Iterable[Observation]) -> None:
        for each in said:
            self.said.append(each)
            self._take(each)

    def _take(self, each: Observation) -> None:
        match each:
            case Listed():
                if each.part in self.synced:
                    self._begin_anew(each.part)
                self.objects |= {(each.part, one): None for one in each.native_ids}
                if each.last:
                    self.whole.add(each.part)
            case Recorded() | Skipped() | Failed():
                assert each.part is not None
                self.objects[each.part, each.native_id] = each
            case Absent():
                self.objects.pop((each.part, each.native_id), None)
            case PartFailed():
                self.broken[each.part] = each.error.kind
                if each.accepted is not None:
                    self.accepted[each.part] = each.accepted
            case PartAbsent():
                self.missing[each.part] = each.reason
            case Synced():
                self.synced.add(each.part)
            case _:
                raise AssertionError(each)

    def _begin_anew(self, part: str) -> None:
        self.synced.discard(part)
        self.objects = {key: end for key, end in self.objects.items() if key[0] != part}

    def entities(self, kind: type[Any]) -> list[Any]:
        found = (each for each in self.objects.values() if isinstance(each, Recorded))
        return [one for each in found for one in each.entities if isinstance(one, kind)]

    @property
    def deployments(self) -> dict[str, Any]:
        """Every deployment, by the last part of its native id: `shop/orders@infra/edge`."""
        return {each.native_id.split(":", 2)[2]: each for each in self.entities(Deployment)}

    @property
    def gateways(self) -> dict[str, Gateway]:
        return {each.name: each for each in self.entities(Gateway)}

    def signals(self, of: str) -> dict[str, Signal]:
        """Return the signals of a deployment, by their names."""
        uid = self.deployments[of].uid
        return {each.name: each for each in self.entities(Signal) if each.subject_uid == uid}

    def ends(self, kind: type[Any]) -> list[str]:
        """Return what ended in some way, by names."""
        return sorted(
            key.split(":", 2)[2] for (_, key), end in self.objects.items() if isinstance(end, kind)
        )

    def closes(self) -> bool:
        """Say whether every listed object ended."""
        return None not in self.objects.values()


def read(session: SignedIn, visit: Visit | None = None) -> Told:
    """Read a cluster once."""
    return Told(GatewaysCollector().discover(SCOPE, visit or Visit(session)))


class Watch:
    """A cluster that is followed.

    Attributes:
        told: What was said so far.
        keeps: Whether what is said is kept here.
        is_following: Whether a part was said to be synced.
        size: Of the last batch.
    """

    def __init__(self, session: SignedIn, visit: Visit | None = None) -> None:
        self.visit = visit or Visit(session)
        self.told = Told()
        self.last: list[Observation] = []
        self.keeps = True
        self.is_following = False
        self.size = 0
        self._batches = GatewaysCollector().watch(SCOPE, self.visit)

    def step(self) -> None:
        """Take up the next batch."""
        batch = next(self._batches)
        self.is_following = self.is_following or any(isinstance(each, Synced) for each in batch)
        self.size = len(batch)
        if self.keeps:
            self.last += batch
            self.told.take(batch)

    def until(self, holds: Callable[[Told], object], patience_s: float = PATIENCE_S) -> bool:
        """Take up batches until something holds of what was said."""
        end = time.monotonic() + patience_s
        while not holds(self.told):
            if time.monotonic() > end:
                return False
            self.step()
        return True

    def since(self) -> list[Observation]:
        """Return what was said since this was last asked."""
        last, self.last = self.last, []
        return last

    def ends(self) -> CollectorError | None:
        """Take up batches until the watch ends; return why."""
        end = time.monotonic() + PATIENCE_S
        try:
            while time.monotonic() < end:
                self.step()
        except CollectorError as error:
            return error
        return None

    def close(self) -> None:
        self._batches.close()  # type: ignore[attr-defined] # a generator


@contextmanager
def following(session: SignedIn, visit: Visit | None = None) -> Iterator[Watch]:
    """Give a watch, and close it in the end."""
    watch = Watch(session, visit)
    try:
        yield watch
    finally:
        watch.close()
        if isinstance(session, Session):
            session.close()
