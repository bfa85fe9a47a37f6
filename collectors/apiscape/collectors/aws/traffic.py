"""Traffic of what AWS runs, from the figures that its products give to CloudWatch.

Every product has its own names for the same figures, and tells them apart by something of its own: that
is a `Figures` and a `tell_apart` of the product. All of an account's region is asked for in bulk.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import ClassVar

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.cloudwatch import (
    FORBIDDEN,
    GET,
    MOST_METRICS,
    PERMISSION,
    QUOTA,
    Dimensions,
    Metric,
    Series,
    Window,
    ask,
    newest_window,
)
from apiscape.collectors.contract import Permission, Quota, Visit
from apiscape.collectors.measuring import Counted, Counting, Price, Uncounted, Wanted
from apiscape.collectors.trying import Tried, attempt
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.identity import NO_STAGE
from apiscape.model.run import ErrorRecord, Scope
from apiscape.model.vocabulary import ErrorKind

SOURCE = "cloudwatch"
TRIED_S = 60
MEDIAN = "p50"
PRICED = "https://aws.amazon.com/cloudwatch/pricing/"
USD_PER_1000 = 0.01


class Figures(msgspec.Struct, frozen=True, gc=False):
    """What a product calls the figures of a deployment; several are added up.

    Attributes:
        namespace: Of the product's metrics.
        requests: Metrics that count requests, each with its statistic.
        errors_4xx, errors_5xx: Metrics that sum errors.
        latency: Metric of the time until a caller is answered.
        integration: Metric of the time that what is behind the gateway takes of it, if there is one.
        unit_ms: Milliseconds of a unit of both.
        silence_is_none: Whether a product of which nothing was reported had no request. Where the product is
            not known to report each request under just these names, silence may as well be a gap.
    """

    namespace: str
    requests: tuple[tuple[str, str], ...]
    errors_4xx: tuple[str, ...]
    errors_5xx: tuple[str, ...]
    latency: str
    integration: str | None = None
    unit_ms: float = 1.0
    silence_is_none: bool = True

    @property
    def price(self) -> Price:
        """What a deployment costs at each measuring."""
        return Price(
            service="CloudWatch",
            metrics=len(self.requests) + len(self.errors_4xx) + len(self.errors_5xx),
            percentile=1,
            integration=0 if self.integration is None else 1,
            usd_per_1000=USD_PER_1000,
            source=PRICED,
        )


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A deployment that is counted, and what its metrics are told apart by.

    Attributes:
        series: One of them mostly; of several the counts are added up, and latency is not known:
            percentiles cannot be put together.
    """

    uid: str
    series: tuple[Dimensions, ...]


Found = Iterable[Subject | Uncounted]


class CountedByCloudWatch(ABC):
    """The part of a collector that measures: its product says what the figures are called, and whose they are."""

    traffic_permissions: ClassVar[tuple[Permission, ...]] = (PERMISSION,)
    traffic_quotas: ClassVar[tuple[Quota, ...]] = (QUOTA,)
    traffic_price: ClassVar[Price | None]
    figures: ClassVar[Figures]

    @abstractmethod
    def tell_apart(self, visit: Visit, deployments: Sequence[Deployment]) -> Found:
        """Say what each deployment is counted by, or why it cannot be.

        Args:
            visit: Lends session, clock and threads.
            deployments: At least one; all are deployed, and of this account.

        Raises:
            CollectorError: what that takes could not be read.
        """

    def traffic(
        self, scope: Scope, visit: Visit, deployments: Sequence[Deployment], wanted: Wanted
    ) -> Iterator[Counting]:
        """Yield what was counted of each deployment.

        Raises:
            CollectorError: the figures, or what tells them apart, could not be read.
        """
        del scope  # the session knows its place
        deployed = [item for item in deployments if item.stage != NO_STAGE]
        own = [item for item in deployed if item.account == visit.session.place.account]
        yield from _of_others(deployed, visit.session.place.account)
        subjects: list[Subject] = []
        for found in self.tell_apart(visit, own) if own else ():
            if isinstance(found, Uncounted):
                yield found
            else:
                subjects.append(found)
        yield from count(visit, subjects, self.figures, wanted)

    def try_traffic(self, scope: Scope, visit: Visit) -> Iterator[Tried]:
        """Yield what came of asking for one metric that nobody has."""
        del scope
        calls = visit.session.calls((PERMISSION,))
        now = visit.now()
        window = Window(until=now.replace(second=0, microsecond=0), length_s=TRIED_S)
        metric = Metric("AWS/ApiGateway", "Count", "Sum", (("ApiId", "apiscape"),))
        yield attempt(PERMISSION, GET, lambda: ask(calls, (metric,), window))


