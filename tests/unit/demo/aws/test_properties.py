"""What holds for every input: pages, tokens, buckets, identifiers, requests cut anywhere."""

from __future__ import annotations

import re

import hypothesis.strategies as st
import pytest
from hypothesis import given

from apiscape.demo.aws.answers.paging import PAGING, page, token
from apiscape.demo.aws.estate.identifiers import access_key, identifier
from apiscape.demo.aws.estate.rest_api import resource_paths
from apiscape.demo.aws.refusing.faults import Fault, FaultPlan, Subject
from apiscape.demo.aws.refusing.quotas import Quota, Quotas, VirtualClock
from apiscape.demo.aws.refusing.refusals import Refusal
from apiscape.demo.aws.wire.connection import take_request

SERVICES = st.sampled_from(sorted(PAGING))
SEGMENT = st.text("abc{}", min_size=1, max_size=3)


@given(SERVICES, st.integers(0, 130), st.integers(1, 20))
def test_pages_put_together_are_the_listing(service: str, length: int, asked: int) -> None:
    paging, items = PAGING[service], list(range(length))
    size = min(asked, paging.largest)
    params: dict[str, object] = {paging.size_member: size}
    seen: list[int] = []
    pages = 0
    while True:
        output = page(service, items, params)
        pages += 1
        seen += output[paging.items]
        if paging.token_out not in output:
            break
        params[paging.token_in] = output[paging.token_out]
    assert seen == items
    assert pages == max(1, -(-length // size))


@given(SERVICES, st.text(max_size=12) | st.integers(0, 19).map(token))
def test_a_token_is_ours_or_refused(service: str, text: str) -> None:
    paging = PAGING[service]
    ours = not text or text in {token(start) for start in range(20)}
    if ours:
        assert set(page(service, [1, 2, 3], {paging.token_in: text})[paging.items]) <= {1, 2, 3}
        return
    with pytest.raises(Refusal) as refusal:
        page(service, [1, 2, 3], {paging.token_in: text})
    assert refusal.value.code == paging.error


@pytest.mark.parametrize("service", sorted(PAGING))
def test_the_largest_page_may_be_asked_for(service: str) -> None:
    paging = PAGING[service]
    items = list(range(paging.largest + 1))
    output = page(service, items, {paging.size_member: paging.largest})
    assert len(output[paging.items]) == paging.largest
    with pytest.raises(Refusal):
        page(service, items, {paging.size_member: paging.largest + 1})


@given(
    st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30)), max_size=20),
    st.integers(1, 20),
    st.integers(1, 40),
)
def test_no_more_is_admitted_than_burst_and_time_allow(
    bursts: list[tuple[float, int]], rate_per_s: int, burst: int
) -> None:
    clock = VirtualClock()
    quota = Quota("q", frozenset({"s"}), rate_per_s, burst)
    quotas = Quotas((quota,), clock)
    admitted = 0
    for pause_s, calls in bursts:
        clock.advance(pause_s)
        admitted += sum(quotas.admit("a", "r", "s", "o") for _ in range(calls))
        assert admitted <= burst + rate_per_s * clock() + 1e-6


@given(st.text(), st.text())
def test_identifiers_look_like_aws_s_and_differ(first: str, second: str) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]{9}", identifier(first))
    assert re.fullmatch(r"AKIA[A-Z0-9]{16}", access_key("AKIA", first))
    assert (identifier(first) == identifier(second)) == (first == second)
    assert identifier(first, second) == identifier(first, second)


@given(st.lists(st.lists(SEGMENT, min_size=1, max_size=4), max_size=6))
def test_every_resource_has_its_parent(paths: list[list[str]]) -> None:
    found = set(resource_paths(["/" + "/".join(path) for path in paths]))
    assert "/" in found
    for path in found - {"/"}:
        parent, _, part = path.rpartition("/")
        assert (parent or "/") in found
        assert part


@given(st.binary(max_size=200), st.integers(0, 300))
def test_a_body_is_never_split_or_joined(body: bytes, cut: int) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body)
    whole = head + body
    first, rest = whole[:cut], whole[cut:] + whole
    request, left = take_request(first)
    if request is None:
        request, left = take_request(left + rest)
    else:
        left += rest
    assert request is not None
    assert request.body == body
    again, nothing = take_request(left)
    assert again == request
    assert nothing == b""


@given(st.integers(0, 10), st.integers(1, 5), st.integers(0, 12))
def test_a_fault_strikes_as_often_as_it_may(start: int, times: int, calls: int) -> None:
    plan = FaultPlan()
    plan.inject(Fault(kind="error", call_index=range(start, 100), times=times))
    struck = [
        index
        for index in range(calls)
        if plan.strike(Subject(index, "a", "r", "s", "o", "/")) is not None
    ]
    assert struck == list(range(start, max(start, min(calls, start + times))))
