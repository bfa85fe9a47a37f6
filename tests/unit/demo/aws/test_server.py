"""The server itself: allow-list, accounts of calls, latency, HTTP, and defects brought to light."""

from __future__ import annotations

import errno
import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.identities import Identities
from apiscape.demo.aws.wire.connection import take_request
from apiscape.demo.aws.wire.dispatch import HANDLERS, READ_ALLOW_LIST
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, Serve, boto3_client, status

SIGNED = "AWS4-HMAC-SHA256 Credential={}/20260105/eu-west-1/{}/aws4_request, Signature=x"
RESET = frozenset({errno.ECONNRESET, errno.EPIPE, errno.ENOTCONN})
"""What a client is told, by the moment, when the other side ends the connection at once."""


def authorization(estate: AwsEstate, service: str = "apigateway") -> dict[str, str]:
    return {"Authorization": SIGNED.format(estate.account(ACCOUNT).access_key_id, service)}


def raw(server: AwsServer, request: bytes) -> bytes:
    """Send bytes and return what comes until the connection ends, in order or by a reset."""
    host, port = server.url.removeprefix("http://").split(":")
    chunks = []
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65_536):
                chunks.append(chunk)
        except OSError as error:
            if error.errno not in RESET:
                raise
    return b"".join(chunks)


# ── Allow-list and shape ─────────────────────────────────────────────────────


def test_boto3_and_its_paginators_work(server: AwsServer, region: Region) -> None:
    for number in range(30):
        region.rest_api(f"api-{number}")
    client = boto3_client(server, "apigateway")
    pages = client.get_paginator("get_rest_apis").paginate(PaginationConfig={"PageSize": 7})
    assert [len(page["items"]) for page in pages] == [7, 7, 7, 7, 2]


def test_a_write_is_a_violation(serve: Serve, region: Region) -> None:
    api = region.rest_api("x")
    server = serve()
    with pytest.raises(ClientError) as error:
        server.client("apigateway", ACCOUNT).delete_rest_api(restApiId=api.id)
    assert status(error) == 405
    assert server.violations == ["apigateway:DeleteRestApi"]
    assert region.rest_apis
    with pytest.raises(AssertionError, match="DeleteRestApi"):
        server.assert_clean()


def test_an_import_is_told_from_a_creation(serve: Serve) -> None:
    server = serve()
    client = server.client("apigateway", ACCOUNT)
    with pytest.raises(ClientError):
        client.import_rest_api(body=b"{}")
    with pytest.raises(ClientError):
        client.create_rest_api(name="x")
    assert server.violations == ["apigateway:ImportRestApi", "apigateway:CreateRestApi"]


