"""What must hold of any estate: where callers get in, from how far, and whose API it is."""

from __future__ import annotations

import random
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.conclude.addresses import Target, admits, reach, survey, widest
from apiscape.conclude.membership import found_api, versions_of
from apiscape.model.deployment import Endpoint
from apiscape.model.identity import api_uid
from apiscape.model.projection import below
from apiscape.model.surroundings import FrontDoor, FrontDoorRoute
from apiscape.model.values import UNKNOWN
from apiscape.store import Conclusion, Member
from tests.unit.conclude.test_addresses import API, consumer, door
from tests.unit.conclude.test_membership import NOON
from tests.unit.reconcile.rows import deployment

WORDS = st.sampled_from(["internet", "private", "cluster", "unknown", "a newer word"])
SWITCHES: st.SearchStrategy[Any] = st.sampled_from([UNKNOWN, True, False])
HOSTS = st.sampled_from(["a.example", "b.example", "c.example"])
ROUTES = st.builds(
    FrontDoorRoute,
    st.sampled_from(["/", "/v1", "v2/"]),
    native_api_id=st.sampled_from([API, "t:1:r:toy:other", None]),
    stage=st.sampled_from(["live", "test", None]),
)


@st.composite
def doors(draw: st.DrawFn) -> list[FrontDoor]:
    hosts = draw(st.lists(HOSTS, max_size=3, unique=True))
    return [
        door(
            host,
            endpoint=Endpoint(
                f"https://{host}",
                exposure=draw(WORDS),
                enabled=draw(SWITCHES),
            ),
            routes=draw(st.just(UNKNOWN) | st.lists(ROUTES, max_size=3).map(tuple)),
        )
        for host in hosts
    ]


def leads_to(door: FrontDoor) -> tuple[Target, ...]:
    return survey([door], ()).ends.get(door.uid, ())


def serving(held: list[FrontDoor], stage: str) -> list[FrontDoor]:
    """Return the doors that lead to a stage of the API, by name."""
    return [
        each
        for each in sorted(held, key=lambda each: each.name)
        if each.endpoint.enabled is not False
        and isinstance(each.routes, tuple)
        and any((route.native_api_id, route.stage) == (API, stage) for route in each.routes)
    ]


@settings(max_examples=40)
@given(doors(), st.sampled_from([UNKNOWN, (), ("https://own.example",)]))
def test_every_door_that_leads_here_is_told_and_no_other(held: list[FrontDoor], own: Any) -> None:
    endpoints = tuple(map(Endpoint, own)) if isinstance(own, tuple) else own
    item = deployment(f"{API}/live", endpoints=endpoints)
    told = reach(item, survey(held, ()))
    leading = serving(held, "live")
    if not leading:
        assert told == Conclusion()
        return
    assert told.front_doors == tuple(each.uid for each in leading)
    assert isinstance(told.endpoints, tuple)
    assert len(set(told.endpoints)) == len(told.endpoints)
    hosts = {url.split("/")[2] for url in told.endpoints} - {"own.example"}
    assert hosts == {each.name for each in leading}
    assert ("https://own.example" in told.endpoints) is (own == ("https://own.example",))


@settings(max_examples=40)
@given(doors(), st.integers(0, 9))
def test_the_order_in_which_doors_were_read_says_nothing(held: list[FrontDoor], seed: int) -> None:
    turned = random.Random(seed).sample(held, len(held))
    assert survey(turned, ()) == survey(held, ())


@settings(max_examples=40)
@given(doors())
def test_a_survey_knows_what_each_door_leads_to(held: list[FrontDoor]) -> None:
    ways = survey(held, ()).ways
    led = {target for each in held for target in leads_to(each)}
    assert ways.keys() == led
    for target, found in ways.items():
        assert {way.front_door for way in found} == {
            each.uid for each in held if target in leads_to(each)
        }


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_a_further_way_in_never_narrows_from_where_it_is_reached(
    some: list[str], more: list[str]
) -> None:
    order = ["cluster", "private", "unknown", "internet"]
    both = widest([*some, *more])
    if some:
        assert order.index(both) >= order.index(widest(some))
    assert both == widest([*more, *some])
    assert ("internet" in {*some, *more}) is (both == "internet")


