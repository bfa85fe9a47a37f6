"""AppSync through the real SDK: GraphQL, merged and Event APIs, schemas, domain names."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.appsync import COGNITO, IAM, AppSync
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST, SECRET_READS
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, OTHER, Serve, code

SDL = (
    'type Query { claims(kind: String): Int @aws_iam  notes: Int @aws_auth(cognito_groups: ["a"]) }'
)


@pytest.fixture
def held(region: Region) -> AppSync:
    return region.shelves.of(AppSync)


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("appsync", ACCOUNT)


def test_both_types_are_in_one_listing_and_can_be_asked_for(client: Any, held: AppSync) -> None:
    claims = held.graphql("claims", SDL, auth=COGNITO, ownerContact="claims@example")
    held.merged("all").merge(claims)
    listed = client.list_graphql_apis()["graphqlApis"]
    assert [(api["name"], api["apiType"]) for api in listed] == [
        ("claims", "GRAPHQL"),
        ("all", "MERGED"),
    ]
    assert listed[0]["authenticationType"] == COGNITO
    assert listed[0]["ownerContact"] == "claims@example"
    assert listed[0]["uris"]["GRAPHQL"].startswith("https://")
    assert listed[0]["uris"]["REALTIME"].startswith("wss://")
    for kind, names in (("GRAPHQL", ["claims"]), ("MERGED", ["all"])):
        found = client.list_graphql_apis(apiType=kind)["graphqlApis"]
        assert [api["name"] for api in found] == names


def test_what_another_account_shares_is_told_apart_by_its_owner(
    client: Any, held: AppSync, estate: AwsEstate
) -> None:
    held.graphql("own")
    theirs = estate.account(OTHER).region("eu-west-1").shelves.of(AppSync).graphql("theirs")
    held.share(theirs)
    for owner, names in (("CURRENT_ACCOUNT", ["own"]), ("OTHER_ACCOUNTS", ["theirs"])):
        found = client.list_graphql_apis(owner=owner)["graphqlApis"]
        assert [api["name"] for api in found] == names
    assert theirs.arn.split(":")[4] == OTHER


def test_pages_have_ten_by_default_and_twenty_five_at_most(client: Any, held: AppSync) -> None:
    for number in range(30):
        held.graphql(f"api-{number}")
        held.event(f"event-{number}")
    assert len(client.list_graphql_apis()["graphqlApis"]) == 10
    first = client.list_graphql_apis(maxResults=25)
    rest = client.list_graphql_apis(maxResults=25, nextToken=first["nextToken"])
    assert [len(page["graphqlApis"]) for page in (first, rest)] == [25, 5]
    assert "nextToken" not in rest
    pages = client.get_paginator("list_apis").paginate()
    assert sum(len(page["apis"]) for page in pages) == 30
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_graphql_apis(maxResults=26)


def test_a_schema_has_the_directives_of_aws_where_they_are_asked_for(
    client: Any, held: AppSync
) -> None:
    api = held.graphql("claims").schema(SDL)
    whole = client.get_introspection_schema(apiId=api.id, format="SDL", includeDirectives=True)
    assert whole["schema"].read().decode() == SDL
    plain = client.get_introspection_schema(apiId=api.id, format="SDL", includeDirectives=False)
    assert plain["schema"].read() == b"type Query { claims(kind: String): Int  notes: Int }"


def test_what_has_no_schema_in_that_form_is_refused(client: Any, held: AppSync) -> None:
    api = held.graphql("bare")
    with pytest.raises(client.exceptions.GraphQLSchemaException):
        client.get_introspection_schema(apiId=api.id, format="SDL")
    with pytest.raises(client.exceptions.BadRequestException):
        client.get_introspection_schema(apiId=api.id, format="JSON")
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_introspection_schema(apiId="none", format="SDL")


def test_data_sources_and_sources_belong_to_their_api(client: Any, held: AppSync) -> None:
    claims = held.graphql("claims").data_source(
        "fn", "AWS_LAMBDA", lambdaConfig={"lambdaFunctionArn": "arn:aws:lambda:x"}
    )
    merged = held.merged("all").merge(claims)
    (source,) = client.list_data_sources(apiId=claims.id)["dataSources"]
    assert source["lambdaConfig"] == {"lambdaFunctionArn": "arn:aws:lambda:x"}
    associations = client.list_source_api_associations(apiId=merged.id)
    (association,) = associations["sourceApiAssociationSummaries"]
    assert association["sourceApiArn"] == claims.arn
    assert association["mergedApiId"] == merged.id


def test_resolvers_are_listed_by_type_and_pipelines_name_functions(
    client: Any, held: AppSync
) -> None:
    api = held.graphql("claims").data_source("a").data_source("b").resolver("one", "a")
    api.resolver("both", "a", "b").resolver("make", "b", of="Mutation", code="x")
    by_type = {
        name: client.list_resolvers(apiId=api.id, typeName=name)["resolvers"]
        for name in ("Query", "Mutation", "Subscription")
    }
    assert [each["fieldName"] for each in by_type["Query"]] == ["one", "both"]
    assert by_type["Subscription"] == []
    (make,) = by_type["Mutation"]
    assert (make["kind"], make["dataSourceName"], make["code"]) == ("UNIT", "b", "x")
    functions = client.list_functions(apiId=api.id)["functions"]
    asked = by_type["Query"][1]["pipelineConfig"]["functions"]
    named = {each["functionId"]: each["dataSourceName"] for each in functions}
    assert [named[each] for each in asked] == ["a", "b"]
    with pytest.raises(client.exceptions.NotFoundException):
        client.list_resolvers(apiId="none", typeName="Query")


def test_namespaces_may_have_ways_in_of_their_own(client: Any, held: AppSync) -> None:
    api = held.event("news", IAM).namespace("alerts", publishAuthModes=[{"authType": COGNITO}])
    api.namespace("chat").edit(xrayEnabled=True).data_source("store", "AMAZON_DYNAMODB")
    (listed,) = client.list_apis()["apis"]
    assert listed["eventConfig"]["connectionAuthModes"] == [{"authType": IAM}]
    assert listed["xrayEnabled"] is True
    assert set(listed["dns"]) == {"HTTP", "REALTIME"}
    alerts, chat = client.list_channel_namespaces(apiId=api.id)["channelNamespaces"]
    assert alerts["publishAuthModes"] == [{"authType": COGNITO}]
    assert "publishAuthModes" not in chat
    assert chat["lastModified"] > alerts["lastModified"]
    assert [one["name"] for one in client.list_data_sources(apiId=api.id)["dataSources"]] == [
        "store"
    ]
    with pytest.raises(client.exceptions.NotFoundException):
        client.list_channel_namespaces(apiId="none")


def test_a_domain_name_leads_to_one_api_or_to_none(client: Any, held: AppSync) -> None:
    api = held.graphql("claims")
    held.domain("api.example", api, description="d").domain("idle.example")
    names = [one["domainName"] for one in client.list_domain_names()["domainNameConfigs"]]
    assert names == ["api.example", "idle.example"]
    found = client.get_api_association(domainName="api.example")["apiAssociation"]
    assert (found["apiId"], found["associationStatus"]) == (api.id, "SUCCESS")
    with pytest.raises(ClientError) as error:
        client.get_api_association(domainName="idle.example")
    assert code(error) == "NotFoundException"


def test_keys_are_credentials_that_no_reader_may_list(serve: Serve, held: AppSync) -> None:
    api = held.graphql("claims").key("app").edit(ownerContact="x")
    assert "appsync:ListApiKeys" not in READ_ALLOW_LIST
    reader = serve()
    with pytest.raises(ClientError):
        reader.client("appsync", ACCOUNT).list_api_keys(apiId=api.id)
    assert reader.violations == ["appsync:ListApiKeys"]
    anybody = serve(allowed=READ_ALLOW_LIST | SECRET_READS)
    (key,) = anybody.client("appsync", ACCOUNT).list_api_keys(apiId=api.id)["apiKeys"]
    assert key["id"].startswith("da2-")
