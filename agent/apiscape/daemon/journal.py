"""What the schedule does, told on: to the log, to counters, and to whoever waits for it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Protocol

from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.collect.progress import Progress
from apiscape.collect.spending import visiting
from apiscape.daemon.logs import tell
from apiscape.model.measured import TrafficReport
from apiscape.model.noticed import LookedAgain, Noticed
from apiscape.model.run import Ledger, RunReport, Scope

MOST_NAMES = 10
"""Kinds of change that one line names at most."""


class Listening(Progress, Protocol):
    """Is told what goes on, measuring included."""

    def measured(self, reports: Iterable[TrafficReport]) -> None:
        """Take up what was measured of traffic."""
        ...


class Journal:
    """A `Progress` that logs; all its calls come from the driver's thread.

    Args:
        collections: Told the same.
        stored: Called where something was stored that conclusions may follow from.
        remeasured: Told of which scopes what was measured is not what it was; `None` of more than is named.

    Attributes:
        runs: Visits that ended since the start, by outcome.
        calls, throttled: What they took.
        unplanned: Sources that could not be planned last time.
        unheard: Reaches whose changes could not be read last time, source included.
    """

    def __init__(
        self,
        collections: Listening,
        stored: Callable[[], None],
        remeasured: Callable[[Collection[Scope] | None], None],
    ) -> None:
        self.runs: Counter[str] = Counter()
        self.calls = 0
        self.throttled = 0
        self.unplanned: frozenset[str] = frozenset()
        self.unheard: frozenset[str] = frozenset()
        self._collections = collections
        self._stored = stored
        self._remeasured = remeasured

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Log a source that was planned, or why it could not be."""
        name = plan.source.name
        self.unheard = frozenset(each for each in self.unheard if each.partition("/")[0] != name)
        if plan.error is None:
            self.unplanned -= {name}
            tell(
                "source planned",
                source=name,
                scopes=len(plan.jobs),
                expected_s=round(forecast.seconds, 1),
            )
        else:
            self.unplanned |= {name}
            why = {"kind": plan.error.kind, "why": plan.error.message}
            tell("source not planned", logging.WARNING, source=name, scopes=len(plan.jobs), **why)
        self._collections.planned(plan, forecast)

    def started(self, scope: Scope) -> None:
        """Log, for whoever looks closely, that a visit began."""
        with visiting(scope.key):
            tell("visit begun", logging.DEBUG, scope=scope.key)
        self._collections.started(scope)

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Pass on how far visits are."""
        self._collections.tick(ledgers)

    def ended(self, report: RunReport) -> None:
        """Log how a visit ended, with its sums."""
        ledger = report.ledger
        self.runs[report.outcome] += 1
        self.calls += ledger.calls
        self.throttled += ledger.throttled
        fields: dict[str, object] = {
            "scope": report.scope.key,
            "outcome": str(report.outcome),
            "listed": ledger.listed,
            "recorded": ledger.recorded,
            "skipped": ledger.skipped,
            "failed": ledger.failed,
            "calls": ledger.calls,
        }
        error = report.error or next((part.error for part in report.parts if part.error), None)
        if error is not None:
            fields |= {"kind": error.kind, "why": error.message}
        with visiting(report.scope.key):
            tell("visit ended", logging.WARNING if error else logging.INFO, **fields)
        self._collections.ended(report)
        self._stored()

    def measured(self, reports: tuple[TrafficReport, ...]) -> None:
        """Log of how many deployments of each scope the traffic was measured, and why not of the others."""
        for report in reports:
            fields: dict[str, object] = {
                "scope": report.scope.key,
                "measured": report.measured,
                "asked": report.asked,
                "calls": report.calls,
            }
            error = report.uncountable[0].error if report.uncountable else None
            if error is not None:
                fields |= {"kind": error.kind, "why": error.message}
            nothing = report.asked > 0 and not report.measured
            tell("traffic measured", logging.WARNING if nothing else logging.INFO, **fields)
        self._collections.measured(reports)
        self._remeasured([report.scope for report in reports] or None)

    def noticed(self, report: Noticed) -> None:
        """Log what a log of changes told, and what of it could not be read."""
        self.calls += report.calls
        self.throttled += report.throttled
        self.unheard -= {report.place}
        fields: dict[str, object] = {
            "place": report.place,
            "events": report.events,
            "objects": len({(each.key, each.native_id) for each in report.objects}),
            "calls": report.calls,
        }
        for key in dict.fromkeys(each.key for each in report.unplaced):
            names = sorted({each.name for each in report.unplaced if each.key == key})
            tell(
                "changes of no known object; the next visit sees them",
                logging.INFO,
                scope=key,
                names=", ".join(names[:MOST_NAMES]),
            )
        if not report.unread:
            tell("changes read", logging.INFO if report.objects else logging.DEBUG, **fields)
            return
        self.unheard |= {report.place}
        error = report.unread[0]
        fields |= {"kind": error.kind, "why": error.message}
        tell("changes not read; the next visit sees them", logging.WARNING, **fields)

    def looked_again(self, report: LookedAgain) -> None:
        """Log what was looked at between visits, and have concluded what follows."""
        self.calls += report.calls
        self.throttled += report.throttled
        fields: dict[str, object] = {
            "scope": report.scope.key,
            "asked": len(report.asked),
            "recorded": report.recorded,
            "gone": report.gone,
            "failed": len(report.failed),
            "calls": report.calls,
        }
        error = report.error or next(iter(report.failed.values()), None)
        if error is not None:
            fields |= {"kind": error.kind, "why": error.message}
        if report.overtaken:
            fields |= {"overtaken": True}
        with visiting(report.scope.key):
            tell("changes looked at", logging.WARNING if error else logging.INFO, **fields)
        self._stored()
