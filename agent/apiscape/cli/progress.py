"""What a person sees while a scan runs: one line on a terminal that says how far it is, none elsewhere."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from apiscape.cli.table import cut
from apiscape.client.collected import Collection
from apiscape.client.words import count, duration
from apiscape.collect.forecast import Forecast
from apiscape.collect.plan import PlannedSource
from apiscape.model.plain import plain
from apiscape.model.run import Ledger, RunReport, Scope, add_ledgers

CLEAR_LINE = "\r\x1b[2K"


class ProgressLine:
    """Follows a scan. Nothing is written unless the stream leads to a terminal.

    Attributes:
        plans: In the order in which they were drawn up.
        forecasts: By source name.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing planned."""
        self.plans: list[PlannedSource] = []
        self.forecasts: dict[str, Forecast] = {}
        self._stream = stream
        self._clock = clock
        self._began = clock()
        self._planned = 0
        self._ended: list[RunReport] = []

    def planned(self, plan: PlannedSource, forecast: Forecast) -> None:
        """Keep what a source's plan says; say at once where nobody could sign in."""
        self.plans.append(plan)
        self.forecasts[plan.source.name] = forecast
        self._planned += len(plan.jobs)
        if plan.error is not None:
            self._write(f"{plan.source.name}: {plan.error.message}\n")
        self._show({})

    def started(self, scope: Scope) -> None:
        """Wait for the next tick."""

    def tick(self, ledgers: Mapping[str, Ledger]) -> None:
        """Show how far the visits under way are."""
        self._show(ledgers)

    def ended(self, report: RunReport) -> None:
        """Count a visit that ended."""
        self._ended.append(report)
        self._show({})

    def close(self) -> None:
        """Take the line away."""
        self._write("")

    def _show(self, under_way: Mapping[str, Ledger]) -> None:
        sums = add_ledgers([*(report.ledger for report in self._ended), *under_way.values()])
        words = [
            _how_far(len(self._ended), self._planned),
            f"{sums.listed:,} listed",
            count(sums.calls, "call"),
            duration(self._clock() - self._began),
        ]
        expected = max((forecast.seconds for forecast in self.forecasts.values()), default=0.0)
        left = expected - (self._clock() - self._began)
        if left > 1:
            words.append(f"about {duration(left)} left")
        if sums.throttled:
            words.append(f"{sums.throttled:,} throttled")
        self._write(" · ".join(words))

    def _write(self, text: str) -> None:
        write_line(self._stream, text)


class RemoteLine:
    """Follows a collection of an agent. Nothing is written unless the stream leads to a terminal."""

    def __init__(self, stream: TextIO) -> None:
        """Write to a stream."""
        self._stream = stream

    def show(self, state: Collection) -> None:
        """Show how far it is."""
        sums = state.so_far
        words = [
            _how_far(state.ended, state.planned),
            f"{sums.listed:,} listed",
            count(sums.calls, "call"),
        ]
        if state.unmeasured and state.ended == state.planned:
            words.append(f"traffic of {count(state.unmeasured, 'scope')} to measure")
        write_line(self._stream, " · ".join(words))

    def close(self) -> None:
        """Take the line away."""
        write_line(self._stream, "")


def _how_far(ended: int, planned: int) -> str:
    """Return `3 of 12 scopes`, and what goes on before anybody knows how many there are."""
    return f"{ended} of {count(planned, 'scope')}" if planned else "signing in"


def write_line(stream: TextIO, text: str) -> None:
    """Write a line in the place of the one before, on a terminal."""
    if stream.isatty():
        width = shutil.get_terminal_size().columns
        body, newline, _ = text.partition("\n")
        stream.write(CLEAR_LINE + cut(plain(body), width - 1) + newline)
        stream.flush()
