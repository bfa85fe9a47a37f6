"""Ways through front doors behind each other: wildcards, ports, addresses of numbers, long chains, conditions."""

from __future__ import annotations

from typing import Any

import pytest

from apiscape.conclude.addresses import reach, survey
from apiscape.conclude.origins import LONGEST_CHAIN, Lead, is_public_name, leads
from apiscape.model.deployment import Endpoint
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.store import Conclusion
from tests.unit.conclude.test_addresses import API, concluded, door, route
from tests.unit.reconcile.rows import deployment

OWN = "https://a1.gate.example/live"
MADE = "d-1.gate.example"
"""Name that a gateway gave a custom domain: what names in DNS point at."""


def asks(origin: str, base_path: str = "/", **more: Any) -> FrontDoorRoute:
    return FrontDoorRoute(base_path, origin=origin, **more)


def name(host: str, to: str = f"https://{MADE}", **more: Any) -> FrontDoor:
    """Make a name in DNS that points at a host."""
    return door(host, asks(to), is_name=True, **more)


def domain(host: str, *routes: FrontDoorRoute, **more: Any) -> FrontDoor:
    """Make a custom domain that answers at the name that its gateway gave it."""
    return door(host, *(routes or (route(),)), answers_at=(MADE,), **more)


def through(first: str, *doors: FrontDoor) -> list[Lead]:
    """Give the ways that begin at one door and end at a native API."""
    return [
        lead for lead in leads(doors) if lead.door.name == first and lead.native_api_id is not None
    ]


# ── Names, wildcards and the host that a request names ───────────────────────


@pytest.mark.parametrize(
    ("typed", "own", "taken"),
    [
        ("pay.tax.example", "pay.tax.example", True),
        ("pay.tax.example", "*.tax.example", True),
        ("v1.pay.tax.example", "*.tax.example", False),
        ("tax.example", "*.tax.example", False),
        ("pay.tax.example", "*.example", False),
        ("pay.tax.example", "other.tax.example", False),
        ("*.tax.example", "*.tax.example", True),
        ("*.tax.example", "pay.tax.example", False),
    ],
)
def test_a_name_leads_through_the_domain_that_takes_what_was_typed(
    typed: str, own: str, taken: bool
) -> None:
    ways = through(typed, name(typed), domain(own)) if typed != own else _both(typed)
    assert [way.url for way in ways] == ([f"https://{typed}"] if taken else [])


def _both(host: str) -> list[Lead]:
    """Give the ways of the name, where a name and a domain are called the same."""
    doors = (name(host, uid="the name"), domain(host, uid="the domain"))
    return [lead for lead in through(host, *doors) if lead.door.is_name]


def test_of_domains_at_one_made_name_only_the_one_that_was_asked_for_answers() -> None:
    doors = (
        name("pay.example"),
        domain("pay.example", route("/pay"), uid="pay domain"),
        domain("tax.example", route("/tax")),
    )
    found = [lead.url for lead in through("pay.example", *doors) if lead.door.is_name]
    assert found == ["https://pay.example/pay"]


def test_a_name_of_a_name_still_asks_by_what_was_typed() -> None:
    doors = (
        name("www.pay.example", "https://alias.example"),
        name("alias.example"),
        domain("www.pay.example", uid="the domain"),
    )
    (way,) = [lead for lead in through("www.pay.example", *doors) if lead.door.is_name]
    assert way.url == "https://www.pay.example"
    assert through("alias.example", *doors) == []


def test_a_cache_asks_by_its_origin_or_hands_on_the_host_that_was_typed() -> None:
    """Behind a cache a domain is found by the host of the origin, and by the viewers' own."""
    cache = door("pay.example", asks(f"https://{MADE}"), uid="the cache")
    (handed_on,) = [
        lead
        for lead in through("pay.example", cache, domain("pay.example", uid="the domain"))
        if lead.door.uid == "the cache"
    ]
    assert handed_on.asks_address
    assert through("pay.example", cache, domain("other.example")) == []
    by_its_name = door("pay.example", asks("https://api.example/v1"), uid="the cache")
    (asked,) = through("pay.example", by_its_name, domain("api.example", route("/v1/claims")))
    assert asked.url == "https://pay.example/claims"


@pytest.mark.parametrize(
    ("origin", "base_path", "found"),
    [
        ("https://api.example", "/v1", ["https://cdn.example/v1"]),
        ("https://api.example/v1", "/v1", ["https://cdn.example"]),
        ("https://api.example/v1/deep", "/v1", ["https://cdn.example"]),
        ("https://api.example/v2", "/v1", []),
        ("https://api.example/v1x", "/v1", []),
        ("https://api.example/v1", "/", ["https://cdn.example"]),
    ],
)
def test_the_path_of_an_origin_must_be_one_that_the_next_door_serves(
    origin: str, base_path: str, found: list[str]
) -> None:
    doors = (door("cdn.example", asks(origin)), domain("api.example", route(base_path)))
    assert [lead.url for lead in through("cdn.example", *doors)] == found


