"""A world for each test: the small estate, signed in to, with a configuration and an empty store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.e2e.estates import ACCOUNT, NORTH, WEST, small_estate
from tests.e2e.world import World

REST = ["aws.apigateway.rest"]


@pytest.fixture
def estate() -> AwsEstate:
    return small_estate()


@pytest.fixture
def west(estate: AwsEstate) -> Region:
    return estate.accounts[ACCOUNT].region(WEST)


@pytest.fixture
def north(estate: AwsEstate) -> Region:
    return estate.accounts[ACCOUNT].region(NORTH)


@pytest.fixture
def server(estate: AwsEstate) -> Iterator[AwsServer]:
    with AwsServer(estate) as server:
        yield server
        server.assert_clean()


@pytest.fixture
def world(server: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(server, tmp_path, monkeypatch)
    world.configure(products=REST)
    return world
