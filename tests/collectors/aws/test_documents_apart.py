"""One API whose document ends its reader: a gap of that API alone, and the rest goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.apart import readers as module
from apiscape.collectors.apart.readers import Limits, Readers
from apiscape.collectors.aws.agentcore.targets import read_operations, read_target
from apiscape.collectors.aws.apigateway import looking
from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.appsync import graphql
from apiscape.collectors.aws.appsync.graphql_apis import GraphqlCollector
from apiscape.collectors.contract import Malformed
from apiscape.demo.aws.estate.appsync import AppSync
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.security import ANONYMOUS
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.appsync.samples import SDL
from tests.collectors.aws.desk import Desk
from tests.unit.collectors import bombs


@pytest.fixture(autouse=True)
def _all_apart(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read every document apart, however small."""
    own = Readers(Limits(document_s=60))
    monkeypatch.setattr(module, "READERS", own)
    monkeypatch.setattr(looking, "AT_ONCE_BYTES", 0)
    monkeypatch.setattr(graphql, "SDL_AT_ONCE_BYTES", 0)
    yield
    own.close()


def test_an_export_that_ends_its_reader_is_a_gap_of_its_api_alone(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "read_export", bombs.read_or_end)
    names = ("one", "two", "BOMB", "three")
    for name in names:
        west.rest_api(name).method("GET", "/x").deploy("prod")
    seen = desk.collect(RestApiCollector())
    assert seen.whole
    assert {item.name for item in seen.entities} == set(names)
    assert seen.unseen == [("contract of stage prod", "malformed")]
    assert seen.one("BOMB").specs is UNKNOWN
    assert all(seen.one(name).specs for name in names if name != "BOMB")
    assert all(len(item.operations) == 1 for item in seen.entities)


def test_a_schema_says_the_same_apart_as_at_hand(
    server: AwsServer, west: Region, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    west.shelves.of(AppSync).graphql("one", SDL)
    apart = desk.collect(GraphqlCollector()).one("one")
    monkeypatch.setattr(graphql, "SDL_AT_ONCE_BYTES", len(SDL))
    at_hand = desk.collect(GraphqlCollector()).one("one")
    assert apart.operations == at_hand.operations
    assert apart.specs == at_hand.specs
    assert apart.operations


def target(payload: str) -> Any:
    held = {"inlinePayload": payload}
    return {"name": "t", "targetConfiguration": {"mcp": {"openApiSchema": held}}}


def test_tools_of_a_large_schema_are_read_apart_and_what_ends_the_reader_is_not_taken_for_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("apiscape.collectors.aws.agentcore.schemas.AT_ONCE_BYTES", 0)
    payload = json.dumps({"paths": {"/a": {"get": {"operationId": "getA"}}}})
    found = [one.template for one in read_operations(read_target(target(payload)), ANONYMOUS)]
    assert found == ["t___getA"]
    monkeypatch.setattr("apiscape.collectors.aws.agentcore.schemas.read_inline", bombs.end)
    with pytest.raises(Malformed, match="could not be read"):
        read_target(target(payload))
