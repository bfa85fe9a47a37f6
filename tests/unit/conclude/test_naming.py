"""Verdicts on names in DNS follow what comes and goes, are kept as of any day, and are shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from apiscape.conclude.follow import conclude
from apiscape.conclude.naming import NAMES
from apiscape.errors import NotKept
from apiscape.model.deployment import Deployment, Endpoint
from apiscape.model.entity import Entity
from apiscape.model.known import Batch, PresenceChange, Verdict
from apiscape.model.run import EstateEntry, Ledger, PartReport, Reach, RunReport, Scope
from apiscape.model.surroundings import POINTS_TO, FrontDoor, FrontDoorRoute, Gateway, Signal
from apiscape.reconcile.compare import compare, sight
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import door
from tests.unit.conclude.test_follow import NOON
from tests.unit.reconcile.rows import deployment

HOST = "abc.execute-api.west.amazonaws.com"
PAY = deployment(
    "aws:1:west:apigateway:abc/live",
    native_api_id="aws:1:west:apigateway:abc",
    provider="aws",
    product="aws.apigateway.rest",
    name="pay",
    endpoints=(Endpoint(f"https://{HOST}/live", exposure="internet", enabled=True),),
)
NAME = door(
    "www.example",
    FrontDoorRoute("/", origin=f"https://{HOST}"),
    provider="aws",
    is_name=True,
    certificate=None,
)
POINTER = Signal(NAME.uid, POINTS_TO, HOST, NOON, "aws.route53.names")
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        opened.estate.save("toys", [EstateEntry("toys", "aws", "1/west")], provider="aws", at=NOON)
        yield opened


def visit(
    store: Store,
    product: str,
    *seen: Deployment | Entity,
    outcome: str = "complete",
    gone: tuple[str, ...] = (),
    at: datetime = NOON,
) -> None:
    """Let a run of a product's scope see just this."""
    spans = product == "aws.route53.names"
    place = Reach(key="1" if spans else "1/west", account="1")
    where = Scope(source="toys", provider="aws", product=product, reach=place)
    run = store.runs.begin(where, at=at)
    known = store.runs.known(where)
    writes = [
        compare(known.get(item.uid), sight(item, part="p", listed_id=item.native_id, at=at))
        for item in seen
        if isinstance(item, Deployment)
    ]
    beside = tuple(("p", "x", item) for item in seen if not isinstance(item, Deployment))
    batch = Batch(writes=tuple(write for write in writes if write), surroundings=beside)
    store.runs.apply(run, batch, at=at)
    report = RunReport(
        scope=where,
        generation=run.generation,
        started_at=at,
        ended_at=at,
        outcome=outcome,
        ledger=Ledger(listed_whole=True),
        parts=(PartReport(part="p", outcome=outcome),),
    )
    retired = tuple(PresenceChange(uid=uid, presence="retired") for uid in gone)
    store.runs.end(run, report, Verdict(presence=retired))


def everything(store: Store, *rest: Deployment | Entity, at: datetime = NOON) -> None:
    visit(store, "aws.apigateway.rest", *rest, at=at)
    visit(store, "aws.apigateway.http", at=at)
    visit(store, "aws.apigateway.websocket", at=at)
    visit(store, "aws.route53.names", NAME, POINTER, at=at)


def verdict(store: Store) -> object:
    return store.pointing.verdicts()[NAME.uid].value


def word(store: Store, view: str = "") -> list[str]:
    return [row.dangling for row in LocalInventory(store).page(f"name:pay {view}").items]


def test_a_name_leads_to_what_stands(store: Store) -> None:
    everything(store, PAY)
    conclude(store, NOON)
    assert verdict(store) is False
    assert word(store) == ["no"]
    assert word(store, "dangling:no") == ["no"]
    again = conclude(store, NOON)
    assert (again.deployments, again.moved) == (0, 0)
    seq = store.changes.last_seq()
    conclude(store, NOON)
    assert store.changes.last_seq() == seq


