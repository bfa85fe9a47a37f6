from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from apiscape.collectors.aws import picking
from apiscape.collectors.aws.apigateway.exposure import read_exposure, read_tls
from apiscape.collectors.aws.apigateway.rest import normalise
from apiscape.collectors.aws.names import Place, staged_url
from apiscape.collectors.aws.policies import MOST_STATEMENTS, read_policy, tell_policy
from apiscape.collectors.aws.settings import TagSettings
from apiscape.collectors.aws.surface import (
    UNSEEN_SURFACE,
    Detail,
    Surface,
    read_token,
    switch,
    write_token,
)

PLACE = Place("aws", "111122223333", "eu-west-1", "amazonaws.com")


def test_what_is_missing_or_of_the_wrong_kind_reads_as_nothing() -> None:
    odd = {"text": 7, "list": "x", "map": [], "flag": "yes", "number": "1", "empty": ""}
    assert picking.text(odd, "text") is None
    assert picking.text(odd, "empty") is None
    assert picking.text("no item", "x") is None
    assert picking.texts(odd, "list") == ()
    assert picking.texts({"list": ["a", 7]}, "list") == ("a",)
    assert picking.part(odd, "map") == {}
    assert list(picking.parts({"m": {"a": {}, "b": 7, 8: {}}}, "m")) == [("a", {})]
    assert picking.items({"list": [{}, 7]}, "list") == ({},)
    assert picking.flag(odd, "flag") is None
    assert picking.flag({"flag": False}, "flag") is False
    assert picking.number(odd, "number") is None


@pytest.mark.parametrize("value", [True, math.nan, math.inf, 1e300, 2**70, None])
def test_numbers_that_nobody_can_count_are_not_believed(value: object) -> None:
    assert picking.number({"n": value}, "n") is None
    assert picking.count({"n": value}, "n") is None


def test_numbers_and_times_are_read() -> None:
    assert picking.number({"n": 1.5}, "n") == 1.5
    assert picking.count({"n": 3.0}, "n") == 3
    east = timezone(timedelta(hours=2))
    assert picking.moment({"t": datetime(2026, 1, 1, 2, tzinfo=east)}, "t") == datetime(
        2026, 1, 1, tzinfo=UTC
    )
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - as a lax parser might give it
    assert picking.moment({"t": naive}, "t") == datetime(2026, 1, 1, tzinfo=UTC)
    assert picking.moment({"t": datetime.min.replace(tzinfo=east)}, "t") is None
    assert picking.moment({"t": "2026"}, "t") is None


def test_lone_surrogates_can_be_stored() -> None:
    assert picking.text({"n": "a\ud800b"}, "n") == "a?b"
    assert picking.text({"n": "Straße"}, "n") == "Straße"


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("owner", "Team", "Team"),
        ("dbPassword", "x", picking.WITHHELD),
        ("API_KEY", "x", picking.WITHHELD),
        ("note", "AKIAIOSFODNN7EXAMPLE", picking.WITHHELD),
        ("note", "https://u:p@host", picking.WITHHELD),
        ("note", "eyJhbGciOiJIUzI1NiJ9.x", picking.WITHHELD),
        ("monkey", "banana", "banana"),
    ],
)
def test_tags_that_look_like_credentials_are_withheld(key: str, value: str, kept: str) -> None:
    assert picking.labels({"tags": {key: value}}, "tags") == {key: kept}


def test_tags_come_in_the_order_of_their_keys_and_as_text_only() -> None:
    found = picking.labels({"tags": {"b": "1", "a": "2", "c": 3, 4: "d"}}, "tags")
    assert list(found.items()) == [("a", "2"), ("b", "1")]


STATEMENT = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke"}
POLICY = {"Version": "2012-10-17", "Statement": [STATEMENT]}


def escape(document: object) -> str:
    """As API Gateway does: the inside of a JSON string literal, slashes escaped too."""
    return json.dumps(json.dumps(document))[1:-1].replace("/", "\\/")


@pytest.mark.parametrize("text", [escape(POLICY), json.dumps(POLICY), escape(POLICY) + "\n"])
def test_a_policy_is_read_escaped_or_not(text: str) -> None:
    assert read_policy(text) == POLICY


def test_a_backslash_in_a_value_survives() -> None:
    document = {"Statement": {"Sid": "a\\b/c"}}
    assert read_policy(escape(document)) == document


@pytest.mark.parametrize("text", ["{", "7", '"x"', "[" * 100_000, ""])
def test_what_is_no_policy_is_none(text: str) -> None:
    assert read_policy(text) is None


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        (STATEMENT, "allows anyone"),
        ({"Effect": "Deny", "NotPrincipal": {"AWS": ["a", "b"]}}, "denies all but 2 principals"),
        ({"Effect": "Allow", "Principal": {"AWS": "a"}}, "allows 1 principal"),
        ({"Effect": "Allow", "Principal": {"AWS": ["*"]}}, "allows anyone"),
        ({"Effect": "Odd", "Principal": "*"}, "? anyone"),
        (
            STATEMENT
            | {"Condition": {"StringEquals": {"aws:SourceVpce": ["x", "y"]}, "Bool": "?"}},
            "allows anyone if StringEquals aws:SourceVpce (2)",
        ),
    ],
)
def test_a_policy_is_told_without_any_value_of_a_condition(
    statement: dict[str, object], told: str
) -> None:
    assert tell_policy({"Statement": [statement]}) == told
    assert tell_policy({"Statement": statement}) == told


