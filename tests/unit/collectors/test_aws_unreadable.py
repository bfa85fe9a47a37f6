"""Values of the wrong type say nothing: what they would switch on or off is unknown, never off.

For each protection, limit and way in that a collector of AWS reads: missing or empty is off, as the
services leave out what is not set; what is set is on; and anything else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.agentcore import gateways
from apiscape.collectors.aws.apigateway import domains, exposure, rest, v2
from apiscape.collectors.aws.appsync import events, graphql
from apiscape.collectors.aws.cloudfront import distributions
from apiscape.collectors.aws.functions import urls, web
from apiscape.collectors.aws.lattice import callers
from tests.unit.collectors.nonsense import (
    BARE,
    KEYS,
    NO_OBJECT,
    NO_TEXT,
    NOBODY_KNOWS,
    OFF,
    ON,
    PLACE,
)

Read = Callable[[Any], Any]


class Row(msgspec.Struct, frozen=True):
    """Something that an answer switches on by a member.

    Attributes:
        read: Returns the word for it, by the value of the member.
        on: A value that switches it on.
        odd: Values that nobody understands.
    """

    name: str
    read: Read
    on: Any
    odd: tuple[Any, ...] = NO_TEXT
    off: tuple[Any, ...] = (None, "")


def of_rest(member: str, word: str) -> Read:
    def read(value: Any) -> Any:
        made = rest.normalise({"id": "a"}, {"stageName": "p", member: value}, BARE, PLACE, KEYS)
        return getattr(made.protections, word)

    return read


def of_v2(word: str, *, api: str = "-", stage: str = "-") -> Read:
    def read(value: Any) -> Any:
        made = v2.normalise(
            {"ApiId": "a", api: value}, {"StageName": "p", stage: value}, BARE, PLACE, KEYS
        )
        return getattr(made.protections, word)

    return read


def of_domain(value: Any) -> Any:
    door = domains.normalise({"domainName": "x", "mutualTlsAuthentication": value}, (), PLACE)
    modes_of = {"enabled": "mutual", "disabled": "terminate", "unknown": "unknown"}
    assert door.endpoint.tls_mode == modes_of[door.endpoint.mtls]
    return door.endpoint.mtls


def of_graphql(member: str, word: str) -> Read:
    def read(value: Any) -> Any:
        made = graphql.normalise({"apiId": "a", member: value}, graphql.UNSEEN, PLACE, KEYS)
        return getattr(made.protections, word)

    return read


def of_event(value: Any, *, outer: bool) -> Any:
    held = value if outer else {"logConfig": value}
    made = events.normalise({"apiId": "a", "eventConfig": held}, (), (), PLACE, KEYS)
    return made.protections.access_log


def of_gateway(value: Any) -> Any:
    found = gateways.FoundGateway({"gatewayId": "g"}, {"webAclArn": value})
    return gateways.normalise(found, PLACE, KEYS).protections.waf


def of_url(value: Any) -> Any:
    found = urls.FoundUrl({"FunctionName": "f"}, {"Cors": value})
    return urls.normalise(found, PLACE, KEYS).protections.cors


def of_web(value: Any) -> Any:
    found = web.FoundEndpoint({"functionName": "f"}, {"throttleConfig": value})
    return web.normalise(found, PLACE, KEYS).protections.rate_limit


def of_distribution(value: Any) -> Any:
    return distributions.read_front({"ViewerMtlsConfig": value}, tells_mtls=True).mtls


ROWS = (
    Row("REST firewall", of_rest("webAclArn", "waf"), "arn:aws:wafv2:x"),
    Row(
        "REST logs",
        lambda value: of_rest("accessLogSettings", "access_log")({"destinationArn": value}),
        "arn:aws:logs:x",
    ),
    Row(
        "REST log settings",
        of_rest("accessLogSettings", "access_log"),
        {"destinationArn": "arn:aws:logs:x"},
        NO_OBJECT,
        (None, {}),
    ),
    Row(
        "HTTP logs",
        lambda value: of_v2("access_log", stage="AccessLogSettings")({"DestinationArn": value}),
        "arn:aws:logs:x",
    ),
    Row(
        "HTTP CORS",
        of_v2("cors", api="CorsConfiguration"),
        {"AllowOrigins": ["*"]},
        NO_OBJECT,
        (None, {}),
    ),
    Row("domain truststore", lambda value: of_domain({"truststoreUri": value}), "s3://x"),
    Row("domain mTLS", of_domain, {"truststoreUri": "s3://x"}, NO_OBJECT, (None, {})),
    Row("AppSync firewall", of_graphql("wafWebAclArn", "waf"), "arn:aws:wafv2:x"),
    Row(
        "AppSync logs",
        of_graphql("logConfig", "access_log"),
        {"fieldLogLevel": "ALL"},
        NO_OBJECT,
        (None, {}),
    ),
    Row(
        "Event API logs",
        lambda value: of_event(value, outer=False),
        {"logLevel": "ALL"},
        NO_OBJECT,
        (None, {}),
    ),
    Row(
        "Event API configuration",
        lambda value: of_event(value, outer=True),
        {"logConfig": {"logLevel": "ALL"}},
        NO_OBJECT,
        (None, {}),
    ),
    Row("AgentCore firewall", of_gateway, "arn:aws:wafv2:x"),
    Row("function URL CORS", of_url, {"AllowOrigins": ["*"]}, NO_OBJECT, (None, {})),
    Row(
        "web function limit",
        of_web,
        {"rateLimit": 5},
        (*NO_OBJECT, {"rateLimit": "x"}, {"rateLimit": True}),
        (None, {}, {"rateLimit": None}),
    ),
    Row(
        "CloudFront mTLS",
        of_distribution,
        {"Mode": "required"},
        (*NO_OBJECT, {"Mode": 7}, {"Mode": "of a later year"}),
        (None, {}, {"Mode": "optional"}),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_is_said_is_on_what_is_not_said_is_off_and_nonsense_is_unknown(row: Row) -> None:
    assert row.read(row.on) == ON
    assert {repr(each): row.read(each) for each in row.off} == {repr(each): OFF for each in row.off}
    assert {repr(each): row.read(each) for each in row.odd} == {
        repr(each): NOBODY_KNOWS for each in row.odd
    }


# ── What a stage is, and who decides of a domain ─────────────────────────────


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_a_stage_whose_deployment_cannot_be_read_is_not_taken_for_undeployed(odd: Any) -> None:
    first = rest.normalise({}, {"stageName": "p", "deploymentId": odd}, BARE, PLACE, KEYS)
    second = v2.normalise({}, {"StageName": "p", "DeploymentId": odd}, BARE, PLACE, KEYS)
    assert (first.status, second.status) == ("unknown", "unknown")
    assert rest.normalise({}, {"stageName": "p"}, BARE, PLACE, KEYS).status == "inactive"


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_a_mode_of_routing_that_is_no_text_decides_nothing(odd: Any) -> None:
    assert not domains.says_who_decides({"routingMode": odd})
    assert domains.says_who_decides({})
    assert domains.says_who_decides({"routingMode": "ROUTING_RULE_ONLY"})


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_a_policy_that_is_no_text_is_not_taken_for_none(odd: Any) -> None:
    read = exposure.read_exposure({"policy": odd})
    assert read.policy_unread
    assert "cannot be read" in read.evidence
    assert not exposure.read_exposure({"policy": None}).policy_unread
    assert not callers.read_auth_policy({"policy": odd}).seen
    assert callers.read_auth_policy({}).seen
