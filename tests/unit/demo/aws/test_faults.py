"""Every fault, as the real SDK meets it, and which calls it hits."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault, FaultKind
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, boto3_client, code


@pytest.fixture(autouse=True)
def _three_apis(region: Region) -> None:
    for name in ("one", "two", "three"):
        region.rest_api(name).method("GET", "/x").deploy("prod")


@pytest.fixture
def client(server: AwsServer) -> Any:
    return server.client("apigateway", ACCOUNT)


def refusal(client: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as error:
        client.get_rest_apis()
    response: dict[str, Any] = dict(error.value.response)
    return response


# ── Refusals ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "status", "word"),
    [
        ("throttle", 429, "TooManyRequestsException"),
        ("error", 500, "InternalFailure"),
        ("deny", 403, "AccessDeniedException"),
        ("deny_scp", 403, "AccessDeniedException"),
        ("expired_token", 403, "ExpiredTokenException"),
        ("wrong_secret", 403, "InvalidSignatureException"),
        ("clock_skew", 403, "InvalidSignatureException"),
    ],
)
def test_refusals_have_the_service_s_status_and_code(
    server: AwsServer, client: Any, kind: str, status: int, word: str
) -> None:
    server.inject(Fault(kind=kind))
    response = refusal(client)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Code"] == word
    assert server.calls[-1].status == status


def test_a_signature_of_another_time_has_the_code_of_another_secret(
    server: AwsServer, client: Any
) -> None:
    server.inject(Fault(kind="clock_skew", times=2))
    assert refusal(client)["Error"]["Message"].startswith("Signature expired: ")
    with pytest.raises(ClientError) as error:
        server.client("sts", ACCOUNT).get_caller_identity()
    assert code(error) == "SignatureDoesNotMatch"


def test_a_throttle_may_say_when_to_come_back(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="throttle", seconds=7))
    assert refusal(client)["ResponseMetadata"]["HTTPHeaders"]["retry-after"] == "7"
    assert server.calls.throttled == 1


def test_a_denial_names_action_and_resource(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="deny"))
    assert refusal(client)["Error"]["Message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/apiscape is not authorized to perform: apigateway:GET"
        " on resource: arn:aws:apigateway:eu-west-1::/restapis because no identity-based policy"
        " allows the apigateway:GET action"
    )


def test_a_control_policy_says_so(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="deny_scp"))
    message = refusal(client)["Error"]["Message"]
    assert message.endswith("with an explicit deny in a service control policy")


def test_a_denial_of_v2_names_the_resource_without_its_version(server: AwsServer) -> None:
    server.inject(Fault(kind="deny"))
    with pytest.raises(ClientError, match="arn:aws:apigateway:eu-west-1::/apis "):
        server.client("apigatewayv2", ACCOUNT).get_apis()


@pytest.mark.parametrize(
    ("service", "operation", "action"),
    [
        ("account", "list_regions", "account:ListRegions"),
        ("sts", "get_caller_identity", "sts:GetCallerIdentity"),
        ("organizations", "list_accounts", "organizations:ListAccounts"),
    ],
)
def test_other_services_name_their_own_actions(
    server: AwsServer, service: str, operation: str, action: str
) -> None:
    server.inject(Fault(kind="deny"))
    with pytest.raises(ClientError, match=action):
        getattr(server.client(service, ACCOUNT), operation)()


def test_a_standing_denial_lasts_until_it_is_taken_back(client: Any, region: Region) -> None:
    region.deny("apigateway:GetRestApis", scp=True)
    assert "service control policy" in refusal(client)["Error"]["Message"]
    assert "service control policy" in refusal(client)["Error"]["Message"]
    region.allow("apigateway:GetRestApis")
    assert len(client.get_rest_apis()["items"]) == 3


def test_the_sdk_gets_over_a_throttle_by_trying_again(server: AwsServer) -> None:
    server.inject(Fault(kind="throttle", times=1, seconds=0))
    patient = server.client("apigateway", ACCOUNT, attempts=3)
    assert len(patient.get_rest_apis()["items"]) == 3
    assert [call.status for call in server.calls] == [429, 200]


# ── The connection and the body ──────────────────────────────────────────────


def test_a_reset_closes_without_an_answer(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="reset"))
    with pytest.raises(ConnectionClosedError):
        client.get_rest_apis()
    assert server.calls[-1].status == 0


@pytest.mark.parametrize("kind", ["cut", "truncate", "wrong_type"])
def test_the_sdk_takes_a_broken_body_for_an_answer_without_members(
    server: AwsServer, client: Any, kind: str
) -> None:
    """A trap that collectors have to see: no error, and no `items` where there are three."""
    server.inject(Fault(kind=kind))
    answer = client.get_rest_apis()
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "items" not in answer


def test_a_cut_sends_half_of_what_it_announced(server: AwsServer, client: Any) -> None:
    whole = int(client.get_rest_apis()["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    server.inject(Fault(kind="cut"))
    received: list[int] = []
    client.meta.events.register(
        "response-received", lambda response_dict, **_: received.append(len(response_dict["body"]))
    )
    answer = client.get_rest_apis()
    assert int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"]) == whole
    assert received == [whole // 2]


def test_a_truncated_body_is_as_long_as_announced(server: AwsServer, client: Any) -> None:
    whole = int(client.get_rest_apis()["ResponseMetadata"]["HTTPHeaders"]["content-length"])
    server.inject(Fault(kind="truncate"))
    headers = client.get_rest_apis()["ResponseMetadata"]["HTTPHeaders"]
    assert int(headers["content-length"]) == whole // 2


def test_a_page_from_a_proxy_is_html(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="wrong_type"))
    headers = client.get_rest_apis()["ResponseMetadata"]["HTTPHeaders"]
    assert headers["content-type"] == "text/html"


@pytest.mark.parametrize("kind", ["cut", "truncate"])
def test_a_broken_body_of_xml_is_an_error(server: AwsServer, kind: str) -> None:
    server.inject(Fault(kind=kind))
    with pytest.raises(ResponseParserError):
        server.client("sts", ACCOUNT).get_caller_identity()


def test_a_delay_comes_before_the_answer(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="delay", seconds=0.2))
    started = time.monotonic()
    assert len(client.get_rest_apis()["items"]) == 3
    assert time.monotonic() - started >= 0.2


def test_a_slow_body_arrives_whole(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="slow", seconds=0.1))
    started = time.monotonic()
    assert len(client.get_rest_apis()["items"]) == 3
    assert time.monotonic() - started >= 0.1


def test_a_late_answer_runs_into_the_client_s_timeout(server: AwsServer) -> None:
    server.inject(Fault(kind="delay"))
    hasty = boto3_client(
        server, "apigateway", config=Config(read_timeout=0.05, retries={"total_max_attempts": 1})
    )
    with pytest.raises(ReadTimeoutError):
        hasty.get_rest_apis()


@pytest.mark.parametrize("kind", ["reset", "cut", "truncate", "wrong_type", "slow"])
def test_the_server_goes_on_after_a_fault(server: AwsServer, client: Any, kind: str) -> None:
    server.inject(Fault(kind=kind, times=1, seconds=0.01))
    with contextlib.suppress(HTTPClientError):
        client.get_rest_apis()
    assert len(client.get_rest_apis()["items"]) == 3


# ── Listings ─────────────────────────────────────────────────────────────────


def test_a_repeated_token_leads_in_a_circle(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="repeat_token"))
    first = client.get_rest_apis()
    second = client.get_rest_apis(position=first["position"])
    assert second["position"] == first["position"]
    assert second["items"] == first["items"]


def test_an_endless_listing_always_has_another_token(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="endless"))
    tokens = []
    for _, page in zip(range(5), client.get_paginator("get_rest_apis").paginate(), strict=False):
        assert len(page["items"]) == 3
        tokens.append(page["position"])
    assert len(set(tokens)) == 5


def test_a_narrowed_listing_looks_complete(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="narrow", keep=2))
    page = client.get_rest_apis(limit=3)
    assert [item["name"] for item in page["items"]] == ["one", "two"]
    assert "position" not in page


def test_an_emptied_listing_looks_complete(server: AwsServer, client: Any, region: Region) -> None:
    server.inject(Fault(kind="empty"))
    assert client.get_rest_apis()["items"] == []
    assert client.get_stages(restApiId=region.find_rest("one").id)["item"] == []


@pytest.mark.parametrize("kind", ["narrow", "empty", "repeat_token", "endless"])
def test_what_is_no_listing_stays_as_it_is(
    server: AwsServer, client: Any, region: Region, kind: str
) -> None:
    server.inject(Fault(kind=kind))
    assert client.get_rest_api(restApiId=region.find_rest("one").id)["name"] == "one"
    assert server.client("sts", ACCOUNT).get_caller_identity()["Account"] == ACCOUNT


# ── Which calls are hit ──────────────────────────────────────────────────────


def test_a_misspelt_kind_is_an_error_at_once(server: AwsServer) -> None:
    with pytest.raises(ValueError, match="throtle"):
        server.inject(Fault(kind="throtle"))


def test_selectors_choose_by_place_and_operation(server: AwsServer, estate: AwsEstate) -> None:
    estate.account(ACCOUNT).region("eu-west-2")
    server.inject(
        Fault(
            kind="deny",
            account=ACCOUNT,
            region="eu-west-2",
            service="apigateway",
            operation="GetRestApis",
        )
    )
    here, there = (server.client("apigateway", ACCOUNT, f"eu-west-{n}") for n in (1, 2))
    here.get_rest_apis()
    there.get_account()
    server.client("apigatewayv2", ACCOUNT, "eu-west-2").get_apis()
    with pytest.raises(ClientError):
        there.get_rest_apis()


def test_a_resource_chooses_one_api(server: AwsServer, client: Any, region: Region) -> None:
    one, two = region.find_rest("one"), region.find_rest("two")
    server.inject(Fault(kind="deny", operation="GetStages", resource=two.id))
    client.get_stages(restApiId=one.id)
    with pytest.raises(ClientError):
        client.get_stages(restApiId=two.id)


@pytest.mark.parametrize(
    ("call_index", "statuses"),
    [
        (1, [200, 500, 200, 200]),
        (range(1, 3), [200, 500, 500, 200]),
        ({0, 3}, [500, 200, 200, 500]),
        (None, [500, 500, 500, 500]),
    ],
)
def test_the_call_index_counts_over_all_calls(
    server: AwsServer, call_index: Any, statuses: list[int]
) -> None:
    server.inject(Fault(kind="error", call_index=call_index))
    for service, operation in (
        ("sts", "get_caller_identity"),
        ("apigateway", "get_rest_apis"),
        ("apigatewayv2", "get_apis"),
        ("account", "list_regions"),
    ):
        try:
            getattr(server.client(service, ACCOUNT), operation)()
        except ClientError:
            continue
    assert [call.status for call in server.calls] == statuses
    assert [call.index for call in server.calls] == [0, 1, 2, 3]


def test_an_occurrence_counts_over_fitting_calls(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="error", operation="GetRestApis", occurrence=1))
    client.get_rest_apis()
    client.get_account()
    with pytest.raises(ClientError):
        client.get_rest_apis()
    client.get_rest_apis()


def test_times_ends_a_fault_and_clearing_takes_it_away(server: AwsServer, client: Any) -> None:
    def answers() -> list[int]:
        before = len(server.calls)
        for _ in range(2):
            with contextlib.suppress(ClientError):
                client.get_rest_apis()
        return [call.status for call in list(server.calls)[before:]]

    server.inject(Fault(kind="error", times=1))
    assert answers() == [500, 200]
    server.inject(Fault(kind="error"))
    assert answers() == [500, 500]
    server.clear_faults()
    assert answers() == [200, 200]


def test_the_first_fitting_rule_decides(server: AwsServer, client: Any) -> None:
    server.inject(Fault(kind="deny"))
    server.inject(Fault(kind="throttle"))
    assert refusal(client)["Error"]["Code"] == "AccessDeniedException"


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_sweep_over_every_call_leaves_the_emulation_sound(
    server: AwsServer, region: Region, kind: FaultKind
) -> None:
    one = region.find_rest("one").id
    for index in range(3):
        server.inject(Fault(kind=kind, call_index=index, seconds=0.01))
        client = server.client("apigateway", ACCOUNT)
        for call in (client.get_rest_apis, lambda c=client: c.get_stages(restApiId=one)):
            try:
                call()
            except (ClientError, HTTPClientError, ResponseParserError):
                continue
    assert len(server.calls) == 6
