"""Answers without the list that they are asked for: never taken for an empty one, but where a service leaves it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import botocore.session
import pytest

from apiscape.collectors.aws.acm.collector import CertificateCollector
from apiscape.collectors.aws.apigateway.domains_collector import DomainCollector
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector
from apiscape.collectors.aws.calls import Calls
from apiscape.collectors.aws.cloudfront.collector import DistributionCollector
from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.paging import PAGING, listed_of, paging_of
from apiscape.collectors.aws.route53.collector import NameCollector
from apiscape.collectors.contract import Collector, Malformed, Permission
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.test_odd_answers import changed

MODELS = botocore.session.get_session()
OPERATIONS = tuple(sorted({*filter(lambda name: ":" in name, PAGING)} | {"apigateway:GetRestApis"}))

#: An empty object was seen where a domain has no mappings.
SEEN_WITHOUT = frozenset({"apigateway:GetBasePathMappings", "apigateway:GetDomainNames"})


class Answering:
    """A session whose every call is answered alike."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def call(self, operation: str, permission: str | None, parameters: dict[str, object]) -> Any:
        del operation, permission, parameters
        return self._answer


def calls(operation: str, answer: Any) -> Calls:
    right = Permission(action="x", operations=(operation,), reveals="x")
    return Calls(Answering(answer), (right,))


def speaks_json(operation: str) -> bool:
    protocol: str = MODELS.get_service_model(operation.partition(":")[0]).metadata["protocol"]
    assert protocol in {"json", "rest-json", "query", "rest-xml"}
    return protocol.endswith("json")


def held(operation: str, value: Any) -> dict[str, Any]:
    paging = paging_of(operation)
    page = {paging.listed: value}
    return page if paging.within is None else {paging.within: page}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_without_its_list_is_none_where_the_service_speaks_json(operation: str) -> None:
    pages = calls(operation, {}).pages(operation)
    if speaks_json(operation) and operation not in SEEN_WITHOUT:
        with pytest.raises(Malformed, match=f"the answer to {operation} has no ") as raised:
            list(pages)
        assert raised.value.operation == operation
    elif operation in {"cloudfront:ListDistributions", "route53:ListHostedZones"}:
        with pytest.raises(
            Malformed
        ):  # what says how many there are, or the list itself, is always there
            list(pages)
    else:
        assert [(page.items, page.last) for page in pages] == [((), True)]


@pytest.mark.parametrize("value", ["x", 7, True, {}, {"a": 1}], ids=repr)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_no_list_is_not_taken_for_an_empty_one(operation: str, value: Any) -> None:
    with pytest.raises(Malformed):
        list(calls(operation, held(operation, value)).pages(operation))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_empty_list_is_one(operation: str) -> None:
    (page,) = calls(operation, held(operation, [])).pages(operation)
    assert (page.items, page.last) == ((), True)


@pytest.mark.parametrize(
    ("quantity", "is_empty"), [(0, True), (3, False), (None, False), ("0", False)]
)
def test_distributions_are_left_out_only_where_their_number_is_none(
    quantity: Any, is_empty: bool
) -> None:
    operation = "cloudfront:ListDistributions"
    pages = calls(operation, {"DistributionList": {"Quantity": quantity}}).pages(operation)
    if is_empty:
        assert [page.items for page in pages] == [()]
    else:
        with pytest.raises(Malformed):
            list(pages)


def test_what_in_a_list_is_no_object_is_counted_as_one_of_which_nothing_is_said() -> None:
    assert listed_of({"a": [{"x": 1}, None, 7, "y", []]}, "a", "x:Y") == ({"x": 1}, {}, {}, {}, {})


def test_a_listing_without_pages_is_held_to_the_same() -> None:
    operation = "apigateway:GetStages"
    assert calls(operation, {"item": [{"a": 1}]}).listed(operation, "item") == ({"a": 1},)
    with pytest.raises(Malformed):
        calls(operation, {}).listed(operation, "item")


LISTINGS: tuple[tuple[Callable[[], Collector], str], ...] = (
    (CertificateCollector, "acm:ListCertificates"),
    (RestApiCollector, "apigateway:GetRestApis"),
    (GraphqlCollector, "appsync:ListGraphqlApis"),
    (FunctionUrlCollector, "lambda:ListFunctions"),
    (ServiceCollector, "vpc-lattice:ListServices"),
    (DistributionCollector, "cloudfront:ListDistributions"),
    (NameCollector, "route53:ListHostedZones"),
)


@pytest.mark.parametrize(("make", "operation"), LISTINGS)
def test_a_part_without_its_list_is_not_read_to_its_end(
    make: Callable[[], Collector], operation: str, server: AwsServer, west: Region, desk: Desk
) -> None:
    with changed(operation, lambda _: {}):
        seen = desk.collect(make())
    assert isinstance(seen.error, Malformed)
    assert not seen.whole
    assert seen.listed == []


def test_an_account_without_domains_has_none(server: AwsServer, west: Region, desk: Desk) -> None:
    with changed("apigateway:GetDomainNames", lambda _: {}):
        seen = desk.collect(DomainCollector())
    assert (seen.error, seen.listed, seen.whole) == (None, [], True)


def test_an_api_whose_stages_are_not_said_is_not_taken_for_undeployed(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    api = west.rest_api("claims").deploy("prod")
    with changed("apigateway:GetStages", lambda _: {}):
        seen = desk.collect(RestApiCollector())
    assert seen.failed[api.id].kind == "malformed"
    assert seen.entities == []


# ── Where it was asked ───────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["deny", "error", "throttle"])
@pytest.mark.parametrize(
    ("make", "operation", "where"),
    [
        (DistributionCollector, "ListDistributions", f"in account {ACCOUNT} (global)"),
        (NameCollector, "ListHostedZones", f"in account {ACCOUNT} (global)"),
        (RestApiCollector, "GetRestApis", f"in {REGION}"),
    ],
)
def test_an_error_of_a_service_without_regions_names_the_account(
    make: Callable[[], Collector],
    operation: str,
    where: str,
    kind: str,
    server: AwsServer,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.inject(Fault(kind=kind, operation=operation))
    said = str(desk.collect(make()).error)
    assert where in said
    assert (REGION in said) == (make is RestApiCollector)
