"""Traffic of API Gateway's stages, from the figures that it gives to CloudWatch.

Every product has its own names for the same figures. HTTP and WebSocket APIs are told apart by id;
REST APIs by *name*, so that two of one name in an account's region share their figures, and nobody
can say which had how much: both are then uncounted, and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.cloudwatch import (
    FORBIDDEN,
    GET,
    MOST_METRICS,
    PERMISSION,
    Dimensions,
    Metric,
    Series,
    Window,
    ask,
    newest_window,
)
from apiscape.collectors.aws.picking import text
from apiscape.collectors.contract import Visit
from apiscape.collectors.measuring import Counted, Counting, Price, Uncounted
from apiscape.collectors.trying import Tried, attempt
from apiscape.model.deployment import Deployment, Traffic
from apiscape.model.identity import NO_STAGE
from apiscape.model.run import ErrorRecord
from apiscape.model.vocabulary import ErrorKind

SOURCE = "cloudwatch"
LIST_REST_APIS = "apigateway:GetRestApis"
LONGEST_NAME = 1024
"""Characters of a dimension's value."""

TRIED_S = 60


class Figures(msgspec.Struct, frozen=True, gc=False):
    """What a product calls the figures of a stage; several are added up.

    Attributes:
        requests: Metrics that count requests, each with its statistic.
        errors_4xx, errors_5xx: Metrics that sum errors.
        latency: Metric whose 95th percentile is taken, in milliseconds.
    """

    requests: tuple[tuple[str, str], ...]
    errors_4xx: tuple[str, ...]
    errors_5xx: tuple[str, ...]
    latency: str

    @property
    def asked(self) -> tuple[tuple[str, str], ...]:
        """Every metric with its statistic: requests, 4xx, 5xx, latency."""
        errors = (*self.errors_4xx, *self.errors_5xx)
        return (*self.requests, *((name, "Sum") for name in errors), (self.latency, "p95"))

    @property
    def price(self) -> Price:
        """What a stage costs at each measuring."""
        return Price(
            service="CloudWatch",
            metrics=len(self.asked),
            usd_per_1000=0.01,
            source="https://aws.amazon.com/cloudwatch/pricing/",
        )


REST_FIGURES = Figures((("Count", "SampleCount"),), ("4XXError",), ("5XXError",), "Latency")
HTTP_FIGURES = Figures((("Count", "SampleCount"),), ("4xx",), ("5xx",), "Latency")
WEBSOCKET_FIGURES = Figures(
    requests=(("ConnectCount", "Sum"), ("MessageCount", "Sum")),
    errors_4xx=("ClientError",),
    errors_5xx=("ExecutionError", "IntegrationError"),
    latency="IntegrationLatency",
)


class Subject(msgspec.Struct, frozen=True, gc=False):
    """A stage that is counted, and what its metrics are told apart by."""

    uid: str
    dimensions: Dimensions


Found = Iterable[Subject | Uncounted]


def measure(
    visit: Visit,
    deployments: Sequence[Deployment],
    window_s: int,
    figures: Figures,
    tell_apart: Callable[[Sequence[Deployment]], Found],
) -> Iterator[Counting]:
    """Yield what was counted of the stages of an account's region.

    Args:
        visit: Lends session, clock and threads.
        deployments: Stages, and APIs without one: those are not spoken of.
        window_s: Over how long.
        figures: What the product calls its figures.
        tell_apart: Says what each deployed stage is counted by, or why it cannot be.

    Raises:
        CollectorError: a call failed.
    """
    calls = visit.session.calls((PERMISSION,))
    deployed = [item for item in deployments if item.stage not in {None, NO_STAGE}]
    subjects: list[Subject] = []
    for found in tell_apart(deployed) if deployed else ():
        if isinstance(found, Uncounted):
            yield found
        else:
            subjects.append(found)
    window = newest_window(visit.now(), window_s)
    size = MOST_METRICS // len(figures.asked)
    batches = [subjects[at : at + size] for at in range(0, len(subjects), size)]
    for counted in visit.concurrently(lambda batch: count(calls, batch, figures, window), batches):
        yield from counted


