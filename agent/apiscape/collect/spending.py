"""What a visit's calls came to by family, and which visit a thread works for: for traces and log lines."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from apiscape.model.entity import Entity
from apiscape.model.run import Scope

R = TypeVar("R")

_VISITED: ContextVar[str | None] = ContextVar("visited", default=None)


class Spent(Entity, frozen=True):
    """What the calls of one family came to in one visit; a call may belong to several families.

    Attributes:
        calls, throttled: Begun, and refused for rate.
        waited_s: How long they waited for their quotas.
        took_s: How long they took themselves; none where nobody said so.
        failed: Those that came to no answer.
        failure: The type of the last error that was none; never its text.
    """

    family: str
    calls: int = 0
    throttled: int = 0
    waited_s: float = 0.0
    took_s: float | None = None
    failed: int = 0
    failure: str | None = None


@runtime_checkable
class FollowsCalls(Protocol):
    """Who watches visits and wants to know what their calls came to."""

    def spent(self, scope: Scope, spent: Sequence[Spent]) -> None:
        """Tell what the calls of a visit came to; just before its end is told."""
        ...


class Spending:
    """Sums up calls by family, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_family: dict[str, Spent] = {}

    def add_call(self, families: Sequence[str], waited_s: float) -> None:
        """Count a call that is begun."""
        self._each(
            families,
            lambda one: msgspec.structs.replace(
                one, calls=one.calls + 1, waited_s=one.waited_s + waited_s
            ),
        )

    def add_refusal(self, families: Sequence[str]) -> None:
        """Count a refusal for rate."""
        self._each(families, lambda one: msgspec.structs.replace(one, throttled=one.throttled + 1))

    def add_end(self, families: Sequence[str], took_s: float, failure: str | None) -> None:
        """Add how long a call took, and of which type the error was that it ended with, if any."""

        def ended(one: Spent) -> Spent:
            fresh = msgspec.structs.replace(one, took_s=(one.took_s or 0.0) + took_s)
            if failure is None:
                return fresh
            return msgspec.structs.replace(fresh, failed=one.failed + 1, failure=failure)

        self._each(families, ended)

    def sums(self) -> tuple[Spent, ...]:
        """Return what there is so far, families in order of their names."""
        with self._lock:
            return tuple(self._by_family[name] for name in sorted(self._by_family))

    def _each(self, families: Sequence[str], change: Callable[[Spent], Spent]) -> None:
        with self._lock:
            for family in dict.fromkeys(families):
                one = self._by_family.get(family) or Spent(family=family)
                self._by_family[family] = change(one)


# ── Which visit ──────────────────────────────────────────────────────────────


@contextmanager
def visiting(key: str) -> Iterator[None]:
    """Say that this thread works for the visit of a scope, for the time of a `with`."""
    token = _VISITED.set(key)
    try:
        yield
    finally:
        _VISITED.reset(token)


def within(key: str, work: Callable[[], R]) -> R:
    """Do something for the visit of a scope."""
    with visiting(key):
        return work()


def visited() -> str | None:
    """Return the key of the scope that this thread works for, if it does for one."""
    return _VISITED.get()
