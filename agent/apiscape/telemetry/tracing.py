"""A trace per visit of a scope: how long, how it ended, each part of it, and below it a span per family of calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, cast

from apiscape.collect.spending import Spent
from apiscape.model.run import Ledger, RunReport, Scope
from apiscape.model.vocabulary import Outcome
from apiscape.telemetry.catalogue import OUTCOME, PRODUCT, PROVIDER
from apiscape.telemetry.identity import NAME, this_agent

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.trace import Span

_WELL = frozenset({Outcome.COMPLETE.value, Outcome.ABSENT.value})


class Tracing:
    """Tells visits as spans, in batches, from the SDK's own thread.

    A span is made when its visit has ended, for only then it is known when it began and how it
    went; its ids are chosen when the visit begins, so that log lines can name them.

    Args:
        exporter: Pushes spans.
        hide: Takes credentials out of a text.
    """

    def __init__(self, exporter: SpanExporter, hide: Callable[[str], str] = str) -> None:
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        self._hide = hide
        self._ids = _Ids()
        self._under_way: dict[str, tuple[int, int]] = {}
        self._spent: dict[str, tuple[Spent, ...]] = {}
        self._provider = TracerProvider(
            resource=this_agent(),
            shutdown_on_exit=False,
            id_generator=cast("IdGenerator", self._ids),
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer(NAME, version("apiscape"))

    def begin(self, scope: Scope) -> None:
        """Choose the ids of a visit that begins."""
        self._under_way[scope.key] = self._ids.choose()

    def ids_of(self, key: str) -> dict[str, str]:
        """Return the ids of a visit under way, as they are written; from any thread."""
        ids = self._under_way.get(key)
        if ids is None:
            return {}
        return {"trace_id": f"{ids[0]:032x}", "span_id": f"{ids[1]:016x}"}

    def spend(self, scope: Scope, spent: Sequence[Spent]) -> None:
        """Take up what the calls of a visit came to; its end is told next."""
        self._spent[scope.key] = tuple(spent)

    def tell(self, report: RunReport) -> None:
        """Tell a visit that ended."""
        from opentelemetry.trace import Status, StatusCode

        key = report.scope.key
        ended_at = report.ended_at or report.started_at
        with self._ids.chosen(self._under_way.pop(key, None)):
            span = self._tracer.start_span(
                f"visit {report.scope.product}",
                start_time=_nanoseconds(report.started_at),
                attributes=_attributes(report),
            )
        for part in report.parts:
            about: dict[str, str | int] = {"apiscape.part": part.part, OUTCOME: part.outcome}
            about |= _sums(part.ledger)
            span.add_event("part", about, timestamp=_nanoseconds(ended_at))
        for spent in self._spent.pop(key, ()):
            self._tell_calls(span, spent, report.started_at, ended_at)
        if report.outcome not in _WELL:
            why = report.outcome if report.error is None else self._hide(report.error.message)
            span.set_status(Status(StatusCode.ERROR, why))
        span.end(_nanoseconds(ended_at))

    def _tell_calls(self, above: Span, spent: Spent, began: datetime, ended: datetime) -> None:
        """Tell a family of calls, as long as its visit: sums, not one span a call."""
        from opentelemetry.trace import Status, StatusCode, set_span_in_context

        span = self._tracer.start_span(
            f"calls {spent.family}",
            context=set_span_in_context(above),
            start_time=_nanoseconds(began),
            attributes=_of_calls(spent),
        )
        if spent.failure is not None:
            span.set_status(Status(StatusCode.ERROR, spent.failure))
        span.end(_nanoseconds(ended))

    def close(self) -> None:
        """Push what there is, and end."""
        self._provider.shutdown()


class _Ids:
    """Gives ids by chance, or those that were chosen before; by one thread."""

    def __init__(self) -> None:
        from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

        self._chance = RandomIdGenerator()
        self._next: tuple[int, int] | None = None

    def choose(self) -> tuple[int, int]:
        """Return the ids of a trace and of its first span."""
        return self._chance.generate_trace_id(), self._chance.generate_span_id()

    @contextmanager
    def chosen(self, ids: tuple[int, int] | None) -> Iterator[None]:
        """Give these ids to the span that is made within."""
        self._next = ids
        try:
            yield
        finally:
            self._next = None

    def generate_trace_id(self) -> int:
        """Return the id of a trace."""
        return self._next[0] if self._next else self._chance.generate_trace_id()

    def generate_span_id(self) -> int:
        """Return the id of a span."""
        return self._next[1] if self._next else self._chance.generate_span_id()

    def is_trace_id_random(self) -> bool:
        """Say that ids of traces are by chance: the chosen ones are too."""
        return True


def _of_calls(spent: Spent) -> dict[str, str | int | float]:
    told: dict[str, str | int | float] = {
        "apiscape.family": spent.family,
        "apiscape.calls": spent.calls,
        "apiscape.throttled": spent.throttled,
        "apiscape.failed": spent.failed,
        "apiscape.waited": spent.waited_s,
    }
    if spent.took_s is not None:
        told["apiscape.duration"] = spent.took_s
    if spent.failure is not None:
        told["error.type"] = spent.failure
    return told


_ACCOUNTS = {"kubernetes": "k8s.cluster.uid"}
"""What an account is, where it is none of a cloud."""


def _attributes(report: RunReport) -> dict[str, str | int]:
    scope = report.scope
    told: dict[str, str | int] = {
        PROVIDER: scope.provider,
        PRODUCT: scope.product,
        OUTCOME: report.outcome,
        _ACCOUNTS.get(scope.provider, "cloud.account.id"): scope.reach.account,
        "apiscape.scope": scope.key,
        "apiscape.generation": report.generation,
        **_sums(report.ledger),
    }
    if scope.reach.region is not None:
        told["cloud.region"] = scope.reach.region
    if report.error is not None:
        told["error.type"] = report.error.kind
    return told


def _sums(ledger: Ledger) -> dict[str, int]:
    return {
        f"apiscape.{name}": getattr(ledger, name)
        for name in ("listed", "recorded", "skipped", "failed", "calls", "throttled")
    }


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1_000