def count(
    visit: Visit, subjects: Sequence[Subject], figures: Figures, wanted: Wanted
) -> Iterator[Counting]:
    """Yield what was counted of some deployments, by as few calls as their metrics fit into.

    Raises:
        CollectorError: a call failed.
    """
    calls: Calls = visit.session.calls((PERMISSION,))
    window = newest_window(visit.now(), wanted.window_s)
    asked = [list(metrics_of(subject, figures, wanted)) for subject in subjects]
    every = list(chain.from_iterable(asked))
    batches = [every[at : at + MOST_METRICS] for at in range(0, len(every), MOST_METRICS)]
    answers = visit.concurrently(lambda batch: ask(calls, batch, window), batches)
    series = chain.from_iterable(answers)
    for subject, metrics in zip(subjects, asked, strict=True):
        said = dict(zip(metrics, islice(series, len(metrics)), strict=True))
        yield read(subject, said, figures, window)


def metrics_of(subject: Subject, figures: Figures, wanted: Wanted) -> Iterator[Metric]:
    """Yield every metric that is asked for of a deployment."""
    errors = ((name, "Sum") for name in (*figures.errors_4xx, *figures.errors_5xx))
    counts = (*figures.requests, *errors)
    for dimensions in subject.series:
        for name, statistic in counts:
            yield Metric(figures.namespace, name, statistic, dimensions)
    if len(subject.series) > 1:
        return
    for dimensions in subject.series:
        for percentile in wanted.percentiles:
            yield Metric(figures.namespace, figures.latency, percentile, dimensions)
        if figures.integration is not None and wanted.integration_latency:
            yield Metric(figures.namespace, figures.integration, MEDIAN, dimensions)


def read(
    subject: Subject, said: Mapping[Metric, Series], figures: Figures, window: Window
) -> Counting:
    """Return what is said of a deployment's metrics. Pure."""

    def of(counts: Sequence[tuple[str, str]]) -> list[Series]:
        return [
            said[Metric(figures.namespace, name, statistic, dimensions)]
            for dimensions in subject.series
            for name, statistic in counts
        ]

    def latency(name: str | None, statistic: str) -> float | None:
        if name is None:
            return None
        metric = Metric(figures.namespace, name, statistic, subject.series[0])
        value = said.get(metric, Series()).only()
        return None if value is None else round(value * figures.unit_ms, 3)

    counted = of(figures.requests)
    requests = _sum(counted)
    if requests is None:
        return Uncounted(subject.uid, _not_whole(counted))
    if not figures.silence_is_none and all(each.silent for each in counted):
        return Uncounted(subject.uid, _silent(figures.namespace))
    traffic = Traffic(
        window_s=window.length_s,
        until=window.until,
        requests=requests,
        errors_4xx=_sum(of([(name, "Sum") for name in figures.errors_4xx])),
        errors_5xx=_sum(of([(name, "Sum") for name in figures.errors_5xx])),
        p50_ms=latency(figures.latency, MEDIAN),
        p95_ms=latency(figures.latency, "p95"),
        p99_ms=latency(figures.latency, "p99"),
        integration_p50_ms=latency(figures.integration, MEDIAN),
        source=SOURCE,
    )
    return Counted(subject.uid, traffic)


def uncountable(item: Deployment, words: str, kind: str = ErrorKind.UNSUPPORTED) -> Uncounted:
    """Return that a deployment cannot be counted, and why."""
    return Uncounted(item.uid, ErrorRecord(kind=kind, message=words))


def id_of(item: Deployment) -> str:
    """Return what its service calls an API, without whatever kind of thing stands before it."""
    return item.native_api_id.rpartition(":")[2].rpartition("/")[2]


def _of_others(deployments: Iterable[Deployment], account: str) -> Iterator[Uncounted]:
    """Yield what others share with an account: its figures are theirs."""
    for item in deployments:
        if item.account != account:
            yield uncountable(item, f"its figures are in the account that owns it, {item.account}")


def _sum(series: Sequence[Series]) -> int | None:
    """Return the sum of some metrics, `None` where one of them is not whole."""
    totals = [each.total() for each in series]
    known = [total for total in totals if total is not None]
    return sum(known) if len(known) == len(totals) else None


def _not_whole(series: Sequence[Series]) -> ErrorRecord:
    said = next(each.status for each in series if not each.whole)
    if said == FORBIDDEN:
        needs = f"needs {PERMISSION.action}"
        return ErrorRecord(ErrorKind.ACCESS_DENIED, needs, PERMISSION.action, operation=GET)
    words = f"CloudWatch did not give the whole of it ({said or 'no word of it'})"
    return ErrorRecord(ErrorKind.UNREACHABLE, words, operation=GET)


def _silent(namespace: str) -> ErrorRecord:
    words = f"{namespace} reported nothing of it: nobody called it, or it is not counted"
    return ErrorRecord(ErrorKind.UNSUPPORTED, words, operation=GET)
