"""Trying what planning needs: the organisation, the roles, the regions; per account, at one call each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apiscape.collectors.aws.provider import PERMISSIONS, AwsProvider
from apiscape.collectors.aws.settings import AwsSettings
from apiscape.collectors.contract import CredentialsInvalid
from apiscape.collectors.trying import Grant, Tried, TriesSignIn
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.run import Reach
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import REGION, Desk

HUB, TAX, PAY = "999900001111", "111122223333", "444455556666"
ROLES = tuple(f"arn:aws:iam::{account}:role/reader" for account in (TAX, PAY))
NOT_NEEDED = ("not_needed", None)


@pytest.fixture
def estate() -> AwsEstate:
    estate = AwsEstate()
    for account in (HUB, TAX, PAY):
        estate.account(account).only_regions(REGION).role("reader", trusted=HUB)
    estate.organise(HUB)
    return estate


@pytest.fixture
def hub(estate: AwsEstate, point_at: PointAt) -> Iterator[AwsServer]:
    with AwsServer(estate) as server:
        point_at(server, HUB)
        yield server
        server.assert_clean()


def attempt(desk: Desk, *accounts: str, **settings: object) -> list[Tried]:
    own = AwsSettings(total_max_attempts=1, **settings)  # type: ignore[arg-type]
    reaches = [Reach(key=f"{each}/{REGION}", account=each, region=REGION) for each in accounts]
    return list(AwsProvider().try_sign_in(own, reaches, desk.budget))


def told(said: list[Tried]) -> set[tuple[str, str, str | None]]:
    return {(tried.permission.action, tried.grant, tried.place) for tried in said}


def test_the_provider_can_try_what_it_declares() -> None:
    assert isinstance(AwsProvider(), TriesSignIn)


def test_a_hub_with_roles_is_granted_everything(hub: AwsServer, desk: Desk) -> None:
    said = attempt(desk, TAX, PAY, roles=ROLES)
    assert told(said) == {
        ("organizations:ListAccounts", "granted", HUB),
        ("sts:AssumeRole", "granted", TAX),
        ("sts:AssumeRole", "granted", PAY),
        ("account:ListRegions", "granted", TAX),
        ("account:ListRegions", "granted", PAY),
    }
    assert hub.calls.by_operation() == {
        "sts:GetCallerIdentity": 3,
        "organizations:ListAccounts": 1,
        "sts:AssumeRole": 2,
        "account:ListRegions": 2,
    }
    assert desk.budget.calls == 5


def test_one_account_alone_needs_no_role(hub: AwsServer, desk: Desk) -> None:
    said = attempt(desk, HUB, organization=False)
    assert told(said) == {
        ("organizations:ListAccounts", "not_needed", HUB),
        ("sts:AssumeRole", "not_needed", None),
        ("account:ListRegions", "granted", HUB),
    }
    assert hub.calls.count("organizations") == 0


def test_an_account_without_an_organisation_needs_no_listing_of_it(
    estate: AwsEstate, hub: AwsServer, desk: Desk
) -> None:
    estate.organisation = None
    [tried] = [
        each for each in attempt(desk, HUB) if each.permission.action.startswith("organizations")
    ]
    assert (tried.grant, tried.reason) == ("not_needed", "the account is in no organisation")


def test_a_member_may_not_list_the_others(
    estate: AwsEstate, hub: AwsServer, desk: Desk, point_at: PointAt
) -> None:
    point_at(hub, TAX)
    [tried] = [
        each for each in attempt(desk, TAX) if each.permission.action.startswith("organizations")
    ]
    assert (tried.grant, tried.place) == ("denied", TAX)
    assert "organizations:ListAccounts" in (tried.reason or "")


def test_regions_that_may_not_be_listed(hub: AwsServer, desk: Desk) -> None:
    hub.inject(Fault(kind="deny", operation="ListRegions", account=PAY))
    said = attempt(desk, TAX, PAY, roles=ROLES)
    regions = {
        (place, grant) for action, grant, place in told(said) if action == "account:ListRegions"
    }
    assert regions == {(TAX, "granted"), (PAY, "denied")}


def test_a_role_that_is_refused_leaves_its_account_unknown(
    estate: AwsEstate, hub: AwsServer, desk: Desk
) -> None:
    estate.accounts[PAY].roles.clear()
    said = attempt(desk, TAX, PAY, roles=ROLES)
    assert ("sts:AssumeRole", "denied", PAY) in told(said)
    assert ("account:ListRegions", "unknown", PAY) in told(said)
    assert ("account:ListRegions", "granted", TAX) in told(said)
    [denied] = [tried for tried in said if tried.grant == Grant.DENIED]
    assert "the role reader cannot be taken on (AccessDenied)" in (denied.reason or "")


@pytest.mark.parametrize("fault", ["throttle", "error"])
def test_a_role_that_could_not_be_asked_for_is_not_said_to_be_refused(
    fault: str, hub: AwsServer, desk: Desk
) -> None:
    hub.inject(Fault(kind=fault, operation="AssumeRole"))
    said = attempt(desk, TAX, roles=ROLES[:1])
    assert ("sts:AssumeRole", "unknown", TAX) in told(said)
    assert ("account:ListRegions", "unknown", TAX) in told(said)


def test_an_account_that_no_role_leads_into_says_so(hub: AwsServer, desk: Desk) -> None:
    said = attempt(desk, TAX)
    [regions] = [tried for tried in said if tried.permission.action == "account:ListRegions"]
    assert (regions.grant, regions.place) == ("unknown", TAX)
    assert (regions.reason or "").startswith(f"no role leads into account {TAX}")
    assert hub.calls.count("account") == 0


def test_nobody_signed_in_is_an_error_of_all(
    hub: AwsServer, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN000000000")
    with pytest.raises(CredentialsInvalid):
        attempt(desk, HUB)


def test_every_right_of_the_provider_is_spoken_of(hub: AwsServer, desk: Desk) -> None:
    spoken_of = {tried.permission for tried in attempt(desk, HUB)}
    assert spoken_of == set(PERMISSIONS)
