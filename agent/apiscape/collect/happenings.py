"""What a watch says of objects once their part is synced: stored at once, as the objects stand.

A batch is a small visit of the objects that it speaks of: the same intake, the same ledger, the
same judgement. What it says of an object last is what counts. Nothing retires here but by
evidence: what an object merely no longer gives is missing until complete visits agree.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from apiscape.collect.intake import Intake
from apiscape.collect.ledger import End, PartLedger, ScopeLedger
from apiscape.collect.live import Live
from apiscape.collect.ports import Runs
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import (
    Absent,
    Failed,
    Recorded,
    Skipped,
    Unchanged,
    Unseen,
)
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, Happened, Known, PresenceChange
from apiscape.model.vocabulary import Presence
from apiscape.reconcile.judge import LISTING, judge
from apiscape.reconcile.policy import PresencePolicy

Event = Recorded | Unchanged | Skipped | Failed | Unseen | Absent
"""What can be said of an object whose part is followed."""

Objects = dict[tuple[str, str], list[Event]]
"""What is said by part and listed id, the last word of each only."""


class Happenings:
    """Stores what happens under one generation, batch after batch.

    Args:
        runs: Where it goes.
        run: The generation, as the store opened it; it may have ended.
        live: What is known, kept up.
        tokens: How native tokens are kept.
        policy: How much loss is too much to believe.
        number: Of the last batch that came before.
    """

    def __init__(
        self,
        runs: Runs,
        run: Any,  # noqa: ANN401 - the store's own struct
        live: Live,
        tokens: TokenBook,
        policy: PresencePolicy,
        *,
        number: int = 0,
    ) -> None:
        self._runs = runs
        self._run = run
        self._live = live
        self._tokens = tokens
        self._policy = policy
        self._number = number

    def take(
        self, said: Iterable[tuple[str, Event]], at: datetime
    ) -> tuple[list[PartLedger], dict[str, Known]]:
        """Store a batch of parts and what is said of their objects.

        Returns the parts' ledgers, and the deployments that it touched as they stand now.

        Raises:
            Fenced: a newer run of the scope took over.
            StoreError: it could not be stored.
        """
        objects = _last_words(said)
        uids = {uid for words in objects.values() for each in words for uid in _uids(each)}
        known = self._live.touched(objects, uids)
        ledger = ScopeLedger(())
        through = _Through(self)
        intake = Intake(through, self._run, known, ledger, self._tokens, noted=self._live.note)
        for (name, native_id), words in objects.items():
            part = ledger.part(name)
            part.whole = True
            if any(not isinstance(each, Unseen | Absent) for each in words):
                part.expect(native_id)
            for each in words:
                intake.take(each, at)
        intake.flush(at)
        ledger.close(None)
        parts = list(ledger)
        self._settle(parts, known, through.given, at)
        return parts, self._live.touched(objects, uids)

    def documents(self, uids: Iterable[str]) -> dict[str, Deployment]:
        """Return stored facts whole, by uid."""
        return self._runs.documents(uids)

    def store(self, batch: Batch, happened: Happened, at: datetime) -> None:
        """Store under the next number."""
        self._number += 1
        self._runs.follow(self._run, batch, happened, number=self._number, at=at)

    def _settle(
        self,
        parts: list[PartLedger],
        known: dict[str, Known],
        given: list[tuple[str, str, Entity]],
        at: datetime,
    ) -> None:
        """Store what follows for presence, exceptions, and what stands around the objects."""
        objects = {(part.part, key) for part in parts for key in (*part.ends, *part.gone)}
        rows = [row for row in known.values() if (row.part, row.listed_id) in objects]
        sights = [part.sight(narrowable=False) for part in parts]
        verdict = judge(rows, sights, at=at, policy=self._policy)
        changes = [each for each in verdict.presence if _is_evident(each, known[each.uid])]
        happened = Happened(
            presence=tuple(changes),
            seen=tuple(
                sorted({uid for part in parts for uids in part.given.values() for uid in uids})
            ),
            not_observed=verdict.not_observed,
            whole=tuple(sorted(_said_whole(parts))),
            given=tuple(given),
        )
        self.store(Batch(), happened, at)
        self._live.judge(changes)


class _Through:
    """Lets an intake write what happens (`ports.Intaken`)."""

    def __init__(self, happenings: Happenings) -> None:
        self._happenings = happenings
        self.given: list[tuple[str, str, Entity]] = []

    def documents(self, uids: Iterable[str]) -> dict[str, Deployment]:
        return self._happenings.documents(uids)

    def apply(self, _run: object, batch: Batch, *, at: datetime) -> None:
        self._happenings.store(batch, Happened(), at)
        self.given.extend(batch.surroundings)


def _last_words(said: Iterable[tuple[str, Event]]) -> Objects:
    """Return the last word of each object, after what could not be looked at of it."""
    objects: Objects = {}
    for part, each in said:
        words = objects.setdefault((part, each.native_id), [])
        if not isinstance(each, Unseen):
            words[:] = [word for word in words if isinstance(word, Unseen)]
        words.append(each)
    return objects


def _uids(said: Event) -> Iterator[str]:
    if isinstance(said, Recorded):
        yield from (item.uid for item in said.entities if isinstance(item, Deployment))
        yield from (item.uid for item in said.unchanged)


def _is_evident(change: PresenceChange, row: Known) -> bool:
    """Say whether a change follows from what happened: counting visits is for visits."""
    if change.presence == Presence.RETIRED:
        return change.evidence != LISTING
    return change.presence != row.presence


def _said_whole(parts: Iterable[PartLedger]) -> Iterator[tuple[str, str]]:
    for part in parts:
        recorded = {key for key, end in part.ends.items() if end is End.RECORDED}
        yield from ((part.part, key) for key in recorded | part.gone.keys())
