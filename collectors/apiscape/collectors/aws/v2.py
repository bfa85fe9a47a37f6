"""Normalise an HTTP or WebSocket API (v2): pure, from what `GetApis` and `GetStages` say."""

from __future__ import annotations

from apiscape.collectors.aws.names import Place, staged_url
from apiscape.collectors.aws.picking import Item, flag, labels, moment, number, part, text
from apiscape.collectors.aws.rest import settle_version
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import Detail, switch
from apiscape.collectors.aws.tags import read_told
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.identity import NO_STAGE, deployment_uid, staged
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Exposure, Status, Style, Switch

HTTP = "HTTP"
WEBSOCKET = "WEBSOCKET"
HTTP_KIND = "aws.apigateway.http"
WEBSOCKET_KIND = "aws.apigateway.websocket"

_STYLES = {HTTP: Style.HTTP, WEBSOCKET: Style.WEBSOCKET}
_SCHEMES = {WEBSOCKET: "wss"}
_OPEN = "HTTP and WebSocket APIs answer on the internet: they have no private endpoint type"


def protocol(api: Item) -> str:
    """Return an API's protocol; what has none, or one of a later year, is taken for an HTTP API."""
    return text(api, "ProtocolType") or HTTP


def native_token(api: Item, stage: Item | None) -> str | None:
    """Return what changes with every deployment to a stage; `None` where nothing is deployed.

    An API without a stage has its age for a token: nobody can call it, so a weekly look is enough.
    """
    if stage is None:
        created = moment(api, "CreatedDate")
        return f"undeployed:{created.isoformat() if created else ''}"
    deployed = text(stage, "DeploymentId")
    if deployed is None:
        return None
    changed = moment(stage, "LastUpdatedDate")
    return f"{deployed}:{changed.isoformat() if changed else ''}"


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
    api_id = text(api, "ApiId") or ""
    stage_name = text(stage, "StageName") or NO_STAGE
    native_api_id = place.native_id(api_id)
    native_id = staged(native_api_id, stage_name)
    tags = {**labels(api, "Tags"), **labels(stage, "Tags")}
    told = read_told(
        tags, keys, stage=None if stage is None else stage_name, account_title=place.title
    )
    spoken = protocol(api)
    kind = WEBSOCKET_KIND if spoken == WEBSOCKET else HTTP_KIND
    status, reason = _status(stage)
    version, provenance = settle_version(text(api, "Version"), told.version, told.provenance)
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=native_api_id,
        native_kind=kind,
        native_url=place.console_url(api_id),
        provider="aws",
        product=kind,
        account=place.account,
        region=place.region,
        name=text(api, "Name") or api_id,
        title=None,
        description=text(stage, "Description") or text(api, "Description"),
        style=_STYLES.get(spoken, spoken.casefold()),
        gateway=place.gateway,
        environment=told.environment,
        environment_raw=told.environment_raw,
        stage=stage_name,
        revision=text(stage, "DeploymentId"),
        version=version,
        status=status,
        status_reason=reason,
        lifecycle=told.lifecycle,
        endpoints=_endpoints(api, stage, place),
        exposure=Exposure.INTERNET,
        exposure_evidence=_OPEN,
        operations=detail.surface.operations,
        backends=detail.surface.backends,
        protections=_protections(api, stage),
        owners=told.owners,
        specs=detail.specs,
        labels=tags,
        created_at=moment(stage, "CreatedDate") or moment(api, "CreatedDate") or UNKNOWN,
        updated_at=moment(stage, "LastUpdatedDate") or UNKNOWN,
        provenance=provenance,
    )


def _status(stage: Item | None) -> tuple[str, str | None]:
    if stage is None:
        return Status.INACTIVE, "not deployed: no stage"
    message = text(stage, "LastDeploymentStatusMessage")
    if text(stage, "DeploymentId") is None:
        return Status.INACTIVE, message or "the stage has no deployment"
    return Status.ACTIVE, message if flag(stage, "AutoDeploy") and _failed(message) else None


def _failed(message: str | None) -> bool:
    """Say whether the last automatic deployment failed: AWS also writes that it succeeded."""
    return message is not None and not message.casefold().startswith("successfully")


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
        ),
    )


def _protections(api: Item, stage: Item | None) -> Protections:
    """Return the protections of a stage; firewall and tracing are not offered for these products."""
    limit = number(part(stage, "DefaultRouteSettings"), "ThrottlingRateLimit")
    logs = text(part(stage, "AccessLogSettings"), "DestinationArn") is not None
    return Protections(
        rate_limit=switch(limit is not None and limit >= 0) if stage else Switch.UNKNOWN,
        waf=Switch.DISABLED,
        request_validation=Switch.DISABLED,
        cors=switch(bool(part(api, "CorsConfiguration"))),
        access_log=switch(logs) if stage else Switch.UNKNOWN,
        tracing=Switch.DISABLED,
        mtls=Switch.DISABLED,
    )
