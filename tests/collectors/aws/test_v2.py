"""HTTP and WebSocket APIs against the emulated AWS."""

from __future__ import annotations

import pytest

from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.aws.apigateway import v2
from apiscape.collectors.aws.apigateway.routes import Routes, read_websocket_routes
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.paging import Paging
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.contract import Listed
from apiscape.demo.aws.estate.authorizers import jwt, v2_lambda
from apiscape.demo.aws.estate.backends import http_backend, lambda_backend, link_backend
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach, Scope
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

Collector = HttpApiCollector | WebSocketApiCollector


def scan(desk: Desk, collector: Collector, seen_before: Seen | None = None) -> Seen:
    known = seen_before.known() if seen_before else ()
    seen = desk.collect(collector, known=known)
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def asked(item: object) -> dict[str, tuple[str, list[str]]]:
    operations = getattr(item, "operations")  # noqa: B009 - of a deployment found by name
    return {
        f"{one.verb} {one.template}": (
            one.security.requirement,
            [scheme.kind for scheme in one.security.schemes],
        )
        for one in operations
    }


def test_each_collector_takes_its_own_protocol(server: AwsServer, west: Region, desk: Desk) -> None:
    west.http_api("pay").route("GET /x").stage()
    west.websocket_api("chat").route("$connect").deploy("prod")
    http = scan(desk, HttpApiCollector())
    assert {item.name: item.style for item in http.entities} == {"pay": "http"}
    assert [item.name for item in scan(desk, WebSocketApiCollector()).entities] == ["chat"]


def test_an_http_api_is_exported_as_deployed(server: AwsServer, west: Region, desk: Desk) -> None:
    api = (
        west.http_api("pay", Tags={"owner": "Team Pay"}, CorsConfiguration={"AllowOrigins": ["*"]})
        .authorizer("people", jwt("https://issuer.example", "things"))
        .authorizer("check", v2_lambda(ACCOUNT, REGION, "check"))
        .route("GET /x", auth="people", AuthorizationScopes=["read"])
        .route("POST /x", auth="check")
        .route("ANY /y", auth="AWS_IAM", backend=http_backend("https://u:p@y.example/?k=1"))
        .route("$default", backend=lambda_backend("rest"))
        .stage()
    )
    desk.title = "tax-prod eu-west-1"
    item = scan(desk, HttpApiCollector()).one("pay")
    assert asked(item) == {
        "GET /x": ("required", ["jwt"]),
        "POST /x": ("required", ["custom"]),
        "ANY /y": ("required", ["iam"]),
        "ANY $default": ("none", []),
    }
    scheme = next(one for one in item.operations if one.verb == "GET").security.schemes[0]
    assert (scheme.issuer, scheme.scopes) == ("https://issuer.example", ("read",))
    assert scheme.location == "header:Authorization"
    assert "https://y.example/" in [backend.address for backend in item.backends]
    url = f"https://{api.id}.execute-api.eu-west-1.amazonaws.com"
    assert [endpoint.url for endpoint in item.endpoints] == [url]
    assert item.protections.cors == "enabled"
    assert item.exposure == "internet"
    assert item.owners[0].name == "Team Pay"
    assert item.environment == "production"  # by the name of the account only