def test_it_dangles_once_what_it_led_to_is_gone_and_that_day_is_kept(store: Store) -> None:
    everything(store, PAY)
    conclude(store, NOON)
    visit(store, "aws.apigateway.rest", gone=(PAY.uid,), at=NOON + DAY)
    conclude(store, NOON + DAY)
    assert verdict(store) is True
    assert word(store, "dangling:yes presence:retired") == ["yes"]
    access = LocalInventory(store).detail("pay").access
    assert access is not None
    assert access.dangling_reasons == (
        f"{HOST} was pay, which is gone from toys/1/west/aws.apigateway.rest",
    )
    then = NOON + timedelta(hours=1)
    assert word(store, f"dangling:no at:{then:%Y-%m-%dT%H:%M:%SZ}") == ["no"]
    before = LocalInventory(store).detail("pay", at=then).access
    assert before is not None
    assert (before.dangling, before.dangling_reasons) == ("no", ())


def test_it_is_unknown_while_a_listing_that_may_have_it_falls_short(store: Store) -> None:
    everything(store)
    conclude(store, NOON)
    assert verdict(store) is True
    visit(store, "aws.apigateway.http", outcome="partial")
    conclude(store, NOON)
    assert verdict(store) is None
    visit(store, "aws.apigateway.http")
    conclude(store, NOON)
    assert verdict(store) is True
    reaches = [EstateEntry("toys", "aws", key) for key in ("1/west", "2/west")]
    store.estate.save("toys", reaches, provider="aws", at=NOON)
    conclude(store, NOON)
    assert verdict(store) is None


def test_what_comes_later_takes_it_back(store: Store) -> None:
    everything(store)
    conclude(store, NOON)
    assert verdict(store) is True
    visit(store, "aws.apigateway.rest", PAY)
    conclude(store, NOON)
    assert verdict(store) is False
    assert word(store) == ["no"]


def test_what_stands_around_may_have_the_host_and_may_have_had_it(store: Store) -> None:
    gateway = Gateway("g", "g", "aws.alb", "aws", "1", "front", hostnames=(HOST,), region="west")
    everything(store)
    visit(store, "aws.alb", gateway)
    conclude(store, NOON)
    assert store.pointing.verdicts()[NAME.uid].reason == f"{HOST} is front"
    visit(store, "aws.alb")
    conclude(store, NOON)
    assert store.pointing.verdicts()[NAME.uid].reason == (
        f"{HOST} was front, which is gone from toys/1/west/aws.alb"
    )


def test_a_verdict_outlives_visits_and_goes_with_its_name(store: Store) -> None:
    everything(store)
    conclude(store, NOON)
    visit(store, "aws.route53.names", NAME, POINTER)
    assert verdict(store) is True
    visit(store, "aws.route53.names")
    conclude(store, NOON)
    assert store.pointing.verdicts() == {}
    assert store.conclusions.cursor(NAMES) == 0


def test_a_dangling_name_beside_a_sound_one_degrades_what_they_lead_to(store: Store) -> None:
    split = FrontDoor(
        **{
            **{name: getattr(NAME, name) for name in NAME.__struct_fields__},
            "routes": (
                FrontDoorRoute("/", origin=f"https://{HOST}"),
                FrontDoorRoute("/", origin="https://gone.execute-api.west.amazonaws.com"),
            ),
        }
    )
    both = Signal(
        NAME.uid,
        POINTS_TO,
        f"{HOST} gone.execute-api.west.amazonaws.com",
        NOON,
        "aws.route53.names",
    )
    everything(store, PAY)
    visit(store, "aws.route53.names", split, both)
    conclude(store, NOON)
    [row] = LocalInventory(store).page("dangling:yes").items
    assert row.health == "degraded"
    assert str(row.health_reason).startswith("a name in DNS points at what is gone: gone.execute")


def test_drawn_anew_from_everything_it_comes_to_the_same(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything(store, PAY)
    conclude(store, NOON)
    visit(store, "aws.apigateway.rest", gone=(PAY.uid,))

    def dropped(*_: object) -> None:
        raise NotKept("gone", hint=None)

    monkeypatch.setattr(type(store.conclusions), "touched", dropped)
    conclude(store, NOON)
    assert (verdict(store), word(store, "presence:retired")) == (True, ["yes"])
