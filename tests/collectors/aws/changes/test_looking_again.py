"""Looking at single objects of API Gateway: how few calls that takes, and what is made of what they answer."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws import again
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import (
    HttpApiCollector,
    WebSocketApiCollector,
)
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.settings.schema import Rules
from tests.collectors.aws.changes.desk import HearingDesk, touched

REST, HTTP, CHAT = RestApiCollector(), HttpApiCollector(), WebSocketApiCollector()
DOMAINS = DomainCollector()


def asked(server: AwsServer) -> dict[str, int]:
    calls = server.calls.by_operation()
    server.calls.clear()
    return calls


def test_a_new_deployment_costs_two_calls(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("one", tags={"owner": "tax"}).method("GET", "/x").deploy("prod")
    before = ears.list_all(REST)
    server.calls.clear()
    api.method("POST", "/y").deploy("prod")
    seen = ears.look(REST, touched(api.id, "PutMethod", "CreateDeployment"), known=before.known())
    assert asked(server) == {"apigateway:GetStages": 1, "apigateway:GetExport": 1}
    (item,) = seen.entities
    assert len(item.operations) == 2
    assert [owner.name for owner in item.owners] == ["tax"], "as the listing said"


def test_an_edit_that_is_not_deployed_costs_one_call(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("one").method("GET", "/x").deploy("prod")
    before = ears.list_all(REST)
    server.calls.clear()
    api.method("POST", "/y")
    seen = ears.look(REST, touched(api.id, "PutMethod"), known=before.known())
    assert asked(server) == {"apigateway:GetStages": 1}
    assert len(seen.unchanged) == 1
    assert seen.entities == []


@pytest.mark.parametrize("name", ["UpdateRestApi", "TagResource", "PutRestApi", "RearrangeApi"])
def test_what_may_touch_the_api_itself_has_it_read(
    server: AwsServer, west: Region, ears: HearingDesk, name: str
) -> None:
    api = west.rest_api("one").method("GET", "/x").deploy("prod")
    before = ears.list_all(REST)
    server.calls.clear()
    api.rename("two")
    seen = ears.look(REST, touched(api.id, name, "UpdateStage"), known=before.known())
    assert asked(server) == {"apigateway:GetRestApi": 1, "apigateway:GetStages": 1}
    assert [item.name for item in seen.unchanged] == ["two"]
    later = ears.look(REST, touched(api.id, "UpdateStage"), known=before.known())
    assert [item.name for item in later.unchanged] == ["two"], "and it is noted"
    assert asked(server) == {"apigateway:GetStages": 1}


def test_what_was_never_listed_is_read_whole(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("new").method("GET", "/x").deploy("prod")
    seen = ears.look(REST, touched(api.id, "CreateDeployment"))
    assert [item.name for item in seen.entities] == ["new"]
    assert asked(server) == {
        "apigateway:GetRestApi": 1,
        "apigateway:GetStages": 1,
        "apigateway:GetExport": 1,
    }


def test_where_nobody_looks_again_nothing_is_noted(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    west.rest_api("one").deploy("prod")
    ears.notes = None
    assert len(ears.list_all(REST).recorded) == 1
    assert ears.notes is None


def test_what_cannot_be_noted_is_read(server: AwsServer, west: Region, ears: HearingDesk) -> None:
    api = west.rest_api("one").deploy("prod")
    ears.list_all(REST)
    with ears.session(REST) as session:
        again.note(ears.visit(session, REST.product), api.id, {"id": object()})
    assert ears.notes == {}
    server.calls.clear()
    ears.look(REST, touched(api.id, "UpdateStage"))
    assert asked(server)["apigateway:GetRestApi"] == 1


def test_a_delete_is_not_believed_but_looked_at(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api, other = west.rest_api("one").deploy("prod"), west.rest_api("two").deploy("prod")
    before = ears.list_all(REST)
    api.delete()
    deleted = touched(api.id, "DeleteRestApi"), touched(other.id, "DeleteRestApi")
    seen = ears.look(REST, *deleted, known=before.known())
    assert seen.failed[api.id].kind == "gone"
    assert seen.recorded.keys() == {other.id}, "it is still there, whatever was said"


def test_one_that_went_unheard_is_gone_by_its_stages(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("one").deploy("prod")
    ears.list_all(REST)
    api.delete()
    server.calls.clear()
    seen = ears.look(REST, touched(api.id, "UpdateStage"))
    assert seen.failed[api.id].kind == "gone"
    assert asked(server) == {"apigateway:GetStages": 1}
    assert api.id not in (ears.notes or {})


@pytest.mark.parametrize(
    ("kind", "word"),
    [("deny", "access_denied"), ("throttle", "throttled"), ("reset", "unreachable")],
)
@pytest.mark.parametrize("operation", ["GetRestApi", "GetStages"])
def test_what_cannot_be_looked_at_fails_alone_and_is_not_gone(
    server: AwsServer, west: Region, ears: HearingDesk, kind: str, word: str, operation: str
) -> None:
    api, other = west.rest_api("one").deploy("prod"), west.rest_api("two").deploy("prod")
    server.inject(Fault(kind=kind, operation=operation, resource=api.id, times=9))
    seen = ears.look(REST, touched(api.id, "UpdateRestApi"), touched(other.id, "UpdateRestApi"))
    assert seen.failed[api.id].kind == word
    assert seen.recorded.keys() == {other.id}


def test_a_denied_detail_is_a_gap(server: AwsServer, west: Region, ears: HearingDesk) -> None:
    api = west.rest_api("one").method("GET", "/x").deploy("prod")
    server.inject(Fault(kind="deny", operation="GetExport", times=9))
    server.inject(Fault(kind="deny", operation="GetResources", times=9))
    seen = ears.look(REST, touched(api.id))
    assert seen.recorded.keys() == {api.id}
    assert ("contract of stage prod", "access_denied") in seen.unseen


def test_what_the_source_leaves_out_is_left_out(west: Region, ears: HearingDesk) -> None:
    api = west.rest_api("internal-one", tags={"team": "x"}).deploy("prod")
    tagged = west.rest_api("two", tags={"secret": "yes"}).deploy("prod")
    desk = HearingDesk(exclude=Rules(names=("internal-*",), tags=("secret",)))
    seen = desk.look(REST, touched(api.id), touched(tagged.id))
    desk.close()
    assert seen.skipped.keys() == {api.id, tagged.id}


def test_of_the_other_protocol_nothing_is_said(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    http = west.http_api("http").route("GET /x").stage("$default")
    chat = west.websocket_api("chat").route("$connect").deploy("prod")
    objects = touched(http.id), touched(chat.id)
    assert ears.look(HTTP, *objects).recorded.keys() == {http.id}
    assert ears.look(CHAT, *objects).recorded.keys() == {chat.id}


def test_an_http_api_that_deploys_itself_costs_two_calls(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.http_api("one").route("GET /x").stage("$default")
    before = ears.list_all(HTTP)
    server.calls.clear()
    api.route("POST /y")
    seen = ears.look(HTTP, touched(api.id, "CreateRoute"), known=before.known())
    assert asked(server) == {"apigatewayv2:GetStages": 1, "apigatewayv2:ExportApi": 1}
    (item,) = seen.entities
    assert len(item.operations) == 2


def test_a_domain_is_read_with_its_mappings(
    server: AwsServer, west: Region, ears: HearingDesk
) -> None:
    api = west.rest_api("one").deploy("prod")
    west.domain("a.example").map("", api, "prod")
    private = west.domain("b.example", endpoint="PRIVATE").map("", api, "prod")
    listed = f"b.example+{private.fields['domainNameId']}"
    seen = ears.look(DOMAINS, touched("a.example"), touched(listed))
    assert seen.recorded.keys() == {"a.example", listed}
    assert all(len(each.routes) == 1 for each in seen.entities)
    assert asked(server) == {
        "apigateway:GetDomainName": 2,
        "apigatewayv2:GetApiMappings": 1,
        "apigateway:GetBasePathMappings": 1,
    }
    private.delete()
    assert ears.look(DOMAINS, touched(listed)).failed[listed].kind == "gone"


@pytest.mark.parametrize("collector", [REST, HTTP, CHAT, DOMAINS], ids=lambda each: each.product)
def test_the_right_is_tried_on_the_first_of_the_listing(
    server: AwsServer, west: Region, ears: HearingDesk, collector: Any
) -> None:
    west.rest_api("one")
    west.http_api("two")
    west.websocket_api("three")
    west.domain("a.example")
    (wanted,) = collector.again_permissions
    operation = wanted.operations[0]
    for expected in ("granted", "denied"):
        with ears.session(collector) as session:
            visit = ears.visit(session, collector.product)
            tried = {each.permission: each.grant for each in collector.try_again(None, visit)}
        assert tried[wanted] == expected
        west.deny(operation)
    assert server.calls.count(operation) == 2
