"""Which source API serves which field of a merged API: where all of them could be asked, and never guessed."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given

from apiscape.collectors.aws.appsync import merging
from apiscape.collectors.aws.appsync.graphql_apis import MergedCollector
from apiscape.collectors.aws.settings import AppSyncSettings, AwsSettings
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.appsync import AppSync, GraphqlApi
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.seeds.canaries import plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Backend, Operation
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.appsync.samples import SDL
from tests.collectors.aws.appsync.test_conformance import NEEDED, PAGING
from tests.collectors.aws.appsync.test_normalise import PLACE
from tests.collectors.aws.appsync.test_resolvers import served
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen
from tests.collectors.aws.oddities import few, spoilt
from tests.collectors.aws.world import AwsWorld, small_pages

RESOLVING = AwsSettings(appsync=AppSyncSettings(resolvers=True), total_max_attempts=1)


def citizen(region: Region, *further: GraphqlApi) -> tuple[GraphqlApi, GraphqlApi, GraphqlApi]:
    """Have a merged API of two sources, which both resolve `old`."""
    held = region.shelves.of(AppSync)
    claims = held.graphql("claims-source", SDL).data_source("fn")
    claims.resolver("claims", "fn").resolver("old", "fn").resolver("make", "fn", of="Mutation")
    audits = held.graphql("audits-source", SDL).data_source("fn")
    audits.resolver("audit", "fn").resolver("old", "fn")
    merged = held.merged("citizen", SDL).merge(claims).merge(audits)
    for each in further:
        merged.merge(each)
    return merged, claims, audits


def look(settings: AwsSettings = RESOLVING, known: Any = ()) -> Seen:
    desk = Desk(settings)
    seen = desk.collect(MergedCollector(), known=known)
    desk.close()
    assert seen.closes()
    return seen


def test_a_field_is_served_by_the_one_source_that_resolves_it(
    server: AwsServer, west: Region
) -> None:
    _, claims, audits = citizen(west)
    seen = look()
    item = seen.one("citizen")
    assert served(item) == {
        "MUTATION approve": UNKNOWN,
        "MUTATION make": claims.id,
        "QUERY audit": audits.id,
        "QUERY both": UNKNOWN,
        "QUERY claims": claims.id,
        "QUERY old": UNKNOWN,
        "SUBSCRIPTION made": UNKNOWN,
    }
    assert set(item.backends) == {
        Backend(key=each.id, kind="graphql", address=each.arn) for each in (claims, audits)
    }
    (claim,) = item.provenance["backends"]
    assert (claim.method, claim.source, claim.note) == (
        "inferred",
        "resolvers of source APIs",
        None,
    )
    assert sorted(claim.value) == sorted([claims.id, audits.id])
    assert seen.unseen == []


def test_without_the_setting_no_source_is_asked(server: AwsServer, west: Region) -> None:
    citizen(west)
    item = look(AwsSettings(total_max_attempts=1)).one("citizen")
    assert set(served(item).values()) == {UNKNOWN}
    assert "backends" not in item.provenance
    assert server.calls.count("appsync:ListResolvers") == 0


def test_a_source_of_another_account_leaves_every_field_unknown_and_says_so(
    server: AwsServer, west: Region
) -> None:
    elsewhere = AwsEstate().account("999988887777").region(REGION)
    far = elsewhere.shelves.of(AppSync).graphql("far-source", SDL)
    citizen(west, far)
    seen = look()
    item = seen.one("citizen")
    assert set(served(item).values()) == {UNKNOWN}
    (claim,) = item.provenance["backends"]
    assert claim.note == "of another account or region, and not read: " + far.id
    assert seen.unseen == []


def test_a_source_that_may_not_be_read_is_a_gap_and_leaves_fields_unknown(
    server: AwsServer, west: Region
) -> None:
    citizen(west)
    west.deny("appsync:ListResolvers")
    seen = look()
    item = seen.one("citizen")
    assert set(served(item).values()) == {UNKNOWN}
    assert len(item.backends) == 2
    assert all(what.startswith("resolvers of ") for what, _ in seen.unseen)
    (claim,) = item.provenance["backends"]
    assert claim.note is not None
    assert claim.note.startswith("could not be read: ")


def test_what_is_unchanged_asks_no_source_and_another_source_has_all_asked_again(
    server: AwsServer, west: Region
) -> None:
    merged, *_ = citizen(west)
    first = look()
    server.calls.clear()
    look(known=first.known())
    assert server.calls.count("appsync:ListResolvers") == 0
    merged.merge(west.shelves.of(AppSync).graphql("late-source", SDL))
    assert len(look(known=first.known()).one("citizen").backends) == 3
    assert server.calls.count("appsync:ListResolvers") == 3 * 3


# ── Pure ─────────────────────────────────────────────────────────────────────

FIELD = Operation(verb="QUERY", template="x")


@pytest.mark.parametrize(
    ("by", "source"),
    [
        ({"a": {"QUERY": {"x": ("t",)}}, "b": {"QUERY": {}}}, "a"),
        ({"a": {"QUERY": {"x": None}}, "b": {}}, "a"),
        ({"a": {"QUERY": {"x": ()}}, "b": {"QUERY": {"x": ()}}}, UNKNOWN),
        ({"a": {"QUERY": {"x": ("t",)}}, "b": None}, UNKNOWN),
        ({"a": {"QUERY": {"x": ("t",)}}, "b": {"QUERY": {"": ("t",)}}}, UNKNOWN),
        ({"a": {"MUTATION": {"x": ("t",)}}}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_which_source_serves_a_field(by: Any, source: Any) -> None:
    (found,) = merging.resolve([FIELD], by, ["QUERY", "MUTATION"])
    assert found.backend == source


def test_a_root_type_that_was_not_asked_for_stays_as_it_is() -> None:
    assert merging.resolve([FIELD], {"a": {"QUERY": {"x": ("t",)}}}, ["MUTATION"]) == (FIELD,)


ASSOCIATION = {"sourceApiArn": f"arn:aws:appsync:{PLACE.region}:{PLACE.account}:apis/s1"}


@few
@given(spoilt({"items": [ASSOCIATION, {"sourceApiArn": "arn:aws:appsync:x:9:apis/s2"}]}))
def test_odd_associations_name_no_source_that_there_is_not(odd: dict[str, Any]) -> None:
    held = odd.get("items")
    given_ = [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []
    found = merging.read_source_apis(given_, PLACE)
    assert {each.id for each in found} <= {"s1", "s2"}
    assert all(each.is_near is (each.id == "s1") for each in found)


# ── The contract ─────────────────────────────────────────────────────────────


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    citizen(estate.account(ACCOUNT).only_regions(REGION).region(REGION))
    return estate, plant_canaries(estate)


@pytest.mark.conformance
class TestMergedResolving(CollectorConformance):
    world: ClassVar[World] = AwsWorld(
        MergedCollector(),
        estate,
        {**PAGING, **small_pages("appsync:ListResolvers", "appsync:ListSourceApiAssociations")},
        NEEDED | {"resolvers", "fieldName"},
        RESOLVING,
    )