@pytest.mark.parametrize("known", ["private", "cluster"])
@pytest.mark.parametrize("other", ["unknown", "a newer word"])
def test_what_may_be_the_internet_is_never_called_private(known: str, other: str) -> None:
    for words in permutations([known, other]):
        assert widest(words) == "unknown"


@given(HOSTS, st.text(alphabet="/ab1", max_size=8))
def test_an_address_below_another_has_one_slash_between(host: str, path: str) -> None:
    address = below(f"https://{host}/", path)
    rest = address.removeprefix(f"https://{host}")
    assert rest.strip("/") == path.strip("/")
    assert rest in {"", "/"} or (rest[0] == "/" and rest[1] != "/" and rest[-1] != "/")


def test_who_is_let_in_twice_is_told_in_order_of_uids() -> None:
    around = survey((), [consumer("b", "live"), consumer("a", "live", "test")])
    targets = dict(around.consumers)
    assert list(targets.values()) == [("a", "b"), ("a",)]
    assert len(admits(consumer("a", "live", "test"))) == 2


# Whose API it is.


@pytest.mark.parametrize(
    ("label", "major"),
    [
        ("1", 1),
        ("v2", 2),
        ("V3.1", 3),
        ("010", 10),
        ("v1-beta", None),
        ("v", None),
        ("", None),
        ("1a", None),
        ("2026-09-30", None),
        ("v٣", None),
        ("9" * 5000, None),
        ("v1\x1b", None),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_major_version_is_read_where_it_is_one(label: str, major: int | None) -> None:
    [version] = versions_of([deployment("t:1:r:toy:a/x", version=label)])
    assert (version.label, version.major, version.lifecycle) == (label, major, None)


@pytest.mark.parametrize("version", [UNKNOWN, None])
def test_a_version_that_nobody_knows_is_none(version: Any) -> None:
    assert versions_of([deployment("t:1:r:toy:a/x", version=version)]) == ()


def test_equal_labels_are_one_version_of_the_first_that_says_so() -> None:
    found = versions_of(
        deployment("t:1:r:toy:a/x", version="v1", lifecycle=lifecycle)
        for lifecycle in ("unknown", "live", "beta")
    )
    assert [(each.label, each.lifecycle) for each in found] == [("v1", None)]


MEMBERS = st.lists(
    st.builds(
        Member,
        uid=st.sampled_from(["m1", "m2", "m3", "m4"]),
        stage=st.none(),
        presence=st.sampled_from(["present", "missing", "suspect", "retired", "superseded"]),
        first_seen_at=st.just(NOON),
        api_uid=st.sampled_from([None, None, "api-1", "api-2"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda member: member.uid,
)


@settings(max_examples=40)
@given(MEMBERS, st.sets(st.sampled_from(["m1", "m2", "m3", "m4"])))
def test_an_api_holds_its_members_and_keeps_what_it_was_called(
    members: list[Member], read: set[str]
) -> None:
    items = {uid: deployment(f"{API}/{uid}", uid=uid, name=f"name of {uid}") for uid in read}
    api = found_api(members, items)
    held = [member.api_uid for member in members if member.api_uid]
    assert api.members == tuple(sorted(member.uid for member in members))
    assert api.uid == (held[0] if held else api_uid(members[0].uid))
    assert {api.uid, *api.redirects} == ({*held} or {api.uid})
    assert api.uid not in api.redirects
    standing = [m.uid for m in members if m.presence not in {"retired", "superseded"}]
    speaking = [uid for uid in standing or [m.uid for m in members] if uid in read]
    assert api.title == (f"name of {speaking[0]}" if speaking else api.uid)


@pytest.mark.parametrize(
    ("title", "shown"), [("Pay", "Pay"), ("", "n"), (None, "n"), (UNKNOWN, "n")]
)
def test_an_api_is_called_by_its_title_or_else_its_name(title: Any, shown: str) -> None:
    item = deployment(f"{API}/live", name="n", title=title)
    member = Member(uid=item.uid, stage=None, presence="present", first_seen_at=NOON, api_uid=None)
    assert found_api([member], {item.uid: item}).title == shown
