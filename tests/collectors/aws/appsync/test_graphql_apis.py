"""GraphQL and merged APIs, from the emulated AppSync."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from apiscape.collect.visit import ScopeVisit
from apiscape.collectors.aws.appsync.days import LOOK_AGAIN_S, token_of
from apiscape.collectors.aws.appsync.graphql_apis import (
    GraphqlCollector,
    MergedCollector,
)
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import Collector
from apiscape.demo.aws.estate.appsync import API_KEY, COGNITO, IAM, AppSync
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.identity import deployment_uid
from apiscape.model.surroundings import Relation, Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.appsync.samples import POOL, SDL, fill
from tests.collectors.aws.desk import ACCOUNT, REGION, START, Desk, Seen

THEIRS = "444455556666"
ONCE = AwsSettings(total_max_attempts=1)


@pytest.fixture
def held(west: Region) -> AppSync:
    return west.shelves.of(AppSync)


def deployments(seen: Seen) -> list[Deployment]:
    return [item for item in seen.entities if isinstance(item, Deployment)]


def operations(item: Deployment) -> dict[str, Any]:
    assert item.operations is not UNKNOWN
    return {f"{one.verb} {one.template}": one for one in item.operations}


def test_an_api_is_one_deployment_of_its_account(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    api = held.graphql(
        "claims",
        SDL,
        auth=COGNITO,
        userPoolConfig=POOL,
        visibility="PRIVATE",
        tags={"owner": "Team Claims", "environment": "prod"},
        ownerContact="claims@example.gov.uk",
        wafWebAclArn="arn:aws:wafv2:x",
        logConfig={"fieldLogLevel": "NONE", "cloudWatchLogsRoleArn": "arn:aws:iam::1:role/l"},
        xrayEnabled=True,
        queryDepthLimit=7,
        introspectionConfig="DISABLED",
    )
    seen = desk.collect(GraphqlCollector())
    assert seen.whole
    assert seen.closes()
    (item,) = deployments(seen)
    assert item.native_id == f"aws:{ACCOUNT}:{REGION}:appsync:{api.id}"
    assert item.uid == deployment_uid(item.native_id)
    assert (item.native_kind, item.style, item.status) == (
        "aws.appsync.graphql",
        "graphql",
        "active",
    )
    assert (item.exposure, item.exposure_evidence) == ("private", "visibility PRIVATE")
    assert [(owner.name, owner.contact) for owner in item.owners or ()] == [
        ("Team Claims", "claims@example.gov.uk")
    ]
    assert item.environment == "production"
    assert item.gateway == f"AppSync {REGION}"
    endpoints = [one.url for one in item.endpoints or ()]
    assert endpoints == list(api.fields["uris"].values())
    guards = item.protections
    assert (guards.waf, guards.access_log, guards.tracing) == ("enabled",) * 3
    assert (guards.mtls, guards.rate_limit, guards.cors) == ("disabled", "disabled", "unknown")
    limits = {one.name: one.value for one in seen.entities if isinstance(one, Signal)}
    assert limits == {
        "graphql.introspection": "disabled",
        "graphql.query_depth_limit": 7.0,
        "graphql.resolver_count_limit": 0.0,
    }


def test_every_field_of_a_root_type_asks_what_its_directives_say(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    pool = {key: value for key, value in POOL.items() if key != "defaultAction"}
    more = [{"authenticationType": IAM}, {"authenticationType": COGNITO, "userPoolConfig": pool}]
    held.graphql("claims", SDL, auth=API_KEY, additionalAuthenticationProviders=more)
    found = operations(desk.collect(GraphqlCollector()).one("claims"))
    asked = {
        name: ([scheme.kind for scheme in one.security.schemes], one.security.evidence)
        for name, one in found.items()
    }
    assert asked == {
        "MUTATION approve": (["jwt"], f"directives of the field: {COGNITO}"),
        "MUTATION make": (["jwt"], f"directives of the type: {COGNITO}"),
        "QUERY audit": (["iam"], "directives of the field: AWS_IAM"),
        "QUERY both": (["custom"], "directives of the field: any of AWS_IAM, API_KEY"),
        "QUERY claims": (["api_key"], "default: API_KEY"),
        "QUERY old": (["api_key"], "default: API_KEY"),
        "SUBSCRIPTION made": (["api_key"], "default: API_KEY"),
    }
    assert {one.security.requirement for one in found.values()} == {"required"}
    approve = found["MUTATION approve"].security.schemes[0]
    assert approve.issuer == "eu-west-1_pool"
    assert approve.scopes == ("cognito:groups=Approvers", "cognito:groups=Leads")
    assert found["QUERY old"].deprecated is True
    assert found["QUERY claims"].deprecated is UNKNOWN


def test_a_schema_is_kept_once_by_content_without_values_and_directives_of_aws(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    held.graphql("one", SDL)
    held.graphql("two", SDL.replace("# x", ""), auth=IAM)
    seen = desk.collect(GraphqlCollector())
    specs = [item.specs[0] for item in deployments(seen) if item.specs]
    assert {spec.format for spec in specs} == {"graphql"}
    assert len({spec.contract_sha256 for spec in specs}) == 1
    documents = {key: body for one in seen.recorded.values() for key, body in one.documents.items()}
    ((key, body),) = documents.items()
    assert key == hashlib.sha256(body).hexdigest() == specs[0].contract_sha256
    assert b"@aws_iam" not in body
    assert b'= "all"' not in body
    assert b'@deprecated(reason: "use claims")' in body


def test_data_sources_are_backends(server: AwsServer, held: AppSync, desk: Desk) -> None:
    api = held.graphql("claims", SDL)
    api.data_source("fn", "AWS_LAMBDA", lambdaConfig={"lambdaFunctionArn": "arn:aws:lambda:f"})
    api.data_source(
        "web", "HTTP", httpConfig={"endpoint": "https://u:p@back.example/x?key=1"}
    ).data_source("local")
    item = desk.collect(GraphqlCollector()).one("claims")
    assert [(one.key, one.kind, one.address) for one in item.backends] == [
        ("fn", "lambda", "arn:aws:lambda:f"),
        ("local", "mock", None),
        ("web", "http", "https://back.example/x"),
    ]


def test_each_type_is_listed_by_its_own_collector(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, apis=2)
    plain, merged = desk.collect(GraphqlCollector()), desk.collect(MergedCollector())
    assert {item.name for item in deployments(plain)} == {"claims-0", "claims-1"}
    assert {item.name for item in deployments(merged)} == {"all-0", "all-1"}
    assert {item.native_kind for item in deployments(merged)} == {"aws.appsync.merged"}


def test_a_merged_api_depends_on_its_sources_of_whichever_account(
    server: AwsServer, held: AppSync, estate: AwsEstate, desk: Desk
) -> None:
    theirs = estate.account(THEIRS).region(REGION).shelves.of(AppSync).graphql("theirs", SDL)
    own = held.graphql("own", SDL)
    held.merged("all", SDL).merge(own).merge(theirs)
    seen = desk.collect(MergedCollector())
    relations = [one for one in seen.entities if isinstance(one, Relation)]
    assert {one.type for one in relations} == {"depends_on"}
    assert {one.from_uid for one in relations} == {deployments(seen)[0].uid}
    assert {one.to_uid for one in relations} == {
        deployment_uid(f"aws:{account}:{REGION}:appsync:{api.id}")
        for account, api in ((ACCOUNT, own), (THEIRS, theirs))
    }


def test_what_is_shared_belongs_to_its_owner(
    server: AwsServer, held: AppSync, estate: AwsEstate, desk: Desk
) -> None:
    theirs = estate.account(THEIRS).region(REGION).shelves.of(AppSync).graphql("theirs", SDL)
    held.share(theirs)
    desk.title = "tax-prod"
    item = desk.collect(GraphqlCollector()).one("theirs")
    assert item.account == THEIRS
    assert item.native_id == f"aws:{THEIRS}:{REGION}:appsync:{theirs.id}"
    assert item.environment == "unknown"  # the account's title is that of the one who looks


# ── What it costs ────────────────────────────────────────────────────────────


def test_what_is_shared_is_left_to_its_owner_where_both_are_visited(
    server: AwsServer, held: AppSync, estate: AwsEstate
) -> None:
    theirs = estate.account(THEIRS, "tax-shared").only_regions(REGION)
    theirs.role("reader")
    held.graphql("own", SDL)
    held.share(theirs.region(REGION).shelves.of(AppSync).graphql("theirs", SDL))
    desk = Desk(AwsSettings(regions=(REGION,), accounts=(ACCOUNT, THEIRS), role_name="reader"))
    desk.provider.plan("prod", desk.settings)
    ours = desk.collect(GraphqlCollector())
    other = desk.collect(GraphqlCollector(), account=THEIRS)
    desk.close()
    assert [item.name for item in deployments(ours)] == ["own"]
    assert list(ours.skipped.values()) == [f"shared by account {THEIRS}, which is visited"]
    assert [item.name for item in deployments(other)] == ["theirs"]
    assert ours.closes()


def test_an_unchanged_estate_costs_its_listings(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, apis=60)
    first = desk.collect(GraphqlCollector())
    assert server.calls.by_operation() == {
        "appsync:ListGraphqlApis": 3,
        "appsync:GetIntrospectionSchema": 60,
        "appsync:ListDataSources": 60,
    }
    server.calls.clear()
    again = desk.collect(GraphqlCollector(), known=first.known())
    assert server.calls.by_operation() == {"appsync:ListGraphqlApis": 3}
    assert len(again.unchanged) == 60
    assert deployments(again) == []
    assert {type(item) for item in again.entities} == {Signal}
    server.calls.clear()
    merged = desk.collect(MergedCollector())
    server.calls.clear()
    desk.collect(MergedCollector(), known=merged.known())
    assert server.calls.by_operation() == {
        "appsync:ListGraphqlApis": 1,
        "appsync:ListSourceApiAssociations": 2,
    }


def test_an_api_that_was_edited_is_looked_at_again(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    held = fill(west)
    first = desk.collect(GraphqlCollector())
    edited = next(iter(held.apis.values())).edit(authenticationType=IAM)
    again = desk.collect(GraphqlCollector(), known=first.known())
    assert [item.name for item in deployments(again)] == [edited.fields["name"]]
    asked = operations(deployments(again)[0])["QUERY claims"].security
    assert [scheme.kind for scheme in asked.schemes] == ["iam"]


def test_a_schema_is_read_again_once_a_day(server: AwsServer, held: AppSync, desk: Desk) -> None:
    api = held.graphql("claims", SDL)
    first = desk.collect(GraphqlCollector())
    api.schema("type Query { other: Int }")
    desk.clock.virtual.advance(LOOK_AGAIN_S)
    again = desk.collect(GraphqlCollector(), known=first.known())
    assert list(operations(deployments(again)[0])) == ["QUERY other"]


def test_apis_have_an_hour_of_their_own() -> None:
    tokens = {token_of(f"api-{number}", {}, START) for number in range(40)}
    assert len(tokens) == 2  # some have it before this hour of the day, some after


# ── What goes wrong ──────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("operation", "detail", "field"),
    [
        ("appsync:GetIntrospectionSchema", "contract", "operations"),
        ("appsync:ListDataSources", "data sources", "backends"),
    ],
)
def test_a_denied_detail_is_unknown_and_said(
    operation: str, detail: str, field: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west, apis=1)
    west.deny(operation)
    seen = desk.collect(GraphqlCollector())
    assert seen.whole
    assert seen.unseen == [(detail, "access_denied")]
    item = deployments(seen)[0]
    assert getattr(item, field) is UNKNOWN
    others = {"operations", "backends"} - {field}
    assert all(getattr(item, other) for other in others)


def test_sources_of_a_merged_api_that_may_not_be_read_are_said(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    fill(west)
    west.deny("appsync:ListSourceApiAssociations")
    seen = desk.collect(MergedCollector())
    assert seen.unseen == [("source APIs", "access_denied")] * 2
    assert not [one for one in seen.entities if isinstance(one, Relation)]
    assert len(deployments(seen)) == 2


def test_a_denied_listing_is_no_empty_one(server: AwsServer, west: Region, desk: Desk) -> None:
    fill(west)
    west.deny("appsync:ListGraphqlApis", scp=True)
    for collector in (GraphqlCollector(), MergedCollector()):
        seen = desk.collect(collector)
        assert not seen.whole
        assert "service control policy explicitly denies appsync:ListGraphqlApis" in str(seen.error)


def test_an_api_without_a_schema_is_recorded_without_operations(
    server: AwsServer, held: AppSync, desk: Desk
) -> None:
    held.graphql("bare")
    seen = desk.collect(GraphqlCollector())
    assert seen.unseen == [("contract", "malformed")]
    assert deployments(seen)[0].operations is UNKNOWN


@pytest.mark.parametrize(
    "sdl", ["type Query {", "[" * 90_000, '"""', "type Query { a: " + "[" * 5000, "\n" * 200_001]
)
def test_a_schema_that_cannot_be_read_loses_nothing_else(
    sdl: str, server: AwsServer, held: AppSync, desk: Desk
) -> None:
    held.graphql("odd", sdl).data_source("local")
    held.graphql("even", SDL)
    seen = desk.collect(GraphqlCollector())
    assert seen.unseen == [("contract", "malformed")]
    odd = seen.recorded[next(iter(held.apis))].entities[0]
    assert isinstance(odd, Deployment)
    assert odd.operations is UNKNOWN
    assert [one.key for one in odd.backends or ()] == ["local"]
    assert operations(next(item for item in deployments(seen) if item.name == "even"))


