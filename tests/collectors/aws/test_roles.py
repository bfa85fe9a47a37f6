"""Roles that sessions take on together: once, until they end, and anew before their time is up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError

from apiscape.collectors.aws.roles import Cache, Roles, TakenRole
from apiscape.collectors.aws.sdk import new_session
from apiscape.collectors.aws.settings import AwsSettings, RoleSettings
from apiscape.collectors.contract import CredentialsInvalid
from apiscape.demo.aws.estate.estate import AwsEstate
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.refusing.identities import TokenRule
from apiscape.demo.aws.wire.server import AwsServer
from tests.collectors.aws.conftest import PointAt
from tests.collectors.aws.desk import Desk

HUB, TAX, PAY = "777700000000", "777700001111", "777700002222"
LISTS = "apigateway:GetRestApis"
REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "AssumeRole")


@pytest.fixture
def accounts() -> AwsEstate:
    estate = AwsEstate()
    estate.account(HUB, "hub")
    for account in (TAX, PAY):
        member = estate.account(account, account)
        member.role("reader", trusted=HUB)
        member.region("eu-west-1").rest_api("one").deploy("prod")
    return estate


@pytest.fixture
def hub(accounts: AwsEstate, point_at: PointAt) -> Iterator[AwsServer]:
    with AwsServer(accounts) as server:
        point_at(server, HUB)
        yield server
        server.assert_clean()


@pytest.fixture
def tax() -> Iterator[Desk]:
    roles = tuple(f"arn:aws:iam::{account}:role/reader" for account in (TAX, PAY))
    desk = Desk(AwsSettings(roles=roles, regions=("eu-west-1",)))
    yield desk
    desk.close()


def test_a_role_that_the_sdk_does_not_ask_for_is_said_to_be_misnamed(hub: AwsServer) -> None:
    role = RoleSettings(role_arn=f"arn:aws:iam::{TAX}:role/reader", external_id="x")
    desk = Desk(AwsSettings(roles=(role,), regions=("eu-west-1",)))
    with pytest.raises(CredentialsInvalid, match="the role reader cannot be asked for") as caught:
        names(desk)
    desk.close()
    assert "external_id" in (caught.value.next_step or "")
    assert hub.calls.count("sts:AssumeRole") == 0


def names(desk: Desk, account: str = TAX) -> list[str]:
    """Return what a session of its own lists."""
    with desk.session(account=account, region="eu-west-1") as session:
        return [item["name"] for item in session.call(LISTS, None, {})["items"]]


def later(minutes: int) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def test_sessions_of_an_account_take_its_role_on_once(hub: AwsServer, tax: Desk) -> None:
    assert names(tax) == names(tax) == ["one"]
    assert hub.calls.count("sts:AssumeRole") == 1
    assert names(tax, PAY) == ["one"]
    assert hub.calls.count("sts:AssumeRole") == 2
    assert {call.account for call in hub.calls.where(LISTS)} == {TAX, PAY}


def test_whoever_is_signed_in_is_looked_up_only_where_the_role_is_taken_on(
    hub: AwsServer, tax: Desk
) -> None:
    with patch("apiscape.collectors.aws.signin.new_session", wraps=new_session) as made:
        assert names(tax) == ["one"]
        first = made.call_count
        assert names(tax) == names(tax) == ["one"]
    assert made.call_count - first == 2  # those that asked, and nobody else's
    assert first > 1
    assert hub.calls.count("sts:AssumeRole") == 1


def test_sessions_at_the_same_time_take_it_on_once(hub: AwsServer, tax: Desk) -> None:
    seen: list[list[str]] = []
    threads = [threading.Thread(target=lambda: seen.append(names(tax))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [["one"]] * 6
    assert hub.calls.count("sts:AssumeRole") == 1


@pytest.mark.parametrize(("minutes", "calls"), [(40, 1), (50, 2), (61, 2)])
def test_another_session_is_given_only_what_lasts_a_quarter_of_an_hour(
    hub: AwsServer, tax: Desk, minutes: int, calls: int
) -> None:
    names(tax)
    with patch("botocore.credentials._local_now", lambda: later(minutes)):
        names(tax)
    assert hub.calls.count("sts:AssumeRole") == calls


@pytest.mark.parametrize(("minutes", "calls"), [(60, 1), (5, 2)])
def test_a_session_that_lasts_takes_its_role_on_anew_before_it_ends(
    hub: AwsServer, tax: Desk, minutes: int, calls: int
) -> None:
    with (
        patch(
            "apiscape.demo.aws.refusing.identities.timedelta",
            lambda **_: timedelta(minutes=minutes),
        ),
        tax.session(account=TAX, region="eu-west-1") as session,
    ):
        session.call(LISTS, None, {})
        session.call(LISTS, None, {})
    assert hub.calls.count("sts:AssumeRole") == calls


def test_credentials_that_ended_early_are_handed_to_nobody_and_the_new_ones_to_all(
    accounts: AwsEstate, point_at: PointAt, tax: Desk
) -> None:
    with AwsServer(accounts, tokens=TokenRule(max_calls=2)) as server:
        point_at(server, HUB)
        assert [names(tax) for _ in range(4)] == [["one"]] * 4
        assert server.calls.count("sts:AssumeRole") == 2
        assert server.calls.count(LISTS, status=403) == 1


def test_whoever_is_signed_in_is_looked_up_anew_for_each_role(
    hub: AwsServer, tax: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    names(tax)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIANOBODY")
    assert names(tax) == ["one"], "what was taken on still holds"
    with pytest.raises(CredentialsInvalid):
        names(tax, PAY)


def test_a_refusal_is_not_remembered(hub: AwsServer, tax: Desk) -> None:
    hub.inject(Fault(kind="deny", operation="AssumeRole", times=1))
    with pytest.raises(CredentialsInvalid):
        names(tax)
    assert names(tax) == ["one"]


def test_sources_that_sign_in_otherwise_share_nothing() -> None:
    roles, role = Roles(), RoleSettings(role_arn="arn:aws:iam::1:role/reader")
    with_id = RoleSettings(role_arn=role.role_arn, external_id="x")
    taken = roles.of(AwsSettings(), role)
    assert roles.of(AwsSettings(), role) is taken
    assert roles.of(AwsSettings(profile="other"), role) is not taken
    assert roles.of(AwsSettings(), with_id) is not taken


def test_forgetting_credentials_that_were_replaced_keeps_the_new_ones() -> None:
    taken = TakenRole()

    def take(cache: Cache) -> dict[str, str]:
        cache["role"] = {"Credentials": {"AccessKeyId": "new"}}
        return {"access_key": "new"}

    def held(cache: Cache) -> dict[str, str]:
        return {"held": ",".join(cache)}

    taken.fetch(take)
    taken.forget("old")
    assert taken.fetch(held) == {"held": "role"}
    taken.forget("new")
    assert taken.fetch(held) == {"held": ""}


class TellingLock:
    """A lock that says who came to it, before it lets them in or has them wait."""

    def __init__(self) -> None:
        self.comes = threading.Semaphore(0)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self.comes.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_who_waited_for_a_refusal_is_refused_by_it() -> None:
    taken, lock, tries = TakenRole(), TellingLock(), []
    refused: list[Exception] = []

    def take(_: Cache) -> dict[str, str]:
        tries.append(1)
        if len(tries) == 1:
            waiting.start()
            for _arrival in range(2):
                lock.comes.acquire()
        raise REFUSED

    def ask() -> None:
        with pytest.raises(ClientError) as error:
            taken.fetch(take)
        refused.append(error.value)

    waiting = threading.Thread(target=ask)
    with patch.object(taken, "_turn", lock):
        ask()
        waiting.join()
        assert (refused, len(tries)) == ([REFUSED, REFUSED], 1)
        ask()
    assert len(tries) == 2, "who comes afterwards tries anew"
