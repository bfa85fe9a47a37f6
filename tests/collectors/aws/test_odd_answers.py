"""Answers that no emulator gives: items without ids, stages without names, things that go meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any
from unittest.mock import patch

import pytest
from botocore.handlers import BUILTIN_HANDLERS
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.loaders import Loader
from botocore.session import Session
from botocore.utils import EVENT_ALIASES

from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.collectors.aws.errors import Ended, RegionDoubt
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.sdk import SERVICES, _sdk_handlers, new_session
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import (
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Permission,
    Unreachable,
    Unsupported,
)
from apiscape.collectors.registry import load_collector
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk

CALL = AwsSession.call
Change = Callable[[Any], Any]


@contextmanager
def changed(operation: str, change: Change) -> Iterator[None]:
    """Let an operation answer otherwise."""

    def call(session: AwsSession, called: str, *given: Any) -> Any:
        answer = CALL(session, called, *given)
        return change(answer) if called == operation else answer

    with patch.object(AwsSession, "call", call):
        yield


def raising(error: Exception) -> Change:
    def change(answer: Any) -> Any:
        drop(answer)
        raise error

    return change


def drop(answer: Any) -> None:
    """Close a document that nobody will read."""
    if "body" in answer:
        answer["body"].close()


def test_an_item_without_an_id_is_counted_and_failed(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("one").deploy("prod")
    nameless = [{"name": "no id"}, {}]
    with changed("apigateway:GetRestApis", lambda answer: {"items": answer["items"] + nameless}):
        seen = desk.collect(RestApiCollector())
    assert seen.closes()
    assert seen.whole
    assert len(seen.recorded) == 1
    assert {native_id: error.kind for native_id, error in seen.failed.items()} == {
        "GetRestApis[0.1]": "malformed",
        "GetRestApis[0.2]": "malformed",
    }


def test_items_that_are_none_are_counted_and_failed(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.http_api("one").stage()
    with changed("apigatewayv2:GetApis", lambda answer: {"Items": [7, None, *answer["Items"]]}):
        seen = desk.collect(HttpApiCollector())
    assert (len(seen.listed), len(seen.recorded)) == (3, 1)
    assert {error.kind for error in seen.failed.values()} == {"malformed"}
    assert seen.closes()


def test_a_stage_without_a_name_is_a_gap_and_the_others_are_recorded(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("one").deploy("prod")
    with changed("apigateway:GetStages", lambda answer: {"item": [{}, *answer["item"]]}):
        seen = desk.collect(RestApiCollector())
    assert [item.stage for item in seen.entities] == ["prod"]
    assert seen.unseen == [("a stage", "malformed")]


def test_stages_without_any_name_are_not_taken_for_none(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("one").deploy("prod")
    with changed("apigateway:GetStages", lambda _: {"item": [{"deploymentId": "d"}]}):
        seen = desk.collect(RestApiCollector())
    assert seen.failed[api.id].kind == "malformed"


@pytest.mark.parametrize("operation", ["apigateway:GetResources", "apigateway:GetStages"])
def test_an_api_that_goes_meanwhile_is_gone_and_not_unknown(
    server: AwsServer, west: Region, desk: Desk, operation: str
) -> None:
    api = west.rest_api("draft").method("GET", "/x")
    with changed(operation, raising(Gone("deleted"))):
        assert desk.collect(RestApiCollector()).failed[api.id].kind == "gone"


def test_a_domain_that_goes_meanwhile_is_gone(server: AwsServer, west: Region, desk: Desk) -> None:
    west.domain("api.example")
    with changed("apigatewayv2:GetApiMappings", raising(Gone("deleted"))):
        assert desk.collect(DomainCollector()).failed["api.example"].kind == "gone"


class Stream:
    """A document of a size."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, amount: int) -> bytes:
        piece = min(amount, self._left)
        self._left -= piece
        return b"x" * piece

    def close(self) -> None:
        self._left = 0


