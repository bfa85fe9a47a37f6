"""Normalise a REST API (v1): pure, from what `GetRestApis` and `GetStages` say."""

from __future__ import annotations

from apiscape.collectors.aws.exposure import PRIVATE, Reached, read_exposure, read_tls
from apiscape.collectors.aws.names import Place, staged_url
from apiscape.collectors.aws.picking import Item, flag, labels, moment, number, part, text, texts
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import Detail, Surface, switch
from apiscape.collectors.aws.tags import read_told
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.identity import NO_STAGE, deployment_uid, staged
from apiscape.model.provenance import Claim
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import ProvenanceMethod, Status, Style, Switch

KIND = "aws.apigateway.rest"

_FAILED = "FAILED"


def native_token(api: Item, stage: Item | None) -> str | None:
    """Return what changes with every deployment to a stage; `None` where nothing is deployed.

    An API without a stage has its age for a token: nobody can call it, so a weekly look is enough.
    """
    if stage is None:
        created = moment(api, "createdDate")
        return f"undeployed:{created.isoformat() if created else ''}"
    deployed = text(stage, "deploymentId")
    if deployed is None:
        return None
    canary = text(part(stage, "canarySettings"), "deploymentId") or ""
    changed = moment(stage, "lastUpdatedDate")
    return f"{deployed}:{canary}:{changed.isoformat() if changed else ''}"


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
    api_id = text(api, "id") or ""
    stage_name = text(stage, "stageName") or NO_STAGE
    native_api_id = place.native_id(api_id)
    native_id = staged(native_api_id, stage_name)
    tags = {**labels(api, "tags"), **labels(stage, "tags")}
    told = read_told(
        tags,
        keys,
        stage=None if stage is None else stage_name,
        account_title=place.title,
    )
    reached = read_exposure(api)
    status, reason = _status(api, stage)
    version, provenance = settle_version(text(api, "version"), told.version, told.provenance)
    return Deployment(
        uid=deployment_uid(native_id),
        native_id=native_id,
        native_api_id=native_api_id,
        native_kind=KIND,
        native_url=place.console_url(api_id),
        provider="aws",
        product=KIND,
        account=place.account,
        region=place.region,
        name=text(api, "name") or api_id,
        title=None,
        description=text(stage, "description") or text(api, "description"),
        style=Style.REST,
        gateway=place.gateway,
        environment=told.environment,
        environment_raw=told.environment_raw,
        stage=stage_name,
        revision=text(stage, "deploymentId"),
        version=version,
        status=status,
        status_reason=reason,
        lifecycle=told.lifecycle,
        endpoints=_endpoints(api, stage, reached, place),
        exposure=reached.exposure,
        exposure_evidence=reached.evidence,
        operations=detail.surface.operations,
        backends=detail.surface.backends,
        protections=_protections(stage, detail.surface),
        owners=told.owners,
        specs=detail.specs,
        labels=tags,
        created_at=moment(stage, "createdDate") or moment(api, "createdDate") or UNKNOWN,
        updated_at=moment(stage, "lastUpdatedDate") or UNKNOWN,
        provenance=provenance,
    )


def settle_version(
    stated: str | None, tagged: str | None, provenance: dict[str, tuple[Claim, ...]]
) -> tuple[str | None, dict[str, tuple[Claim, ...]]]:
    """Return the version and who said it: the gateway's own field comes before a tag."""
    if stated is None or tagged is None:
        return stated or tagged, provenance
    own = Claim(stated, ProvenanceMethod.SOURCE)
    return stated, {**provenance, "version": (own, *provenance["version"])}


def _status(api: Item, stage: Item | None) -> tuple[str, str | None]:
    word, message = text(api, "apiStatus"), text(api, "apiStatusMessage")
    if word == _FAILED:
        return Status.FAILED, message or "API Gateway could not apply the last change"
    if stage is None:
        return Status.INACTIVE, "not deployed: no stage"
    if text(stage, "deploymentId") is None:
        return Status.INACTIVE, "the stage has no deployment"
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
        )
        for host in hosts
    )


def _protections(stage: Item | None, surface: Surface) -> Protections:
    if stage is None:
        return Protections(request_validation=surface.validation, cors=surface.cors)
    everywhere = part(part(stage, "methodSettings"), "*/*")
    limit = number(everywhere, "throttlingRateLimit")
    return Protections(
        rate_limit=switch(limit is not None and limit >= 0),
        waf=switch(text(stage, "webAclArn") is not None),
        request_validation=surface.validation,
        cors=surface.cors,
        access_log=switch(text(part(stage, "accessLogSettings"), "destinationArn") is not None),
        tracing=switch(flag(stage, "tracingEnabled")),
        mtls=Switch.DISABLED,
    )
