"""Answers of Route 53 that no zone should give: every record is kept for what it says, or counted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apiscape.collectors.aws.hosts import read_host, read_record_name, read_target
from apiscape.collectors.aws.names import Place
from apiscape.collectors.aws.route53.names import (
    ADDRESSES,
    ELSEWHERE,
    PASSED_OVER,
    PROOFS,
    UNREADABLE,
    front_doors,
    read_names,
    signals,
    zone_id,
    zone_name,
)
from apiscape.model.surroundings import POINTS_TO
from apiscape.model.values import is_known
from tests.collectors.aws.desk import ACCOUNT

API = "d-abc123.execute-api.eu-west-1.amazonaws.com"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
PLACE = Place("aws", ACCOUNT, "eu-west-1", "amazonaws.com")
ZONE = {"Id": "/hostedzone/Z1", "Name": "tax.example."}


def alias(name: Any, target: Any = f"{API}.", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "A", "AliasTarget": {"DNSName": target}, **more}


def cname(name: Any, *values: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "CNAME", "ResourceRecords": [{"Value": each} for each in values]}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({}, "? records"),
        ({"Name": "a.tax.example.", "Type": None}, "? records"),
        ({"Name": "a.tax.example.", "Type": ["A"]}, "? records"),
        ({"Name": "a.tax.example.", "Type": "a"}, "a records"),
        ({"Name": "a.tax.example.", "Type": "A"}, ADDRESSES),
        ({"Name": "a.tax.example.", "Type": "AAAA", "AliasTarget": None}, ADDRESSES),
        ({"Name": "a.tax.example.", "Type": "A", "AliasTarget": [f"{API}."]}, ADDRESSES),
        (alias("a.tax.example.", None), ADDRESSES),
        (alias("a.tax.example.", 7), ADDRESSES),
        (alias("a.tax.example.", ""), ADDRESSES),
        (alias(None), UNREADABLE),
        (alias(7), UNREADABLE),
        (alias(""), UNREADABLE),
        (alias("."), UNREADABLE),
        (alias("a b.tax.example."), UNREADABLE),
        (alias("a\\040b.tax.example."), UNREADABLE),
        (alias("a\\000.tax.example."), UNREADABLE),
        (alias("a\\056\\056b.example."), UNREADABLE),
        (alias("stra\\337e.example."), UNREADABLE),
        (alias("stra\\303\\237e.example."), UNREADABLE),
        (alias("\\999.example."), UNREADABLE),
        (alias(f"{'a.' * 200}example."), UNREADABLE),
        (alias("a.tax.example.", "\u212a.execute-api.eu-west-1.amazonaws.com"), UNREADABLE),
        (alias("a.tax.example.", f"https://{API}/prod"), UNREADABLE),
        (alias("a.tax.example.", f"u:hunter2@{API}"), UNREADABLE),
        (cname("a.tax.example."), UNREADABLE),
        (cname("a.tax.example.", None, API), UNREADABLE),
        ({"Name": "a.tax.example.", "Type": "CNAME", "ResourceRecords": API}, UNREADABLE),
        ({"Name": "a.tax.example.", "Type": "CNAME", "ResourceRecords": [None]}, UNREADABLE),
        ({"Name": "a.tax.example.", "Type": "HTTPS", "ResourceRecords": [API]}, UNREADABLE),
        (cname("a.tax.example.", f"{API}.evil.test"), ELSEWHERE),
        (cname("a.tax.example.", "nottax.example"), ELSEWHERE),
        (cname("_acme-challenge.tax.example.", API), PROOFS),
        (cname("x._domainkey.tax.example.", API), PROOFS),
    ],
)
def test_a_record_that_says_no_name_or_no_api_is_counted_by_why(
    record: dict[str, Any], why: str
) -> None:
    found = read_names([record], {"tax.example"})
    assert (found.pointers, found.passed_over) == ({}, {why: 1})


@pytest.mark.parametrize(
    ("record", "name", "target"),
    [
        (alias("API.Tax.Example."), "api.tax.example", API),
        (alias("a.tax.example", API), "a.tax.example", API),
        (alias("\\052.tax.example."), "*.tax.example", API),
        (alias("a\\055b.tax.example."), "a-b.tax.example", API),
        (alias("\\141.tax.example."), "a.tax.example", API),
        (alias("a.tax.example.", f"DUALSTACK.{API}."), "a.tax.example", API),
        (cname("a.tax.example.", API.upper()), "a.tax.example", API),
        (cname("a.tax.example.", API, "second.example"), "a.tax.example", API),
        (cname("a.tax.example.", "b.tax.example."), "a.tax.example", "b.tax.example"),
        (alias("a.tax.example.", Weight="heavy", SetIdentifier=7), "a.tax.example", API),
        (alias("a.tax.example.", GeoLocation=["GB"], CidrRoutingConfig=None), "a.tax.example", API),
        ({**alias("a.tax.example."), "Type": "HTTPS"}, "a.tax.example", API),
    ],
)
def test_a_record_that_is_odd_and_can_be_read_is_a_pointer(
    record: dict[str, Any], name: str, target: str
) -> None:
    found = read_names([record], {"tax.example"})
    assert {key: [each.target for each in held] for key, held in found.pointers.items()} == {
        name: [target]
    }
    assert found.passed_over == {}


@pytest.mark.parametrize(
    ("more", "chosen"),
    [
        ({}, None),
        ({"SetIdentifier": "a"}, "one of several"),
        ({"SetIdentifier": ""}, None),
        ({"SetIdentifier": "a", "Weight": True}, "one of several"),
        ({"SetIdentifier": "a", "Weight": float("nan")}, "one of several"),
        ({"SetIdentifier": "a", "Weight": 2**60}, "one of several"),
        ({"SetIdentifier": "a", "Weight": 5, "Failover": "PRIMARY"}, "weight 5, failover PRIMARY"),
        ({"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"}}, "place US CA"),
        ({"GeoLocation": {"ContinentCode": None, "CountryCode": "*"}}, "place *"),
        ({"GeoLocation": {}}, None),
        ({"GeoProximityLocation": {"AWSRegion": "eu-west-1"}}, "nearness eu-west-1"),
        ({"GeoProximityLocation": {"Coordinates": {"Latitude": "1"}}}, None),
        ({"CidrRoutingConfig": {"LocationName": "office"}}, "network office"),
    ],
)
def test_when_a_record_of_a_set_answers_is_said_where_it_is_told(
    more: dict[str, Any], chosen: str | None
) -> None:
    found = read_names([alias("a.tax.example.", **more)], ())
    assert [each.chosen for each in found.pointers["a.tax.example"]] == [chosen]


@pytest.mark.parametrize(
    ("weights", "kept"),
    [
        ([0, 0], ["weight 0"]),
        ([0, 1], ["weight 1"]),
        ([0, None], [None]),
        ([0, "0"], [None]),
        ([3, 3], ["weight 3"]),
    ],
)
def test_a_weight_of_nothing_answers_only_beside_no_other(
    weights: list[Any], kept: list[str | None]
) -> None:
    found = read_names([alias("a.tax.example.", Weight=weight) for weight in weights], ())
    assert [each.chosen for each in found.pointers["a.tax.example"]] == kept


@pytest.mark.parametrize(
    "value", ["\u212a.example", "stra\u00dfe.example", "\uff41.example", "a\u3002b"]
)
def test_letters_beyond_ascii_are_never_taken_for_those_of_another_host(value: str) -> None:
    assert (read_host(value), read_target(value), read_record_name(value)) == (None, None, None)


@pytest.mark.parametrize(
    ("zone", "key", "name"),
    [
        ({}, None, None),
        ({"Id": "/hostedzone/", "Name": "."}, None, None),
        ({"Id": "Z1", "Name": "Tax.Example"}, "Z1", "tax.example"),
        ({"Id": 7, "Name": ["tax.example"]}, None, None),
        ({"Id": "/hostedzone/Z1", "Name": "a b."}, "Z1", None),
    ],
)
def test_a_zone_is_what_it_says(zone: dict[str, Any], key: str | None, name: str | None) -> None:
    assert (zone_id(zone), zone_name(zone)) == (key, name)


@pytest.mark.parametrize(
    ("config", "exposure", "evidence"),
    [
        (None, "unknown", "zone tax.example"),
        ({}, "unknown", "zone tax.example"),
        ({"PrivateZone": "true"}, "unknown", "zone tax.example"),
        ({"PrivateZone": 1}, "unknown", "zone tax.example"),
        ({"PrivateZone": False}, "unknown", "public zone tax.example"),
        ({"PrivateZone": True}, "private", "private zone tax.example"),
    ],
)
def test_a_zone_is_private_only_where_it_says_so(config: Any, exposure: str, evidence: str) -> None:
    found = read_names([alias("a.tax.example.")], ())
    (door,) = front_doors(found, {**ZONE, "Config": config}, PLACE)
    assert (door.endpoint.exposure, door.endpoint.evidence) == (exposure, evidence)


def test_a_zone_whose_name_cannot_be_read_is_told_by_its_id() -> None:
    found = read_names([alias("a.tax.example.")], ())
    (door,) = front_doors(found, {"Id": "/hostedzone/Z1", "Name": "a b."}, PLACE)
    assert door.endpoint.evidence == "zone Z1"


def test_a_zone_of_nothing_says_that_nothing_was_passed_over() -> None:
    (told,) = signals(read_names([], ()), (), ZONE, PLACE, NOW)
    assert (told.name, told.value, told.reason) == (PASSED_OVER, 0.0, None)


def test_a_name_that_points_at_several_that_may_be_let_go_is_told_once() -> None:
    other = API.replace("abc", "xyz")
    held = [alias("a.tax.example.", SetIdentifier="a"), alias("a.tax.example.", other)]
    found = read_names(held, ())
    doors = tuple(front_doors(found, ZONE, PLACE))
    told = [each for each in signals(found, doors, ZONE, PLACE, NOW) if each.name == POINTS_TO]
    assert [(each.subject_uid, each.value) for each in told] == [(doors[0].uid, f"{API} {other}")]


def test_names_are_left_out_by_why_and_counted() -> None:
    records = [alias(f"{name}.tax.example.") for name in ("a", "b", "c")]
    why = {"a.tax.example": "by name", "b.tax.example": "by name"}
    found = read_names(records, (), why.get)
    assert (list(found.pointers), found.passed_over) == (
        ["c.tax.example"],
        {"names left out: by name": 2},
    )


ESCAPED = st.text("abz\\0123456789.*-_ \u212a\u00df", max_size=20)


@settings(max_examples=40)
@given(st.lists(st.tuples(ESCAPED, ESCAPED | st.just(API)), max_size=6))
def test_whatever_names_are_written_like_each_is_one_door_or_counted(
    written: list[tuple[str, str]],
) -> None:
    records = [alias(name, target) for name, target in written]
    found = read_names(records, {"a.b"})
    doors = list(front_doors(found, ZONE, PLACE))
    assert [door.name for door in doors] == sorted({door.name for door in doors})
    assert len({door.uid for door in doors}) == len(doors)
    for door in doors:
        assert door.name.isascii()
        assert door.name == read_host(door.name)
        assert is_known(door.routes)
        assert all(route.origin and route.origin.isascii() for route in door.routes)
    told = next(iter(signals(found, doors, ZONE, PLACE, NOW)))
    assert told.value == sum(found.passed_over.values())
