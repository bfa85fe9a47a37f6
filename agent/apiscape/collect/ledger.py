"""The ledger of a visit: every listed object ends exactly once, or the part is not complete.

What a collector leaves over, says twice, or records without having listed it is a defect of
the collector, and so is a part that it declares and never lists. None of it crashes a scan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from apiscape.collectors.contract import Failed, Listed, Malformed, Unseen
from apiscape.model.deployment import Deployment
from apiscape.model.identity import NO_STAGE
from apiscape.model.run import ErrorRecord, Exclusion, Gap, Ledger, PartReport
from apiscape.model.vocabulary import ErrorKind, Outcome
from apiscape.reconcile.sight import PartSight

EMPTY_PAGES = 100
"""Empty pages in a row before a listing is taken to have no end: filters leave some empty."""

SAME_PAGE = 4
"""How often one page may come before a listing is taken to turn in a circle.

More than once is no defect: a listing that expires on its way is begun again.
"""

_MOST = {True: SAME_PAGE, False: EMPTY_PAGES}

_STAGELESS = frozenset({None, NO_STAGE})

GONE_WHILE_READ = "deleted while it was being read"


class End(StrEnum):
    """How a listed object ended."""

    OPEN = "open"
    RECORDED = "recorded"
    STANDS = "stands"
    SKIPPED = "skipped"
    FAILED = "failed"


class PartLedger:
    """The ledger of one part.

    Args:
        part: The listing.
    """

    def __init__(self, part: str) -> None:
        self.part = part
        self.ends: dict[str, End] = {}
        self.whole = False
        self.within: tuple[str, ...] = ()
        self.error: ErrorRecord | None = None
        self.absent: str | None = None
        self.accepted: str | None = None
        self.defects: list[str] = []
        self.gaps: list[Gap] = []
        self.skipped: list[Exclusion] = []
        self.failed: list[Exclusion] = []
        self.given: dict[str, frozenset[str]] = {}
        self.staged: set[str] = set()
        self.gone: dict[str, str] = {}
        self.there: set[str] = set()
        self.unsure: dict[str, str] = {}
        self.calls = 0
        self.throttled = 0
        self._turns: Counter[tuple[str, ...]] = Counter()

    def list_page(self, page: Listed) -> None:
        """Take up a page of the listing; an id that an earlier page had counts once.

        Raises:
            Malformed: the same page comes again and again.
        """
        if self.whole:
            self.defects.append("listed more after its last page")
        fresh = [native_id for native_id in page.native_ids if native_id not in self.ends]
        self.ends.update(dict.fromkeys(fresh, End.OPEN))
        self.whole, self.within = page.last, page.within
        self._turns[page.native_ids] += 1
        if page.native_ids:
            self._turns.pop((), None)
        if not page.last and self._turns[page.native_ids] >= _MOST[bool(page.native_ids)]:
            raise Malformed(f"the listing of {self.part} has no end")

    def cut(self, error: ErrorRecord, accepted: str | None = None) -> None:
        """Take up that the listing could not be read to its end, whatever its pages said; and who expects no more."""
        self.error, self.accepted = error, accepted
        self.whole = False

    def expect(self, native_id: str) -> None:
        """Take an object as listed that a watch speaks of."""
        self.ends[native_id] = End.OPEN

    def absorb(self, later: PartLedger) -> None:
        """Take up what a watch said since: what became of each of its objects replaces what stood."""
        spoken = {*later.ends, *later.gone}
        for native_id in spoken:
            self.ends.pop(native_id, None)
            self.given.pop(native_id, None)
            self.staged.discard(native_id)
        self.skipped = [each for each in self.skipped if each.native_id not in spoken]
        self.failed = [each for each in self.failed if each.native_id not in spoken]
        self.gaps = [each for each in self.gaps if each.native_id not in spoken]
        self.ends |= {key: end for key, end in later.ends.items() if key not in later.gone}
        self.given |= later.given
        self.staged |= later.staged
        self.skipped += [each for each in later.skipped if each.native_id not in later.gone]
        self.failed += later.failed
        self.gaps += later.gaps

    def carry(self) -> PartLedger:
        """Return the part for a generation that does not list it, for it is followed: all stands."""
        part = PartLedger(self.part)
        part.absorb(self)
        stands = {End.RECORDED: End.STANDS}
        part.ends = {key: stands.get(end, end) for key, end in part.ends.items()}
        part.whole, part.error, part.absent = self.whole, self.error, self.absent
        part.accepted, part.within = self.accepted, self.within
        return part

    def settle(self, native_id: str, end: End) -> bool:
        """End an object, and say whether that was its turn: listed, and not ended before."""
        state = self.ends.get(native_id)
        if state is End.OPEN:
            self.ends[native_id] = end
            return True
        how = "never listed" if state is None else f"already {state}"
        self.defects.append(f"{native_id} is {end}, though {how}")
        return False

    def give(self, native_id: str, items: Sequence[Deployment]) -> None:
        """Note the deployments that an object gave, besides those that it gave before."""
        given = frozenset([item.uid for item in items])
        before = self.given.get(native_id)
        self.given[native_id] = given if before is None else before | given
        for item in items:
            if item.stage not in _STAGELESS:
                self.staged.add(native_id)
                break

    def fail(self, observation: Failed) -> None:
        """End an object as failed; one that is gone meanwhile counts as skipped."""
        native_id, error = observation.native_id, observation.error
        if error.kind != ErrorKind.GONE:
            if self.settle(native_id, End.FAILED):
                self.failed.append(Exclusion(native_id=native_id, error=error))
        elif self.settle(native_id, End.SKIPPED):
            self.skipped.append(Exclusion(native_id=native_id, reason=GONE_WHILE_READ))
            self.gone[native_id] = "direct_read"

    def skip(self, native_id: str, reason: str) -> None:
        """End an object as left out on purpose."""
        if self.settle(native_id, End.SKIPPED):
            self.skipped.append(Exclusion(native_id=native_id, reason=reason))

    def miss(self, observation: Unseen) -> None:
        """Note a detail that could not be looked at."""
        self.gaps.append(
            Gap(
                native_id=observation.native_id,
                detail=observation.detail,
                error=observation.error,
            )
        )

    def close(self, error: ErrorRecord | None) -> None:
        """End what is still open: as failed with the error, or as left over by the collector."""
        open_ids = [native_id for native_id, end in self.ends.items() if end is End.OPEN]
        if error is None and open_ids:
            self.defects.append(f"{len(open_ids)} listed objects were left over")
        if self.absent is not None and self.ends:
            self.defects.append("said to be absent, though it lists")
        if error is None and not self.ends and not self.whole and self.absent is None:
            self.defects.append("never listed")
        elif error is None and not self.whole and self.absent is None:
            self.defects.append("ended before its last page")
        self.error = self.error or error or self._defect()
        for native_id in open_ids:
            self.settle(native_id, End.FAILED)
            self.failed.append(Exclusion(native_id=native_id, error=self.error))

    @property
    def is_open(self) -> bool:
        """Whether something of it is still to come: pages, or ends of listed objects."""
        told = self.absent is not None or self.error is not None
        return not told and (not self.whole or End.OPEN in self.ends.values())

    @property
    def outcome(self) -> str:
        """How the visit of the part ended; to be asked after `close`."""
        if self.absent is not None and not self.ends:
            return Outcome.ABSENT
        if not self.whole and not self.ends:
            return Outcome.FAILED
        clean = self.whole and not (self.error or self.failed or self.unsure or self.there)
        return Outcome.COMPLETE if clean else Outcome.PARTIAL

    @property
    def is_believed(self) -> bool:
        """Whether its listing, if it was read to its end, says what there is; to be asked after `close`.

        It does not where the collector is defective, or permissions hide some of it. Objects and
        details that could not be read, and an error after the last page, take nothing from it.
        """
        defective = self.error is not None and self.error.kind == ErrorKind.DEFECT
        return not (defective or self.defects or self.unsure or self.there)

    def ledger(self) -> Ledger:
        """Return the part's sums."""
        ends = list(self.ends.values())
        return Ledger(
            listed=len(ends),
            listed_whole=self.whole,
            recorded=ends.count(End.RECORDED) + ends.count(End.STANDS),
            skipped=ends.count(End.SKIPPED),
            failed=ends.count(End.FAILED),
            deployments=sum(map(len, self.given.values())),
            calls=self.calls,
            throttled=self.throttled,
        )

    def report(self) -> PartReport:
        """Return how the visit of the part ended."""
        return PartReport(
            part=self.part,
            outcome=self.outcome,
            ledger=self.ledger(),
            reason=self.absent or self._narrowed(),
            error=self.error,
            skipped=tuple(self.skipped),
            failed=tuple(self.failed),
            gaps=tuple(self.gaps),
            accepted=self.accepted,
        )

    def sight(self, *, narrowable: bool) -> PartSight:
        """Return what the judgement on presence goes by."""
        left_out = {each.native_id: f"skipped: {each.reason}" for each in self.skipped}
        left_out |= {each.native_id: words(each.error) for each in self.failed if each.error}
        return PartSight(
            part=self.part,
            outcome=self.outcome,
            whole=self.whole and self.is_believed,
            listed=frozenset(self.ends),
            given=self.given,
            staged=frozenset(self.staged),
            stands=frozenset(key for key, end in self.ends.items() if end is End.STANDS),
            left_out=left_out | self.unsure,
            gone=self.gone,
            there=frozenset(self.there),
            narrowable=narrowable,
            reason=words(self.error) if self.error else self._narrowed(),
            within=self.within,
        )

    def _defect(self) -> ErrorRecord | None:
        if not self.defects:
            return None
        more = f" (and {len(self.defects) - 1} more)" if len(self.defects) > 1 else ""
        return ErrorRecord(
            kind=ErrorKind.DEFECT,
            message=f"defect of the collector: {self.part}: {self.defects[0]}{more}",
            next_step="report it to the collector's author",
        )

    def _narrowed(self) -> str | None:
        hidden = len(self.there) + len(self.unsure)
        return f"{hidden} known objects may be hidden from the listing" if hidden else None


