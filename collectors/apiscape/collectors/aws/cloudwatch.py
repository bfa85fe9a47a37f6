"""Figures of CloudWatch in bulk: one datapoint a metric over one aligned window, 500 metrics a call.

The charge is for each metric asked for, whatever comes back. A metric that had no request in the
window has no datapoint: that is none, where the answer says that it is `Complete`, and not known
where it says anything else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.picking import Item, entries, items, number, text
from apiscape.collectors.contract import Malformed, Permission, Quota

GET = "cloudwatch:GetMetricData"
MOST_METRICS = 500
"""Metrics of one call."""

MOST_PAGES = 50
"""Pages of one call's answer before it is taken to have no end: 500 datapoints need one."""

SETTLED_S = 120
"""How long after a minute its figures are taken to be all there."""

COMPLETE, FORBIDDEN = "Complete", "Forbidden"

PERMISSION = Permission(
    action=GET,
    operations=(GET,),
    reveals="traffic: requests, errors and latency of each deployment",
    optional=True,
)
QUOTA = Quota(
    family=GET,
    rate_per_s=50.0,
    burst=50,
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html",
)

Dimensions = tuple[tuple[str, str], ...]


class Metric(msgspec.Struct, frozen=True, gc=False):
    """One metric of one deployment.

    Attributes:
        namespace: Of the product (`AWS/ApiGateway`).
        statistic: `Sum`, `SampleCount` or a percentile (`p95`).
    """

    namespace: str
    name: str
    statistic: str
    dimensions: Dimensions


class Series(msgspec.Struct, frozen=True, gc=False):
    """What was answered of a metric; `status` is CloudWatch's own word."""

    values: tuple[float, ...] = ()
    status: str = ""

    @property
    def whole(self) -> bool:
        """Whether this is all there is."""
        return self.status == COMPLETE

    @property
    def silent(self) -> bool:
        """Whether nothing was reported, and that is all there is."""
        return self.whole and not self.values

    def total(self) -> int | None:
        """Return the sum: none where there is no datapoint, `None` where it is not whole."""
        return round(sum(self.values)) if self.whole else None

    def only(self) -> float | None:
        """Return the one value; percentiles of several periods cannot be put together."""
        return self.values[0] if self.whole and len(self.values) == 1 else None


class Window(msgspec.Struct, frozen=True, gc=False):
    """A span of time on CloudWatch's own grid, where one datapoint is the whole of it."""

    until: datetime
    length_s: int

    @property
    def start(self) -> datetime:
        """When it begins."""
        return self.until - timedelta(seconds=self.length_s)


def newest_window(now: datetime, length_s: int) -> Window:
    """Return the newest window of a length that is over, and whose figures are all there."""
    settled = int(now.timestamp()) - SETTLED_S
    until = datetime.fromtimestamp(settled - settled % length_s, tz=now.tzinfo)
    return Window(until=until, length_s=length_s)


def ask(calls: Calls, metrics: Sequence[Metric], window: Window) -> tuple[Series, ...]:
    """Return what CloudWatch says of some metrics, at most `MOST_METRICS` of them, in their order.

    Raises:
        Malformed: the answer has no end.
        CollectorError: a call failed.
    """
    asked: dict[str, object] = {
        "MetricDataQueries": [_query(f"m{at}", each, window) for at, each in enumerate(metrics)],
        "StartTime": window.start,
        "EndTime": window.until,
        "ScanBy": "TimestampAscending",
    }
    found: dict[str, Series] = {}
    token: str | None = None
    for _ in range(MOST_PAGES):
        more = {"NextToken": token} if token else {}
        answer = calls.call(GET, **asked, **more)
        _add(found, items(answer, "MetricDataResults"))
        token = text(answer, "NextToken")
        if token is None:
            return tuple(found.get(f"m{at}", Series()) for at in range(len(metrics)))
    raise Malformed(f"the answer to {GET} has no end", operation=GET)


def _add(found: dict[str, Series], results: Iterable[Item]) -> None:
    """Add a page's datapoints to those of the pages before; the last word on a metric stands."""
    for result in results:
        identifier = text(result, "Id") or ""
        values = [number({"value": value}, "value") for value in entries(result, "Values")]
        good = tuple(value for value in values if value is not None and value >= 0)
        status = text(result, "StatusCode") or ""
        before = found.get(identifier, Series())
        found[identifier] = Series(
            values=before.values + good,
            status=status if len(good) == len(values) else "with values that are no figures",
        )


def _query(identifier: str, metric: Metric, window: Window) -> Mapping[str, object]:
    return {
        "Id": identifier,
        "ReturnData": True,
        "MetricStat": {
            "Period": window.length_s,
            "Stat": metric.statistic,
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": [{"Name": name, "Value": value} for name, value in metric.dimensions],
            },
        },
    }
