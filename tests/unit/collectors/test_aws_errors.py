from __future__ import annotations

from typing import Any

import botocore.exceptions as sdk
import pytest
from botocore.parsers import ResponseParserError

from apiscape.collectors.aws import denials
from apiscape.collectors.aws.denials import RoleRefused
from apiscape.collectors.aws.errors import (
    CHECK_KEYS,
    SIGN_IN,
    Ended,
    NotOffered,
    Refused,
    RegionDoubt,
    Unexplained,
    not_signed_in,
)
from apiscape.collectors.aws.metering import refuse_garbled
from apiscape.collectors.aws.operations import families, needed_permission, unpublished_quota
from apiscape.collectors.aws.partitions import Partition, find_partition
from apiscape.collectors.aws.picking import LONGEST_WAIT_S, retry_after_s
from apiscape.collectors.aws.translating import Site, translate
from apiscape.collectors.contract import (
    AccessDenied,
    Cancelled,
    CollectorError,
    CredentialsInvalid,
    Gone,
    Malformed,
    Permission,
    Throttled,
    Unreachable,
    Unsupported,
)

SITE = Site("apigateway:GetStages", "eu-west-1", "apigateway:GET on /restapis/*/stages")
NO_ROUTE = "<h1>Not Found</h1> <p>The requested URL was not found on the server."
SECRET = "AKIACANARY-aws4-signature"


def answer(
    code: str,
    status: int = 400,
    operation: str = "GetStages",
    headers: dict[str, str] | None = None,
    message: str = f"something about {SECRET}",
) -> sdk.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}},
    }
    return sdk.ClientError(response, operation)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer("TooManyRequestsException", 429), Throttled),
        (answer("Whatever", 429), Throttled),
        (answer("AccessDeniedException", 403), AccessDenied),
        (answer("Odd", 403), AccessDenied),
        (answer("ExpiredTokenException", 403), Ended),
        (answer("UnrecognizedClientException", 403), RegionDoubt),
        (answer("SignatureDoesNotMatch", 403), CredentialsInvalid),
        (
            answer("SignatureDoesNotMatch", 403, message=f"Signature expired: {SECRET}"),
            CredentialsInvalid,
        ),
        (answer("AccessDenied", 403, message="Signature expired: x"), AccessDenied),
        (answer("RequestTimeTooSkewed", 403), CredentialsInvalid),
        (answer("RequestTimeTooSkewed", 403, "AssumeRole"), CredentialsInvalid),
        (answer("ExpiredToken", 403, "AssumeRole"), Ended),
        (answer("InvalidClientTokenId", 403, "AssumeRole"), RegionDoubt),
        (answer("SignatureDoesNotMatch", 403, "AssumeRole"), CredentialsInvalid),
        (answer("Odd", 401), CredentialsInvalid),
        (answer("OptInRequired", 403), Unsupported),
        (answer("NotFoundException", 404), Gone),
        (answer("Odd", 404), Unexplained),
        (answer("404", 404, message=NO_ROUTE), NotOffered),
        (answer("NotFoundException", 404, message=NO_ROUTE), Gone),
        (answer("InvalidAction", 400), NotOffered),
        (answer("Odd", 405), NotOffered),
        (answer("Odd", 501), NotOffered),
        (answer("InternalFailure", 500), Unreachable),
        (answer("", 503), Unreachable),
        (answer("BadRequestException", 400), Refused),
        (answer("AccessDenied", 403, "AssumeRole"), RoleRefused),
        (answer("Odd", 400, "AssumeRole"), RoleRefused),
        (answer("InternalFailure", 500, "AssumeRole"), Unreachable),
        (answer("Throttling", 400, "AssumeRole"), Throttled),
        (sdk.NoCredentialsError(), CredentialsInvalid),
        (sdk.ProfileNotFound(profile="x"), CredentialsInvalid),
        (sdk.CredentialRetrievalError(provider="x", error_msg=SECRET), CredentialsInvalid),
        (sdk.UnauthorizedSSOTokenError(), CredentialsInvalid),
        (sdk.EndpointConnectionError(endpoint_url=f"https://{SECRET}"), Unreachable),
        (sdk.ConnectTimeoutError(endpoint_url="x"), Unreachable),
        (sdk.ReadTimeoutError(endpoint_url="x"), Unreachable),
        (sdk.ConnectionClosedError(endpoint_url="x"), Unreachable),
        (sdk.SSLError(endpoint_url="x", error=OSError("x")), Unreachable),
        (sdk.ProxyConnectionError(proxy_url=f"http://u:{SECRET}@p"), Unreachable),
        (sdk.IncompleteReadError(actual_bytes=1, expected_bytes=2), Unreachable),
        (sdk.UnknownServiceError(service_name="x", known_service_names="y"), Unsupported),
        (sdk.NoRegionError(), Unsupported),
        (sdk.ParamValidationError(report=SECRET), Refused),
        (ResponseParserError(SECRET), Malformed),
        (AttributeError(SECRET), Malformed),
    ],
    ids=lambda value: str(value)[:60],
)
def test_each_error_is_named_by_what_to_do_and_repeats_nothing(
    error: Exception, kind: type[CollectorError]
) -> None:
    said = translate(error, SITE)
    assert type(said) is kind
    assert SECRET not in said.message
    assert said.operation in {"apigateway:GetStages", "sts:AssumeRole"}


