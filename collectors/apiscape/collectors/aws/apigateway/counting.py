"""What API Gateway calls the figures of its stages, and what they are told apart by.

HTTP and WebSocket APIs are told apart by id; REST APIs by *name*, so that two of one name in an
account's region share their figures, and nobody can say which had how much: both are then
uncounted, and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.picking import text
from apiscape.collectors.aws.traffic import Figures, Subject, id_of, uncountable
from apiscape.collectors.measuring import Uncounted
from apiscape.model.deployment import Deployment
from apiscape.model.vocabulary import ErrorKind

LIST_REST_APIS = "apigateway:GetRestApis"
LONGEST_NAME = 1024
"""Characters of a dimension's value."""

NAMESPACE = "AWS/ApiGateway"

REST_FIGURES = Figures(
    namespace=NAMESPACE,
    requests=(("Count", "SampleCount"),),
    errors_4xx=("4XXError",),
    errors_5xx=("5XXError",),
    latency="Latency",
    integration="IntegrationLatency",
)
HTTP_FIGURES = Figures(
    namespace=NAMESPACE,
    requests=(("Count", "SampleCount"),),
    errors_4xx=("4xx",),
    errors_5xx=("5xx",),
    latency="Latency",
    integration="IntegrationLatency",
)
WEBSOCKET_FIGURES = Figures(
    namespace=NAMESPACE,
    requests=(("ConnectCount", "Sum"), ("MessageCount", "Sum")),
    errors_4xx=("ClientError",),
    errors_5xx=("ExecutionError", "IntegrationError"),
    latency="IntegrationLatency",
)


def by_id(deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield the stages of HTTP or WebSocket APIs, told apart by the API's id."""
    for item in deployments:
        yield Subject(item.uid, ((("ApiId", id_of(item)), ("Stage", str(item.stage))),))


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
        name = names.get(id_of(item))
        if name is None:
            yield uncountable(item, "its API is no longer listed", ErrorKind.GONE)
        elif sharing[name] > 1:
            yield uncountable(item, _ambiguous(sharing[name], name))
        elif len(name) > LONGEST_NAME or not name.isprintable():
            yield uncountable(item, "no metric can have the name of its API")
        else:
            yield Subject(item.uid, ((("ApiName", name), ("Stage", str(item.stage))),))


def metric_name(name: str, api_id: str) -> str:
    """Return what CloudWatch calls a REST API: its name without what is not ASCII, else its id."""
    kept = "".join(letter for letter in name if letter.isascii())
    return kept if kept.strip() else api_id


def _ambiguous(apis: int, name: str) -> str:
    return f"CloudWatch counts REST APIs by name, and {apis} of the region are called {name!r}"
