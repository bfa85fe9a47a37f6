"""Deployments and scopes for tests, with a few words instead of thirty fields."""

from __future__ import annotations

from typing import Any

from apiscape.model.deployment import Deployment, Operation
from apiscape.model.identity import aws_native_id, deployment_uid, staged
from apiscape.model.run import Reach, Scope
from apiscape.model.security import Scheme, Security

ACCOUNT = "111122223333"
REGION = "eu-west-1"
PRODUCT = "aws.apigateway.rest"

IAM = Security(requirement="required", schemes=(Scheme(kind="iam"),))
JWT = Security(requirement="required", schemes=(Scheme(kind="jwt", issuer="https://id.example"),))
OPEN = Security(requirement="none")


def a_scope(source: str = "prod", account: str = ACCOUNT, region: str = REGION) -> Scope:
    reach = Reach(key=f"{account}/{region}", account=account, region=region)
    return Scope(source=source, provider="aws", product=PRODUCT, reach=reach)


def a_deployment(api: str = "a1b2c3", stage: str | None = "prod", **fields: Any) -> Deployment:
    native_api_id = aws_native_id("aws", ACCOUNT, REGION, PRODUCT, api)
    native_id = staged(native_api_id, stage)
    facts = {
        "uid": deployment_uid(native_id),
        "native_id": native_id,
        "native_api_id": native_api_id,
        "native_kind": PRODUCT,
        "provider": "aws",
        "product": PRODUCT,
        "account": ACCOUNT,
        "region": REGION,
        "name": f"api-{api}",
        "stage": stage,
    }
    return Deployment(**(facts | fields))


def an_operation(verb: str = "GET", template: str = "/x", **fields: Any) -> Operation:
    return Operation(verb=verb, template=template, **fields)