@pytest.mark.parametrize(
    ("error", "is_off"),
    [
        (answer("RequestTimeTooSkewed", 403), True),
        (answer("SignatureDoesNotMatch", 403, message="Signature expired: x"), True),
        (answer("InvalidSignatureException", 403, message="Signature not yet current: x"), True),
        (
            answer("InvalidSignatureException", 403, "AssumeRole", message="Signature expired: x"),
            True,
        ),
        (answer("SignatureDoesNotMatch", 403, message="does not match"), False),
    ],
)
def test_a_clock_that_is_off_is_said_to_be_and_what_to_do(error: Exception, is_off: bool) -> None:
    said = translate(error, SITE).record()
    assert ("clock is not AWS's" in said.message) is is_off
    assert ("NTP" in (said.next_step or "")) is is_off


def test_errors_of_the_run_pass_through() -> None:
    cancelled = Cancelled("told to stop")
    assert translate(cancelled, SITE) is cancelled


RIGHT = "apigateway:GET on /restapis/*/stages"


@pytest.mark.parametrize(
    ("message", "said", "step"),
    [
        ("is not authorized", f"needs {RIGHT}", None),
        ("because no identity-based policy allows the X action", f"needs {RIGHT}", None),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/x",
            f"a service control policy explicitly denies {RIGHT}",
            denials.OF_THE_ORGANISATION,
        ),
        (
            "because no service control policy allows the apigateway:GET action",
            f"no service control policy allows {RIGHT}",
            denials.OF_THE_ORGANISATION,
        ),
        (
            "with an explicit deny in a resource control policy",
            f"a resource control policy explicitly denies {RIGHT}",
            denials.OF_THE_ORGANISATION,
        ),
        (
            "because no permissions boundary allows the X action",
            f"no permissions boundary allows {RIGHT}",
            denials.OF_THE_BOUNDARY,
        ),
        (
            "because no session policy allows the X action",
            f"no session policy allows {RIGHT}",
            denials.OF_THE_SESSION,
        ),
        (
            "with an explicit deny in a VPC endpoint policy",
            f"a VPC endpoint policy explicitly denies {RIGHT}",
            denials.OF_THE_ENDPOINT,
        ),
        (
            "with an explicit deny in an identity-based policy",
            f"a policy explicitly denies {RIGHT}",
            denials.TAKEN_BACK,
        ),
    ],
)
def test_a_denial_names_the_right_who_took_it_and_what_helps(
    message: str, said: str, step: str | None
) -> None:
    error = answer("AccessDeniedException", 403, message=message)
    denied = translate(error, SITE).record()
    assert (denied.message, denied.next_step) == (f"{said} in eu-west-1", step)
    assert denied.permission == RIGHT


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (answer("ExpiredToken", 403), "sign in again"),
        (answer("UnrecognizedClientException", 403), CHECK_KEYS),
        (answer("SignatureDoesNotMatch", 403), CHECK_KEYS),
        (sdk.NoCredentialsError(), SIGN_IN),
    ],
)
def test_what_is_wrong_with_credentials_says_what_helps(error: Exception, step: str) -> None:
    said = translate(error, SITE)
    assert (said.next_step or "").startswith(step)
    assert not_signed_in(said).record().next_step == said.next_step


