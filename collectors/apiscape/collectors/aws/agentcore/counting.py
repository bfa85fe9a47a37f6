"""What AgentCore calls the figures of gateways and runtimes, and what they are told apart by.

Invocations that were throttled are among those of callers' mistakes, as 429 is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apiscape.collectors.aws.agentcore.arns import arn_of
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.traffic import Figures, Subject, id_of
from apiscape.model.deployment import Deployment

NAMESPACE = "AWS/Bedrock-AgentCore"

GATEWAY_FIGURES = Figures(
    namespace=NAMESPACE,
    requests=(("Invocations", "Sum"),),
    errors_4xx=("UserErrors", "Throttles"),
    errors_5xx=("SystemErrors",),
    latency="Latency",
    integration="TargetExecutionTime",
    silence_is_none=False,
)
RUNTIME_FIGURES = Figures(
    namespace=NAMESPACE,
    requests=(("Invocations", "Sum"),),
    errors_4xx=("UserErrors", "Throttles"),
    errors_5xx=("SystemErrors",),
    latency="Latency",
    silence_is_none=False,
)


def by_gateway(place: Place, deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield gateways, told apart by ARN and protocol."""
    for item in deployments:
        told = (
            ("Operation", "InvokeGateway"),
            ("Protocol", item.style.upper()),
            ("Resource", arn_of(place, f"gateway/{id_of(item)}")),
        )
        yield Subject(item.uid, (told,))


def by_endpoint(place: Place, deployments: Sequence[Deployment]) -> Iterator[Subject]:
    """Yield endpoints of runtimes, told apart by the runtime's ARN and both of their names."""
    for item in deployments:
        told = (
            ("Operation", "InvokeAgentRuntime"),
            ("Name", f"{item.name}::{item.stage}"),
            ("Resource", arn_of(place, f"runtime/{id_of(item)}")),
        )
        yield Subject(item.uid, (told,))
