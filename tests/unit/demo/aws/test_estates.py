"""The department, generated estates and planted secrets: believable, deterministic, on the wire."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.agentcore import AgentCore
from apiscape.demo.aws.estate.apprunner import AppRunner
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.balancers import Balancers
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.lattice import Lattice
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.seeds.canaries import MARK, plant_canaries
from apiscape.demo.aws.seeds.department import LIVE, SANDBOX, SHARED, TEST, Department, department
from apiscape.demo.aws.seeds.dice import Dice
from apiscape.demo.aws.seeds.generated import ACCOUNT, generated_estate
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST, SECRET_READS
from apiscape.demo.aws.wire.server import AwsServer

EXPORT = {"extensions": "integrations,authorizers,apigateway"}


def everything(server: AwsServer, account: str, region: str) -> list[Any]:
    """Read all that can be read of a region, as the SDK gives it and as exports say it."""
    rest = server.client("apigateway", account, region)
    v2 = server.client("apigatewayv2", account, region)
    seen: list[Any] = [rest.get_api_keys(limit=500, includeValues=True), rest.get_account()]
    lists = ("usage_plans", "vpc_links", "domain_names", "client_certificates")
    seen += [getattr(rest, f"get_{name}")(limit=500) for name in lists]
    for api in rest.get_rest_apis(limit=500)["items"]:
        seen += [api, *rest_details(rest, api["id"])]
    for api in v2.get_apis(MaxResults="500")["Items"]:
        seen += [api, *v2_details(v2, api)]
    return [*seen, v2.get_domain_names(), v2.get_vpc_links()]


def rest_details(client: Any, key: str) -> list[Any]:
    stages = client.get_stages(restApiId=key)["item"]
    found = [
        stages,
        client.get_authorizers(restApiId=key),
        client.get_deployments(restApiId=key),
        client.get_resources(restApiId=key, embed=["methods"], limit=500),
    ]
    for stage in stages:
        answer = client.get_export(
            restApiId=key, stageName=stage["stageName"], exportType="oas30", parameters=EXPORT
        )
        found.append(answer["body"].read().decode())
    return found


def v2_details(client: Any, api: dict[str, Any]) -> list[Any]:
    key = api["ApiId"]
    found = [
        getattr(client, f"get_{name}")(ApiId=key, MaxResults="500")
        for name in ("stages", "routes", "integrations", "authorizers", "deployments")
    ]
    if api["ProtocolType"] == "HTTP":
        answer = client.export_api(ApiId=key, Specification="OAS30", OutputType="JSON")
        found.append(answer["body"].read().decode())
    return found


def regions(estate: AwsEstate) -> list[Region]:
    return [region for account in estate.accounts.values() for region in account.regions.values()]


def fingerprint(estate: AwsEstate) -> list[Any]:
    return [
        (api.id, api.name, api.created, api.fields, api.stages, api.working.methods)
        for region in regions(estate)
        for api in region.rest_apis.values()
    ]


# ── The department ───────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def offices() -> Department:
    return department()


def test_the_same_seed_gives_the_same_department() -> None:
    assert fingerprint(department(3).estate) == fingerprint(department(3).estate)
    assert fingerprint(department(3).estate) != fingerprint(department(4).estate)


def test_its_size_is_a_department_s(offices: Department) -> None:
    rest = sum(len(region.rest_apis) for region in regions(offices.estate))
    kinds = Counter(
        api.fields["ProtocolType"]
        for region in regions(offices.estate)
        for api in region.v2_apis.values()
    )
    assert 60 <= rest <= 70
    assert kinds == {"HTTP": 20, "WEBSOCKET": 4}


def test_it_is_as_of_the_day_asked_for() -> None:
    today = datetime(2027, 5, 1, tzinfo=UTC)
    made = [
        api.created
        for region in regions(department(today=today).estate)
        for api in region.rest_apis.values()
    ]
    assert max(made).date() == today.date()
    assert min(made).year < 2025


def test_every_answer_about_it_fits_the_service_s_shapes(offices: Department) -> None:
    allowed = READ_ALLOW_LIST | SECRET_READS
    with AwsServer(offices.estate, allowed=allowed) as server:
        for account in (LIVE, SHARED):
            for region in offices.regions:
                assert everything(server, account, region)
        server.assert_clean()


def test_one_listing_is_denied(offices: Department) -> None:
    with AwsServer(offices.estate) as server:
        client = server.client("apigateway", TEST, "eu-west-1")
        with pytest.raises(ClientError, match="not authorized"):
            client.get_rest_apis()
        assert client.get_domain_names()["items"] == []
    assert offices.estate.account(TEST).region("eu-west-1").rest_apis


def test_the_hub_gets_at_every_configured_account(offices: Department) -> None:
    with AwsServer(offices.estate) as server:
        client = server.client("sts", offices.hub)
        for role in offices.roles:
            answer = client.assume_role(
                RoleArn=role, RoleSessionName="scan", ExternalId=offices.external_id
            )
            assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_an_account_is_not_configured_and_one_is_suspended(offices: Department) -> None:
    with AwsServer(offices.estate) as server:
        listed = server.client("organizations", offices.hub).list_accounts()["Accounts"]
    states = {account["Name"]: account["Status"] for account in listed}
    assert states["department-sandbox"] == "ACTIVE"
    assert not any(SANDBOX in role for role in offices.roles)
    assert states["department-former-agency"] == "SUSPENDED"


def test_it_has_what_governance_is_for(offices: Department) -> None:
    live = offices.estate.account(LIVE).region("eu-west-2")
    apis = list(live.rest_apis.values())
    tags = [set(api.fields.get("tags", {})) for api in apis]
    owners = {"owner", "Owner", "team", "service-owner"}
    assert any(not owners & each for each in tags), "an API without an owner"
    assert len(owners & set.union(*tags)) > 1, "owners written down in more than one way"
    assert any(not api.stages for api in apis), "an API never deployed"
    assert any("PRIVATE" in api.fields["endpointConfiguration"]["types"] for api in apis)
    methods = [
        method
        for api in apis
        for verbs in api.working.methods.values()
        for method in verbs.values()
    ]
    kinds = Counter((method["authorizationType"], method["apiKeyRequired"]) for method in methods)
    assert {
        ("NONE", False),
        ("NONE", True),
        ("AWS_IAM", False),
        ("CUSTOM", False),
        ("COGNITO_USER_POOLS", False),
    } <= set(kinds)
    integrations = {method["methodIntegration"].get("connectionType") for method in methods}
    assert "VPC_LINK" in integrations


def test_what_it_runs_beside_api_gateway_is_called_too(offices: Department) -> None:
    live = offices.estate.account(LIVE).region("eu-west-2")
    shared = offices.estate.account(SHARED).region("eu-west-2")
    called = {key for region in (live, shared) for key, _ in region.loads}
    core = live.shelves.of(AgentCore)
    products = [
        set(live.shelves.of(AppSync).apis),
        set(live.shelves.of(AppSync).event_apis),
        set(live.shelves.of(Functions).by_name),
        set(live.shelves.of(Balancers).groups),
        set(live.shelves.of(AppRunner).by_arn),
        set(shared.shelves.of(Lattice).services),
        {each.arn for each in core.gateways.values()},
        {each.arn for each in core.runtimes.values()},
    ]
    assert [bool(called & keys) for keys in products] == [True] * len(products)
    beside = called - {*live.rest_apis, *live.v2_apis, *shared.rest_apis, *shared.v2_apis}
    assert beside <= set().union(*products, shared.shelves.of(Balancers).groups)


def test_the_same_api_is_in_several_accounts(offices: Department) -> None:
    places = [
        (region.account.id, region.name)
        for region in regions(offices.estate)
        for api in region.rest_apis.values()
        if api.name == "self-assessment"
    ]
    assert len(places) == 4
    assert {account for account, _ in places} == {LIVE, TEST}


# ── Generated estates ────────────────────────────────────────────────────────


def test_a_generated_estate_has_the_asked_size() -> None:
    estate = generated_estate(apis=7, methods=9, stages=3, v2=2, seed=5)
    region = estate.account(ACCOUNT).region("eu-west-1")
    assert [len(api.stages) for api in region.rest_apis.values()] == [3] * 7
    api = region.find_rest("api-00003")
    assert sum(len(verbs) for verbs in api.working.methods.values()) == 9
    assert len(region.find_v2("http-00001").working.routes) == 9
    with AwsServer(estate, allowed=READ_ALLOW_LIST | SECRET_READS) as server:
        everything(server, ACCOUNT, "eu-west-1")
        server.assert_clean()


def test_a_generated_estate_hangs_on_its_seed_only() -> None:
    assert fingerprint(generated_estate(apis=5)) == fingerprint(generated_estate(apis=5))
    other = generated_estate(apis=5, seed=2)
    assert fingerprint(generated_estate(apis=5)) != fingerprint(other)


def test_choices_do_not_depend_on_their_order() -> None:
    dice = Dice(1)
    assert dice.number(6, "a") == Dice(1).number(6, "a")
    assert [dice.chance(percent, "a") for percent in (0, 100)] == [False, True]
    assert {dice.pick("abc", number) for number in range(50)} == set("abc")


# ── Canaries ─────────────────────────────────────────────────────────────────


def test_every_canary_is_on_the_wire() -> None:
    estate = generated_estate(apis=2, methods=2, stages=2, v2=1)
    region = estate.account(ACCOUNT).region("eu-west-1")
    region.websocket_api("chat").deploy("prod")
    secrets = plant_canaries(estate)
    with AwsServer(estate, allowed=READ_ALLOW_LIST | SECRET_READS) as server:
        seen = repr(everything(server, ACCOUNT, "eu-west-1"))
        server.assert_clean()
    assert len(secrets) > 40
    assert all(secret.startswith(MARK) for secret in secrets)
    assert {secret for secret in secrets if secret not in seen} == set()


def test_canaries_are_planted_in_every_place_that_can_return_one() -> None:
    estate = generated_estate(apis=1, methods=1, stages=1, v2=1)
    places = {secret.partition("x")[2] for secret in plant_canaries(estate)}
    assert {
        "stageVariable",
        "integrationHeader",
        "uriUserinfo",
        "policyCondition",
        "modelDefault",
        "restTag",
        "authorizerCredentials",
        "apiKeyValue",
    } <= places


def test_an_empty_region_gets_no_canary() -> None:
    estate = AwsEstate()
    estate.account(ACCOUNT).only_regions("eu-west-1")
    assert plant_canaries(estate) == frozenset()