def test_an_api_that_goes_while_it_is_read_is_gone(
    server: AwsServer, held: AppSync, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = held.graphql("claims", SDL)
    now = ScopeVisit.now

    def gone(visit: ScopeVisit) -> Any:
        held.apis.pop(api.id, None)
        return now(visit)

    monkeypatch.setattr(ScopeVisit, "now", gone)
    seen = desk.collect(GraphqlCollector())
    assert seen.failed[api.id].kind == "gone"
    assert seen.closes()


@pytest.mark.parametrize("make", [GraphqlCollector, MergedCollector])
@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_a_listing_without_an_end_is_not_complete(
    make: Callable[[], Collector], kind: str, server: AwsServer, west: Region
) -> None:
    fill(west)
    server.inject(Fault(kind=kind, operation="ListGraphqlApis"))
    desk = Desk(ONCE)
    seen = desk.collect(make())
    desk.close()
    assert not seen.whole
    assert getattr(seen.error, "kind", None) == "malformed"


def test_apis_are_left_out_by_tag_and_name(server: AwsServer, held: AppSync) -> None:
    held.graphql("claims", SDL, tags={"team": "x"})
    held.graphql("scratch-1", SDL)
    desk = Desk(exclude=Rules(names=("scratch-*",), tags=("team=x",)))
    seen = desk.collect(GraphqlCollector())
    desk.close()
    assert deployments(seen) == []
    assert len(seen.skipped) == 2
    assert server.calls.count("appsync:GetIntrospectionSchema") == 0
