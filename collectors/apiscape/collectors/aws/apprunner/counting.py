"""What App Runner calls the figures of its services, and what they are told apart by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.traffic import Figures, Subject, id_of
from apiscape.model.deployment import Deployment

FIGURES = Figures(
    namespace="AWS/AppRunner",
    requests=(("Requests", "Sum"),),
    errors_4xx=("4xxStatusResponses",),
    errors_5xx=("5xxStatusResponses",),
    latency="RequestLatency",
    silence_is_none=False,
)


def by_service(deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield services, told apart by name and id."""
    for item in deployments:
        yield Subject(item.uid, ((("ServiceName", item.name), ("ServiceID", id_of(item))),))
