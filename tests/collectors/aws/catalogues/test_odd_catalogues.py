"""Odd answers of Agent Registry and of portals: declared all the same, linked to what is meant, and never deployed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given

from apiscape.collectors.aws.agentcore.runtime_collector import AgentRuntimeCollector
from apiscape.collectors.aws.agentregistry import records
from apiscape.collectors.aws.agentregistry.collector import AgentRegistryCollector
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.portals import portals as portal_words
from apiscape.collectors.aws.portals.collector import PortalCollector
from apiscape.collectors.aws.session import AwsSession
from apiscape.demo.aws.estate.agentcore import AgentCore, AgentRegistry
from apiscape.demo.aws.estate.portals import Portals
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.surroundings import CatalogueRecord, Relation, Signal
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.oddities import CANARY, few, spoilt
from tests.collectors.aws.test_odd_answers import changed

PLACE = Place("aws", ACCOUNT, REGION, "amazonaws.com")
NOW = datetime(2026, 11, 2, tzinfo=UTC)
CORE = f"arn:aws:bedrock-agentcore:{REGION}:{ACCOUNT}"

RECORD = {
    "recordId": "r-1",
    "name": "tools",
    "displayName": "Tools",
    "description": "What they do",
    "recordType": "MCP",
    "recordVersion": "1.2",
    "status": "APPROVED",
    "createdByAutoDetection": True,
    "provenanceSummaryList": [
        {"sourceId": f"{CORE}:gateway/g-1", "relation": "DETECTED_FROM"},
        {"sourceId": f"{CORE}:runtime/helper/runtime-endpoint/live"},
    ],
    "descriptors": {"mcp": {"server": {"inlineContent": CANARY}}},
    "metadata": {"token": CANARY},
}
PORTAL = {
    "PortalId": "p-1",
    "PublishStatus": "PUBLISHED",
    "Authorization": {"CognitoConfig": {"AppClientId": CANARY, "UserPoolArn": CANARY}},
    "EndpointConfiguration": {
        "DomainName": "Dev.Example",
        "PortalDefaultDomainName": "p-1.portal.example",
        "CertificateArn": CANARY,
    },
    "PortalContent": {
        "DisplayName": "Developers",
        "Description": "For them",
        "Theme": {"x": CANARY},
    },
    "RumAppMonitorName": CANARY,
}
PAGES = [
    {
        "Endpoint": CANARY,
        "TryItState": state,
        "RestEndpointIdentifier": {
            "IdentifierParts": {"RestApiId": "abc", "Stage": stage, "Method": "GET", "Path": "/x"}
        },
    }
    for state, stage in (("ENABLED", "prod"), ("DISABLED", "test"))
]


def of(seen: Seen, kind: type[Any]) -> list[Any]:
    return [each for each in seen.entities if isinstance(each, kind)]


# ── Records ──────────────────────────────────────────────────────────────────


@few
@given(spoilt(RECORD))
def test_a_record_of_odd_answers_is_declared(odd: dict[str, Any]) -> None:
    record = {**odd, "recordId": "r-1"}
    declared = records.normalise(record, {"registryId": "g"}, PLACE)
    around = list(records.read_surroundings(record, declared, NOW))
    assert declared.native_id == f"aws:{ACCOUNT}:{REGION}:agent-registry:g/r-1"
    assert declared.name
    assert CANARY.encode() not in encode(declared) + b"".join(map(encode, around))
    signals = [each.value for each in around if isinstance(each, Signal)]
    assert signals == [odd["createdByAutoDetection"]] * isinstance(
        odd.get("createdByAutoDetection"), bool
    )
    named = {
        deployment_uid(f"aws:{ACCOUNT}:{REGION}:bedrock-agentcore:{resource}")
        for resource in ("gateway/g-1", "runtime/helper/live")
    }
    assert {each.to_uid for each in around if isinstance(each, Relation)} <= named


@pytest.mark.parametrize(
    ("kind", "style"),
    [
        ("MCP", "mcp"),
        ("GATEWAY", "mcp"),
        ("AGENT", None),
        ("CUSTOM", None),
        ("SKILL", None),
        (None, None),
    ],
)
def test_a_style_is_said_where_the_type_of_a_record_says_it(
    kind: str | None, style: str | None
) -> None:
    assert records.normalise({**RECORD, "recordType": kind}, {}, PLACE).style == style


@pytest.mark.parametrize(
    ("status", "lifecycle"),
    [
        ("DRAFT", "planned"),
        ("DEPRECATED", "deprecated"),
        ("APPROVED", "approved"),
        ("PENDING_APPROVAL", "pending_approval"),
        ("REJECTED", "rejected"),
        ("OF_A_LATER_YEAR", "of_a_later_year"),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_where_a_record_stands(status: Any, lifecycle: str | None) -> None:
    assert records.normalise({**RECORD, "status": status}, {}, PLACE).lifecycle == lifecycle


@pytest.mark.parametrize(
    ("sources", "resources"),
    [
        ([f"{CORE}:gateway/g"], {"gateway/g": 1}),
        ([f"{CORE}:gateway/g", f"{CORE}:gateway/g"], {"gateway/g": 2}),
        ([f"{CORE}:runtime/r"], {"runtime/r/DEFAULT": 1}),
        (
            [f"{CORE}:runtime/r/runtime-endpoint/e", f"{CORE}:runtime/r"],
            {"runtime/r/e": 1, "runtime/r/DEFAULT": 1},
        ),
        ([f"{CORE}:memory/m", f"{CORE}:gateway/", "no arn", "", None, 7], {}),
        ([f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pay"], {}),
    ],
)
def test_what_a_record_declares_is_a_deployment_that_an_arn_is_of(
    sources: list[Any], resources: dict[str, int]
) -> None:
    record = {"recordId": "r", "provenanceSummaryList": [{"sourceId": each} for each in sources]}
    declared = records.normalise(record, {"registryId": "g"}, PLACE)
    found = {
        each.to_uid: len(each.evidence)
        for each in records.read_surroundings(record, declared, NOW)
        if isinstance(each, Relation)
    }
    assert found == {
        deployment_uid(f"aws:{ACCOUNT}:{REGION}:bedrock-agentcore:{resource}"): times
        for resource, times in resources.items()
    }


def test_one_name_in_two_registries_is_two_records(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    for registry in ("agents", "tools"):
        west.shelves.of(AgentRegistry).add(registry).record("same", "MCP")
    seen = desk.collect(AgentRegistryCollector())
    found = of(seen, CatalogueRecord)
    assert [each.name for each in found] == ["same", "same"]
    assert len({each.uid for each in found}) == len({each.native_id for each in found}) == 2


def test_a_record_of_a_runtime_is_linked_to_the_endpoint_that_it_was_detected_from(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    helper = west.shelves.of(AgentCore).runtime("helper").endpoint("live", "1")
    source = f"{helper.arn}/runtime-endpoint/live"
    west.shelves.of(AgentRegistry).add("agents").record("helper", "AGENT", source)
    seen = desk.collect(AgentRegistryCollector())
    (relation,) = of(seen, Relation)
    assert relation.to_uid == desk.collect(AgentRuntimeCollector()).one("helper", "live").uid
    assert of(seen, Deployment) == []


def test_records_that_are_no_records_are_counted_and_the_others_stand(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.shelves.of(AgentRegistry).add("agents").record("a", "MCP")

    def more(answer: Any) -> Any:
        (listed,) = (key for key in answer if isinstance(answer[key], list))
        return {**answer, listed: [None, 7, {"name": "no id"}, {}, *answer[listed]]}

    with changed("agent-registry-control:ListRegistryRecords", more):
        seen = desk.collect(AgentRegistryCollector())
    assert [each.name for each in of(seen, CatalogueRecord)] == ["a"]
    assert seen.unseen == [("a record", "malformed")]
    assert seen.closes()


def test_an_empty_registry_is_recorded_and_declares_nothing(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    registry = west.shelves.of(AgentRegistry).add("agents")
    seen = desk.collect(AgentRegistryCollector())
    (recorded,) = seen.recorded.values()
    assert recorded.native_id == registry.fields["registryId"]
    assert recorded.entities == ()
    assert (seen.unseen, seen.whole) == ([], True)


# ── Portals ──────────────────────────────────────────────────────────────────


@few
@given(spoilt({"portal": PORTAL, "pages": PAGES}))
def test_a_portal_of_odd_answers_is_declared(odd: dict[str, Any]) -> None:
    given_, listed = odd.get("portal"), odd.get("pages")
    portal = {**(given_ if isinstance(given_, dict) else {}), "PortalId": "p-1"}
    pages = listed if isinstance(listed, list) else []
    declared = portal_words.normalise(portal, PLACE)
    asked = portal_words.read_authorization(portal, declared.uid, NOW)
    published = list(portal_words.read_pages(pages, declared.uid, PLACE))
    tried = portal_words.count_tried(pages, declared.uid, NOW)
    said = b"".join(map(encode, (declared, asked, tried, *published)))
    assert CANARY.encode() not in said
    assert declared.native_id == PLACE.native_id("portals/p-1")
    assert asked.value in {"cognito", None}
    assert all(url.startswith("https://") and url == url.casefold() for url in declared.urls)
    words = [page.get("TryItState") if isinstance(page, dict) else 7 for page in pages]
    readable = all(word is None or (isinstance(word, str) and word) for word in words)
    assert tried.value == (float(words.count("ENABLED")) if readable else None)
    assert len(published) <= 2


@pytest.mark.parametrize(
    ("status", "lifecycle"),
    [
        ("PUBLISHED", "live"),
        ("DISABLED", "retired"),
        ("PUBLISH_FAILED", "publish_failed"),
        ("NEW_WORD", "new_word"),
        (None, None),
        (7, None),
    ],
)
def test_where_a_portal_stands(status: Any, lifecycle: str | None) -> None:
    assert portal_words.normalise({**PORTAL, "PublishStatus": status}, PLACE).lifecycle == lifecycle


@pytest.mark.parametrize(
    ("given_", "asked"),
    [
        ({"CognitoConfig": {}}, "cognito"),
        ({"None": {}}, "none"),
        ({"SDK_UNKNOWN_MEMBER": {"name": "OfALaterYear"}}, None),
        ({}, None),
        (None, None),
        ("None", None),
        (["None"], None),
    ],
)
def test_that_a_portal_asks_nobody_is_said_only_where_the_answer_says_it(
    given_: Any, asked: str | None
) -> None:
    assert portal_words.read_authorization({"Authorization": given_}, "p", NOW).value == asked


@pytest.mark.parametrize(
    ("endpoint", "urls"),
    [
        (
            {"DomainName": "Dev.Example", "PortalDefaultDomainName": "p.aws"},
            ("https://dev.example", "https://p.aws"),
        ),
        ({"PortalDefaultDomainName": "p.aws", "DomainName": ""}, ("https://p.aws",)),
        ({"DomainName": ["x"]}, ()),
        (None, ()),
    ],
)
def test_the_addresses_of_a_portal(endpoint: Any, urls: tuple[str, ...]) -> None:
    assert portal_words.normalise({"EndpointConfiguration": endpoint}, PLACE).urls == urls


@pytest.mark.parametrize(
    ("named", "evidence"),
    [
        ({"RestApiId": "abc", "Stage": "prod", "Method": "GET", "Path": "/x"}, "page GET /x"),
        ({"RestApiId": "abc", "Stage": "prod"}, "page ? ?"),
        ({"RestApiId": "abc", "Stage": ""}, None),
        ({"Stage": "prod", "Method": "GET"}, None),
        ({"RestApiId": 7, "Stage": "prod"}, None),
        (None, None),
    ],
)
def test_a_page_is_of_a_stage_where_both_names_are_said(named: Any, evidence: str | None) -> None:
    page = {"RestEndpointIdentifier": {"IdentifierParts": named}}
    found = list(portal_words.read_pages([page], "p", PLACE))
    assert [each.evidence for each in found] == ([(evidence,)] if evidence else [])
    assert [each.to_uid for each in found] == (
        [deployment_uid(PLACE.native_id("abc/prod"))] if evidence else []
    )


@pytest.mark.parametrize("owner", [ACCOUNT, "444455556666", ""])
def test_a_product_of_another_account_is_asked_for_with_its_owner(
    owner: str, server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    portals = west.shelves.of(Portals)
    portals.portal("Developers", portals.product("claims").replace(ACCOUNT, owner))
    asked: list[Any] = []
    call = AwsSession.call

    def hear(session: AwsSession, name: str, *given_: Any) -> Any:
        asked.extend(given_[-1:] if name == "apigatewayv2:ListProductRestEndpointPages" else ())
        return call(session, name, *given_)

    monkeypatch.setattr(AwsSession, "call", hear)
    assert desk.collect(PortalCollector()).unseen == []
    (parameters,) = asked
    assert parameters["PortalProductId"] == next(iter(portals.products))
    shared = {"444455556666"} if owner == "444455556666" else set()
    assert {parameters.get("ResourceOwnerAccountId")} - {None} == shared


def test_a_portal_without_a_name_goes_by_its_id_and_one_without_an_id_fails(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    portal = west.shelves.of(Portals).portal("Developers")

    def nameless(answer: Any) -> Any:
        (listed,) = answer["Items"]
        return {**answer, "Items": [{**listed, "PortalContent": None}, {"PortalContent": {}}]}

    with changed("apigatewayv2:ListPortals", nameless):
        seen = desk.collect(PortalCollector())
    assert [each.name for each in of(seen, CatalogueRecord)] == [portal["PortalId"]]
    assert [error.kind for error in seen.failed.values()] == ["malformed"]
    assert seen.closes()


def test_what_is_left_out_is_counted_and_its_products_are_not_asked_for(
    server: AwsServer, west: Region
) -> None:
    portals = west.shelves.of(Portals)
    for name in ("Developers", "Partners-test", "Staff-test"):
        portals.portal(name, portals.product(name))
    desk = Desk(exclude=Rules(names=("*-test",)))
    seen = desk.collect(PortalCollector())
    desk.close()
    assert (len(seen.listed), len(seen.skipped), len(seen.recorded)) == (3, 2, 1)
    assert server.calls.count("apigatewayv2:ListProductRestEndpointPages") == 1


@pytest.mark.parametrize("collector", [AgentRegistryCollector(), PortalCollector()])
def test_a_second_round_says_the_same_and_remembers_no_tokens(
    collector: AgentRegistryCollector | PortalCollector,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    west.shelves.of(AgentRegistry).add("agents").record("a", "MCP", f"{CORE}:gateway/g")
    portals = west.shelves.of(Portals)
    rest = west.rest_api("claims").method("GET", "/x").deploy("prod")
    portals.portal("Developers", portals.product("claims", (rest, "prod", "GET", "/x")))
    first = desk.collect(collector)
    server.calls.clear()
    again = desk.collect(collector, known=first.known())
    assert first.known() == []
    assert len(server.calls) == 2
    assert list(map(encode, again.entities)) == list(map(encode, first.entities))
    assert of(first, Deployment) == []
    assert of(first, Relation) != []
