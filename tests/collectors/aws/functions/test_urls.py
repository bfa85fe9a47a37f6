"""Function URLs against the emulated AWS: what is read, what it costs, what is not known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apiscape.collectors.aws.functions.url_collector import FunctionUrlCollector
from apiscape.collectors.aws.functions.without import LIFE, WithoutUrl
from apiscape.collectors.contract import Unchanged
from apiscape.demo.aws.estate.functions import Functions
from apiscape.demo.aws.estate.region import Region
from apiscape.demo.aws.refusing.faults import Fault
from apiscape.demo.aws.wire.server import AwsServer
from apiscape.model.surroundings import Signal
from apiscape.model.values import UNKNOWN
from apiscape.settings.schema import Rules
from tests.collectors.aws.desk import ACCOUNT, REGION, START, Desk, Seen


@pytest.fixture
def functions(west: Region) -> Functions:
    return west.shelves.of(Functions)


def scan(desk: Desk, collector: FunctionUrlCollector | None = None) -> Seen:
    seen = desk.collect(collector or FunctionUrlCollector(WithoutUrl()))
    assert seen.error is None
    assert seen.whole
    assert seen.closes()
    return seen


def asked(seen: Seen, name: str, stage: str | None = None) -> tuple[str, str]:
    (operation,) = seen.one(name, stage).operations
    return operation.security.requirement, operation.security.evidence


# ── What is read ─────────────────────────────────────────────────────────────


def test_a_function_without_a_url_is_no_deployment(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("worker")
    functions.add("pay").url()
    seen = scan(desk)
    assert seen.listed == ["worker", "pay"]
    assert seen.recorded["worker"].entities == ()
    assert [item.name for item in seen.entities if hasattr(item, "endpoints")] == ["pay"]


def test_a_url_is_a_deployment_and_so_is_that_of_an_alias(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["GET"]}
    pay = functions.add("pay", {"owner": "Team Money", "environment": "prod"}, Description="Pays")
    pay.url().url(alias="live", Cors=cors, InvokeMode="RESPONSE_STREAM")
    seen = scan(desk)
    own, live = seen.one("pay", "$LATEST"), seen.one("pay", "live")
    assert own.native_id == f"aws:{ACCOUNT}:{REGION}:lambda:pay/$LATEST"
    assert live.native_id == f"aws:{ACCOUNT}:{REGION}:lambda:pay/live"
    assert own.native_api_id == live.native_api_id
    assert own.endpoints[0].url == pay.urls[""]["FunctionUrl"].rstrip("/")
    assert own.endpoints[0].generated_host is True
    assert (own.style, own.exposure, own.description) == ("http", "internet", "Pays")
    assert (own.owners[0].name, own.environment) == ("Team Money", "production")
    assert (own.protections.cors, live.protections.cors) == ("disabled", "enabled")
    assert own.protections.rate_limit == "unknown"
    assert live.backends[0].address == f"{pay.arn}:live"
    signals = {
        (each.subject_uid, each.name): each.value
        for each in seen.entities
        if isinstance(each, Signal)
    }
    assert signals[own.uid, "lambda.invoke_mode"] == "BUFFERED"
    assert signals[live.uid, "lambda.invoke_mode"] == "RESPONSE_STREAM"
    assert signals[live.uid, "lambda.runtime"] == "python3.13"


def test_the_listing_says_no_state_and_none_is_made_up(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("pay").url()
    assert scan(desk).one("pay").status == "unknown"


# ── Who may call ─────────────────────────────────────────────────────────────


def test_a_url_without_authentication_is_open_only_where_the_policy_says_so_too(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("open").url("NONE", open_to="*")
    functions.add("shut").url("NONE")
    functions.add("account").url("NONE", open_to="111122223333")
    functions.add("signed").url("AWS_IAM", open_to="*")
    functions.add("alias").url("NONE", open_to="*").url("NONE", alias="live")
    seen = scan(desk)
    assert asked(seen, "open") == (
        "none",
        (
            "function URL AuthType=NONE; resource policy allows anyone if StringEquals "
            "lambda:FunctionUrlAuthType (1); not lambda:InvokeFunction, without which no URL "
            "made since October 2025 answers"
        ),
    )
    assert asked(seen, "shut") == (
        "required",
        "function URL AuthType=NONE; no policy: nobody is let in by the URL",
    )
    assert asked(seen, "account")[0] == "required"
    assert asked(seen, "alias", "$LATEST")[0] == "none"
    assert asked(seen, "alias", "live")[0] == "required"
    (signed,) = seen.one("signed").operations
    assert [scheme.kind for scheme in signed.security.schemes] == ["iam"]


def test_a_policy_that_may_not_be_read_leaves_unknown_who_may_call(
    server: AwsServer, west: Region, functions: Functions, desk: Desk
) -> None:
    functions.add("open").url("NONE", open_to="*")
    west.deny("lambda:GetPolicy")
    seen = scan(desk)
    assert asked(seen, "open")[0] == "unknown"
    assert seen.unseen == [("resource policy", "access_denied")]


def test_tags_that_may_not_be_read_are_unknown(
    server: AwsServer, west: Region, functions: Functions, desk: Desk
) -> None:
    functions.add("pay", {"owner": "Team Money"}).url()
    west.deny("lambda:ListTags")
    item = scan(desk).one("pay")
    assert (item.labels, item.owners, item.version) == (UNKNOWN, UNKNOWN, UNKNOWN)


def test_what_a_source_leaves_out_is_skipped_by_name_and_by_tag(
    server: AwsServer, functions: Functions
) -> None:
    functions.add("pay", {"team": "money"}).url()
    functions.add("legacy-x").url()
    functions.add("kept").url()
    desk = Desk(exclude=Rules(names=("legacy-*",), tags=("team=money",)))
    seen = scan(desk)
    assert set(seen.skipped) == {"pay", "legacy-x"}
    desk.close()


def test_tags_by_which_a_function_is_left_out_are_remembered(
    server: AwsServer, functions: Functions
) -> None:
    functions.add("pay", {"team": "money"}).url()
    before = Desk()
    known = scan(before).known()
    before.close()
    desk = Desk(exclude=Rules(tags=("team=money",)))
    server.calls.clear()
    again = desk.collect(FunctionUrlCollector(WithoutUrl()), known=known)
    assert again.skipped == {"pay": "excluded by the source"}
    assert server.calls.by_operation() == {"lambda:ListFunctions": 1}
    desk.close()


# ── What it costs ────────────────────────────────────────────────────────────


def test_an_unchanged_round_asks_no_function_again(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    for number in range(120):
        functions.add(f"worker-{number}")
    for number in range(3):
        functions.add(f"open-{number}").url("NONE", open_to="*")
    collector = FunctionUrlCollector(WithoutUrl())
    first = scan(desk, collector)
    assert server.calls.by_operation() == {
        "lambda:ListFunctions": 3,
        "lambda:ListFunctionUrlConfigs": 123,
        "lambda:ListTags": 3,
        "lambda:GetPolicy": 3,
    }
    server.calls.clear()
    again = desk.collect(collector, known=first.known())
    assert server.calls.by_operation() == {"lambda:ListFunctions": 3}
    assert again.closes()
    assert sorted(one.native_id for one in again.of(Unchanged)) == ["open-0", "open-1", "open-2"]
    functions.by_name["worker-7"].url("NONE")
    functions.by_name["open-1"].edit()
    server.calls.clear()
    moved = desk.collect(collector, known=first.known())
    assert server.calls.by_operation() == {
        "lambda:ListFunctions": 3,
        "lambda:ListFunctionUrlConfigs": 2,
        "lambda:ListTags": 2,
        "lambda:GetPolicy": 2,
    }
    assert moved.one("worker-7").name == "worker-7"


def test_a_url_that_was_taken_away_is_said_to_be_gone_with_the_next_look(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    pay = functions.add("pay").url()
    collector = FunctionUrlCollector(WithoutUrl())
    known = scan(desk, collector).known()
    pay.drop_url()
    seen = desk.collect(collector, known=known)
    assert seen.recorded["pay"].entities == ()
    assert seen.closes()


def test_a_function_that_lost_one_of_two_urls_is_looked_at_again(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("pay").url().url(alias="live")
    known = scan(desk).known()
    server.calls.clear()
    desk.collect(FunctionUrlCollector(WithoutUrl()), known=known[:1])  # one token came of age
    assert server.calls.count("lambda:ListFunctionUrlConfigs") == 1


def test_what_had_no_url_is_believed_by_revision_for_up_to_seven_days() -> None:
    without = WithoutUrl()
    without.note("here", "worker", "r1", START)
    assert without.knows("here", "worker", "r1", START + LIFE * 0.74)
    assert not without.knows("here", "worker", "r1", START + LIFE)
    assert not without.knows("here", "worker", "r2", START)
    assert not without.knows("there", "worker", "r1", START)
    without.forget("here", "worker")
    assert not without.knows("here", "worker", "r1", START)


def test_only_so_many_functions_are_remembered() -> None:
    without = WithoutUrl(most=2)
    for name in ("one", "two", "three"):
        without.note("here", name, "r", START)
    known = [name for name in ("one", "two", "three") if without.knows("here", name, "r", START)]
    assert known == ["two", "three"]


def test_looking_again_is_spread_over_the_last_part_of_that_life() -> None:
    without = WithoutUrl()
    names = [f"worker-{number}" for number in range(200)]
    for name in names:
        without.note("here", name, "r", START)
    at = START + LIFE - timedelta(hours=21)  # half of the last quarter
    still = sum(without.knows("here", name, "r", at) for name in names)
    assert 50 < still < 150


# ── What goes wrong ──────────────────────────────────────────────────────────


def test_a_function_that_was_deleted_meanwhile_is_gone(
    server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("pay").url()
    ghost = functions.add("ghost")
    functions.by_name["ghost-listed"] = functions.by_name.pop("ghost")
    assert ghost.fields["FunctionName"] == "ghost"
    seen = scan(desk)
    assert seen.failed["ghost"].kind == "gone"


def test_denied_url_configs_fail_their_function_alone(
    server: AwsServer, west: Region, functions: Functions, desk: Desk
) -> None:
    functions.add("pay").url()
    west.deny("lambda:ListFunctionUrlConfigs")
    seen = scan(desk)
    assert seen.failed["pay"].permission == "lambda:ListFunctionUrlConfigs"
    assert "needs lambda:ListFunctionUrlConfigs" in seen.failed["pay"].message


@pytest.mark.parametrize("kind", ["repeat_token", "endless"])
def test_a_listing_without_an_end_is_not_complete(
    kind: str, server: AwsServer, functions: Functions, desk: Desk
) -> None:
    functions.add("pay").url()
    server.inject(Fault(kind=kind, operation="ListFunctions"))
    seen = desk.collect(FunctionUrlCollector(WithoutUrl()))
    assert not seen.whole
    assert getattr(seen.error, "kind", None) == "malformed"
