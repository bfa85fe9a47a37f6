"""Secrets planted wherever AWS may answer with one: none comes through, whatever goes wrong."""

from __future__ import annotations

import logging

import pytest

from apiscape.collectors.contract import Collector
from apiscape.collectors.registry import load_collector, load_provider
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.seeds.canaries import MARK, plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.codec import encode
from tests.collectors.aws.appsync.samples import fill as fill_appsync
from tests.collectors.aws.balancers.street import edge, item, operations
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.functions.estates import add_agents, add_functions, add_services
from tests.collectors.aws.lattice.samples import fill as fill_lattice
from tests.collectors.aws.test_faults import ONCE, small_estate

PRODUCTS = load_provider("aws").products
FAULTS = (
    Fault(kind="deny", operation="GetExport"),
    Fault(kind="deny", operation="ExportApi"),
    Fault(kind="truncate", operation="GetStages"),
    Fault(kind="wrong_type", operation="GetResources"),
    Fault(kind="error", operation="GetIntegrations"),
    Fault(kind="truncate", operation="DescribeRules"),
)


def whole_estate() -> AwsEstate:
    """Something of every product."""
    estate = small_estate()
    west = estate.accounts[ACCOUNT].region(REGION)
    add_functions(west)
    add_services(west)
    add_agents(west)
    return estate


@pytest.mark.parametrize("fault", [None, *FAULTS], ids=lambda fault: str(fault and fault.operation))
def test_no_secret_comes_through(
    fault: Fault | None, point_at: PointAt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    estate = small_estate()
    fill_appsync(estate.account(ACCOUNT).region(REGION), apis=1)
    estate = whole_estate()
    edge(estate.account(ACCOUNT).region(REGION))
    fill_lattice(estate.account(ACCOUNT).region(REGION), services=1)
    planted = plant_canaries(estate)
    assert len(planted) > 20
    with AwsServer(estate) as server:
        point_at(server, ACCOUNT)
        if fault:
            server.inject(fault)
        for product in PRODUCTS:
            collector: Collector = load_collector(product)
            desk = Desk(ONCE)
            seen = desk.collect(collector)
            desk.close()
            said = encode(seen.said).decode()
            documents = b"".join(
                content for one in seen.recorded.values() for content in one.documents.values()
            ).decode()
            everything = said + documents + repr(seen.said) + repr(seen.error) + caplog.text
            assert MARK not in everything
            assert server.credentials(ACCOUNT)["aws_secret_access_key"] not in everything
            assert all(secret not in everything for secret in planted)
        server.assert_clean()


def test_what_surrounds_the_secrets_does_come_through(point_at: PointAt) -> None:
    estate = small_estate()
    plant_canaries(estate)
    with AwsServer(estate) as server:
        point_at(server, ACCOUNT)
        desk = Desk(ONCE)
        item = desk.collect(load_collector("aws.apigateway.rest")).one("claims")
        desk.close()
    assert "https://backend.example/x" in [backend.address for backend in item.backends]
    assert item.labels["password"] == "(withheld)"
    assert any(one.template == "/canary" for one in item.operations)


def test_what_surrounds_the_secrets_of_a_load_balancer_does_come_through(point_at: PointAt) -> None:
    estate = small_estate()
    edge(estate.account(ACCOUNT).region(REGION))
    plant_canaries(estate)
    with AwsServer(estate) as server:
        point_at(server, ACCOUNT)
        desk = Desk(ONCE)
        found = item(desk.collect(load_collector("aws.alb")), "edge/canary")
        desk.close()
    (security,) = (each.security for each in operations(found).values())
    assert [scheme.issuer for scheme in security.schemes] == ["https://id.example/x"]
    assert "with header x-origin-verify; with query key" in (security.evidence or "")
    assert dict(found.labels or {})["api-key"] == "(withheld)"
