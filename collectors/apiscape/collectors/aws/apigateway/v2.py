"""Normalise an HTTP or WebSocket API (v2): pure, from what `GetApis` and `GetStages` say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from apiscape.collectors.aws.apigateway.limits import limit, route_settings
from apiscape.collectors.aws.apigateway.stages import SECOND, Stage, frame
from apiscape.collectors.aws.names import Place, staged_url
from apiscape.collectors.aws.picking import Item, flag, is_set, text
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import Detail, Surface, switch
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Exposure, Status, Style, Switch, TlsMode

HTTP = "HTTP"
WEBSOCKET = "WEBSOCKET"
HTTP_KIND = "aws.apigateway.http"
WEBSOCKET_KIND = "aws.apigateway.websocket"

LAST_DEPLOYMENT = "condition.LastDeploymentSucceeded"

_STYLES = {HTTP: Style.HTTP, WEBSOCKET: Style.WEBSOCKET}
_SCHEMES = {WEBSOCKET: "wss"}
_OPEN = "HTTP and WebSocket APIs answer on the internet: they have no private endpoint type"


def protocol(api: Item) -> str:
    """Return an API's protocol; what has none, or one of a later year, is taken for an HTTP API."""
    return text(api, "ProtocolType") or HTTP


def native_token(api: Item, stage: Item | None) -> str | None:
    """Return what changes with every deployment to a stage."""
    return Stage(api, stage, SECOND).token()


def normalise(
    api: Item, stage: Item | None, detail: Detail, place: Place, keys: TagSettings
) -> Deployment:
    """Return the deployment of one stage, or of an API that has none.

    Args:
        api: Item of `GetApis`.
        stage: Item of `GetStages`, or `None` for an API without a stage.
        detail: What export or routes taught.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    spoken = protocol(api)
    kind = WEBSOCKET_KIND if spoken == WEBSOCKET else HTTP_KIND
    status, reason = _status(stage)
    detail = limit(detail, None if stage is None else route_settings(stage))
    return msgspec.structs.replace(
        frame(Stage(api, stage, SECOND), kind, detail, place, keys),
        style=_STYLES.get(spoken, spoken.casefold()),
        status=status,
        status_reason=reason,
        endpoints=_endpoints(api, stage, place),
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        protections=_protections(api, stage, detail.surface),
        consumers=UNKNOWN if spoken == WEBSOCKET else None,
    )


def _status(stage: Item | None) -> tuple[str, str | None]:
    if stage is None:
        return Status.INACTIVE, "not deployed: no stage"
    message = text(stage, "LastDeploymentStatusMessage")
    deployed = is_set(stage, "DeploymentId")
    if deployed is None:
        return Status.UNKNOWN, "the stage's deployment cannot be read"
    if not deployed:
        return Status.INACTIVE, message or "the stage has no deployment"
    return Status.ACTIVE, _failure(stage)


def _failure(stage: Item) -> str | None:
    """Return how the last automatic deployment failed, if it did: AWS also writes that it succeeded."""
    message = text(stage, "LastDeploymentStatusMessage")
    failed = message is not None and not message.casefold().startswith("successfully")
    return message if failed and flag(stage, "AutoDeploy") else None


def read_last_deployment(stage: Item | None, made: Deployment, now: datetime) -> Iterator[Signal]:
    """Yield that the last automatic deployment of a stage failed: what it served before, it goes on serving."""
    failure = None if stage is None else _failure(stage)
    if failure is not None and made.status == Status.ACTIVE:
        yield Signal(
            subject_uid=made.uid,
            name=LAST_DEPLOYMENT,
            value=False,
            observed_at=now,
            source=made.native_kind,
            reason=failure,
        )


def _endpoints(api: Item, stage: Item | None, place: Place) -> tuple[Endpoint, ...]:
    """Return the generated address of a stage; the default stage answers at the root."""
    if stage is None:
        return ()
    scheme = _SCHEMES.get(protocol(api), "https")
    host = place.execute_host(text(api, "ApiId") or "")
    off = flag(api, "DisableExecuteApiEndpoint")
    return (
        Endpoint(
            url=staged_url(f"{scheme}://{host}", text(stage, "StageName")),
            exposure=Exposure.INTERNET,
            evidence=_OPEN,
            generated_host=True,
            enabled=UNKNOWN if off is None else not off,
            mtls=Switch.DISABLED,
            tls_mode=TlsMode.TERMINATE,
        ),
    )


def _protections(api: Item, stage: Item | None, surface: Surface) -> Protections:
    """Return the protections of a stage: neither product offers firewall and tracing, nor HTTP APIs validation."""
    logs = is_set(stage, "AccessLogSettings", "DestinationArn")
    return Protections(
        rate_limit=surface.rate_limit,
        waf=Switch.DISABLED,
        request_validation=surface.validation if protocol(api) == WEBSOCKET else Switch.DISABLED,
        cors=switch(is_set(api, "CorsConfiguration", kind=Mapping)),
        access_log=switch(logs) if stage else Switch.UNKNOWN,
        tracing=Switch.DISABLED,
        mtls=Switch.DISABLED,
    )
