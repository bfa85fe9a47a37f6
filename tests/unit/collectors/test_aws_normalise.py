"""Normalisers survive whatever an answer holds, and what they give can be stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.collectors.aws.apigateway import consumers_collector, domains, rest, v2
from apiscape.collectors.aws.apigateway.exports import read_surface
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail, Surface
from apiscape.model.codec import decode, encode
from apiscape.model.deployment import Deployment, Owner
from apiscape.model.surroundings import Consumer, FrontDoor
from apiscape.model.values import UNKNOWN

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com", "tax-prod eu-west-1")
KEYS = TagSettings()
NOW = datetime(2026, 1, 1, tzinfo=UTC)
BARE = Detail(UNSEEN_SURFACE)

#: Members of the shapes that the collectors read, and some that nobody knows yet.
MEMBERS_TEXT = """
    id name description createdDate version policy tags disableExecuteApiEndpoint securityPolicy
    endpointConfiguration types vpcEndpointIds apiStatus apiStatusMessage stageName deploymentId
    methodSettings */* throttlingRateLimit accessLogSettings destinationArn canarySettings
    tracingEnabled webAclArn lastUpdatedDate path resourceMethods GET OPTIONS authorizationType
    authorizerId apiKeyRequired authorizationScopes methodIntegration type uri connectionId
    operationName requestValidatorId ApiId Name ProtocolType Tags Version Description
    CreatedDate DisableExecuteApiEndpoint CorsConfiguration StageName DeploymentId
    LastUpdatedDate AutoDeploy DefaultRouteSettings RouteSettings ThrottlingRateLimit
    ThrottlingBurstLimit throttlingBurstLimit AccessLogSettings
    DestinationArn LastDeploymentStatusMessage RouteKey Target AuthorizationType AuthorizerId
    ApiKeyRequired AuthorizationScopes OperationName IntegrationId IntegrationType
    IntegrationUri ConnectionId AuthorizerType IdentitySource JwtConfiguration Issuer domainName
    domainNameId domainNameStatus mutualTlsAuthentication truststoreUri truststoreWarnings
    routingMode basePath restApiId stage ApiMappingKey Stage throttle rateLimit burstLimit quota
    limit period apiStages apiId paths components securitySchemes security get x-amazon-
    apigateway-integration x-amazon-apigateway-auth x-amazon-apigateway-authorizer
    jwtConfiguration issuers unheardOf
"""
MEMBERS = sorted(MEMBERS_TEXT.split())
WORDS = [
    "NONE",
    "AWS_IAM",
    "JWT",
    "MOCK",
    "PRIVATE",
    "$default",
    "$connect",
    "GET /x",
    "{",
    "owner",
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["\ud800", "a/../b", "https://u:p@h/x?k", "arn:aws:lambda:x", "\x1b[31m"])
    | st.sampled_from(WORDS)
    | st.datetimes()
    | st.binary(max_size=4),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), below, max_size=5)
    ),
    max_leaves=12,
)
ITEMS = st.dictionaries(st.sampled_from(MEMBERS), VALUES, max_size=12)
IDS = st.sampled_from(["abc", "x/y", "é", "a" * 40])


def storable(item: Any, kind: type[Any]) -> None:
    assert decode(encode(item), kind) == item


@given(IDS, ITEMS, st.none() | ITEMS)
def test_a_rest_api_is_normalised_whatever_is_said_of_it(
    api_id: str, api: dict[str, Any], stage: dict[str, Any] | None
) -> None:
    item = rest.normalise({**api, "id": api_id}, stage, BARE, PLACE, KEYS)
    storable(item, Deployment)
    again = rest.normalise({"id": api_id, "name": "renamed"}, stage, BARE, PLACE, KEYS)
    assert again.uid == item.uid
    assert rest.native_token(api, stage) == rest.native_token(api, stage)


@given(IDS, ITEMS, st.none() | ITEMS)
def test_a_v2_api_is_normalised_whatever_is_said_of_it(
    api_id: str, api: dict[str, Any], stage: dict[str, Any] | None
) -> None:
    item = v2.normalise({**api, "ApiId": api_id}, stage, BARE, PLACE, KEYS)
    storable(item, Deployment)
    assert v2.normalise({"ApiId": api_id}, stage, BARE, PLACE, KEYS).uid == item.uid
    assert v2.native_token(api, stage) == v2.native_token(api, stage)


@given(IDS, ITEMS, st.lists(ITEMS, max_size=3))
def test_a_domain_is_normalised_whatever_is_said_of_it(
    name: str, domain: dict[str, Any], mappings: list[dict[str, Any]]
) -> None:
    domain = {**domain, "domainName": name}
    for read in (domains.read_api_mappings, domains.read_base_path_mappings):
        door = domains.normalise(domain, read(mappings, PLACE), PLACE)
        storable(door, FrontDoor)
        for signal in domains.read_truststore(domain, door, NOW):
            assert signal.subject_uid == door.uid
    assert domains.has_rules(domain) or domains.has_mappings(domain)


@given(ITEMS)
def test_a_usage_plan_is_normalised_whatever_is_said_of_it(plan: dict[str, Any]) -> None:
    item = consumers_collector.normalise({**plan, "id": "p"}, PLACE)
    storable(item, Consumer)
    assert item.native_id == PLACE.native_id("usageplans/p")
    assert item.uid == consumers_collector.normalise({"id": "p"}, PLACE).uid
    assert item.name
    assert item.members is UNKNOWN
    admitted = item.admits if item.admits is not UNKNOWN else ()
    assert list(admitted) == sorted(admitted)
    assert all(api.startswith(PLACE.native_id("")) and stage for api, stage in admitted)


def test_a_usage_plan_says_whom_it_lets_in_and_how_much() -> None:
    plan: dict[str, Any] = {
        "id": "p",
        "name": "gold",
        "apiStages": [{"apiId": "b", "stage": "live"}, {"apiId": "a", "stage": "live"}],
        "throttle": {"rateLimit": 5.0, "burstLimit": 10},
        "quota": {"limit": 100, "period": "DAY"},
    }
    item = consumers_collector.normalise(plan, PLACE)
    assert item.admits == ((PLACE.native_id("a"), "live"), (PLACE.native_id("b"), "live"))
    assert (item.name, item.rate_limit_per_s, item.burst, item.quota) == (
        "gold",
        5.0,
        10,
        "100/DAY",
    )
    odd = {**plan, "apiStages": [*plan["apiStages"], {"x": 1}]}
    assert consumers_collector.normalise(odd, PLACE).admits is UNKNOWN


READERS: dict[str, Callable[[list[dict[str, Any]]], Surface]] = {
    "resources": lambda found: read_resources(found, "not deployed"),
    "http": lambda found: read_http_routes(Routes(found, found, found)),
    "websocket": lambda found: read_websocket_routes(Routes(found, found, found)),
    "export": lambda found: read_surface(
        {"paths": {f"/{n}": {"get": one, "options": one} for n, one in enumerate(found)}}
        | {"components": {"securitySchemes": dict(enumerate(found))}}
    ),
}


@pytest.mark.parametrize("reader", READERS)
@given(found=st.lists(ITEMS, max_size=4))
def test_a_surface_is_read_whatever_is_in_it(reader: str, found: list[dict[str, Any]]) -> None:
    surface = READERS[reader](found)
    item = rest.normalise({"id": "a"}, {"stageName": "s"}, Detail(surface), PLACE, KEYS)
    storable(item, Deployment)
    assert surface.operations is not UNKNOWN
    keys = {backend.key for backend in item.backends} if item.backends is not UNKNOWN else set()
    for operation in item.operations if isinstance(item.operations, tuple) else ():
        assert operation.backend in keys | {None, UNKNOWN}
        assert operation.security.requirement != "none" or not operation.security.schemes


def test_words_of_a_later_year_are_kept_or_unknown_and_never_an_error() -> None:
    api = {
        "id": "a",
        "apiStatus": "SLEEPING",
        "securityPolicy": "Quantum",
        "endpointConfiguration": {"types": ["ORBITAL"]},
    }
    item = rest.normalise(api, {"stageName": "s", "deploymentId": "d"}, BARE, PLACE, KEYS)
    assert (item.status, item.status_reason) == ("active", "API status SLEEPING")
    assert item.exposure == "unknown"
    assert isinstance(item.endpoints, tuple)
    assert item.endpoints[0].tls_min == "Quantum"
    later = v2.normalise({"ApiId": "a", "ProtocolType": "QUIC"}, None, BARE, PLACE, KEYS)
    assert (later.style, later.native_kind) == ("quic", "aws.apigateway.http")
    waiting = {"domainName": "h", "domainNameStatus": "SLEEPING", "routingMode": "TELEPATHY"}
    assert domains.normalise(waiting, (), PLACE).endpoint.enabled is UNKNOWN
    assert domains.has_mappings(waiting)


def test_without_optional_members_what_is_not_said_is_unknown() -> None:
    item = rest.normalise({"id": "a"}, {"stageName": "s"}, BARE, PLACE, KEYS)
    assert (item.name, item.description, item.version) == ("a", None, None)
    assert (item.created_at, item.updated_at) == (UNKNOWN, UNKNOWN)
    assert item.operations is UNKNOWN
    assert isinstance(item.endpoints, tuple)
    assert item.endpoints[0].enabled is UNKNOWN
    assert item.status_reason == "the stage has no deployment"


def test_a_version_of_the_gateway_and_one_of_a_tag() -> None:
    tagged = {"id": "a", "version": "1", "tags": {"version": "2", "lifecycle": "beta"}}
    item = rest.normalise(tagged, None, BARE, PLACE, KEYS)
    assert (item.version, item.lifecycle) == ("1", "beta")
    assert [claim.value for claim in item.provenance["version"]] == ["1", "2"]


def test_a_stages_tags_go_before_the_apis() -> None:
    api = {"id": "a", "tags": {"owner": "A", "x": "1"}}
    item = rest.normalise(api, {"stageName": "s", "tags": {"owner": "B"}}, BARE, PLACE, KEYS)
    assert item.labels == {"owner": "B", "x": "1"}
    assert item.owners == (Owner(name="B"),)


def test_a_failed_api_without_words_still_has_a_reason() -> None:
    item = rest.normalise({"id": "a", "apiStatus": "FAILED"}, None, BARE, PLACE, KEYS)
    assert (item.status, item.status_reason) == (
        "failed",
        "API Gateway could not apply the last change",
    )
