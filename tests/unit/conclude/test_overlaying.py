"""The overlay over what stands: applied, changed, taken away, kept as of any day, and said in the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from apiscape.client.inventory import Detail
from apiscape.conclude.faring import HealthPolicy
from apiscape.conclude.follow import (
    Concluded,
    Rules,
    conclude,
    conclude_due,
    is_overlaid,
)
from apiscape.conclude.overlaying import Matched, count_matches, verdicts_on
from apiscape.govern.overlay import Entry, Overlay
from apiscape.health.policy import Override
from apiscape.model.change import FieldChange
from apiscape.model.deployment import Deployment, Endpoint, Operation, Owner
from apiscape.model.provenance import Claim, Confirmation
from apiscape.model.values import UNKNOWN
from apiscape.serve.local import LocalInventory
from apiscape.store import Store
from tests.store.copies import opened_copy
from tests.unit.conclude.test_addresses import API, door, route
from tests.unit.conclude.test_faring import served
from tests.unit.conclude.test_follow import NOON, held, see
from tests.unit.reconcile.rows import deployment

TAG = Claim("tax-dev", "tag", "tag:team")
LIVE = deployment(
    f"{API}/live",
    name="pay",
    environment="production",
    owners=(Owner("tax-dev"),),
    provenance={"owners": (TAG,)},
    labels={"team": "tax-dev"},
    endpoints=(Endpoint("https://g.example/live"),),
    operations=(Operation("GET", "/v1/bills"),),
)
OTHER = deployment("t:1:r:toy:b/live", name="other", lifecycle="live")
STANDS = Confirmation(by="Ada", on=date(2026, 9, 1), due=date(2027, 9, 1))
LATER = NOON + timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened_copy(tmp_path / "store.db") as opened:
        yield opened


def says(view: str, place: str = "a.yaml:1", **more: Any) -> Entry:
    values = more.pop("values", {"owners": ["Team Tax"]})
    return Entry(view=view, values=values, place=place, **more)


def overlay(*entries: Entry) -> Overlay:
    return Overlay(entries=entries)


def detail(store: Store, item: Deployment = LIVE, **asked: Any) -> Detail:
    return LocalInventory(store, lambda: LATER).detail(item.uid, **asked)


def uids(store: Store, view: str) -> tuple[str, ...]:
    return LocalInventory(store, lambda: LATER).select(view).uids


def by(store: Store, *entries: Entry) -> Concluded:
    return conclude(store, NOON, overlay=overlay(*entries))


def test_an_overlay_is_shown_everywhere_and_the_facts_stay_as_the_gateway_said(
    store: Store,
) -> None:
    see(store, LIVE, OTHER)
    values = {
        "owners": ["Team Tax"],
        "audience": "partner",
        "classification": "Official-Sensitive",
        "lifecycle": "beta",
        "environment": "staging",
        "title": "Payments",
    }
    by(store, says("name:pay", values=values))
    found = detail(store)
    row = found.row
    assert (row.owners, row.audience, row.lifecycle) == (("Team Tax",), "partner", "beta")
    assert (row.environment, row.title) == ("staging", "Payments")
    assert row.classification == "Official-Sensitive"
    assert uids(store, "classification:official-*") == (LIVE.uid,)
    assert uids(store, "classification:unknown") == (OTHER.uid,)
    assert found.deployment == LIVE
    assert uids(store, 'owner:"Team Tax" audience:partner lifecycle:beta') == (LIVE.uid,)
    assert uids(store, "env:staging title:payments") == uids(store, "staging") == (LIVE.uid,)
    assert uids(store, "owner:tax-dev") == ()
    inventory = LocalInventory(store, lambda: LATER)
    owner, classified = inventory.facets("name:pay", ("owner", "classification"))
    assert [value.value for value in owner.values] == ["team tax"]
    assert [value.value for value in classified.values] == ["official-sensitive"]
    assert ("Team Tax",) in inventory.snapshot().columns["owners"]
    assert detail(store, OTHER).row.owners is UNKNOWN


def test_who_said_it_comes_first_and_what_that_hides_after_it(store: Store) -> None:
    see(store, LIVE, OTHER)
    first = says("account:1", values={"owners": ["A"], "environment": "test"})
    second = says("name:pay", "b.yaml:4", confirmation=STANDS, note="agreed")
    by(store, first, second)
    told = detail(store).provenance
    winner = Claim(["Team Tax"], "overlay", "b.yaml:4", note="agreed", confirmation=STANDS)
    assert told["owners"] == (winner, Claim(["A"], "overlay", "a.yaml:1"), TAG)
    assert told["environment"] == (
        Claim("test", "overlay", "a.yaml:1"),
        Claim("production", "source"),
    )
    assert detail(store, OTHER).provenance["environment"] == (Claim("test", "overlay", "a.yaml:1"),)


def test_an_entry_that_is_taken_away_gives_the_gateways_value_back(store: Store) -> None:
    see(store, LIVE, OTHER)
    values = {"owners": ["Team Tax"], "environment": "test", "title": "P", "classification": "x"}
    entry = says("name:pay", values=values)
    by(store, entry)
    assert by(store).moved == 1
    row = detail(store).row
    assert (row.owners, row.environment, row.title) == (("tax-dev",), "production", UNKNOWN)
    assert row.classification is UNKNOWN
    assert uids(store, "classification:x") == ()
    assert detail(store).provenance == {"owners": (TAG,)}
    assert uids(store, "owner:tax-dev env:production") == (LIVE.uid,)
    assert held(store, LIVE).said == {}


def test_another_overlay_moves_what_it_touches_and_nothing_else(store: Store) -> None:
    see(store, LIVE, OTHER)
    conclude(store, NOON)
    before = store.changes.last_seq()
    assert by(store, says("name:pay")).moved == 1
    [change] = store.changes.after(before)
    assert (change.uid, change.kind) == (LIVE.uid, "concluded")
    assert change.fields == (FieldChange("owners", ["tax-dev"], ["Team Tax"], "overlay a.yaml:1"),)
    assert by(store, says("name:pay")) == Concluded(
        deployments=0, moved=0, seq=store.changes.last_seq()
    )


def test_a_first_pass_draws_each_deployment_once(store: Store) -> None:
    see(store, LIVE, OTHER)
    assert by(store, says("name:pay")).deployments == 2


def test_a_line_that_moves_in_its_file_is_no_change_of_the_inventory(store: Store) -> None:
    see(store, LIVE)
    by(store, says("name:pay"))
    before = store.changes.last_seq()
    by(store, says("name:pay", "a.yaml:9"))
    assert store.changes.last_seq() == before
    assert detail(store).provenance["owners"][0].source == "a.yaml:9"


def test_a_confirmation_is_a_change_of_its_own(store: Store) -> None:
    see(store, LIVE)
    by(store, says("name:pay"))
    before = store.changes.last_seq()
    by(store, says("name:pay", confirmation=STANDS))
    [change] = store.changes.after(before)
    stands = {"by": "Ada", "on": "2026-09-01", "due": "2027-09-01"}
    assert change.fields == (FieldChange("owners.confirmed", new=stands),)
    by(store, says("name:pay"))
    assert store.changes.after(change.seq)[0].fields == (
        FieldChange("owners.confirmed", old=stands),
    )


def test_a_confirmation_that_falls_due_is_told_once_and_shown_until_it_is_given_again(
    store: Store,
) -> None:
    see(store, LIVE, OTHER)
    given = overlay(says("name:pay", confirmation=STANDS))
    day = NOON.replace(year=2027, month=9, day=1)
    conclude(store, day, overlay=given)
    assert is_overlaid(store, given, day)
    before = store.changes.last_seq()
    after = day + timedelta(days=1)
    assert not is_overlaid(store, given, after)
    assert conclude(store, after, overlay=given).moved == 1
    [change] = store.changes.after(before)
    stood = {"by": "Ada", "on": "2026-09-01", "due": "2027-09-01"}
    assert change.uid == LIVE.uid
    assert change.fields == (
        FieldChange("owners.confirmed", old=stood, new={**stood, "overdue": True}),
    )
    assert detail(store).provenance["owners"][0].confirmation == STANDS.seen_on(after.date())
    assert conclude(store, after + timedelta(days=1), overlay=given).moved == 0, "it is told once"
    anew = Confirmation(by="Ada", on=after.date(), due=date(2028, 9, 1))
    conclude(store, after, overlay=overlay(says("name:pay", confirmation=anew)))
    assert detail(store).provenance["owners"][0].confirmation == anew


def test_what_the_clock_draws_anew_marks_what_is_overdue(store: Store) -> None:
    see(store, LIVE)
    conclude(store, NOON)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 300)})
    given = overlay(says("name:pay", confirmation=STANDS))
    late = NOON.replace(year=2027, month=9, day=2)
    conclude_due(store, late, overlay=given)
    [claim, *_] = detail(store).provenance["owners"]
    assert claim.confirmation is not None
    assert claim.confirmation.overdue


def test_an_earlier_day_shows_the_overlay_of_then(store: Store) -> None:
    see(store, LIVE)
    conclude(store, NOON)
    conclude(store, NOON + timedelta(hours=1), overlay=overlay(says("name:pay")))
    conclude(store, NOON + timedelta(hours=2), overlay=overlay(says("x", "b.yaml:1")))
    at = NOON + timedelta(minutes=30)
    owners = [detail(store, at=at + timedelta(hours=n)).row.owners for n in range(3)]
    assert owners == [("tax-dev",), ("Team Tax",), ("tax-dev",)]
    then = detail(store, at=at + timedelta(hours=1))
    assert then.provenance["owners"] == (Claim(["Team Tax"], "overlay", "a.yaml:1"), TAG)
    moment = (at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%MZ")
    assert uids(store, f'owner:"Team Tax" at:{moment}') == (LIVE.uid,)
    assert uids(store, 'owner:"Team Tax"') == ()


def test_what_the_gateway_says_anew_stays_hidden_and_is_told(store: Store) -> None:
    see(store, LIVE)
    entry = says("name:pay", values={"environment": "test"})
    by(store, entry)
    see(store, msgspec.structs.replace(LIVE, environment="sandbox"))
    by(store, entry)
    found = detail(store)
    assert found.row.environment == "test"
    assert found.provenance["environment"][1:] == (Claim("sandbox", "source"),)


def test_a_view_is_asked_before_any_entry(store: Store) -> None:
    see(store, LIVE, OTHER)
    entries = (
        says("env:production", values={"environment": "test", "owners": ["B"]}),
        says("owner:tax-dev", "a.yaml:2", values={"lifecycle": "live"}),
    )
    for _ in range(3):
        by(store, *entries)
        row = detail(store).row
        assert (row.environment, row.owners, row.lifecycle) == ("test", ("B",), "live")
    assert count_matches(store, overlay(*entries)) == (Matched(1, 1), Matched(1, 1))


def test_a_view_may_ask_for_front_doors_tags_and_paths(store: Store) -> None:
    see(store, LIVE, OTHER, door("pay.example", route()))
    by(
        store,
        says("endpoint:pay.example", values={"title": "doors"}),
        says("tag:team=tax-dev", values={"audience": "public"}),
        says("path:/v1/bills", values={"lifecycle": "beta"}),
    )
    row = detail(store).row
    assert (row.title, row.audience, row.lifecycle) == ("doors", "public", "beta")
    see(store, LIVE, OTHER)
    by(store, says("endpoint:pay.example", values={"title": "doors"}))
    assert detail(store).row.title is UNKNOWN


def test_thresholds_of_health_hold_by_what_the_overlay_says(store: Store) -> None:
    see(store, LIVE)
    limits = Override(view="env:test", errors_5xx_degraded=50.0, errors_5xx_failing=90.0)
    rules = Rules(HealthPolicy(overrides=(limits,)), overlay(says("name:pay")))
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 300)})
    conclude(store, NOON, policy=rules.policy, overlay=rules.overlay)
    assert held(store, LIVE).health == "failing"
    other = overlay(says("name:pay", values={"environment": "test"}))
    conclude(store, NOON, policy=rules.policy, overlay=other)
    assert held(store, LIVE).health == "healthy"


def test_what_falls_due_keeps_the_overlay(store: Store) -> None:
    see(store, LIVE)
    given = overlay(says("name:pay"))
    conclude(store, NOON, overlay=given)
    store.measurements.save("toy.traffic", {LIVE.uid: served(1_000, 300)})
    assert conclude_due(store, NOON, overlay=given).moved == 1
    assert detail(store).row.owners == ("Team Tax",)


def test_an_overlay_is_done_again_where_it_was_interrupted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    see(store, LIVE, OTHER)
    conclude(store, NOON)
    given = overlay(says("account:1"))
    whole = store.conclusions.every_key
    monkeypatch.setattr(store.conclusions, "every_key", lambda *_, **__: pytest.fail("interrupted"))
    with pytest.raises(pytest.fail.Exception):
        conclude(store, NOON, overlay=given)
    assert not is_overlaid(store, given, NOON)
    monkeypatch.setattr(store.conclusions, "every_key", whole)
    conclude(store, NOON, overlay=given)
    assert is_overlaid(store, given, NOON)
    assert len(uids(store, 'owner:"Team Tax"')) == 2


def test_what_is_superseded_or_retired_is_governed_too(store: Store) -> None:
    see(store, LIVE, OTHER)
    see(store, OTHER, gone=(LIVE.uid,))
    by(store, says("name:pay"))
    assert uids(store, 'owner:"Team Tax" presence:retired') == (LIVE.uid,)


def test_each_entry_is_counted_with_what_nobody_can_tell(store: Store) -> None:
    see(store, LIVE, OTHER)
    given = overlay(says("account:1"), says("nothing"), says("owner:tax-dev"), says("path:/v1"))
    assert count_matches(store, given) == (Matched(2), Matched(), Matched(1, 1), Matched(1, 1))
    assert verdicts_on(store, given, LIVE.uid) == (True, False, True, True)
    assert verdicts_on(store, given, OTHER.uid) == (True, False, None, None)
    assert verdicts_on(store, given, "no such") == (None,) * 4