def test_a_long_policy_is_told_in_part_and_an_empty_one_is() -> None:
    assert tell_policy({"Statement": [STATEMENT] * (MOST_STATEMENTS + 2)}).endswith("and 2 more")
    assert tell_policy({}) == "no statement"
    assert tell_policy({"Statement": [{"Condition": {"\ud800": {"k": 1}}, "Principal": "*"}]})


@pytest.mark.parametrize(
    ("types", "exposure"),
    [
        (["REGIONAL"], "internet"),
        (["EDGE", "REGIONAL"], "internet"),
        (["PRIVATE"], "private"),
        (["PRIVATE", "REGIONAL"], "unknown"),
        (["ORBITAL"], "unknown"),
        ([], "unknown"),
    ],
)
def test_exposure_is_known_only_for_known_endpoint_types(types: list[str], exposure: str) -> None:
    assert read_exposure({"endpointConfiguration": {"types": types}}).exposure == exposure


def test_a_policy_that_cannot_be_read_is_not_taken_for_none() -> None:
    reached = read_exposure({"endpointConfiguration": {"types": ["REGIONAL"]}, "policy": "{"})
    assert reached.policy_unread
    assert "cannot be read" in reached.evidence


@pytest.mark.parametrize(
    ("policy", "lowest"),
    [
        (None, None),
        ("TLS_1_0", "TLS_1_0"),
        ("TLS_1_2", "TLS_1_2"),
        ("SecurityPolicy_TLS13_1_3_2025_09", "TLS_1_3"),
        ("SecurityPolicy_TLS13_1_3_FIPS_2025_09", "TLS_1_3"),
        ("SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "TLS_1_2"),
        ("SecurityPolicy_TLS13_1_2_2021_06", "TLS_1_2"),
        ("SecurityPolicy_TLS13_2025_EDGE", "TLS_1_3"),
        ("SecurityPolicy_TLS12_PFS_2025_EDGE", "TLS_1_2"),
        ("SecurityPolicy_TLS12_2018_EDGE", "TLS_1_2"),
        ("Quantum", "Quantum"),
    ],
)
def test_the_lowest_protocol_of_a_security_policy(policy: str | None, lowest: str | None) -> None:
    assert read_tls(policy) == lowest


def test_names_follow_the_partition() -> None:
    china = Place("aws-cn", "1", "cn-north-1", "amazonaws.com.cn")
    assert china.execute_host("ABC") == "abc.execute-api.cn-north-1.amazonaws.com.cn"
    made = normalise({"id": "abc"}, None, Detail(UNSEEN_SURFACE), china, TagSettings())
    assert made.native_url == (
        "https://cn-north-1.console.amazonaws.cn/apigateway/main/apis/abc/resources"
        "?api=abc&region=cn-north-1"
    )
    assert Place("aws-iso", "1", "us-iso-east-1", "c2s.ic.gov").console_page("x") is None
    assert PLACE.native_id("abc") == "aws:111122223333:eu-west-1:apigateway:abc"
    assert made.gateway == "API Gateway cn-north-1"


def test_a_stages_address() -> None:
    assert staged_url("https://h.example/", "prod") == "https://h.example/prod"
    assert staged_url("https://h.example", "$default") == "https://h.example"
    assert staged_url("https://h.example", "a b/../c") == "https://h.example/a%20b%2F..%2Fc"


@pytest.mark.parametrize("stand_in", [True, False])
def test_a_token_remembers_what_the_detail_taught(stand_in: bool) -> None:
    surface = Surface(validation="enabled", cors="disabled", rate_limit="partial")
    learnt = Detail(surface, stand_in=stand_in)
    token = write_token("d1:x", learnt)
    assert read_token(token, "d1:x") == learnt
    assert read_token(token, "d2:x") is None
    odd = Detail(Surface(validation="odd"), stand_in=stand_in)
    assert read_token(write_token("d", odd), "d") == Detail(Surface(), stand_in=stand_in)


@pytest.mark.parametrize("token", [None, "", "d1:x", "d1:x|", "d1:x|zzz", "d1:x|eeeoo"])
def test_a_token_of_another_form_does_not_stand(token: str | None) -> None:
    assert read_token(token, "d1:x") is None


def test_a_token_of_letters_that_nobody_knows_teaches_nothing() -> None:
    assert read_token("d1:x|zzzz", "d1:x") == Detail(Surface())


def test_a_switch_may_be_unknown() -> None:
    assert [switch(on) for on in (True, False, None)] == ["enabled", "disabled", "unknown"]