def test_a_denial_of_a_global_service_names_the_call() -> None:
    denied = translate(answer("AccessDenied", 403), Site("organizations:ListAccounts", None))
    assert denied.message == "needs organizations:ListAccounts"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "999999"}, LONGEST_WAIT_S),
        ({"x-amz-retry-after": "1500"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        ({"retry-after": "1" * 400}, None),
        ({"retry-after": "-1"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_and_bounded(headers: dict[str, str], seconds: float) -> None:
    assert retry_after_s(headers) == seconds
    said = translate(answer("Throttling", 429, headers=headers), SITE)
    assert isinstance(said, Throttled)
    assert said.retry_after_s == seconds


def test_internal_errors_come_to_credentials_in_the_end() -> None:
    said = not_signed_in(Ended("x", operation="y"))
    assert (type(said), said.message, said.operation) == (CredentialsInvalid, "x", "y")


XML = b'<?xml version="1.0"?>\n<ListResult xmlns="http://x/"><Items/></ListResult>'


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"<html>", b'{"items": [', b"[]", b"7", b"[" * 100_000),
        *(b"<!DOCTYPE html><html></html>", b"<HTML></HTML>", XML[:-4], b"<?xml" + b" " * 1000),
    ],
)
def test_an_answer_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(Unreachable):
        refuse_garbled({"ResponseMetadata": {}}, {"status_code": 200, "body": body})


def test_an_answer_that_says_something_passes() -> None:
    refuse_garbled({"ResponseMetadata": {}}, {"status_code": 200, "body": b"{}"})
    refuse_garbled({"ResponseMetadata": {}}, {"status_code": 200, "body": XML})
    refuse_garbled({"items": []}, {"status_code": 200, "body": b"{"})
    refuse_garbled({}, {"status_code": 403, "body": b""})
    refuse_garbled({}, {"status_code": 200, "body": object()})
    refuse_garbled(None, None)


def test_every_service_draws_on_a_quota_of_its_own() -> None:
    assert families("appsync:ListApis") == ("appsync",)
    assert families("cloudwatch:GetMetricData") == ("cloudwatch:GetMetricData",)
    assert unpublished_quota("appsync").rate_per_s == unpublished_quota("appsync").burst == 10


def test_resources_draw_on_two_quotas() -> None:
    assert families("apigateway:GetStages") == ("apigateway",)
    assert families("apigateway:GetResources") == ("apigateway", "apigateway:GetResources")


def test_the_right_that_a_call_needs() -> None:
    permissions = (
        Permission(
            action="apigateway:GET",
            resources=("arn:{partition}:apigateway:*::/restapis",),
            operations=("apigateway:GetRestApis",),
            reveals="x",
        ),
        Permission(action="sts:X", operations=("sts:X",), reveals="x"),
    )
    assert needed_permission("apigateway:GetRestApis", permissions) == "apigateway:GET on /restapis"
    assert needed_permission("sts:X", permissions) == "sts:X"
    assert needed_permission("other:Y", permissions) is None


def test_partitions_come_from_the_sdks_data() -> None:
    data = {
        "partitions": [
            {
                "id": "a",
                "regionRegex": "^a-",
                "outputs": {"dnsSuffix": "a.example", "implicitGlobalRegion": "a-1"},
                "regions": {},
            },
            {"id": "b", "outputs": {}, "regions": {"b-1": {}}},
        ]
    }
    assert find_partition(data, "a-9") == Partition("a", "a.example", home="a-1")
    assert find_partition(data, "b-1") == Partition("b", home="b-1")
    assert find_partition(data, "c-1") == Partition()
    assert find_partition(None, "c-1") == Partition()
