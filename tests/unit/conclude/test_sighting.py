"""A listing of front doors that falls short leaves open what its doors may lead to, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from apiscape.conclude.follow import conclude
from apiscape.conclude.sighting import (
    Sight,
    Within,
    leads_within,
    look_for_doors,
    open_by_listings,
    saw_every_door,
    tells_doors,
)
from apiscape.model.deployment import Endpoint
from apiscape.model.run import EstateEntry
from apiscape.model.surroundings import FrontDoor
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Store, Visited
from tests.store.copies import opened_copy
from tests.unit.conclude.test_access import visit
from tests.unit.conclude.test_addresses import door
from tests.unit.conclude.test_follow import NOON
from tests.unit.reconcile.rows import deployment

REST, HTTP, GRAPHQL = "aws.apigateway.rest", "aws.apigateway.http", "aws.appsync.graphql"
DOMAINS, CACHES = "aws.apigateway.domains", "aws.cloudfront.distributions"
HERE, THERE = "1/here", "1/there"


def seen(product: str, reach: str = HERE, *, whole: bool = True, **more: str) -> Visited:
    account, _, region = reach.partition("/")
    given = {"provider": "toy", "account": account, "region": region or None} | more
    return msgspec.convert(
        {
            "key": f"toys/{reach}/{product}",
            "source": "toys",
            "reach": reach,
            "product": product,
            "whole": whole,
            **given,
        },
        Visited,
    )


APIS = tuple(seen(product, reach) for reach in (HERE, THERE) for product in (REST, GRAPHQL))


def opened(*visited: Visited, estate: tuple[EstateEntry, ...] = ()) -> list[str]:
    return sorted(open_by_listings(visited, tells_doors, estate))


def test_domains_lead_to_apis_of_their_own_reach_and_caches_to_any_address() -> None:
    within = leads_within(DOMAINS)
    assert within == Within("aws.apigateway.domain", (REST, HTTP, "aws.apigateway.websocket"))
    assert leads_within("aws.appsync.domains") is not None
    assert [leads_within(each) for each in (CACHES, REST, "nobody.knows")] == [None] * 3


def test_a_listing_of_domains_that_fell_short_leaves_its_own_apis_open() -> None:
    short = seen(DOMAINS, whole=False)
    assert opened(*APIS, short, seen(DOMAINS, THERE)) == [f"toys/{HERE}/{REST}"]
    assert saw_every_door([*APIS, short, seen(CACHES, "1")], tells_doors)
    assert opened(*APIS, msgspec.structs.replace(short, absent=True)) == []
    assert opened(*APIS, seen(DOMAINS), seen(DOMAINS, THERE)) == []


def test_a_listing_of_caches_that_fell_short_leaves_everything_open() -> None:
    visited = (*APIS, seen(DOMAINS), seen(CACHES, "1", whole=False))
    assert not saw_every_door(visited, tells_doors)
    assert opened(*visited) == []


def test_domains_of_another_source_in_the_same_reach_count() -> None:
    other = msgspec.structs.replace(seen(DOMAINS, whole=False), source="again", key="again")
    assert opened(*APIS, other) == [f"toys/{HERE}/{REST}"]


def test_domains_of_a_reach_that_is_still_to_be_visited_leave_it_open() -> None:
    planned = (EstateEntry("toys", "toy", HERE), EstateEntry("toys", "toy", THERE))
    assert opened(*APIS, seen(DOMAINS), estate=planned) == [f"toys/{THERE}/{REST}"]
    excluded = (planned[0], msgspec.structs.replace(planned[1], state="excluded"))
    assert opened(*APIS, seen(DOMAINS), estate=excluded) == []
    assert saw_every_door([*APIS, seen(DOMAINS)], tells_doors, planned)


@pytest.mark.parametrize(
    ("lost", "sight"),
    [
        ({}, [f"toys/{HERE}/{REST}"]),
        ({"region": "there"}, [f"toys/{THERE}/{REST}"]),
        ({"account": "2"}, []),
        ({"provider": "other"}, []),
        ({"routes": ()}, []),
        ({"endpoint": Endpoint("https://d.example", enabled=False)}, []),
    ],
)
def test_a_domain_of_which_nobody_knows_where_it_leads_leaves_its_own_reach_open(
    lost: dict[str, object], sight: list[str]
) -> None:
    domain = msgspec.structs.replace(
        door("d.example", routes=UNKNOWN), native_kind="aws.apigateway.domain", region="here"
    )
    visited = (*APIS, seen(DOMAINS), seen(DOMAINS, THERE))
    told = look_for_doors(visited, (), [msgspec.structs.replace(domain, **lost)])
    assert sorted(told.open) == sight
    assert told.everywhere
    assert told.narrow == {"aws.apigateway.domain"}


def test_nobody_who_looked_saw_nothing() -> None:
    assert look_for_doors(APIS, (), ()) == Sight()


# ── In a store ───────────────────────────────────────────────────────────────


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as kept:
        yield kept


MANY = 30


def estate(store: Store, *, outcome: str = "complete", lost: FrontDoor | None = None) -> None:
    """Have many APIs in one region and a few in another, and look at the doors of both."""
    for reach, number in ((HERE, 3), (THERE, MANY)):
        items = [
            deployment(
                f"t:1:{reach.partition('/')[2]}:toy:n{each}/live",
                region=reach.partition("/")[2],
                endpoints=(Endpoint("https://x.gate.example", exposure="internet", enabled=True),),
            )
            for each in range(number)
        ]
        visit(store, REST, *items, reach=reach)
    visit(store, DOMAINS, *([lost] if lost else []), outcome=outcome)
    visit(store, DOMAINS, reach=THERE)
    visit(store, CACHES, reach="1")


def counts(store: Store) -> list[int]:
    inventory = LocalInventory(store)
    return [inventory.page(f"bypass:{word}").matched for word in ("none", "unknown", "no", "yes")]


def test_only_what_the_listing_may_lead_to_turns_unknown_and_back(store: Store) -> None:
    estate(store)
    conclude(store, NOON)
    assert counts(store) == [MANY + 3, 0, 0, 0]
    visit(store, DOMAINS, outcome="partial")
    before = store.changes.last_seq()
    done = conclude(store, NOON + timedelta(hours=1))
    assert (done.deployments, done.moved) == (3, 3)
    assert counts(store) == [MANY, 3, 0, 0]
    assert store.changes.last_seq() - before == 3
    assert conclude(store, NOON + timedelta(hours=2)).deployments == 0
    visit(store, DOMAINS)
    done = conclude(store, NOON + timedelta(hours=3))
    assert (done.deployments, done.moved) == (3, 3)
    assert counts(store) == [MANY + 3, 0, 0, 0]


def test_newcomers_where_a_listing_fell_short_stay_unknown(store: Store) -> None:
    estate(store, outcome="failed")
    conclude(store, NOON)
    assert counts(store) == [MANY, 3, 0, 0]
    visit(store, REST, deployment("t:1:here:toy:late/live", region="here"))
    conclude(store, NOON)
    assert counts(store)[0] == MANY


def test_a_domain_that_leads_nobody_knows_where_leaves_its_own_region_open(store: Store) -> None:
    lost = msgspec.structs.replace(
        door("d.example", routes=UNKNOWN), native_kind="aws.apigateway.domain", region="here"
    )
    assert lost.account == "1"
    estate(store, lost=lost)
    conclude(store, NOON)
    assert counts(store) == [MANY, 3, 0, 0]
    visit(store, DOMAINS)
    assert conclude(store, NOON).moved == 3
