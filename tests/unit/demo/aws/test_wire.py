"""Routing, reading and writing held against botocore's own serialisers and parsers."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.demo.aws.refusing.refusals import Refusal, denied, expired_token, throttled
from apiscape.demo.aws.wire.dispatch import HANDLERS
from apiscape.demo.aws.wire.reading import read_input
from apiscape.demo.aws.wire.routing import (
    SERVICES_BY_SIGNING_NAME,
    Match,
    Request,
    find_operation,
    operation_model,
    protocol_of,
    service_model,
)
from apiscape.demo.aws.wire.writing import write_output, write_refusal
from tests.unit.demo.aws.samples import parsed, request_of, sample

EVERY_OPERATION = [
    (signing_name, service, operation)
    for signing_name, services in SERVICES_BY_SIGNING_NAME.items()
    for service in services
    for operation in service_model(service).operation_names
]
IMPLEMENTED = [tuple(name.split(":")) for name in sorted(HANDLERS)]


def full_input(service: str, operation: str) -> dict[str, Any]:
    shape = operation_model(service, operation).input_shape
    return sample(shape) if shape is not None else {}


def holds_structures(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(item, dict) for item in value)


@pytest.mark.parametrize(
    ("signing_name", "service"),
    [
        (signing_name, service)
        for signing_name, services in SERVICES_BY_SIGNING_NAME.items()
        for service in services
    ],
)
def test_every_operation_of_a_service_is_told_from_every_other(
    signing_name: str, service: str
) -> None:
    missed = []
    for operation in service_model(service).operation_names:
        shape = operation_model(service, operation).input_shape
        params = sample(shape, only_required=True) if shape is not None else {}
        found = find_operation(signing_name, request_of(service, operation, params))
        if found is None or (found.service, found.operation) != (service, operation):
            missed.append((operation, found))
    assert missed == []


def test_the_services_have_more_operations_than_are_emulated() -> None:
    assert len(EVERY_OPERATION) > 300
    assert len(IMPLEMENTED) == len(HANDLERS) > 30


@pytest.mark.parametrize(("service", "operation"), IMPLEMENTED)
def test_what_the_sdk_writes_is_read_back_whole(service: str, operation: str) -> None:
    params = full_input(service, operation)
    request = request_of(service, operation, params)
    signing_name = service_model(service).signing_name
    match = find_operation(signing_name, request)
    assert match is not None
    read = read_input(match, request)
    if protocol_of(service) == "query":  # lists of structures are not read: none is used
        params = {name: value for name, value in params.items() if not holds_structures(value)}
    assert read == params


@pytest.mark.parametrize(("service", "operation"), IMPLEMENTED)
def test_what_is_written_is_what_the_sdk_reads(service: str, operation: str) -> None:
    shape = operation_model(service, operation).output_shape
    assert shape is not None
    output = sample(shape)
    answer = write_output(Match(service, operation, {}), output, "request-1")
    assert parsed(service, operation, answer) == output


@pytest.mark.parametrize(
    "service", ["account", "apigateway", "apigatewayv2", "organizations", "sts"]
)
@pytest.mark.parametrize(
    "refusal",
    [
        throttled(),
        denied("arn:a", "apigateway:GET", "arn:b"),
        expired_token("apigateway"),
        Refusal("NotFoundException", 'a <b> & "c"', status=404),
        Refusal("InternalFailure", "Internal server error", status=500),
    ],
)
def test_a_refusal_is_read_with_code_and_text(service: str, refusal: Refusal) -> None:
    operation = service_model(service).operation_names[0]
    answer = write_refusal(service, refusal, "request-1")
    error = parsed(service, operation, answer)["Error"]
    assert answer.status == refusal.status
    assert (error["Code"], error["Message"]) == (refusal.code, refusal.message)


@pytest.mark.parametrize(
    ("signing_name", "request_"),
    [
        ("dynamodb", Request("POST", "/", "", {})),
        ("organizations", Request("POST", "/", "", {})),
        ("organizations", Request("POST", "/", "", {"x-amz-target": "X.Nothing"})),
        ("sts", Request("POST", "/", "", {}, b"Action=Nothing")),
        ("sts", Request("POST", "/", "", {}, b"\xff\xfe")),
        ("apigateway", Request("GET", "/", "", {})),
        ("apigateway", Request("PATCH", "/restapis", "", {})),
    ],
)
def test_what_no_model_knows_is_no_operation(signing_name: str, request_: Request) -> None:
    assert find_operation(signing_name, request_) is None


def test_labels_are_decoded() -> None:
    request = Request("GET", "/tags/arn%3Aaws%3Ax%2Fy%20z", "", {})
    match = find_operation("apigateway", request)
    assert match == Match("apigateway", "GetTags", {"resource_arn": "arn:aws:x/y z"})
    assert match is not None
    assert match.name == "apigateway:GetTags"