def test_a_route_has_its_own_limit_else_that_of_the_stage(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.http_api("pay").route("GET /x").route("POST /y/{rest+}").route("$default")
    own = {
        "GET /x": {"ThrottlingRateLimit": 1.5},
        "$default": {"ThrottlingBurstLimit": 7, "ThrottlingRateLimit": 3.0},
    }
    usual = {"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 20}
    api.stage(DefaultRouteSettings=usual, RouteSettings=own)
    item = scan(desk, HttpApiCollector()).one("pay")
    told = {
        each.template: (each.match, *((one.requests, one.burst) for one in each.rate_limits))
        for each in item.operations
    }
    assert told == {
        "/x": ("exact", (1.5, 20.0)),
        "/y/{rest+}": ("prefix", (50.0, 20.0)),
        "$default": ("prefix", (3.0, 7.0)),
    }
    assert item.protections.rate_limit == "enabled"


def test_http_apis_cost_two_calls_at_first_and_one_where_nothing_changed(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    for number in range(5):
        west.http_api(f"api-{number}").route("GET /x").deploy("prod", "test")
    first = scan(desk, HttpApiCollector())
    assert server.calls.count("apigatewayv2") == 1 + 5 * 2
    server.calls.clear()
    again = scan(desk, HttpApiCollector(), first)
    assert server.calls.count("apigatewayv2") == 1 + 5
    assert len(again.unchanged) == 10


def test_an_automatic_deployment_is_noticed(server: AwsServer, west: Region, desk: Desk) -> None:
    api = west.http_api("pay").route("GET /x").stage()
    first = scan(desk, HttpApiCollector())
    api.route("GET /y")
    again = scan(desk, HttpApiCollector(), first)
    assert len(again.one("pay").operations) == 2


def test_an_http_api_without_a_stage_is_exported_as_configured(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.http_api("draft").route("GET /x", auth="AWS_IAM")
    seen = scan(desk, HttpApiCollector())
    item = seen.one("draft")
    assert (item.stage, item.status, item.endpoints) == ("-", "inactive", ())
    assert asked(item) == {"GET /x": ("required", ["iam"])}
    assert scan(desk, HttpApiCollector(), seen).one("draft").operations is UNKNOWN


def test_a_stage_without_a_deployment_serves_nothing(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.http_api("idle").route("GET /x").stage("prod", auto_deploy=False)
    item = scan(desk, HttpApiCollector()).one("idle")
    assert (item.status, item.status_reason) == ("inactive", "the stage has no deployment")


def test_a_failed_automatic_deployment_is_told(server: AwsServer, west: Region, desk: Desk) -> None:
    west.http_api("sick").route("GET /x").stage(LastDeploymentStatusMessage="Deployment failed: x")
    west.http_api("well").route("GET /x").stage(
        LastDeploymentStatusMessage="Successfully deployed stage with deployment ID 'x'"
    )
    seen = scan(desk, HttpApiCollector())
    assert seen.one("sick").status_reason == "Deployment failed: x"
    assert seen.one("well").status_reason is None
    again = desk.collect(HttpApiCollector(), known=seen.known())
    assert len(again.unchanged) == 2
    for said in (seen, again):
        (signal,) = (each for each in said.entities if isinstance(each, Signal))
        assert (signal.subject_uid, signal.value) == (seen.one("sick").uid, False)
        assert (signal.name, signal.reason) == (v2.LAST_DEPLOYMENT, "Deployment failed: x")


def test_a_denied_export_falls_back_to_routes(server: AwsServer, west: Region, desk: Desk) -> None:
    (
        west.http_api("pay")
        .authorizer("people", jwt("https://issuer.example", "things"))
        .route("GET /x", auth="people")
        .route("$default", backend=link_backend("link1", "http://inner.example"))
        .stage("prod")
    )
    west.deny("apigatewayv2:ExportApi")
    seen = scan(desk, HttpApiCollector())
    item = seen.one("pay")
    assert seen.unseen == [("contract of stage prod", "access_denied")]
    assert asked(item) == {"GET /x": ("required", ["jwt"]), "ANY $default": ("none", [])}
    assert item.specs is UNKNOWN
    assert [backend.via for backend in item.backends if backend.kind == "http"] == ["link1"]


def test_a_refused_export_is_said_in_the_contract(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.http_api("pay").route("GET /x").stage("prod")
    server.inject(Fault(kind="wrong_type", operation="ExportApi", resource=api.id))
    seen = scan(desk, HttpApiCollector())
    assert seen.unseen == [("contract of stage prod", "malformed")]
    assert asked(seen.one("pay")) == {"GET /x": ("none", [])}


def test_connect_guards_a_websocket_api(server: AwsServer, west: Region, desk: Desk) -> None:
    api = (
        west.websocket_api("chat")
        .authorizer("check", v2_lambda(ACCOUNT, REGION, "check"))
        .route("$connect", auth="check")
        .route("$disconnect")
        .route("sendMessage")
    )
    api.deploy("prod")
    west.websocket_api("signed").route("$connect", auth="AWS_IAM", api_key=True).deploy("prod")
    west.websocket_api("open").route("hello").deploy("prod")
    seen = scan(desk, WebSocketApiCollector())
    assert asked(seen.one("chat")) == {
        "$connect $connect": ("required", ["custom"]),
        "$disconnect $disconnect": ("required", ["custom"]),
        "message sendMessage": ("required", ["custom"]),
    }
    assert asked(seen.one("signed")) == {"$connect $connect": ("required", ["iam", "api_key"])}
    assert asked(seen.one("open")) == {"message hello": ("none", [])}
    url = f"wss://{api.id}.execute-api.eu-west-1.amazonaws.com/prod"
    assert [endpoint.url for endpoint in seen.one("chat").endpoints] == [url]
    assert seen.one("chat").specs == ()


def test_a_websocket_api_costs_four_calls_at_most_and_one_where_nothing_changed(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    (
        west.websocket_api("chat")
        .authorizer("check", v2_lambda(ACCOUNT, REGION, "check"))
        .route("$connect", auth="check")
        .deploy("prod", "test")
    )
    west.websocket_api("open").route("$connect").deploy("prod")
    first = scan(desk, WebSocketApiCollector())
    assert server.calls.count("apigatewayv2") == 1 + 4 + 3
    server.calls.clear()
    scan(desk, WebSocketApiCollector(), first)
    assert server.calls.count("apigatewayv2") == 1 + 2


@pytest.mark.parametrize(
    ("denied", "gap"),
    [
        ("GetRoutes", "operations"),
        ("GetIntegrations", "backends"),
        ("GetAuthorizers", "authorizers"),
    ],
)
def test_each_denied_detail_is_a_gap_of_its_own(
    server: AwsServer, west: Region, desk: Desk, denied: str, gap: str
) -> None:
    (
        west.websocket_api("chat")
        .authorizer("check", v2_lambda(ACCOUNT, REGION, "check"))
        .route("$connect", auth="check")
        .deploy("prod")
    )
    west.deny(f"apigatewayv2:{denied}")
    seen = scan(desk, WebSocketApiCollector())
    assert seen.unseen == [(gap, "access_denied")]
    item = seen.one("chat")
    if gap == "operations":
        assert item.operations is UNKNOWN
    if gap == "backends":
        assert item.backends is UNKNOWN
        assert [one.backend for one in item.operations or ()] == [UNKNOWN]
    if gap == "authorizers":
        assert asked(item) == {"$connect $connect": ("required", ["custom"])}


def test_page_sizes_that_the_service_refuses_are_left_to_it(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    too_many = Paging("NextToken", "NextToken", {"MaxResults": "501"}, "Items")
    monkeypatch.setattr("apiscape.collectors.aws.paging.PAGING", {"apigatewayv2": too_many})
    for number in range(30):
        west.http_api(f"api-{number}")
    west.deny("apigatewayv2:GetStages")
    seen = scan(desk, HttpApiCollector())
    assert len(seen.listed) == 30
    assert [call.status for call in server.calls.where("apigatewayv2:GetApis")] == [400, 200, 200]


def test_the_largest_pages_are_asked_for(server: AwsServer, west: Region, desk: Desk) -> None:
    for number in range(30):
        west.http_api(f"api-{number}")
    west.deny("apigatewayv2:GetStages")
    seen = scan(desk, HttpApiCollector())
    assert len(seen.listed) == 30
    assert server.calls.count("apigatewayv2:GetApis") == 1


def test_both_products_of_a_reach_share_one_listing_while_they_are_visited(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.http_api("web").route("GET /x").stage()
    west.websocket_api("chat").deploy("prod")
    settings, reach = (
        desk.settings,
        Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION),
    )

    def listed(collector: Collector, session: AwsSession) -> list[str]:
        scope = Scope("prod", "aws", collector.product, reach)
        book = TokenBook((), collector.normaliser_version)
        visit = ScopeVisit(
            session, desk.plan, scope,
            tokens=book, stop=desk.stop, clock=desk.clock, workers=desk.workers,
        )  # fmt: skip
        said = list(collector.discover(scope, visit))
        pages = [one for one in said if isinstance(one, Listed)]
        assert pages[-1].last
        return [item.name for item in Seen(said).entities]

    with desk.provider.session(settings, reach, desk.budget) as first:
        assert listed(HttpApiCollector(), first) == ["web"]
        with desk.provider.session(settings, reach, desk.budget) as second:
            assert listed(WebSocketApiCollector(), second) == ["chat"]
        assert server.calls.count("apigatewayv2:GetApis") == 1
        assert listed(HttpApiCollector(), first) == ["web"]
    with desk.provider.session(settings, reach, desk.budget) as third:
        assert listed(WebSocketApiCollector(), third) == ["chat"]
    assert server.calls.count("apigatewayv2:GetApis") == 3


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({}, "disabled"),
        ({"RequestModels": {"pay": "payment"}}, "disabled"),
        (
            {"ModelSelectionExpression": "$request.body.action", "RequestModels": {"pay": "p"}},
            "enabled",
        ),
    ],
)
def test_messages_are_validated_where_an_expression_chooses_a_model(
    chosen: dict[str, object], says: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    chat = west.websocket_api("chat").route("$connect").route("pay", **chosen)  # type: ignore[arg-type]
    chat.deploy("prod")
    west.http_api("http").route("GET /x").stage()
    first = desk.collect(WebSocketApiCollector())
    assert first.one("chat").protections.request_validation == says
    again = desk.collect(WebSocketApiCollector(), known=first.known())
    (item,) = again.unchanged
    assert item.protections.request_validation == says, "a token remembers it"
    http = desk.collect(HttpApiCollector()).one("http")
    assert http.protections.request_validation == "disabled"


def test_a_choice_of_models_that_cannot_be_read_is_unknown() -> None:
    routes = Routes([{"RouteKey": "pay", "ModelSelectionExpression": 7}], (), ())
    assert read_websocket_routes(routes).validation == "unknown"
    routes = Routes([*routes.routes, {"RouteKey": "x", "ModelSelectionExpression": "$x"}], (), ())
    assert read_websocket_routes(routes).validation == "enabled"
