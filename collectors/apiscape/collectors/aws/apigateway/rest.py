"""Normalise a REST API (v1): pure, from what `GetRestApis` and `GetStages` say."""

from __future__ import annotations

import msgspec

from apiscape.collectors.aws.apigateway.exposure import PRIVATE, Reached, read_exposure, read_tls
from apiscape.collectors.aws.apigateway.limits import limit, method_settings
from apiscape.collectors.aws.apigateway.stages import FIRST, Stage, frame
from apiscape.collectors.aws.names import Place, staged_url
from apiscape.collectors.aws.picking import Item, flag, is_set, part, text, texts
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import Detail, Surface, switch
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import Status, Style, Switch, TlsMode

KIND = "aws.apigateway.rest"

_FAILED = "FAILED"


def native_token(api: Item, stage: Item | None) -> str | None:
    """Return what changes with every deployment to a stage, its canary included."""
    canary = text(part(stage, "canarySettings"), "deploymentId") or ""
    return Stage(api, stage, FIRST).token(canary)


def normalise(
    api: Item, stage: Item | None, detail: Detail, place: Place, keys: TagSettings
) -> Deployment:
    """Return the deployment of one stage, or of an API that has none.

    Args:
        api: Item of `GetRestApis`.
        stage: Item of `GetStages`, or `None` for an API without a stage.
        detail: What export or resources taught.
        place: Where the answers come from.
        keys: Which tags say what.
    """
    reached = read_exposure(api)
    status, reason = _status(api, stage)
    detail = limit(detail, None if stage is None else method_settings(stage))
    return msgspec.structs.replace(
        frame(Stage(api, stage, FIRST), KIND, detail, place, keys),
        style=Style.REST,
        status=status,
        status_reason=reason,
        endpoints=_endpoints(api, stage, reached, place),
        exposure=reached.exposure,
        exposure_evidence=reached.evidence,
        protections=_protections(stage, detail.surface),
    )


def _status(api: Item, stage: Item | None) -> tuple[str, str | None]:
    word, message = text(api, "apiStatus"), text(api, "apiStatusMessage")
    if word == _FAILED:
        return Status.FAILED, message or "API Gateway could not apply the last change"
    if stage is None:
        return Status.INACTIVE, "not deployed: no stage"
    deployed = is_set(stage, "deploymentId")
    if not deployed:
        gone = (Status.INACTIVE, "the stage has no deployment")
        return (
            gone if deployed is False else (Status.UNKNOWN, "the stage's deployment cannot be read")
        )
    if word not in {None, "AVAILABLE"}:
        return Status.ACTIVE, message or f"API status {word}"
    return Status.ACTIVE, None


def _endpoints(
    api: Item, stage: Item | None, reached: Reached, place: Place
) -> tuple[Endpoint, ...]:
    """Return the generated addresses of a stage; a private API also answers per VPC endpoint."""
    if stage is None:
        return ()
    api_id = text(api, "id") or ""
    configuration = part(api, "endpointConfiguration")
    hosts = [api_id]
    if PRIVATE in texts(configuration, "types"):
        hosts += [f"{api_id}-{link}" for link in texts(configuration, "vpcEndpointIds")]
    off = flag(api, "disableExecuteApiEndpoint")
    return tuple(
        Endpoint(
            url=staged_url(f"https://{place.execute_host(host)}", text(stage, "stageName")),
            exposure=reached.exposure,
            evidence=reached.evidence,
            generated_host=True,
            enabled=UNKNOWN if off is None else not off,
            tls_min=read_tls(text(api, "securityPolicy")) or UNKNOWN,
            mtls=Switch.DISABLED,
            tls_mode=TlsMode.TERMINATE,
        )
        for host in hosts
    )


def _protections(stage: Item | None, surface: Surface) -> Protections:
    if stage is None:
        return Protections(request_validation=surface.validation, cors=surface.cors)
    return Protections(
        rate_limit=surface.rate_limit,
        waf=switch(is_set(stage, "webAclArn")),
        request_validation=surface.validation,
        cors=surface.cors,
        access_log=switch(is_set(stage, "accessLogSettings", "destinationArn")),
        tracing=switch(flag(stage, "tracingEnabled")),
        mtls=Switch.DISABLED,
    )
