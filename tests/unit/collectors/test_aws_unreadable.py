"""Values of the wrong type say nothing: what they would switch on or off is unknown, never off.

For each protection, limit and way in that a collector of AWS reads: missing or empty is off, as the
services leave out what is not set; what is set is on; and anything else is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from apiscape.collectors.aws.agentcore import gateways, runtimes
from apiscape.collectors.aws.apigateway import consumers_collector, domains, exposure, rest, v2
from apiscape.collectors.aws.apigateway.exports import read_export, read_surface
from apiscape.collectors.aws.apigateway.resources import read_resources
from apiscape.collectors.aws.apigateway.routes import (
    Routes,
    read_http_routes,
    read_websocket_routes,
)
from apiscape.collectors.aws.appsync import events, graphql, modes
from apiscape.collectors.aws.balancers.rules import Door, read_rules
from apiscape.collectors.aws.cloudfront import behaviours, distributions
from apiscape.collectors.aws.functions import urls, web
from apiscape.collectors.aws.lattice import callers
from apiscape.collectors.aws.lattice import rules as lattice_rules
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.picking import is_missing, is_set, opted
from apiscape.collectors.aws.portals import portals
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import UNSEEN_SURFACE, Detail
from apiscape.collectors.contract import Malformed
from apiscape.collectors.sdl import RootField
from apiscape.model.values import UNKNOWN

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()
BARE = Detail(UNSEEN_SURFACE)
NOW = datetime(2026, 11, 2, tzinfo=UTC)

ON, OFF, NOBODY_KNOWS = "enabled", "disabled", "unknown"
NO_TEXT: tuple[Any, ...] = (7, 0, True, False, 1.5, ["x"], [], {"a": 1}, {}, b"x")
NO_OBJECT: tuple[Any, ...] = (7, 0, True, False, "x", "", ["x"], [], b"x")

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


# ── What callers are asked for ───────────────────────────────────────────────


def requirement_of_export(operation: Any) -> str:
    document = {"openapi": "3.0.1", "paths": {"/x": {"get": operation}}}
    (found,) = list(read_surface(document).operations or ())
    return found.security.requirement


@pytest.mark.parametrize(
    ("operation", "requirement"),
    [
        ({}, "none"),
        ({"security": []}, "none"),
        ({"security": [{}]}, "none"),
        ({"security": [7]}, "unknown"),
        ({"security": [None, {}]}, "unknown"),
        ({"security": {"a": []}}, "unknown"),
        ({"x-amazon-apigateway-auth": 7}, "unknown"),
        ({"x-amazon-apigateway-auth": {"type": 7}}, "unknown"),
        ({"x-amazon-apigateway-auth": {"type": "NONE"}}, "none"),
        ({"x-amazon-apigateway-auth": {"type": "AWS_IAM"}}, "required"),
    ],
)
def test_security_of_an_export_that_cannot_be_read_asks_nobody_knows_what(
    operation: Any, requirement: str
) -> None:
    assert requirement_of_export(operation) == requirement


@pytest.mark.parametrize(
    "paths", [7, "x", [1], {"/x": 7}, {"/x": {"get": 7}}, {"/x": {"get": None}}]
)
def test_what_stands_in_the_place_of_an_operation_is_not_left_out(paths: Any) -> None:
    with pytest.raises(Malformed):
        read_export(msgspec.json.encode({"openapi": "3.0.1", "paths": paths}), "")
    whole = {"openapi": "3.0.1", "paths": {"/x": {"get": {}}, "x-of-somebody": 7}}
    read = read_export(msgspec.json.encode(whole), "")
    assert read is not None
    assert [one.template for one in read.surface.operations or ()] == ["/x"]


@pytest.mark.parametrize(
    ("key", "requirement"),
    [(None, "none"), (False, "none"), (True, "required"), (7, "unknown"), ("true", "unknown")],
)
def test_an_api_key_that_is_asked_for_perhaps_is_not_taken_for_none(
    key: Any, requirement: str
) -> None:
    method = {"authorizationType": "NONE", "apiKeyRequired": key}
    (of_method,) = list(
        read_resources([{"path": "/x", "resourceMethods": {"GET": method}}], "x").operations or ()
    )
    route = {"RouteKey": "GET /x", "AuthorizationType": "NONE", "ApiKeyRequired": key}
    (of_route,) = list(read_http_routes(Routes([route], (), ())).operations or ())
    assert of_method.security.requirement == of_route.security.requirement == requirement


def test_a_route_whose_key_cannot_be_read_may_be_the_one_that_guards_all() -> None:
    routes: list[dict[str, Any]] = [{"RouteKey": 7}, {"RouteKey": "send"}]
    found = read_websocket_routes(Routes(routes, (), ())).operations or ()
    assert {each.security.requirement for each in found} == {"unknown"}
    guarded = read_websocket_routes(
        Routes([*routes, {"RouteKey": "$connect", "AuthorizationType": "AWS_IAM"}], (), ())
    )
    assert {each.security.requirement for each in guarded.operations or ()} == {"required"}
    plain = read_websocket_routes(Routes([{"RouteKey": "send"}], (), ())).operations or ()
    assert [each.security.requirement for each in plain] == ["none"]


@pytest.mark.parametrize(
    ("validator", "word"),
    [(None, OFF), ("", OFF), ("v", ON), (7, NOBODY_KNOWS), ([], NOBODY_KNOWS)],
)
def test_a_validator_that_cannot_be_read(validator: Any, word: str) -> None:
    operation = {"x-amazon-apigateway-request-validator": validator}
    document = {"openapi": "3.0.1", "paths": {"/x": {"get": operation}}}
    assert read_surface(document).validation == word
    method = {"authorizationType": "NONE", "requestValidatorId": validator}
    found = read_resources([{"path": "/x", "resourceMethods": {"GET": method}}], "x")
    assert found.validation == word


@pytest.mark.parametrize(
    ("kind", "word"),
    [("mock", ON), ("http", OFF), (None, OFF), (7, NOBODY_KNOWS), ([], NOBODY_KNOWS)],
)
def test_who_answers_a_preflight_that_cannot_be_read(kind: Any, word: str) -> None:
    operation = {"x-amazon-apigateway-integration": {"type": kind}}
    document = {"openapi": "3.0.1", "paths": {"/x": {"options": operation}}}
    assert read_surface(document).cors == word
    method = {"authorizationType": "NONE", "methodIntegration": {"type": kind}}
    found = read_resources([{"path": "/x", "resourceMethods": {"OPTIONS": method}}], "x")
    assert found.cors == word


FIELD = RootField(verb="QUERY", name="x", own=(), inherited=(), deprecated=False)


def asked_of(api: dict[str, Any]) -> tuple[str, list[str]]:
    (found,) = graphql.read_operations([FIELD], graphql.ways_in(api))
    return found.security.requirement, [each.kind for each in found.security.schemes]


@pytest.mark.parametrize("odd", [None, *NO_TEXT], ids=repr)
def test_a_default_that_cannot_be_read_is_none_of_the_others(odd: Any) -> None:
    others = [{"authenticationType": "API_KEY"}]
    api = {"authenticationType": odd, "additionalAuthenticationProviders": others}
    assert asked_of(api) == ("unknown", [])
    assert asked_of({**api, "authenticationType": "AWS_IAM"}) == ("required", ["iam"])


@pytest.mark.parametrize(
    ("others", "only"),
    [
        ([], True),
        (None, True),
        ([{"authenticationType": "API_KEY"}], False),
        ([{"authenticationType": 7}], False),
        ([7], False),
        (7, False),
    ],
)
def test_a_way_in_is_the_only_one_where_all_others_could_be_read(others: Any, only: bool) -> None:
    pool = "AMAZON_COGNITO_USER_POOLS"
    api = {"authenticationType": pool, "additionalAuthenticationProviders": others}
    assert modes.read_graphql(api).only == (pool if only else None)


@pytest.mark.parametrize(
    ("own", "requirement"),
    [
        ([{"authType": "API_KEY"}], "required"),
        ([{"authType": 7}], "unknown"),
        ([{"authType": "AWS_IAM"}, {"authType": None}], "unknown"),
        ([7], "unknown"),
        (7, "unknown"),
        ({"authType": "AWS_IAM"}, "unknown"),
    ],
)
def test_a_mode_of_a_namespace_that_cannot_be_read_leaves_it_unknown(
    own: Any, requirement: str
) -> None:
    configuration = {"defaultPublishAuthModes": [{"authType": "AWS_IAM"}]}
    namespace = {"name": "n", "publishAuthModes": own}
    made = events.normalise(
        {"apiId": "a", "eventConfig": configuration}, [namespace], (), PLACE, KEYS
    )
    found = {each.verb: each.security.requirement for each in made.operations or ()}
    assert found["publish"] == requirement


# ── Limits of consumers, styles, routes ──────────────────────────────────────


@pytest.mark.parametrize(
    "odd", [7, True, "x", ["x"], {"rateLimit": "x", "burstLimit": "x"}], ids=repr
)
def test_a_limit_of_a_plan_that_cannot_be_read_is_not_taken_for_none(odd: Any) -> None:
    plan = consumers_collector.normalise({"id": "p", "throttle": odd}, PLACE)
    assert (plan.rate_limit_per_s, plan.burst) == (UNKNOWN, UNKNOWN)
    bare = consumers_collector.normalise({"id": "p"}, PLACE)
    assert (bare.rate_limit_per_s, bare.burst, bare.quota, bare.admits) == (None, None, None, ())
    set_ = {"rateLimit": 5.0, "burstLimit": 7}
    limited = consumers_collector.normalise({"id": "p", "throttle": set_}, PLACE)
    assert (limited.rate_limit_per_s, limited.burst) == (5.0, 7)


@pytest.mark.parametrize("odd", [7, True, "x", [1], {"limit": "x"}], ids=repr)
def test_a_quota_that_cannot_be_read_is_not_taken_for_none(odd: Any) -> None:
    assert consumers_collector.normalise({"id": "p", "quota": odd}, PLACE).quota is UNKNOWN
    given = {"limit": 9, "period": "DAY"}
    assert consumers_collector.normalise({"id": "p", "quota": given}, PLACE).quota == "9/DAY"


@pytest.mark.parametrize(
    "odd", [7, "x", {"a": 1}, [7], [{"apiId": "a"}], [{"apiId": 7, "stage": "p"}]]
)
def test_what_a_plan_covers_is_unknown_where_a_stage_of_it_is(odd: Any) -> None:
    assert consumers_collector.normalise({"id": "p", "apiStages": odd}, PLACE).admits is UNKNOWN


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_what_an_agent_speaks_is_not_guessed(odd: Any) -> None:
    found = gateways.FoundGateway({"gatewayId": "g", "protocolType": odd})
    assert gateways.normalise(found, PLACE, KEYS).style == "unknown"
    version = {"protocolConfiguration": {"serverProtocol": odd}}
    endpoint = runtimes.FoundEndpoint({"agentRuntimeId": "r"}, {"name": "e"}, version)
    assert runtimes.normalise(endpoint, PLACE, KEYS).style == "unknown"


def test_a_rule_of_a_load_balancer_whose_conditions_cannot_be_read_says_so() -> None:
    door = Door("HTTP", 80, None, "disabled")
    for odd in (7, "x", [7], [{"Field": "path-pattern", "Values": ["/x"]}, None]):
        (rule,) = read_rules(door, [{"Priority": "1", "Conditions": odd}])
        assert "under a condition that cannot be read" in rule.besides
    (plain,) = read_rules(door, [{"Priority": "default"}])
    assert plain.besides == ()


@pytest.mark.parametrize(
    "match",
    [7, "x", {"httpMatch": 7}, {"httpMatch": {"method": 7}}, {"httpMatch": {"pathMatch": 7}}]
    + [
        {"httpMatch": {"pathMatch": {"match": odd}}}
        for odd in (7, {}, {"exact": 7}, {"later": "x"})
    ],
)
def test_a_rule_of_lattice_that_cannot_be_read_is_not_taken_for_everything(match: Any) -> None:
    assert (
        lattice_rules.unread([{"name": "r", "match": match}])
        == "what rule r matches cannot be read"
    )
    readable: tuple[dict[str, Any], ...] = ({}, {"httpMatch": {}}, {"httpMatch": {"method": "GET"}})
    assert lattice_rules.unread([{"match": each} for each in readable]) is None
    paths = ({"match": {"exact": "/x"}}, {"match": {"prefix": "/x"}})
    assert (
        lattice_rules.unread([{"match": {"httpMatch": {"pathMatch": each}}} for each in paths])
        is None
    )


@pytest.mark.parametrize(
    ("signers", "conditions"),
    [
        (None, None),
        ({"Enabled": False}, None),
        ({"Enabled": True}, behaviours.SIGNED),
        ({"Enabled": "yes"}, f"{behaviours.SIGNED}, perhaps"),
        (7, f"{behaviours.SIGNED}, perhaps"),
    ],
)
def test_a_signature_that_is_asked_for_perhaps_is_a_condition(
    signers: Any, conditions: str | None
) -> None:
    default = {"TargetOriginId": "o", "TrustedSigners": signers}
    origins = {"Items": [{"Id": "o", "DomainName": "o.example"}]}
    read = behaviours.read_routes(
        {"DefaultCacheBehavior": default, "Origins": origins, "CacheBehaviors": {}}, staging=False
    )
    assert [each.condition for each in read or ()] == [conditions]


def test_a_behaviour_whose_origin_is_not_listed_leads_somewhere_all_the_same() -> None:
    default = {"TargetOriginId": "gone"}
    (route,) = list(
        behaviours.read_routes(
            {"DefaultCacheBehavior": default, "Origins": {}, "CacheBehaviors": {}}, staging=False
        )
        or ()
    )
    assert (route.target, route.origin) == ("an origin that is not listed", None)


@pytest.mark.parametrize("odd", NO_TEXT, ids=repr)
def test_what_a_tenant_has_of_its_own_and_nobody_can_read_is_not_its_distributions(
    odd: Any,
) -> None:
    front = distributions.Front("d", waf="enabled", certificate="arn:its")
    domains_of = [{"Domain": "a.example"}]
    own = {"WebAcl": {"Action": odd}, "Certificate": {"Arn": odd}}
    (door,) = distributions.tenant_doors(
        {"Domains": domains_of, "Customizations": own}, front, PLACE
    )
    assert (door.waf, door.certificate) == ("unknown", UNKNOWN)
    (door,) = distributions.tenant_doors({"Domains": domains_of}, front, PLACE)
    assert (door.waf, door.certificate) == ("enabled", "arn:its")


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({}, None),
        ({"Aliases": {"Items": ["a.example"]}}, None),
        ({"Aliases": {"Items": ["a.example", 7, "no host!"]}}, "2 of 3 names cannot be read"),
        (
            {"Domains": [{"Domain": "a.example"}, {"Domain": None}, 7]},
            "2 of 3 names cannot be read",
        ),
    ],
)
def test_names_that_cannot_be_read_are_counted(item: Any, words: str | None) -> None:
    assert distributions.unread_names(item) == words


@pytest.mark.parametrize(
    ("given", "named"),
    [(None, True), ([], True), (["arn:x"], True), (["arn:x", 7], False), (7, False), ([""], False)],
)
def test_products_of_a_portal_that_cannot_be_read_are_not_none(given: Any, named: bool) -> None:
    assert portals.products_are_named({"IncludedPortalProductArns": given}) is named


def test_pages_of_a_portal_that_say_nothing_are_counted_and_leave_what_can_be_tried_unknown() -> (
    None
):
    stage = {"IdentifierParts": {"RestApiId": "a", "Stage": "p"}}
    pages: list[dict[str, Any]] = [
        {"RestEndpointIdentifier": stage, "TryItState": "ENABLED"},
        {"TryItState": "DISABLED"},
        {},
    ]
    assert portals.count_untold(pages) == 2
    assert portals.count_tried(pages, "u", NOW).value == 1.0
    assert portals.count_tried([*pages, {"TryItState": 7}], "u", NOW).value is None


# ── The words themselves ─────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("item", "path", "kind", "said"),
    [
        ({"a": "x"}, ("a",), str, True),
        ({"a": ""}, ("a",), str, False),
        ({}, ("a",), str, False),
        (None, ("a",), str, False),
        (7, ("a",), str, None),
        ({"a": 7}, ("a",), str, None),
        ({"a": {"b": "x"}}, ("a", "b"), str, True),
        ({"a": None}, ("a", "b"), str, False),
        ({"a": 7}, ("a", "b"), str, None),
        ({"a": {}}, ("a",), Mapping, False),
        ({"a": {"b": 1}}, ("a",), Mapping, True),
        ({"a": "x"}, ("a",), Mapping, None),
        ({"a": [1]}, ("a",), Sequence, True),
        ({"a": "x"}, ("a",), Sequence, None),
    ],
)
def test_whether_something_is_set(
    item: Any, path: tuple[str, ...], kind: type[object], said: bool | None
) -> None:
    assert is_set(item, *path, kind=kind) is said


def test_whether_something_is_opted_for() -> None:
    said = {None: False, True: True, False: False, 7: None, "true": None}
    assert {value: opted({"a": value}, "a") for value in said} == {**said, True: True}
    assert (opted({}, "a"), opted(7, "a")) == (False, None)
    assert (is_missing({}, "a"), is_missing({"a": 0}, "a"), is_missing(7, "a")) == (
        True,
        False,
        False,
    )
