"""Quotas on a virtual clock: what is admitted, what is throttled, who shares with whom."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.quotas import AWS_QUOTAS, Quota, Quotas, VirtualClock
from tests.unit.demo.aws.sdk import ACCOUNT, OTHER, Serve, code


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def quotas(clock: VirtualClock) -> Quotas:
    return Quotas(AWS_QUOTAS, clock)


def admitted(quotas: Quotas, tries: int, operation: str = "GetStages", **place: str) -> int:
    where = (place.get("account", ACCOUNT), place.get("region", "eu-west-1"))
    service = place.get("service", "apigateway")
    return sum(quotas.admit(*where, service, operation) for _ in range(tries))


def test_a_burst_of_40_then_10_per_second(quotas: Quotas, clock: VirtualClock) -> None:
    assert admitted(quotas, 100) == 40
    clock.advance(1)
    assert admitted(quotas, 100) == 10
    clock.advance(0.35)
    assert admitted(quotas, 100) == 3


def test_a_bucket_never_holds_more_than_its_burst(quotas: Quotas, clock: VirtualClock) -> None:
    admitted(quotas, 1)
    clock.advance(3600)
    assert admitted(quotas, 100) == 40


def test_both_generations_share_one_bucket(quotas: Quotas) -> None:
    assert admitted(quotas, 30, service="apigatewayv2") == 30
    assert admitted(quotas, 30) == 10


def test_get_resources_has_a_tighter_quota_of_its_own(quotas: Quotas, clock: VirtualClock) -> None:
    assert admitted(quotas, 20, "GetResources") == 5
    clock.advance(2)
    assert admitted(quotas, 20, "GetResources") == 5


def test_a_refused_call_takes_nothing(quotas: Quotas) -> None:
    assert admitted(quotas, 20, "GetResources") == 5
    assert admitted(quotas, 100) == 35


@pytest.mark.parametrize("place", [{"account": OTHER}, {"region": "eu-west-2"}])
def test_accounts_and_regions_have_their_own(quotas: Quotas, place: dict[str, str]) -> None:
    assert admitted(quotas, 100) == 40
    assert admitted(quotas, 100, **place) == 40


def test_other_services_are_not_limited(quotas: Quotas) -> None:
    assert admitted(quotas, 500, service="sts") == 500


def test_on_the_wire_a_spent_quota_is_429(
    serve: Serve, estate: AwsEstate, clock: VirtualClock
) -> None:
    estate.account(OTHER).only_regions("eu-west-1")
    server = serve(quotas=AWS_QUOTAS, clock=clock)
    client = server.client("apigateway", ACCOUNT)
    for _ in range(40):
        client.get_account()
    with pytest.raises(ClientError) as error:
        client.get_account()
    assert code(error) == "TooManyRequestsException"
    assert "Too Many Requests" in str(error.value)
    server.client("apigateway", OTHER).get_account()
    clock.advance(0.1)
    client.get_account()
    assert server.calls.throttled == 1
    assert server.calls.count("apigateway:GetAccount", account=ACCOUNT, status=200) == 41
    server.assert_clean()


def test_without_quotas_nothing_is_throttled(serve: Serve, region: Region) -> None:
    server = serve()
    client = server.client("apigateway", ACCOUNT)
    api = region.rest_api("x")
    for _ in range(60):
        client.get_resources(restApiId=api.id)
    assert server.calls.throttled == 0


def test_a_quota_of_one_s_own_making(serve: Serve, clock: VirtualClock) -> None:
    slow = Quota("sts", frozenset({"sts"}), rate_per_s=1, burst=1)
    server = serve(quotas=(slow,), clock=clock)
    client = server.client("sts", ACCOUNT)
    client.get_caller_identity()
    with pytest.raises(ClientError):
        client.get_caller_identity()
