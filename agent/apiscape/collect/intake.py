"""Takes up what a collector says: into the ledger, and in batches into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from apiscape.collect.ledger import End, PartLedger, ScopeLedger
from apiscape.collect.ports import Intaken
from apiscape.collect.visit import TokenBook
from apiscape.collectors.contract import (
    Absent,
    Failed,
    Listed,
    Observation,
    PartAbsent,
    PartFailed,
    Recorded,
    Skipped,
    Unchanged,
    Unseen,
)
from apiscape.model.deployment import Deployment
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, Known, Write
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind, Presence
from apiscape.reconcile.compare import Sighting, compare, differs, sight, stands

BATCH = 500
"""Most observations of one transaction."""

BATCH_BYTES = 16_000_000
"""Contract documents held back at most."""

HELD_BACK = timedelta(seconds=5)
"""How long what moved waits for more that does: a slow listing shows it before its end."""


class Beside(Entity, frozen=True):
    """Something that stands around deployments, and the listed object that gave it."""

    part: str
    listed_id: str
    entity: Entity


class Intake:
    """What one visit says, on its way into the store. Used by one thread at a time.

    Args:
        runs: Where it goes.
        run: The open run.
        known: The scope's deployments before the run.
        ledger: Where every listed object ends.
        tokens: How native tokens are kept.
        noted: Told every write that was stored.

    Attributes:
        kinds: How many writes there were of each `ChangeKind`.
    """

    def __init__(
        self,
        runs: Intaken,
        run: Any,  # noqa: ANN401 - the store's own struct
        known: Mapping[str, Known],
        ledger: ScopeLedger,
        tokens: TokenBook,
        *,
        noted: Callable[[Write], None] | None = None,
    ) -> None:
        self.kinds: Counter[str] = Counter()
        self._runs = runs
        self._run = run
        self._known = known
        self._ledger = ledger
        self._tokens = tokens
        self._noted = noted or _no_note
        self._pending: list[Sighting | Beside] = []
        self._documents: dict[str, bytes] = {}
        self._held_bytes = 0
        self._due_at: datetime | None = None
        self._seen: set[str] = set()
        self._blind: set[tuple[str, str]] = set()

    def take(self, said: Observation, at: datetime) -> None:
        """Take up one observation.

        Raises:
            Malformed: a listing has no end.
            StoreError: a full batch could not be stored.
        """
        due_at = self._due_at
        if due_at is not None and self._is_due(at, due_at) and not isinstance(said, Unseen):
            self.flush(at)
        match said:
            case Recorded():
                self._record(said, at)
            case Listed():
                self._ledger.part(said.part).list_page(said)
            case Unchanged():
                self._stand(said)
            case Unseen():
                self._miss(said)
            case Skipped():
                self._ledger.part_of(said.native_id).skip(said.native_id, said.reason)
            case Failed():
                self._ledger.part_of(said.native_id).fail(said)
            case _:
                self._tell_part(said)

    def _tell_part(self, said: Observation) -> None:
        """Take up what is said of a part; `Synced` and what a newer contract may add say nothing here."""
        match said:
            case PartFailed():
                self._ledger.part(said.part).cut(said.error, said.accepted)
            case PartAbsent():
                self._ledger.part(said.part).absent = said.reason
            case Absent():
                self._ledger.part(said.part).gone[said.native_id] = "event"
            case _:
                pass

    def forget(self, part: str) -> None:
        """Take a part's objects as not yet given: it is listed anew."""
        for uids in self._ledger.part(part).given.values():
            self._seen -= uids

    def flush(self, at: datetime) -> None:
        """Store what is pending, a transaction per batch.

        Raises:
            Fenced: a newer run of the scope took over.
        """
        pending, self._pending = self._pending, []
        documents, self._documents = self._documents, {}
        self._held_bytes, self._due_at = 0, None
        for chunk in _chunks(pending) or ([],):
            batch = self._batch(chunk, documents)
            documents = {}
            if batch != Batch():
                self._runs.apply(self._run, batch, at=at)
                self.kinds.update(write.kind for write in batch.writes if write.kind)
                for write in batch.writes:
                    self._noted(write)

    def _is_due(self, at: datetime, due_at: datetime) -> bool:
        """Say whether a transaction is full, or what it would write has waited for long enough."""
        is_full = len(self._pending) >= BATCH or self._held_bytes >= BATCH_BYTES
        return is_full or at >= due_at

    def _record(self, said: Recorded, at: datetime) -> None:
        part = self._ledger.part_of(said.native_id)
        part.settle(said.native_id, End.RECORDED)
        given: list[Deployment] = []
        beside: list[Beside] = []
        for entity in said.entities:
            if isinstance(entity, Deployment):
                given.append(entity)
                self._see(entity, said, part, at, keeps_detail=False)
            else:
                beside.append(Beside(part=part.part, listed_id=said.native_id, entity=entity))
        for item in said.unchanged:
            given.append(item)
            self._see(item, said, part, at, keeps_detail=True)
        part.give(said.native_id, given)
        self._pending += beside
        if said.documents:
            self._keep(said.documents)
        if self._due_at is None and (self._pending or self._documents):
            self._due_at = at + HELD_BACK

    def _keep(self, documents: Mapping[str, bytes]) -> None:
        """Hold contracts until they are stored, and count what they take."""
        for key, body in documents.items():
            if key not in self._documents:
                self._documents[key] = body
                self._held_bytes += len(body)

    def _see(
        self,
        item: Deployment,
        said: Recorded,
        part: PartLedger,
        at: datetime,
        *,
        keeps_detail: bool,
    ) -> None:
        """Take up a deployment, unless it was given before; of one that stands as stored nothing is held."""
        if item.uid in self._seen:
            part.defects.append(f"{item.native_id} is given twice")
            return
        self._seen.add(item.uid)
        known = self._known.get(item.uid)
        if keeps_detail and known is None:
            part.defects.append(f"{item.native_id} is unchanged, though it was never recorded")
        seen = sight(
            item,
            part=part.part,
            listed_id=said.native_id,
            at=at,
            keeps_detail=keeps_detail,
            token=self._token_of(item, said, part) if said.tokens else None,
        )
        if not stands(known, seen):
            self._pending.append(seen)

    def _token_of(self, item: Deployment, said: Recorded, part: PartLedger) -> str | None:
        """Return the change token to keep with a deployment; none where a detail of its object was not seen."""
        is_blind = (part.part, said.native_id) in self._blind
        return None if is_blind else self._tokens.keep(said.tokens.get(item.uid))

    @cached_property
    def _standing(self) -> Mapping[tuple[str, str], set[str]]:
        """Uids of what is present, by part and listed object; few collectors ever ask for it."""
        standing: dict[tuple[str, str], set[str]] = {}
        for row in self._known.values():
            if row.presence == Presence.PRESENT:
                standing.setdefault((row.part, row.listed_id), set()).add(row.uid)
        return standing

    def _stand(self, said: Unchanged) -> None:
        part = self._ledger.part_of(said.native_id)
        standing = self._standing.get((part.part, said.native_id))
        if standing is None:
            part.fail(Failed(native_id=said.native_id, error=_NEVER_RECORDED))
            return
        part.settle(said.native_id, End.STANDS)
        part.given[said.native_id] = frozenset(standing)

    def _miss(self, said: Unseen) -> None:
        """Note the gap, and forget the object's tokens unless it lasts: the next run looks again."""
        part = self._ledger.part_of(said.native_id)
        part.miss(said)
        if said.lasting:
            return
        missed = (part.part, said.native_id)
        self._blind.add(missed)
        for index, item in enumerate(self._pending):
            if isinstance(item, Sighting) and (item.part, item.listed_id) == missed:
                self._pending[index] = msgspec.structs.replace(item, token=None)

    def _batch(self, chunk: list[Sighting | Beside], documents: dict[str, bytes]) -> Batch:
        sightings = [item for item in chunk if isinstance(item, Sighting)]
        moved = list(self._moved(sightings))
        stored = self._runs.documents(moved) if moved else {}
        compared = (
            compare(self._known.get(seen.item.uid), seen, stored.get(seen.item.uid))
            for seen in sightings
        )
        return Batch(
            writes=tuple(write for write in compared if write is not None),
            surroundings=tuple(
                (item.part, item.listed_id, item.entity)
                for item in chunk
                if isinstance(item, Beside)
            ),
            documents=documents,
        )

    def _moved(self, sightings: Iterable[Sighting]) -> Iterator[str]:
        for seen in sightings:
            known = self._known.get(seen.item.uid)
            if known is not None and differs(known, seen):
                yield known.uid


def _chunks(pending: list[Sighting | Beside]) -> list[list[Sighting | Beside]]:
    return [pending[start : start + BATCH] for start in range(0, len(pending), BATCH)]


def _no_note(write: Write) -> None:
    """Tell nobody."""


_NEVER_RECORDED = ErrorRecord(
    kind=ErrorKind.DEFECT,
    message="said to be unchanged, though nothing of it is stored",
    next_step="report it to the collector's author",
)
