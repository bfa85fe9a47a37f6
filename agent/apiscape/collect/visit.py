"""What a run lends to a collector: its session, clock, tokens, rules and threads (`contract.Visit`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from apiscape.collect.clock import Clock, Stop
from apiscape.collect.source import SourcePlan, leaves_out
from apiscape.collect.workers import Workers
from apiscape.model.known import Known
from apiscape.model.run import Scope
from apiscape.model.vocabulary import Presence

T = TypeVar("T")
R = TypeVar("R")

TOKEN_LIFE = timedelta(days=7)
"""How long a change token is believed: every detail is read anew within it."""

TOKEN_JITTER = 0.25
"""The last part of that life over which re-reading is spread, so that it is not due all at once."""

_UUID_RANGE = 1 << 128


class ScopeVisit:
    """One visit of a scope, as its collector sees it.

    Args:
        session: As `Provider.session` gave it.
        source: Whose rules and options hold.
        scope: What is visited.
        tokens: What is remembered of the scope.
        stop: Says when to end.
        clock: The run's.
        workers: The threads it may use.

    Attributes:
        notes: What its collector may keep from look to look (`collectors.changing.KeepsNotes`).
    """

    def __init__(
        self,
        session: Any,  # noqa: ANN401 - the SDK's own type
        source: SourcePlan,
        scope: Scope,
        *,
        tokens: TokenBook,
        stop: Stop,
        clock: Clock,
        workers: Workers,
    ) -> None:
        self.session = session
        self.notes: MutableMapping[str, bytes] | None = None
        self.options: Mapping[str, Any] = source.options.get(scope.product, {})
        self._source = source
        self._account = scope.reach.account
        self._tokens = tokens
        self._stop = stop
        self._clock = clock
        self._workers = workers

    def now(self) -> datetime:
        """Return the run's clock, aware."""
        return self._clock.now()

    def check(self) -> None:
        """Raise `Cancelled` if the visit should stop."""
        self._stop.check()

    def tokens(self, native_id: str) -> Mapping[str, str]:
        """Return remembered change tokens of a listed object by deployment uid."""
        return self._tokens.of(native_id, self._clock.now())

    def includes(self, name: str, labels: Mapping[str, str]) -> str | None:
        """Return why the source's rules leave an object out, or `None`."""
        return leaves_out(self._source, name, labels)

    def concurrently(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Yield `work` of each item, in order; each begins with a look whether to stop."""

        def checked(item: T) -> R:
            self._stop.check()
            return work(item)

        return self._workers.map(self._account, checked, items)


class TokenBook:
    """Change tokens of what is known of a scope.

    A token counts for one version of the collector's normaliser: what a newer one would read
    differently is read anew.

    Args:
        known: The scope's deployments; only what is present has a token that counts.
        normaliser_version: The collector's.
        anew: Listed objects that have no token that counts, whatever is stored.
    """

    def __init__(
        self,
        known: Iterable[Known],
        normaliser_version: int,
        anew: frozenset[str] = frozenset(),
    ) -> None:
        self._prefix = f"{normaliser_version}/"
        self._anew = anew
        self._by_object: dict[str, dict[str, Known]] = {}
        self.renew(known)

    def renew(self, known: Iterable[Known]) -> None:
        """Begin again with what is known now."""
        self._by_object = {}
        for row in known:
            if row.token is not None:
                self.note(row)

    def note(self, row: Known) -> None:
        """Remember a deployment as it stands now."""
        counts = row.presence == Presence.PRESENT and row.listed_id not in self._anew
        if counts and (row.token or "").startswith(self._prefix):
            self._by_object.setdefault(row.listed_id, {})[row.uid] = row
        elif row.listed_id in self._by_object:
            self._by_object[row.listed_id].pop(row.uid, None)

    def of(self, listed_id: str, now: datetime) -> dict[str, str]:
        """Return the native tokens of an object's deployments that are still believed, by uid."""
        return {
            row.uid: row.token[len(self._prefix) :]
            for row in tuple(self._by_object.get(listed_id, {}).values())
            if row.token and row.token_at and now < row.token_at + life(row.uid)
        }

    def keep(self, token: str | None) -> str | None:
        """Return a native token as it is stored."""
        return None if token is None else self._prefix + token


def life(uid: str) -> timedelta:
    """Return how long a deployment's token is believed: steady for it, spread over all of them."""
    return TOKEN_LIFE * (1 - TOKEN_JITTER * (UUID(uid).int / _UUID_RANGE))
