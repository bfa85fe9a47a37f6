"""Trying the collectors' rights: one call each, and the word of the one that is denied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from apiscape.collect.visit import ScopeVisit, TokenBook
from apiscape.collectors.aws.apigateway.consumers_collector import CLIENTS, UsagePlanCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector, WebSocketApiCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.aws.trials import try_each
from apiscape.collectors.contract import Cancelled, Collector, CredentialsInvalid, Permission
from apiscape.collectors.registry import collector_names, load_collector
from apiscape.collectors.trying import Grant, Tried, TriesPermissions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach, Scope
from tests.collectors.aws.desk import ACCOUNT, EVERY_OPTION, REGION, Desk

COLLECTORS: tuple[type[Collector], ...] = (
    RestApiCollector,
    HttpApiCollector,
    WebSocketApiCollector,
    DomainCollector,
    UsagePlanCollector,
)
RIGHTS = [
    (kind, permission.operations[0]) for kind in COLLECTORS for permission in kind.permissions
]
LISTINGS = frozenset(kind.permissions[0].operations[0] for kind in COLLECTORS)


@pytest.fixture
def allowed() -> frozenset[str]:
    """Serve keys of plans as well, which only a source that asks for their clients calls for."""
    return READ_ALLOW_LIST | {CLIENTS}


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Give the desk of a source that sets every option."""
    desk = Desk(EVERY_OPTION)
    yield desk
    desk.close()


def fill(west: Region) -> None:
    """Give a region an object of every kind."""
    rest = west.rest_api("rest").method("GET", "/x").deploy("prod")
    west.http_api("http").route("GET /x").stage()
    west.websocket_api("chat").route("$connect").deploy("prod")
    west.domain("api.example").map("", rest, "prod")
    west.domain("private.example", endpoint="PRIVATE").map("", rest, "prod")
    west.usage_plan("plan", (rest, "prod"))


@contextmanager
def visit_of(desk: Desk, collector: Collector) -> Iterator[ScopeVisit]:
    reach = Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION)
    scope = Scope("prod", "aws", collector.product, reach)
    with desk.session(collector) as session:
        yield ScopeVisit(
            session,
            desk.plan,
            scope,
            tokens=TokenBook((), 1),
            stop=desk.stop,
            clock=desk.clock,
            workers=desk.workers,
        )


def attempt(desk: Desk, kind: type[Collector]) -> dict[str, Tried]:
    """Return what came of a collector's rights, by the call that each is for."""
    collector = kind()
    assert isinstance(collector, TriesPermissions)
    with visit_of(desk, collector) as visit:
        reach = Reach(key=f"{ACCOUNT}/{REGION}", account=ACCOUNT, region=REGION)
        scope = Scope("prod", "aws", collector.product, reach)
        said = list(collector.try_permissions(scope, visit))
    return {tried.permission.operations[0]: tried for tried in said}


def grants(said: dict[str, Tried]) -> dict[str, str]:
    return {operation: tried.grant for operation, tried in said.items()}