# ── Ports and addresses of numbers ───────────────────────────────────────────


@pytest.mark.parametrize(
    ("host", "public"),
    [
        ("[2001:db8::1]", False),
        ("[2001:db8::1]:8443", False),
        ("[::1]", False),
        ("[::ffff:192.0.2.1]", False),
        ("192.0.2.1", False),
        ("192.0.2.1.", False),
        ("192.0.2.1.example", True),
        ("localhost", False),
        ("localhost:8080", False),
        ("api.localhost", False),
        ("api.corp.", False),
        ("printer.lan:631", False),
        ("pay.default.svc", False),
        ("pay.internal.example", True),
        ("*.tax.example", True),
        ("api.example.", True),
        (".", False),
        (":443", False),
    ],
)
def test_a_number_or_a_name_of_one_network_is_nobody_else_s(host: str, public: bool) -> None:
    assert is_public_name(host) is public


@pytest.mark.parametrize(
    ("asked", "own", "found"),
    [
        ("https://api.example:8443", "api.example:8443", True),
        ("https://api.example:8443", "api.example", False),
        ("https://api.example", "api.example:8443", False),
        ("https://api.example:8443", "api.example:9443", False),
    ],
)
def test_another_port_is_another_door(asked: str, own: str, found: bool) -> None:
    ways = through("cdn.example", door("cdn.example", asks(asked)), door(own, route()))
    assert bool(ways) is found


@pytest.mark.parametrize("host", ["[2001:db8::1]", "10.1.2.3", "gate.internal"])
def test_an_address_of_one_network_is_followed_by_nobody(host: str) -> None:
    own = Endpoint(f"https://{host}/live", exposure="private", enabled=True)
    cache = door("cdn.example", asks(f"https://{host}/live"))
    assert concluded(cache, endpoints=(own,)) == Conclusion()
    behind = (cache, door(host, route()))
    assert through("cdn.example", *behind) == []
    assert concluded(*behind).front_doors == (f"door-{host}",)


# ── Chains ───────────────────────────────────────────────────────────────────


def chain(length: int, **last: Any) -> list[FrontDoor]:
    """Make doors of which each asks the next one; the last leads to the API."""
    doors = [
        door(f"d{number}.example", asks(f"https://d{number + 1}.example"))
        for number in range(length - 1)
    ]
    return [*doors, door(f"d{length - 1}.example", route(), **last)]


@pytest.mark.parametrize("length", range(1, LONGEST_CHAIN + 2))
def test_every_door_of_a_chain_leads_there_and_is_typed_by_its_own_name(length: int) -> None:
    doors = chain(length)
    for number in range(length):
        (way,) = through(f"d{number}.example", *doors)
        assert way.url == f"https://d{number}.example"
        assert way.asks_address is (number < length - 1)


def test_a_chain_that_is_too_long_is_followed_as_far_as_that_goes() -> None:
    doors = chain(LONGEST_CHAIN + 2)
    assert through("d0.example", *doors) == []
    (way,) = through("d1.example", *doors)
    assert way.native_api_id == API


@pytest.mark.parametrize(
    "middle",
    [
        {"endpoint": Endpoint("https://d1.example", enabled=False)},
        {"routes": UNKNOWN},
        {"routes": ()},
        {"routes": (FrontDoorRoute("/", target="a bucket"),)},
    ],
)
def test_a_door_in_the_middle_that_is_shut_or_unread_ends_the_way(middle: dict[str, Any]) -> None:
    first, _, *rest = chain(4)
    given: dict[str, Any] = {"routes": (asks("https://d2.example"),)}
    shut = door("d1.example", **(given | middle))
    way = concluded(first, shut, *rest)
    assert way.front_doors == ("door-d2.example", "door-d3.example")
    assert isinstance(way.endpoints, tuple)
    assert "https://d0.example" not in way.endpoints


def test_what_nobody_knows_to_be_served_is_followed_and_what_is_shut_is_not() -> None:
    served = {enabled: Endpoint("https://d1.example", enabled=enabled) for enabled in (True, False)}
    first, second = chain(2)
    assert len(through("d0.example", first, second)) == 1
    for enabled, endpoint in served.items():
        ways = through("d0.example", first, door("d1.example", route(), endpoint=endpoint))
        assert bool(ways) is enabled


