"""Records of catalogues are read with what they lead to, and nothing is missing that was not looked for."""

from __future__ import annotations

import msgspec
import pytest

from apiscape.client.catalogue_views import UNLINKED
from apiscape.client.catalogues import Declaration, Named
from apiscape.model.known import PresenceChange, Verdict
from apiscape.model.run import Exclusion
from apiscape.store import Store
from apiscape.store.reading.reader import Reader
from tests.store.declared import (
    AWAY,
    REGISTRY,
    UNTOLD,
    a_record,
    around,
    fill_catalogues,
    listed,
    names,
)
from tests.store.making import (
    ACCOUNT,
    DAY,
    MINUTE,
    OTHER_SCOPE,
    PRODUCT,
    SCOPE,
    T0,
    batch,
    make,
    part,
    visit,
)


def records(store: Store, view: str = "") -> dict[str, Declaration]:
    found = Reader(store.database, lambda: T0 + 9 * DAY).catalogues(view, limit=100).items
    return {each.name: each for each in found}


@pytest.fixture
def declared(store: Store) -> Store:
    """Return a store with a region's APIs, and what is declared of them."""
    visit(store, batch(make(1), make(2)))
    fill_catalogues(store, T0 + MINUTE)
    return store


def test_a_record_is_told_with_what_it_leads_to(declared: Store) -> None:
    held = records(declared)
    assert list(held) == ["gone", "odd", "there"]
    there = held["there"]
    assert (there.dangling, there.reason, there.leads_to) == ("no", None, ("payments-1/prod",))
    assert (there.scope, there.source, there.product) == (REGISTRY.key, "prod", REGISTRY.product)
    assert (there.catalogue, there.version, there.style) == ("agents", "2", "mcp")
    assert (there.lifecycle, there.region, there.account) == ("live", "eu-west-1", ACCOUNT)
    assert (there.kind, there.freshness) == ("aws.agentregistry.record", "current")
    assert there.seen_at == T0 + MINUTE
    assert there.names == (
        Named(
            uid=make(1).uid,
            native_id=make(1).native_id,
            product=PRODUCT,
            account=ACCOUNT,
            region="eu-west-1",
            name="payments-1",
            stage="prod",
            dangling="no",
            evidence=("DETECTED_FROM it",),
        ),
    )


def test_what_is_not_there_is_missing_only_where_it_was_looked_for(declared: Store) -> None:
    gone = records(declared)["gone"]
    assert (gone.dangling, gone.missing, gone.leads_to) == ("yes", (AWAY,), ())
    assert gone.reason == f"not in {SCOPE.key}: {AWAY}"
    visit(declared, parts=[part("partial")], at=T0 + DAY)
    gone = records(declared)["gone"]
    assert (gone.dangling, gone.missing, gone.unsure) == ("unknown", (), (AWAY,))
    assert gone.reason == f"may be in {SCOPE.key}, which was not read whole: {AWAY}"
    visit(declared, scope=OTHER_SCOPE, at=T0 + DAY)
    assert records(declared)["gone"].reason == f"not in {OTHER_SCOPE.key}: {AWAY}"


def test_a_region_that_nobody_reads_has_nothing_missing(store: Store) -> None:
    fill_catalogues(store)
    held = records(store)
    place = f"would be in {ACCOUNT} eu-west-1, where {PRODUCT} is not read"
    assert held["gone"].reason == f"{place}: {AWAY}"
    assert {each.dangling for each in held.values()} == {"unknown"}
    assert held["odd"].reason == UNTOLD


def test_what_is_left_out_on_purpose_is_not_missing(declared: Store) -> None:
    skipped = Exclusion(native_id="gone", reason="excluded by name")
    visit(declared, parts=[part(skipped=(skipped,))], at=T0 + DAY)
    gone = records(declared)["gone"]
    assert gone.dangling == "unknown"
    assert gone.reason == f"may be left out of {SCOPE.key} (excluded by name): {AWAY}"
    other = Exclusion(native_id="another", reason="excluded by name")
    visit(declared, parts=[part(skipped=(other,))], at=T0 + 2 * DAY)
    assert records(declared)["gone"].dangling == "yes"


