"""Which APIs the rules of a load balancer are taken to be, and what each is called."""

from __future__ import annotations

import pytest

from apiscape.collectors.aws.balancers.network import ELSEWHERE
from apiscape.demo.aws.estate.balancers import fixed_response, forward, redirect_to_https, when
from apiscape.demo.aws.estate.region import Region
from apiscape.model.deployment import Deployment
from apiscape.model.identity import aws_native_id
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.balancers.reading import look, one_rule
from tests.collectors.aws.balancers.street import (
    deployments,
    edge,
    gateway,
    item,
    named,
    of,
    operations,
)
from tests.collectors.aws.desk import ACCOUNT, REGION

pytestmark = pytest.mark.usefixtures("server")


def test_an_api_for_each_host_and_first_segment(west: Region) -> None:
    balancer = edge(west)
    seen = look()
    assert deployments(seen) == [
        "edge.shop.example",
        "edge.shop.example/basket",
        "edge.shop.example/orders",
        "edge/health",
    ]
    orders = item(seen, "edge.shop.example/orders")
    resource = balancer.arn.partition(":loadbalancer/")[2] + "#edge.shop.example/orders"
    assert orders.native_id == aws_native_id(
        "aws", ACCOUNT, REGION, "elasticloadbalancing", resource
    )
    assert orders.native_kind == orders.product == "aws.alb"
    assert orders.gateway == "edge"
    assert orders.environment == "production"
    assert [owner.name for owner in orders.owners or ()] == ["Team Shop"]
    assert orders.consumers is None
    assert orders.specs == ()
    assert "#LoadBalancer" in (orders.native_url or "")


def test_the_default_action_is_an_api_of_its_own_where_it_sends_requests_on(west: Region) -> None:
    group = of(west).target_group("pool", "healthy")
    balancer = of(west).application("edge", internal=True)
    balancer.listener(8443, to=[forward(group)])
    seen = look()
    found = item(seen, "edge")
    host = balancer.fields["DNSName"]
    assert is_known(found.endpoints)
    assert [(each.url, each.generated_host) for each in found.endpoints] == [
        (f"https://{host}:8443", True)
    ]
    assert found.exposure == "private"
    assert found.exposure_evidence == "scheme internal; security groups are not read"
    assert list(operations(found)) == ["ANY /*"]


def test_redirects_and_fixed_answers_are_no_api(west: Region) -> None:
    balancer = of(west).application("edge")
    balancer.listener(80, "HTTP", to=[redirect_to_https()])
    balancer.listener(to=[fixed_response()])
    seen = look()
    assert deployments(seen) == []
    assert gateway(seen).name == "edge"


def test_network_load_balancers_are_skipped_in_words(west: Region) -> None:
    inside = of(west).network("inside").arn
    edge(west)
    seen = look()
    assert (seen.skipped, len(seen.recorded)) == ({inside: ELSEWHERE}, 1)


@pytest.mark.parametrize(
    ("path", "segment"),
    [
        ("/orders/*", "/orders"),
        ("/orders*", "/orders"),
        ("/orders", "/orders"),
        ("/v1/orders/*", "/v1"),
        ("/*", ""),
        ("*", ""),
        ("/*/orders", ""),
        ("/ord?rs/*", ""),
    ],
)
def test_the_first_segment_of_a_pattern(west: Region, path: str, segment: str) -> None:
    one_rule(west, when("path-pattern", path))
    seen = look()
    assert deployments(seen) == [f"edge{segment}"]
    assert list(operations(item(seen, f"edge{segment}"))) == [f"ANY {path}"]


def test_regular_expressions_are_written_as_such_and_lead_to_no_address(west: Region) -> None:
    one_rule(
        west,
        when("host-header", regex=[r"^api-\d+\.shop\.example$"]),
        when("path-pattern", "/plain", regex=["^/v[12]/.*$"]),
    )
    seen = look()
    found = item(seen, r"~ ^api-\d+\.shop\.example$")
    assert list(operations(found)) == ["ANY ~ ^/v[12]/.*$"]
    assert found.endpoints is UNKNOWN


def test_a_host_that_stands_for_many_has_no_address_that_anybody_types(west: Region) -> None:
    one_rule(west, when("host-header", "*.Shop.Example"))
    assert item(look(), "*.shop.example").endpoints is UNKNOWN


def test_a_rule_of_several_hosts_and_paths_belongs_to_each(west: Region) -> None:
    one_rule(
        west, when("host-header", "a.example", "b.example"), when("path-pattern", "/x/*", "/y")
    )
    assert deployments(look()) == ["a.example/x", "a.example/y", "b.example/x", "b.example/y"]


@pytest.mark.parametrize(
    ("settings", "sure", "words"),
    [
        ({}, 0.3, "confidence low"),
        ({"hosts": ["*.other"]}, 0.3, "confidence low"),
        ({"hosts": ["EDGE.shop.*"]}, 0.9, "host EDGE.shop.* is named in load_balancers.hosts"),
        ({"paths": ["/orders/*"]}, 0.9, "path /orders/* is named in load_balancers.paths"),
        ({"tags": ["owner"]}, 0.9, "tag owner is named in load_balancers.tags"),
        ({"tags": ["Owner=Team S*"]}, 0.9, "tag Owner=Team S* is named in load_balancers.tags"),
        ({"tags": ["owner=somebody"]}, 0.3, "confidence low"),
    ],
)
def test_that_it_is_an_api_is_a_guess_unless_the_settings_name_it(
    west: Region, settings: dict[str, list[str]], sure: float, words: str
) -> None:
    edge(west)
    found = item(
        look(named(**{k: tuple(v) for k, v in settings.items()})), "edge.shop.example/orders"
    )
    (claim,) = found.provenance["style"]
    assert claim.confidence == sure
    assert words in (claim.note or "")


def test_uids_stand_while_names_rules_and_priorities_move(west: Region) -> None:
    balancer = edge(west)
    before = {each.name: each.uid for each in look().entities if isinstance(each, Deployment)}
    secure = list(balancer.listeners.values())[-1]
    secure.rules.insert(0, secure.rules.pop())
    for priority, rule in enumerate(secure.rules, 1):
        rule["Priority"] = str(priority + 100)
    balancer.tags["owner"] = "Team Other"
    after = {each.name: each.uid for each in look().entities if isinstance(each, Deployment)}
    assert after == before
