"""Endpoints that offer no exports, and single exports that are missing: the two are not confused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.apigateway.v2_collector import HttpApiCollector
from apiscape.collectors.contract import Collector
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import Desk, Seen

APIS = 20


class Product(NamedTuple):
    """A product whose APIs are exported, and what stands in for an export."""

    make: Callable[[], Collector]
    export: str
    configured: str
    add: Callable[[Region, str], str]


def add_rest(region: Region, name: str) -> str:
    return region.rest_api(name).method("GET", "/x", auth="AWS_IAM").deploy("prod").id


def add_http(region: Region, name: str) -> str:
    return region.http_api(name).route("GET /x", auth="AWS_IAM").stage().id


REST = Product(RestApiCollector, "apigateway:GetExport", "apigateway:GetResources", add_rest)
HTTP = Product(HttpApiCollector, "apigatewayv2:ExportApi", "apigatewayv2:GetRoutes", add_http)
both = pytest.mark.parametrize("product", [REST, HTTP], ids=["rest", "http"])


def refuse(server: AwsServer, export: str, kind: str, **which: Any) -> None:
    server.inject(Fault(kind=kind, operation=export.partition(":")[2], **which))


def contracts_missing(seen: Seen) -> list[str]:
    return [item.name for item in seen.entities if not item.specs or item.specs[0].not_kept]


@both
def test_an_endpoint_that_has_no_exports_is_asked_for_one_a_visit(
    product: Product,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    for number in range(APIS):
        product.add(west, f"api-{number}")
    refuse(server, product.export, "no_route")
    seen = desk.collect(product.make())
    assert server.calls.count(product.export) == 1
    assert server.calls.count(product.configured) == APIS
    assert seen.unseen == []
    assert len(contracts_missing(seen)) == APIS
    assert all(item.operations for item in seen.entities)


@both
def test_the_next_visit_tries_again_for_one_api_and_keeps_the_rest(
    product: Product,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    for number in range(APIS):
        product.add(west, f"api-{number}")
    refuse(server, product.export, "no_route")
    first = desk.collect(product.make())
    server.calls.clear()
    again = desk.collect(product.make(), known=first.known())
    assert server.calls.count(product.export) == 1
    assert server.calls.count(product.configured) == 0
    assert len(again.unchanged) == APIS


@both
def test_exports_that_are_offered_later_are_read_in_the_next_visit(
    product: Product,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    for number in range(APIS):
        product.add(west, f"api-{number}")
    refuse(server, product.export, "no_route")
    first = desk.collect(product.make())
    server.clear_faults()
    server.calls.clear()
    again = desk.collect(product.make(), known=first.known())
    assert server.calls.count(product.export) == APIS
    assert server.calls.count(product.configured) == 0
    assert again.unchanged == []
    assert contracts_missing(again) == []
    third = desk.collect(product.make(), known=again.known())
    assert len(third.unchanged) == APIS


@both
@pytest.mark.parametrize("kind", ["bare_404", "deny"])
def test_one_api_whose_export_is_missing_affects_no_other(
    kind: str,
    product: Product,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    ids = [product.add(west, f"api-{number}") for number in range(APIS)]
    refuse(server, product.export, kind, resource=ids[0])
    seen = desk.collect(product.make())
    assert server.calls.count(product.export) == APIS
    assert server.calls.count(product.configured) == 1
    assert contracts_missing(seen) == ["api-0"]
    assert [detail for detail, _ in seen.unseen] in (
        ["contract of stage prod"],
        ["contract of stage $default"],
    )
    assert seen.whole


@both
def test_an_endpoint_that_once_gave_an_export_is_not_given_up(
    product: Product,
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    ids = [product.add(west, f"api-{number}") for number in range(APIS)]
    refuse(server, product.export, "no_route", resource=ids[-1])
    seen = desk.collect(product.make())
    assert server.calls.count(product.export) == APIS
    assert contracts_missing(seen) == [f"api-{APIS - 1}"]
    assert len(seen.unseen) == 1


def test_stages_of_one_deployment_that_stood_in_are_exported_once(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("one").method("GET", "/x").deploy("prod", "test")
    server.inject(Fault(kind="no_route", operation="GetExport"))
    first = desk.collect(RestApiCollector())
    server.clear_faults()
    server.calls.clear()
    again = desk.collect(RestApiCollector(), known=first.known())
    assert server.calls.count("apigateway:GetExport") == 1
    assert sorted(item.stage for item in again.entities) == ["prod", "test"]


def test_what_stood_in_stays_a_gap_where_the_export_is_denied_meanwhile(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    west.rest_api("one").method("GET", "/x").deploy("prod")
    server.inject(Fault(kind="no_route", operation="GetExport"))
    first = desk.collect(RestApiCollector())
    server.clear_faults()
    west.deny("apigateway:GetExport")
    again = desk.collect(RestApiCollector(), known=first.known())
    assert again.unseen == [("contract of stage prod", "access_denied")]
    assert again.one("one").operations
