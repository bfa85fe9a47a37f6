"""What callers ask of a deployment, and the figures that CloudWatch makes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

#: Of each kind of API the names of the same figures.
NAMES = {
    "REST": {
        "requests": "Count",
        "4xx": "4XXError",
        "5xx": "5XXError",
        "latency": "Latency",
        "integration": "IntegrationLatency",
    },
    "HTTP": {
        "requests": "Count",
        "4xx": "4xx",
        "5xx": "5xx",
        "latency": "Latency",
        "integration": "IntegrationLatency",
    },
    "WEBSOCKET": {
        "connects": "ConnectCount",
        "requests": "MessageCount",
        "4xx": "ClientError",
        "5xx": "ExecutionError",
        "latency": "IntegrationLatency",
    },
    "APPSYNC": {"4xx": "4XXError", "5xx": "5XXError", "latency": "Latency"},
    "FUNCTION_URL": {
        "requests": "UrlRequestCount",
        "4xx": "Url4xxCount",
        "5xx": "Url5xxCount",
        "latency": "UrlRequestLatency",
    },
    "TARGET_GROUP": {
        "requests": "RequestCount",
        "4xx": "HTTPCode_Target_4XX_Count",
        "5xx": "HTTPCode_Target_5XX_Count",
        "latency": "TargetResponseTime",
    },
    "LATTICE": {
        "requests": "TotalRequestCount",
        "4xx": "HTTPCode_4XX_Count",
        "5xx": "HTTPCode_5XX_Count",
        "latency": "RequestTime",
    },
    "APP_RUNNER": {
        "requests": "Requests",
        "4xx": "4xxStatusResponses",
        "5xx": "5xxStatusResponses",
        "latency": "RequestLatency",
    },
    "AGENTCORE": {
        "requests": "Invocations",
        "4xx": "UserErrors",
        "5xx": "SystemErrors",
        "latency": "Latency",
        "integration": "TargetExecutionTime",
    },
}

SILENT = frozenset({"WEBSOCKET", "TARGET_GROUP", "LATTICE", "APP_RUNNER", "AGENTCORE"})
"""Kinds that report no error as nothing at all; the others send a zero with every request."""

SECONDS = frozenset({"TARGET_GROUP"})
"""Kinds whose latency is in seconds; that of the others is in milliseconds."""

_BEHIND = 0.75
"""Share of a usual answer's time that what is behind the gateway takes."""

_CONNECT_EACH = 20
"""Messages of a connection."""


class Load(msgspec.Struct, frozen=True, gc=False):
    """Requests of a deployment, steady over time.

    Args:
        per_min: Requests a minute.
        share_4xx, share_5xx: Of them, answered so.
        latency_ms: Median.
    """

    per_min: float
    share_4xx: float = 0.0
    share_5xx: float = 0.0
    latency_ms: float = 80.0


class Tally(msgspec.Struct, frozen=True, gc=False):
    """What came in one period."""

    requests: int
    errors_4xx: int
    errors_5xx: int
    latency_ms: float


def tally(loads: Iterable[Load], minutes: float) -> Tally:
    """Count what some loads amount to together: they share a series where they share a name."""
    counted = [(load, round(load.per_min * minutes)) for load in loads]
    total = sum(requests for _, requests in counted)
    slow = sum(load.latency_ms * requests for load, requests in counted)
    return Tally(
        total,
        sum(round(requests * load.share_4xx) for load, requests in counted),
        sum(round(requests * load.share_5xx) for load, requests in counted),
        slow / total if total else 0.0,
    )


def statistic(kind: str, metric: str, name: str, found: Tally) -> float | None:
    """Give a statistic of a metric; None where there is no datapoint, as without any request.

    Kinds that are not `SILENT` send a zero for every request without an error.
    """
    figure = {metric: figure for figure, metric in NAMES[kind].items()}.get(metric)
    if figure is None or not found.requests:
        return None
    if figure in {"latency", "integration"}:
        scale = (0.001 if kind in SECONDS else 1.0) * (_BEHIND if figure == "integration" else 1.0)
        return _latency(name, found, scale)
    count = _COUNTS[figure](found)
    if kind in SILENT and not count:
        return None
    samples = count if kind in SILENT or figure == "requests" else found.requests
    return {"Sum": float(count), "SampleCount": float(samples), "Average": count / samples}.get(
        name
    )


def _latency(name: str, found: Tally, scale: float) -> float | None:
    """Give the average, or a percentile: the slowest twentieth takes some three times the median."""
    if name == "SampleCount":
        return float(found.requests)
    if name == "Average":
        return found.latency_ms * scale
    if name.startswith("p"):
        return round(found.latency_ms * 2 ** ((float(name[1:]) - 50) / 30), 1) * scale
    return None


_COUNTS: dict[str, Callable[[Tally], int]] = {
    "requests": lambda found: found.requests,
    "connects": lambda found: found.requests // _CONNECT_EACH,
    "4xx": lambda found: found.errors_4xx,
    "5xx": lambda found: found.errors_5xx,
}
