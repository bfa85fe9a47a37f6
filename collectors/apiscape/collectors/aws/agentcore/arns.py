"""From ARNs of AgentCore to the ids of deployments, wherever they are."""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws.names import Place
from apiscape.model.identity import aws_native_id, deployment_uid, staged
from apiscape.model.surroundings import Whereabouts

WORD = "bedrock-agentcore"
GATEWAY, RUNTIME = "aws.agentcore.gateway", "aws.agentcore.runtime"
"""The products whose deployments have such ARNs."""
DEFAULT = "DEFAULT"
_PARTS = 6


class Arn(msgspec.Struct, frozen=True, gc=False):
    """An ARN in its parts."""

    partition: str
    service: str
    region: str
    account: str
    resource: str


def read_arn(arn: str) -> Arn | None:
    """Return the parts of an ARN, or `None` where it is none."""
    parts = arn.split(":", _PARTS - 1)
    if len(parts) < _PARTS or parts[0] != "arn" or not all((parts[1], parts[2], parts[5])):
        return None
    return Arn(*parts[1:])


def deployment_of(arn: str, qualifier: str | None = None) -> str | None:
    """Return the uid of the deployment that an ARN is of (see `whereabouts_of`)."""
    found = whereabouts_of(arn, qualifier)
    return None if found is None else deployment_uid(found.native_id)


def whereabouts_of(arn: str, qualifier: str | None = None) -> Whereabouts | None:
    """Return which deployment an ARN is of, and where it would be: a gateway, or an endpoint of a runtime.

    Args:
        arn: Of a gateway or of a runtime.
        qualifier: The endpoint of a runtime; left out, the one that every runtime has.
    """
    found = read_arn(arn)
    if found is None or found.service != WORD:
        return None
    kind, _, rest = found.resource.partition("/")
    name, _, below = rest.partition("/")
    if not name or kind not in {"gateway", "runtime"}:
        return None
    api = aws_native_id(found.partition, found.account, found.region, WORD, f"{kind}/{name}")
    if kind == "gateway":
        return Whereabouts(api, GATEWAY, found.account, found.region)
    endpoint = below.removeprefix("runtime-endpoint/") or qualifier or DEFAULT
    return Whereabouts(staged(api, endpoint), RUNTIME, found.account, found.region)


def arn_of(place: Place, resource: str) -> str:
    """Return the ARN of a gateway or runtime in a place."""
    return f"arn:{place.partition}:{WORD}:{place.region}:{place.account}:{resource}"
