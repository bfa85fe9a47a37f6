"""A load balancer stands before what a cluster serves only where name and host agree; else it may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.conclude.addresses import reach, survey
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import conclude
from apiscape.conclude.making import by_stack, read_making
from apiscape.conclude.newcomers import draw_newcomers
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.surroundings import BALANCER_HOST, STACK, STACKS, FrontDoor
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Conclusion, Store
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import door
from tests.unit.conclude.test_follow import NOON, see
from tests.unit.reconcile.rows import deployment

HOST = "k8s-pay-1.west.elb.example"
OWN = Endpoint("https://pay.example", exposure="internet", enabled=True, mtls="disabled")


def balancer(name: str = HOST, stack: str | None = "shop/pay", **more: Any) -> FrontDoor:
    labels = {"owner": "x"} | ({} if stack is None else {STACK: stack})
    reached = Endpoint(f"https://{name}", exposure="internet", enabled=True, mtls="enabled")
    given: dict[str, Any] = {
        "endpoint": reached,
        "labels": labels,
        "waf": "enabled",
        "provider": "aws",
    } | more
    return door(name, **given)


def served(stack: str | None = "shop/pay", host: str | None = HOST, **more: Any) -> Deployment:
    labels = {key: value for key, value in ((STACK, stack), (BALANCER_HOST, host)) if value}
    given = {
        "name": "pay",
        "provider": "kubernetes",
        "endpoints": (OWN,),
        "exposure": "internet",
        "labels": labels,
        "protections": Protections(waf="disabled"),
    }
    return deployment("c:ingresses:shop/pay#pay.example", **(given | more))


def drawn(item: Deployment, *doors: FrontDoor, whole: bool = True) -> Conclusion:
    return reach(item, survey(doors, (), whole=whole))


def test_the_one_that_both_sides_name_alike_is_what_answers_at_its_names() -> None:
    way = drawn(served(), balancer())
    assert way.front_doors == (f"door-{HOST}",)
    assert (way.mtls, way.bypass, way.exposure) == ("enabled", "no", "internet")
    assert way.endpoints == (OWN.url,)
    assert way.access_reasons == (f"served by load balancer {HOST}: both say {HOST} and shop/pay",)


def test_what_the_load_balancer_asks_is_what_is_asked() -> None:
    weak = Endpoint(f"https://{HOST}", exposure="private", enabled=True, mtls="disabled")
    inside = Endpoint(OWN.url, exposure="private", enabled=True, mtls="enabled")
    way = drawn(
        served(endpoints=(inside,), exposure="private"), balancer(endpoint=weak, waf="disabled")
    )
    assert (way.mtls, way.bypass, way.exposure) == ("disabled", None, "private")
    assert drawn(served(), balancer(), whole=False).bypass == "unknown"
    assert drawn(served(endpoints=UNKNOWN), balancer()).bypass == "unknown"


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (served(host=None), "both say shop/pay, but the cluster names no host"),
        (served(host="other.example"), "both say shop/pay, but the cluster names other.example"),
    ],
)
def test_a_name_alone_makes_a_candidate_and_no_front_door(item: Deployment, why: str) -> None:
    way = drawn(item, balancer())
    assert way.front_doors == ()
    assert way.access_reasons == (f"load balancer {HOST} may stand before it: {why}",)
    assert (way.mtls, way.bypass) == ("disabled", None)


@pytest.mark.parametrize(
    ("item", "front"),
    [
        (served(stack=None), balancer()),
        (served(stack="shop/other"), balancer()),
        (served(labels=UNKNOWN), balancer()),
        (served(), balancer(stack=None)),
        (served(), balancer(labels=UNKNOWN)),
        (served(provider="aws"), balancer()),
    ],
)
def test_without_a_name_in_common_nothing_is_said(item: Deployment, front: FrontDoor) -> None:
    way = drawn(item, front)
    assert (way.front_doors, way.access_reasons) == ((), ())


def test_candidates_are_not_told_beside_the_one_that_is_certain() -> None:
    way = drawn(served(), balancer("other.example"), balancer())
    assert way.front_doors == (f"door-{HOST}",)
    assert len(way.access_reasons) == 1


@given(
    st.sampled_from([None, "a/b", "c"]),
    st.sampled_from([None, "h1", "h2"]),
    st.lists(
        st.tuples(st.sampled_from([None, "a/b", "c"]), st.sampled_from(["h1", "h2"])),
        max_size=4,
        unique=True,
    ),
)
def test_only_what_agrees_in_both_is_certain_and_in_one_at_most_doubtful(
    stack: str | None, host: str | None, doors: list[tuple[str | None, str]]
) -> None:
    held = by_stack(balancer(name, called) for called, name in doors)
    found = read_making(served(stack, host), held)
    assert [each.name for each in found.certain] == [
        name for called, name in doors if stack is not None and (called, name) == (stack, host)
    ]
    alike = [name for called, name in doors if stack is not None and called == stack]
    assert len(found.doubts) == (0 if found.certain else len(alike))


GATEWAY = "gateway.k8s.aws.alb/stack"


@pytest.mark.parametrize("label", STACKS)
def test_a_load_balancer_of_a_gateway_is_known_by_its_own_label(label: str) -> None:
    labels = {label: "shop/pay", BALANCER_HOST: HOST}
    way = drawn(served(labels=labels), balancer(labels={label: "shop/pay"}))
    assert way.front_doors == (f"door-{HOST}",)
    assert way.access_reasons == (f"served by load balancer {HOST}: both say {HOST} and shop/pay",)


def test_an_ingress_and_a_gateway_of_one_name_are_not_the_same() -> None:
    way = drawn(served(), balancer(labels={GATEWAY: "shop/pay"}))
    assert (way.front_doors, way.access_reasons) == ((), ())


# ── As both come and go ──────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def fronts(store: Store) -> list[str]:
    return [each.name for each in LocalInventory(store).detail("pay").front_doors]


def reasons(store: Store) -> tuple[str, ...]:
    return store.conclusions.load([served().uid])[served().uid].access_reasons


def test_the_pair_is_concluded_whoever_comes_first_and_taken_back(store: Store) -> None:
    see(store, served())
    conclude(store, NOON)
    assert fronts(store) == []
    see(store, balancer())
    conclude(store, NOON)
    assert fronts(store) == [HOST]
    see(store)
    conclude(store, NOON)
    assert (fronts(store), reasons(store)) == ([], ())
    again = conclude(store, NOON)
    assert (again.deployments, again.moved) == (0, 0)


def test_a_newcomer_behind_a_load_balancer_is_told_at_once(store: Store) -> None:

    store.runs.draw_with(draw_newcomers(HealthPolicy()))
    see(store, balancer())
    conclude(store, NOON)
    see(store, served(), balancer(), deployment("t:1:r:toy:b/live", name="other"))
    assert conclude(store, NOON).deployments == 1
    assert fronts(store) == [HOST]


def test_a_candidate_is_told_and_taken_back_with_its_load_balancer(store: Store) -> None:
    see(store, served(host=None), balancer())
    conclude(store, NOON)
    assert reasons(store)[0].startswith(f"load balancer {HOST} may stand before it")
    see(store, served(host=None))
    conclude(store, NOON)
    assert reasons(store) == ()


def test_a_route_of_a_gateway_is_told_whoever_comes_first_and_taken_back(store: Store) -> None:
    item = served(labels={GATEWAY: "shop/pay", BALANCER_HOST: HOST})
    store.runs.draw_with(draw_newcomers(HealthPolicy()))
    see(store, item)
    conclude(store, NOON)
    see(store, item, balancer(labels={GATEWAY: "shop/pay"}))
    conclude(store, NOON)
    assert fronts(store) == [HOST]
    see(store, item)
    conclude(store, NOON)
    assert fronts(store) == []
