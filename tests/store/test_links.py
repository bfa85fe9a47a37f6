"""What a deployment is linked to, from both ends: other deployments, records of catalogues, and what nobody visited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apiscape.client.inventory import Link
from apiscape.model.deployment import Deployment
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.surroundings import CatalogueRecord, Relation
from apiscape.store import Store, open_store
from apiscape.store.reading.reader import Reader
from tests.store.making import DAY, MINUTE, PART, SCOPE, T0, batch, make, part, visit

GATEWAY, API, OTHER = make(1, name="tools"), make(2, name="vehicles"), make(3, name="other")
AWAY = "0b5c1f6e-0000-5000-8000-000000000000"
RECORD = CatalogueRecord(
    uid="record",
    native_id="r",
    native_kind="aws.agentregistry.record",
    provider="aws",
    account="9",
    name="tools-record",
    title="Tools of the department",
)
EXPOSES = Relation("exposes", GATEWAY.uid, API.uid, ("by target one", "by target two"))
AWAY_TOO = Relation("exposes", GATEWAY.uid, AWAY, ("by target far",))
DECLARES = Relation("declares", RECORD.uid, GATEWAY.uid, ("detected from it",))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "store.db"), write=True) as opened:
        yield opened


def around(*items: Any) -> Batch:
    return Batch(surroundings=tuple((PART, f"listed-{n}", item) for n, item in enumerate(items)))


def of(item: Deployment, **more: Any) -> Link:
    """Return what is at the other end where it is a deployment."""
    place = f"{SCOPE.reach.account} · {SCOPE.reach.region}"
    return Link(uid=item.uid, name=item.name, kind=SCOPE.product, place=place, **more)


def test_a_link_is_told_at_both_of_its_ends_with_what_it_is(store: Store) -> None:
    visit(store, batch(GATEWAY, API, OTHER), around(EXPOSES, AWAY_TOO, DECLARES, RECORD))
    reader = Reader(store.database, lambda: T0 + DAY)
    assert reader.detail(GATEWAY.uid).links == (
        Link(
            type="declares",
            outward=False,
            uid="record",
            name="Tools of the department",
            kind="aws.agentregistry.record",
            place="9",
            declared=True,
            evidence=("detected from it",),
        ),
        Link(type="exposes", outward=True, uid=AWAY, evidence=("by target far",)),
        of(API, type="exposes", outward=True, evidence=EXPOSES.evidence),
    )
    (inward,) = reader.detail(API.uid).links
    assert inward == of(GATEWAY, type="exposes", outward=False, evidence=EXPOSES.evidence)
    assert reader.detail(OTHER.uid).links == ()


def test_a_record_without_a_title_is_told_by_its_name(store: Store) -> None:
    plain = CatalogueRecord("record", "r", "k", "aws", "9", "tools-record")
    visit(store, batch(GATEWAY), around(DECLARES, plain))
    (link,) = Reader(store.database, lambda: T0 + DAY).detail(GATEWAY.uid).links
    assert (link.name, link.declared) == ("tools-record", True)


def test_links_are_those_of_the_day_that_is_asked_for(store: Store) -> None:
    visit(store, batch(GATEWAY, API))
    visit(store, around(EXPOSES), at=T0 + MINUTE)
    reader = Reader(store.database, lambda: T0 + DAY)
    assert reader.detail(API.uid, at=T0).links == ()
    assert len(reader.detail(API.uid, at=T0 + MINUTE).links) == 1
    assert len(reader.detail(API.uid).links) == 1


def test_a_uid_that_only_speaks_for_a_link_is_none_of_its_ends(store: Store) -> None:
    named = Relation("exposes", GATEWAY.uid, AWAY, (f"named {API.uid}",))
    visit(store, batch(GATEWAY, API), around(named))
    assert Reader(store.database, lambda: T0 + DAY).detail(API.uid).links == ()


def test_what_was_forgotten_is_no_longer_named(store: Store) -> None:
    visit(store, batch(GATEWAY, API), around(EXPOSES))
    left = PresenceChange(uid=GATEWAY.uid, presence="retired")
    partial = [part("partial")]
    visit(store, at=T0 + MINUTE, verdict=Verdict(presence=(left,)), parts=partial)
    store.upkeep.forget(GATEWAY.uid, by="ada", at=T0 + MINUTE)
    (link,) = Reader(store.database, lambda: T0 + DAY).detail(API.uid).links
    assert (link.uid, link.name) == (GATEWAY.uid, None)
