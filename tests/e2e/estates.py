"""Estates that are small enough to break at every call."""

from __future__ import annotations

from apiscape.demo.aws.estate.authorizers import cognito
from apiscape.demo.aws.estate.backends import http_backend, lambda_backend
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region

ACCOUNT = "111122223333"
OTHER = "444455556666"
WEST, NORTH = "eu-west-1", "eu-west-2"
POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"


def small_estate() -> AwsEstate:
    """Return two regions with three REST APIs: ten calls in all, two of them to sign in."""
    estate = AwsEstate()
    prod = estate.account(ACCOUNT, "prod").only_regions(WEST, NORTH)
    add_rest(prod.region(WEST), "claims")
    add_rest(prod.region(WEST), "payments")
    add_rest(prod.region(NORTH), "refunds")
    return estate


def add_rest(region: Region, name: str, *stages: str) -> None:
    """Add a REST API with two operations, deployed to stages (`prod` without any)."""
    api = region.rest_api(name, tags={"owner": f"Team {name.title()}"})
    api.authorizer("citizens", cognito(POOL))
    api.method("GET", "/things/{id}", auth="citizens", backend=lambda_backend(name))
    api.method("POST", "/things", auth="AWS_IAM", backend=http_backend(f"https://{name}.example"))
    api.deploy(*(stages or ("prod",)))


def many(region: Region, number: int) -> None:
    """Add so many REST APIs."""
    for each in range(number):
        add_rest(region, f"service-{each:02d}")


def redeploy(estate: AwsEstate) -> None:
    """Deploy every REST API again, so that no token holds."""
    for account in estate.accounts.values():
        for region in account.regions.values():
            for api in region.rest_apis.values():
                if api.stages:
                    api.deploy(*api.stages)


def add_others(region: Region) -> None:
    """Add an HTTP API, a WebSocket API, a domain name and a usage plan."""
    region.http_api("pay").route("GET /x").stage()
    region.websocket_api("chat").route("$connect", auth="AWS_IAM").deploy("prod")
    claims = region.find_rest("claims")
    region.domain("api.tax.example").map("claims", claims, "prod")
    region.usage_plan("gold", (claims, "prod"))
