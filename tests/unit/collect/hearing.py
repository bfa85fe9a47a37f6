"""Toys that are heard of: a provider with a log of changes, and a collector that looks at single APIs again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar

from apiscape.collectors.changing import EVERY, Change, Heard, Touched
from apiscape.collectors.contract import (
    CollectorError,
    Failed,
    Gone,
    Observation,
    Permission,
    Quota,
    Visit,
)
from apiscape.collectors.trying import Grant, Tried
from apiscape.model.run import Scope
from tests.unit.collect.toy import NOON, ToyCollector, ToyGate, ToyProvider, ToySession

LOG_RIGHT = Permission(action="toys:ReadLog", reveals="what was changed", optional=True)
LOOK_RIGHT = Permission(action="toys:LookAt", reveals="what became of it", optional=True)


class Chronicle(ToyProvider):
    """A provider that keeps a log.

    Attributes:
        log: What it tells, whatever it is asked for; an error is raised.
        asked: Since when it was asked each time, and for which topics.
    """

    change_permissions: ClassVar[tuple[Permission, ...]] = (LOG_RIGHT,)
    change_quotas: ClassVar[tuple[Quota, ...]] = (Quota("log", rate_per_s=2.0, burst=2),)

    def __init__(self, gate: ToyGate | None = None) -> None:
        super().__init__(gate)
        self.log: list[Heard | CollectorError] = []
        self.asked: list[tuple[datetime, tuple[str, ...]]] = []
        self.before: Callable[[], object] = lambda: None

    def changes(
        self, scope: Scope, visit: Visit, topics: Sequence[str], since: datetime
    ) -> Iterator[Heard]:
        self.asked.append((since, tuple(topics)))
        session: ToySession = visit.session
        session.budget.acquire(("log",), account=scope.reach.account, region=scope.reach.region)
        self.before()
        for each in tuple(self.log):
            if isinstance(each, CollectorError):
                raise each
            yield each

    def try_changes(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield Tried(LOG_RIGHT, Grant.GRANTED)


class Looker(ToyCollector):
    """Looks at single APIs of a gate.

    Attributes:
        looked: The objects of each look.
        says: What it says of some of them instead of the truth; an error is raised.
        notes: Whether it was lent notes, each time.
    """

    topics: ClassVar[tuple[str, ...]] = ("toys",)
    again_permissions: ClassVar[tuple[Permission, ...]] = (LOOK_RIGHT,)

    def __init__(self) -> None:
        self.looked: list[tuple[Touched, ...]] = []
        self.says: dict[str, Observation | CollectorError] = {}
        self.visits = 0
        self.before: Callable[[], object] = lambda: None
        self.within: Callable[[], object] = lambda: None
        self.visited = threading.Event()

    def discover(self, scope: Scope, visit: Visit) -> Iterator[Observation]:
        self.visits += 1
        self.within()
        yield from super().discover(scope, visit)

    def touched(self, change: Change) -> tuple[str, ...]:
        name = change.subjects.get("api")
        if name == "defect":
            raise LookupError(name)
        if name == "nobody knows":
            return (EVERY,)
        return () if name is None else (name,)

    def look_again(
        self, scope: Scope, visit: Visit, objects: Sequence[Touched]
    ) -> Iterator[Observation]:
        self.looked.append(tuple(objects))
        self.before()
        session: ToySession = visit.session
        for each in objects:
            said = self.says.get(each.native_id)
            if isinstance(said, CollectorError):
                raise said
            if said is not None:
                yield said
            elif each.native_id in session.gate.apis:
                yield self._record(session, visit, each.native_id)
            else:
                session.gate.call(session.budget, f"look {each.native_id}")
                yield Failed(each.native_id, Gone("no such API").record())

    def try_again(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        yield Tried(LOOK_RIGHT, Grant.DENIED, "not allowed")


def change(api: str | None, number: int = 1, at: datetime = NOON, **more: Any) -> Change:
    """Return a change of an API."""
    given: dict[str, Any] = {
        "id": f"change {number}",
        "topic": "toys",
        "name": "UpdateApi",
        "at": at,
        "subjects": {} if api is None else {"api": api},
    }
    return Change(**(given | more))
