"""Planning: accounts, roles, regions, and what exists besides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apiscape.collectors.aws.apigateway.rest_collector import RestApiCollector
from apiscape.collectors.aws.provider import AwsProvider
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.aws.signin import SignIn
from apiscape.collectors.contract import CredentialsInvalid, Plan, Unreachable
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.identities import TokenRule
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import ACCOUNT, REGION, Desk

HUB = "999900001111"
TAX = "111122223333"
PAY = "444455556666"
OLD = "777788889999"
TWO = ("eu-west-1", "eu-west-2")


@pytest.fixture
def organisation() -> AwsEstate:
    estate = AwsEstate()
    for account, name in ((HUB, "hub"), (TAX, "tax-prod"), (PAY, "pay-dev"), (OLD, "old")):
        estate.account(account, name).only_regions(*TWO).role("reader", trusted=HUB)
    estate.organise(HUB)
    return estate


@pytest.fixture
def hub(organisation: AwsEstate, point_at: PointAt) -> Iterator[AwsServer]:
    with AwsServer(organisation) as server:
        point_at(server, HUB)
        yield server
        server.assert_clean()


def planned(plan: Plan) -> list[str]:
    return [one.reach.key for one in plan.reaches if one.error is None]


def failed(plan: Plan) -> dict[str, str]:
    return {one.reach.key: one.error.kind for one in plan.reaches if one.error}


def besides(plan: Plan) -> dict[str, tuple[str, str | None]]:
    return {entry.key: (entry.state, entry.reason) for entry in plan.estate}


def make(**settings: object) -> Plan:
    return AwsProvider().plan("prod", AwsSettings(**settings))  # type: ignore[arg-type]


def test_alone_the_account_signed_in_to_is_visited_in_every_enabled_region(
    server: AwsServer, estate: AwsEstate
) -> None:
    estate.accounts[ACCOUNT].region("eu-central-2")
    plan = make()
    assert planned(plan) == [f"{ACCOUNT}/eu-central-2", f"{ACCOUNT}/eu-west-1"]
    assert plan.estate == ()
    assert plan.estate_error is None
    assert plan.reaches[0].caller == f"arn:aws:iam::{ACCOUNT}:user/apiscape"


def test_roles_are_visited_and_everything_else_is_said(
    hub: AwsServer, organisation: AwsEstate
) -> None:
    organisation.accounts[OLD].suspend()
    plan = make(
        regions=("eu-west-1",),
        roles=(f"arn:aws:iam::{TAX}:role/reader", f"arn:aws:iam::{TAX}:role/reader"),
    )
    assert planned(plan) == [f"{TAX}/eu-west-1"]
    assert plan.reaches[0].reach.title == "tax-prod eu-west-1"
    assert plan.reaches[0].caller == f"arn:aws:sts::{TAX}:assumed-role/reader/apiscape"
    unnamed = ("not_configured", "no role or account of the source names it")
    assert besides(plan) == {
        HUB: unnamed,
        PAY: unnamed,
        OLD: ("excluded", "account is suspended"),
        f"{TAX}/eu-west-2": ("not_configured", "enabled, but not among regions"),
    }


def test_a_role_name_reaches_every_active_account_of_the_organisation(
    hub: AwsServer, organisation: AwsEstate
) -> None:
    organisation.accounts[OLD].suspend()
    plan = make(
        role_name="reader",
        exclude_accounts=(PAY,),
        exclude_regions=("eu-west-2",),
    )
    assert planned(plan) == [f"{HUB}/eu-west-1", f"{TAX}/eu-west-1"]
    left_out = ("excluded", "excluded by exclude_regions")
    assert besides(plan) == {
        PAY: ("excluded", "excluded by exclude_accounts"),
        OLD: ("excluded", "account is suspended"),
        f"{HUB}/eu-west-2": left_out,
        f"{TAX}/eu-west-2": left_out,
    }


def test_accounts_are_visited_by_role_name_and_ones_own_without(hub: AwsServer) -> None:
    plan = make(accounts=(HUB, TAX), role_name="reader", regions=TWO)
    assert len(planned(plan)) == 4
    assert hub.calls.count("sts:AssumeRole") == 1
    assert set(besides(plan)) == {PAY, OLD}


def test_an_account_that_no_role_leads_into_is_failed_and_not_forgotten(hub: AwsServer) -> None:
    plan = make(accounts=(HUB, TAX), regions=("eu-west-1",))
    assert planned(plan) == [f"{HUB}/eu-west-1"]
    assert failed(plan) == {f"{TAX}/eu-west-1": "credentials"}
    assert TAX not in besides(plan)


def test_a_role_that_cannot_be_taken_on_fails_its_regions_alone(
    hub: AwsServer, organisation: AwsEstate
) -> None:
    organisation.accounts[PAY].role("reader", trusted=TAX)
    roles = (f"arn:aws:iam::{TAX}:role/reader", f"arn:aws:iam::{PAY}:role/reader")
    plan = make(roles=roles, regions=TWO)
    assert len(planned(plan)) == 2
    assert failed(plan) == {f"{PAY}/eu-west-1": "credentials", f"{PAY}/eu-west-2": "credentials"}
    error = next(one.error for one in plan.reaches if one.error)
    assert error.permission == "sts:AssumeRole"
    assert "trust policy" in error.message


def test_an_external_id_is_given_and_a_wrong_one_refused(
    hub: AwsServer, organisation: AwsEstate
) -> None:
    arn = organisation.accounts[TAX].role("reader", external_id="right-one", trusted=HUB)
    right = RoleSettings(role_arn=arn, external_id="right-one", name="Tax")
    wrong = RoleSettings(role_arn=arn, external_id="wrong-one")
    assert make(roles=(right,), regions=("eu-west-1",)).reaches[0].reach.title == "Tax eu-west-1"
    assert set(failed(make(roles=(wrong,)))) == {TAX}
    assert "right-one" not in repr(make(roles=(right,)))


def test_what_is_no_role_at_all_is_said_to_be(hub: AwsServer) -> None:
    assert failed(make(roles=("nonsense",))) == {"nonsense": "credentials"}


def test_empty_pages_do_not_end_the_listing_of_accounts(
    hub: AwsServer, organisation: AwsEstate
) -> None:
    assert organisation.organisation is not None
    organisation.organisation.empty_pages = {0}
    assert set(besides(make(regions=("eu-west-1",)))) >= {TAX, PAY, OLD}


def test_a_member_account_says_that_it_cannot_know_the_others(
    organisation: AwsEstate, point_at: PointAt
) -> None:
    with AwsServer(organisation) as server:
        point_at(server, TAX)
        plan = make(regions=TWO)
        assert plan.estate_error is not None
        assert plan.estate_error.kind == "access_denied"
        assert plan.estate_error.permission == "organizations:ListAccounts"
        assert plan.estate == ()
        assert len(planned(plan)) == 2
        silenced = make(regions=TWO, organization=False)
        assert silenced.estate_error is None
        assert server.calls.count("organizations:ListAccounts") == 1


@pytest.mark.parametrize("kind", ["error", "truncate", "wrong_type", "repeat_token", "endless"])
def test_a_broken_listing_of_accounts_is_unknown_and_never_short(
    hub: AwsServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("apiscape.collectors.aws.estate.MOST_PAGES", 30)
    hub.inject(Fault(kind=kind, operation="ListAccounts"))
    plan = make(regions=("eu-west-1",), total_max_attempts=2)
    assert plan.estate_error is not None
    assert plan.estate_error.kind in {"unreachable", "malformed"}
    assert planned(plan) == [f"{HUB}/eu-west-1"]


def test_regions_that_cannot_be_listed_must_be_configured(
    server: AwsServer, estate: AwsEstate
) -> None:
    estate.accounts[ACCOUNT].region(REGION).deny("account:ListRegions")
    asked = make()
    assert failed(asked) == {ACCOUNT: "access_denied"}
    told = make(regions=TWO)
    assert planned(told) == [f"{ACCOUNT}/eu-west-1", f"{ACCOUNT}/eu-west-2"]
    assert told.estate_error is not None
    assert told.estate_error.permission == "account:ListRegions"


@pytest.mark.parametrize("kind", ["truncate", "wrong_type", "repeat_token", "endless", "reset"])
def test_a_broken_listing_of_regions_fails_the_account(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.inject(Fault(kind=kind, operation="ListRegions"))
    plan = make(total_max_attempts=2)
    assert planned(plan) == []
    assert set(failed(plan)) == {ACCOUNT}


def test_an_account_without_an_id_is_said_and_the_others_are_known(
    hub: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = SignIn.ask

    def nameless(sign_in: SignIn, service: str, operation: str, **given: object) -> Any:
        answer = ask(sign_in, service, operation, **given)
        return (
            answer | {"Accounts": [{}, *answer["Accounts"]]}
            if operation == "ListAccounts"
            else answer
        )

    monkeypatch.setattr(SignIn, "ask", nameless)
    plan = make(accounts=(HUB,), regions=TWO)
    assert sorted(besides(plan)) == [TAX, PAY, OLD]
    assert plan.estate_error is not None
    assert plan.estate_error.message == "an account of the organisation has no id"


@pytest.mark.parametrize(
    "odd", [{}, {"RegionName": "eu-west-3"}, {"RegionOptStatus": "ENABLED"}, {"RegionName": 7}]
)
def test_a_region_of_which_too_little_is_said_is_not_taken_for_one_that_is_off(
    odd: Any, server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = SignIn.ask

    def more(sign_in: SignIn, service: str, operation: str, **given: object) -> Any:
        answer = ask(sign_in, service, operation, **given)
        return answer | {"Regions": [*answer["Regions"], odd]} if service == "account" else answer

    monkeypatch.setattr(SignIn, "ask", more)
    assert failed(make()) == {ACCOUNT: "malformed"}
    told = make(regions=TWO)
    assert len(planned(told)) == 2
    assert told.estate_error is not None
    assert told.estate_error.message == "a region has no name or no status"


def test_configured_regions_are_visited_where_the_account_cannot_be_asked(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    server.inject(Fault(kind="reset", operation="ListRegions"))
    plan = make(regions=TWO, total_max_attempts=1)
    assert len(planned(plan)) == 2
    assert plan.estate_error is not None
    assert plan.estate_error.kind == "unreachable"


def test_nobody_signed_in_ends_the_plan(point_at: PointAt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsInvalid, match="nobody is signed in"):
        make(regions=("eu-west-1",))


def test_a_profile_that_is_not_there_ends_the_plan(server: AwsServer) -> None:
    with pytest.raises(CredentialsInvalid, match="ProfileNotFound"):
        make(profile="elsewhere")


def test_expired_credentials_end_the_plan(server: AwsServer) -> None:
    server.inject(Fault(kind="expired_token", operation="GetCallerIdentity"))
    with pytest.raises(CredentialsInvalid, match="expired"):
        make()


def test_an_endpoint_that_is_not_there_is_unreachable(
    server: AwsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unreachable):
        make(endpoint_url="http://127.0.0.1:9", total_max_attempts=1)


def test_the_first_region_that_knows_the_credentials_is_asked(
    server: AwsServer, estate: AwsEstate
) -> None:
    plan = make(regions=("af-south-1", REGION))
    assert f"{ACCOUNT}/{REGION}" in planned(plan)


def test_a_region_that_is_not_enabled_is_unsupported_and_wrong_credentials_are_not(
    server: AwsServer, estate: AwsEstate, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    away = desk.collect(RestApiCollector(), region="af-south-1")
    assert type(away.error).__name__ == "Unsupported"
    assert "af-south-1 is not enabled" in str(away.error)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    assert isinstance(desk.collect(RestApiCollector()).error, CredentialsInvalid)
    desk.close()


def test_credentials_that_end_before_their_time_are_taken_on_anew(
    organisation: AwsEstate, point_at: PointAt
) -> None:
    region = organisation.accounts[TAX].region("eu-west-1")
    for number in range(6):
        region.rest_api(f"api-{number}").deploy("prod")
    settings = AwsSettings(roles=(f"arn:aws:iam::{TAX}:role/reader",), regions=("eu-west-1",))
    desk = Desk(settings)
    with AwsServer(organisation, tokens=TokenRule(max_calls=8)) as server:
        point_at(server, HUB)
        seen = desk.collect(RestApiCollector(), account=TAX)
        assert seen.error is None
        assert len(seen.recorded) == 6
        assert server.calls.count("sts:AssumeRole") >= 2
    desk.close()


def test_detecting_asks_nobody(
    monkeypatch: pytest.MonkeyPatch, own_home: object, tmp_path_factory: pytest.TempPathFactory
) -> None:
    provider = AwsProvider()
    assert provider.detect() is None
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAX")
    assert provider.detect() == {}
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    file = tmp_path_factory.mktemp("aws") / "credentials"
    file.write_text("[default]\naws_access_key_id = AKIAX\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    assert provider.detect() == {}
    monkeypatch.setenv("AWS_PROFILE", "tax")
    assert provider.detect() == {"profile": "tax"}
