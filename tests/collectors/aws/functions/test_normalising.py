"""What Lambda says, made deployments of by table, and whatever hostile values there are in it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from apiscape.collectors.aws.functions import urls, web
from apiscape.collectors.aws.inviting import invites
from apiscape.collectors.aws.memos import Memo, read_memo, stands, write_memo
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.settings import TagSettings
from apiscape.model.codec import encode
from apiscape.model.values import UNKNOWN

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")
KEYS = TagSettings()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
HOSTILE: tuple[Any, ...] = (None, 7, -1.5, True, "", "\ud800", [], {}, [None], {"a": 1}, "x" * 9000)


def statement(**members: object) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunctionUrl", **members}


FOR_NONE = {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
FOR_IAM = {"StringEquals": {"lambda:functionUrlAuthType": ["AWS_IAM"]}}


@pytest.mark.parametrize(
    ("statements", "invited"),
    [
        ([], False),
        ([statement()], True),
        ([statement(Principal={"AWS": "*"})], True),
        ([statement(Principal={"AWS": ["x", "*"]})], True),
        ([statement(Principal="111122223333")], False),
        ([statement(Principal={"Service": "events.amazonaws.com"})], False),
        ([statement(Condition=FOR_NONE)], True),
        ([statement(Condition=FOR_IAM)], False),
        ([statement(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}})], True),
        ([statement(Condition={"StringEquals": "odd"})], True),
        ([statement(Action="lambda:*")], True),
        ([statement(Action=["lambda:GetFunction", "*"])], True),
        ([statement(Action="lambda:InvokeFunction")], False),
        ([statement(), statement(Effect="Deny")], None),
        ([statement(Effect="Deny")], False),
        ([statement(Effect="Allowed")], False),
        ("odd", False),
        ([None, 7], False),
    ],
)
def test_who_a_policy_invites(statements: object, invited: bool | None) -> None:
    assert invites({"Statement": statements}, urls.INVOKE, "NONE") is invited


def test_a_single_statement_is_one_as_well() -> None:
    assert invites({"Statement": statement()}, urls.INVOKE, "NONE") is True


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("Active", "active", None),
        ("Inactive", "active", "idle: the next call wakes it"),
        ("Failed", "failed", "the function failed"),
        ("Deactivated", "inactive", "the function is deactivated"),
        ("Pending", "unknown", "Pending"),
        (None, "unknown", "the listing says no state"),
    ],
)
def test_the_state_of_a_function(state: str | None, status: str, reason: str | None) -> None:
    found = urls.FoundUrl({"FunctionName": "pay", "State": state}, {})
    item = urls.normalise(found, PLACE, KEYS)
    assert (item.status, item.status_reason) == (status, reason)


@pytest.mark.parametrize(
    ("auth", "policy", "requirement"),
    [
        ("AWS_IAM", UNKNOWN, "required"),
        ("NONE", UNKNOWN, "unknown"),
        ("NONE", None, "required"),
        ("NONE", {"Statement": [statement()]}, "none"),
        ("NONE", {"Statement": [statement(), statement(Effect="Deny")]}, "unknown"),
        ("OF_A_LATER_YEAR", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_what_a_url_asks_for(auth: str | None, policy: Any, requirement: str) -> None:
    found = urls.FoundUrl({"FunctionName": "pay"}, {"AuthType": auth}, policy)
    operations = urls.normalise(found, PLACE, KEYS).operations
    assert isinstance(operations, tuple)
    assert operations[0].security.requirement == requirement


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2026-11-02T00:00:00+0000", NOW),
        ("2026-11-02T01:00:00+01:00", NOW),
        ("2026-11-02T00:00:00", NOW),
        ("0001-01-01T00:00:00+23:00", UNKNOWN),
        ("yesterday", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_times_are_written_as_text(written: str | None, read: object) -> None:
    found = urls.FoundUrl({"FunctionName": "pay"}, {"LastModifiedTime": written})
    assert urls.normalise(found, PLACE, KEYS).updated_at == read


def test_tracing_and_its_absence() -> None:
    for mode, said in (("Active", "enabled"), ("PassThrough", "disabled"), (None, "unknown")):
        function = {"FunctionName": "pay", "TracingConfig": {"Mode": mode}}
        item = urls.normalise(urls.FoundUrl(function, {}), PLACE, KEYS)
        assert item.protections.tracing == said


def test_no_credential_in_a_url_comes_through() -> None:
    config = {"FunctionUrl": "https://user:hunter2@x.lambda-url.eu-west-1.on.aws/?key=hunter2"}
    found = urls.FoundUrl(
        {"FunctionName": "pay", "Environment": {"Variables": {"A": "hunter2"}}}, config
    )
    item = urls.normalise(found, PLACE, KEYS)
    assert b"hunter2" not in encode(item)
    assert isinstance(item.endpoints, tuple)
    assert item.endpoints[0].url == "https://x.lambda-url.eu-west-1.on.aws"


URL_MEMBERS = ("FunctionUrl", "FunctionArn", "AuthType", "Cors", "InvokeMode", "CreationTime")
FUNCTION_MEMBERS = ("Description", "RevisionId", "State", "Runtime", "TracingConfig")
ENDPOINT_MEMBERS = (
    *("endpointName", "domainName", "authType", "regions", "revisionWeights", "throttleConfig"),
    *("state", "stateReason", "updateStatus", "createdAt", "updatedAt", "endpointType"),
)


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_hostile_values_are_survived(value: Any) -> None:
    function = {"FunctionName": "pay", **dict.fromkeys(FUNCTION_MEMBERS, value)}
    found = urls.FoundUrl(function, dict.fromkeys(URL_MEMBERS, value), {"Statement": value})
    assert encode(urls.normalise(found, PLACE, KEYS))
    assert all(encode(each) for each in urls.read_signals(found, "uid", NOW))
    web_function = {"functionName": "site", "state": value, "functionArn": value}
    endpoint = dict.fromkeys(ENDPOINT_MEMBERS, value)
    seen = web.FoundEndpoint(web_function, endpoint, {"Statement": value})
    assert encode(web.normalise(seen, PLACE, KEYS))


# ── Web functions ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("function", "endpoint", "status", "reason"),
    [
        ({"state": "Active"}, {"state": "Active"}, "active", None),
        (
            {"state": "Failed", "stateReason": "no code"},
            {"state": "Active"},
            "failed",
            "web function Failed: no code",
        ),
        ({"state": "Active"}, {"state": "Pending"}, "inactive", "endpoint Pending"),
        ({"state": "Active"}, {"state": "Deleting"}, "inactive", "endpoint Deleting"),
        ({"state": "Active"}, {}, "unknown", "endpoint without a state"),
        ({}, {"state": "Active"}, "unknown", "web function without a state"),
        (
            {"state": "Active"},
            {"state": "Active", "updateStatus": "Failed", "updateStatusReason": "quota"},
            "active",
            "the last update failed: quota",
        ),
        (
            {"state": "Active"},
            {"state": "Active", "updateStatus": "Failed"},
            "active",
            "the last update failed",
        ),
    ],
)
def test_an_endpoint_stands_as_its_function_does(
    function: dict[str, Any], endpoint: dict[str, Any], status: str, reason: str | None
) -> None:
    item = web.normalise(web.FoundEndpoint(function, endpoint), PLACE, KEYS)
    assert (item.status, item.status_reason) == (status, reason)


@pytest.mark.parametrize(
    ("auth", "policy", "requirement", "evidence"),
    [
        ("ApplicationManaged", None, "unknown", "the application itself answers for who may call"),
        ("IamAuth", None, "required", "endpoint authType=IamAuth"),
        ("IamAuth", UNKNOWN, "required", "the resource policy is not known"),
        ("IamAuth", {"Statement": [statement()]}, "required", "resource policy allows anyone"),
        ("OfALaterYear", None, "unknown", "endpoint authType=OfALaterYear"),
        (None, None, "unknown", "endpoint authType=not given"),
    ],
)
def test_what_an_endpoint_asks_for(
    auth: str | None, policy: Any, requirement: str, evidence: str
) -> None:
    found = web.FoundEndpoint({"functionName": "site"}, {"authType": auth}, policy)
    operations = web.normalise(found, PLACE, KEYS).operations
    assert isinstance(operations, tuple)
    security = operations[0].security
    assert security.requirement == requirement
    assert evidence in (security.evidence or "")


@pytest.mark.parametrize(
    ("weights", "revision"),
    [
        ([{"revisionId": "3", "weight": 100}], "3"),
        (
            [{"revisionId": "3", "weight": 90}, {"revisionId": "4", "weight": 10}],
            "3 (90%), 4 (10%)",
        ),
        ([], None),
    ],
)
def test_the_revisions_that_an_endpoint_serves(weights: object, revision: str | None) -> None:
    found = web.FoundEndpoint({"functionName": "site"}, {"revisionWeights": weights})
    assert web.normalise(found, PLACE, KEYS).revision == revision


# ── What tokens remember ─────────────────────────────────────────────────────


def test_a_memo_stands_while_its_mark_does() -> None:
    memo = Memo("r1", tags={"owner": "x"}, facts={"public": None})
    assert read_memo(write_memo(memo), "r1") == memo
    assert read_memo(write_memo(Memo("r1")), "r1") == Memo("r1")
    assert read_memo(write_memo(memo), "r2") is None
    for odd in (None, "", "r1", "{}", '{"mark":7}', "[]"):
        assert read_memo(odd, "r1") is None


def test_an_object_stands_only_whole() -> None:
    two = write_memo(Memo("r1", 2))
    assert stands({"a": two, "b": two}, "r1") == Memo("r1", 2)
    assert stands({"a": two}, "r1") is None
    assert stands({"a": two, "b": write_memo(Memo("r0", 2))}, "r1") is None
    assert stands({}, "r1") is None


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        ([urls.INVOKE], True),
        ([urls.INVOKE, urls.INVOKE_TOO], False),
        (["lambda:*"], False),
    ],
)
def test_an_open_url_that_only_an_older_one_could_be_says_so(
    actions: list[str], says: bool
) -> None:
    policy = {"Statement": [statement(Action=each) for each in actions]}
    found = urls.FoundUrl({"FunctionName": "f"}, {"AuthType": "NONE"}, policy)
    operations = urls.normalise(found, PLACE, KEYS).operations
    assert isinstance(operations, tuple)
    (operation,) = operations
    assert operation.security.requirement == "none"
    assert (urls.INVOKE_TOO in (operation.security.evidence or "")) is says
