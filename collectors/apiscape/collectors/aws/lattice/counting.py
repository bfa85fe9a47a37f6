"""What VPC Lattice calls the figures of its services, and what they are told apart by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.traffic import Figures, Subject, id_of
from apiscape.model.deployment import Deployment

FIGURES = Figures(
    namespace="AWS/VpcLattice",
    requests=(("TotalRequestCount", "Sum"),),
    errors_4xx=("HTTPCode_4XX_Count",),
    errors_5xx=("HTTPCode_5XX_Count",),
    latency="RequestTime",
    silence_is_none=False,
)


def by_service(deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield services, told apart by id."""
    for item in deployments:
        yield Subject(item.uid, ((("Service", id_of(item)),),))