def try_metric(visit: Visit) -> Iterator[Tried]:
    """Yield what came of asking for one metric of a stage that nobody has."""
    calls = visit.session.calls((PERMISSION,))
    now = visit.now()
    window = Window(until=now.replace(second=0, microsecond=0), length_s=TRIED_S)
    metric = Metric("Count", "Sum", (("ApiId", "apiscape"), ("Stage", "tried")))
    yield attempt(PERMISSION, GET, lambda: ask(calls, (metric,), window))


def count(
    calls: Calls, subjects: Sequence[Subject], figures: Figures, window: Window
) -> list[Counting]:
    """Return what was counted of some stages, by one call.

    Raises:
        CollectorError: the call failed.
    """
    asked = figures.asked
    metrics = [
        Metric(name, statistic, subject.dimensions)
        for subject in subjects
        for name, statistic in asked
    ]
    series = ask(calls, metrics, window)
    width = len(asked)
    return [
        read(subject.uid, series[at * width : (at + 1) * width], figures, window)
        for at, subject in enumerate(subjects)
    ]


def read(uid: str, series: Sequence[Series], figures: Figures, window: Window) -> Counting:
    """Return what the figures of a stage say, given in the order of `Figures.asked`. Pure."""
    many, few = len(figures.requests), len(figures.errors_4xx)
    requests = _sum(series[:many])
    if requests is None:
        return Uncounted(uid, _not_whole(series[:many]))
    return Counted(
        uid,
        Traffic(
            window_s=window.length_s,
            until=window.until,
            requests=requests,
            errors_4xx=_sum(series[many : many + few]),
            errors_5xx=_sum(series[many + few : -1]),
            p95_ms=series[-1].only(),
            source=SOURCE,
        ),
    )


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


# ── What stages are told apart by ────────────────────────────────────────────


def by_id(deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield the stages of HTTP or WebSocket APIs, told apart by the API's id."""
    for item in deployments:
        yield Subject(item.uid, (("ApiId", api_id_of(item)), ("Stage", str(item.stage))))


def by_name(calls: Calls, deployments: Sequence[Deployment]) -> Iterator[Subject | Uncounted]:
    """Yield the stages of REST APIs, told apart by the API's name as it is now.

    All APIs of the region are listed for it: one that a source leaves out can have the name too.

    Raises:
        CollectorError: the names could not be listed.
    """
    names = {
        text(api, "id") or "": metric_name(text(api, "name") or "", text(api, "id") or "")
        for api in calls.everything(LIST_REST_APIS)
    }
    sharing = Counter(names.values())
    for item in deployments:
        name = names.get(api_id_of(item))
        if name is None:
            yield Uncounted(item.uid, _said(ErrorKind.GONE, "its API is no longer listed"))
        elif sharing[name] > 1:
            yield Uncounted(item.uid, _said(ErrorKind.UNSUPPORTED, _ambiguous(sharing[name], name)))
        elif len(name) > LONGEST_NAME or not name.isprintable():
            words = "no metric can have the name of its API"
            yield Uncounted(item.uid, _said(ErrorKind.UNSUPPORTED, words))
        else:
            yield Subject(item.uid, (("ApiName", name), ("Stage", str(item.stage))))


def metric_name(name: str, api_id: str) -> str:
    """Return what CloudWatch calls a REST API: its name without what is not ASCII, else its id."""
    kept = "".join(letter for letter in name if letter.isascii())
    return kept if kept.strip() else api_id


def api_id_of(item: Deployment) -> str:
    """Return the id that API Gateway gave an API."""
    return item.native_api_id.rpartition(":")[2]


def _ambiguous(apis: int, name: str) -> str:
    return f"CloudWatch counts REST APIs by name, and {apis} of the region are called {name!r}"


def _said(kind: str, message: str) -> ErrorRecord:
    return ErrorRecord(kind=kind, message=message)
