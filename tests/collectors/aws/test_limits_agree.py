"""What a deployment says of limits is what its operations say, of whichever product it is."""

from __future__ import annotations

import pytest

from apiscape.collectors.registry import collector_names, load_collector
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.balancers import Balancers, forward, when
from apiscape.demo.aws.estate.functions import Functions, WebFunctions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.limits import summarise_limits
from apiscape.model.projection import guarded
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.appsync.samples import fill as fill_appsync
from tests.collectors.aws.desk import Desk
from tests.collectors.aws.functions.estates import add_agents
from tests.collectors.aws.lattice.samples import fill as fill_lattice

WITHOUT = frozenset(
    {
        *("aws.apigateway.domains", "aws.apigateway.consumers", "aws.apigateway.portals"),
        *("aws.cloudfront.distributions", "aws.route53.names", "aws.acm.certificates"),
        *("aws.appsync.domains", "aws.agentregistry.record"),
    }
)
"""Products that tell of no deployment."""


def fill(west: Region) -> None:
    """Give a region an API of every kind."""
    west.rest_api("rest").method("GET", "/x").deploy("prod")
    west.http_api("http").route("GET /x").stage()
    west.websocket_api("chat").route("$connect").deploy("prod")
    held = west.shelves.of(Balancers)
    rule = when("path-pattern", "/claims/*")
    pool = held.target_group("pool", "healthy")
    held.application("web").listener(to=[forward(pool)]).rule(rule, to=[forward(pool)])
    west.shelves.of(Functions).add("hook").url("NONE", open_to="*")
    west.shelves.of(WebFunctions).add("site").endpoint()
    west.shelves.of(AppRunner).add("form")
    add_agents(west)
    fill_appsync(west)
    fill_lattice(west)


@pytest.mark.parametrize("product", sorted({*collector_names("aws")} - WITHOUT))
def test_a_summary_of_limits_is_that_of_the_operations(
    product: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    seen = desk.collect(load_collector(product))
    found = [each for each in seen.entities if isinstance(each, Deployment)]
    assert found
    for item in found:
        counted = guarded(item.operations)
        if is_known(counted) and counted:
            summary = summarise_limits(each.rate_limits for each in counted)
            assert item.protections.rate_limit == summary, item.name


@pytest.mark.parametrize(
    ("given", "word", "requests"),
    [
        ({}, "disabled", None),
        ({"throttleConfig": {"rateLimit": 200}}, "enabled", 200.0),
        ({"throttleConfig": {"rateLimit": 0}}, "enabled", 0.0),
    ],
)
def test_an_endpoint_of_a_web_function_says_how_often_it_may_be_asked(
    given: dict[str, object],
    word: str,
    requests: float | None,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    west.shelves.of(WebFunctions).add("site").endpoint(**given)  # type: ignore[arg-type]
    item = desk.collect(load_collector("aws.lambda.web")).one("site")
    assert item.protections.rate_limit == word
    ((operation,)) = item.operations
    assert operation.rate_limits is not UNKNOWN
    assert [limit.requests for limit in operation.rate_limits] == (
        [] if requests is None else [requests]
    )
