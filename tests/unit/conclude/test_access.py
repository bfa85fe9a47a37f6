"""What callers are asked for by every name is kept, shown, found, and drawn anew when it may be otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.conclude import follow
from apiscape.conclude.follow import conclude, conclude_due
from apiscape.conclude.sighting import saw_every_door, tells_doors
from apiscape.health.signals import SignalName
from apiscape.model.deployment import Deployment, Endpoint, Protections
from apiscape.model.entity import Entity
from apiscape.model.identity import certificate_uid
from apiscape.model.known import Batch, Verdict
from apiscape.model.run import EstateEntry, Ledger, PartReport, Reach, RunReport, Scope
from apiscape.model.surroundings import (
    CERTIFICATE_NOT_AFTER,
    CERTIFICATES,
    Access,
    FrontDoor,
    Signal,
)
from apiscape.model.values import UNKNOWN
from apiscape.reconcile.compare import compare, sight
from apiscape.serve.local import LocalInventory
from apiscape.store import Store, Visited, open_store
from tests.unit.conclude.test_addresses import API, OWN, door, route
from tests.unit.conclude.test_follow import NOON
from tests.unit.reconcile.rows import deployment

ARN = "arn:aws:acm:us-east-1:1:certificate/a"
DOORS = "aws.cloudfront.distributions"
OPEN = Endpoint(OWN.url, exposure="internet", enabled=True, mtls="disabled")
CLOSED = Endpoint(OWN.url, exposure="internet", enabled=False)


def behind(*endpoints: Endpoint) -> Deployment:
    return deployment(
        f"{API}/live",
        name="pay",
        status="active",
        endpoints=endpoints,
        exposure="internet",
        protections=Protections(waf="disabled"),
    )


def asking(**more: Any) -> FrontDoor:
    given: dict[str, Any] = {
        "endpoint": Endpoint(
            "https://api.example", exposure="internet", enabled=True, mtls="enabled"
        ),
        "waf": "disabled",
        "certificate": ARN,
    }
    return door("api.example", route(), **(given | more))


def ends(on: str) -> Signal:
    return Signal(
        subject_uid=certificate_uid(ARN),
        name=CERTIFICATE_NOT_AFTER,
        value=on,
        observed_at=NOON,
        source=CERTIFICATES,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(str(tmp_path / "store.db"), write=True) as opened:
        yield opened


def visit(
    store: Store,
    product: str,
    *seen: Deployment | Entity,
    outcome: str = "complete",
    reach: str = "1/here",
) -> None:
    """Let a run of a product's scope see just this."""
    place = Reach(key=reach, account="1", region=reach.partition("/")[2] or None)
    where = Scope(source="toys", provider="toy", product=product, reach=place)
    run = store.runs.begin(where, at=NOON)
    known = store.runs.known(where)
    writes = [
        compare(known.get(item.uid), sight(item, part="p", listed_id=item.native_id, at=NOON))
        for item in seen
        if isinstance(item, Deployment)
    ]
    beside = tuple(("p", "x", item) for item in seen if not isinstance(item, Deployment))
    batch = Batch(writes=tuple(write for write in writes if write), surroundings=beside)
    store.runs.apply(run, batch, at=NOON)
    report = RunReport(
        scope=where,
        generation=run.generation,
        started_at=NOON,
        ended_at=NOON,
        outcome=outcome,
        ledger=Ledger(listed_whole=True),
        parts=(PartReport(part="p", outcome=outcome),),
    )
    store.runs.end(run, report, Verdict())


def access(store: Store) -> Access | None:
    return LocalInventory(store).detail("pay").access


def test_it_is_kept_shown_and_found_by_a_view(store: Store) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, asking())
    conclude(store, NOON)
    held = access(store)
    assert held is not None
    assert (held.mtls, held.bypass) == ("disabled", "yes")
    assert held.reasons[0].startswith(f"{OWN.url} answers without the client certificate")
    inventory = LocalInventory(store)
    assert [row.bypass for row in inventory.page("bypass:yes").items] == ["yes"]
    assert inventory.page("bypass:no").items == ()