def test_a_document_without_an_end_is_refused(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.apigateway.looking.LARGEST_EXPORT_BYTES", 100_000)
    west.rest_api("vast").method("GET", "/x").deploy("prod")
    stream = Stream(10**12)

    def endless(answer: Any) -> Any:
        drop(answer)
        return {"body": stream}

    with changed("apigateway:GetExport", endless):
        seen = desk.collect(RestApiCollector())
    item = seen.one("vast")
    assert "larger than 100000 bytes" in item.specs[0].not_kept
    assert stream.read(1) == b""  # closed
    assert len(item.operations) == 1


def test_a_collector_can_call_only_what_it_declares(server: AwsServer, desk: Desk) -> None:
    permissions = (Permission(action="x", operations=("apigateway:GetRestApis",), reveals="x"),)
    with desk.session() as session:
        calls = session.calls(permissions)
        assert calls.call("apigateway:GetRestApis")["items"] == []
        with pytest.raises(CollectorError, match="not declared"):
            calls.call("apigateway:GetApiKeys")
    assert server.calls.count("apigateway:GetApiKeys") == 0


def test_a_closed_session_may_be_used_again(server: AwsServer, desk: Desk) -> None:
    with desk.session() as session:
        session.call("apigateway:GetRestApis", None, {})
        session.close()
        session.call("apigateway:GetRestApis", None, {})
    assert server.calls.count("apigateway:GetRestApis") == 2


@pytest.mark.parametrize(
    ("region", "home"), [(REGION, "us-east-1"), ("cn-north-1", "cn-northwest-1")]
)
def test_a_reach_without_a_region_is_where_its_partition_is_at_home(
    desk: Desk, region: str, home: str
) -> None:
    reach = Reach(key=ACCOUNT, account=ACCOUNT)
    with AwsProvider().session(AwsSettings(regions=(region,)), reach, desk.budget) as session:
        assert session.place.region == home


def test_credentials_that_stay_ended_are_invalid(server: AwsServer, desk: Desk) -> None:
    server.inject(Fault(kind="expired_token", operation="GetRestApis"))
    seen = desk.collect(RestApiCollector())
    assert isinstance(seen.error, CredentialsInvalid)
    assert "expired" in str(seen.error)
    assert server.calls.count("apigateway:GetRestApis") == 2


def test_signing_in_anew_happens_once_for_all_threads(server: AwsServer, desk: Desk) -> None:
    made: list[SignIn] = []

    def sign_in() -> SignIn:
        made.append(SignIn(AwsSettings()))
        return made[-1]

    reach = Reach(key="x", account=ACCOUNT, region=REGION)
    session = AwsSession(sign_in, reach, desk.budget)
    with patch("apiscape.collectors.aws.session.call_client") as call:

        def ended_for_the_first(*_: object, **__: object) -> dict[str, Any]:
            if len(made) == 1:
                session._start_anew(0)  # another thread was faster
                raise Ended("x")
            return {}

        call.side_effect = ended_for_the_first
        assert session.call("apigateway:GetRestApis", None, {}) == {}
    assert len(made) == 2
    session.close()


def test_when_the_account_cannot_be_asked_the_credentials_are_in_doubt(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk
) -> None:
    west.deny("account:ListRegions")
    seen = desk.collect(RestApiCollector(), region="af-south-1")
    assert isinstance(seen.error, CredentialsInvalid)


def test_credentials_that_one_enabled_region_does_not_know_are_wrong(
    server: AwsServer, estate: AwsEstate, west: Region, desk: Desk
) -> None:
    estate.accounts[ACCOUNT].region("eu-west-2")
    with patch("apiscape.collectors.aws.session.call_client", side_effect=RegionDoubt("x")):
        seen = desk.collect(RestApiCollector(), region="eu-west-2")
    assert isinstance(seen.error, CredentialsInvalid)
    assert server.calls.count("account:ListRegions") == 1


def test_what_says_nothing_of_who_is_signed_in_is_malformed(server: AwsServer) -> None:
    with (
        patch.object(SignIn, "ask", lambda *_, **__: {"Account": "1"}),
        pytest.raises(Malformed, match="who is signed in"),
    ):
        SignIn(AwsSettings()).identity()


def test_a_service_or_region_that_the_sdk_does_not_know_is_unsupported(server: AwsServer) -> None:
    with pytest.raises(Unsupported):
        SignIn(AwsSettings()).client("telepathy", REGION)
    with pytest.raises(Unsupported):
        SignIn(AwsSettings(endpoint_url=None)).client("apigateway", "not a region")


def test_times_that_cannot_be_read_do_not_spoil_an_answer(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("one").deploy("prod")
    with patch("botocore.utils.parse_timestamp", side_effect=ValueError):
        seen = desk.collect(RestApiCollector())
    assert seen.one("one").created_at is not None
    assert seen.whole


def test_time_outs_reach_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    client = SignIn(AwsSettings()).client("apigateway", REGION)
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 30)
    assert config.retries == {"mode": "standard", "total_max_attempts": 6}
    client.close()


def user_agents_heard(client: Any) -> list[str]:
    """Return what a call says of its sender, and send nothing."""
    heard: list[str] = []

    def hear(request: Any, **_: object) -> None:
        said = request.headers["User-Agent"]
        heard.append(said.decode() if isinstance(said, bytes) else said)
        raise Unreachable("heard")

    client.meta.events.register("before-send.*", hear)
    with pytest.raises(Unreachable, match="heard"):
        client.get_rest_apis()
    client.close()
    return heard


def test_calls_say_which_sdk_they_come_from_and_whose(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EXECUTION_ENV", "AWS_ECS_FARGATE")
    (said,) = user_agents_heard(SignIn(AwsSettings()).client("apigateway", REGION))
    assert said.startswith("Botocore/")
    assert "AWS_ECS_FARGATE" in said
    assert said.endswith(" apiscape")


def test_calls_name_the_application_that_the_environment_says(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SDK_UA_APP_ID", "estate-of-apis")
    (said,) = user_agents_heard(SignIn(AwsSettings()).client("apigateway", REGION))
    assert "app/estate-of-apis" in said
    assert said.endswith(" apiscape")


def test_what_a_call_says_of_its_sender_is_not_written_anew(server: AwsServer) -> None:
    client = SignIn(AwsSettings()).client("apigateway", REGION)
    with patch("botocore.useragent.UserAgentComponent.to_string", side_effect=AssertionError):
        assert len(user_agents_heard(client)) == 1


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_service_that_is_called_has_every_handler_that_the_sdk_gives_it(service: str) -> None:
    everything: Any = HierarchicalEmitter()
    ours = _sdk_handlers()
    Session(event_hooks=everything)
    name = Loader().load_service_model(service, "service-2")["metadata"]["serviceId"]
    called = name.lower().replace(" ", "-")
    told = {spec[0] for spec in BUILTIN_HANDLERS if {service, called} & set(spec[0].split("."))}
    events = {event for event in told if not event.startswith("docs.")}
    for kind in {spec[0].partition(".")[0] for spec in BUILTIN_HANDLERS} - {"docs"}:
        events |= {kind, f"{kind}.{called}", f"{kind}.{called}.AnyOperation"}
    for event in events:
        expected = everything._handlers.prefix_search(event)
        assert list(ours._handlers.prefix_search(event)) == list(expected), event


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_events_of_a_service_that_is_called_have_every_name_that_the_sdk_gives_it(
    service: str,
) -> None:
    name = Loader().load_service_model(service, "service-2")["metadata"]["serviceId"]
    called = name.lower().replace(" ", "-")
    aliases = {old for old, new in EVENT_ALIASES.items() if {service, called} & {old, new}}
    names = sorted({service, called, *aliases})
    heard = told_by(copy(new_session(AwsSettings()).get_component("event_emitter")), names)
    assert heard == told_by(EventAliaser(HierarchicalEmitter()), names)
    assert set(names) == {name for name, _ in heard}


def told_by(events: EventAliaser, names: list[str]) -> list[tuple[str, str]]:
    """Return who of those that listen under each of some names is told of an event of each of them."""
    told: list[tuple[str, str]] = []
    for name in names:
        events.register(
            f"hearing.{name}",
            lambda event_name, own=name, **_: told.append((own, event_name)),
        )
    for name in names:
        events.emit(f"hearing.{name}.AnyOperation")
    return told


def test_every_service_of_a_collector_is_among_those_that_are_called() -> None:
    collectors = [load_collector(product) for product in AwsProvider.products]
    declared = (*AwsProvider.permissions, *(each for one in collectors for each in one.permissions))
    assert {name.partition(":")[0] for each in declared for name in each.operations} <= SERVICES


def test_all_sessions_share_one_loader(monkeypatch: pytest.MonkeyPatch) -> None:
    loaders = {id(SignIn(AwsSettings())._session.get_component("data_loader")) for _ in range(3)}
    assert len(loaders) == 1
