"""What no SDK would send and no service would answer: refused in words, never looped over, never passed."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.demo.aws.answers.paging import PAGING, page, token
from apiscape.demo.aws.refusing.faults import Fault, FaultPlan, Subject
from apiscape.demo.aws.refusing.refusals import Refusal, throttled
from apiscape.demo.aws.refusing.sabotage import (
    permission,
    spoil_delivery,
    spoil_listing,
    spoil_params,
)
from apiscape.demo.aws.wire.connection import take_request
from apiscape.demo.aws.wire.reading import read_input
from apiscape.demo.aws.wire.routing import Match, Request, find_operation, operation_model
from apiscape.demo.aws.wire.shapes import ShapeMismatch, compile_encoder
from apiscape.demo.aws.wire.writing import Answer

SUBJECT = Subject(3, "1", "eu-west-1", "apigateway", "GetStages", "/restapis/a1/stages")
PAGED = {"items": [1, 2, 3], "position": "next"}
PLAIN = Answer(200, "application/json", b"0123456789")

# Requests.


@pytest.mark.parametrize("length", ["-1", "-1000", "+5", "1e3", "0x5", "", "²", "5 5", "None"])
def test_a_length_that_is_none_is_no_request(length: str) -> None:
    head = f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode("latin-1")
    with pytest.raises(ValueError, match="length"):
        take_request(head + b"x" * 9)


@pytest.mark.parametrize(
    ("line", "path", "query"),
    [
        ("GET / HTTP/1.1", "/", ""),
        ("GET /a?b=c?d HTTP/1.1", "/a", "b=c?d"),
        ("GET /a%3Fb HTTP/1.1", "/a%3Fb", ""),
        ("GET  HTTP/1.1", "", ""),
    ],
)
def test_a_target_is_split_at_its_first_question_mark(line: str, path: str, query: str) -> None:
    request, left = take_request(f"{line}\r\nX-Odd:a:b \r\n\r\nrest".encode())
    assert request is not None
    assert (request.path, request.query, left) == (path, query, b"rest")
    assert request.headers == {"x-odd": "a:b"}


@given(st.binary(max_size=60))
def test_any_bytes_are_a_request_or_wait_or_are_refused(data: bytes) -> None:
    buffer = data + b"\r\n\r\n"
    try:
        request, left = take_request(buffer)
    except ValueError:
        return
    assert request is None or len(left) < len(buffer)


def read(service: str, operation: str, **request: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"method": "POST", "path": "/", "query": "", "headers": {}} | request
    return read_input(Match(service, operation, {"restapi_id": "a1"}), Request(**given))


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"\xff", b"{'a': 1}"])
def test_a_body_that_is_no_object_is_refused_as_the_services_do(body: bytes) -> None:
    with pytest.raises(Refusal) as refusal:
        read("organizations", "ListAccounts", body=body)
    assert (refusal.value.code, refusal.value.status) == ("SerializationException", 400)


def test_a_form_of_odd_bytes_is_read_as_far_as_it_goes() -> None:
    form = b"Action=AssumeRole&RoleArn=\xff&DurationSeconds=900&Odd=1"
    assert read("sts", "AssumeRole", body=form) == {"RoleArn": "\ufffd", "DurationSeconds": 900}


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("", {"restApiId": "a1"}),
        ("limit=5&position=x", {"restApiId": "a1", "limit": 5, "position": "x"}),
        ("limit=5&limit=6", {"restApiId": "a1", "limit": 5}),
        ("embed=methods&embed=x", {"restApiId": "a1", "embed": ["methods", "x"]}),
        ("position=", {"restApiId": "a1", "position": ""}),
        ("colour=blue", {"restApiId": "a1"}),
    ],
)
def test_a_query_is_read_by_the_modelled_names(query: str, params: dict[str, Any]) -> None:
    assert read("apigateway", "GetResources", query=query) == params


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/restapis", "GetRestApis"),
        ("/restapis/", "GetRestApis"),
        ("/restapis/a1", "GetRestApi"),
        ("/restapis/a1/stages", "GetStages"),
        ("/v2/apis", "GetApis"),
        ("/v2/apis/a1/stages", "GetStages"),
        ("/v2", None),
        ("/restapis/a1/stages/b/c/d/e", None),
    ],
)
def test_two_generations_are_told_apart_by_their_paths(path: str, operation: str | None) -> None:
    match = find_operation("apigateway", Request("GET", path, "", {}))
    assert (match and match.operation) == operation
    assert match is None or match.service == ("apigatewayv2" if "/v2" in path else "apigateway")


# Pages.


@pytest.mark.parametrize("start", ["²", "9" * 5000, "-1", "", "1.0", " 1", "1 "])
@pytest.mark.parametrize("service", sorted(PAGING))
def test_a_token_whose_number_is_none_is_refused(service: str, start: str) -> None:
    paging = PAGING[service]
    forged = base64.urlsafe_b64encode(f"from:{start}".encode()).decode()
    with pytest.raises(Refusal, match=f"Invalid {paging.token_in}"):
        page(service, [1], {paging.token_in: forged})


@pytest.mark.parametrize("size", ["²", "", "ten", 0, -1, "9" * 5000, True, 1.5])
def test_a_size_that_is_none_is_refused(size: Any) -> None:
    with pytest.raises(Refusal, match="must be 1 to 500"):
        page("apigateway", [1], {"limit": size})


def test_a_page_beyond_the_end_is_empty_and_the_last() -> None:
    assert page("apigateway", [1, 2], {"position": token(2)}) == {"items": []}
    assert page("apigateway", [], {}) == {"items": []}


# Answers.


def encoder(service: str, operation: str) -> Any:
    shape = operation_model(service, operation).output_shape
    assert shape is not None
    return compile_encoder(shape)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ({"items": {}}, "cannot hold dict"),
        ({"items": [{"name": 7}]}, "cannot hold int"),
        ({"items": [{"tags": []}]}, "cannot hold list"),
        ({"items": [{"tags": {"a": 1}}]}, "cannot hold int"),
        ({"items": [{"disableExecuteApiEndpoint": "yes"}]}, "cannot hold str"),
        ({"items": [{"minimumCompressionSize": True}]}, "cannot hold bool"),
        ({"items": [{"createdDate": 7}]}, "cannot hold int"),
        ({"items": [{"apiKeySource": "BODY"}]}, "no value 'BODY'"),
        ({"items": [{"colour": "blue"}]}, "no member colour"),
        ([], "cannot hold list"),
    ],
)
def test_an_answer_that_the_service_could_not_give_is_a_defect(output: Any, words: str) -> None:
    with pytest.raises(ShapeMismatch, match=words):
        encoder("apigateway", "GetRestApis")(output)


def test_an_answer_without_what_is_absent_is_an_answer() -> None:
    output = {"items": [{"id": "a1", "name": None, "minimumCompressionSize": 0}], "position": None}
    assert encoder("apigateway", "GetRestApis")(output) == {
        "item": [{"id": "a1", "minimumCompressionSize": 0}]
    }


# Faults.


@pytest.mark.parametrize(
    ("selector", "hits"),
    [
        ({}, True),
        ({"account": "1", "region": "eu-west-1"}, True),
        ({"account": "2"}, False),
        ({"region": "eu-west-2"}, False),
        ({"service": "apigatewayv2"}, False),
        ({"operation": "GetRestApis"}, False),
        ({"resource": "a1"}, True),
        ({"resource": "a2"}, False),
        ({"call_index": 3}, True),
        ({"call_index": 0}, False),
        ({"call_index": range(3)}, False),
        ({"call_index": {1, 3}}, True),
        ({"operation": "GetStages", "account": "2"}, False),
    ],
)
def test_a_fault_hits_where_every_selector_fits(selector: dict[str, Any], *, hits: bool) -> None:
    plan = FaultPlan()
    plan.inject(Fault(kind="error", **selector))
    assert (plan.strike(SUBJECT) is not None) is hits
    plan.clear()
    assert plan.strike(SUBJECT) is None


def test_the_first_fault_that_fits_decides_and_the_next_takes_over_when_it_is_spent() -> None:
    plan = FaultPlan()
    plan.inject(Fault(kind="error", operation="Other"))
    plan.inject(Fault(kind="throttle", times=1))
    plan.inject(Fault(kind="reset", occurrence=1))
    struck = [plan.strike(SUBJECT) for _ in range(4)]
    assert [fault and fault.kind for fault in struck] == ["throttle", None, "reset", None]


@pytest.mark.parametrize(
    ("kind", "output"),
    [
        (None, PAGED),
        ("error", PAGED),
        ("narrow", {"items": [1]}),
        ("empty", {"items": []}),
        ("repeat_token", PAGED | {"position": "ZnJvbTphZ2Fpbg=="}),
        ("endless", PAGED | {"position": "herex"}),
    ],
)
def test_a_listing_is_spoilt_in_the_way_that_was_asked_for(
    kind: str | None, output: dict[str, Any]
) -> None:
    fault = Fault(kind=kind) if kind else None
    assert spoil_listing(fault, "apigateway", PAGED, {"position": "here"}) == output


@pytest.mark.parametrize("kind", ["narrow", "empty", "repeat_token", "endless"])
def test_what_is_no_listing_is_not_spoilt(kind: str) -> None:
    one = {"id": "a1"}
    assert spoil_listing(Fault(kind=kind), "apigateway", one, {}) == one
    assert spoil_listing(Fault(kind=kind), "sts", PAGED, {}) == PAGED


def test_a_listing_without_pages_is_narrowed_all_the_same() -> None:
    stages = {"item": [1, 2, 3]}
    assert spoil_listing(Fault(kind="narrow", keep=2), "apigateway", stages, {}) == {"item": [1, 2]}
    assert spoil_listing(Fault(kind="repeat_token"), "apigateway", stages, {}) == stages


@pytest.mark.parametrize(
    ("kind", "params"),
    [(None, {"limit", "position"}), ("narrow", {"limit", "position"}), ("endless", {"limit"})],
)
def test_a_listing_in_circles_forgets_where_it_was(kind: str | None, params: set[str]) -> None:
    fault = Fault(kind=kind) if kind else None
    assert spoil_params(fault, "apigateway", {"limit": 1, "position": "x"}).keys() == params


@pytest.mark.parametrize(
    ("fault", "delivery"),
    [
        (None, (b"0123456789", 0.5, 0.0, False)),
        (Fault(kind="error"), (b"0123456789", 0.5, 0.0, False)),
        (Fault(kind="cut"), (b"0123456789", 0.5, 0.0, True)),
        (Fault(kind="truncate"), (b"01234", 0.5, 0.0, False)),
        (Fault(kind="delay"), (b"0123456789", 1.5, 0.0, False)),
        (Fault(kind="delay", seconds=0), (b"0123456789", 0.5, 0.0, False)),
        (Fault(kind="slow", seconds=4), (b"0123456789", 0.5, 4, False)),
    ],
    ids=lambda value: value.kind if isinstance(value, Fault) else "",
)
def test_an_answer_goes_out_as_it_was_asked_to(fault: Fault | None, delivery: Any) -> None:
    sent = spoil_delivery(fault, PLAIN, 0.5)
    assert sent.answer is not None
    assert (sent.answer.body, sent.delay_s, sent.spread_s, sent.cut) == delivery


def test_a_reset_answers_nothing_and_a_proxy_answers_a_page() -> None:
    assert spoil_delivery(Fault(kind="reset"), PLAIN, 0).answer is None
    page_of_a_proxy = spoil_delivery(Fault(kind="wrong_type"), PLAIN, 0).answer
    assert page_of_a_proxy is not None
    assert (page_of_a_proxy.status, page_of_a_proxy.content_type) == (200, "text/html")


@pytest.mark.parametrize(
    ("service", "path", "needed"),
    [
        ("apigateway", "/restapis", ("apigateway:GET", "arn:aws:apigateway:eu-west-1::/restapis")),
        ("apigatewayv2", "/v2/apis", ("apigateway:GET", "arn:aws:apigateway:eu-west-1::/apis")),
        ("sts", "/", ("sts:GetThing", "*")),
    ],
)
def test_a_call_needs_the_right_that_iam_names(
    service: str, path: str, needed: tuple[str, str]
) -> None:
    subject = Subject(0, "1", "eu-west-1", service, "GetThing", path)
    assert permission(Match(service, "GetThing", {}), subject) == needed


@pytest.mark.parametrize(
    ("seconds", "headers"), [(None, {}), (0, {"Retry-After": "0"}), (1.5, {"Retry-After": "1.5"})]
)
def test_a_throttle_says_when_to_come_back_only_if_it_knows(
    seconds: float | None, headers: dict[str, str]
) -> None:
    assert throttled(seconds).headers == headers
