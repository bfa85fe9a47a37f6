"""Where callers reach a deployment in truth."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.conclude.addresses import admits, reach, survey, widest
from apiscape.model.deployment import Endpoint
from apiscape.model.surroundings import Consumer, FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.store import Conclusion
from tests.unit.reconcile.rows import deployment

API = "t:1:r:toy:a"
OWN = Endpoint("https://a1.gate.example/live", exposure="internet", generated_host=True)


def door(name: str, *routes: FrontDoorRoute, exposure: str = "internet", **more: Any) -> FrontDoor:
    given: dict[str, Any] = {
        "uid": f"door-{name}",
        "native_id": name,
        "native_kind": "toy.domain",
        "provider": "toy",
        "account": "1",
        "name": name,
        "endpoint": Endpoint(f"https://{name}", exposure=exposure),
        "routes": routes,
    }
    return FrontDoor(**(given | more))


def route(base_path: str = "/", stage: str | None = "live") -> FrontDoorRoute:
    return FrontDoorRoute(base_path, native_api_id=API, stage=stage)


def consumer(uid: str, *stages: str) -> Consumer:
    return Consumer(
        uid=uid,
        native_id=uid,
        native_kind="toy.plan",
        provider="toy",
        account="1",
        name=uid,
        admits=tuple((API, stage) for stage in stages),
    )


def concluded(*doors: FrontDoor, **facts: Any) -> Conclusion:
    item = deployment(f"{API}/live", **({"endpoints": (OWN,), "exposure": "internet"} | facts))
    return reach(item, survey(doors, ()))


def test_without_a_front_door_the_facts_stand() -> None:
    assert concluded() == Conclusion()
    assert concluded(door("b.example", route(stage="test"))) == Conclusion()


def test_front_doors_come_first_and_own_addresses_after() -> None:
    way = concluded(door("b.example", route("/pay/")), door("a.example", route()))
    assert way.endpoints == (
        "https://a.example",
        "https://b.example/pay",
        "https://a1.gate.example/live",
    )
    assert way.front_doors == ("door-a.example", "door-b.example")


def test_an_address_that_was_switched_off_is_none() -> None:
    off = Endpoint(OWN.url, exposure="internet", enabled=False)
    way = concluded(door("b.example", route(), exposure="private"), endpoints=(off,))
    assert (way.endpoints, way.exposure) == (("https://b.example",), "private")


def test_a_generated_address_that_serves_keeps_it_on_the_internet() -> None:
    assert concluded(door("b.example", route(), exposure="private")).exposure == "internet"


def test_addresses_that_nobody_could_look_at_leave_the_exposure_open() -> None:
    way = concluded(
        door("b.example", route(), exposure="private"), endpoints=UNKNOWN, exposure="unknown"
    )
    assert (way.endpoints, way.exposure) == (("https://b.example",), "unknown")


def test_a_front_door_that_does_not_serve_or_that_nobody_could_read_leads_nowhere() -> None:
    shut = door("b.example", route(), endpoint=Endpoint("https://b.example", enabled=False))
    unread, elsewhere = door("b.example", routes=UNKNOWN), FrontDoorRoute("/", target="a bucket")
    assert survey([shut, unread, door("c.example", elsewhere)], ()).ends == {}
    assert concluded(shut) == Conclusion()


def test_an_address_that_asks_for_more_than_itself_is_none_that_anybody_may_type() -> None:
    asks = FrontDoorRoute("/beta", native_api_id=API, stage="live", condition="header x is there")
    way = concluded(door("b.example", asks, route("/pay")))
    assert way.endpoints == ("https://b.example/pay", OWN.url)
    alone = concluded(door("b.example", asks), exposure="private", endpoints=())
    assert alone.front_doors == ("door-b.example",)
    assert (alone.endpoints, alone.exposure) == ((), "internet")
    unread = concluded(door("b.example", asks), endpoints=UNKNOWN)
    assert unread.endpoints is UNKNOWN


def test_one_front_door_with_two_paths_is_named_once() -> None:
    both = door("b.example", route("/v1"), route("/v2"))
    way = concluded(both)
    assert way.front_doors == ("door-b.example",)
    assert isinstance(way.endpoints, tuple)
    assert len(way.endpoints) == 3
    assert len(survey([both], ()).ends[both.uid]) == 1


def test_who_is_let_in_is_known_by_stage() -> None:
    around = survey((), [consumer("second", "live"), consumer("first", "live", "test")])
    assert reach(deployment(f"{API}/live"), around).consumers == ("first", "second")
    assert reach(deployment(f"{API}/test"), around).consumers == ("first",)


def test_who_is_let_in_to_an_api_without_stages_is_known_too() -> None:
    around = survey((), [consumer("first", ""), consumer("second", "live")])
    item = deployment(API, native_api_id=API, stage=None)
    assert reach(item, around).consumers == ("first",)


def test_the_number_of_those_let_in_is_known_where_all_of_them_were_told() -> None:
    placed = consumer("first", "live")
    item, other = deployment(f"{API}/live"), deployment(f"{API}/live", account="2")
    lost = Consumer(uid="u", native_id="u", native_kind="k", provider="toy", account="1", name="u")
    assert not reach(item, survey((), [placed])).counted
    assert reach(item, survey((), [placed]), told=True).counted
    assert reach(item, survey([door("b.example", route())], [placed]), told=True).counted
    assert not reach(item, survey((), [placed, lost]), told=True).counted
    assert reach(other, survey((), [placed, lost]), told=True).counted


def test_a_consumer_of_whom_nobody_knows_is_let_in_nowhere() -> None:
    unknown = Consumer(
        uid="u", native_id="u", native_kind="k", provider="toy", account="1", name="u"
    )
    assert admits(unknown) == ()


@pytest.mark.parametrize(
    ("exposures", "word"),
    [
        (["private", "internet", "unknown"], "internet"),
        (["private", "unknown"], "unknown"),
        (["cluster", "private"], "private"),
        (["cluster"], "cluster"),
        ([], "unknown"),
        (["a newer word"], "unknown"),
    ],
)
def test_the_widest_exposure_counts(exposures: list[str], word: str) -> None:
    assert widest(exposures) == word
