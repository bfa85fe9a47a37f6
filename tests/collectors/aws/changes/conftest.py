"""A desk that hears, and a region whose changes are written down by its clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.estate.trail import Trail
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.changes.desk import HearingDesk


@pytest.fixture
def ears(server: AwsServer) -> Iterator[HearingDesk]:
    del server  # only has to be there
    desk = HearingDesk()
    yield desk
    desk.close()


@pytest.fixture
def trail(west: Region, ears: HearingDesk) -> Trail:
    return west.shelves.of(Trail).mark(ears.clock.now)
