"""CloudWatch: `GetMetricData` over the loads of a region, with its limits and its pages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec

from apiscape.demo.aws.answers.context import Context, Handler, Output, Params
from apiscape.demo.aws.answers.measured import find_loads
from apiscape.demo.aws.estate.load import statistic, tally
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.refusals import Refusal

MOST_QUERIES = 500
MOST_DATAPOINTS = 100_800

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_STATISTIC = re.compile(r"Sum|SampleCount|Average|p\d{1,2}(\.\d+)?")
_MINUTE_S = 60


class _Points(msgspec.Struct, gc=False):
    """The datapoints of one query: seconds and values."""

    id: str
    label: str
    points: list[tuple[int, float]]
    trouble: str | None = None


def get_metric_data(context: Context, params: Params) -> Output:
    """Give datapoints; more than fit an answer come on further pages, as `PartialData` until then."""
    queries = params["MetricDataQueries"]
    start_s, end_s = params["StartTime"].timestamp(), params["EndTime"].timestamp()
    _check(queries, start_s, end_s)
    newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    found = [_points(context.region, query, start_s, end_s) for query in queries]
    if newest_first:
        for each in found:
            each.points.reverse()
    most = min(params.get("MaxDatapoints", MOST_DATAPOINTS), context.region.metric_page)
    return _page(found, _offset(params.get("NextToken")), most)


def _check(queries: list[Any], start_s: float, end_s: float) -> None:
    ids = [query["Id"] for query in queries]
    if len(ids) > MOST_QUERIES:
        raise _invalid("The collection MetricDataQueries must not have a size greater than 500.")
    if len(set(ids)) < len(ids):
        raise _invalid("The values for parameter id in MetricDataQueries are not unique.")
    if any(_ID.fullmatch(each) is None for each in ids):
        raise _invalid("The parameter MetricDataQueries.member.Id does not match the pattern.")
    if start_s >= end_s:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    for query in queries:
        if "MetricStat" not in query:
            raise _invalid("This emulated CloudWatch knows no expressions.")
        asked = query["MetricStat"]
        if asked["Period"] % _MINUTE_S or asked["Period"] <= 0:
            raise _invalid("The parameter Period must be a multiple of 60.")
        if _STATISTIC.fullmatch(asked["Stat"]) is None:
            raise _invalid("The parameter MetricStat.Stat is not a statistic.")


def _points(region: Region, query: Any, start_s: float, end_s: float) -> _Points:  # noqa: ANN401 - the SDK's own
    asked = query["MetricStat"]
    metric, period_s = asked["Metric"], asked["Period"]
    name = metric["MetricName"]
    trouble = region.metric_troubles.get(name)
    if trouble is not None:
        return _Points(query["Id"], name, [], trouble)
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions", ())}
    kind, loads = find_loads(region, metric["Namespace"], dimensions)
    value = statistic(kind, name, asked["Stat"], tally(loads, period_s / _MINUTE_S))
    first = -(-int(start_s) // period_s) * period_s
    whole = range(first, int(end_s), period_s) if value is not None else range(0)
    return _Points(query["Id"], name, [(second, value or 0.0) for second in whole])


def _page(found: list[_Points], offset: int, most: int) -> Output:
    """Cut a page out of all datapoints, laid end to end in the order of the queries."""
    results: list[dict[str, Any]] = []
    at, end = 0, offset + most
    for each in found:
        size = len(each.points)
        here = each.points[max(0, offset - at) : max(0, end - at)]
        if here or (not size and offset <= at < end):
            more = at + size > end
            results.append(
                {
                    "Id": each.id,
                    "Label": each.label,
                    "Timestamps": [datetime.fromtimestamp(second, UTC) for second, _ in here],
                    "Values": [value for _, value in here],
                    "StatusCode": each.trouble or ("PartialData" if more else "Complete"),
                }
            )
        at += size
    output: Output = {"MetricDataResults": results, "Messages": []}
    return output | {"NextToken": f"from:{end}"} if at > end else output


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    kind, _, number = token.partition(":")
    if kind != "from" or not number.isdecimal():
        raise Refusal("InvalidNextToken", "The next token specified is invalid.")
    return int(number)


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationError", message)


HANDLERS: dict[str, Handler] = {"cloudwatch:GetMetricData": get_metric_data}