def test_two_doors_behind_one_address_are_two_ways() -> None:
    first = door("cdn.example", asks("https://api.example"))
    both = [door("api.example", route("/v1"), uid="a"), door("api.example", route("/v2"), uid="b")]
    found = {lead.url for lead in through("cdn.example", first, *both)}
    assert found == {"https://cdn.example/v1", "https://cdn.example/v2"}


def test_a_door_that_asks_itself_leads_to_its_address_only() -> None:
    ring = door("api.example", asks("https://api.example"), route("/pay"))
    found = [(lead.native_api_id, lead.url) for lead in leads([ring])]
    assert found == [(None, "https://api.example"), (API, "https://api.example/pay")]


def test_the_end_of_a_way_is_told_in_the_words_of_the_door_before_it() -> None:
    """Accounts and providers may differ along a way: what it ends at is of the last door's account."""
    first = door("cdn.example", asks("https://api.example"), provider="cache", account="9")
    (way,) = through("cdn.example", first, door("api.example", route(stage="test"), account="2"))
    assert (way.provider, way.account, way.stage) == ("toy", "2", "test")
    assert way.door.account == "9"


# ── Conditions and headers ───────────────────────────────────────────────────

ASKED = "header x has a certain value"


@pytest.mark.parametrize(
    ("first", "second", "typed"),
    [
        (None, None, "https://cdn.example/b/c"),
        (ASKED, None, None),
        (None, ASKED, None),
        (ASKED, ASKED, None),
    ],
)
def test_a_condition_anywhere_on_the_way_leaves_no_address_to_type(
    first: str | None, second: str | None, typed: str | None
) -> None:
    last = FrontDoorRoute("/c", native_api_id=API, stage="live", condition=second)
    doors = (
        door("cdn.example", asks("https://api.example", "/b", condition=first)),
        door("api.example", last),
    )
    (way,) = through("cdn.example", *doors)
    assert way.url == typed


def test_a_way_without_a_condition_beside_one_with_it_is_typed() -> None:
    both = door("cdn.example", asks(OWN, "/beta", condition=ASKED), asks(OWN, "/pay"))
    way = concluded(both)
    assert way.endpoints == ("https://cdn.example/pay", OWN)
    assert way.front_doors == ("door-cdn.example",)


def test_the_headers_of_a_way_are_those_of_its_first_door() -> None:
    doors = (
        door("a.example", asks("https://b.example", sends=("x-first",))),
        door("b.example", asks("https://c.example", sends=("x-second",))),
        door("c.example", route()),
    )
    for first, sent in (("a", ("x-first",)), ("b", ("x-second",)), ("c", ())):
        (way,) = through(f"{first}.example", *doors)
        assert way.sends == sent


# ── What a survey holds of them ──────────────────────────────────────────────


def test_a_survey_knows_the_hosts_that_each_door_leads_to_once() -> None:
    cache = door("cdn.example", asks(OWN, "/a"), asks(f"{OWN}/x", "/b"), asks("https://o.example"))
    around = survey([cache], ())
    assert around.far == {"door-cdn.example": ("a1.gate.example", "o.example")}
    assert [origin for origin, _ in around.hosts["a1.gate.example"]] == [OWN, f"{OWN}/x"]
    assert around.ends == {}


@pytest.mark.parametrize(
    ("lost", "whole"),
    [
        (door("lost.example", routes=UNKNOWN), False),
        (door("lost.example", routes=UNKNOWN, is_name=True), True),
        (
            door(
                "lost.example",
                routes=UNKNOWN,
                endpoint=Endpoint("https://lost.example", enabled=False),
            ),
            True,
        ),
        (door("lost.example", asks("https://elsewhere.example")), True),
    ],
)
def test_a_survey_is_whole_where_every_door_that_may_guard_says_where_it_leads(
    lost: FrontDoor, whole: bool
) -> None:
    assert survey([lost, door("b.example", route())], (), whole=True).whole is whole
    assert not survey([lost], (), whole=False).whole


def test_a_switched_off_address_is_not_reached_by_a_door_that_asks_another_one() -> None:
    on = Endpoint("https://a1.gate.example/live", exposure="internet", enabled=True)
    off = Endpoint("https://old.gate.example/live", exposure="internet", enabled=False)
    around = survey([door("cdn.example", asks("https://old.gate.example/live"))], ())
    assert reach(deployment(f"{API}/live", endpoints=(on, off)), around) == Conclusion()
    led = survey([door("cdn.example", asks("https://a1.gate.example"))], ())
    way = reach(deployment(f"{API}/live", endpoints=(on, off)), led)
    assert way.endpoints == ("https://cdn.example/live", on.url)


def test_a_deployment_whose_addresses_nobody_knows_is_reached_by_no_address() -> None:
    around = survey([door("cdn.example", asks(OWN))], ())
    assert reach(deployment(f"{API}/live", endpoints=UNKNOWN), around) == Conclusion()
