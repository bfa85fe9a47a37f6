"""Agent Registry and portals against the emulated AWS: declared elsewhere, linked, never deployments."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest

from apiscape.collectors.aws.agentcore.gateway_collector import AgentGatewayCollector
from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.agentregistry import records
from apiscape.collectors.aws.agentregistry.collector import AgentRegistryCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.portals import portals as portal_words
from apiscape.collectors.aws.portals.collector import PortalCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.collectors.contract import AccessDenied, Gone, Listed, PartFailed
from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.deployment import Deployment
from apiscape.model.surroundings import CatalogueRecord, Relation, Signal, Whereabouts
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, START, Desk, Seen
from tests.collectors.aws.test_odd_answers import changed, raising

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")


def scan(desk: Desk, collector: AgentRegistryCollector | PortalCollector) -> Seen:
    seen = desk.collect(collector)
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    assert not [each for each in seen.entities if isinstance(each, Deployment)]
    return seen


def of(seen: Seen, kind: type[Any]) -> list[Any]:
    return [each for each in seen.entities if isinstance(each, kind)]


def signals(seen: Seen) -> dict[str, Any]:
    return {each.name: each.value for each in of(seen, Signal)}


def test_a_record_declares_the_gateway_that_it_was_detected_from(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    gateway = west.shelves.of(AgentCore).gateway("tools")
    registry = west.shelves.of(AgentRegistry).add("agents")
    registry.record("tools", "GATEWAY", gateway.arn, displayName="Tools", status="DEPRECATED")
    registry.record("idea", "CUSTOM", status="DRAFT")
    seen = scan(desk, AgentRegistryCollector())
    found = {each.name: each for each in of(seen, CatalogueRecord)}
    assert (found["tools"].title, found["tools"].style) == ("Tools", "mcp")
    assert (found["tools"].lifecycle, found["idea"].lifecycle) == ("deprecated", "planned")
    (relation,) = of(seen, Relation)
    item = desk.collect(AgentGatewayCollector()).one("tools")
    assert (relation.type, relation.from_uid) == ("declares", found["tools"].uid)
    assert relation.to_uid == item.uid
    assert relation.evidence == (f"DETECTED_FROM {gateway.arn}",)
    assert relation.whereabouts == Whereabouts(
        item.native_id, AgentGatewayCollector.product, ACCOUNT, REGION
    )
    assert {each.catalogue for each in found.values()} == {"agents"}
    assert found["tools"].untold is None
    assert found["idea"].untold == "it names no source, and what it describes is not read"
    assert server.calls.count("agent-registry-control") == 2


def test_a_source_that_is_nothing_that_is_read_leaves_open_what_a_record_leads_to(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    gateway = west.shelves.of(AgentCore).gateway("tools")
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:tools"
    registry = west.shelves.of(AgentRegistry).add("agents")
    registry.record("both", "MCP", gateway.arn, function)
    registry.record("runtime", "AGENT", gateway.arn.replace("gateway/", "runtime/"))
    seen = scan(desk, AgentRegistryCollector())
    found = {each.name: each for each in of(seen, CatalogueRecord)}
    assert found["both"].untold == "1 of its 2 sources are nothing that is read"
    assert found["runtime"].untold is None
    places = {each.from_uid: each.whereabouts for each in of(seen, Relation)}
    assert places[found["runtime"].uid].product == AgentRuntimeCollector.product
    assert places[found["runtime"].uid].native_id.endswith("/DEFAULT")


def test_records_are_left_out_by_name_and_each_is_counted(server: AwsServer, west: Region) -> None:
    registries = west.shelves.of(AgentRegistry)
    agents = registries.add("agents").record("a", "MCP").record("b-test", "MCP")
    tools = registries.add("tools").record("c-test", "MCP")
    desk = Desk(exclude=Rules(names=("*-test",)))
    seen = scan(desk, AgentRegistryCollector())
    desk.close()
    assert [each.name for each in of(seen, CatalogueRecord)] == ["a"]
    keys = {
        f"{registry.fields['registryId']}/{record['recordId']}": record["name"]
        for registry in (agents, tools)
        for record in registry.records.values()
    }
    assert {keys[listed] for listed in seen.skipped} == {"b-test", "c-test"}
    assert all("exclude" in reason for reason in seen.skipped.values())
    listed = {page.part: set[str]() for page in seen.of(Listed)}
    for page in seen.of(Listed):
        listed[page.part].update(page.native_ids)
    assert listed["ListRegistryRecords"] == set(keys)
    assert listed["ListRegistries"] == {each.fields["registryId"] for each in (agents, tools)}


def test_denied_records_fail_their_registry_and_leave_the_records_incomplete(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    registries = west.shelves.of(AgentRegistry)
    registries.add("agents").record("a", "MCP")
    kept = registries.add("tools").record("b", "MCP")
    refusal = AccessDenied("needs it", permission="agent-registry:ListRegistryRecords")
    call = AwsSession.call

    def refuse(session: AwsSession, name: str, permission: str | None, given: Any) -> Any:
        if given.get("registryId") not in {None, kept.fields["registryId"]}:
            raise refusal
        return call(session, name, permission, given)

    with patch.object(AwsSession, "call", refuse):
        seen = desk.collect(AgentRegistryCollector())
    (failed,) = seen.failed.values()
    (part,) = seen.of(PartFailed)
    assert (seen.error, seen.closes()) == (None, True)
    assert failed.permission == "agent-registry:ListRegistryRecords"
    assert (part.part, part.error) == ("ListRegistryRecords", failed)
    assert [each.name for each in of(seen, CatalogueRecord)] == ["b"]
    assert [page.part for page in seen.of(Listed) if page.last] == ["ListRegistries"]


def test_a_registry_that_was_deleted_meanwhile_leaves_the_records_complete(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.shelves.of(AgentRegistry).add("agents").record("a", "MCP")
    with changed("agent-registry-control:ListRegistryRecords", raising(Gone("deleted"))):
        seen = scan(desk, AgentRegistryCollector())
    assert [error.kind for error in seen.failed.values()] == ["gone"]
    assert {page.part for page in seen.of(Listed) if page.last} == {
        "ListRegistries",
        "ListRegistryRecords",
    }


def test_a_record_without_an_id_is_counted(server: AwsServer, west: Region, desk: Desk) -> None:
    registry = west.shelves.of(AgentRegistry).add("agents").record("a", "MCP").record("b", "MCP")
    next(iter(registry.records.values()))["recordId"] = ""
    seen = scan(desk, AgentRegistryCollector())
    assert seen.unseen == [("a record", "malformed")]
    assert len(of(seen, CatalogueRecord)) == 1


# ── Portals ──────────────────────────────────────────────────────────────────


def test_a_portal_publishes_the_stages_whose_pages_it_shows(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    rest = west.rest_api("claims").method("GET", "/claims").deploy("prod")
    portals = west.shelves.of(Portals)
    product = portals.product(
        "claims", (rest, "prod", "GET", "/claims"), (rest, "prod", "POST", "/claims")
    )
    portals.portal("Developers", product, asks=False)
    portals.portal("Partners", product, PublishStatus="DISABLED")
    seen = scan(desk, PortalCollector())
    found = {each.name: each for each in of(seen, CatalogueRecord)}
    stage = desk.collect(RestApiCollector()).one("claims", "prod")
    relations = of(seen, Relation)
    assert {each.from_uid for each in relations} == {each.uid for each in found.values()}
    assert {(each.type, each.to_uid) for each in relations} == {("publishes", stage.uid)}
    assert relations[0].evidence == ("page GET /claims", "page POST /claims")
    place = Whereabouts(stage.native_id, RestApiCollector.product, ACCOUNT, REGION)
    assert {each.whereabouts for each in relations} == {place}
    assert {(each.catalogue, each.untold) for each in found.values()} == {
        ("Developers", None),
        ("Partners", None),
    }
    asked = {
        each.subject_uid: each.value
        for each in of(seen, Signal)
        if each.name == portal_words.AUTHORIZATION
    }
    assert asked == {found["Developers"].uid: "none", found["Partners"].uid: "cognito"}
    assert (found["Developers"].lifecycle, found["Partners"].lifecycle) == ("live", "retired")
    assert found["Developers"].urls[0].endswith(f".portal.{REGION}.on.aws")
    assert signals(seen)[portal_words.TRY_IT] == 2.0
    assert server.calls.by_operation()["apigatewayv2:ListProductRestEndpointPages"] == 1


def test_pages_of_a_product_that_another_account_shares_are_of_its_own_stages(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    rest = west.rest_api("claims").method("GET", "/claims").deploy("prod")
    portals = west.shelves.of(Portals)
    mine = portals.product("claims", (rest, "prod", "GET", "/claims"))
    shared = portals.product("shared", (rest, "prod", "GET", "/claims"))
    portals.portal("Developers", mine, shared.replace(f":{ACCOUNT}:", ":444455556666:"))
    relations = of(scan(desk, PortalCollector()), Relation)
    assert {each.whereabouts.account for each in relations} == {ACCOUNT, "444455556666"}
    assert len({each.to_uid for each in relations}) == 2


def test_denied_pages_are_a_gap_of_their_portal(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    portals = west.shelves.of(Portals)
    portals.portal("Developers", portals.product("claims"))
    west.deny("apigatewayv2:ListProductRestEndpointPages")
    seen = scan(desk, PortalCollector())
    assert [kind for _, kind in seen.unseen] == ["access_denied"]
    assert of(seen, Relation) == []
    (portal,) = of(seen, CatalogueRecord)
    assert portal.untold.startswith("pages of product ")
    assert portal.untold.endswith(": not seen")
    assert portal_words.TRY_IT not in signals(seen)


def test_a_product_that_was_deleted_meanwhile_takes_no_portal_with_it(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    portals = west.shelves.of(Portals)
    portals.portal("Developers", portals.product("claims"))
    portals.products.clear()
    seen = scan(desk, PortalCollector())
    assert [kind for _, kind in seen.unseen] == ["malformed"]
    assert len(of(seen, CatalogueRecord)) == 1


@pytest.mark.parametrize("rules", [Rules(names=("Dev*",)), Rules(tags=("team=x",))])
def test_portals_are_left_out_by_name_and_by_tag(
    rules: Rules, server: AwsServer, west: Region
) -> None:
    west.shelves.of(Portals).portal("Developers", Tags={"team": "x"})
    desk = Desk(exclude=rules)
    assert len(scan(desk, PortalCollector()).skipped) == 1
    desk.close()


def test_only_so_many_pages_are_evidence() -> None:
    named = {"RestApiId": "abc", "Stage": "prod", "Method": "GET", "Path": "/x"}
    page = {"RestEndpointIdentifier": {"IdentifierParts": named}}
    (relation,) = portal_words.read_pages([page] * 25, "p", PLACE)
    assert relation.evidence[-1] == "and 5 more"
    assert len(relation.evidence) == 21


HOSTILE: tuple[Any, ...] = (None, 7, True, "", "\ud800", [], {}, [None], {"a": 1}, "x" * 9000)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_hostile_values_are_survived(value: Any) -> None:
    members = ("name", "status", "recordType", "provenanceSummaryList", "createdByAutoDetection")
    record = {"recordId": "r", **dict.fromkeys(members, value)}
    declared = records.normalise(record, {"registryId": "g"}, PLACE)
    assert encode(declared)
    assert all(encode(each) for each in records.read_surroundings(record, declared, START))
    portal = dict.fromkeys(("PortalContent", "EndpointConfiguration", "Authorization"), value)
    portal |= {"PortalId": "p", "PublishStatus": value}
    assert encode(portal_words.normalise(portal, PLACE))
    assert encode(portal_words.read_authorization(portal, "p", START))
    pages = [{"RestEndpointIdentifier": value, "TryItState": value}, {}]
    assert all(encode(each) for each in portal_words.read_pages(pages, "p", PLACE))
    is_said = value is None or (isinstance(value, str) and bool(value))
    assert portal_words.count_tried(pages, "p", START).value == (0.0 if is_said else None)
