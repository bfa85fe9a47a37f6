"""Servers over small estates, closed and looked over after every test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from tests.unit.demo.aws.sdk import ACCOUNT, Serve


@pytest.fixture
def estate() -> AwsEstate:
    """An estate of one account with one region."""
    estate = AwsEstate()
    estate.account(ACCOUNT, "prod").only_regions("eu-west-1")
    return estate


@pytest.fixture
def region(estate: AwsEstate) -> Region:
    """The only region."""
    return estate.account(ACCOUNT).region("eu-west-1")


@pytest.fixture
def serve(estate: AwsEstate) -> Iterator[Serve]:
    """Start servers over the estate with the options asked for."""
    started: list[AwsServer] = []

    def start(**options: Any) -> AwsServer:
        started.append(AwsServer(estate, **options).start())
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def server(serve: Serve) -> Iterator[AwsServer]:
    """A server without quotas or delays; the test fails if it is not clean at the end."""
    started = serve()
    yield started
    started.assert_clean()
