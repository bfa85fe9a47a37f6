"""Which data source serves which field: asked only where the source wants it, and never guessed."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import given

from apiscape.collectors.aws.appsync import resolving
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector
from apiscape.collectors.aws.settings import AppSyncSettings, AwsSettings
from apiscape.collectors.contract import Gone
from apiscape.collectors.testing import CollectorConformance, World
from apiscape.demo.aws.estate.appsync import AppSync, GraphqlApi
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.seeds.canaries import plant_canaries
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.deployment import Backend, Operation
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.appsync.samples import SDL
from tests.collectors.aws.appsync.test_conformance import NEEDED, PAGING
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk
from tests.collectors.aws.oddities import few, spoilt
from tests.collectors.aws.test_odd_answers import changed, raising
from tests.collectors.aws.world import AwsWorld, small_pages

RESOLVING = AwsSettings(appsync=AppSyncSettings(resolvers=True), total_max_attempts=1)


def claims(region: Region) -> GraphqlApi:
    api = region.shelves.of(AppSync).graphql("claims", SDL)
    for name in ("fn", "table", "local"):
        api.data_source(name)
    api.resolver("claims", "table").resolver("audit", "table", "fn").resolver("both", "fn", "fn")
    return api.resolver("make", "fn", of="Mutation").resolver("made", "local", of="Subscription")


@pytest.fixture
def desk() -> Any:
    desk = Desk(RESOLVING)
    yield desk
    desk.close()


def served(item: Any) -> dict[str, Any]:
    return {f"{one.verb} {one.template}": one.backend for one in item.operations}


def test_each_field_is_served_by_its_data_source(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    claims(west)
    seen = desk.collect(GraphqlCollector())
    item = seen.one("claims")
    assert served(item) == {
        "MUTATION approve": None,
        "MUTATION make": "fn",
        "QUERY audit": "table > fn",
        "QUERY both": "fn",
        "QUERY claims": "table",
        "QUERY old": None,
        "SUBSCRIPTION made": "local",
    }
    assert item.backends[-1] == Backend(key="table > fn", kind="pipeline", address="table, fn")
    assert [each.key for each in item.backends[:-1]] == ["fn", "local", "table"]
    assert seen.unseen == []


def test_without_the_setting_nothing_is_asked_and_the_field_says_nothing(
    server: AwsServer, west: Region
) -> None:
    claims(west)
    desk = Desk()
    item = desk.collect(GraphqlCollector()).one("claims")
    desk.close()
    assert set(served(item).values()) == {UNKNOWN}
    assert server.calls.count("appsync:ListResolvers") == 0


def test_a_first_look_costs_a_call_for_each_root_type_and_an_unchanged_one_none(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    claims(west)
    plain = west.shelves.of(AppSync).graphql("plain", "type Query { a: Int }").data_source("fn")
    plain.resolver("a", "fn")
    first = desk.collect(GraphqlCollector())
    assert server.calls.by_operation() == {
        "appsync:ListGraphqlApis": 1,
        "appsync:GetIntrospectionSchema": 2,
        "appsync:ListDataSources": 2,
        "appsync:ListResolvers": 3 + 1,
        "appsync:ListFunctions": 1,
    }
    server.calls.clear()
    again = desk.collect(GraphqlCollector(), known=first.known())
    assert server.calls.by_operation() == {"appsync:ListGraphqlApis": 1}
    assert len(again.unchanged) == 2


def test_asking_for_resolvers_looks_again_at_what_stood_without(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    claims(west)
    before = Desk()
    known = before.collect(GraphqlCollector()).known()
    before.close()
    seen = desk.collect(GraphqlCollector(), known=known)
    assert served(seen.one("claims"))["QUERY claims"] == "table"


@pytest.mark.parametrize(
    ("operation", "gaps", "unknown"),
    [
        (
            "ListResolvers",
            {"resolvers of Query", "resolvers of Mutation", "resolvers of Subscription"},
            {"QUERY claims", "QUERY audit", "MUTATION make", "MUTATION approve"},
        ),
        ("ListFunctions", {"functions"}, {"QUERY audit", "QUERY both"}),
        ("ListDataSources", {"data sources"}, {"QUERY claims", "MUTATION make"}),
    ],
)
def test_what_may_not_be_read_is_unknown_and_said(
    operation: str,
    gaps: set[str],
    unknown: set[str],
    server: AwsServer,
    west: Region,
    desk: Desk,
) -> None:
    claims(west)
    west.deny(f"appsync:{operation}")
    seen = desk.collect(GraphqlCollector())
    assert seen.closes()
    assert {what for what, _ in seen.unseen} == gaps
    found = served(seen.one("claims"))
    assert {name for name in unknown if found[name] is not UNKNOWN} == set()
    if operation == "ListFunctions":
        assert found["QUERY claims"] == "table"


def test_a_type_that_the_service_does_not_know_takes_no_api_with_it(
    server: AwsServer, west: Region, desk: Desk
) -> None:
    claims(west)
    with changed("appsync:ListResolvers", raising(Gone("no such type"))):
        seen = desk.collect(GraphqlCollector())
    assert seen.failed == {}
    assert {kind for _, kind in seen.unseen} == {"malformed"}


@pytest.mark.parametrize("kind", ["throttle", "reset"])
def test_what_may_be_readable_the_next_time_fails_the_api_alone(
    kind: str, server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    claims(west)
    server.inject(Fault(kind=kind, operation="ListResolvers"))
    seen = desk.collect(GraphqlCollector())
    assert (len(seen.failed), seen.whole) == (1, True)


# ── Pure ─────────────────────────────────────────────────────────────────────

FUNCTIONS = [
    {"functionId": "f1", "dataSourceName": "a"},
    {"functionId": "f2", "dataSourceName": "b"},
    {"functionId": "f3"},
]


def pipeline(*functions: Any) -> dict[str, Any]:
    return {"kind": "PIPELINE", "pipelineConfig": {"functions": list(functions)}}


@pytest.mark.parametrize(
    ("resolver", "sources"),
    [
        ({"kind": "UNIT", "dataSourceName": "a"}, ("a",)),
        ({"dataSourceName": "a"}, ("a",)),
        ({"kind": "UNIT"}, ()),
        ({"dataSourceName": 7}, None),
        (pipeline("f1", "f2"), ("a", "b")),
        (pipeline("f1", "f1"), ("a",)),
        (pipeline(), ()),
        (pipeline("f1", "f3"), None),
        (pipeline("f1", "later"), None),
        (pipeline("f1", ["f2"]), None),
        ({"kind": "PIPELINE", "pipelineConfig": {"functions": "f1"}}, None),
    ],
)
def test_the_data_sources_of_a_field(resolver: dict[str, Any], sources: Any) -> None:
    assert resolving.read_resolvers([{"fieldName": "x", **resolver}], FUNCTIONS) == {"x": sources}


def test_a_resolver_that_says_no_field_may_be_of_any_that_has_none() -> None:
    given_: list[dict[str, Any]] = [
        {"fieldName": "x", "dataSourceName": "a"},
        {"fieldName": 7, "dataSourceName": "b"},
    ]
    operations = [Operation(verb="QUERY", template=name) for name in ("x", "y")]
    known = (Backend(key="a", kind="lambda"), Backend(key="b", kind="lambda"))
    served_by = {"QUERY": resolving.read_resolvers(given_, FUNCTIONS)}
    found, _ = resolving.resolve(operations, served_by, known)
    assert [each.backend for each in found] == ["a", UNKNOWN]
    named = {"QUERY": resolving.read_resolvers(given_[:1], FUNCTIONS)}
    assert [each.backend for each in resolving.resolve(operations, named, known)[0]] == ["a", None]


def test_functions_that_could_not_be_read_leave_pipelines_unknown() -> None:
    both = [{"fieldName": "x", **pipeline("f1")}, {"fieldName": "y", "dataSourceName": "a"}]
    assert resolving.read_resolvers(both, None) == {"x": None, "y": ("a",)}


def test_a_data_source_that_is_not_listed_is_not_made_up() -> None:
    field = Operation(verb="QUERY", template="x")
    known = (Backend(key="a", kind="lambda"),)
    served_by = {"QUERY": {"x": ("gone",)}}
    assert resolving.resolve([field], served_by, known) == (
        (Operation(verb="QUERY", template="x", backend=UNKNOWN),),
        known,
    )
    found, backends = resolving.resolve([field], {"QUERY": {"x": ("a", "gone")}}, known)
    assert (found[0].backend, backends) == (UNKNOWN, known)
    assert resolving.resolve([field], {}, UNKNOWN) == ((field,), UNKNOWN)


@few
@given(spoilt({"resolvers": [{"fieldName": "x", **pipeline("f1", "f2")}], "functions": FUNCTIONS}))
def test_odd_answers_name_no_data_source_that_there_is_not(odd: dict[str, Any]) -> None:
    given_ = {key: odd.get(key) for key in ("resolvers", "functions")}
    listed = {key: value if isinstance(value, list) else [] for key, value in given_.items()}
    read = resolving.read_resolvers(listed["resolvers"], listed["functions"])
    known = (Backend(key="a", kind="lambda"), Backend(key="b", kind="lambda"))
    (found,), backends = resolving.resolve(
        [Operation(verb="QUERY", template="x")], {"QUERY": read}, known
    )
    assert found.backend in {None, UNKNOWN, "a", "b", "a > b"}
    assert isinstance(backends, tuple)
    assert found.backend in {None, UNKNOWN, *(each.key for each in backends)}


# ── The contract ─────────────────────────────────────────────────────────────


def estate() -> tuple[AwsEstate, frozenset[str]]:
    estate = AwsEstate()
    claims(estate.account(ACCOUNT).only_regions(REGION).region(REGION))
    return estate, plant_canaries(estate)


@pytest.mark.conformance
class TestResolving(CollectorConformance):
    world: ClassVar[World] = AwsWorld(
        GraphqlCollector(),
        estate,
        {**PAGING, **small_pages("appsync:ListResolvers", "appsync:ListFunctions")},
        NEEDED | {"resolvers", "fieldName", "functions"},
        RESOLVING,
    )
