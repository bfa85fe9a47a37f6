"""Normalise a gateway of AgentCore: pure, from what `ListGateways`, `GetGateway` and its targets say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from apiscape.collectors.aws.agentcore.arns import GATEWAY, WORD
from apiscape.collectors.aws.agentcore.asking import read_gateway_security
from apiscape.collectors.aws.agentcore.targets import Target, read_backend, read_operations, untold
from apiscape.collectors.aws.framing import Subject, frame
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import Item, is_set, moment, part, text, texts
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import switch
from apiscape.collectors.specs import clean_address
from apiscape.model.deployment import Deployment, Endpoint, Operation, Protections, Spec
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN, Unknown
from apiscape.model.vocabulary import Exposure, Status, Style, Switch

KIND = GATEWAY
READY, TARGETS_READY = "condition.Ready", "condition.TargetsReady"
AUTHORIZER, EXCEPTIONS = "agentcore.authorizer", "agentcore.exception_level"
POLICY_MODE, FAILURE_MODE = "agentcore.policy_engine_mode", "agentcore.waf_failure_mode"

_OPEN = "gateways answer at a public address of the service"
_STATUSES: dict[str, tuple[str, bool | None]] = {
    "READY": (Status.ACTIVE, True),
    "UPDATING": (Status.ACTIVE, None),
    "UPDATE_UNSUCCESSFUL": (Status.ACTIVE, True),
    "CREATING": (Status.INACTIVE, None),
    "DELETING": (Status.INACTIVE, None),
    "FAILED": (Status.FAILED, False),
}
_BROKEN = frozenset({"FAILED", "UPDATE_UNSUCCESSFUL", "SYNCHRONIZE_UNSUCCESSFUL"})


class FoundGateway(msgspec.Struct, frozen=True, gc=False):
    """All that is said of one gateway.

    Attributes:
        listed: Item of `ListGateways`.
        described: Answer of `GetGateway`; `None` where nobody could look.
        targets: Its targets; `None` where one or all of them could not be seen.
        listed_targets: Items of `ListGatewayTargets`.
        tags: Native tags.
    """

    listed: Item
    described: Item | None = None
    targets: tuple[Target, ...] | None = None
    listed_targets: tuple[Item, ...] | None = None
    tags: dict[str, str] | Unknown = UNKNOWN

    @property
    def subject(self) -> Subject:
        """What the gateway is, in words of identity."""
        key = text(self.listed, "gatewayId") or ""
        return Subject(
            kind=KIND,
            word=WORD,
            resource=f"gateway/{key}",
            name=text(self.listed, "name") or key,
            gateway="AgentCore",
            tags=self.tags,
        )


def normalise(found: FoundGateway, place: Place, keys: TagSettings) -> Deployment:
    """Return the deployment that a gateway is.

    Args:
        found: All that is said of it.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    listed, described, targets = found.listed, found.described, found.targets
    status, reason = _status(listed, described)
    protocol = text(listed, "protocolType")
    unsaid = Style.UNKNOWN if is_set(listed, "protocolType") is None else Style.MCP
    return msgspec.structs.replace(
        frame(found.subject, place, keys),
        description=text(listed, "description"),
        style=protocol.casefold() if protocol else unsaid,
        status=status,
        status_reason=reason,
        endpoints=_endpoints(described, status),
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        operations=UNKNOWN
        if targets is None or any(map(untold, targets))
        else _operations(found, targets),
        backends=UNKNOWN if targets is None else tuple(read_backend(each) for each in targets),
        specs=UNKNOWN if targets is None else _specs(targets),
        protections=Protections(
            waf=switch(_guarded(described)),
            mtls=Switch.DISABLED,
        ),
        created_at=moment(listed, "createdAt") or UNKNOWN,
        updated_at=moment(listed, "updatedAt") or UNKNOWN,
    )


def _specs(targets: Iterable[Target]) -> tuple[Spec, ...]:
    """Return the contracts of a gateway's tools: that of each target which holds one."""
    said = ((each.name, each.described.spec) for each in targets)
    return tuple(spec for _, spec in sorted(said, key=lambda pair: pair[0]) if spec is not None)


def read_signals(found: FoundGateway, uid: str, now: datetime) -> Iterator[Signal]:
    """Yield how a gateway and its targets stand, and what of its settings somebody may want to know."""
    _, ready = _STATUSES.get(text(found.listed, "status") or "", (Status.UNKNOWN, None))
    described = found.described or {}
    said: dict[str, str | bool | None] = {
        AUTHORIZER: text(found.listed, "authorizerType"),
        EXCEPTIONS: text(described, "exceptionLevel"),
        POLICY_MODE: text(part(described, "policyEngineConfiguration"), "mode"),
        FAILURE_MODE: text(part(described, "wafConfiguration"), "failureMode"),
    }
    yield Signal(subject_uid=uid, name=READY, value=ready, observed_at=now, source=KIND)
    if found.listed_targets:
        words = [text(each, "status") or "" for each in found.listed_targets]
        broken = sorted({word for word in words if word in _BROKEN})
        holds = False if broken else True if set(words) == {"READY"} else None
        yield Signal(
            subject_uid=uid,
            name=TARGETS_READY,
            value=holds,
            observed_at=now,
            source=KIND,
            reason=", ".join(broken) or None,
        )
    for name, value in said.items():
        if value is not None:
            yield Signal(subject_uid=uid, name=name, value=value, observed_at=now, source=KIND)


def _operations(found: FoundGateway, targets: tuple[Target, ...]) -> tuple[Operation, ...]:
    configuration = part(found.described or {}, "authorizerConfiguration")
    security = read_gateway_security(text(found.listed, "authorizerType"), configuration)
    tools = [tool for each in targets for tool in read_operations(each, security)]
    return tuple(sorted(tools, key=lambda one: one.template))


def _status(listed: Item, described: Item | None) -> tuple[str, str | None]:
    word = text(listed, "status") or ""
    status, _ = _STATUSES.get(word, (Status.UNKNOWN, None))
    if word == "READY":
        return status, None
    reasons = "; ".join(texts(described or {}, "statusReasons"))
    return status, ": ".join(filter(None, (word or "no status is given", reasons)))


def _guarded(described: Item | None) -> bool | None:
    """Say whether a firewall stands before a gateway; `None` where that was not seen, or makes no sense."""
    return None if described is None else is_set(described, "webAclArn")


def _endpoints(described: Item | None, status: str) -> tuple[Endpoint, ...] | Unknown:
    url = text(described or {}, "gatewayUrl")
    if url is None:
        return UNKNOWN
    serving = {Status.ACTIVE: True, Status.INACTIVE: False}
    return (
        Endpoint(
            url=clean_address(url).rstrip("/"),
            exposure=Exposure.INTERNET,
            evidence=_OPEN,
            generated_host=True,
            enabled=serving.get(Status(status), UNKNOWN),
            mtls=Switch.DISABLED,
        ),
    )
