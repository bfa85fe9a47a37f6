"""One source of several, and the forms in which a scan says what it saw: over an estate that is small."""

from __future__ import annotations

import pytest
import yaml

from tests.e2e.commands import run_cli
from tests.e2e.estates import ACCOUNT, NORTH, WEST
from tests.e2e.world import World

pytestmark = pytest.mark.e2e

SCOPES = [f"prod/{ACCOUNT}/{region}/aws.apigateway.rest" for region in (WEST, NORTH)]


@pytest.fixture
def world(world: World) -> World:
    """Give a configuration with a second source, of the same account by another name."""
    (source,) = yaml.safe_load(world.config.read_text("utf-8"))["sources"]
    again = source | {"name": "again", "regions": [WEST]}
    world.config.write_text(yaml.safe_dump({"sources": [source, again]}), "utf-8")
    return world


def test_one_source_is_visited_alone_where_it_is_named(world: World) -> None:
    named = run_cli("scan", "--source", "prod", "-o", "name")
    assert (named.code, sorted(named.out.split())) == (0, sorted(SCOPES))
    assert {run["scope"] for run in run_cli("runs", "--json").lines} == set(SCOPES)
    assert {row["source"] for row in world.rows().values()} == {"prod"}


def test_the_ledger_is_said_as_yaml_and_whole(world: World) -> None:
    said = run_cli("scan", "-o", "yaml")
    assert said.out.startswith("scopes:\n- scope: ")
    scopes = [line["scope"] for line in yaml.safe_load(said.out)["scopes"]]
    assert sorted(scopes) == sorted([*SCOPES, SCOPES[0].replace("prod/", "again/", 1)])
    assert "more complete" not in run_cli("scan", "--all").out
