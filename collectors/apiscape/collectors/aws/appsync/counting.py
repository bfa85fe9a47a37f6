"""What AppSync calls the figures of its APIs, and what they are told apart by.

Its metric `Requests` counts all APIs of a region together, so requests are counted by how often
`Latency` was taken: once for each that is answered over HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.traffic import Figures, Subject, id_of
from apiscape.model.deployment import Deployment

FIGURES = Figures(
    namespace="AWS/AppSync",
    requests=(("Latency", "SampleCount"),),
    errors_4xx=("4XXError",),
    errors_5xx=("5XXError",),
    latency="Latency",
)
GRAPHQL, EVENT = "GraphQLAPIId", "EventAPIId"
"""Dimensions, by the kind of API."""


def by_id(dimension: str, deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield APIs, told apart by id."""
    for item in deployments:
        yield Subject(item.uid, (((dimension, id_of(item)),),))
