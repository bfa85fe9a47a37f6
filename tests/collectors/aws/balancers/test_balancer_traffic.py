"""Traffic of what stands behind load balancers: counted by target group, so not all of it can be told apart."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from apiscape.collectors.aws.balancers.collector import ApplicationBalancerCollector
from apiscape.collectors.aws.balancers.counting import GROUPS, MOST_GROUPS, by_target_group
from apiscape.collectors.aws.traffic import Subject
from apiscape.collectors.measuring import Counting
from apiscape.demo.aws.estate.balancers import fixed_response, forward, when
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Deployment
from apiscape.model.values import UNKNOWN
from apiscape.model.vocabulary import ErrorKind
from tests.collectors.aws.balancers.street import edge, of
from tests.collectors.aws.desk import ACCOUNT, REGION
from tests.collectors.aws.measurer import BUSY, Measurer, counted, figures, reason

BY_GROUP = "a load balancer counts by target group"


@pytest.fixture
def west() -> Region:
    return AwsEstate().account(ACCOUNT).only_regions(REGION).region(REGION)


@pytest.fixture
def server(west: Region, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    with AwsServer(west.account.estate) as server:
        for name, value in server.environment(ACCOUNT, REGION).items():
            monkeypatch.setenv(name, value)
        yield server
        server.assert_clean()


def shop(region: Region, **groups: list[str]) -> None:
    """Build a load balancer with an API per path, each sent to some target groups."""
    rules = of(region).application("shop").listener(to=[fixed_response()])
    for path, arns in groups.items():
        rules.rule(when("path-pattern", f"/{path}/*"), to=[forward(*arns)])


def measured() -> tuple[dict[str, Deployment], dict[str, Counting]]:
    measurer = Measurer(ApplicationBalancerCollector())
    items = measurer.deployments()
    said = measurer.measure(items)
    return {item.name: item for item in items}, {item.name: said[item.uid] for item in items}


def nobody() -> dict[str, str]:
    raise AssertionError("nobody has to be asked")


def groups(region: Region, *names: str) -> list[str]:
    return [of(region).target_group(name, "healthy") for name in names]


def test_an_api_that_shares_its_target_group_is_unknown_and_the_others_are_counted(
    west: Region, server: AwsServer
) -> None:
    own, shared = groups(west, "own", "shared")
    west.loads[own, ""] = west.loads[shared, ""] = BUSY
    shop(west, reports=[own], basket=[shared], orders=[shared])
    _, said = measured()
    assert figures(said["shop/reports"]) == (150, 6, 15, 282.8)
    words = f"{BY_GROUP} and not by rule, and 2 APIs are sent to 'shared'"
    assert reason(said["shop/basket"]) == (ErrorKind.UNSUPPORTED, words)
    assert reason(said["shop/orders"]) == (ErrorKind.UNSUPPORTED, words)


def test_of_several_target_groups_counts_are_added_and_percentiles_unknown(
    west: Region, server: AwsServer
) -> None:
    blue, green, idle = groups(west, "blue", "green", "idle")
    west.loads[blue, ""] = BUSY
    west.loads[green, ""] = msgspec.structs.replace(BUSY, per_min=100.0, latency_ms=1.0)
    shop(west, orders=[blue, green, idle])
    _, said = measured()
    assert figures(said["shop/orders"]) == (1650, 66, 165, None)
    traffic = counted(said["shop/orders"])
    assert (traffic.p50_ms, traffic.p99_ms) == (None, None)


def test_latency_in_seconds_is_told_in_milliseconds(west: Region, server: AwsServer) -> None:
    (slow,) = groups(west, "slow")
    west.loads[slow, ""] = msgspec.structs.replace(BUSY, latency_ms=1234.5)
    shop(west, orders=[slow])
    assert counted(measured()[1]["shop/orders"]).p50_ms == 1234.5


def test_a_street_of_shared_groups_is_unknown_and_costs_no_call(
    west: Region, server: AwsServer
) -> None:
    edge(west)
    measurer = Measurer(ApplicationBalancerCollector())
    items = measurer.deployments()
    before = len(server.calls)
    said = measurer.measure(items)
    assert len(said) == len(items) > 2
    assert all(BY_GROUP in reason(one)[1] for one in said.values())
    assert len(server.calls) == before


@pytest.mark.parametrize("denied", [False, True])
def test_a_target_group_of_a_function_is_looked_up(
    west: Region, server: AwsServer, denied: bool
) -> None:
    (own,) = groups(west, "own")
    shelf = of(west)
    function = "arn:aws:lambda:eu-west-1:111122223333:function:render"
    lambdas = shelf.target_group("render", TargetType="lambda")
    shelf.groups[lambdas].states[function] = "healthy"
    west.loads[own, ""] = west.loads[lambdas, ""] = BUSY
    shop(west, orders=[own], render=[lambdas])
    measurer = Measurer(ApplicationBalancerCollector())
    items = measurer.deployments()
    if denied:
        west.deny(GROUPS)
    before = len(server.calls)
    said = {item.name: one for item in items for one in [measurer.measure([item])[item.uid]]}
    assert figures(said["shop/orders"])[0] == 150
    if denied:
        assert reason(said["shop/render"])[1].startswith("it leads to a function")
    else:
        assert figures(said["shop/render"]) == (150, 6, 15, 282.8)
    assert [call.name for call in list(server.calls)[before:]].count(GROUPS) == 1


# ── Without a call ───────────────────────────────────────────────────────────


@pytest.fixture
def item(west: Region, server: AwsServer) -> Deployment:
    shop(west, **{"v1:batch": groups(west, "own")})
    return measured()[0]["shop/v1:batch"]


def test_a_load_balancer_is_named_as_its_arn_ends(item: Deployment) -> None:
    (subject,) = by_target_group([item], nobody)
    assert isinstance(subject, Subject)
    ((group, balancer),) = subject.series
    assert group[0] == "TargetGroup"
    assert group[1].startswith("targetgroup/own/")
    assert balancer[0] == "LoadBalancer"
    assert balancer[1].startswith("app/shop/")
    assert ":" not in balancer[1], "whatever stands in the path"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("unseen", "where its rules lead is not known"),
        ("nowhere", "its rules lead to no target group"),
        ("function", "it leads to a function, whose target group could not be looked up"),
        ("many", f"its rules lead to more than {MOST_GROUPS} target groups"),
    ],
)
def test_what_cannot_be_told_apart_says_why(item: Deployment, change: str, words: str) -> None:
    assert isinstance(item.backends, tuple)
    (own,) = item.backends
    function = msgspec.structs.replace(own, kind="lambda", address="arn:aws:lambda:x:1:function:f")
    many = tuple(msgspec.structs.replace(own, key=f"g{number}") for number in range(11))
    backends = {"unseen": UNKNOWN, "nowhere": (), "function": (function,), "many": many}[change]
    (one,) = by_target_group([msgspec.structs.replace(item, backends=backends)], dict)
    assert not isinstance(one, Subject)
    assert reason(one)[1].startswith(words)


def test_a_division_is_no_target_group_of_its_own(item: Deployment) -> None:
    assert isinstance(item.backends, tuple)
    (own,) = item.backends
    split = msgspec.structs.replace(own, key="own=9 + next=1", kind="split")
    (one,) = by_target_group([msgspec.structs.replace(item, backends=(own, split))], nobody)
    assert isinstance(one, Subject)
    assert len(one.series) == 1
