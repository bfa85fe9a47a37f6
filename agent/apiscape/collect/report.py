"""What a scan amounts to: its runs, its estate, its sums, and the exit code that follows."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from apiscape.collect.plan import GAPS
from apiscape.errors import Exit
from apiscape.model.entity import Entity
from apiscape.model.measured import TrafficReport
from apiscape.model.run import (
    ErrorRecord,
    EstateEntry,
    Ledger,
    RunReport,
    Totals,
    add_ledgers,
)


class ScanReport(Entity, frozen=True):
    """One scan of some sources.

    Attributes:
        runs: Every scope's visit, in order of scope keys.
        estate: Every reach of the sources that could be planned.
        estate_errors: By source: why its estate cannot be known; it was visited all the same.
        unplanned: By source: why it could not be planned at all.
        traffic: What came of measuring, of every scope that was; what could not be measured is unknown
            and said, and leaves the inventory as complete as it is.
        interrupted: Whether somebody said to stop.
    """

    runs: tuple[RunReport, ...] = ()
    estate: tuple[EstateEntry, ...] = ()
    estate_errors: dict[str, ErrorRecord] = msgspec.field(default_factory=dict)
    unplanned: dict[str, ErrorRecord] = msgspec.field(default_factory=dict)
    traffic: tuple[TrafficReport, ...] = ()
    interrupted: bool = False

    @property
    def ledger(self) -> Ledger:
        """The sums over all runs."""
        return add_ledgers(run.ledger for run in self.runs)

    @property
    def totals(self) -> Totals:
        """What reconcile said over all runs."""
        return add_totals(run.totals for run in self.runs)

    @property
    def incomplete(self) -> tuple[RunReport, ...]:
        """The runs that did not see all of their scope, and that nobody answers for."""
        return tuple(run for run in self.runs if run.falls_short)

    @property
    def lost(self) -> tuple[EstateEntry, ...]:
        """The reaches that fell away, and that nobody answers for."""
        return tuple(
            entry for entry in self.estate if entry.state in GAPS and entry.accepted is None
        )

    @property
    def exit_code(self) -> Exit:
        """Complete, or incomplete as soon as something was not seen that nobody answers for."""
        short = self.incomplete or self.lost or self.unplanned or self.interrupted
        return Exit.INCOMPLETE if short else Exit.COMPLETE


def add_totals(totals: Iterable[Totals]) -> Totals:
    """Return the sums of what reconcile said."""
    items = list(totals)
    return Totals(
        **{field: sum(getattr(each, field) for each in items) for field in Totals.__struct_fields__}
    )
