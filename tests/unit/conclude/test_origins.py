"""Front doors that know what they lead to by its address: caches and names in DNS."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.conclude.addresses import reach, survey
from apiscape.conclude.follow import conclude
from apiscape.conclude.origins import LONGEST_CHAIN, is_public_name, leads
from apiscape.model.deployment import Endpoint
from apiscape.model.projection import beyond, host_of
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.store import Conclusion, Store
from tests.unit.conclude.test_addresses import API, concluded, door, route
from tests.unit.conclude.test_follow import NOON, held, see
from tests.unit.conclude.test_follow import store as store  # noqa: PLC0414 - a fixture
from tests.unit.reconcile.rows import deployment

OWN = "https://a1.gate.example/live"


def asks(origin: str, base_path: str = "/", **more: Any) -> FrontDoorRoute:
    return FrontDoorRoute(base_path, origin=origin, **more)


@pytest.mark.parametrize(
    ("origin", "base_path", "typed"),
    [
        ("https://a1.gate.example/live", "/", "https://cdn.example"),
        ("https://a1.gate.example/live", "/pay", "https://cdn.example/pay"),
        ("https://a1.gate.example", "/", "https://cdn.example/live"),
        ("https://a1.gate.example/live/v2", "/", "https://cdn.example"),
    ],
)
def test_an_address_leads_to_what_answers_there(origin: str, base_path: str, typed: str) -> None:
    way = concluded(door("cdn.example", asks(origin, base_path), account="another"))
    assert way.front_doors == ("door-cdn.example",)
    assert way.endpoints == (typed, OWN)


@pytest.mark.parametrize(
    "origin",
    [
        "https://a2.gate.example/live",
        "https://a1.gate.example/liver",
        "https://a1.gate.example:8443/live",
    ],
)
def test_another_address_leads_elsewhere(origin: str) -> None:
    assert concluded(door("cdn.example", asks(origin))) == Conclusion()


def test_an_address_that_was_switched_off_is_led_to_by_nobody() -> None:
    off = Endpoint(OWN, exposure="internet", enabled=False)
    assert concluded(door("cdn.example", asks(OWN)), endpoints=(off,)) == Conclusion()


def test_front_doors_behind_each_other_all_lead_there() -> None:
    way = concluded(
        door("www.example", asks("https://cdn.example")),
        door("cdn.example", asks("https://pay.example/api", "/tax")),
        door("pay.example", route("/api/v1")),
    )
    assert way.front_doors == ("door-cdn.example", "door-pay.example", "door-www.example")
    assert way.endpoints == (
        "https://cdn.example/tax/v1",
        "https://pay.example/api/v1",
        "https://www.example/tax/v1",
        OWN,
    )


def test_a_condition_on_the_way_makes_no_address_that_anybody_may_type() -> None:
    way = concluded(
        door("www.example", asks("https://cdn.example")),
        door("cdn.example", asks(OWN, condition="header x has a certain value")),
    )
    assert way.front_doors == ("door-cdn.example", "door-www.example")
    assert way.endpoints == (OWN,)


def test_doors_that_ask_each_other_end() -> None:
    ring = [
        door(f"d{number}.example", asks(f"https://d{(number + 1) % 9}.example"))
        for number in range(9)
    ]
    assert 0 < len(list(leads(ring))) <= 9 * (LONGEST_CHAIN + 1)
    assert concluded(*ring) == Conclusion()


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("api.example", True),
        ("api.example:8443", True),
        ("api", False),
        ("api.internal", False),
        ("db.svc", False),
        ("10.0.0.1", False),
        ("192.0.2.1:80", False),
        ("", False),
    ],
)
def test_only_names_that_mean_the_same_to_everybody_are_followed(host: str, public: bool) -> None:
    assert is_public_name(host) is public
    found = list(leads([door("cdn.example", asks(f"https://{host}/x"))]))
    assert bool(found) is public


PATHS = st.lists(st.sampled_from(["a", "ab", "b"]), max_size=3).map("/".join)
URLS = st.builds(
    lambda host, path: f"https://{host}/{path}".rstrip("/"), st.sampled_from(["h", "g"]), PATHS
)


@given(URLS, URLS)
def test_what_is_added_leads_from_one_address_to_the_other(origin: str, url: str) -> None:
    added = beyond(origin, url)
    if host_of(origin) != host_of(url):
        assert added is None
    elif added:
        assert f"{origin}{added}" == url
    elif added == "":
        assert f"{origin}/".startswith(f"{url}/")
    else:
        assert not f"{origin}/".startswith(f"{url}/")
        assert not f"{url}/".startswith(f"{origin}/")


@given(st.permutations([0, 1, 2]))
def test_the_order_of_doors_says_nothing(order: list[int]) -> None:
    doors: list[FrontDoor] = [
        door("www.example", asks("https://cdn.example")),
        door("cdn.example", asks("https://pay.example")),
        door("pay.example", route()),
    ]
    item = deployment(f"{API}/live", endpoints=(Endpoint(OWN),))
    turned = survey([doors[number] for number in order], ())
    assert reach(item, turned) == reach(item, survey(doors, ()))


# Along the change log.

FAR = deployment("t:9:r:toy:far/live", name="far", account="9", endpoints=(Endpoint(OWN),))
ELSEWHERE = deployment(
    "t:9:r:toy:other/live", name="other", endpoints=(Endpoint("https://o.example"),)
)


def test_a_door_moves_what_its_address_leads_to_and_led_to(store: Store) -> None:
    see(store, FAR, ELSEWHERE)
    conclude(store, NOON)
    see(store, FAR, ELSEWHERE, door("cdn.example", asks(OWN)))
    assert conclude(store, NOON).moved == 1
    assert held(store, FAR).front_doors == ("door-cdn.example",)
    see(store, FAR, ELSEWHERE, door("cdn.example", asks("https://o.example/x")))
    assert conclude(store, NOON).moved == 2
    assert (held(store, FAR).front_doors, held(store, ELSEWHERE).front_doors) == (
        (),
        ("door-cdn.example",),
    )


def test_a_newcomer_is_led_to_by_a_door_that_was_there_before(store: Store) -> None:
    see(store, door("cdn.example", asks(OWN)))
    conclude(store, NOON)
    see(store, FAR, ELSEWHERE, door("cdn.example", asks(OWN)))
    conclude(store, NOON)
    assert held(store, FAR).front_doors == ("door-cdn.example",)
    assert held(store, ELSEWHERE).front_doors == ()


def test_a_door_in_the_middle_moves_what_stands_behind_the_first(store: Store) -> None:
    front = door("www.example", asks("https://cdn.example"))
    see(store, FAR, front)
    conclude(store, NOON)
    assert held(store, FAR).front_doors == ()
    see(store, FAR, front, door("cdn.example", asks(OWN)))
    conclude(store, NOON)
    assert held(store, FAR).front_doors == ("door-cdn.example", "door-www.example")
