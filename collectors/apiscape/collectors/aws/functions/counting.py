"""What Lambda calls the figures of function URLs, and what they are told apart by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.traffic import Figures, Subject, id_of, uncountable
from apiscape.collectors.measuring import Uncounted
from apiscape.model.deployment import Deployment

FIGURES = Figures(
    namespace="AWS/Lambda",
    requests=(("UrlRequestCount", "Sum"),),
    errors_4xx=("Url4xxCount",),
    errors_5xx=("Url5xxCount",),
    latency="UrlRequestLatency",
)

_WEB = "of web functions CloudWatch is known to count answers 5xx, and not what their requests are told apart by"


def by_url(deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield function URLs: the only one of a function by the function, several by what each is of."""
    urls = Counter(id_of(item) for item in deployments)
    for item in deployments:
        name = id_of(item)
        function = ("FunctionName", name)
        if urls[name] == 1:
            yield Subject(item.uid, ((function,),))
        else:
            yield Subject(item.uid, ((function, ("Resource", f"{name}:{item.stage}")),))


def web_functions(deployments: Sequence[Deployment]) -> Iterator[Uncounted]:
    """Yield that no endpoint of a web function can be counted."""
    for item in deployments:
        yield uncountable(item, _WEB)
