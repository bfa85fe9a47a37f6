"""Where a load balancer sends requests, and how many targets take them."""

from __future__ import annotations

import pytest

from apiscape.demo.aws.estate.balancers import forward
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.values import is_known
from tests.collectors.aws.balancers.reading import look
from tests.collectors.aws.balancers.street import edge, item, named, of, operations, signals
from tests.collectors.aws.desk import ACCOUNT, REGION

pytestmark = pytest.mark.usefixtures("server")


def test_backends_are_target_groups_with_their_shares(west: Region) -> None:
    edge(west)
    basket = item(look(), "edge.shop.example/basket")
    assert is_known(basket.backends)
    split = "edge-orders=1 + edge-basket=3"
    assert {each.key: each.kind for each in basket.backends} == {
        "edge-orders": "target_group",
        "edge-basket": "target_group",
        split: "split",
    }
    assert basket.backends[-1].address == "edge-orders 25 %, edge-basket 75 %"
    assert {each.backend for each in operations(basket).values()} == {split}


def test_a_function_behind_a_group_is_the_backend(west: Region) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
    group = of(west).target_group("orders", TargetType="lambda", HealthCheckEnabled=False)
    of(west).groups[group].states = {arn: "unavailable"}
    of(west).application("edge").listener(to=[forward(group)])
    seen = look()
    [backend] = list(item(seen, "edge").backends or ())
    assert (backend.kind, backend.address) == ("lambda", arn)
    (ready,) = signals(seen, "backends.ready")
    assert (ready.value, ready.reason) == (None, "orders: health checks are off")


@pytest.mark.parametrize(
    ("spoken", "style"), [(("GRPC",), "grpc"), (("HTTP2",), "http"), (("GRPC", "HTTP1"), "http")]
)
def test_what_callers_speak(west: Region, spoken: tuple[str, ...], style: str) -> None:
    groups = [
        of(west).target_group(f"pool-{word}", "healthy", ProtocolVersion=word) for word in spoken
    ]
    of(west).application("edge").listener(to=[forward(*groups)])
    assert item(look(), "edge").style == style


@pytest.mark.parametrize(
    ("states", "ready", "total", "reason"),
    [
        (("healthy", "healthy"), 2, 2, None),
        (("healthy", "unhealthy", "draining"), 1, 2, "pool: 1 of 2"),
        (("initial", "unused"), 0, 1, "pool: 0 of 1"),
        ((), 0, 0, "pool: no target is registered"),
        (("unavailable", "healthy"), None, 0, "pool: health checks are off"),
    ],
)
def test_targets_that_take_requests_are_counted(
    west: Region, states: tuple[str, ...], ready: int | None, total: int, reason: str | None
) -> None:
    group = of(west).target_group("pool", *states)
    of(west).application("edge").listener(to=[forward(group)])
    seen = look()
    (signal,) = signals(seen, "backends.ready")
    assert (signal.value, signal.threshold, signal.reason) == (ready, total, reason)
    assert signal.subject_uid == item(seen, "edge").uid


def test_targets_are_not_asked_of_where_the_settings_say_so(
    west: Region, server: AwsServer
) -> None:
    edge(west)
    seen = look(named(target_health=False))
    assert signals(seen, "backends.ready") == []
    assert server.calls.count("elbv2:DescribeTargetHealth") == 0