class ScopeLedger:
    """The ledgers of a scope's parts, in the order in which they began.

    Args:
        parts: Those that the collector declares.
    """

    def __init__(self, parts: Iterable[str]) -> None:
        self._declared = tuple(parts)
        self._parts: dict[str, PartLedger] = {}
        self._current: PartLedger | None = None

    def part(self, name: str) -> PartLedger:
        """Return a part, which begins with this; it is the current one from here."""
        self._current = self._parts.setdefault(name, PartLedger(name))
        return self._current

    def stand(self, name: str) -> PartLedger:
        """Return a part without making it the current one."""
        return self._parts.setdefault(name, PartLedger(name))

    def put(self, part: PartLedger) -> None:
        """Let a part be this one; the current part stays the current one."""
        if self._current is not None and self._current.part == part.part:
            self._current = part
        self._parts[part.part] = part

    def part_of(self, native_id: str) -> PartLedger:
        """Return the part that an object is open in: the current one first, else any, else the current."""
        current = self.current
        if current.ends.get(native_id) is End.OPEN:
            return current
        return next(
            (part for part in self if part.ends.get(native_id) is End.OPEN),
            current,
        )

    @property
    def current(self) -> PartLedger:
        """The part that began last; the first declared one before any did."""
        if self._current is None:
            return self.part(self._declared[0] if self._declared else "-")
        return self._current

    def __iter__(self) -> Iterator[PartLedger]:
        return iter(list(self._parts.values()))

    def close(self, error: ErrorRecord | None) -> None:
        """Close every part: a visit's error ends the current one, and those that never began.

        Where what was to be visited is not offered, a part of which nothing was listed is absent.
        """
        for name in self._declared:
            self._parts.setdefault(name, PartLedger(name))
        for part in self:
            if not part.is_open:
                part.close(part.error)
                continue
            if error is not None and error.kind == ErrorKind.UNSUPPORTED and not part.ends:
                part.absent = error.message
            part.close(error)
        if error is not None and all(part.error is not error for part in self):
            self.current.error = error


def words(error: ErrorRecord) -> str:
    """Return an error in a line: its kind and message."""
    return f"{error.kind.replace('_', ' ')}: {error.message}"
