"""Services of VPC Lattice that are shared between accounts: held once, by whom they belong to."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from apiscape.collectors.aws.lattice.services import ServiceCollector
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.estate.lattice import IAM, Lattice
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach, Scope
from apiscape.model.values import UNKNOWN
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk, Seen

THEIRS = "444455556666"


def test_what_is_shared_belongs_to_its_owner(
    server: AwsServer, held: Lattice, estate: AwsEstate, desk: Desk
) -> None:
    theirs = estate.account(THEIRS).region(REGION).shelves.of(Lattice)
    held.share(theirs.service("theirs").join(theirs.network("theirs", auth=IAM)).listen())
    item = desk.collect(ServiceCollector()).one("theirs")
    assert item.account == THEIRS
    assert item.native_id.startswith(f"aws:{THEIRS}:{REGION}:vpc-lattice:svc-")


@pytest.fixture
def both(server: AwsServer, estate: AwsEstate, held: Lattice) -> Iterator[Desk]:
    """Two accounts of one source, of which the second shares a service with the first."""
    their_account = estate.account(THEIRS, "tax-shared").only_regions(REGION)
    theirs = their_account.region(REGION).shelves.of(Lattice)
    shared = theirs.service("theirs").join(theirs.network("theirs", "vpc-9", auth=IAM)).listen()
    held.share(shared.tag({"owner": "Team Theirs"}))
    held.service("ours").listen()
    their_account.role("reader")
    desk = Desk(AwsSettings(regions=(REGION,), accounts=(ACCOUNT, THEIRS), role_name="reader"))
    yield desk
    desk.close()


def uids(seen: Seen) -> dict[str, str]:
    assert (seen.error, seen.whole, seen.closes()) == (None, True, True)
    return {item.name: item.uid for item in (*seen.entities, *seen.unchanged)}


def test_what_is_shared_is_held_by_its_owner_where_both_are_visited(
    server: AwsServer, both: Desk
) -> None:
    both.provider.plan("prod", both.settings)
    for _ in range(2):  # the second cycle gives each what the first did
        ours = both.collect(ServiceCollector())
        theirs = both.collect(ServiceCollector(), account=THEIRS)
        assert sorted(uids(ours)) == ["ours"]
        assert sorted(uids(theirs)) == ["theirs"]
        assert list(ours.skipped.values()) == [f"shared by account {THEIRS}, which is visited"]
        assert set(ours.skipped) == set(theirs.listed)
        assert theirs.skipped == {}
        assert theirs.one("theirs").owners[0].name == "Team Theirs"


def test_what_is_shared_is_left_to_another_source_that_visits_its_owner(
    server: AwsServer, both: Desk
) -> None:
    reach = Reach(key=f"{THEIRS}/{REGION}", account=THEIRS, region=REGION)
    theirs = Scope("others", "aws", ServiceCollector.product, reach)
    both.provider.leave_to([theirs])
    ours = both.collect(ServiceCollector())
    assert sorted(uids(ours)) == ["ours"]
    assert list(ours.skipped.values()) == [
        f"shared by account {THEIRS}, which source others visits"
    ]
    elsewhere = msgspec.structs.replace(theirs, product="aws.alb")
    both.provider.leave_to([elsewhere])
    assert sorted(uids(both.collect(ServiceCollector()))) == ["ours", "theirs"]


def test_what_is_shared_costs_nothing_where_its_owner_is_visited(
    server: AwsServer, both: Desk
) -> None:
    both.collect(ServiceCollector())
    before = server.calls.by_operation()
    server.calls.clear()
    both.provider.plan("prod", both.settings)
    both.collect(ServiceCollector())
    after = server.calls.by_operation()
    for operation in ("vpc-lattice:ListTagsForResource", "vpc-lattice:GetService"):
        assert (before[operation], after[operation]) == (2, 1)


@pytest.mark.parametrize("how", ["not planned", "not to be got into", "another region"])
def test_what_is_shared_is_held_here_where_its_owner_is_not_visited(
    how: str, server: AwsServer, estate: AwsEstate, both: Desk, west: Region
) -> None:
    if how == "not to be got into":
        estate.accounts[THEIRS].roles.clear()
    if how == "another region":
        both.settings = msgspec.structs.replace(both.settings, regions=("eu-west-2",))
    if how != "not planned":
        both.provider.plan("prod", both.settings)
    west.deny("vpc-lattice:ListTagsForResource")
    seen = both.collect(ServiceCollector())
    assert sorted(uids(seen)) == ["ours", "theirs"]
    item = seen.one("theirs")
    assert (item.account, item.owners, item.labels) == (THEIRS, UNKNOWN, UNKNOWN)
    assert ("tags", "access_denied") in seen.unseen
    assert item.native_id.startswith(f"aws:{THEIRS}:{REGION}:vpc-lattice:svc-")