def test_a_listing_of_doors_that_falls_short_opens_what_was_closed(store: Store) -> None:
    visit(store, "toy.api", behind(CLOSED))
    visit(store, DOORS, asking())
    conclude(store, NOON)
    assert access(store) == Access(mtls="enabled", bypass="no")
    visit(store, DOORS, asking(), outcome="partial")
    done = conclude(store, NOON)
    assert (done.deployments, done.moved) == (1, 1)
    assert access(store) == Access(reasons=("not every front door could be looked at",))
    assert conclude(store, NOON).deployments == 0
    visit(store, DOORS, asking())
    conclude(store, NOON)
    assert access(store) == Access(mtls="enabled", bypass="no")


def bypasses(store: Store, at: datetime | None = None) -> list[str]:
    """Return which of the words a view finds the one deployment by."""
    inventory = LocalInventory(store)
    when = f" at:{at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
    words = ("yes", "no", "none", "unknown")
    return [word for word in words if inventory.page(f"bypass:{word}{when}").items]


def test_where_every_door_was_seen_and_none_leads_there_nothing_is_to_be_gone_around(
    store: Store,
) -> None:
    visit(store, "toy.api", behind(OPEN))
    conclude(store, NOON)
    assert (access(store), bypasses(store)) == (None, ["unknown"])
    visit(store, DOORS)
    done = conclude(store, NOON)
    assert (done.deployments, done.moved) == (1, 1)
    assert access(store) == Access(mtls="disabled", bypass=None)
    assert bypasses(store) == ["none"]
    assert conclude(store, NOON).deployments == 0


def test_one_listing_of_doors_that_falls_short_leaves_open_what_no_door_leads_to(
    store: Store,
) -> None:
    visit(store, DOORS)
    visit(store, "toy.api", behind(OPEN))
    conclude(store, NOON)
    assert bypasses(store) == ["none"]
    visit(store, DOORS, outcome="partial")
    later = NOON + timedelta(days=1)
    done = conclude(store, later)
    assert (done.deployments, done.moved) == (1, 1)
    assert (access(store), bypasses(store)) == (None, ["unknown"])
    assert bypasses(store, NOON + timedelta(hours=1)) == ["none"]
    assert LocalInventory(store).detail("pay", at=NOON + timedelta(hours=1)).access == Access(
        mtls="disabled", bypass=None
    )


def test_a_door_that_no_longer_says_where_it_leads_may_lead_anywhere(store: Store) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, door("far.example", route(stage="test"), waf="disabled"))
    conclude(store, NOON)
    assert bypasses(store) == ["none"]
    visit(store, DOORS, asking(routes=UNKNOWN))
    assert conclude(store, NOON).moved == 1
    assert bypasses(store) == ["unknown"]
    visit(store, DOORS, asking())
    conclude(store, NOON)
    assert bypasses(store) == ["yes"]


def test_where_its_own_addresses_are_unknown_a_door_may_lead_to_one_of_them(store: Store) -> None:
    visit(store, "toy.api", msgspec.structs.replace(behind(), endpoints=UNKNOWN))
    visit(store, DOORS)
    conclude(store, NOON)
    assert (access(store), bypasses(store)) == (None, ["unknown"])


def test_a_region_that_is_off_has_no_doors_and_a_reach_still_to_be_visited_may(
    store: Store,
) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS)
    visit(store, DOORS, outcome="absent", reach="1/off")
    planned = [EstateEntry("toys", "toy", key) for key in ("1/here", "1/off")]
    store.estate.save("toys", planned, provider="toy", at=NOON)
    conclude(store, NOON)
    assert bypasses(store) == ["none"]
    planned.append(EstateEntry("toys", "toy", "1/there"))
    store.estate.save("toys", planned, provider="toy", at=NOON)
    conclude(store, NOON)
    assert bypasses(store) == ["unknown"]
    visit(store, DOORS, reach="1/there")
    conclude(store, NOON)
    assert bypasses(store) == ["none"]


def test_an_earlier_day_is_read_as_it_was_concluded_then(store: Store) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, asking())
    conclude(store, NOON)
    visit(store, "toy.api", behind(CLOSED))
    conclude(store, NOON + timedelta(days=1))
    now = access(store)
    assert now is not None
    assert now.bypass == "no"
    then = LocalInventory(store).detail("pay", at=NOON + timedelta(seconds=1))
    assert then.access is not None
    assert then.access.bypass == "yes"