def test_the_allow_list_can_be_narrower(serve: Serve) -> None:
    server = serve(allowed={"sts:GetCallerIdentity"})
    server.client("sts", ACCOUNT).get_caller_identity()
    with pytest.raises(ClientError):
        server.client("apigateway", ACCOUNT).get_rest_apis()
    assert server.violations == ["apigateway:GetRestApis"]


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("appsync", "list_types", {"apiId": "a", "format": "SDL"}),
        ("organizations", "list_roots", {}),
        ("sts", "get_session_token", {}),
        ("account", "get_contact_information", {}),
    ],
)
def test_what_is_not_emulated_is_a_violation(
    serve: Serve, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    server = serve()
    with pytest.raises(ClientError):
        getattr(server.client(service, ACCOUNT), operation)(**arguments)
    assert len(server.violations) == 1
    assert server.violations[0].startswith(f"{service}:")


def test_every_allowed_operation_is_emulated_and_reads() -> None:
    assert set(HANDLERS) >= READ_ALLOW_LIST
    verbs = ("Get", "List", "Describe", "Export", "Lookup", "Assume")
    assert all(name.partition(":")[2].startswith(verbs) for name in HANDLERS)


@pytest.mark.parametrize(
    "fields",
    [
        {"colour": "blue"},
        {"description": 7},
        {"tags": ["not", "a", "map"]},
        {"binaryMediaTypes": "not a list"},
        {"endpointConfiguration": {"types": ["SIDEWAYS"]}},
        {"endpointConfiguration": "REGIONAL"},
        {"minimumCompressionSize": True},
        {"createdDate": "yesterday"},
    ],
)
def test_an_answer_that_breaks_the_shape_is_a_defect(
    serve: Serve, region: Region, fields: dict[str, Any]
) -> None:
    region.rest_api("odd").edit(**fields)
    server = serve()
    with pytest.raises(ClientError, match="Internal server error"):
        server.client("apigateway", ACCOUNT).get_rest_apis()
    assert "ShapeMismatch" in server.defects[0]
    with pytest.raises(AssertionError, match="defects"):
        server.assert_clean()


def test_a_missing_required_member_is_a_defect(serve: Serve, region: Region) -> None:
    api = region.http_api("odd")
    del api.fields["ProtocolType"]
    server = serve()
    with pytest.raises(ClientError):
        server.client("apigatewayv2", ACCOUNT).get_apis()
    assert "needs ProtocolType" in server.defects[0]


def test_a_missing_required_member_of_xml_is_a_defect(
    serve: Serve, estate: AwsEstate, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = {"Credentials": {"AccessKeyId": "ASIA"}}
    monkeypatch.setattr(Identities, "assume_role", lambda *_: half)
    server = serve()
    role = estate.account(ACCOUNT).role("reader")
    with pytest.raises(ClientError):
        server.client("sts", ACCOUNT).assume_role(RoleArn=role, RoleSessionName="scan")
    assert "needs Expiration, SecretAccessKey, SessionToken" in server.defects[0]


def test_an_absent_optional_member_is_left_out(server: AwsServer, region: Region) -> None:
    region.rest_api("x", description=None)
    assert "description" not in server.client("apigateway", ACCOUNT).get_rest_apis()["items"][0]


# ── Accounts of calls ────────────────────────────────────────────────────────


def test_calls_are_counted_by_operation_and_place(server: AwsServer, region: Region) -> None:
    client = server.client("apigateway", ACCOUNT)
    client.get_rest_apis()
    client.get_rest_apis()
    server.client("apigatewayv2", ACCOUNT).get_apis()
    assert server.calls.by_operation() == {"apigateway:GetRestApis": 2, "apigatewayv2:GetApis": 1}
    assert server.calls.count() == len(server.calls) == 3
    assert server.calls.count("apigateway", account=ACCOUNT, region="eu-west-1", status=200) == 2
    assert server.calls.count(region="eu-west-2") == 0
    assert [call.path for call in server.calls.where("apigatewayv2")] == ["/v2/apis"]
    server.calls.clear()
    assert list(server.calls) == []


# ── Latency and concurrency ──────────────────────────────────────────────────


def test_every_answer_takes_the_latency(serve: Serve) -> None:
    client = serve(latency_s=0.1).client("apigateway", ACCOUNT)
    started = time.monotonic()
    client.get_account()
    assert time.monotonic() - started >= 0.1


def test_an_answer_that_takes_its_time_holds_up_nobody(server: AwsServer) -> None:
    server.inject(Fault(kind="delay", seconds=2, call_index=0))
    client = server.client("apigateway", ACCOUNT)
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(client.get_account)
        while not server.calls:
            time.sleep(0.001)
        client.get_account()
        assert not late.done()
        assert late.result()["apiKeyVersion"] == "4"


def test_many_threads_are_answered_rightly(server: AwsServer, region: Region) -> None:
    apis = [region.rest_api(f"api-{number}").deploy("prod") for number in range(20)]
    config = Config(max_pool_connections=8)
    client = boto3_client(server, "apigateway", config=config)

    def deployment(index: int) -> bool:
        api = apis[index % len(apis)]
        (stage,) = client.get_stages(restApiId=api.id)["item"]
        return bool(stage["deploymentId"] == api.stages["prod"]["deploymentId"])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(deployment, range(200)))


def test_the_estate_can_change_under_load(serve: Serve, estate: AwsEstate, region: Region) -> None:
    server = serve()
    client = server.client("apigateway", ACCOUNT)
    done = threading.Event()

    def change() -> None:
        for number in range(100):
            with server.changing() as changed:
                assert changed is estate
                region.rest_api(f"new-{number}").edit(tags={"n": str(number)}).deploy("prod")
        done.set()

    thread = threading.Thread(target=change)
    thread.start()
    while not done.is_set():
        client.get_rest_apis()
    thread.join()
    assert len(client.get_rest_apis(limit=500)["items"]) == 100
    server.assert_clean()


# ── HTTP ─────────────────────────────────────────────────────────────────────


def test_one_connection_serves_many_requests(server: AwsServer, estate: AwsEstate) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    for _ in range(3):
        connection.request("GET", "/account", headers=authorization(estate))
        response = connection.getresponse()
        assert response.status == 200
        assert response.headers["x-amzn-RequestId"]
        response.read()
    connection.close()


def test_requests_sent_ahead_are_answered_in_turn(server: AwsServer, estate: AwsEstate) -> None:
    signature = authorization(estate)["Authorization"]
    request = f"GET /account HTTP/1.1\r\nAuthorization: {signature}\r\n\r\n".encode()
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request * 3)
        answers = b""
        while answers.count(b"throttleSettings") < 3:
            answers += connection.recv(65_536)
    assert answers.count(b"HTTP/1.1 200 OK") == 3


