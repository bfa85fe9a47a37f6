"""Everything known of a row of the tests' department, made up from the row."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from apiscape.client.inventory import Detail, ScopeStatus
from apiscape.model.change import Change
from apiscape.model.deployment import (
    Backend,
    Deployment,
    Endpoint,
    Operation,
    Owner,
    Protections,
    Spec,
    Traffic,
)
from apiscape.model.provenance import Claim
from apiscape.model.row import Row
from apiscape.model.run import Gap
from apiscape.model.security import ANONYMOUS, Scheme, Security
from apiscape.model.surroundings import Access, Api, Consumer, FrontDoor
from apiscape.model.values import UNKNOWN, Unknown, is_known
from tests.tui.scopes import DENIED

PATHS = (
    "/returns",
    "/returns/{id}",
    "/payments",
    "/payments/{id}/refunds",
    "/status",
    "/people/{id}/address",
)
VERBS = ("GET", "POST", "PUT", "DELETE")


def detail_of(
    row: Row, scope: ScopeStatus, siblings: Sequence[Row], history: tuple[Change, ...]
) -> Detail:
    """Return the detail of a row."""
    gap = Gap(native_id=row.native_id, detail="authorizers", error=DENIED)
    return Detail(
        row=row,
        deployment=deployment_of(row),
        scope=scope,
        api=Api(uid=str(row.api), title=row.name.replace("-", " ").title()),
        siblings=tuple(siblings),
        front_doors=_doors(row),
        consumers=(_consumer(row, "return-filing-app"), _consumer(row, "accountants-gateway")),
        gaps=(gap,) if row.auth == "unknown" else (),
        history=history,
        traffic=_traffic_of(row),
        access=_access(row),
    )


def _access(row: Row) -> Access | None:
    """Return what callers of it are asked for: its own address lacks what its front door has."""
    doors, own = _doors(row), row.endpoints
    if not doors or not is_known(own) or not own:
        return None
    door = doors[0].endpoint.url
    return Access(
        mtls="disabled",
        bypass="yes",
        reasons=(
            f"{own[0]} answers without the client certificate that {door} asks for",
            f"{own[0]} asks for no client certificate",
        ),
        dangling="yes",
        dangling_reasons=(f"d-1.{row.provider}.example was {row.name}, which is gone",),
    )


def _traffic_of(row: Row) -> Traffic | Unknown:
    """Return the counts behind a row's figures."""
    requests, errors_4xx, errors_5xx, p95_ms = (
        row.requests,
        row.errors_4xx,
        row.errors_5xx,
        row.p95_ms,
    )
    if row.observed_at is None or not (
        is_known(requests) and is_known(errors_4xx) and is_known(errors_5xx) and is_known(p95_ms)
    ):
        return UNKNOWN
    return Traffic(
        window_s=900,
        until=row.observed_at,
        requests=round(requests),
        errors_4xx=round(requests * errors_4xx / 100),
        errors_5xx=round(requests * errors_5xx / 100),
        p95_ms=p95_ms,
    )


def deployment_of(row: Row) -> Deployment:
    """Return the facts behind a row."""
    url = (
        row.endpoints[0]
        if isinstance(row.endpoints, tuple) and row.endpoints
        else "https://x.example"
    )
    owners = UNKNOWN if row.owners is UNKNOWN else tuple(Owner(name=name) for name in row.owners)
    handler = f"arn:aws:lambda:{row.region}:{row.account}:function:{row.name}"
    return Deployment(
        uid=row.uid,
        native_id=row.native_id,
        native_api_id=row.native_id.rpartition("/")[0],
        native_kind=row.product,
        native_url=f"https://{row.region}.console.aws.amazon.com/apigateway/home?region={row.region}",
        provider=row.provider,
        product=row.product,
        account=row.account,
        name=row.name,
        region=row.region,
        title=row.title,
        description="Looks after one matter and does it well.",
        style=row.style,
        gateway=row.gateway,
        environment=row.environment,
        stage=row.stage,
        version=row.version,
        status=row.status,
        lifecycle=row.lifecycle,
        endpoints=(
            Endpoint(
                url=url, exposure=row.exposure, evidence="endpoint type REGIONAL, no resource policy",
                generated_host=True, enabled=True, tls_min="TLS_1_2", mtls="disabled",
            ),
        ),
        exposure=row.exposure,
        exposure_evidence="endpoint type REGIONAL, no resource policy",
        operations=_operations(row),
        backends=(
            Backend(key="handler", kind="lambda", address=handler),
            Backend(key="ledger", kind="http", address="https://ledger.internal.example", via="vpc-link-7f3"),
        ),
        protections=Protections(
            rate_limit="enabled", waf="disabled", cors="enabled", access_log="enabled", mtls="disabled"
        ),
        owners=owners,
        specs=(Spec(format="openapi", format_version="3.0.1"),),
        labels={"team": "tax", "cost-centre": "4711", "managed-by": "terraform"},
        created_at=datetime(2024, 3, 1, tzinfo=UTC),
        updated_at=datetime(2026, 9, 29, tzinfo=UTC),
        provenance={
            "owners": (
                Claim(value=["Team Tax"], method="overlay", source="owners.yaml"),
                Claim(value=["tax-dev"], method="tag", source="tag:team", confidence=0.8),
            ),
            "environment": (Claim(value=row.environment, method="inferred", source="stage name", confidence=0.9),),
        },
    )  # fmt: skip


def _operations(row: Row) -> tuple[Operation, ...] | Unknown:
    if row.operations is UNKNOWN:
        return UNKNOWN
    bearer = Security(
        requirement="required",
        schemes=(
            Scheme(kind="jwt", location="header:Authorization", issuer="https://idp.example"),
        ),
    )
    open_to_all = row.unauthenticated if isinstance(row.unauthenticated, int) else 0
    made = [
        Operation(
            verb=VERBS[number % len(VERBS)],
            template=f"/v1{PATHS[number % len(PATHS)]}"
            + (f"/{number // len(PATHS)}" if number >= len(PATHS) else ""),
            security=ANONYMOUS if number < open_to_all or row.auth == "none" else bearer,
            backend=("handler", "ledger")[number % 2],
        )
        for number in range(int(row.operations))
    ]
    return (
        *made,
        Operation(verb="OPTIONS", template="/v1/returns", security=ANONYMOUS, preflight=True),
    )


def _doors(row: Row) -> tuple[FrontDoor, ...]:
    if row.exposure != "internet":
        return ()
    url = f"https://api.tax.example/{row.name}"
    return (
        FrontDoor(
            uid=f"door-{row.uid}", native_id=f"domain:{row.name}", native_kind="aws.apigateway.domain",
            provider="aws", account=row.account, name="api.tax.example",
            endpoint=Endpoint(url=url, exposure="internet", enabled=True, mtls="enabled"),
            waf="disabled", certificate_not_after=datetime(2026, 12, 1, tzinfo=UTC),
        ),
    )  # fmt: skip


def _consumer(row: Row, name: str) -> Consumer:
    return Consumer(
        uid=f"{name}-{row.uid}",
        native_id=name,
        native_kind="usage-plan",
        provider="aws",
        account=row.account,
        name=name,
    )
