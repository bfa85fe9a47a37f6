"""What stands before an API at a load balancer: firewalls, states, and what made the load balancer."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.collectors.aws.balancers.network import ELSEWHERE
from apiscape.collectors.contract import Unseen
from apiscape.demo.aws.estate.balancers import forward
from apiscape.demo.aws.estate.region import Region
from apiscape.model.surroundings import STACKS, FrontDoor
from apiscape.model.values import UNKNOWN, is_known
from tests.collectors.aws.balancers.reading import look
from tests.collectors.aws.balancers.street import edge, gateway, item, of, signals

pytestmark = pytest.mark.usefixtures("server")


def test_a_firewall_logs_and_attributes(west: Region) -> None:
    guarded, open_to_all = edge(west), edge(west, "bare")
    of(west).web_acl("shop", guarded)
    of(west).web_acl("unused")
    guarded.attributes["access_logs.s3.enabled"] = "true"
    del open_to_all.attributes["routing.http.desync_mitigation_mode"]
    seen = look()
    first, second = item(seen, "edge/health").protections, item(seen, "bare/health").protections
    assert (first.waf, second.waf) == ("enabled", "disabled")
    assert (first.access_log, second.access_log) == ("enabled", "disabled")
    assert first.rate_limit == first.tracing == "disabled"
    assert first.cors == "unknown"
    told = {
        each.name: each.value for each in signals(seen, "attribute.deletion_protection.enabled")
    }
    assert told == {"attribute.deletion_protection.enabled": False}
    modes = signals(seen, "attribute.routing.http.desync_mitigation_mode")
    assert [each.value for each in modes] == ["defensive"]


@pytest.mark.parametrize(
    ("state", "status", "reason", "enabled"),
    [
        ({"Code": "active"}, "active", None, True),
        (
            {"Code": "active_impaired"},
            "active",
            "the load balancer is active impaired",
            True,
        ),
        (
            {"Code": "provisioning"},
            "inactive",
            "the load balancer is provisioning",
            UNKNOWN,
        ),
        ({"Code": "failed", "Reason": "no subnets"}, "failed", "no subnets", UNKNOWN),
        ({}, "unknown", None, UNKNOWN),
    ],
)
def test_the_state_of_a_load_balancer(
    west: Region, state: dict[str, str], status: str, reason: str | None, enabled: Any
) -> None:
    edge(west).edit(State=state)
    found = item(look(), "edge.shop.example/orders")
    assert (found.status, found.status_reason) == (status, reason)
    assert is_known(found.endpoints)
    assert [each.enabled for each in found.endpoints] == [enabled]


@pytest.mark.parametrize("stack", STACKS)
def test_what_made_it_stands_in_its_labels_as_in_those_of_what_it_was_made_for(
    west: Region, stack: str
) -> None:
    balancer = edge(west)
    balancer.tags |= {"elbv2.k8s.aws/cluster": "prod", stack: "shop/edge"}
    seen = look()
    labels = item(seen, "edge.shop.example/orders").labels
    assert is_known(labels)
    assert labels["elbv2.k8s.aws/cluster"] == "prod"
    assert labels[stack] == "shop/edge"
    assert gateway(seen).labels == labels
    (door,) = (each for each in seen.entities if isinstance(each, FrontDoor))
    assert (door.name, door.labels, door.routes) == ("edge", labels, ())
    assert door.endpoint.url == f"https://{balancer.fields['DNSName'].casefold()}"
    assert (door.endpoint.exposure, door.endpoint.mtls, door.waf) == (
        "internet",
        "disabled",
        "disabled",
    )


def test_what_no_controller_made_is_no_front_door_of_a_cluster(west: Region) -> None:
    edge(west)
    assert not [each for each in look().entities if isinstance(each, FrontDoor)]


@pytest.mark.parametrize(
    ("listeners", "url", "mtls"),
    [
        ((), "http", "unknown"),
        (((443, "TLS"),), "tls", "disabled"),
        (((443, "TCP"),), "tcp", "unknown"),
        (((443, "TLS"), (80, "TCP")), "tls", "disabled"),
    ],
)
def test_a_network_load_balancer_that_a_controller_made_is_a_front_door_of_its_cluster(
    west: Region, listeners: tuple[tuple[int, str], ...], url: str, mtls: str
) -> None:
    tags = {"gateway.k8s.aws.nlb/stack": "infra/edge", "owner": "x"}
    balancer = of(west).network("inside", tags=tags)
    group = of(west).target_group("pool")
    for port, protocol in listeners:
        balancer.listener(port, protocol, to=[forward(group)])
    plain = of(west).network("plain", tags={"owner": "y"})
    seen = look()
    (door,) = seen.entities
    assert isinstance(door, FrontDoor)
    assert (door.name, door.labels) == ("inside", tags)
    assert door.endpoint.url == f"{url}://{balancer.fields['DNSName'].casefold()}"
    assert (door.endpoint.mtls, door.endpoint.exposure, door.waf) == (mtls, "private", "disabled")
    assert seen.skipped == {plain.arn: ELSEWHERE}


def test_of_network_load_balancers_whose_tags_nobody_may_read_it_is_said_that_nobody_can_tell(
    west: Region,
) -> None:
    balancer = of(west).network("inside", tags={"gateway.k8s.aws.nlb/stack": "infra/edge"})
    edge(west)
    west.deny("elbv2:DescribeTags")
    seen = look()
    assert len(seen.listed) == 2
    assert not [each for each in seen.entities if isinstance(each, FrontDoor)]
    gaps = [each.detail for each in seen.of(Unseen) if each.native_id == balancer.arn]
    assert gaps == ["tags"]
