"""Accounts, regions, roles and who may ask: sts, organizations and account through the real SDK."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.identities import TokenRule
from apiscape.demo.aws.refusing.quotas import VirtualClock
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, OTHER, Serve, boto3_client, code


def assume(server: AwsServer, role: str, **arguments: Any) -> dict[str, Any]:
    client = server.client("sts", ACCOUNT)
    answer: dict[str, Any] = client.assume_role(RoleArn=role, RoleSessionName="scan", **arguments)
    return answer


def session_client(server: AwsServer, service: str, credentials: dict[str, Any]) -> Any:
    return boto3_client(
        server,
        service,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


# ── Identity ─────────────────────────────────────────────────────────────────


def test_keys_belong_to_an_account(server: AwsServer) -> None:
    identity = server.client("sts", ACCOUNT).get_caller_identity()
    assert identity["Account"] == ACCOUNT
    assert identity["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/apiscape"


def test_the_environment_points_an_sdk_here(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.environment(ACCOUNT, "eu-west-1").items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().client("sts").get_caller_identity()["Account"] == ACCOUNT


def test_an_unknown_key_is_refused_in_the_words_of_each_protocol(server: AwsServer) -> None:
    keys = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"}
    with pytest.raises(ClientError) as by_query:
        boto3_client(server, "sts", **keys).get_caller_identity()
    with pytest.raises(ClientError) as by_rest:
        boto3_client(server, "apigateway", **keys).get_rest_apis()
    with pytest.raises(ClientError) as by_json:
        boto3_client(server, "organizations", **keys).list_accounts()
    assert code(by_query) == "InvalidClientTokenId"
    assert code(by_rest) == code(by_json) == "UnrecognizedClientException"
    assert server.calls[0].account == "-"


def test_a_role_gives_credentials_of_its_own_account(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(OTHER).region("eu-west-1").rest_api("theirs")
    role = estate.account(OTHER).role("reader", external_id="secret", trusted=ACCOUNT)
    answer = assume(server, role, ExternalId="secret", DurationSeconds=900)
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert credentials["Expiration"] - datetime.now(UTC) <= timedelta(seconds=900)
    identity = session_client(server, "sts", credentials).get_caller_identity()
    assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/reader/scan"
    client = session_client(server, "apigateway", credentials)
    assert [item["name"] for item in client.get_rest_apis()["items"]] == ["theirs"]
    assert server.calls.count("apigateway", account=OTHER, region="eu-west-1") == 1


@pytest.mark.parametrize(
    ("role", "arguments"),
    [
        ("reader", {}),
        ("reader", {"ExternalId": "wrong"}),
        ("nobody", {"ExternalId": "secret"}),
        ("foreign", {}),
    ],
)
def test_a_role_is_refused_without_saying_why(
    server: AwsServer, estate: AwsEstate, role: str, arguments: dict[str, str]
) -> None:
    other = estate.account(OTHER)
    other.role("reader", external_id="secret")
    other.role("foreign", trusted="999999999999")
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole") as error:
        assume(server, other.role_arn(role), **arguments)
    assert code(error) == "AccessDenied"


def test_no_role_of_a_suspended_unknown_or_misspelt_account(
    server: AwsServer, estate: AwsEstate
) -> None:
    role = estate.account(OTHER).role("reader")
    estate.account(OTHER).suspend()
    for arn in (role, "arn:aws:iam::000000000000:role/reader", "arn:aws:iam::nothing-like-it"):
        with pytest.raises(ClientError) as error:
            assume(server, arn)
        assert code(error) == "AccessDenied"


def test_tokens_end_after_so_many_calls(serve: Serve, estate: AwsEstate) -> None:
    server = serve(tokens=TokenRule(max_calls=2))
    credentials = assume(server, estate.account(ACCOUNT).role("reader"))["Credentials"]
    client = session_client(server, "apigateway", credentials)
    client.get_rest_apis()
    client.get_rest_apis()
    with pytest.raises(ClientError) as by_rest:
        client.get_rest_apis()
    with pytest.raises(ClientError) as by_query:
        session_client(server, "sts", credentials).get_caller_identity()
    assert (code(by_rest), code(by_query)) == ("ExpiredTokenException", "ExpiredToken")


def test_tokens_end_after_so_much_time(serve: Serve, estate: AwsEstate) -> None:
    clock = VirtualClock()
    server = serve(tokens=TokenRule(max_age_s=60), clock=clock)
    credentials = assume(server, estate.account(ACCOUNT).role("reader"))["Credentials"]
    client = session_client(server, "apigateway", credentials)
    clock.advance(60)
    client.get_rest_apis()
    clock.advance(1)
    with pytest.raises(ClientError) as error:
        client.get_rest_apis()
    assert code(error) == "ExpiredTokenException"


def test_temporary_keys_need_their_token(server: AwsServer, estate: AwsEstate) -> None:
    credentials = assume(server, estate.account(ACCOUNT).role("reader"))["Credentials"]
    forged = credentials | {"SessionToken": "forged"}
    with pytest.raises(ClientError) as error:
        session_client(server, "apigateway", forged).get_rest_apis()
    assert code(error) == "UnrecognizedClientException"


def test_a_closed_account_s_keys_are_unknown(server: AwsServer, estate: AwsEstate) -> None:
    role = estate.account(OTHER).role("reader")
    credentials = assume(server, role)["Credentials"]
    estate.close_account(OTHER)
    with pytest.raises(ClientError) as error:
        session_client(server, "apigateway", credentials).get_rest_apis()
    assert code(error) == "UnrecognizedClientException"


# ── Organisation ─────────────────────────────────────────────────────────────


def populate(estate: AwsEstate, accounts: int) -> None:
    for number in range(accounts):
        estate.account(f"{500000000000 + number}")
    estate.organise(ACCOUNT)


def listed(client: Any) -> list[str]:
    pages = client.get_paginator("list_accounts").paginate()
    return [account["Id"] for page in pages for account in page["Accounts"]]


def test_accounts_page_by_20(server: AwsServer, estate: AwsEstate) -> None:
    populate(estate, 45)
    client = server.client("organizations", ACCOUNT)
    assert len(client.list_accounts()["Accounts"]) == 20
    assert listed(client) == list(estate.accounts)
    with pytest.raises(ClientError) as error:
        client.list_accounts(NextToken="nonsense")
    assert code(error) == "InvalidInputException"


@pytest.mark.parametrize("empty", [{0}, {1}, {0, 2}])
def test_an_empty_page_can_have_a_next_token(
    server: AwsServer, estate: AwsEstate, empty: set[int]
) -> None:
    populate(estate, 45)
    assert estate.organisation is not None
    estate.organisation.empty_pages = empty
    client = server.client("organizations", ACCOUNT)
    pages = list(client.get_paginator("list_accounts").paginate())
    assert {number for number, page in enumerate(pages) if not page["Accounts"]} == empty
    assert listed(client) == list(estate.accounts)


def test_accounts_have_a_status(server: AwsServer, estate: AwsEstate) -> None:
    estate.organise(ACCOUNT)
    estate.account(OTHER, "former").suspend()
    accounts = server.client("organizations", ACCOUNT).list_accounts()["Accounts"]
    assert [(a["Name"], a["Status"], a["State"]) for a in accounts] == [
        ("prod", "ACTIVE", "ACTIVE"),
        ("former", "SUSPENDED", "SUSPENDED"),
    ]


def test_only_who_runs_the_organisation_may_list_it(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(OTHER)
    organisation = estate.organise(ACCOUNT)
    client = server.client("organizations", OTHER)
    with pytest.raises(ClientError) as error:
        client.list_accounts()
    assert code(error) == "AccessDeniedException"
    organisation.delegated.add(OTHER)
    assert len(client.list_accounts()["Accounts"]) == 2


def test_any_member_may_describe_the_organisation(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(OTHER)
    estate.organise(ACCOUNT)
    described = server.client("organizations", OTHER).describe_organization()["Organization"]
    assert described["MasterAccountId"] == ACCOUNT


@pytest.mark.parametrize("operation", ["list_accounts", "describe_organization"])
def test_without_an_organisation_that_is_said(server: AwsServer, operation: str) -> None:
    with pytest.raises(ClientError) as error:
        getattr(server.client("organizations", ACCOUNT), operation)()
    assert code(error) == "AWSOrganizationsNotInUseException"


# ── Regions ──────────────────────────────────────────────────────────────────


def test_a_new_account_has_the_default_regions(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(OTHER).region("eu-south-2")
    client = server.client("account", OTHER)
    regions = {r["RegionName"]: r["RegionOptStatus"] for r in client.list_regions()["Regions"]}
    assert regions["eu-west-2"] == "ENABLED_BY_DEFAULT"
    assert regions["eu-south-2"] == "ENABLED"
    assert regions["eu-south-1"] == "DISABLED"
    enabled = client.list_regions(RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"])
    assert len(enabled["Regions"]) == 18


def test_regions_page_as_asked(server: AwsServer) -> None:
    client = server.client("account", ACCOUNT)
    pages = list(client.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 10}))
    assert [len(page["Regions"]) for page in pages] == [10, 10, 9]
    with pytest.raises(ClientError) as error:
        client.list_regions(NextToken="nonsense")
    assert code(error) == "ValidationException"


def test_who_runs_the_organisation_may_ask_about_members(
    server: AwsServer, estate: AwsEstate
) -> None:
    estate.account(OTHER).only_regions("eu-west-2")
    estate.organise(ACCOUNT)
    wanted = {"AccountId": OTHER, "RegionOptStatusContains": ["ENABLED"]}
    regions = server.client("account", ACCOUNT).list_regions(**wanted)["Regions"]
    assert [region["RegionName"] for region in regions] == ["eu-west-2"]
    with pytest.raises(ClientError) as error:
        server.client("account", OTHER).list_regions(AccountId=ACCOUNT)
    assert code(error) == "AccessDeniedException"


def test_a_disabled_region_knows_nobody(server: AwsServer, estate: AwsEstate) -> None:
    account = estate.account(ACCOUNT)
    account.region("eu-west-2").rest_api("there")
    client = server.client("apigateway", ACCOUNT, "eu-west-2")
    assert len(client.get_rest_apis()["items"]) == 1
    account.disable_region("eu-west-2")
    with pytest.raises(ClientError) as error:
        client.get_rest_apis()
    assert code(error) == "UnrecognizedClientException"
    assert server.client("organizations", ACCOUNT, "us-east-1")


def test_an_enabled_region_without_anything_is_empty(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(OTHER)
    assert server.client("apigateway", OTHER, "us-east-1").get_rest_apis()["items"] == []
    assert server.client("apigatewayv2", OTHER, "us-east-1").get_apis()["Items"] == []