@pytest.mark.parametrize("kind", COLLECTORS)
def test_all_is_granted_at_one_call_each(
    kind: type[Collector], server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    said = attempt(desk, kind)
    wanted = [permission.operations[0] for permission in kind.permissions]
    assert grants(said) == dict.fromkeys(wanted, Grant.GRANTED)
    assert server.calls.by_operation() == dict.fromkeys(wanted, 1)
    assert desk.budget.calls == len(wanted)


@pytest.mark.parametrize(("kind", "denied"), RIGHTS)
def test_each_denied_right_in_turn_is_the_one_that_is_said(
    kind: type[Collector], denied: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    west.deny(denied)
    said = attempt(desk, kind)
    assert said[denied].grant == Grant.DENIED
    right = said[denied].permission.action
    assert (said[denied].reason or "").startswith(f"needs {right} on ")
    others = {operation: tried for operation, tried in said.items() if operation != denied}
    untried = {operation: t for operation, t in others.items() if t.grant != Grant.GRANTED}
    if denied in LISTINGS:
        assert untried == others
    elif denied == "apigateway:GetStages":
        assert set(untried) == {"apigateway:GetExport"}
    else:
        assert untried == {}
    for tried in untried.values():
        assert tried.grant == Grant.UNKNOWN
        assert tried.operation is None
        assert "to try it on, for none could be listed" in (tried.reason or "")


@pytest.mark.parametrize("kind", COLLECTORS)
def test_where_there_is_nothing_only_the_listing_is_told(
    kind: type[Collector], server: AwsServer, desk: Desk
) -> None:
    said = attempt(desk, kind)
    listing, *others = said.values()
    assert listing.grant == Grant.GRANTED
    for tried in others:
        assert (tried.grant, tried.operation) == (Grant.UNKNOWN, None)
        assert (tried.reason or "").endswith(" to try it on")
    assert sum(server.calls.by_operation().values()) == 1


def test_what_is_missing_is_named(server: AwsServer, west: Region, desk: Desk) -> None:
    west.http_api("http").route("GET /x").stage()
    west.rest_api("draft").method("GET", "/x")
    west.domain("api.example")
    reasons = {
        f"{kind.__name__} {operation}": tried.reason
        for kind in COLLECTORS
        for operation, tried in attempt(desk, kind).items()
        if tried.grant != Grant.GRANTED
    }
    no_chat = "no WebSocket API to try it on"
    assert reasons == {
        "RestApiCollector apigateway:GetExport": "no deployed stage to try it on: the first REST API has none",
        **{
            f"WebSocketApiCollector apigatewayv2:{name}": no_chat
            for name in ("GetStages", "GetRoutes", "GetIntegrations", "GetAuthorizers")
        },
        "DomainCollector apigateway:GetBasePathMappings": "no private domain to try it on",
        f"UsagePlanCollector {CLIENTS}": "no usage plan to try it on",
    }


def test_a_page_that_has_none_does_not_speak_for_the_next(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    for number in range(30):
        west.http_api(f"http-{number}")
    west.websocket_api("chat")
    said = attempt(desk, WebSocketApiCollector)
    assert said["apigatewayv2:GetRoutes"].reason == (
        "no WebSocket API to try it on, on the first page"
    )
    assert server.calls.count("apigatewayv2:GetApis") == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("throttle", "refused for rate"),
        ("reset", "no whole answer"),
        ("error", "failed at AWS"),
    ],
)
def test_what_is_neither_granted_nor_denied_could_not_be_told(
    fault: str, words: str, server: AwsServer, west: Region
) -> None:
    fill(west)
    server.inject(Fault(kind=fault, operation="GetStages"))
    desk = Desk(AwsSettings(total_max_attempts=1))
    tried = attempt(desk, RestApiCollector)["apigateway:GetStages"]
    assert (tried.grant, tried.operation) == (Grant.UNKNOWN, "apigateway:GetStages")
    assert words in (tried.reason or "")
    desk.close()


def test_an_organisations_denial_is_said_to_be_one(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    server.inject(Fault(kind="deny_scp", operation="GetUsagePlans"))
    tried = attempt(desk, UsagePlanCollector)["apigateway:GetUsagePlans"]
    assert tried.grant == Grant.DENIED
    assert (tried.reason or "").startswith("a service control policy explicitly denies")


def test_who_is_not_signed_in_tries_nothing_more(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(west)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000")
    with pytest.raises(CredentialsInvalid):
        attempt(desk, RestApiCollector)


def test_a_stopped_trial_sends_nothing(server: AwsServer, west: Region, desk: Desk) -> None:
    fill(west)
    desk.stop.tell()
    with pytest.raises(Cancelled):
        attempt(desk, RestApiCollector)
    assert server.calls.count("apigateway") == 0


def test_a_right_without_a_cheap_call_is_not_tried(server: AwsServer, desk: Desk) -> None:
    unheard_of = Permission("apigateway:GET", "something new", operations=("apigateway:GetNews",))
    with desk.session() as session:
        assert isinstance(session, AwsSession)
        [tried] = try_each(session.calls((unheard_of,)), (unheard_of,), recipes={})
    assert (tried.grant, tried.reason) == (
        Grant.UNKNOWN,
        "not tried: no cheap call for it is known",
    )


@pytest.mark.parametrize("product", collector_names("aws"))
def test_every_right_that_a_collector_declares_can_be_tried(
    product: str, server: AwsServer, desk: Desk
) -> None:
    collector = load_collector(product)
    assert isinstance(collector, TriesPermissions)
    scope = Scope("prod", "aws", product, Reach(key="x", account=ACCOUNT, region=REGION))
    with visit_of(desk, collector) as visit:
        said = list(collector.try_permissions(scope, visit))
    assert [one.permission for one in said] == list(collector.permissions)
    assert not [one for one in said if (one.reason or "").startswith("not tried:")]
