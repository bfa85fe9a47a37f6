"""An emulated AWS account that the SDK's own variables point at."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.dispatch import READ_ALLOW_LIST
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk

#: Points the SDK's variables at a server, as one account.
PointAt = Callable[[AwsServer, str], None]


@pytest.fixture
def estate() -> AwsEstate:
    estate = AwsEstate()
    estate.account(ACCOUNT, "tax-prod").only_regions(REGION)
    return estate


@pytest.fixture
def west(estate: AwsEstate) -> Region:
    return estate.accounts[ACCOUNT].region(REGION)


@pytest.fixture
def point_at(monkeypatch: pytest.MonkeyPatch) -> PointAt:
    def point(server: AwsServer, account: str = ACCOUNT) -> None:
        for name, value in server.environment(account, REGION).items():
            monkeypatch.setenv(name, value)

    return point


@pytest.fixture
def allowed() -> frozenset[str]:
    """Give the operations that may be called; a module whose sources ask for more has its own."""
    return READ_ALLOW_LIST


@pytest.fixture
def server(estate: AwsEstate, point_at: PointAt, allowed: frozenset[str]) -> Iterator[AwsServer]:
    with AwsServer(estate, allowed=allowed) as server:
        point_at(server, ACCOUNT)
        yield server
        server.assert_clean()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.close()
