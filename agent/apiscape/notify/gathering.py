"""What waits to be told to one target: the first changes themselves, of the rest how many there are."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from apiscape.errors import NotKept
from apiscape.model.change import Change
from apiscape.model.vocabulary import ChangeKind
from apiscape.notify.events import LISTED, Digest
from apiscape.settings.schema import Notify
from apiscape.store.reading.happenings import Happenings, Stretch

MOST_HELD = 100
"""Changes that are held in memory; more than that are counted, and told as a digest."""

PAGE = 500
MOST_PAGES = 20
"""Pages of the log that are read in one go."""


class Reading(Protocol):
    """As much of a store's reader as is needed here."""

    def happenings(self, view: str, stretch: Stretch) -> Happenings:
        """Return changes of a view."""
        ...

    def last_seq(self) -> int:
        """Return where the log ends."""
        ...


def kinds_of(target: Notify) -> tuple[str, ...]:
    """Return the kinds of change that a target is told of."""
    every = (kind.value for kind in ChangeKind if kind is not ChangeKind.CONCLUDED)
    return tuple(target.kinds) or tuple(every)


class Waiting:
    """The changes of a target between what it was told and what was read of the log.

    Args:
        told: Up to which sequence number it was told.

    Attributes:
        seq: Up to which number the log was read.
        held: The first changes, in order; `kinds`: how many there are of each kind.
        undecided: Changes of which nobody can tell whether they are of the view.
        since_s: When the first was found, by a clock that nobody can set; `moved_s`: when the last was.
        lost: Whether some before are not kept any more.
    """

    def __init__(self, told: int) -> None:
        self.told = self.seq = told
        self.held: deque[Change] = deque()
        self.kinds: Counter[str] = Counter()
        self.undecided = 0
        self.since_s = self.moved_s = 0.0
        self.lost = False

    @property
    def count(self) -> int:
        """How many changes wait."""
        return self.kinds.total()

    @property
    def oldest_at(self) -> datetime | None:
        """When the first of them happened."""
        return self.held[0].at if self.held else None

    @property
    def is_whole(self) -> bool:
        """Whether all that wait are held, so that they can be told one by one."""
        return self.count == len(self.held) and not self.lost

    def take(self, found: Happenings, now_s: float) -> None:
        """Take up what was read."""
        if found.items and not self.count:
            self.since_s = now_s
        if found.items:
            self.moved_s = now_s
        self.held.extend(found.items[: MOST_HELD - len(self.held)])
        self.kinds.update(each.kind for each in found.items)
        self.undecided += found.undecided
        self.seq = found.last_seq

    def drop_first(self) -> None:
        """Let go of the first, which was told."""
        first = self.held.popleft()
        self.kinds[first.kind] -= 1
        self.told = first.seq

    def digest(self, name: str, at: datetime) -> Digest:
        """Return all of it as a digest."""
        return Digest(
            name=name,
            after=self.told,
            until=self.seq,
            at=at,
            kinds=dict(self.kinds),
            first=tuple(self.held)[:LISTED],
            undecided=self.undecided,
            lost=self.lost,
        )


def gather(
    reader: Reading,
    target: Notify,
    waiting: Waiting,
    monotonic: Callable[[], float],
    until: int | None = None,
) -> bool:
    """Read on; return whether there is more already. What is not kept any more is skipped, and said to be lost."""
    for _ in range(MOST_PAGES):
        stretch = Stretch(after=waiting.seq, limit=PAGE, kinds=kinds_of(target), until=until)
        try:
            found = reader.happenings(target.view, stretch)
        except NotKept:
            waiting.seq, waiting.lost = reader.last_seq(), True
            return False
        waiting.take(found, monotonic())
        if not found.more:
            return False
    return True
