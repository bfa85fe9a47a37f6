"""What callers are asked for by the weakest of all names."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apiscape.conclude.addresses import reach, survey
from apiscape.conclude.guarding import MOST_REASONS, Name, judge_access
from apiscape.model.deployment import Endpoint, Protections
from apiscape.model.surroundings import Access, FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.store import Conclusion
from tests.unit.conclude.test_addresses import API, OWN, door, route
from tests.unit.reconcile.rows import deployment

CLOSED = Endpoint(OWN.url, exposure="internet", enabled=False)
OPEN = Endpoint(OWN.url, exposure="internet", enabled=True, mtls="disabled")
NO_FIREWALL = Protections(waf="disabled")


def domain(name: str = "api.example", *, mtls: str = "disabled", **more: Any) -> FrontDoor:
    given: dict[str, Any] = {
        "endpoint": Endpoint(f"https://{name}", exposure="internet", enabled=True, mtls=mtls),
        "waf": "disabled",
    }
    return door(name, route(), **(given | more))


def cache(
    origin: str = OWN.url, *, waf: str = "disabled", sends: tuple[str, ...] = (), **more: Any
) -> FrontDoor:
    given: dict[str, Any] = {
        "endpoint": Endpoint(
            "https://cdn.example", exposure="internet", enabled=True, mtls="disabled"
        ),
        "waf": waf,
    }
    asked = FrontDoorRoute("/", origin=origin, sends=sends)
    return door("cdn.example", asked, **(given | more))


def concluded(*doors: FrontDoor, whole: bool = True, **facts: Any) -> Conclusion:
    given = {"endpoints": (OPEN,), "exposure": "internet", "protections": NO_FIREWALL} | facts
    return reach(deployment(f"{API}/live", **given), survey(doors, (), whole=whole))


def judged(*doors: FrontDoor, **facts: Any) -> tuple[object, object]:
    way = concluded(*doors, **facts)
    return way.mtls, way.bypass


# ── Client certificates ──────────────────────────────────────────────────────


def test_a_certificate_is_asked_for_where_every_name_asks_for_one() -> None:
    asking = domain(mtls="enabled")
    assert judged(asking, endpoints=(CLOSED,)) == ("enabled", "no")
    assert judged(asking, endpoints=()) == ("enabled", "no")
    assert judged(asking, domain("b.example"), endpoints=(CLOSED,)) == ("disabled", "yes")


def test_the_gateways_own_address_is_a_name_too() -> None:
    way = concluded(domain(mtls="enabled"))
    assert (way.mtls, way.bypass) == ("disabled", "yes")
    assert way.access_reasons == (
        f"{OWN.url} answers without the client certificate that https://api.example asks for",
        f"{OWN.url} asks for no client certificate",
    )


@pytest.mark.parametrize(
    "own",
    [
        UNKNOWN,
        (Endpoint(OWN.url, exposure="internet", enabled=True),),
        (Endpoint(OWN.url, exposure="internet", mtls="disabled"),),
    ],
)
def test_what_is_not_known_of_a_name_leaves_it_open(own: Any) -> None:
    assert judged(domain(mtls="enabled"), endpoints=own) == ("unknown", "unknown")


def test_as_long_as_not_every_door_was_seen_nothing_is_closed() -> None:
    way = concluded(domain(mtls="enabled"), endpoints=(CLOSED,), whole=False)
    assert (way.mtls, way.bypass) == ("unknown", "unknown")
    assert way.access_reasons == ("not every front door could be looked at",)


def test_a_door_that_leads_nobody_knows_where_may_lead_here() -> None:
    asking = domain(mtls="enabled")
    lost = door("lost.example", routes=UNKNOWN)
    assert judged(asking, lost, endpoints=(CLOSED,)) == ("unknown", "unknown")
    closed = Endpoint("https://lost.example", enabled=False)
    off = door("lost.example", routes=UNKNOWN, endpoint=closed)
    assert judged(asking, off, endpoints=(CLOSED,)) == ("enabled", "no")


def test_a_name_in_dns_asks_nothing_and_weakens_nothing() -> None:
    name = door(
        "www.example",
        FrontDoorRoute("/", origin=OWN.url),
        is_name=True,
        exposure="private",
    )
    alone = concluded(domain(mtls="enabled"))
    both = concluded(domain(mtls="enabled"), name)
    assert (both.mtls, both.bypass, both.exposure) == (alone.mtls, alone.bypass, alone.exposure)
    assert "door-www.example" in both.front_doors
    assert concluded(name).exposure == "internet"


# ── Going around ─────────────────────────────────────────────────────────────


def test_what_stands_in_another_network_is_gone_around_by_the_address_behind_it() -> None:
    way = concluded(cache())
    assert way.bypass == "yes"
    assert way.access_reasons == (f"{OWN.url} answers without passing https://cdn.example",)


def test_the_domain_behind_a_cache_is_a_way_around_it() -> None:
    behind = cache("https://api.example", waf="enabled")
    way = concluded(behind, domain(), endpoints=(CLOSED,))
    assert way.bypass == "yes"
    assert set(way.access_reasons) == {
        "https://api.example answers without the firewall of https://cdn.example",
        "https://api.example answers without passing https://cdn.example",
    }


def test_a_header_that_only_the_cache_knows_may_be_asked_for() -> None:
    way = concluded(cache(waf="enabled", sends=("x-verify",)))
    assert way.bypass == "unknown"
    assert (
        f"{OWN.url} answers without passing https://cdn.example, "
        "unless it asks for what is sent by that (x-verify)"
    ) in way.access_reasons


def test_a_firewall_behind_all_names_is_lacked_by_none() -> None:
    other = domain("b.example", waf="enabled")
    firewall = {state: Protections(waf=state) for state in ("enabled", "disabled", "unknown")}
    found = {
        state: concluded(domain(), other, protections=each).bypass
        for state, each in firewall.items()
    }
    assert found == {"enabled": None, "disabled": "yes", "unknown": "unknown"}


def test_a_name_inside_is_no_way_around_for_callers_from_outside() -> None:
    inside = Endpoint(OWN.url, exposure="private", enabled=True, mtls="disabled")
    asking = domain(mtls="enabled")
    assert judged(asking, endpoints=(inside,)) == ("disabled", "no")
    within = Endpoint("https://api.example", exposure="private", enabled=True, mtls="enabled")
    assert judged(domain(endpoint=within), endpoints=(inside,)) == ("disabled", "yes")
    nowhere = Endpoint("https://api.example", enabled=True, mtls="enabled")
    assert judged(domain(endpoint=nowhere), endpoints=(inside,)) == ("disabled", "unknown")
    somewhere = Endpoint(OWN.url, enabled=True, mtls="disabled")
    assert judged(asking, endpoints=(somewhere,)) == ("disabled", "unknown")


def test_a_domain_that_asks_for_nothing_more_has_nothing_to_go_around() -> None:
    assert judged(domain()) == ("disabled", None)
    assert judged(domain(waf="unknown")) == ("disabled", "unknown")


def test_without_a_front_door_there_is_nothing_to_go_around_where_all_were_seen() -> None:
    asking = Endpoint(OWN.url, exposure="internet", enabled=True, mtls="enabled")
    assert concluded() == Conclusion(mtls="disabled", bypass=None)
    assert concluded(endpoints=(asking,)) == Conclusion(mtls="enabled", bypass=None)
    assert concluded(whole=False) == Conclusion()
    assert concluded(endpoints=UNKNOWN) == Conclusion()


def test_reasons_are_bounded() -> None:
    names = [domain(f"n{number}.example") for number in range(3 * MOST_REASONS)]
    assert len(concluded(domain(mtls="enabled"), *names).access_reasons) == MOST_REASONS


# ── Whatever the names ───────────────────────────────────────────────────────

STATE = st.sampled_from(["enabled", "disabled", "unknown"])
NAME = st.builds(
    Name,
    title=st.sampled_from("abcde"),
    door=st.sampled_from(["a", "b", "c", None]),
    exposure=st.sampled_from(["internet", "private", "cluster", "unknown"]),
    enabled=st.sampled_from([True, False, UNKNOWN]),
    mtls=STATE,
    waf=STATE,
    sends=st.sampled_from([(), ("x-verify",)]),
    asks_address=st.booleans(),
)
DOOR = NAME.filter(lambda name: name.door is not None)
OWN_NAME = NAME.map(
    lambda name: msgspec.structs.replace(name, door=None, sends=(), asks_address=False)
)
UNKNOWNS: dict[str, Any] = {
    "exposure": "unknown",
    "enabled": UNKNOWN,
    "mtls": "unknown",
    "waf": "unknown",
}


class World(msgspec.Struct, frozen=True):
    doors: tuple[Name, ...]
    own: tuple[Name, ...]
    firewall: str
    whole: bool

    def judge(self, *, own_known: bool = True) -> Access:
        own = self.own if own_known else UNKNOWN
        return judge_access(self.doors, own, firewall=self.firewall, whole=self.whole)


WORLD = st.builds(
    World,
    doors=st.lists(DOOR, max_size=3).map(tuple),
    own=st.lists(OWN_NAME, max_size=2).map(tuple),
    firewall=STATE,
    whole=st.booleans(),
)


@given(WORLD, DOOR)
def test_another_door_never_makes_it_stronger_than_the_weakest_name(
    world: World, door: Name
) -> None:
    before = world.judge()
    after = msgspec.structs.replace(world, doors=(*world.doors, door)).judge()
    assert before.mtls != "disabled" or after.mtls == "disabled"
    assert before.bypass != "yes" or after.bypass == "yes"
    if after.mtls == "enabled":
        names = (*world.doors, door, *world.own)
        assert all(name.mtls == "enabled" for name in names if name.enabled is not False)


@given(WORLD, st.data())
def test_to_know_less_never_closes_a_way_around(world: World, data: st.DataObject) -> None:
    known = world.judge()
    names = [*world.doors, *world.own]
    if names:
        at = data.draw(st.integers(0, len(names) - 1))
        field = data.draw(st.sampled_from(sorted(UNKNOWNS)))
        names[at] = msgspec.structs.replace(names[at], **{field: UNKNOWNS[field]})
    less = World(
        doors=tuple(names[: len(world.doors)]),
        own=tuple(names[len(world.doors) :]),
        firewall=data.draw(st.sampled_from([world.firewall, "unknown"])),
        whole=world.whole and data.draw(st.booleans()),
    ).judge(own_known=data.draw(st.booleans()))
    if less.bypass in {"no", None}:
        assert less.bypass == known.bypass
    if less.mtls == "enabled":
        assert known.mtls == "enabled"


@given(WORLD)
def test_whatever_is_said_of_a_way_around_has_a_reason(world: World) -> None:
    found = world.judge()
    assert (found.bypass in {"no", None}) == (
        not any("asks for no client" not in reason for reason in found.reasons)
    )
