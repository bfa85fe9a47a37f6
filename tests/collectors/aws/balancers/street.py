"""A street of load balancers, for the tests of their collector."""

from __future__ import annotations

from typing import Any

from apiscape.collectors.aws.settings import AwsSettings, BalancerSettings
from apiscape.demo.aws.estate.balancers import (
    Balancers,
    LoadBalancer,
    cognito_sign_in,
    fixed_response,
    forward,
    jwt_validation,
    oidc,
    redirect_to_https,
    when,
    when_header,
    when_query,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.model.deployment import Deployment, Operation
from apiscape.model.surroundings import Gateway, Signal
from tests.collectors.aws.desk import Seen

POOL = "arn:aws:cognito-idp:eu-west-1:111122223333:userpool/x"
ISSUER = "https://id.example"
ONCE = AwsSettings(total_max_attempts=1)


def named(**settings: Any) -> AwsSettings:
    return AwsSettings(load_balancers=BalancerSettings(**settings), total_max_attempts=1)


def of(region: Region) -> Balancers:
    return region.shelves.of(Balancers)


def edge(region: Region, name: str = "edge") -> LoadBalancer:
    """Build one with all that a load balancer can be asked: two listeners, five rules, three groups."""
    shelf = of(region)
    orders = shelf.target_group(f"{name}-orders", "healthy", "healthy", "draining")
    basket = shelf.target_group(f"{name}-basket", "healthy", "unhealthy")
    pages = shelf.target_group(f"{name}-pages", "healthy")
    balancer = shelf.application(name, tags={"owner": "Team Shop", "environment": "prod"})
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    secure = balancer.listener(to=[fixed_response()])
    host = when("host-header", f"{name}.shop.example")
    secure.rule(
        host, when("path-pattern", "/orders/*"), to=[jwt_validation(ISSUER), forward(orders)]
    )
    secure.rule(
        host,
        when("path-pattern", "/basket*"),
        when("http-request-method", "GET", "POST"),
        to=[oidc(ISSUER, "allow"), forward(orders, basket, weights=[1, 3])],
    )
    secure.rule(host, when("path-pattern", "/old/*"), to=[redirect_to_https()])
    secure.rule(host, to=[cognito_sign_in(POOL), forward(pages)])
    secure.rule(
        when("path-pattern", "/health"),
        when_header("x-probe", "hidden-value"),
        when_query(token="hidden-value"),
        when("source-ip", "10.0.0.0/8"),
        to=[forward(pages)],
    )
    return balancer


def item(seen: Seen, name: str) -> Deployment:
    (found,) = (e for e in seen.entities if isinstance(e, Deployment) and e.name == name)
    return found


def deployments(seen: Seen) -> list[str]:
    return sorted(each.name for each in seen.entities if isinstance(each, Deployment))


def gateway(seen: Seen) -> Gateway:
    (found,) = (each for each in seen.entities if isinstance(each, Gateway))
    return found


def signals(seen: Seen, name: str) -> list[Signal]:
    return [each for each in seen.entities if isinstance(each, Signal) and each.name == name]


def operations(deployment: Deployment) -> dict[str, Operation]:
    assert isinstance(deployment.operations, tuple)
    return {f"{each.verb} {each.template}": each for each in deployment.operations}