@pytest.mark.parametrize(
    ("visits", "every"),
    [
        ((), False),
        ((("toy.api", True),), False),
        (((DOORS, True),), True),
        (((DOORS, True), ("toy.api", False)), True),
        (((DOORS, True), (DOORS, False)), False),
    ],
)
def test_every_door_was_seen_where_whoever_tells_them_was_read_whole(
    visits: tuple[tuple[str, bool], ...], every: bool
) -> None:
    scopes = [
        Visited(key=f"{number}", source="a", reach="r", product=product, whole=whole)
        for number, (product, whole) in enumerate(visits)
    ]
    assert saw_every_door(scopes, tells_doors) is every


def test_which_products_tell_doors() -> None:
    telling = (DOORS, "aws.apigateway.domains", "aws.appsync.domains")
    silent = ("aws.apigateway.rest", "aws.route53.names", "nobody.knows")
    assert [*map(tells_doors, telling), *map(tells_doors, silent)] == [True] * 3 + [False] * 3


ACCOUNT_WIDE = Visited(
    key="c", source="a", reach="1", product="aws.cloudfront.distributions", whole=True
)


@pytest.mark.parametrize(
    ("estate", "every"),
    [
        ((), True),
        ((EstateEntry("a", "toy", "1/here"), EstateEntry("a", "toy", "1/there")), True),
        ((EstateEntry("a", "toy", "2/here"),), False),
        ((EstateEntry("a", "toy", "2/here", state="not_configured"),), True),
        ((EstateEntry("b", "toy", "2/here"),), True),
    ],
)
def test_a_listing_of_a_whole_account_is_of_all_its_reaches(
    estate: tuple[EstateEntry, ...], every: bool
) -> None:
    assert saw_every_door([ACCOUNT_WIDE], tells_doors, estate) is every


def test_absent_scopes_alone_tell_no_doors() -> None:
    nothing = msgspec.structs.replace(ACCOUNT_WIDE, whole=False, absent=True)
    assert not saw_every_door([nothing], tells_doors)
    assert saw_every_door([nothing, ACCOUNT_WIDE], tells_doors)


def test_every_deployment_is_drawn_once_in_the_pass_that_sees_all_doors_for_the_first_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "BATCH", 2)
    items = [deployment(f"t:1:here:toy:n{number}/live", endpoints=(OPEN,)) for number in range(7)]
    visit(store, "toy.api", *items)
    visit(store, DOORS)
    assert conclude(store, NOON).deployments == 7
    assert len(LocalInventory(store).page("bypass:none").items) == 7
    visit(store, DOORS, door("far.example", routes=UNKNOWN))
    assert conclude(store, NOON).deployments == 7
    assert len(LocalInventory(store).page("bypass:unknown").items) == 7


# ── Certificates ─────────────────────────────────────────────────────────────


def test_a_certificate_that_ends_counts_for_what_stands_behind_its_door(store: Store) -> None:
    soon = (NOON + timedelta(days=3)).isoformat()
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, asking())
    visit(store, "toy.certificates", ends(soon))
    conclude(store, NOON)
    detail = LocalInventory(store).detail("pay")
    assert detail.row.health == "degraded"
    assert str(detail.row.health_reason).startswith("certificate ends on")
    assert [each.certificate_not_after for each in detail.front_doors] == [NOON + timedelta(days=3)]
    visit(store, "toy.certificates", ends((NOON + timedelta(days=300)).isoformat()))
    conclude(store, NOON)
    assert LocalInventory(store).detail("pay").row.health == "unknown"


def test_a_certificate_counts_down_without_a_change(store: Store) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, asking())
    visit(store, "toy.certificates", ends((NOON + timedelta(days=30)).isoformat()))
    conclude(store, NOON)
    assert LocalInventory(store).detail("pay").row.health == "unknown"
    conclude_due(store, NOON + timedelta(days=31))
    assert LocalInventory(store).detail("pay").row.health == "failing"


@pytest.mark.parametrize("said", ["soon", "2026-11-02T09:00:00"])
def test_an_end_that_cannot_be_read_stays_unknown(store: Store, said: str) -> None:
    visit(store, "toy.api", behind(OPEN))
    visit(store, DOORS, asking(), door("own.example", route(), certificate=None))
    visit(store, "toy.certificates", ends(said))
    conclude(store, NOON)
    held = LocalInventory(store).detail("pay").front_doors
    assert {each.certificate_not_after for each in held} == {UNKNOWN}


def test_the_names_of_signals_agree() -> None:
    assert CERTIFICATE_NOT_AFTER == SignalName.CERTIFICATE_NOT_AFTER