def test_what_the_gateway_no_longer_has_is_gone(declared: Store) -> None:
    left = PresenceChange(uid=make(1).uid, presence="retired")
    visit(declared, at=T0 + DAY, verdict=Verdict(presence=(left,)))
    there = records(declared)["there"]
    assert (there.dangling, there.leads_to) == ("yes", ())
    assert there.missing == ("payments-1/prod",)
    assert there.reason == f"gone from {SCOPE.key}: payments-1/prod"
    declared.upkeep.forget(make(1).uid, by="ada", at=T0 + DAY)
    assert records(declared)["there"].missing == (make(1).native_id,)


def test_what_was_newly_named_is_not_missing_before_it_was_looked_for(declared: Store) -> None:
    later = f"aws:{ACCOUNT}:eu-west-1:apigateway:/restapis/later/prod"
    given = around(a_record("there"), names("there", make(1).native_id), names("there", later))
    visit(declared, given, at=T0 + DAY, scope=REGISTRY, parts=[listed()])
    there = records(declared)["there"]
    assert (there.dangling, there.leads_to) == ("unknown", ("payments-1/prod",))
    assert there.reason == f"may be in {SCOPE.key}, which was not read since it was named: {later}"
    visit(declared, batch(make(1), make(2)), at=T0 + 2 * DAY)
    there = records(declared)["there"]
    assert (there.dangling, there.missing) == ("yes", (later,))
    assert there.leads_to == ("payments-1/prod",)


@pytest.mark.parametrize(
    ("outcome", "stale", "why"),
    [
        ("partial", (), "its catalogue was not read whole"),
        ("failed", ("ListRegistryRecords",), "its catalogue was not read whole: no rights"),
    ],
)
def test_a_record_of_a_catalogue_that_was_not_read_whole_is_judged_by_nobody(
    declared: Store, outcome: str, stale: tuple[str, ...], why: str
) -> None:
    reason = "no rights" if stale else None
    parts = [listed(outcome, reason=reason)]
    visit(declared, at=T0 + DAY, scope=REGISTRY, parts=parts, verdict=Verdict(stale_parts=stale))
    held = records(declared)
    assert {each.dangling for each in held.values()} == {"unknown"}
    assert {each.reason for each in held.values()} == {why}
    assert held["there"].leads_to == ("payments-1/prod",)
    assert {each.freshness == "not_observed" for each in held.values()} == {bool(stale)}


def test_what_is_no_longer_declared_is_no_record(declared: Store) -> None:
    given = around(a_record("gone"), names("gone", AWAY))
    visit(declared, given, at=T0 + DAY, scope=REGISTRY, parts=[listed()])
    assert list(records(declared)) == ["gone"]
    given = around(a_record("new"))
    visit(declared, given, at=T0 + 2 * DAY, scope=REGISTRY, parts=[listed()])
    new = records(declared)["new"]
    assert (new.dangling, new.reason) == ("yes", "it names no API")


def test_a_record_that_two_sources_list_is_there_once_as_seen_last(declared: Store) -> None:
    again = msgspec.structs.replace(REGISTRY, source="again")
    given = around(a_record("gone", version="9"))
    visit(declared, given, at=T0 + DAY, scope=again, parts=[listed()])
    gone = records(declared)["gone"]
    assert (gone.version, gone.scope) == ("9", again.key)
    assert (gone.names, gone.dangling) == ((), "yes")


def test_a_link_from_before_places_were_told_may_lead_anywhere(declared: Store) -> None:
    bare = msgspec.structs.replace(names("gone", AWAY), whereabouts=None)
    visit(declared, around(a_record("gone"), bare), at=T0 + DAY, scope=REGISTRY, parts=[listed()])
    (end,) = records(declared)["gone"].names
    assert (end.dangling, end.title) == ("unknown", end.uid)
    assert end.reason == f"may be anywhere, for nobody said where: {end.uid}"


def test_a_view_finds_what_leads_nowhere_and_what_may(declared: Store) -> None:
    reader = Reader(declared.database, lambda: T0 + DAY)
    page = reader.catalogues(UNLINKED, limit=10)
    assert [each.name for each in page.items] == ["gone", "odd"]
    assert list(records(declared, "backend:none")) == ["gone"]
    assert list(records(declared, "backend:payments-1")) == ["there"]
    assert list(records(declared, f"backend:{make(1).uid}")) == ["there"]