def test_an_unsigned_request_is_refused(server: AwsServer) -> None:
    answer = raw(server, b"GET /restapis HTTP/1.1\r\n\r\n")
    assert b"403 Forbidden" in answer
    assert b"MissingAuthenticationTokenException" in answer


@pytest.mark.parametrize("request_bytes", [b"nonsense\r\n\r\n", b"x" * 1_100_000])
def test_what_is_no_request_ends_the_connection(server: AwsServer, request_bytes: bytes) -> None:
    assert raw(server, request_bytes) == b""
    assert server.client("sts", ACCOUNT).get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize("kind", ["delay", "slow"])
def test_a_caller_that_leaves_does_no_harm(server: AwsServer, estate: AwsEstate, kind: str) -> None:
    server.inject(Fault(kind=kind, seconds=0.08, times=1))
    signature = authorization(estate)["Authorization"]
    request = f"GET /account HTTP/1.1\r\nAuthorization: {signature}\r\n\r\n".encode()
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(request)
        time.sleep(0.03)
    time.sleep(0.1)
    assert server.client("sts", ACCOUNT).get_caller_identity()["Account"] == ACCOUNT


def test_a_request_is_taken_once_it_is_whole() -> None:
    whole = b"POST /a?b=c HTTP/1.1\r\nContent-Length: 4\r\nX-Y: z\r\n\r\nbodyGET"
    for end in range(len(whole) - 3):
        assert take_request(whole[:end]) == (None, whole[:end])
    request, left = take_request(whole)
    assert request is not None
    assert (request.method, request.path, request.query) == ("POST", "/a", "b=c")
    assert (request.headers["x-y"], request.body, left) == ("z", b"body", b"GET")


def test_a_number_that_is_none_is_refused(server: AwsServer, estate: AwsEstate) -> None:
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/restapis?limit=many", headers=authorization(estate))
    response = connection.getresponse()
    assert response.status == 400
    assert b"Invalid number: many" in response.read()
    connection.close()


@pytest.mark.parametrize("path", ["/nowhere", "/v2/nowhere", "/restapis/a/b/c/d/e/f"])
def test_a_path_of_no_operation_is_a_violation(serve: Serve, estate: AwsEstate, path: str) -> None:
    server = serve()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET", path, headers=authorization(estate))
    assert connection.getresponse().status == 405
    connection.close()
    assert server.violations == [f"apigateway:GET {path}"]


def test_a_signature_of_one_service_does_not_reach_another(serve: Serve, estate: AwsEstate) -> None:
    server = serve()
    connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)
    connection.request("GET", "/restapis", headers=authorization(estate, "account"))
    assert connection.getresponse().status == 405
    connection.close()


def test_it_listens_on_loopback_only_and_ends_cleanly(estate: AwsEstate) -> None:
    with AwsServer(estate) as server:
        assert server.url.startswith("http://127.0.0.1:")
        client = server.client("sts", ACCOUNT)
        client.get_caller_identity()
    server.stop()
    with pytest.raises(Exception, match="Could not connect"):
        client.get_caller_identity()


def test_a_server_never_started_can_be_stopped(estate: AwsEstate) -> None:
    AwsServer(estate).stop()
